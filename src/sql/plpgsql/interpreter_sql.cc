#include <fmt/format.h>

#include "base/assert.h"
#include "sql/plpgsql/error_context.h"
#include "sql/plpgsql/interpreter.h"

namespace latchkey::sql::plpgsql {

namespace {

using parse::NodeKind;

/// The values of USING, which are $1, $2 .. of a text made up by EXECUTE.
class UsingNames final : public bind::NameSource {
 public:
  explicit UsingNames(std::span<const RowColumn> columns) : columns_(columns) {}
  Result<std::optional<Found>> find(std::span<const std::string>) override {
    return std::optional<Found>();
  }
  std::optional<Found> parameter(std::int64_t number) override {
    if (number < 1 || number > static_cast<std::int64_t>(columns_.size())) return {};
    return Found{static_cast<int>(number - 1), columns_[static_cast<std::size_t>(number - 1)].type,
                 -1};
  }
  Result<std::optional<std::vector<Field>>> fields(std::span<const std::string>) override {
    return std::optional<std::vector<Field>>();
  }
  Conflict conflict() const override { return Conflict::UseColumn; }

 private:
  std::span<const RowColumn> columns_;
};

/// What a statement met while it ran is told with its text; what its names mean, without.
Error in_statement(Error error, const SqlText& text) {
  if (error.details().position > 0) return error;
  return in_context(std::move(error),
                    fmt::format("SQL {} \"{}\"", text.is_expression() ? "expression" : "statement",
                                text.shown()));
}

bool changes_rows(const bind::Bound& bound) {
  return bound.query->kind == bind::QueryKind::Insert ||
         bound.query->kind == bind::QueryKind::Update ||
         bound.query->kind == bind::QueryKind::Delete;
}

}  // namespace

Result<std::uint64_t> Interpreter::run_bound(const bind::Bound& bound,
                                             std::span<const Value> parameters, FoundRows* rows,
                                             std::size_t rows_max) {
  if (invocation_ != nullptr) LK_CHECK(refuse_write(*invocation_->routine, bound));
  if (rows != nullptr) rows->columns = columns_of(*bound.query);
  return host_.run_query(bound, parameters, [&](std::span<const Value> row) -> Result<bool> {
    if (rows == nullptr) return true;
    LK_CHECK(rows->add(row));
    return rows_max == 0 || rows->count() < rows_max;
  });
}

/// At most `rows_max` rows, 0 for all, of a statement of the routine's own text.
Result<std::uint64_t> Interpreter::run_query(const Query& query, FoundRows* rows,
                                             std::size_t rows_max) {
  FrameNames names(frame_, query.names);
  LK_TRY(const auto bound, query.text->bind(host_, &names, frame_.shape()));
  std::vector<Value> parameters;
  LK_CHECK(frame_.fill(*bound, parameters));
  Result<std::uint64_t> count = run_bound(*bound, parameters, rows, rows_max);
  if (count.has_value()) return count;
  return in_statement(std::move(count).error(), *query.text);
}

/// Runs the statements of a text; the rows are the last one's.
Result<std::uint64_t> Interpreter::run_dynamic(const std::string& text,
                                               const std::vector<Query>& arguments, FoundRows* rows,
                                               std::size_t rows_max, bool& is_query) {
  FoundRows given(host_);
  std::vector<Value> values;
  Arena kept;
  for (const Query& argument : arguments) {
    LK_TRY(const Evaluated value, evaluate(argument));
    const Type* const type = find_type(value.type);
    const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
    given.columns.push_back({"", value.type, -1});
    values.push_back(in_bytes ? kept.keep(value.value) : value.value);
  }
  const auto run_all = [&]() -> Result<std::uint64_t> {
    LK_TRY(const auto script, parse::parse(text));
    std::uint64_t count = 0;
    is_query = false;
    for (const parse::Script::Statement& each : script->statements) {
      SqlText statement(script, each.node, each.text);
      if (each.node->child("into_clause") != nullptr) {
        return Error(ErrorCode::NotSupported, "EXECUTE of SELECT ... INTO is not implemented")
            .with_hint(
                "You might want to use EXECUTE ... INTO or EXECUTE CREATE TABLE ... AS "
                "instead.");
      }
      if (!statement.is_query()) {
        if (each.node->is(NodeKind::TransactionStmt)) {
          return Error(ErrorCode::NotSupported,
                       "EXECUTE of transaction commands is not implemented");
        }
        LK_CHECK(host_.run_other(script, *each.node));
        is_query = false;
        count = 0;
        continue;
      }
      UsingNames names(given.columns);
      LK_TRY(const auto bound, statement.bind(host_, &names));
      values.resize(std::max(values.size(), bound->parameter_types.size()));
      LK_TRY(count, run_bound(*bound, values, rows, rows_max));
      is_query = bound->query->returns_rows;
    }
    return count;
  };
  Result<std::uint64_t> count = run_all();
  if (count.has_value()) return count;
  if (count.error().details().position > 0) return count;
  return in_context(std::move(count).error(), fmt::format("SQL statement \"{}\"", text));
}

/// All rows of a query that is written down, or made up by EXECUTE.
Result<void> Interpreter::collect(const Query& query, const std::vector<Query>& arguments,
                                  bool is_dynamic, FoundRows& rows) {
  if (!is_dynamic) {
    if (!query.text->is_query()) {
      return error_with("42601", "cannot open a query that returns no rows");
    }
    LK_CHECK(run_query(query, &rows, 0));
    return {};
  }
  LK_TRY(const auto shown, text(query));
  if (!shown.has_value()) {
    return Error(ErrorCode::NullNotAllowed, "query string argument of EXECUTE is null");
  }
  bool is_query = false;
  LK_CHECK(run_dynamic(*shown, arguments, &rows, 0, is_query));
  if (!is_query) {
    return error_with("42P11", "cannot open a query that returns no rows as cursor");
  }
  return {};
}

Result<void> Interpreter::store_into(const Statement& statement, const FoundRows& rows,
                                     bool is_change) {
  if (rows.count() == 0) {
    if (statement.is_strict) {
      return Error(ErrorCode::NoDataFound, "query returned no rows");
    }
    return assign_row(statement.targets, rows.columns, std::vector<Value>(rows.columns.size()));
  }
  if (rows.count() > 1 && (statement.is_strict || is_change)) {
    return Error(ErrorCode::TooManyRows, "query returned more than one row")
        .with_hint("Make sure the query returns a single row, or use LIMIT 1.");
  }
  return assign_row(statement.targets, rows.columns, rows.row(0));
}

/// CALL: what the procedure gives back goes to the variables that are its arguments.
Result<void> Interpreter::run_call(const Statement& statement) {
  FrameNames names(frame_, statement.query.names);
  LK_TRY(const auto bound, statement.query.text->bind(host_, &names, frame_.shape()));
  std::vector<Value> parameters;
  LK_CHECK(frame_.fill(*bound, parameters));
  const bind::Expr& call = *bound->query->call;
  const auto routine = host_.bind_context().catalog->find_routine(call.types.routine);
  LK_ASSERT(routine != nullptr);
  std::vector<Target> targets;
  for (std::size_t i = 0; i < routine->arguments.size(); ++i) {
    const RoutineArgument& argument = routine->arguments[i];
    if (!argument.is_output()) continue;
    const bind::Expr& given = *call.args[i];
    if (given.kind != bind::ExprKind::Parameter) {
      return error_with("42601",
                        fmt::format("procedure parameter \"{}\" is an output parameter but "
                                    "corresponding argument is not writable",
                                    argument.name));
    }
    targets.push_back({given.index, {}});
  }
  FoundRows rows(host_);
  Result<std::uint64_t> ran = run_bound(*bound, parameters, &rows, 0);
  if (!ran.has_value()) return in_statement(std::move(ran).error(), *statement.query.text);
  if (rows.count() == 0) return {};
  return assign_row(targets, rows.columns, rows.row(0));
}

Result<void> Interpreter::run_sql(const Statement& statement) {
  const SqlText& text = *statement.query.text;
  if (!text.is_query()) {
    if (text.node().is(NodeKind::TransactionStmt)) {
      return Error(ErrorCode::NotSupported, "unsupported transaction command in PL/pgSQL");
    }
    if (statement.has_into) {
      return error_with("42601", "INTO used with a command that cannot return data");
    }
    Result<void> done = host_.run_other(text.script(), text.node());
    if (done.has_value()) return done;
    return in_statement(std::move(done).error(), text);
  }
  if (text.node().is(NodeKind::CallStmt)) return run_call(statement);
  FrameNames names(frame_, statement.query.names);
  LK_TRY(const auto bound, statement.query.text->bind(host_, &names, frame_.shape()));
  const bool is_change = changes_rows(*bound);
  if (statement.has_into && !bound->query->returns_rows) {
    return error_with("42601", "INTO used with a command that cannot return data");
  }
  if (!statement.has_into && bound->query->returns_rows) {
    Error error = error_with("42601", "query has no destination for result data");
    if (is_change) return error;
    return std::move(error).with_hint(
        "If you want to discard the results of a SELECT, use PERFORM instead.");
  }
  FoundRows rows(host_);
  const std::size_t rows_max = statement.is_strict || is_change ? 2 : 1;
  LK_TRY(row_count_, run_query(statement.query, statement.has_into ? &rows : nullptr, rows_max));
  frame_.set_bool(program_->found_variable, row_count_ > 0);
  if (!statement.has_into) return {};
  if (!is_change) row_count_ = std::min<std::uint64_t>(row_count_, rows.count());
  return store_into(statement, rows, is_change);
}

Result<void> Interpreter::run_perform(const Statement& statement) {
  LK_TRY(row_count_, run_query(statement.query, nullptr, 0));
  frame_.set_bool(program_->found_variable, row_count_ > 0);
  return {};
}

Result<void> Interpreter::run_execute(const Statement& statement) {
  LK_TRY(const auto shown, text(statement.query));
  if (!shown.has_value()) {
    return Error(ErrorCode::NullNotAllowed, "query string argument of EXECUTE is null");
  }
  FoundRows rows(host_);
  bool is_query = false;
  LK_TRY(row_count_, run_dynamic(*shown, statement.queries, statement.has_into ? &rows : nullptr,
                                 statement.has_into ? 2 : 0, is_query));
  if (!statement.has_into) return {};
  if (!is_query) return error_with("42601", "INTO used with a command that cannot return data");
  return store_into(statement, rows, false);
}

Result<Interpreter::Flow> Interpreter::run_row_loop(const Statement& loop) {
  std::shared_ptr<Cursor> cursor;
  if (loop.variable >= 0) {
    LK_CHECK(open(loop, loop.variable, loop.queries));
    LK_TRY(const std::string name, cursor_name(loop.variable));
    cursor = cursors_.at(name);
  } else {
    cursor = std::make_shared<Cursor>(host_);
    LK_CHECK(collect(loop.query, loop.queries, loop.is_dynamic, cursor->rows));
  }
  const FoundRows& rows = cursor->rows;
  Flow flow = Flow::Done;
  if (rows.count() == 0 && loop.variable < 0) {
    LK_CHECK(assign_row(loop.targets, rows.columns, std::vector<Value>(rows.columns.size())));
  }
  for (std::size_t i = 0; i < rows.count(); ++i) {
    LK_CHECK(assign_row(loop.targets, rows.columns, rows.row(i)));
    cursor->at = static_cast<std::int64_t>(i) + 1;
    LK_TRY(const bool goes_on, run_pass(loop, flow));
    if (!goes_on) break;
  }
  if (loop.variable >= 0) {
    LK_TRY(const std::string name, cursor_name(loop.variable));
    cursors_.erase(name);
  }
  frame_.set_bool(program_->found_variable, rows.count() > 0);
  return flow;
}

// Cursors.

Result<std::string> Interpreter::cursor_name(int variable) const {
  LK_TRY(const Frame::Read read, const_cast<Frame&>(frame_).read(variable));
  if (!read.value.is_null) return std::string(read.value.bytes());
  return Error(ErrorCode::NullNotAllowed,
               fmt::format("cursor variable \"{}\" is null", frame_.variable(variable).name));
}

Result<void> Interpreter::open(const Statement& statement, int number,
                               const std::vector<Query>& arguments) {
  const Variable& variable = frame_.variable(number);
  LK_TRY(const Frame::Read before, frame_.read(number));
  std::string name;
  if (!before.value.is_null) {
    name = before.value.bytes();
  } else if (variable.cursor_query) {
    name = variable.name;
  } else {
    for (int i = 1; name.empty() || cursors_.contains(name); ++i) {
      name = fmt::format("<unnamed portal {}>", i);
    }
  }
  if (cursors_.contains(name)) {
    return Error(ErrorCode::CursorDuplicate, fmt::format("cursor \"{}\" already in use", name));
  }
  if (arguments.size() == variable.cursor_arguments.size() && variable.cursor_query) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      LK_TRY(const Evaluated value, evaluate(arguments[i]));
      LK_CHECK(frame_.write(variable.cursor_arguments[i], value.value, value.type));
    }
  }
  auto cursor = std::make_shared<Cursor>(host_);
  LK_CHECK(collect(variable.cursor_query ? variable.cursor_query : statement.query,
                   statement.queries, statement.is_dynamic, cursor->rows));
  cursors_.emplace(name, std::move(cursor));
  frame_.set_text(number, name);
  return {};
}

