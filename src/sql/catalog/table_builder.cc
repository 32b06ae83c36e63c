#include "sql/catalog/table_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/comparable.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/define_sequence.h"
#include "sql/parse/deparse.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

using parse::ConstraintKind;

constexpr std::size_t kColumnsMax = 1600;

/// The type behind serial and its kin, or None.
Oid serial_type(const Node& type_name) {
  const std::vector<std::string> names = parse::texts_of(type_name.list("names"));
  if (names.size() != 1) return Oid::None;
  if (names[0] == "serial" || names[0] == "serial4") return oid::kInt4;
  if (names[0] == "bigserial" || names[0] == "serial8") return oid::kInt8;
  if (names[0] == "smallserial" || names[0] == "serial2") return oid::kInt2;
  return Oid::None;
}

}  // namespace

Result<void> TableBuilder::add_column(const Node& node) {
  const Bytes name = node.text("colname");
  if (table_.find_column(name) != nullptr) {
    return Error(ErrorCode::ColumnDuplicate,
                 fmt::format("column \"{}\" specified more than once", name))
        .at(node.location + 1);
  }
  bind::Binder binder(bind_context(context_), {});
  LK_TRY(const bind::Binder::NamedType type, binder.named_type(*node.child("type_name")));
  const Type* const found = find_type(type.type);
  if (found == nullptr || found->kind == 'p') {
    return Error(ErrorCode::TableDefinitionInvalid,
                 fmt::format("column \"{}\" has pseudo-type {}", name, type_text(type.type)));
  }
  Column column;
  column.name = name;
  column.type = type.type;
  column.typmod = type.typmod;
  column.domain = type.domain;
  column.number = static_cast<std::int16_t>(table_.columns.size() + 1);
  table_.columns.push_back(std::move(column));
  if (table_.columns.size() > kColumnsMax) {
    return Error(ErrorCode::TooManyColumns,
                 fmt::format("tables can have at most {} columns", kColumnsMax));
  }
  const Oid serial = serial_type(*node.child("type_name"));
  if (serial != Oid::None) {
    if (!node.child("type_name")->list("array_bounds").empty()) {
      return Error(ErrorCode::NotSupported, "array of serial is not implemented")
          .at(node.location + 1);
    }
    Column& own = table_.columns.back();
    LK_TRY(Table sequence,
           make_owned_sequence(table_, own, {.type = serial, .is_identity = false}, context_));
    const std::string shown = sequence.schema == kSchemaPublic
                                  ? parse::quoted_name(sequence.name)
                                  : full_name(*context_.change.catalog(), sequence);
    own.default_text = "nextval(" + parse::quoted_text(shown) + "::regclass)";
    own.not_null = true;
    sequences_.push_back(std::move(sequence));
  }
  for (const Node* const constraint : node.list("constraints")) {
    LK_CHECK(add_constraint(*constraint, std::string(name)));
  }
  return {};
}

Result<void> TableBuilder::set_default(const Node& node, Column& column) {
  if (column.identity != 0) {
    return Error(ErrorCode::SyntaxError,
                 fmt::format("both default and identity specified for column \"{}\" of table "
                             "\"{}\"",
                             column.name, table_.name))
        .at(node.location + 1);
  }
  if (!column.default_text.empty()) {
    return Error(ErrorCode::SyntaxError,
                 fmt::format("multiple default values specified for column \"{}\" of table "
                             "\"{}\"",
                             column.name, table_.name))
        .at(node.location + 1);
  }
  LK_TRY(column.default_text, parse::deparse(*node.child("raw_expr")));
  return {};
}

Result<void> TableBuilder::add_identity(const Node& node, Column& column) {
  if (column.identity != 0) {
    return Error(ErrorCode::SyntaxError,
                 fmt::format("multiple identity specifications for column \"{}\" of table "
                             "\"{}\"",
                             column.name, table_.name))
        .at(node.location + 1);
  }
  if (!column.default_text.empty()) {
    return Error(ErrorCode::SyntaxError,
                 fmt::format("both default and identity specified for column \"{}\" of table "
                             "\"{}\"",
                             column.name, table_.name))
        .at(node.location + 1);
  }
  if (column.type != oid::kInt2 && column.type != oid::kInt4 && column.type != oid::kInt8) {
    return Error(ErrorCode::InvalidArgument,
                 "identity column type must be smallint, integer, or bigint");
  }
  const Bytes when = node.text("generated_when");
  column.identity = when.empty() ? 'a' : when[0];
  column.not_null = true;
  LK_TRY(
      Table sequence,
      make_owned_sequence(
          table_, column,
          {.type = column.type, .is_identity = true, .options = node.list("options")}, context_));
  column.sequence = sequence.oid;
  sequences_.push_back(std::move(sequence));
  return {};
}

