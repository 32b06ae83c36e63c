#include "sql/plpgsql/interpreter.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "sql/plpgsql/error_context.h"
#include "sql/types/array.h"

namespace latchkey::sql::plpgsql {

std::string_view name_of(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::Block:
      return "statement block";
    case StatementKind::Assign:
      return "assignment";
    case StatementKind::If:
      return "IF";
    case StatementKind::Case:
      return "CASE";
    case StatementKind::Loop:
      return "LOOP";
    case StatementKind::While:
      return "WHILE";
    case StatementKind::ForInteger:
      return "FOR with integer loop variable";
    case StatementKind::ForQuery:
      return statement.is_dynamic      ? "FOR over EXECUTE statement"
             : statement.variable >= 0 ? "FOR over cursor"
                                       : "FOR over SELECT rows";
    case StatementKind::ForEach:
      return "FOREACH over array";
    case StatementKind::Exit:
      return statement.is_continue ? "CONTINUE" : "EXIT";
    case StatementKind::Return:
      return "RETURN";
    case StatementKind::ReturnNext:
      return "RETURN NEXT";
    case StatementKind::ReturnQuery:
      return "RETURN QUERY";
    case StatementKind::Raise:
      return "RAISE";
    case StatementKind::Assert:
      return "ASSERT";
    case StatementKind::Sql:
      return "SQL statement";
    case StatementKind::Perform:
      return "PERFORM";
    case StatementKind::Execute:
      return "EXECUTE";
    case StatementKind::Diagnostics:
      return statement.is_stacked ? "GET STACKED DIAGNOSTICS" : "GET DIAGNOSTICS";
    case StatementKind::Open:
      return "OPEN";
    case StatementKind::Fetch:
      return statement.is_move ? "MOVE" : "FETCH";
    case StatementKind::Close:
      return "CLOSE";
    case StatementKind::Null:
      return "NULL";
    case StatementKind::Commit:
      return "COMMIT";
  }
  return "statement";
}

Error error_with(std::string_view sqlstate, std::string message) {
  return Error(ErrorCode::Raised, std::move(message)).with([&](ErrorDetails& details) {
    details.sqlstate = sqlstate;
  });
}

Interpreter::Interpreter(std::shared_ptr<Program> program, std::string shown_name, Host& host,
                         Casts& casts, Cursors& cursors)
    : program_(std::move(program)),
      shown_name_(std::move(shown_name)),
      host_(host),
      casts_(casts),
      cursors_(cursors),
      frame_(*program_, host, casts) {}

std::string Interpreter::place() const {
  if (statement_ == nullptr) return fmt::format("PL/pgSQL function {}", shown_name_);
  if (initialized_line_ > 0) {
    return fmt::format(
        "PL/pgSQL function {} line {} during statement block local variable "
        "initialization",
        shown_name_, initialized_line_);
  }
  return fmt::format("PL/pgSQL function {} line {} at {}", shown_name_, statement_->line,
                     name_of(*statement_));
}

Error Interpreter::placed(Error error) const { return in_context(std::move(error), place()); }

Result<Interpreter::Flow> Interpreter::run_body() {
  frame_.set_bool(program_->found_variable, false);
  return run_one(*program_->block);
}

Result<void> Interpreter::run(const Invocation& invocation) {
  invocation_ = &invocation;
  const auto run_whole = [&]() -> Result<void> {
    std::size_t next = 0;
    const Routine& routine = *invocation.routine;
    for (std::size_t i = 0; i < program_->argument_variables.size(); ++i) {
      if (!routine.arguments[i].is_input() && !routine.is_procedure()) continue;
      const Value value = invocation.arguments[next];
      const Oid type = invocation.argument_types[next++];
      if (routine.arguments[i].is_input()) {
        LK_CHECK(frame_.write(program_->argument_variables[i], value, type));
      }
    }
    LK_TRY(const Flow flow, run_body());
    return finish(flow);
  };
  Result<void> done = run_whole();
  if (done.has_value()) return done;
  return placed(std::move(done).error());
}

Result<void> Interpreter::run_block() {
  const Result<Flow> flow = run_body();
  if (!flow.has_value()) return placed(flow.error());
  return {};
}

Result<TriggerResult> Interpreter::run_trigger() {
  TriggerResult result;
  trigger_ = &result;
  const Result<Flow> flow = run_body();
  if (!flow.has_value()) return placed(flow.error());
  if (*flow != Flow::Return) {
    return placed(error_with("2F005", "control reached end of trigger procedure without RETURN"));
  }
  return result;
}

Result<Interpreter::Flow> Interpreter::run_all(const Statements& statements) {
  for (const auto& each : statements) {
    LK_TRY(const Flow flow, run_one(*each));
    if (flow != Flow::Done) return flow;
  }
  return Flow::Done;
}

