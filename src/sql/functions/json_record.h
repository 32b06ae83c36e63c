#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "sql/functions/function.h"
#include "sql/types/json.h"

namespace latchkey::sql {

/// A value of type json or jsonb, or a part of one, as a source of values of other types.
///
/// Ownership: a view.
class JsonItem {
 public:
  static JsonItem of_json(Bytes json);
  static JsonItem of_jsonb(JsonbReader part);

  JsonKind kind() const { return kind_; }
  bool is_null() const { return kind_ == JsonKind::Null; }
  bool is_array() const { return kind_ == JsonKind::Array; }
  bool is_object() const { return kind_ == JsonKind::Object; }

  /// The content of a string; the JSON of everything else.
  Result<std::string> text() const;
  /// As a value of type json or jsonb.
  Result<Value> as(Oid type, Arena& arena) const;

  /// Requires: an array.
  Result<void> each_element(Arena& arena, FunctionRef<Result<void>(const JsonItem&)> visit) const;
  /// Requires: an object. A key is good during the call.
  Result<void> each_member(Arena& arena, FunctionRef<void(Bytes key, const JsonItem&)> visit) const;

 private:
  std::string json() const;

  JsonKind kind_ = JsonKind::Null;
  std::optional<JsonbReader> part_;  ///< of jsonb
  Bytes json_;                       ///< of json
};

/// What json_to_record makes of the members of an object: the column's value for each. The
/// values of columns without a member stay as they are.
/// Errors: InvalidArgument for what is no object; InvalidText; those of the types.
Result<void> record_of_json(const JsonItem& object, std::span<const RowColumn> columns,
                            const TextSettings& settings, Arena& arena, std::span<Value> values);

}  // namespace latchkey::sql
