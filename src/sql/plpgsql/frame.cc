#include "sql/plpgsql/frame.h"

#include <fmt/format.h>

#include <functional>

#include "base/assert.h"
#include "sql/plpgsql/parser.h"
#include "sql/types/record.h"

namespace latchkey::sql::plpgsql {

namespace {

bool is_in_bytes(Oid type) {
  const Type* const found = find_type(type);
  return found == nullptr || found->kept == Kept::Bytes;
}

}  // namespace

void Slot::set(Oid type, const Value& value) {
  if (value.is_null || !is_in_bytes(type)) {
    value_ = value;
    return;
  }
  // The value may be a part of this very slot.
  std::string copy(value.bytes());
  bytes_.swap(copy);
  value_ = Value::of_bytes(bytes_);
}

Record::Field* Record::find(std::string_view name) {
  for (Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

Result<void> FoundRows::add(std::span<const Value> row) {
  LK_ASSERT(row.size() == columns.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    values_.push_back(is_in_bytes(columns[i].type) ? arena_.keep(row[i]) : row[i]);
  }
  ++row_count_;
  constexpr std::int64_t kStep = 1 << 20;
  const auto used = static_cast<std::int64_t>(arena_.used_bytes() + values_.size() * sizeof(Value));
  if (used < reserved_ + kStep) return {};
  if (!host_.reserve_memory(used - reserved_)) {
    return Error(ErrorCode::MemoryExhausted, "out of memory")
        .with_detail("The rows of a query do not fit the memory limit.");
  }
  reserved_ = used;
  return {};
}

std::vector<RowColumn> columns_of(const bind::Query& query) {
  std::vector<RowColumn> columns;
  for (const bind::Target& target : query.targets) {
    if (target.is_hidden) continue;
    columns.push_back(
        {target.name.empty() ? "?column?" : target.name, target.expr->type, target.expr->typmod});
  }
  return columns;
}

Frame::Frame(Program& the_program, Host& the_host, Casts& the_casts)
    : program(the_program), host(the_host), casts(the_casts) {}

Slot& Frame::slot(int variable) {
  const auto index = static_cast<std::size_t>(variable);
  while (slots_.size() <= index) slots_.emplace_back();
  return slots_[index];
}

Record& Frame::record(int variable) { return records_[variable]; }

Result<Frame::Read> Frame::read(int number) {
  const Variable& wanted = variable(number);
  if (wanted.kind == VariableKind::Record) {
    Record& whole = record(number);
    if (!whole.is_assigned) return Read{oid::kRecord, -1, Value::null()};
    RecordWriter writer;
    for (const Record::Field& field : whole.fields) {
      writer.add(field.name, field.type, field.slot.value());
    }
    whole.packed.reset();
    return Read{oid::kRecord, -1, writer.finish(whole.packed)};
  }
  if (wanted.kind != VariableKind::Field) {
    return Read{wanted.type, wanted.typmod, slot(number).value()};
  }
  const Variable& owner = variable(wanted.record);
  Record& of = record(wanted.record);
  if (!of.is_assigned) {
    return Error(ErrorCode::ObjectState,
                 fmt::format("record \"{}\" is not assigned yet", owner.name))
        .with_detail("The tuple structure of a not-yet-assigned record is indeterminate.");
  }
  const Record::Field* const field = of.find(wanted.name);
  if (field == nullptr) {
    return Error(ErrorCode::ColumnMissing,
                 fmt::format("record \"{}\" has no field \"{}\"", owner.name, wanted.name));
  }
  return Read{field->type, field->typmod, field->slot.value()};
}

Result<void> Frame::write(int number, const Value& value, Oid type) {
  const Variable& to = variable(number);
  Arena arena;
  if (to.kind == VariableKind::Field) {
    LK_TRY(const Read before, read(number));
    LK_TRY(const Value converted, casts.convert(value, type, before.type, before.typmod, arena));
    record(to.record).find(to.name)->slot.set(before.type, converted);
    return {};
  }
  LK_ASSERT(to.kind != VariableKind::Record);
  if (value.is_null && to.is_not_null) {
    return Error(
        ErrorCode::NullNotAllowed,
        fmt::format("null value cannot be assigned to variable \"{}\" declared NOT NULL", to.name));
  }
  LK_TRY(const Value converted, casts.convert(value, type, to.type, to.typmod, arena));
  slot(number).set(to.type, converted);
  return {};
}

void Frame::set_shape(Record& record, std::span<const RowColumn> columns) {
  bool is_same = record.is_assigned && record.fields.size() == columns.size();
  for (std::size_t i = 0; is_same && i < columns.size(); ++i) {
    is_same = record.fields[i].name == columns[i].name &&
              record.fields[i].type == columns[i].type &&
              record.fields[i].typmod == columns[i].typmod;
  }
  record.is_assigned = true;
  if (is_same) return;
  record.fields.clear();
  std::uint64_t hash = 1;
  for (const RowColumn& column : columns) {
    record.fields.push_back({column.name, column.type, column.typmod, {}});
    hash = hash * 1'000'003 + std::hash<std::string>()(column.name);
    hash = hash * 1'000'003 + value_of(column.type);
  }
  record.shape = hash;
  shape_ = 0;
  for (const auto& [number, each] : records_) {
    shape_ += each.shape * (2 * static_cast<std::uint64_t>(number) + 1);
  }
}

Result<void> Frame::write_record(int number, std::span<const RowColumn> columns,
                                 std::span<const Value> values) {
  Record& to = record(number);
  const Variable& declared = variable(number);
  if (declared.table == Oid::None) {
    // The values may be the record's own.
    std::deque<Slot> kept;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      kept.emplace_back().set(columns[i].type, i < values.size() ? values[i] : Value::null());
    }
    set_shape(to, columns);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      to.fields[i].slot.set(columns[i].type, kept[i].value());
    }
    return {};
  }
  Arena arena;
  std::vector<Value> converted(to.fields.size());
  for (std::size_t i = 0; i < to.fields.size() && i < values.size(); ++i) {
    LK_TRY(converted[i], casts.convert(values[i], columns[i].type, to.fields[i].type,
                                       to.fields[i].typmod, arena));
    if (is_in_bytes(to.fields[i].type)) converted[i] = arena.keep(converted[i]);
  }
  for (std::size_t i = 0; i < to.fields.size(); ++i) {
    to.fields[i].slot.set(to.fields[i].type, converted[i]);
  }
  return {};
}

Result<void> Frame::reset(int number, const Catalog& catalog) {
  const Variable& wanted = variable(number);
  if (wanted.kind != VariableKind::Record) {
    slot(number).clear();
    return {};
  }
  Record& to = record(number);
  if (wanted.table == Oid::None) {
    to.is_assigned = false;
    to.fields.clear();
    to.shape = 0;
    return {};
  }
  const Table* const table = catalog.find_table(wanted.table);
  if (table == nullptr) return Error(ErrorCode::TableMissing, "the table of a variable is gone");
  std::vector<RowColumn> columns;
  for (const Column& column : table->columns) {
    if (!column.is_dropped) columns.push_back({column.name, column.type, column.typmod});
  }
  set_shape(to, columns);
  for (Record::Field& field : to.fields) field.slot.clear();
  return {};
}

void Frame::set_bool(int number, bool flag) { slot(number).set(oid::kBool, Value::of_bool(flag)); }
void Frame::set_text(int number, Bytes text) {
  slot(number).set(oid::kText, Value::of_bytes(text));
}
void Frame::set_integer(int number, std::int64_t integer) {
  slot(number).set(oid::kInt8, Value::of_integer(integer));
}

Result<void> Frame::fill(const bind::Bound& bound, std::vector<Value>& parameters) {
  parameters.assign(bound.parameter_types.size(), Value::null());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (bound.parameter_types[i] == Oid::None) continue;
    LK_TRY(const Read each, read(static_cast<int>(i)));
    parameters[i] = each.value;
  }
  return {};
}

