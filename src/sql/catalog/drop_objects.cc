#include "sql/catalog/drop_objects.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/table_change.h"
#include "sql/parse/deparse.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

using Kind = DropObject::Kind;

bool refers_to_index(const ForeignKey& key, Oid index) { return key.index == index; }

/// What goes without a word when `object` goes.
std::vector<DropObject> parts_of(const DropObject& object, const Catalog& catalog) {
  std::vector<DropObject> parts;
  for (const auto& [oid, table] : catalog.tables()) {
    for (const Index& index : table->indexes) {
      if (object.kind == Kind::Index && index.parent == object.oid) {
        parts.push_back({Kind::Index, index.oid});
      }
    }
    if (object.kind == Kind::Table && table->parent == object.oid) {
      parts.push_back({Kind::Table, table->oid});
    }
    if (table->kind != TableKind::Sequence || table->sequence.table != object.oid) continue;
    if (object.kind == Kind::Table ||
        (object.kind == Kind::Column && table->sequence.column == object.column)) {
      parts.push_back({Kind::Table, table->oid});
    }
  }
  return parts;
}

void add_users_of_table(const DropObject& object, const Table& user,
                        std::vector<DropObject>& dependents) {
  const std::int16_t column = object.kind == Kind::Column ? object.column : std::int16_t{0};
  if (column != 0 && user.oid == object.oid) {
    const std::string& name = user.column_of(column)->name;
    for (const Column& other : user.columns) {
      if (other.is_generated && names_column(other.default_text, name)) {
        dependents.push_back({Kind::Column, user.oid, other.number});
      }
    }
  }
  for (const Table::Use& use : user.uses) {
    if (use.table == object.oid && use.column == column) {
      dependents.push_back({Kind::Table, user.oid});
    }
  }
  for (const ForeignKey& key : user.foreign_keys) {
    if (key.table != object.oid || user.oid == object.oid) continue;
    const bool uses = object.kind == Kind::Table ||
                      std::find(key.referred_columns.begin(), key.referred_columns.end(), column) !=
                          key.referred_columns.end();
    if (uses) dependents.push_back({Kind::Constraint, key.oid});
  }
}

}  // namespace

std::vector<DropObject> dependents_of(const DropObject& object, const Catalog& catalog) {
  std::vector<DropObject> dependents;
  for (const auto& [oid, table] : catalog.tables()) {
    switch (object.kind) {
      case Kind::Schema:
        if (table->schema == object.oid && table->parent == Oid::None &&
            !(table->kind == TableKind::Sequence && table->sequence.table != Oid::None)) {
          dependents.push_back({Kind::Table, table->oid});
        }
        break;
      case Kind::Table:
      case Kind::Column: {
        add_users_of_table(object, *table, dependents);
        const Table* const dropped = catalog.find_table(object.oid);
        if (object.kind != Kind::Table || dropped == nullptr ||
            dropped->kind != TableKind::Sequence) {
          break;
        }
        for (const Column& column : table->columns) {
          if (default_uses_sequence(column, *dropped, catalog)) {
            dependents.push_back({Kind::Default, table->oid, column.number});
          }
        }
        break;
      }
      case Kind::Index:
        for (const ForeignKey& key : table->foreign_keys) {
          if (refers_to_index(key, object.oid)) dependents.push_back({Kind::Constraint, key.oid});
        }
        break;
      case Kind::Type: {
        const UserType* const type = catalog.find_user_type(object.oid);
        for (const Column& column : table->columns) {
          const bool is_of_it = !column.is_dropped && type != nullptr &&
                                (column.type == type->oid || column.type == type->array ||
                                 column.domain == type->oid);
          if (!is_of_it) continue;
          if (table->kind == TableKind::View) {
            dependents.push_back({Kind::Table, table->oid});
            break;
          }
          dependents.push_back({Kind::Column, table->oid, column.number});
        }
        break;
      }
      case Kind::Routine:
        for (const Trigger& trigger : table->triggers) {
          if (trigger.routine == object.oid) dependents.push_back({Kind::Trigger, trigger.oid});
        }
        break;
      case Kind::Constraint:
      case Kind::Default:
      case Kind::Trigger:
        break;
    }
  }
  for (const auto& [oid, routine] : catalog.routines()) {
    const bool goes = (object.kind == Kind::Schema && routine->schema == object.oid) ||
                      (object.kind == Kind::Table && routine->result_table == object.oid);
    if (goes) dependents.push_back({Kind::Routine, routine->oid});
  }
  if (object.kind == Kind::Schema) {
    for (const auto& [oid, type] : catalog.user_types()) {
      if (type->schema == object.oid) dependents.push_back({Kind::Type, type->oid});
    }
  }
  return dependents;
}

