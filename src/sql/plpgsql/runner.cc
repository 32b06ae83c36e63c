#include "sql/plpgsql/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/plpgsql/error_context.h"
#include "sql/plpgsql/interpreter.h"
#include "sql/plpgsql/parser.h"
#include "sql/plpgsql/sql_function.h"
#include "sql/plpgsql/trigger_names.h"
#include "sql/types/array.h"
#include "sql/types/record.h"

namespace latchkey::sql::plpgsql {

namespace {

Value keep(Oid type, const Value& value, Arena& arena) {
  const Type* const found = find_type(type);
  const bool in_bytes = found == nullptr || found->kept == Kept::Bytes;
  return in_bytes ? arena.keep(value) : value;
}

/// A row as one value.
Value record_of(std::span<const Value> row, std::span<const RowColumn> columns, Arena& arena) {
  RecordWriter writer;
  for (std::size_t i = 0; i < row.size(); ++i) writer.add(columns[i].name, columns[i].type, row[i]);
  return writer.finish(arena);
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
    std::vector<Oid> types;
    std::size_t next = 0;
    for (const RoutineArgument& argument : routine->arguments) {
      const bool is_given = argument.is_input() || routine->is_procedure();
      Oid type = is_given ? invocation.argument_types[next++] : argument.type;
      // A single output of any type is what the call gives.
      if (is_polymorphic(type) && invocation.columns.size() == 1) type = invocation.columns[0].type;
      types.push_back(type);
    }
    LK_TRY(compiled.program,
           parse_program(routine->body, {routine->name, routine.get(), types, false},
                         host_.bind_context()));
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
  if (kept.sql != nullptr) return kept.sql->run(invocation, host_, casts_);
  Interpreter interpreter(kept.program, kept.routine->signature(), host_, casts_, cursors_);
  return interpreter.run(invocation);
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

Result<void> Runner::invoke(const Call& call, TypedRowConsumer consumer) {
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
  std::vector<RowColumn> found;
  const auto give = [&](std::span<const Value> row) {
    return consumer(row, columns.empty() ? found : columns);
  };
  return run_with_settings({routine, call.values, call.types.arguments, columns, &found, give});
}

Value Runner::call(const Call& call) {
  Value result;
  const Result<void> done = invoke(
      call, [&](std::span<const Value> row, std::span<const RowColumn> columns) -> Result<bool> {
        result = call.types.result == oid::kRecord ? record_of(row, columns, call.arena())
                                                   : keep(call.types.result, row[0], call.arena());
        return false;
      });
  return done.has_value() ? result : call.fail(done.error());
}

namespace {

/// Rows that a function has given, all found before the first is asked for.
class RoutineRows final : public RowSource {
 public:
  explicit RoutineRows(Host& host) : host_(host) {}
  ~RoutineRows() override {
    if (reserved_ > 0) host_.reserve_memory(-reserved_);
  }
  RoutineRows(const RoutineRows&) = delete;
  RoutineRows& operator=(const RoutineRows&) = delete;

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

  bool is_empty() const { return values_.empty(); }

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

std::unique_ptr<RowSource> Runner::rows(const Call& call, RowForm form) {
  auto rows = std::make_unique<RoutineRows>(host_);
  Result<void> done = invoke(
      call, [&](std::span<const Value> row, std::span<const RowColumn> columns) -> Result<bool> {
        if (columns.empty()) return true;
        if (form == RowForm::Columns) {
          LK_CHECK(rows->add(row, columns));
          return true;
        }
        Arena arena;
        const Value record = record_of(row, columns, arena);
        const RowColumn column{"", oid::kRecord, -1};
        LK_CHECK(rows->add({&record, 1}, {&column, 1}));
        return true;
      });
  // A function that returns one row gives one of nulls when it has none.
  const auto routine = host_.bind_context().catalog->find_routine(call.types.routine);
  if (done.has_value() && rows->is_empty() && routine != nullptr && !routine->returns_set) {
    std::vector<RowColumn> columns =
        columns_of(*routine, call.types, *host_.bind_context().catalog);
    if (columns.empty()) columns = call.types.row;
    done = rows->add(std::vector<Value>(columns.size()), columns);
  }
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
      call, [&](std::span<const Value> row, std::span<const RowColumn> columns) -> Result<bool> {
        outputs.clear();
        for (std::size_t i = 0; i < row.size(); ++i) {
          outputs.push_back(keep(columns[i].type, row[i], call.arena()));
        }
        return false;
      }));
  outputs.resize(routine->outputs().size());
  return outputs;
}

Result<void> Runner::run_block(const std::string& language, const std::string& text) {
  if (language != "plpgsql") {
    if (language != "sql") {
      return Error(ErrorCode::ObjectMissing,
                   fmt::format("language \"{}\" does not exist", language));
    }
    return Error(ErrorCode::NotSupported,
                 fmt::format("language \"{}\" does not support inline code execution", language));
  }
  LK_CHECK(check_stack());
  LK_TRY(auto program,
         parse_program(text, {"inline_code_block", nullptr, {}, false}, host_.bind_context()));
  Interpreter interpreter(std::move(program), "inline_code_block", host_, casts_, cursors_);
  return interpreter.run_block();
}

// Triggers.

Result<Runner::Compiled*> Runner::compile_trigger(const std::shared_ptr<const Routine>& routine) {
  Compiled& compiled = compiled_[{routine->oid, {oid::kTrigger}}];
  if (compiled.routine == routine) return &compiled;
  compiled = {};
  LK_TRY(compiled.program, parse_program(routine->body, {routine->name, routine.get(), {}, true},
                                         host_.bind_context()));
  compiled.routine = routine;
  return &compiled;
}

/// Whether the trigger's WHEN lets it fire.
Result<bool> Runner::holds(const TriggerCall& call) {
  if (call.trigger.condition.empty()) return true;
  std::shared_ptr<SqlText>& text = conditions_[call.trigger.oid];
  if (text == nullptr || text->shown() != call.trigger.condition) {
    text = std::make_shared<SqlText>(SqlText::expression(call.trigger.condition));
  }
  const std::shared_ptr<SqlText> kept = text;
  TriggerNames names(call.table);
  LK_TRY(const auto bound, kept->bind(host_, &names));
  const std::size_t width = call.table.columns.size();
  std::vector<Value> parameters(std::max(width * 2, bound->parameter_types.size()));
  std::copy(call.after.begin(), call.after.end(), parameters.begin());
  std::copy(call.before.begin(), call.before.end(),
            parameters.begin() + static_cast<std::ptrdiff_t>(width));
  Arena arena;
  LK_TRY(const Value value,
         host_.evaluate(*bound->query, *bound->query->targets[0].expr, parameters, arena));
  return !value.is_null && value.boolean();
}

Result<void> Runner::set_trigger_variables(const TriggerCall& call, Program& program,
                                           Interpreter& interpreter) {
  Frame& frame = interpreter.frame();
  const auto show_row = [&](int variable, std::span<const Value> row) -> Result<void> {
    if (row.empty()) return {};
    std::vector<RowColumn> columns;
    std::vector<Value> values;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Column& column = call.table.columns[i];
      if (column.is_dropped) continue;
      columns.push_back({column.name, column.type, column.typmod});
      values.push_back(row[i]);
    }
    return frame.write_record(variable, columns, values);
  };
  LK_CHECK(show_row(program.new_variable, call.after));
  LK_CHECK(show_row(program.old_variable, call.before));
  const Schema* const schema = host_.bind_context().catalog->find_schema(call.table.schema);
  Arena arena;
  ArrayWriter arguments(oid::kText);
  for (const std::string& each : call.trigger.arguments) arguments.add(Value::of_bytes(each));
  const ArrayDimension from_zero[] = {
      {static_cast<std::int32_t>(call.trigger.arguments.size()), 0}};
  const bool has_arguments = !call.trigger.arguments.empty();
  const auto text = [](Bytes bytes) { return Value::of_bytes(bytes); };
  const std::pair<std::string_view, Value> values[] = {
      {"tg_name", text(call.trigger.name)},
      {"tg_when", text(call.trigger.timing == TriggerTiming::Before ? "BEFORE" : "AFTER")},
      {"tg_level", text(call.trigger.for_each_row ? "ROW" : "STATEMENT")},
      {"tg_op", text(call.event == kOnInsert   ? "INSERT"
                     : call.event == kOnUpdate ? "UPDATE"
                     : call.event == kOnDelete ? "DELETE"
                                               : "TRUNCATE")},
      {"tg_relid", Value::of_integer(value_of(call.table.oid))},
      {"tg_relname", text(call.table.name)},
      {"tg_table_name", text(call.table.name)},
      {"tg_table_schema", text(schema == nullptr ? "" : schema->name)},
      {"tg_nargs", Value::of_integer(static_cast<std::int64_t>(call.trigger.arguments.size()))},
      {"tg_argv", has_arguments ? arguments.finish(arena, from_zero) : arguments.finish(arena)},
  };
  for (std::size_t i = 0; i < program.variables.size(); ++i) {
    if (program.variables[i].kind != VariableKind::Trigger) continue;
    for (const auto& [name, value] : values) {
      if (name != program.variables[i].name) continue;
      LK_CHECK(frame.write(static_cast<int>(i), value, program.variables[i].type));
    }
  }
  return {};
}

Result<bool> Runner::fire(const TriggerCall& call) {
  LK_TRY(const bool fires, holds(call));
  if (!fires) return true;
  LK_CHECK(check_stack());
  const auto routine = host_.bind_context().catalog->find_routine(call.trigger.routine);
  if (routine == nullptr) {
    return Error(ErrorCode::FunctionMissing,
                 fmt::format("the function of trigger {} is gone", call.trigger.name));
  }
  LK_TRY(Compiled* const compiled, compile_trigger(routine));
  const Compiled kept = *compiled;
  Interpreter interpreter(kept.program, routine->signature(), host_, casts_, cursors_);
  LK_CHECK(set_trigger_variables(call, *kept.program, interpreter));
  LK_TRY(const TriggerResult result, interpreter.run_trigger());
  const bool is_before_row =
      call.trigger.timing == TriggerTiming::Before && call.trigger.for_each_row;
  if (!is_before_row) return true;
  if (result.is_null) return false;
  std::size_t next = 0;
  const auto wrong_row = [&] {
    return Error(ErrorCode::TypeMismatch,
                 "returned row structure does not match the structure of the triggering table");
  };
  for (std::size_t i = 0; i < call.after.size(); ++i) {
    const Column& column = call.table.columns[i];
    if (column.is_dropped) continue;
    if (next >= result.values.size() || result.columns[next].type != column.type) {
      return wrong_row();
    }
    call.after[i] = keep(column.type, result.values[next++], call.arena);
  }
  if (!call.after.empty() && next != result.values.size()) return wrong_row();
  return true;
}

}  // namespace latchkey::sql::plpgsql
