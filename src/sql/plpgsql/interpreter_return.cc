#include <fmt/format.h>

#include "base/assert.h"
#include "sql/plpgsql/error_context.h"
#include "sql/plpgsql/interpreter.h"

namespace latchkey::sql::plpgsql {

/// A row of the result, whose columns must be those that the function has promised.
Result<void> Interpreter::give(std::span<const RowColumn> columns, std::span<const Value> values,
                               std::string_view mismatch) {
  const std::span<const RowColumn> wanted = invocation_->columns;
  const auto refuse = [&](std::string detail) {
    return Error(ErrorCode::TypeMismatch, std::string(mismatch)).with_detail(std::move(detail));
  };
  if (wanted.empty()) {
    invocation_->found_columns->assign(columns.begin(), columns.end());
    LK_CHECK(invocation_->consumer(values));
    return {};
  }
  if (columns.size() != wanted.size()) {
    return refuse(
        fmt::format("Number of returned columns ({}) does not match expected column count ({}).",
                    columns.size(), wanted.size()));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].type == wanted[i].type) continue;
    return refuse(fmt::format("Returned type {} does not match expected type {} in column {}.",
                              type_text(columns[i].type), type_text(wanted[i].type), i + 1));
  }
  Arena arena;
  std::vector<Value> row(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    LK_TRY(row[i],
           casts_.convert(values[i], columns[i].type, wanted[i].type, wanted[i].typmod, arena));
  }
  LK_CHECK(invocation_->consumer(row));
  return {};
}

/// The OUT arguments as they are now.
Result<void> Interpreter::give_outputs() {
  std::vector<Value> row;
  for (const int output : program_->output_variables) {
    LK_TRY(const Frame::Read read, frame_.read(output));
    row.push_back(read.value);
  }
  LK_CHECK(invocation_->consumer(row));
  return {};
}

Result<void> Interpreter::run_return(const Statement& statement) {
  has_returned_value_ = true;
  if (!statement.query) return {};
  if (trigger_ != nullptr) {
    FoundRows row(host_);
    LK_CHECK(evaluate_row(statement.query, row));
    trigger_->is_null = row.count() == 0;
    if (trigger_->is_null) return {};
    trigger_->columns = row.columns;
    const std::span<const Value> values = row.row(0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Type* const type = find_type(row.columns[i].type);
      const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
      trigger_->values.push_back(in_bytes ? trigger_arena_.keep(values[i]) : values[i]);
    }
    return {};
  }
  const Routine& routine = *invocation_->routine;
  if (routine.result == oid::kRecord) {
    FoundRows row(host_);
    LK_CHECK(evaluate_row(statement.query, row));
    if (row.count() == 0) {
      LK_CHECK(invocation_->consumer(std::vector<Value>(invocation_->columns.size())));
      return {};
    }
    return give(row.columns, row.row(0),
                "returned record type does not match expected record type");
  }
  LK_TRY(const Evaluated value, evaluate(statement.query));
  Arena arena;
  const RowColumn& wanted = invocation_->columns[0];
  LK_TRY(const Value converted,
         casts_.convert(value.value, value.type, wanted.type, wanted.typmod, arena));
  LK_CHECK(invocation_->consumer({&converted, 1}));
  return {};
}

Result<void> Interpreter::run_return_next(const Statement& statement) {
  if (!statement.query) return give_outputs();
  const Routine& routine = *invocation_->routine;
  if (routine.result == oid::kRecord) {
    FoundRows row(host_);
    LK_CHECK(evaluate_row(statement.query, row));
    if (row.count() == 0) {
      LK_CHECK(invocation_->consumer(std::vector<Value>(invocation_->columns.size())));
      return {};
    }
    return give(row.columns, row.row(0), "wrong record type supplied in RETURN NEXT");
  }
  LK_TRY(const Evaluated value, evaluate(statement.query));
  Arena arena;
  const RowColumn& wanted = invocation_->columns[0];
  LK_TRY(const Value converted,
         casts_.convert(value.value, value.type, wanted.type, wanted.typmod, arena));
  LK_CHECK(invocation_->consumer({&converted, 1}));
  return {};
}

Result<void> Interpreter::run_return_query(const Statement& statement) {
  FoundRows rows(host_);
  LK_CHECK(collect(statement.query, statement.queries, statement.is_dynamic, rows));
  constexpr std::string_view kMismatch = "structure of query does not match function result type";
  for (std::size_t i = 0; i < rows.count(); ++i) {
    LK_CHECK(give(rows.columns, rows.row(i), kMismatch));
  }
  row_count_ = rows.count();
  frame_.set_bool(program_->found_variable, row_count_ > 0);
  return {};
}

/// What a routine gives when its text has ended.
Result<void> Interpreter::finish(Flow flow) {
  const Routine& routine = *invocation_->routine;
  if (routine.returns_set) return {};
  if (!program_->output_variables.empty()) return give_outputs();
  if (routine.result == oid::kVoid && !routine.is_procedure()) {
    // Not null, as void is shown as an empty text.
    const Value nothing = Value::of_bytes("");
    LK_CHECK(invocation_->consumer({&nothing, 1}));
    return {};
  }
  const bool needs_value = !routine.is_procedure() && routine.result != oid::kVoid;
  if (!needs_value || flow == Flow::Return) return {};
  statement_ = nullptr;
  return error_with("2F005", "control reached end of function without RETURN");
}

}  // namespace latchkey::sql::plpgsql