Result<void> TableBuilder::add_check(const Node& node) {
  CheckConstraint check;
  check.oid = context_.change.database().next_oid();
  check.is_validated = !node.flag("skip_validation");
  LK_TRY(check.expression, parse::deparse(*node.child("raw_expr")));
  check.name = node.text("conname");
  if (check.name.empty()) {
    std::vector<std::string> columns;
    collect_columns(*node.child("raw_expr"), columns);
    check.name = free_name(
        *context_.change.catalog(), table_,
        generated_name(table_.name, columns.size() == 1 ? columns[0] : std::string(), "check"));
  } else if (has_constraint(table_, check.name)) {
    return Error(ErrorCode::ObjectDuplicate,
                 fmt::format("constraint \"{}\" for relation \"{}\" already exists", check.name,
                             table_.name));
  }
  table_.checks.push_back(std::move(check));
  return {};
}

Result<void> TableBuilder::set_deferral(ConstraintKind kind, const Node& node) {
  if (last_kind_ != ConstraintKind::Foreign) {
    if (kind == ConstraintKind::Deferrable || kind == ConstraintKind::Deferred) {
      return Error(ErrorCode::NotSupported, "only foreign keys can be deferrable")
          .at(node.location + 1);
    }
    return {};
  }
  Waiting& key = foreign_keys_.back();
  if (kind == ConstraintKind::Deferrable) key.is_deferrable = true;
  if (kind == ConstraintKind::Deferred) key.is_deferrable = key.is_deferred = true;
  return {};
}

Result<void> TableBuilder::add_constraint(const Node& node, const std::string& column) {
  Column* const own = column.empty() ? nullptr : &table_.columns.back();
  const auto kind = node.as<ConstraintKind>("contype");
  switch (kind) {
    case ConstraintKind::Deferrable:
    case ConstraintKind::NotDeferrable:
    case ConstraintKind::Deferred:
    case ConstraintKind::Immediate:
      return set_deferral(kind, node);
    default:
      break;
  }
  last_kind_ = kind;
  switch (kind) {
    case ConstraintKind::Null:
      if (own != nullptr && own->not_null) {
        return Error(ErrorCode::SyntaxError,
                     fmt::format("conflicting NULL/NOT NULL declarations for column \"{}\" of "
                                 "table \"{}\"",
                                 column, table_.name))
            .at(node.location + 1);
      }
      return {};
    case ConstraintKind::NotNull:
      own->not_null = true;
      return {};
    case ConstraintKind::Default:
      return set_default(node, *own);
    case ConstraintKind::Generated:
      LK_CHECK(set_default(node, *own));
      own->is_generated = true;
      return {};
    case ConstraintKind::Check:
      return add_check(node);
    case ConstraintKind::Primary:
    case ConstraintKind::Unique:
      return node.text("indexname").empty() ? add_key(node, column) : use_index(node);
    case ConstraintKind::Foreign:
      foreign_keys_.push_back({&node, column, node.flag("deferrable"), node.flag("initdeferred")});
      return {};
    case ConstraintKind::Identity:
      return add_identity(node, *own);
    case ConstraintKind::Exclusion:
      return Error(ErrorCode::NotSupported, "exclusion constraints are not supported")
          .at(node.location + 1);
    default:
      return {};
  }
}

Result<void> TableBuilder::finish() {
  for (Table& sequence : sequences_) LK_CHECK(context_.change.put(std::move(sequence)));
  LK_CHECK(check_expressions());
  for (const Waiting& key : foreign_keys_) {
    LK_CHECK(add_foreign_key({key.node, key.column, key.is_deferrable, key.is_deferred}, table_,
                             context_));
  }
  return {};
}

/// Defaults, checks and generated columns must mean something.
Result<void> TableBuilder::check_expressions() {
  for (const Column& column : table_.columns) {
    if (column.default_text.empty()) continue;
    LK_CHECK(check_default(table_, column, context_));
  }
  for (const CheckConstraint& check : table_.checks) {
    LK_TRY(const Oid type, type_of_expression(check.expression, &table_, context_));
    if (type != oid::kBool) {
      return Error(ErrorCode::TypeMismatch,
                   "argument of CHECK must be type boolean, not type " + type_text(type));
    }
  }
  return {};
}

Result<void> TableBuilder::name_key(const Node& node, const std::string& column_names,
                                    Index& index) {
  const Bytes wanted = node.text("conname");
  if (wanted.empty()) {
    index.name =
        free_name(*context_.change.catalog(), table_,
                  generated_name(table_.name, index.is_primary ? std::string() : column_names,
                                 index.is_primary ? "pkey" : "key"));
    return {};
  }
  index.name = wanted;
  const bool is_taken = context_.change.catalog()->is_name_taken(table_.schema, index.name) ||
                        std::any_of(table_.indexes.begin(), table_.indexes.end(),
                                    [&](const Index& other) { return other.name == index.name; });
  if (is_taken) return already_exists(index.name);
  return {};
}

