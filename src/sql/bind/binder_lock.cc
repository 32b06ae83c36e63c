#include <fmt/format.h>

#include <algorithm>

#include "sql/bind/binder.h"

// FOR UPDATE, FOR NO KEY UPDATE, FOR SHARE, FOR KEY SHARE.

namespace latchkey::sql::bind {

using parse::JoinKind;
using parse::LockStrength;
using parse::Node;

namespace {

const char* text_of(LockStrength strength) {
  switch (strength) {
    case LockStrength::ForKeyShare:
      return "FOR KEY SHARE";
    case LockStrength::ForShare:
      return "FOR SHARE";
    case LockStrength::ForNoKeyUpdate:
      return "FOR NO KEY UPDATE";
    default:
      return "FOR UPDATE";
  }
}

/// Whether an outer join may leave the entry's columns null.
bool is_nullable(const FromNode* node, int entry, bool below_outer) {
  if (node == nullptr) return false;
  if (node->entry >= 0) return node->entry == entry && below_outer;
  const bool left = node->join == JoinKind::Right || node->join == JoinKind::Full;
  const bool right = node->join == JoinKind::Left || node->join == JoinKind::Full;
  return is_nullable(node->left, entry, below_outer || left) ||
         is_nullable(node->right, entry, below_outer || right);
}

}  // namespace

Result<void> Binder::refuse_lock(const Query& query, LockStrength strength) {
  const char* what = nullptr;
  if (query.kind == QueryKind::SetOperation) what = "UNION/INTERSECT/EXCEPT";
  if (query.is_distinct || !query.distinct_on.empty()) what = "DISTINCT clause";
  if (!query.group_keys.empty() || !query.grouping_sets.empty()) what = "GROUP BY clause";
  if (what == nullptr && query.having != nullptr) what = "HAVING clause";
  if (what == nullptr && !query.aggregates.empty()) what = "aggregate functions";
  if (what == nullptr && !query.window_calls.empty()) what = "window functions";
  if (what == nullptr && !query.set_calls.empty()) {
    what = "set-returning functions in the target list";
  }
  if (what == nullptr) return {};
  return Error(ErrorCode::NotSupported,
               fmt::format("{} is not allowed with {}", text_of(strength), what));
}

/// To lock rows one needs to know where they come from.
Result<void> Binder::bind_locks(const Node& node, Query& query) {
  for (const Node* const lock : node.list("locking_clause")) {
    const auto strength = lock->as<LockStrength>("strength");
    LK_CHECK(refuse_lock(query, strength));
    query.lock = std::max(query.lock, strength);
    query.lock_wait = std::max(query.lock_wait, lock->as<parse::LockWait>("wait_policy"));
    const auto names = lock->list("locked_rels");
    std::vector<bool> is_found(names.size(), false);
    for (std::size_t i = 0; i < query.entries.size(); ++i) {
      RangeEntry& entry = query.entries[i];
      bool is_wanted = names.empty();
      for (std::size_t n = 0; n < names.size(); ++n) {
        if (names[n]->text("relname") != entry.alias) continue;
        is_wanted = is_found[n] = true;
      }
      if (!is_wanted || entry.kind != RangeEntry::Kind::Table) continue;
      if (is_nullable(query.from, static_cast<int>(i), false)) {
        return Error(ErrorCode::NotSupported,
                     fmt::format("{} cannot be applied to the nullable side of an outer join",
                                 text_of(strength)));
      }
      if (entry.key_slot >= 0) continue;
      entry.key_slot = query.slot_count++;
      entry.version_slot = query.slot_count++;
    }
    for (std::size_t n = 0; n < names.size(); ++n) {
      if (is_found[n]) continue;
      return Error(ErrorCode::TableMissing,
                   fmt::format("relation \"{}\" in {} clause not found in FROM clause",
                               names[n]->text("relname"), text_of(strength)))
          .at(names[n]->location + 1);
    }
    // Who meets a lock starts over.
    bound_->may_start_over = true;
  }
  return {};
}

}  // namespace latchkey::sql::bind
