#include <fmt/format.h>

#include "base/assert.h"
#include "sql/plpgsql/error_context.h"
#include "sql/plpgsql/interpreter.h"
#include "sql/plpgsql/lexer.h"
#include "sql/plpgsql/parser.h"
#include "sql/types/array.h"
#include "sql/types/record.h"

namespace latchkey::sql::plpgsql {

Result<Interpreter::Evaluated> Interpreter::evaluate(const Query& query) {
  FrameNames names(frame_, query.names);
  LK_TRY(const auto bound, query.text->bind(host_, &names, frame_.shape()));
  if (query.text->is_simple()) {
    LK_CHECK(frame_.fill(*bound, parameters_));
    arena_.reset();
    const bind::Expr& expr = *bound->query->targets[0].expr;
    LK_TRY(const Value value, host_.evaluate(*bound->query, expr, parameters_, arena_));
    return Evaluated{value, expr.type};
  }
  FoundRows rows(host_);
  LK_CHECK(run_query(query, &rows, 2));
  if (rows.columns.size() != 1) {
    return error_with("42601", fmt::format("query returned {} columns", rows.columns.size()));
  }
  if (rows.count() > 1) {
    return Error(ErrorCode::CardinalityViolation, "query returned more than one row");
  }
  if (rows.count() == 0) return Evaluated{Value::null(), rows.columns[0].type};
  // The rows go, their value stays.
  arena_.reset();
  const Type* const type = find_type(rows.columns[0].type);
  const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
  const Value value = rows.row(0)[0];
  return Evaluated{in_bytes ? arena_.keep(value) : value, rows.columns[0].type};
}

Result<bool> Interpreter::condition(const Query& query) {
  LK_TRY(const Evaluated value, evaluate(query));
  if (value.value.is_null) return false;
  if (value.type == oid::kBool) return value.value.boolean();
  Arena arena;
  LK_TRY(const Value flag, casts_.convert(value.value, value.type, oid::kBool, -1, arena));
  return !flag.is_null && flag.boolean();
}

Result<std::optional<std::int64_t>> Interpreter::integer(const Query& query, Oid type) {
  LK_TRY(const Evaluated value, evaluate(query));
  Arena arena;
  LK_TRY(const Value number, casts_.convert(value.value, value.type, type, -1, arena));
  if (number.is_null) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(number.integer);
}

Result<std::optional<std::string>> Interpreter::text(const Query& query) {
  LK_TRY(const Evaluated value, evaluate(query));
  if (value.value.is_null) return std::optional<std::string>();
  std::string shown;
  append_text(value.type, value.value, host_.text_settings(), shown);
  return std::optional<std::string>(std::move(shown));
}

Result<void> Interpreter::assign_query(const Target& target, const Query& query) {
  const bool is_record =
      target.subscripts.empty() && frame_.variable(target.variable).kind == VariableKind::Record;
  if (!is_record) {
    LK_TRY(const Evaluated value, evaluate(query));
    return assign(target, value.value, value.type);
  }
  FoundRows row(host_);
  LK_CHECK(evaluate_row(query, row));
  if (row.count() == 0) return frame_.reset(target.variable, *host_.bind_context().catalog);
  return frame_.write_record(target.variable, row.columns, row.row(0));
}

Result<void> Interpreter::assign(const Target& target, const Value& value, Oid type) {
  if (!target.subscripts.empty()) return assign_element(target, value, type);
  if (frame_.variable(target.variable).kind == VariableKind::Record) {
    if (value.is_null) {
      return frame_.reset(target.variable, *host_.bind_context().catalog);
    }
    if (type == oid::kRecord) {
      std::vector<RowColumn> columns;
      std::vector<Value> values;
      unpack(value, columns, values);
      return frame_.write_record(target.variable, columns, values);
    }
    return Error(ErrorCode::TypeMismatch, "cannot assign non-composite value to a record variable");
  }
  return frame_.write(target.variable, value, type);
}

/// a[i] := value. An array of one dimension grows as far as the place.
Result<void> Interpreter::assign_element(const Target& target, const Value& value, Oid type) {
  Arena arena;
  LK_TRY(const Frame::Read before, frame_.read(target.variable));
  const Type* const array = find_type(before.type);
  if (array == nullptr || !array->is_array()) {
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("cannot subscript type {} because it does not support subscripting",
                             type_text(before.type)));
  }
  LK_TRY(Value element, casts_.convert(value, type, array->element, before.typmod, arena));
  const Type* const element_type = find_type(array->element);
  // Subscripts are evaluated in the same arena as the value.
  if (element_type == nullptr || element_type->kept == Kept::Bytes) element = arena.keep(element);
  std::vector<std::int64_t> places;
  for (const Query& subscript : target.subscripts) {
    LK_TRY(const auto place, integer(subscript, oid::kInt4));
    if (!place.has_value()) {
      return Error(ErrorCode::NullNotAllowed, "array subscript in assignment must not be null");
    }
    places.push_back(*place);
  }
  std::vector<ArrayDimension> dimensions;
  std::vector<Value> elements;
  std::string kept;
  if (!before.value.is_null) {
    kept = before.value.bytes();
    ArrayReader reader(kept);
    for (int i = 0; i < reader.dimension_count(); ++i) dimensions.push_back(reader.dimension(i));
    for (Value each; reader.next(each);) elements.push_back(each);
  }
  if (dimensions.empty()) {
    for (const std::int64_t place : places) {
      dimensions.push_back({1, static_cast<std::int32_t>(place)});
    }
    elements = {Value::null()};
  }
  if (dimensions.size() != places.size()) {
    return Error(ErrorCode::SubscriptInvalid, "wrong number of array subscripts");
  }
  if (dimensions.size() == 1) {
    constexpr std::int64_t kElementsMax = 1 << 27;
    ArrayDimension& only = dimensions[0];
    const std::int64_t low = std::min<std::int64_t>(only.lower_bound, places[0]);
    const std::int64_t high =
        std::max<std::int64_t>(std::int64_t{only.lower_bound} + only.length - 1, places[0]);
    if (high - low >= kElementsMax) {
      return Error(ErrorCode::LimitExceeded,
                   fmt::format("array size exceeds the maximum allowed ({})", kElementsMax - 1));
    }
    elements.insert(elements.begin(), static_cast<std::size_t>(only.lower_bound - low),
                    Value::null());
    elements.resize(static_cast<std::size_t>(high - low + 1));
    only = {static_cast<std::int32_t>(high - low + 1), static_cast<std::int32_t>(low)};
  }
  std::int64_t at = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::int64_t offset = places[i] - dimensions[i].lower_bound;
    if (offset < 0 || offset >= dimensions[i].length) {
      return Error(ErrorCode::SubscriptInvalid, "array subscript out of range");
    }
    at = at * dimensions[i].length + offset;
  }
  elements[static_cast<std::size_t>(at)] = element;
  ArrayWriter writer(array->element);
  for (const Value& each : elements) writer.add(each);
  return frame_.write(target.variable, writer.finish(arena, dimensions), before.type);
}

