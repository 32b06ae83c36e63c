#include "sql/exec/triggers.h"

#include <algorithm>

#include "sql/exec/nodes.h"

namespace latchkey::sql::exec {

bool Triggers::applies(const Trigger& trigger, TriggerTiming timing, TriggerEvent event,
                       bool for_each_row) const {
  if (!trigger.is_enabled || trigger.timing != timing || trigger.for_each_row != for_each_row ||
      !trigger.is_on(event)) {
    return false;
  }
  if (event != kOnUpdate || trigger.columns.empty()) return true;
  return std::any_of(assignments_.begin(), assignments_.end(), [&](const bind::Assignment& each) {
    const std::int16_t number = table_.columns[static_cast<std::size_t>(each.column)].number;
    return std::find(trigger.columns.begin(), trigger.columns.end(), number) !=
           trigger.columns.end();
  });
}

bool Triggers::has(TriggerTiming timing, TriggerEvent event, bool for_each_row) const {
  return std::any_of(table_.triggers.begin(), table_.triggers.end(), [&](const Trigger& each) {
    return applies(each, timing, event, for_each_row);
  });
}

Result<void> Triggers::fire_statement(TriggerTiming timing, TriggerEvent event) {
  Arena arena;
  for (const Trigger& trigger : table_.triggers) {
    if (!applies(trigger, timing, event, false)) continue;
    LK_CHECK(context_.services.routines().fire({table_, trigger, event, {}, {}, arena}));
  }
  return {};
}

Result<void> Triggers::before_statement(TriggerEvent event) {
  return fire_statement(TriggerTiming::Before, event);
}

Result<bool> Triggers::before_row(TriggerEvent event, std::span<const Value> before,
                                  std::span<Value> after, Arena& arena) {
  for (const Trigger& trigger : table_.triggers) {
    if (!applies(trigger, TriggerTiming::Before, event, true)) continue;
    LK_TRY(const bool goes_on,
           context_.services.routines().fire({table_, trigger, event, before, after, arena}));
    if (!goes_on) return false;
  }
  return true;
}

std::span<Value> Triggers::copy(std::span<const Value> row, Arena& kept) const {
  if (row.empty()) return {};
  auto* const values = reinterpret_cast<Value*>(kept.allocate(row.size() * sizeof(Value)));
  for (std::size_t i = 0; i < row.size(); ++i) {
    new (&values[i]) Value(keep_value(table_.columns[i].type, row[i], kept));
  }
  return {values, row.size()};
}

void Triggers::note_row(TriggerEvent event, std::span<const Value> before,
                        std::span<const Value> after, Arena& kept) {
  if (!has(TriggerTiming::After, event, true)) return;
  changed_.push_back({event, copy(before, kept), copy(after, kept)});
}

Result<void> Triggers::after_statement(TriggerEvent event) {
  Arena arena;
  for (const Changed& changed : changed_) {
    LK_CHECK(context_.check_cancelled());
    arena.reset();
    for (const Trigger& trigger : table_.triggers) {
      if (!applies(trigger, TriggerTiming::After, changed.event, true)) continue;
      LK_CHECK(context_.services.routines().fire(
          {table_, trigger, changed.event, changed.before, changed.after, arena}));
    }
  }
  changed_.clear();
  return fire_statement(TriggerTiming::After, event);
}

}  // namespace latchkey::sql::exec
