#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/alter_table.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/define_sequence.h"
#include "sql/catalog/drop_objects.h"
#include "sql/catalog/table_builder.h"
#include "sql/catalog/table_change.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/table_layout.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

/// Whether the value is another at each row: it then is computed for each.
bool is_volatile(const bind::Expr& expr) {
  if (expr.kind == bind::ExprKind::Column || expr.query != nullptr) return true;
  if (expr.function != nullptr && expr.function->is(kVolatile)) return true;
  return std::any_of(expr.args.begin(), expr.args.end(),
                     [](const bind::Expr* arg) { return is_volatile(*arg); });
}

Error identity_exists(const Column& column, const Table& table) {
  return Error(ErrorCode::ObjectState,
               fmt::format("column \"{}\" of relation \"{}\" is already an identity column",
                           column.name, table.name));
}

Error is_identity(const Column& column, const Table& table) {
  return Error(ErrorCode::SyntaxError,
               fmt::format("column \"{}\" of relation \"{}\" is an identity column", column.name,
                           table.name));
}

Error is_not_identity(const Column& column, const Table& table) {
  return Error(ErrorCode::ObjectState,
               fmt::format("column \"{}\" of relation \"{}\" is not an identity column",
                           column.name, table.name));
}

}  // namespace

Result<void> TableAlteration::add_column(const Node& command) {
  const Node& definition = *command.child("def");
  const Bytes name = definition.text("colname");
  if (table_.find_column(name) != nullptr) {
    const std::string message =
        fmt::format("column \"{}\" of relation \"{}\" already exists", name, table_.name);
    if (!command.flag("missing_ok")) return Error(ErrorCode::ColumnDuplicate, message);
    context_.notice(Error(ErrorCode::ColumnDuplicate, message + ", skipping"));
    return {};
  }
  const std::size_t first_new = table_.columns.size();
  const std::size_t check_count = table_.checks.size();
  const std::size_t key_count = table_.foreign_keys.size();
  TableBuilder builder(context_, table_);
  LK_CHECK(builder.add_column(definition));
  LK_CHECK(builder.finish());
  for (std::size_t i = check_count; i < table_.checks.size(); ++i) {
    new_checks_.push_back(table_.checks[i].oid);
  }
  for (std::size_t i = key_count; i < table_.foreign_keys.size(); ++i) {
    new_checks_.push_back(table_.foreign_keys[i].oid);
  }
  return give_missing(first_new);
}

/// What the rows that are there show in a new column.
Result<void> TableAlteration::give_missing(std::size_t at) {
  Column& column = table_.columns[at];
  if (column.not_null) new_not_null_.push_back(column.number);
  if (column.identity != 0) {
    const Table* const sequence = context_.change.catalog()->find_table(column.sequence);
    const std::string name = full_name(*context_.change.catalog(), *sequence);
    new_values_.push_back({at, "nextval(" + parse::quoted_text(name) + ")", table_});
    return {};
  }
  if (column.default_text.empty()) return {};
  LK_TRY(const auto script, parse::parse("SELECT " + column.default_text));
  bind::Binder binder(bind_context(context_), {});
  const Node& node = *script->statements[0].node->list("target_list")[0]->child("val");
  LK_TRY(const auto bound,
         binder.bind_default(node, column, column.is_generated ? &table_ : nullptr));
  const bind::Expr& expr = *bound->query->targets[0].expr;
  if (column.is_generated || is_volatile(expr)) {
    new_values_.push_back({at, column.default_text, table_});
    return {};
  }
  Arena arena;
  std::vector<Value> slots(static_cast<std::size_t>(bound->query->slot_count));
  Evaluation evaluation;
  evaluation.arena = &arena;
  evaluation.context = &context_.execution;
  evaluation.settings = &context_.settings;
  evaluation.slots = slots.data();
  const Value value = exec::evaluate(expr, evaluation);
  if (evaluation.failed()) return *std::move(evaluation.error);
  if (value.is_null) return {};
  append_text(column.type, value, exec::kept_text_settings(), column.missing_text);
  column.has_missing = true;
  return {};
}