/// A row's values to a record, or one by one; what misses is null.
Result<void> Interpreter::assign_row(const std::vector<Target>& targets,
                                     std::span<const RowColumn> columns,
                                     std::span<const Value> values) {
  const bool to_record =
      targets.size() == 1 && frame_.variable(targets[0].variable).kind == VariableKind::Record;
  if (to_record) return frame_.write_record(targets[0].variable, columns, values);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool is_given = i < values.size();
    LK_CHECK(assign(targets[i], is_given ? values[i] : Value::null(),
                    is_given ? columns[i].type : oid::kText));
  }
  return {};
}

/// An expression that is a row; a null gives no row.
Result<void> Interpreter::evaluate_row(const Query& query, FoundRows& row) {
  const int record = record_named(query);
  std::vector<Value> values;
  if (record >= 0) {
    for (const Record::Field& field : frame_.record(record).fields) {
      row.columns.push_back({field.name, field.type, field.typmod});
      values.push_back(field.slot.value());
    }
    return values.empty() ? Result<void>() : row.add(values);
  }
  LK_TRY(const Evaluated value, evaluate(query));
  if (value.value.is_null) return {};
  if (value.type != oid::kRecord) {
    return Error(ErrorCode::TypeMismatch,
                 "cannot return non-composite value from function returning composite type");
  }
  unpack(value.value, row.columns, values);
  return values.empty() ? Result<void>() : row.add(values);
}

void Interpreter::unpack(const Value& record, std::vector<RowColumn>& columns,
                         std::vector<Value>& values) {
  RecordReader reader(record.bytes());
  RecordReader::Field field;
  while (reader.next(field)) {
    const bool is_open = field.type == oid::kUnknown;
    columns.push_back({std::string(field.name), is_open ? oid::kText : field.type, -1});
    values.push_back(field.value);
  }
}

/// The record variable that an expression consists of, or -1.
int Interpreter::record_named(const Query& query) const {
  const parse::Node& node = query.text->node();
  const auto targets = node.list("target_list");
  if (!query.text->is_expression() || targets.size() != 1) return -1;
  const parse::Node& value = *targets[0]->child("val");
  if (!value.is(parse::NodeKind::ColumnRef)) return -1;
  const std::vector<std::string> names = parse::texts_of(value.list("fields"));
  const Lookup found = look_up(query.names, names);
  const bool is_record = found.variable >= 0 && found.parts == names.size() &&
                         frame_.variable(found.variable).kind == VariableKind::Record;
  return is_record ? found.variable : -1;
}

}  // namespace latchkey::sql::plpgsql