Result<void> TableBuilder::add_key(const Node& node, const std::string& column) {
  const bool is_primary = node.as<ConstraintKind>("contype") == ConstraintKind::Primary;
  if (node.flag("deferrable") || node.flag("initdeferred")) {
    return Error(ErrorCode::NotSupported, "only foreign keys can be deferrable")
        .at(node.location + 1);
  }
  std::vector<std::string> names = parse::texts_of(node.list("keys"));
  if (!column.empty()) names = {column};
  if (names.size() > kIndexColumnsMax) {
    return Error(ErrorCode::TooManyColumns,
                 fmt::format("cannot use more than {} columns in an index", kIndexColumnsMax));
  }
  Index index;
  index.oid = context_.change.database().next_oid();
  index.is_unique = index.is_constraint = true;
  index.is_primary = is_primary;
  index.nulls_equal = node.flag("nulls_not_distinct");
  std::string all_names;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(table_.columns.begin(), table_.columns.end(),
                     [&](const Column& each) { return !each.is_dropped && each.name == name; });
    if (found == table_.columns.end()) {
      return Error(ErrorCode::ColumnMissing,
                   fmt::format("column \"{}\" named in key does not exist", name))
          .at(node.location + 1);
    }
    for (const IndexColumn& other : index.columns) {
      if (other.column != found->number) continue;
      return Error(ErrorCode::ColumnDuplicate,
                   fmt::format("column \"{}\" appears twice in {} constraint", name,
                               is_primary ? "primary key" : "unique"))
          .at(node.location + 1);
    }
    LK_CHECK(bind::check_index_type(found->type));
    if (is_primary) found->not_null = true;
    index.columns.push_back({found->number, {}, false, false});
    all_names += (all_names.empty() ? "" : "_") + name;
  }
  for (const std::string& name : parse::texts_of(node.list("including"))) {
    const Column* const found = table_.find_column(name);
    if (found == nullptr) {
      return Error(ErrorCode::ColumnMissing,
                   fmt::format("column \"{}\" named in key does not exist", name))
          .at(node.location + 1);
    }
    index.included.push_back(found->number);
  }
  if (is_primary) {
    if (!table_.key_columns.empty()) {
      return Error(
                 ErrorCode::TableDefinitionInvalid,
                 fmt::format("multiple primary keys for table \"{}\" are not allowed", table_.name))
          .at(node.location + 1);
    }
    for (const IndexColumn& each : index.columns) table_.key_columns.push_back(each.column);
  }
  LK_CHECK(name_key(node, all_names, index));
  table_.indexes.push_back(std::move(index));
  return {};
}

/// ADD CONSTRAINT .. USING INDEX: an index that there is becomes a constraint.
Result<void> TableBuilder::use_index(const Node& node) {
  const bool is_primary = node.as<ConstraintKind>("contype") == ConstraintKind::Primary;
  const Bytes name = node.text("indexname");
  const auto found = std::find_if(table_.indexes.begin(), table_.indexes.end(),
                                  [&](const Index& index) { return index.name == name; });
  if (found == table_.indexes.end()) {
    return Error(ErrorCode::ObjectMissing, fmt::format("index \"{}\" does not exist", name));
  }
  if (found->is_constraint) {
    return Error(ErrorCode::ObjectState,
                 fmt::format("index \"{}\" is already associated with a constraint", name));
  }
  if (!found->is_unique) {
    return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not a unique index", name))
        .with_detail("Cannot create a primary key or unique constraint using such an index.");
  }
  const bool is_plain = found->predicate.empty() &&
                        std::all_of(found->columns.begin(), found->columns.end(),
                                    [](const IndexColumn& each) { return each.column != 0; });
  if (!is_plain) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format(
                     "index \"{}\" {}", name,
                     found->predicate.empty() ? "contains expressions" : "is a partial index"))
        .with_detail("Cannot create a primary key or unique constraint using such an index.");
  }
  if (is_primary) {
    return Error(ErrorCode::NotSupported,
                 "ADD PRIMARY KEY USING INDEX is not supported: name the columns instead");
  }
  found->is_constraint = true;
  const Bytes wanted = node.text("conname");
  if (!wanted.empty() && wanted != name) {
    context_.notice(Error(ErrorCode::ObjectState,
                          fmt::format("ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index "
                                      "\"{}\" to \"{}\"",
                                      name, wanted)));
    found->name = wanted;
  }
  return {};
}

}  // namespace latchkey::sql::definitions