Result<void> TableAlteration::drop_column(const Node& command) {
  const Bytes name = command.text("name");
  const Column* const column = table_.find_column(name);
  if (column == nullptr) {
    return missing(
        ErrorCode::ColumnMissing,
        fmt::format("column \"{}\" of relation \"{}\" does not exist", name, table_.name),
        command.flag("missing_ok"), context_);
  }
  const bool cascade = command.as<parse::DropKind>("behavior") == parse::DropKind::Cascade;
  const std::int16_t number = column->number;
  LK_CHECK(put());
  LK_CHECK(drop_objects({{DropObject::Kind::Column, table_.oid, number}}, cascade, context_));
  reload();
  return {};
}

Result<void> TableAlteration::set_default(const Node& command) {
  LK_TRY(Column* const column, column_of(command.text("name")));
  if (column->identity != 0) {
    const bool is_drop = command.child("def") == nullptr;
    Error error = is_identity(*column, table_);
    if (!is_drop) return error;
    return std::move(error).with_hint(
        "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.");
  }
  if (column->is_generated) {
    return Error(ErrorCode::SyntaxError,
                 fmt::format("column \"{}\" of relation \"{}\" is a generated column", column->name,
                             table_.name));
  }
  column->default_text.clear();
  const Node* const value = command.child("def");
  if (value == nullptr) return {};
  LK_TRY(column->default_text, parse::deparse(*value));
  return check_default(table_, *column, context_);
}

Result<void> TableAlteration::set_not_null(const Node& command, bool not_null) {
  LK_TRY(Column* const column, column_of(command.text("name")));
  if (!not_null) {
    if (column->identity != 0) return is_identity(*column, table_);
    const auto& keys = table_.key_columns;
    if (std::find(keys.begin(), keys.end(), column->number) != keys.end()) {
      return Error(ErrorCode::TableDefinitionInvalid,
                   fmt::format("column \"{}\" is in a primary key", column->name));
    }
  } else if (!column->not_null) {
    new_not_null_.push_back(column->number);
  }
  column->not_null = not_null;
  return {};
}

Result<void> TableAlteration::drop_expression(const Node& command) {
  LK_TRY(Column* const column, column_of(command.text("name")));
  if (!column->is_generated) {
    const std::string message =
        fmt::format("column \"{}\" of relation \"{}\" is not a stored generated column",
                    column->name, table_.name);
    return missing(ErrorCode::ObjectState, message, command.flag("missing_ok"), context_);
  }
  column->is_generated = false;
  column->default_text.clear();
  return {};
}

Result<void> TableAlteration::check_no_user_of_type(const Column& column) const {
  const Catalog& catalog = *context_.change.catalog();
  for (const DropObject& user :
       dependents_of({DropObject::Kind::Column, table_.oid, column.number}, catalog)) {
    if (user.kind != DropObject::Kind::Table) continue;
    return Error(ErrorCode::NotSupported, "cannot alter type of a column used by a view or rule")
        .with_detail(fmt::format("rule _RETURN on view {} depends on column \"{}\"",
                                 shown_name(*catalog.find_table(user.oid), context_), column.name));
  }
  for (const Column& other : table_.columns) {
    if (!other.is_generated || !names_column(other.default_text, column.name)) continue;
    return Error(ErrorCode::NotSupported,
                 "cannot alter type of a column used by a generated column")
        .with_detail(fmt::format("Column \"{}\" is used by generated column \"{}\".", column.name,
                                 other.name));
  }
  return {};
}

