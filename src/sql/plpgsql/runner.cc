#include "sql/plpgsql/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/plpgsql/error_context.h"
#include "sql/plpgsql/sql_function.h"

namespace latchkey::sql::plpgsql {

namespace {

Value keep(Oid type, const Value& value, Arena& arena) {
  const Type* const found = find_type(type);
  const bool in_bytes = found == nullptr || found->kept == Kept::Bytes;
  return in_bytes ? arena.keep(value) : value;
}

bool is_polymorphic(Oid type) {
  const Type* const found = find_type(type);
  return found != nullptr && found->kind == 'p' && found->name.starts_with("any");
}

}  // namespace

std::vector<RowColumn> columns_of(const Routine& routine, const CallTypes& types,
                                  const Catalog& catalog) {
  std::vector<RowColumn> columns;
  const std::vector<const RoutineArgument*> outputs = routine.outputs();
  for (const RoutineArgument* const output : outputs) {
    const bool is_only = outputs.size() == 1 && !routine.is_procedure();
    columns.push_back(
        {output->name, is_only && is_polymorphic(output->type) ? types.result : output->type, -1});
  }
  if (!columns.empty()) return columns;
  if (routine.result_table != Oid::None) {
    const Table* const table = catalog.find_table(routine.result_table);
    if (table == nullptr) return columns;
    for (const Column& column : table->columns) {
      if (!column.is_dropped) columns.push_back({column.name, column.type, column.typmod});
    }
    return columns;
  }
  const Oid result = types.result == Oid::None ? routine.result : types.result;
  if (result != oid::kRecord && result != oid::kVoid) columns.push_back({routine.name, result, -1});
  return columns;
}

Runner::Runner(Host& host) : host_(host), casts_(host) {}
Runner::~Runner() = default;

Result<Runner::Compiled*> Runner::compile(const Invocation& invocation) {
  const std::shared_ptr<const Routine>& routine = invocation.routine;
  Compiled& compiled = compiled_[{
      routine->oid, {invocation.argument_types.begin(), invocation.argument_types.end()}}];
  if (compiled.routine == routine) return &compiled;
  compiled = {};
  if (routine->language == "sql") {
    LK_TRY(compiled.sql, SqlFunction::compile(routine, invocation.argument_types));
  } else {
    return Error(ErrorCode::NotSupported,
                 fmt::format("the language {} is not supported yet", routine->language));
  }
  compiled.routine = routine;
  return &compiled;
}

Result<void> Runner::run(const Invocation& invocation) {
  LK_CHECK(check_stack());
  LK_CHECK(host_.check_cancelled());
  LK_TRY(Compiled* const compiled, compile(invocation));
  // It may be replaced while it runs.
  const Compiled kept = *compiled;
  return kept.sql->run(invocation, host_, casts_);
}

Result<void> Runner::run_with_settings(const Invocation& invocation) {
  if (invocation.routine->settings.empty()) return run(invocation);
  const std::shared_ptr<const void> saved = host_.save_settings();
  const auto set_all = [&]() -> Result<void> {
    for (const RoutineSetting& each : invocation.routine->settings) {
      LK_CHECK(host_.set(each.name, each.value));
    }
    return run(invocation);
  };
  Result<void> result = set_all();
  host_.restore_settings(saved);
  return result;
}

Result<void> Runner::invoke(const Call& call, TypedRowConsumer consumer, bool wants_rows) {
  const bind::BindContext context = host_.bind_context();
  const std::shared_ptr<const Routine> routine = context.catalog->find_routine(call.types.routine);
  if (routine == nullptr) {
    return Error(ErrorCode::FunctionMissing,
                 fmt::format("cache lookup failed for function {}", value_of(call.types.routine)));
  }
  if (routine->result == oid::kTrigger) {
    return Error(ErrorCode::NotSupported, "trigger functions can only be called as triggers");
  }
  std::vector<RowColumn> columns = columns_of(*routine, call.types, *context.catalog);
  if (columns.empty()) columns = call.types.row;
  if (!wants_rows && routine->result == oid::kRecord) {
    return Error(ErrorCode::NotSupported,
                 fmt::format("{} gives rows of several columns and must stand in FROM",
                             routine->signature()));
  }
  const auto give = [&](std::span<const Value> row) { return consumer(row, columns); };
  return run_with_settings({routine, call.values, call.types.arguments, columns, give});
}

Value Runner::call(const Call& call) {
  Value result;
  const Result<void> done = invoke(
      call,
      [&](std::span<const Value> row, std::span<const RowColumn>) -> Result<bool> {
        result = keep(call.types.result, row[0], call.arena());
        return false;
      },
      false);
  return done.has_value() ? result : call.fail(done.error());
}

namespace {

/// Rows that a function has given, all found before the first is asked for.
class FoundRows final : public RowSource {
 public:
  explicit FoundRows(Host& host) : host_(host) {}
  ~FoundRows() override {
    if (reserved_ > 0) host_.reserve_memory(-reserved_);
  }
  FoundRows(const FoundRows&) = delete;
  FoundRows& operator=(const FoundRows&) = delete;

