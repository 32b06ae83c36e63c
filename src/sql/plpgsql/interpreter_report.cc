#include <fmt/format.h>

#include "sql/plpgsql/conditions.h"
#include "sql/plpgsql/error_context.h"
#include "sql/plpgsql/interpreter.h"

namespace latchkey::sql::plpgsql {

/// The message of RAISE with its arguments in the places of %.
Result<std::string> Interpreter::format_message(const Statement& statement) {
  std::string message;
  std::size_t next = 0;
  const std::string& format = *statement.message;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      message += format[i];
    } else if (i + 1 < format.size() && format[i + 1] == '%') {
      message += '%';
      ++i;
    } else {
      LK_TRY(const auto value, text(statement.queries[next++]));
      message += value.value_or("<NULL>");
    }
  }
  return message;
}

Result<void> Interpreter::raise(const Statement& statement) {
  if (statement.is_rethrow) {
    if (caught_ != nullptr) return Error(*caught_);
    return error_with("0Z002",
                      "RAISE without parameters cannot be used outside an exception handler");
  }
  ErrorDetails details;
  std::optional<std::string> message;
  if (statement.message.has_value()) {
    LK_TRY(message, format_message(statement));
  }
  const auto state_of = [](const std::string& name) -> Result<std::string> {
    if (is_sqlstate(name)) return name;
    const auto states = sqlstates_of(name);
    if (!states.empty()) return std::string(states[0]);
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("unrecognized exception condition \"{}\"", name));
  };
  if (!statement.condition_name.empty()) {
    LK_TRY(details.sqlstate, state_of(statement.condition_name));
    message = statement.condition_name;
  }
  for (const auto& [option, query] : statement.options) {
    LK_TRY(const auto value, text(query));
    if (!value.has_value()) {
      return Error(ErrorCode::NullNotAllowed, "RAISE statement option cannot be null");
    }
    const auto put = [&](std::string& to, const char* name) -> Result<void> {
      if (!to.empty()) {
        return error_with("42601", fmt::format("RAISE option already specified: {}", name));
      }
      to = *value;
      return {};
    };
    switch (option) {
      case RaiseOption::ErrorCode: {
        if (!details.sqlstate.empty()) {
          return error_with("42601", "RAISE option already specified: ERRCODE");
        }
        LK_TRY(details.sqlstate, state_of(*value));
        if (!message.has_value()) message = *value;
        break;
      }
      case RaiseOption::Message:
        if (statement.message.has_value()) {
          return error_with("42601", "RAISE option already specified: MESSAGE");
        }
        message = *value;
        break;
      case RaiseOption::Detail:
        LK_CHECK(put(details.detail, "DETAIL"));
        break;
      case RaiseOption::Hint:
        LK_CHECK(put(details.hint, "HINT"));
        break;
      case RaiseOption::Column:
        LK_CHECK(put(details.column, "COLUMN"));
        break;
      case RaiseOption::Constraint:
        LK_CHECK(put(details.constraint, "CONSTRAINT"));
        break;
      case RaiseOption::DataType:
        LK_CHECK(put(details.data_type, "DATATYPE"));
        break;
      case RaiseOption::Table:
        LK_CHECK(put(details.table, "TABLE"));
        break;
      case RaiseOption::Schema:
        LK_CHECK(put(details.schema, "SCHEMA"));
        break;
    }
  }
  if (details.sqlstate.empty()) {
    details.sqlstate = statement.is_exception                    ? "P0001"
                       : statement.severity == Severity::Warning ? "01000"
                                                                 : "00000";
  }
  if (!message.has_value()) message = details.sqlstate;
  Error error = Error(ErrorCode::Raised, *message).with([&](ErrorDetails& to) { to = details; });
  if (statement.is_exception) return error;
  host_.notice(statement.severity, in_context(std::move(error), place()));
  return {};
}

Result<void> Interpreter::check_assertion(const Statement& statement) {
  if (!host_.checks_assertions()) return {};
  LK_TRY(const bool holds, condition(statement.queries[0]));
  if (holds) return {};
  std::string message = "assertion failed";
  if (statement.queries.size() > 1) {
    LK_TRY(const auto given, text(statement.queries[1]));
    if (given.has_value()) message = *given;
  }
  return Error(ErrorCode::AssertFailed, std::move(message));
}

Result<void> Interpreter::diagnostics(const Statement& statement) {
  if (statement.is_stacked && caught_ == nullptr) {
    return error_with("0Z002",
                      "GET STACKED DIAGNOSTICS cannot be used outside an exception handler");
  }
  for (std::size_t i = 0; i < statement.items.size(); ++i) {
    const auto put = [&](Bytes shown) {
      return assign(statement.targets[i], Value::of_bytes(shown), oid::kText);
    };
    const ErrorDetails none;
    const ErrorDetails& details = caught_ == nullptr ? none : caught_->details();
    switch (statement.items[i]) {
      case DiagnosticsItem::RowCount:
        LK_CHECK(assign(statement.targets[i],
                        Value::of_integer(static_cast<std::int64_t>(row_count_)), oid::kInt8));
        break;
      case DiagnosticsItem::Context:
        LK_CHECK(put(place()));
        break;
      case DiagnosticsItem::ReturnedSqlstate:
        LK_CHECK(put(caught_->sqlstate()));
        break;
      case DiagnosticsItem::Message:
        LK_CHECK(put(caught_->message()));
        break;
      case DiagnosticsItem::Detail:
        LK_CHECK(put(details.detail));
        break;
      case DiagnosticsItem::Hint:
        LK_CHECK(put(details.hint));
        break;
      case DiagnosticsItem::ExceptionContext:
        LK_CHECK(put(details.context));
        break;
      case DiagnosticsItem::Column:
        LK_CHECK(put(details.column));
        break;
      case DiagnosticsItem::Constraint:
        LK_CHECK(put(details.constraint));
        break;
      case DiagnosticsItem::DataType:
        LK_CHECK(put(details.data_type));
        break;
      case DiagnosticsItem::Table:
        LK_CHECK(put(details.table));
        break;
      case DiagnosticsItem::Schema:
        LK_CHECK(put(details.schema));
        break;
    }
  }
  return {};
}

}  // namespace latchkey::sql::plpgsql
