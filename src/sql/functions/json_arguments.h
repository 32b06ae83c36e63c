#pragma once

#include <optional>
#include <vector>

#include "sql/functions/function.h"
#include "sql/types/array.h"
#include "sql/types/json.h"
#include "sql/types/json_build.h"
#include "sql/types/jsonb_access.h"

/// Arguments and results of the functions for JSON.
///
/// Ownership: views lie in the arguments.
namespace latchkey::sql {

/// Requires: an argument of type jsonb, not null.
inline JsonbReader jsonb_argument(const Call& call, std::size_t index) {
  return JsonbReader(call.bytes(index));
}

/// An argument with its type, for functions that take any.
inline TypedValue typed_argument(const Call& call, std::size_t index) {
  return {call.types.arguments[index], call[index]};
}

/// Texts that are one argument of type text[], or all arguments from one on.
class TextArguments {
 public:
  static TextArguments of_array(const Call& call, std::size_t index) {
    TextArguments texts;
    ArrayReader reader(call.bytes(index));
    texts.dimension_count_ = reader.dimension_count();
    for (Value value; reader.next(value);) texts.add(value);
    return texts;
  }
  static TextArguments from(const Call& call, std::size_t first) {
    TextArguments texts;
    for (const Value& value : call.values.subspan(first)) texts.add(value);
    return texts;
  }

  JsonTexts all() const { return texts_; }
  /// Of the array.
  int dimension_count() const { return dimension_count_; }

 private:
  void add(const Value& value) {
    texts_.push_back(value.is_null ? std::nullopt : std::optional<Bytes>(value.bytes()));
  }
  std::vector<std::optional<Bytes>> texts_;
  int dimension_count_ = 1;
};

/// A part of a jsonb value as a result: nothing is null.
inline Value jsonb_result(const Call& call, const std::optional<JsonbReader>& part) {
  return part.has_value() ? copy_jsonb(*part, call.arena()) : Value::null();
}
inline Value jsonb_text_result(const Call& call, const std::optional<JsonbReader>& part) {
  return part.has_value() ? jsonb_as_text(*part, call.arena()) : Value::null();
}

}  // namespace latchkey::sql
