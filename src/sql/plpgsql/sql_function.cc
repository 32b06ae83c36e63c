#include "sql/plpgsql/sql_function.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "sql/plpgsql/error_context.h"
#include "sql/plpgsql/frame.h"

namespace latchkey::sql::plpgsql {

namespace {

std::vector<const bind::Target*> shown_targets(const bind::Query& query) {
  std::vector<const bind::Target*> shown;
  for (const bind::Target& target : query.targets) {
    if (!target.is_hidden) shown.push_back(&target);
  }
  return shown;
}

}  // namespace

/// The arguments by name, f.name and $n. A column of the same name goes first.
class SqlFunction::Names final : public bind::NameSource {
 public:
  explicit Names(const SqlFunction& function) : function_(function) {
    const Routine& routine = *function.routine_;
    for (const RoutineArgument& argument : routine.arguments) {
      if (argument.is_input() || routine.is_procedure()) names_.push_back(argument.name);
    }
  }

  Result<std::optional<Found>> find(std::span<const std::string> names) override {
    const bool is_qualified = names.size() == 2 && names[0] == function_.routine_->name;
    if (names.size() != 1 && !is_qualified) return std::optional<Found>();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!names_[i].empty() && names_[i] == names.back()) return found(i);
    }
    return std::optional<Found>();
  }
  std::optional<Found> parameter(std::int64_t number) override {
    if (number < 1 || number > static_cast<std::int64_t>(function_.argument_types_.size())) {
      return {};
    }
    return found(static_cast<std::size_t>(number - 1));
  }
  Result<std::optional<std::vector<Field>>> fields(std::span<const std::string>) override {
    return std::optional<std::vector<Field>>();
  }
  Conflict conflict() const override { return Conflict::UseColumn; }

 private:
  std::optional<Found> found(std::size_t index) const {
    return Found{static_cast<int>(index), function_.argument_types_[index], -1};
  }
  const SqlFunction& function_;
  std::vector<std::string> names_;
};

Result<std::shared_ptr<SqlFunction>> SqlFunction::compile(std::shared_ptr<const Routine> routine,
                                                          std::span<const Oid> argument_types) {
  std::shared_ptr<SqlFunction> function(new SqlFunction(std::move(routine), argument_types));
  LK_TRY(const auto script, parse::parse(function->routine_->body));
  for (const parse::Script::Statement& each : script->statements) {
    function->statements_.emplace_back(script, each.node, each.text);
  }
  return function;
}

Result<void> SqlFunction::check_result(const bind::Bound* last, std::span<const RowColumn> columns,
                                       const TextSettings& settings) const {
  const Routine& routine = *routine_;
  if (routine.result == oid::kVoid) return {};
  const auto mismatch = [&](std::string detail) {
    return Error(ErrorCode::FunctionDefinitionInvalid,
                 fmt::format("return type mismatch in function declared to return {}",
                             type_text(routine.result)))
        .with_detail(std::move(detail));
  };
  if (last == nullptr || !last->query->returns_rows) {
    return mismatch("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.");
  }
  if (columns.empty()) return {};  // a record of any shape
  const auto targets = shown_targets(*last->query);
  const bool is_row = routine.result == oid::kRecord;
  if (!is_row && targets.size() != 1) {
    return mismatch("Final statement must return exactly one column.");
  }
  if (targets.size() < columns.size()) return mismatch("Final statement returns too few columns.");
  if (targets.size() > columns.size()) return mismatch("Final statement returns too many columns.");
  bind::Bound scratch;
  const bind::Coercion coercion(scratch, settings);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Oid given = targets[i]->expr->type;
    if (coercion.can_coerce(given, columns[i].type, CastContext::Assignment)) continue;
    if (!is_row) return mismatch(fmt::format("Actual return type is {}.", type_text(given)));
    return mismatch(fmt::format("Final statement returns {} instead of {} at column {}.",
                                type_text(given), type_text(columns[i].type), i + 1));
  }
  return {};
}

Result<void> SqlFunction::check(const bind::BindContext& context,
                                std::span<const RowColumn> columns) {
  Names names(*this);
  std::shared_ptr<const bind::Bound> last;
  for (SqlText& each : statements_) {
    last = nullptr;
    if (!each.is_query()) {
      if (each.node().is(parse::NodeKind::TransactionStmt)) {
        return Error(ErrorCode::NotSupported,
                     "transaction control is not allowed in a SQL function");
      }
      continue;
    }
    LK_TRY(last, each.bind_in(context, &names));
  }
  return check_result(last.get(), columns, *context.settings);
}

Result<void> SqlFunction::run(const Invocation& invocation, Host& host, Casts& casts) {
  Names names(*this);
  const bool is_void = routine_->result == oid::kVoid;
  for (std::size_t i = 0; i < statements_.size(); ++i) {
    SqlText& each = statements_[i];
    const bool is_last = i + 1 == statements_.size();
    const auto run_one = [&]() -> Result<void> {
      if (!each.is_query()) {
        if (is_last && !is_void) LK_CHECK(check_result(nullptr, {}, host.text_settings()));
        return host.run_other(each.script(), each.node());
      }
      LK_TRY(const auto bound, each.bind(host, &names));
      LK_CHECK(refuse_write(*routine_, *bound));
      if (is_last && !is_void) {
        LK_CHECK(check_result(bound.get(), invocation.columns, host.text_settings()));
        return run_last(*bound, invocation, host, casts);
      }
      LK_CHECK(host.run_query(*bound, invocation.arguments,
                              [](std::span<const Value>) -> Result<bool> { return true; }));
      return {};
    };
    Result<void> done = run_one();
    if (done.has_value()) continue;
    return in_context(std::move(done).error(),
                      fmt::format("SQL function \"{}\" statement {}", routine_->name, i + 1));
  }
  if (statements_.empty() && !is_void) {
    LK_CHECK(check_result(nullptr, {}, host.text_settings()));
  }
  return {};
}

Result<void> SqlFunction::run_last(const bind::Bound& bound, const Invocation& invocation,
                                   Host& host, Casts& casts) {
  const auto targets = shown_targets(*bound.query);
  const auto columns = invocation.columns;
  if (!columns.empty() && columns.size() != targets.size()) {
    return Error(ErrorCode::TypeMismatch,
                 "function return row and query-specified return row do not match");
  }
  if (columns.empty()) *invocation.found_columns = columns_of(*bound.query);
  Arena arena;
  std::vector<Value> row(targets.size());
  const bool is_set = routine_->returns_set;
  LK_CHECK(host.run_query(
      bound, invocation.arguments, [&](std::span<const Value> values) -> Result<bool> {
        arena.reset();
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (columns.empty()) {
            row[i] = values[i];
            continue;
          }
          LK_TRY(row[i], casts.convert(values[i], targets[i]->expr->type, columns[i].type,
                                       columns[i].typmod, arena));
        }
        LK_TRY(const bool more, invocation.consumer(row));
        // A change is done to its end, whatever is wanted of it.
        return (more && is_set) || bound.query->kind != bind::QueryKind::Select;
      }));
  return {};
}

}  // namespace latchkey::sql::plpgsql