std::string describe(const DropObject& object, const DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  const auto table_text = [&](const Table& table) {
    return std::string(kind_name(table.kind)) + " " + shown_name(table, context);
  };
  switch (object.kind) {
    case Kind::Schema:
      return "schema " + parse::quoted_name(catalog.find_schema(object.oid)->name);
    case Kind::Table:
      return table_text(*catalog.find_table(object.oid));
    case Kind::Column:
    case Kind::Default: {
      const Table& table = *catalog.find_table(object.oid);
      return (object.kind == Kind::Column ? "column " : "default value for column ") +
             parse::quoted_name(table.column_of(object.column)->name) + " of " + table_text(table);
    }
    case Kind::Constraint:
      for (const auto& [oid, table] : catalog.tables()) {
        for (const ForeignKey& key : table->foreign_keys) {
          if (key.oid != object.oid) continue;
          return "constraint " + parse::quoted_name(key.name) + " on " + table_text(*table);
        }
      }
      return "constraint";
    case Kind::Index:
      for (const auto& [oid, table] : catalog.tables()) {
        for (const Index& index : table->indexes) {
          if (index.oid == object.oid) return "index " + parse::quoted_name(index.name);
        }
      }
      return "index";
    case Kind::Routine: {
      const auto routine = catalog.find_routine(object.oid);
      return std::string(routine->kind_name()) + " " + routine->signature();
    }
    case Kind::Trigger:
      for (const auto& [oid, table] : catalog.tables()) {
        for (const Trigger& trigger : table->triggers) {
          if (trigger.oid != object.oid) continue;
          return "trigger " + parse::quoted_name(trigger.name) + " on " + table_text(*table);
        }
      }
      return "trigger";
    case Kind::Type:
      return "type " + shown_type_name(*catalog.find_user_type(object.oid), context);
  }
  return {};
}

namespace {

/// Gathers what must go, the dependents of each behind it.
class Dropper {
 public:
  explicit Dropper(DefineContext& context) : context_(context) {}

  void add_targets(const std::vector<DropObject>& targets) {
    for (const DropObject& target : targets) gathered_.push_back({target, {}, false});
    const std::size_t count = gathered_.size();
    for (std::size_t i = 0; i < count; ++i) visit(targets[i]);
  }

  Result<void> refuse_dependents(const std::vector<DropObject>& targets) const {
    std::string lines;
    std::size_t count = 0;
    for (const Gathered& each : gathered_) {
      if (!each.is_told) continue;
      if (!lines.empty()) lines += "\n";
      lines += describe(each.object, context_) + " depends on " + describe(each.on, context_);
      ++count;
    }
    if (count == 0) return {};
    const std::string what = targets.size() == 1
                                 ? describe_target(targets[0]) +
                                       " because other objects depend "
                                       "on it"
                                 : "desired object(s) because other objects depend on them";
    return Error(ErrorCode::DependentObjects, "cannot drop " + what)
        .with_detail(lines)
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }

  /// A key is dropped as the constraint that it is.
  std::string describe_target(const DropObject& target) const {
    if (target.kind != Kind::Index) return describe(target, context_);
    for (const auto& [oid, table] : context_.change.catalog()->tables()) {
      for (const Index& index : table->indexes) {
        if (index.oid != target.oid || !index.is_constraint) continue;
        return "constraint " + parse::quoted_name(index.name) + " on table " +
               shown_name(*table, context_);
      }
    }
    return describe(target, context_);
  }

