#include "sql/functions/json_record.h"

#include "sql/types/array.h"
#include "sql/types/json_access.h"
#include "sql/types/jsonb_access.h"

namespace latchkey::sql {

namespace {

/// The kind by the first character behind the blanks.
JsonKind kind_of(Bytes json) {
  const std::size_t begin = json.find_first_not_of(" \t\n\r");
  switch (begin == Bytes::npos ? 'n' : json[begin]) {
    case '{':
      return JsonKind::Object;
    case '[':
      return JsonKind::Array;
    case '"':
      return JsonKind::String;
    case 't':
      return JsonKind::True;
    case 'f':
      return JsonKind::False;
    case 'n':
      return JsonKind::Null;
    default:
      return JsonKind::Number;
  }
}

Error invalid(std::string message) { return Error(ErrorCode::InvalidText, std::move(message)); }

Result<Value> value_of_item(const JsonItem& item, const RowColumn& column,
                            const TextSettings& settings, Arena& arena);

/// Makes an array of lists inside lists. How deep they go is told by the first element that is no
/// list.
class ArrayFill {
 public:
  ArrayFill(const RowColumn& column, const TextSettings& settings, Arena& arena)
      : column_(column),
        element_{column.name, find_type(column.type)->element, column.typmod},
        settings_(settings),
        arena_(arena),
        writer_(element_.type) {}

  Result<Value> make(const JsonItem& array) {
    if (!array.is_array()) return expected_array();
    LK_CHECK(fill(array));
    if (writer_.count() == 0) return writer_.finish(arena_, {});
    std::vector<ArrayDimension> dimensions;
    for (const std::int32_t length : lengths_) dimensions.push_back({length, 1});
    return writer_.finish(arena_, dimensions);
  }

 private:
  static constexpr std::size_t kDimensionsMax = 6;

  Error expected_array() const {
    std::string place;
    for (const std::int32_t count : counts_) place += "[" + std::to_string(count) + "]";
    const std::string key = "key \"" + column_.name + "\".";
    return invalid("expected JSON array")
        .with_hint(place.empty() ? "See the value of " + key
                                 : "See the array element " + place + " of " + key);
  }

  Result<void> settle_depth() {
    depth_ = counts_.size();
    if (depth_ <= kDimensionsMax) return {};
    return Error(ErrorCode::LimitExceeded, "number of array dimensions (" + std::to_string(depth_) +
                                               ") exceeds the maximum allowed (6)");
  }

  Result<void> add(const JsonItem& item) {
    if (depth_ == 0 && !item.is_array()) LK_CHECK(settle_depth());
    if (counts_.size() == depth_) {
      LK_TRY(const Value value, value_of_item(item, element_, settings_, arena_));
      writer_.add(value);
    } else if (item.is_array()) {
      LK_CHECK(fill(item));
    } else {
      return expected_array();
    }
    ++counts_.back();
    return {};
  }

  // Recurses no deeper than there are dimensions, or lists before the depth is known.
  Result<void> fill(const JsonItem& list) {
    counts_.push_back(0);
    if (depth_ == 0 && counts_.size() > kDimensionsMax) return settle_depth();
    LK_CHECK(list.each_element(arena_, [&](const JsonItem& item) { return add(item); }));
    if (depth_ == 0) LK_CHECK(settle_depth());
    const std::size_t level = counts_.size() - 1;
    const std::int32_t count = counts_.back();
    counts_.pop_back();
    lengths_.resize(depth_, -1);
    if (lengths_[level] == -1) lengths_[level] = count;
    if (lengths_[level] == count) return {};
    return invalid("malformed JSON array")
        .with_detail("Multidimensional arrays must have sub-arrays with matching dimensions.");
  }

  const RowColumn& column_;
  const RowColumn element_;
  const TextSettings& settings_;
  Arena& arena_;
  ArrayWriter writer_;
  std::size_t depth_ = 0;             // 0: not known
  std::vector<std::int32_t> counts_;  // of the elements read, for each list that is open
  std::vector<std::int32_t> lengths_;
};

Result<Value> value_of_item(const JsonItem& item, const RowColumn& column,
                            const TextSettings& settings, Arena& arena) {
  if (item.is_null()) return Value::null();
  if (column.type == oid::kJson || column.type == oid::kJsonb) return item.as(column.type, arena);
  const Type* const type = find_type(column.type);
  if (type != nullptr && type->is_array() && item.kind() != JsonKind::String) {
    return ArrayFill(column, settings, arena).make(item);
  }
  LK_TRY(const std::string text, item.text());
  return parse_text(column.type, column.typmod, text, settings, arena);
}

}  // namespace

JsonItem JsonItem::of_json(Bytes json) {
  JsonItem item;
  item.kind_ = kind_of(json);
  item.json_ = json;
  return item;
}

JsonItem JsonItem::of_jsonb(JsonbReader part) {
  JsonItem item;
  item.kind_ = part.kind();
  item.part_ = part;
  return item;
}

std::string JsonItem::json() const {
  if (!part_.has_value()) return std::string(json_);
  std::string text;
  append_jsonb(*part_, text);
  return text;
}

Result<std::string> JsonItem::text() const {
  if (kind_ != JsonKind::String) return json();
  if (part_.has_value()) return std::string(part_->text());
  Arena arena;
  LK_TRY(const Value content, json_get_path(json_, {}, JsonForm::Text, arena));
  return std::string(content.bytes());
}

Result<Value> JsonItem::as(Oid type, Arena& arena) const {
  if (part_.has_value() && type == oid::kJsonb) return copy_jsonb(*part_, arena);
  return parse_text(type, -1, json(), TextSettings{}, arena);
}

Result<void> JsonItem::each_element(Arena& arena,
                                    FunctionRef<Result<void>(const JsonItem&)> visit) const {
  if (part_.has_value()) {
    for (std::size_t i = 0; i < part_->count(); ++i) LK_CHECK(visit(of_jsonb(part_->element(i))));
    return {};
  }
  Result<void> visited;
  LK_CHECK(json_array_elements(json_, "", JsonForm::Json, arena, [&](const Value& element) {
    if (visited.has_value()) visited = visit(of_json(element.bytes()));
  }));
  return visited;
}

Result<void> JsonItem::each_member(Arena& arena,
                                   FunctionRef<void(Bytes key, const JsonItem&)> visit) const {
  if (part_.has_value()) {
    for (std::size_t i = 0; i < part_->count(); ++i) {
      visit(part_->key(i), of_jsonb(part_->value(i)));
    }
    return {};
  }
  return json_each(json_, JsonForm::Json, arena,
                   [&](Bytes key, const Value& value) { visit(key, of_json(value.bytes())); });
}

Result<void> record_of_json(const JsonItem& object, std::span<const RowColumn> columns,
                            const TextSettings& settings, Arena& arena, std::span<Value> values) {
  if (!object.is_object()) {
    return Error(ErrorCode::InvalidArgument, object.is_array()
                                                 ? "cannot call populate_composite on an array"
                                                 : "cannot call populate_composite on a scalar");
  }
  // Of equal keys the last counts, and what is wrong with the others does not matter.
  std::vector<std::optional<JsonItem>> members(columns.size());
  LK_CHECK(object.each_member(arena, [&](Bytes key, const JsonItem& item) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == key) members[i] = item;
    }
  }));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!members[i].has_value()) continue;
    LK_TRY(values[i], value_of_item(*members[i], columns[i], settings, arena));
  }
  return {};
}

}  // namespace latchkey::sql