  Result<void> add(std::span<const Value> row, std::span<const RowColumn> columns) {
    width_ = row.size();
    for (std::size_t i = 0; i < row.size(); ++i) {
      values_.push_back(keep(columns[i].type, row[i], arena_));
    }
    constexpr std::int64_t kStep = 1 << 20;
    const auto used =
        static_cast<std::int64_t>(arena_.used_bytes() + values_.size() * sizeof(Value));
    if (used < reserved_ + kStep) return {};
    if (!host_.reserve_memory(used - reserved_)) {
      return Error(ErrorCode::MemoryExhausted, "out of memory")
          .with_detail("The rows of a function do not fit the memory limit.");
    }
    reserved_ = used;
    return {};
  }

  bool next(Evaluation&, std::span<Value> columns) override {
    if (width_ == 0 || next_ + width_ > values_.size()) return false;
    LK_ASSERT(columns.size() == width_);
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(next_), width_, columns.begin());
    next_ += width_;
    return true;
  }

 private:
  Host& host_;
  Arena arena_;
  std::vector<Value> values_;
  std::size_t width_ = 0;
  std::size_t next_ = 0;
  std::int64_t reserved_ = 0;
};

}  // namespace

std::unique_ptr<RowSource> Runner::rows(const Call& call) {
  auto rows = std::make_unique<FoundRows>(host_);
  Result<void> done = invoke(
      call,
      [&](std::span<const Value> row, std::span<const RowColumn> columns) -> Result<bool> {
        LK_CHECK(rows->add(row, columns));
        return true;
      },
      true);
  if (done.has_value()) return rows;
  call.evaluation.fail(std::move(done).error());
  return nullptr;
}

Result<std::vector<Value>> Runner::run_procedure(const Call& call) {
  std::vector<Value> outputs;
  const std::shared_ptr<const Routine> routine =
      host_.bind_context().catalog->find_routine(call.types.routine);
  if (routine == nullptr) return Error(ErrorCode::FunctionMissing, "the procedure is gone");
  LK_CHECK(invoke(
      call,
      [&](std::span<const Value> row, std::span<const RowColumn> columns) -> Result<bool> {
        outputs.clear();
        for (std::size_t i = 0; i < row.size(); ++i) {
          outputs.push_back(keep(columns[i].type, row[i], call.arena()));
        }
        return false;
      },
      true));
  outputs.resize(routine->outputs().size());
  return outputs;
}

Result<bool> Runner::fire(const TriggerCall& call, ExecutionContext& context) {
  (void)call;
  (void)context;
  return Error(ErrorCode::NotSupported, "triggers are not supported yet");
}

Result<void> Runner::run_block(const std::string& language, const std::string& text) {
  (void)text;
  if (language != "plpgsql" && language != "sql") {
    return Error(ErrorCode::ObjectMissing, fmt::format("language \"{}\" does not exist", language));
  }
  return Error(ErrorCode::NotSupported,
               fmt::format("language \"{}\" does not support inline code execution", language));
}

}  // namespace latchkey::sql::plpgsql