Result<void> Interpreter::fetch(const Statement& statement) {
  LK_TRY(const std::string name, cursor_name(statement.variable));
  const auto found = cursors_.find(name);
  if (found == cursors_.end()) {
    return Error(ErrorCode::CursorMissing, fmt::format("cursor \"{}\" does not exist", name));
  }
  const std::shared_ptr<Cursor> cursor = found->second;
  const auto count = static_cast<std::int64_t>(cursor->rows.count());
  std::int64_t by = statement.slice < 0 ? count + 1 : 1;
  if (statement.query) {
    LK_TRY(const auto given, integer(statement.query, oid::kInt8));
    if (!given.has_value()) {
      return Error(ErrorCode::NullNotAllowed, "relative or absolute cursor position is null");
    }
    by = *given;
  }
  const std::int64_t before = cursor->at;
  switch (statement.direction) {
    case FetchDirection::Forward:
    case FetchDirection::Relative:
      cursor->at += by;
      break;
    case FetchDirection::Backward:
      cursor->at -= by;
      break;
    case FetchDirection::Absolute:
      cursor->at = by < 0 ? count + 1 + by : by;
      break;
    case FetchDirection::First:
      cursor->at = 1;
      break;
    case FetchDirection::Last:
      cursor->at = count;
      break;
  }
  cursor->at = std::clamp<std::int64_t>(cursor->at, 0, count + 1);
  const bool has_row = cursor->at >= 1 && cursor->at <= count;
  if (statement.is_move) {
    const std::int64_t passed = cursor->at > before
                                    ? std::min(cursor->at, count) - before
                                    : before - std::max<std::int64_t>(cursor->at, 1);
    row_count_ = static_cast<std::uint64_t>(std::max<std::int64_t>(passed, has_row ? 1 : 0));
    frame_.set_bool(program_->found_variable, row_count_ > 0);
    return {};
  }
  row_count_ = has_row ? 1 : 0;
  frame_.set_bool(program_->found_variable, has_row);
  const FoundRows& rows = cursor->rows;
  if (!has_row) {
    return assign_row(statement.targets, rows.columns, std::vector<Value>(rows.columns.size()));
  }
  return assign_row(statement.targets, rows.columns,
                    rows.row(static_cast<std::size_t>(cursor->at - 1)));
}

Result<void> Interpreter::close(const Statement& statement) {
  LK_TRY(const std::string name, cursor_name(statement.variable));
  if (cursors_.erase(name) == 0) {
    return Error(ErrorCode::CursorMissing, fmt::format("cursor \"{}\" does not exist", name));
  }
  return {};
}

}  // namespace latchkey::sql::plpgsql
