#include "sql/bind/binder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "sql/bind/pull_up.h"
#include "sql/bind/push_down.h"
#include "sql/types/io.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

Binder::Binder(BindContext context, std::span<const Oid> parameter_types)
    : context_(std::move(context)),
      bound_(std::make_unique<Bound>()),
      coercion_(*bound_, *context_.settings) {
  bound_->catalog = context_.catalog;
  bound_->parameter_types.assign(parameter_types.begin(), parameter_types.end());
}

Query& Binder::new_query(QueryKind kind) {
  Query& query = bound_->queries.emplace_back();
  query.kind = kind;
  return query;
}

Result<std::unique_ptr<Bound>> Binder::bind(const Node& statement) {
  top_with_ = statement.child("with_clause");
  if (statement.is(NodeKind::CallStmt)) {
    LK_TRY(bound_->query, bind_call(statement));
  } else {
    LK_TRY(bound_->query, bind_query(statement, nullptr));
  }
  // Of a routine's variables only those that are used have a type here.
  for (std::size_t i = 0; context_.names == nullptr && i < bound_->parameter_types.size(); ++i) {
    Oid& type = bound_->parameter_types[i];
    if (type == Oid::None || type == oid::kUnknown) {
      return Error(ErrorCode::TypeIndeterminate,
                   fmt::format("could not determine data type of parameter ${}", i + 1));
    }
  }
  pull_up_subqueries(*bound_);
  push_down_conditions(*bound_);
  return std::move(bound_);
}

Result<std::unique_ptr<Bound>> Binder::bind_expression(const Node& node, const Table* table) {
  Query& query = new_query(QueryKind::Select);
  Scope scope;
  scope.query = &query;
  scope.place = "this expression";
  if (table != nullptr) {
    RangeEntry entry;
    entry.table = table;
    entry.alias = table->name;
    LK_TRY(query.from, add_entry(std::move(entry), nullptr, scope, scope.columns));
  }
  LK_TRY(Expr* const expr, bind_expr(node, scope));
  query.targets.push_back({expr, "", false, query.slot_count++});
  bound_->query = &query;
  return std::move(bound_);
}

Result<Binder::NamedType> Binder::type_of(const Node& type_name) {
  const std::vector<std::string> names = parse::texts_of(type_name.list("names"));
  if (names.empty()) return Error(ErrorCode::ObjectMissing, "a type has no name");
  std::string name = names.back();
  struct Serial {
    const char* name;
    const char* type;
  };
  for (const Serial& serial :
       {Serial{"serial", "int4"}, Serial{"serial4", "int4"}, Serial{"bigserial", "int8"},
        Serial{"serial8", "int8"}, Serial{"smallserial", "int2"}, Serial{"serial2", "int2"}}) {
    if (names.size() == 1 && name == serial.name) name = serial.type;
  }
  const Type* type = find_type(name);
  if (type == nullptr) {
    return Error(ErrorCode::ObjectMissing, fmt::format("type \"{}\" does not exist", name))
        .at(type_name.location + 1);
  }
  std::vector<std::int64_t> modifiers;
  for (const Node* const each : type_name.list("typmods")) {
    const Node* const integer = each->child("ival");
    if (integer == nullptr) {
      return Error(ErrorCode::SyntaxError, "type modifiers must be simple constants")
          .at(type_name.location + 1);
    }
    modifiers.push_back(integer->number("ival"));
  }
  NamedType named{type->oid, -1};
  if (!modifiers.empty()) {
    const bool is_text = type->oid == oid::kVarchar || type->oid == oid::kBpchar;
    if (is_text) {
      if (modifiers[0] < 1) {
        return Error(ErrorCode::InvalidArgument,
                     fmt::format("length for type {} must be at least 1", type->name))
            .at(type_name.location + 1);
      }
      named.typmod = static_cast<std::int32_t>(modifiers[0] + 4);
    } else if (type->oid == oid::kNumeric) {
      const std::int64_t scale = modifiers.size() > 1 ? modifiers[1] : 0;
      if (modifiers[0] < 1 || modifiers[0] > 1000) {
        return Error(ErrorCode::InvalidArgument,
                     fmt::format("NUMERIC precision {} must be between 1 and 1000", modifiers[0]))
            .at(type_name.location + 1);
      }
      named.typmod = static_cast<std::int32_t>(((modifiers[0] << 16) | (scale & 0x7ff)) + 4);
    } else if (io::is_date_time(type->oid) && type->oid != oid::kDate) {
      Result<std::int32_t> typmod = io::date_time_modifier(type->oid, modifiers);
      if (!typmod.has_value()) return std::move(typmod).error().at(type_name.location + 1);
      named.typmod = *typmod;
    } else {
      return Error(ErrorCode::SyntaxError,
                   fmt::format("type modifier is not allowed for type \"{}\"", type->name))
          .at(type_name.location + 1);
    }
  } else if (type->oid == oid::kBpchar && names.size() == 2 && names[0] == "pg_catalog") {
    named.typmod = 5;  // character alone is character(1); the grammar says so by its schema
  }
  if (!type_name.list("array_bounds").empty()) {
    if (type->array == Oid::None) {
      return Error(ErrorCode::ObjectMissing,
                   fmt::format("type \"{}[]\" does not exist", type->sql_name))
          .at(type_name.location + 1);
    }
    named.type = type->array;
  }
  return named;
}

Result<const Table*> Binder::table_of(const Node& range_var) const {
  Bytes schema_name = range_var.text("schemaname");
  // The session's own temporary tables come first in its path.
  if (schema_name == "pg_temp" && !context_.search_path.empty()) {
    schema_name = context_.search_path[0];
  }
  const Bytes name = range_var.text("relname");
  const auto position = range_var.location + 1;
  if (!schema_name.empty()) {
    const Schema* const schema = context_.catalog->find_schema(schema_name);
    const Table* const table =
        schema == nullptr ? nullptr : context_.catalog->find_table(schema->oid, name);
    if (table != nullptr) return table;
    return Error(ErrorCode::TableMissing,
                 fmt::format("relation \"{}.{}\" does not exist", schema_name, name))
        .at(position);
  }
  // pg_catalog comes first unless the path says where.
  const std::vector<std::string>& path = context_.search_path;
  const bool names_system = std::find(path.begin(), path.end(), "pg_catalog") != path.end();
  if (!names_system) {
    if (const Table* const table = context_.catalog->find_table(kSchemaPgCatalog, name)) {
      return table;
    }
  }
  for (const std::string& each : path) {
    const Schema* const schema = context_.catalog->find_schema(each);
    if (schema == nullptr) continue;
    if (const Table* const table = context_.catalog->find_table(schema->oid, name)) return table;
  }
  return Error(ErrorCode::TableMissing, fmt::format("relation \"{}\" does not exist", name))
      .at(position);
}

}  // namespace latchkey::sql::bind