Result<Interpreter::Flow> Interpreter::run_one(const Statement& statement) {
  const Statement* const around = std::exchange(statement_, &statement);
  LK_CHECK(host_.check_cancelled());
  // After an error the statement stays, for whoever tells where it was.
  LK_TRY(const Flow flow, run_kind(statement));
  if (flow != Flow::Return) statement_ = around;
  return flow;
}

Result<Interpreter::Flow> Interpreter::run_kind(const Statement& statement) {
  const auto done = [](Result<void> result) -> Result<Flow> {
    if (!result.has_value()) return std::move(result).error();
    return Flow::Done;
  };
  switch (statement.kind) {
    case StatementKind::Block:
      return run_block(statement);
    case StatementKind::Assign:
      return done(assign_query(statement.targets[0], statement.query));
    case StatementKind::If:
      return run_if(statement);
    case StatementKind::Case:
      return run_case(statement);
    case StatementKind::Loop:
    case StatementKind::While:
      return run_loop(statement);
    case StatementKind::ForInteger:
      return run_integer_loop(statement);
    case StatementKind::ForQuery:
      return run_row_loop(statement);
    case StatementKind::ForEach:
      return run_array_loop(statement);
    case StatementKind::Exit:
      return run_exit(statement);
    case StatementKind::Return:
      LK_CHECK(run_return(statement));
      return Flow::Return;
    case StatementKind::ReturnNext:
      return done(run_return_next(statement));
    case StatementKind::ReturnQuery:
      return done(run_return_query(statement));
    case StatementKind::Raise:
      return done(raise(statement));
    case StatementKind::Assert:
      return done(check_assertion(statement));
    case StatementKind::Sql:
      return done(run_sql(statement));
    case StatementKind::Perform:
      return done(run_perform(statement));
    case StatementKind::Execute:
      return done(run_execute(statement));
    case StatementKind::Diagnostics:
      return done(diagnostics(statement));
    case StatementKind::Open:
      return done(open(statement, statement.variable, statement.queries));
    case StatementKind::Fetch:
      return done(fetch(statement));
    case StatementKind::Close:
      return done(close(statement));
    case StatementKind::Null:
      return Flow::Done;
    case StatementKind::Commit:
      return error_with("2D000", "invalid transaction termination");
  }
  return Flow::Done;
}

// Blocks.

Result<void> Interpreter::begin_block(const Statement& block) {
  if (block.declared.empty()) return {};
  const std::shared_ptr<const Catalog> catalog = host_.bind_context().catalog;
  for (const int number : block.declared) {
    const Variable& variable = frame_.variable(number);
    LK_CHECK(frame_.reset(number, *catalog));
    if (!variable.initial) continue;
    initialized_line_ = variable.line;
    Target to;
    to.variable = number;
    LK_CHECK(assign_query(to, variable.initial));
  }
  initialized_line_ = 0;
  return {};
}

Result<Interpreter::Flow> Interpreter::run_block(const Statement& block) {
  LK_CHECK(check_stack());
  LK_CHECK(begin_block(block));
  Result<Flow> flow = block.handlers.empty() ? run_all(block.body) : run_guarded(block);
  if (!flow.has_value()) return flow;
  const bool ends_here = *flow == Flow::Exit && !exit_label_.empty() && exit_label_ == block.label;
  return ends_here ? Flow::Done : *flow;
}

const Handler* Interpreter::handler_for(const Statement& block, const Error& error) const {
  if (host_.starts_over(error)) return nullptr;
  const std::string_view state = error.sqlstate();
  const bool spares_others = state == "57014" || state == "P0004";
  for (const Handler& handler : block.handlers) {
    for (const Handler::Condition& condition : handler.conditions) {
      if (condition.is_others) {
        if (!spares_others) return &handler;
        continue;
      }
      const bool is_class = condition.sqlstate.ends_with("000");
      const bool fits = is_class ? state.substr(0, 2) == condition.sqlstate.substr(0, 2)
                                 : state == condition.sqlstate;
      if (fits) return &handler;
    }
  }
  return nullptr;
}

/// A block that catches errors: what it did is undone before a handler begins.
Result<Interpreter::Flow> Interpreter::run_guarded(const Statement& block) {
  const Statement* const at_block = statement_;
  const Host::Mark mark = host_.mark();
  Result<Flow> flow = run_all(block.body);
  if (flow.has_value()) return flow;
  const Handler* const handler = handler_for(block, flow.error());
  if (handler == nullptr) return flow;
  const Error error = placed(std::move(flow).error());
  host_.return_to(mark);
  initialized_line_ = 0;
  statement_ = at_block;
  frame_.set_text(block.state_variable, error.sqlstate());
  frame_.set_text(block.message_variable, error.message());
  const Error* const around = std::exchange(caught_, &error);
  Result<Flow> handled = run_all(handler->body);
  caught_ = around;
  return handled;
}

// Branches and loops.

Result<Interpreter::Flow> Interpreter::run_if(const Statement& statement) {
  for (const Branch& branch : statement.branches) {
    LK_TRY(const bool holds, condition(branch.condition));
    if (holds) return run_all(branch.body);
  }
  if (statement.otherwise.has_value()) return run_all(*statement.otherwise);
  return Flow::Done;
}