Result<void> TableAlteration::set_type(const Node& command) {
  LK_TRY(Column* const column, column_of(command.text("name")));
  const Node& definition = *command.child("def");
  LK_CHECK(check_no_user_of_type(*column));
  const Table seen = table_;
  bind::Binder binder(bind_context(context_), {});
  LK_TRY(const bind::Binder::NamedType type, binder.named_type(*definition.child("type_name")));
  column->type = type.type;
  column->typmod = type.typmod;
  column->domain = type.domain;
  std::string text = parse::quoted_name(column->name);
  const Node* const with = definition.child("raw_default");
  if (with != nullptr) {
    LK_TRY(text, parse::deparse(*with));
  }
  LK_TRY(const Oid from, type_of_expression(text, &seen, context_));
  bind::Bound scratch;
  const bind::Coercion coercion(scratch, context_.settings);
  if (!coercion.can_coerce(from, type.type, CastContext::Assignment)) {
    if (with != nullptr) {
      return Error(ErrorCode::TypeMismatch,
                   fmt::format("result of USING clause for column \"{}\" cannot be cast "
                               "automatically to type {}",
                               column->name, type_text(type.type)))
          .with_hint("You might need to add an explicit cast.");
    }
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("column \"{}\" cannot be cast automatically to type {}", column->name,
                             type_text(type.type)))
        .with_hint(fmt::format("You might need to specify \"USING {}::{}\".",
                               parse::quoted_name(column->name),
                               type_text(type.type, type.typmod)));
  }
  if (!column->default_text.empty() && !column->is_generated) {
    LK_TRY(const Oid default_type, type_of_expression(column->default_text, nullptr, context_));
    if (!coercion.can_coerce(default_type, column->type, CastContext::Assignment)) {
      return Error(ErrorCode::TypeMismatch,
                   fmt::format("default for column \"{}\" cannot be cast automatically to type {}",
                               column->name, type_text(type.type)));
    }
  }
  for (const CheckConstraint& check : table_.checks) {
    LK_TRY(const Oid checked, type_of_expression(check.expression, &table_, context_));
    (void)checked;
  }
  const auto index = static_cast<std::size_t>(column - table_.columns.data());
  new_values_.push_back({index, text, seen});
  return {};
}

Result<void> TableAlteration::add_identity(const Node& command) {
  LK_TRY(Column* const column, column_of(command.text("name")));
  const Node& definition = *command.child("def");
  if (!column->not_null) {
    return Error(ErrorCode::ObjectState,
                 fmt::format("column \"{}\" of relation \"{}\" must be declared NOT NULL before "
                             "identity can be added",
                             column->name, table_.name));
  }
  if (column->identity != 0) return identity_exists(*column, table_);
  if (!column->default_text.empty()) {
    return Error(ErrorCode::ObjectState,
                 fmt::format("column \"{}\" of relation \"{}\" already has a default value",
                             column->name, table_.name));
  }
  if (column->type != oid::kInt2 && column->type != oid::kInt4 && column->type != oid::kInt8) {
    return Error(ErrorCode::InvalidArgument,
                 "identity column type must be smallint, integer, or bigint");
  }
  const Bytes when = definition.text("generated_when");
  LK_TRY(Table sequence,
         make_owned_sequence(
             table_, *column,
             {.type = column->type, .is_identity = true, .options = definition.list("options")},
             context_));
  column->identity = when.empty() ? 'a' : when[0];
  column->sequence = sequence.oid;
  return context_.change.put(std::move(sequence));
}

Result<void> TableAlteration::set_identity(const Node& command) {
  LK_TRY(Column* const column, column_of(command.text("name")));
  if (column->identity == 0) return is_not_identity(*column, table_);
  std::vector<const Node*> options;
  for (const Node* const option : command.child("def")->list("items")) {
    if (option->text("defname") == "generated") {
      const std::string letter = option_text(option->child("arg"));
      // The grammar gives the letter as a number.
      column->identity = letter == "100" ? 'd' : 'a';
    } else {
      options.push_back(option);
    }
  }
  if (options.empty()) return {};
  Table sequence = *context_.change.catalog()->find_table(column->sequence);
  LK_TRY(const Sequences::Place place, context_.change.database().sequences().place(sequence));
  LK_CHECK(set_sequence_options(options, sequence, place.last, context_));
  return context_.change.put(std::move(sequence));
}

Result<void> TableAlteration::drop_identity(const Node& command) {
  LK_TRY(Column* const column, column_of(command.text("name")));
  if (column->identity == 0) {
    return missing(ErrorCode::ObjectState,
                   fmt::format("column \"{}\" of relation \"{}\" is not an identity column",
                               column->name, table_.name),
                   command.flag("missing_ok"), context_);
  }
  const Oid sequence = column->sequence;
  column->identity = 0;
  column->sequence = Oid::None;
  return context_.change.drop_table(sequence);
}

}  // namespace latchkey::sql::definitions