// Names.

Result<bind::NameSource::Found> FrameNames::found(int variable) {
  LK_TRY(const Frame::Read read, frame_.read(variable));
  return Found{variable, read.type, read.typmod};
}

Result<int> FrameNames::field_of(int record, const std::string& name) {
  auto& variables = frame_.program.variables;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const bool is_it = variables[i].kind == VariableKind::Field && variables[i].record == record &&
                       variables[i].name == name;
    if (is_it) return static_cast<int>(i);
  }
  Variable field;
  field.kind = VariableKind::Field;
  field.record = record;
  field.name = name;
  variables.push_back(std::move(field));
  return static_cast<int>(variables.size() - 1);
}

Result<std::optional<bind::NameSource::Found>> FrameNames::find(
    std::span<const std::string> names) {
  const Lookup lookup = look_up(names_, names);
  if (lookup.variable < 0) return std::optional<Found>();
  int variable = lookup.variable;
  const bool is_record = frame_.variable(variable).kind == VariableKind::Record;
  if (names.size() == lookup.parts + 1 && is_record) {
    LK_TRY(variable, field_of(variable, names.back()));
  } else if (names.size() != lookup.parts) {
    return std::optional<Found>();
  } else if (is_record) {
    return Error(
        ErrorCode::NotSupported,
        fmt::format("record variable \"{}\" cannot be used as a whole here", names.back()));
  }
  LK_TRY(const Found value, found(variable));
  return std::optional<Found>(value);
}

std::optional<bind::NameSource::Found> FrameNames::parameter(std::int64_t number) {
  const std::vector<std::string> name = {fmt::format("${}", number)};
  const Lookup lookup = look_up(names_, name);
  if (lookup.variable < 0) return {};
  Result<Found> value = found(lookup.variable);
  if (!value.has_value()) return {};
  return *value;
}

Result<std::optional<std::vector<bind::NameSource::Field>>> FrameNames::fields(
    std::span<const std::string> names) {
  using Fields = std::vector<Field>;
  const Lookup lookup = look_up(names_, names);
  const bool is_record = lookup.variable >= 0 && lookup.parts == names.size() &&
                         frame_.variable(lookup.variable).kind == VariableKind::Record;
  if (!is_record) return std::optional<Fields>();
  if (!frame_.record(lookup.variable).is_assigned) {
    return Error(ErrorCode::ObjectState,
                 fmt::format("record \"{}\" is not assigned yet", names.back()))
        .with_detail("The tuple structure of a not-yet-assigned record is indeterminate.");
  }
  Fields all;
  for (const Record::Field& field : frame_.record(lookup.variable).fields) {
    LK_TRY(const int variable, field_of(lookup.variable, field.name));
    LK_TRY(const Found value, found(variable));
    all.push_back({field.name, value});
  }
  return std::optional<Fields>(std::move(all));
}

bind::NameSource::Conflict FrameNames::conflict() const {
  switch (frame_.program.conflict) {
    case Program::Conflict::UseVariable:
      return Conflict::UseVariable;
    case Program::Conflict::UseColumn:
      return Conflict::UseColumn;
    case Program::Conflict::Error:
      break;
  }
  return Conflict::Error;
}

}  // namespace latchkey::sql::plpgsql