Result<Interpreter::Flow> Interpreter::run_case(const Statement& statement) {
  if (statement.query) {
    LK_TRY(const Evaluated subject, evaluate(statement.query));
    Variable& variable = program_->variables[static_cast<std::size_t>(statement.variable)];
    variable.type = subject.type;
    LK_CHECK(frame_.write(statement.variable, subject.value, subject.type));
  }
  for (const Branch& branch : statement.branches) {
    LK_TRY(const bool holds, condition(branch.condition));
    if (holds) return run_all(branch.body);
  }
  if (statement.otherwise.has_value()) return run_all(*statement.otherwise);
  return Error(ErrorCode::CaseMissing, "case not found")
      .with_hint("CASE statement is missing ELSE part.");
}

Result<bool> Interpreter::run_pass(const Statement& loop, Flow& flow) {
  LK_TRY(flow, run_all(loop.body));
  const bool is_mine = exit_label_.empty() || exit_label_ == loop.label;
  switch (flow) {
    case Flow::Done:
      return true;
    case Flow::Continue:
      if (!is_mine) return false;
      flow = Flow::Done;
      return true;
    case Flow::Exit:
      if (is_mine) flow = Flow::Done;
      return false;
    case Flow::Return:
      return false;
  }
  return false;
}

Result<Interpreter::Flow> Interpreter::run_loop(const Statement& loop) {
  Flow flow = Flow::Done;
  for (;;) {
    if (loop.kind == StatementKind::While) {
      LK_TRY(const bool holds, condition(loop.condition));
      if (!holds) return Flow::Done;
    }
    LK_CHECK(host_.check_cancelled());
    LK_TRY(const bool goes_on, run_pass(loop, flow));
    if (!goes_on) return flow;
  }
}

Result<Interpreter::Flow> Interpreter::run_integer_loop(const Statement& loop) {
  const auto bound = [&](std::size_t index, const char* what) -> Result<std::int64_t> {
    LK_TRY(const auto value, integer(loop.queries[index], oid::kInt4));
    if (value.has_value()) return *value;
    return Error(ErrorCode::NullNotAllowed, fmt::format("{} cannot be null", what));
  };
  LK_TRY(std::int64_t at, bound(0, "lower bound of FOR loop"));
  LK_TRY(const std::int64_t end, bound(1, "upper bound of FOR loop"));
  std::int64_t step = 1;
  if (loop.queries.size() > 2) {
    LK_TRY(step, bound(2, "BY value of FOR loop"));
    if (step <= 0) {
      return Error(ErrorCode::InvalidArgument, "BY value of FOR loop must be greater than zero");
    }
  }
  bool found = false;
  Flow flow = Flow::Done;
  while (loop.is_reverse ? at >= end : at <= end) {
    found = true;
    LK_CHECK(frame_.write(loop.variable, Value::of_integer(at), oid::kInt4));
    LK_TRY(const bool goes_on, run_pass(loop, flow));
    if (!goes_on) break;
    at += loop.is_reverse ? -step : step;
    constexpr std::int64_t kLeast = -2'147'483'648LL;
    constexpr std::int64_t kMost = 2'147'483'647LL;
    if (at < kLeast || at > kMost) break;
  }
  frame_.set_bool(program_->found_variable, found);
  return flow;
}

Result<Interpreter::Flow> Interpreter::run_array_loop(const Statement& loop) {
  if (loop.slice > 0) {
    return Error(ErrorCode::NotSupported, "FOREACH ... SLICE is not supported");
  }
  LK_TRY(const Evaluated array, evaluate(loop.query));
  const Type* const type = find_type(array.type);
  if (array.value.is_null) {
    return Error(ErrorCode::NullNotAllowed, "FOREACH expression must not be null");
  }
  if (type == nullptr || !type->is_array()) {
    return Error(
        ErrorCode::TypeMismatch,
        fmt::format("FOREACH expression must yield an array, not type {}", type_text(array.type)));
  }
  const std::string kept(array.value.bytes());
  ArrayReader reader(kept);
  bool found = false;
  Flow flow = Flow::Done;
  Value element;
  while (reader.next(element)) {
    found = true;
    LK_CHECK(assign(loop.targets[0], element, type->element));
    LK_TRY(const bool goes_on, run_pass(loop, flow));
    if (!goes_on) break;
  }
  frame_.set_bool(program_->found_variable, found);
  return flow;
}

Result<Interpreter::Flow> Interpreter::run_exit(const Statement& statement) {
  if (statement.condition) {
    LK_TRY(const bool holds, condition(statement.condition));
    if (!holds) return Flow::Done;
  }
  exit_label_ = statement.label;
  return statement.is_continue ? Flow::Continue : Flow::Exit;
}

}  // namespace latchkey::sql::plpgsql