  void tell() const {
    std::vector<std::string> told;
    for (const Gathered& each : gathered_) {
      if (each.is_told) told.push_back("drop cascades to " + describe(each.object, context_));
    }
    if (told.empty()) return;
    if (told.size() == 1) {
      context_.notice(Error(ErrorCode::DependentObjects, told[0]));
      return;
    }
    std::string lines;
    for (const std::string& each : told) lines += (lines.empty() ? "" : "\n") + each;
    context_.notice(Error(ErrorCode::DependentObjects,
                          fmt::format("drop cascades to {} other objects", told.size()))
                        .with_detail(lines));
  }

  Result<void> run() {
    for (std::size_t i = gathered_.size(); i-- > 0;) LK_CHECK(drop_one(gathered_[i].object));
    return {};
  }

 private:
  struct Gathered {
    DropObject object;
    DropObject on;
    bool is_told;  ///< it is neither a target nor a part of one
  };

  bool is_gathered(const DropObject& object) const {
    return std::any_of(gathered_.begin(), gathered_.end(), [&](const Gathered& each) {
      return each.object == object ||
             // A column, a default or a constraint goes with its table.
             (each.object.kind == Kind::Table && object.kind != Kind::Constraint &&
              object.kind != Kind::Table && each.object.oid == object.oid) ||
             (each.object.kind == Kind::Table && object.kind == Kind::Constraint &&
              has_constraint(each.object.oid, object.oid));
    });
  }
  bool has_constraint(Oid table_oid, Oid constraint) const {
    const Table* const table = context_.change.catalog()->find_table(table_oid);
    return table != nullptr &&
           std::any_of(table->foreign_keys.begin(), table->foreign_keys.end(),
                       [&](const ForeignKey& key) { return key.oid == constraint; });
  }

  void visit(const DropObject& object) {
    const Catalog& catalog = *context_.change.catalog();
    // All parts before what depends on one of them: it may be a part itself.
    const std::vector<DropObject> parts = parts_of(object, catalog);
    std::vector<DropObject> fresh;
    for (const DropObject& part : parts) {
      if (is_gathered(part)) continue;
      gathered_.push_back({part, object, false});
      fresh.push_back(part);
    }
    for (const DropObject& part : fresh) visit(part);
    for (const DropObject& dependent : dependents_of(object, catalog)) {
      if (is_gathered(dependent)) continue;
      gathered_.push_back({dependent, object, true});
      visit(dependent);
    }
  }

  Result<void> drop_one(const DropObject& object) {
    CatalogChange& change = context_.change;
    switch (object.kind) {
      case Kind::Schema:
        return change.drop_schema(object.oid);
      case Kind::Table: {
        const Table* const table = change.catalog()->find_table(object.oid);
        if (table == nullptr) return {};
        LK_CHECK(drop_table_trees(*table, change.transaction()));
        return change.drop_table(object.oid);
      }
      case Kind::Column:
        return remove_column(object.oid, object.column, context_);
      case Kind::Default:
        return remove_default(object.oid, object.column, context_);
      case Kind::Constraint:
        return remove_foreign_key(object.oid, context_);
      case Kind::Index:
        return remove_index(object.oid, context_);
      case Kind::Type:
        return change.drop_user_type(object.oid);
      case Kind::Routine:
        return change.catalog()->find_routine(object.oid) == nullptr
                   ? Result<void>()
                   : change.drop_routine(object.oid);
      case Kind::Trigger:
        return remove_trigger(object.oid);
    }
    return {};
  }

  Result<void> remove_trigger(Oid oid) {
    for (const auto& [number, each] : context_.change.catalog()->tables()) {
      const auto is_it = [&](const Trigger& trigger) { return trigger.oid == oid; };
      if (std::none_of(each->triggers.begin(), each->triggers.end(), is_it)) continue;
      Table table = *each;
      std::erase_if(table.triggers, is_it);
      return context_.change.put(std::move(table));
    }
    return {};
  }

  DefineContext& context_;
  std::vector<Gathered> gathered_;
};

}  // namespace

Result<void> drop_objects(const std::vector<DropObject>& targets, bool cascade,
                          DefineContext& context) {
  Dropper dropper(context);
  dropper.add_targets(targets);
  if (cascade) {
    dropper.tell();
  } else {
    LK_CHECK(dropper.refuse_dependents(targets));
  }
  return dropper.run();
}

}  // namespace latchkey::sql::definitions
