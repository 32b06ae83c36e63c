#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sql/types/io.h"
#include "sql/types/json.h"

/// What the tests of JSON share.
namespace latchkey::sql::json_testing {

/// How tables of answers show SQL's null.
inline constexpr const char* kNull = "<null>";

/// "22P02: message|detail|hint|context", the last three only if one of them is there.
inline std::string shown(const Error& error) {
  const ErrorDetails& details = error.details();
  std::string text = std::string(error.sqlstate()) + ": " + error.message();
  if (details.detail.empty() && details.hint.empty() && details.context.empty()) return text;
  return text + "|" + details.detail + "|" + details.hint + "|" + details.context;
}

inline std::string shown(JsonbReader value) {
  std::string text;
  append_jsonb(value, text);
  return text;
}

/// A Value of type jsonb.
inline std::string shown(const Result<Value>& result) {
  if (!result.has_value()) return shown(result.error());
  return result->is_null ? kNull : shown(JsonbReader(result->bytes()));
}

/// A Value of type text or json.
inline std::string shown_text(const Result<Value>& result) {
  if (!result.has_value()) return shown(result.error());
  return result->is_null ? kNull : std::string(result->bytes());
}

inline std::string shown(const Result<void>& result) {
  return result.has_value() ? "" : shown(result.error());
}

/// Values of type jsonb from JSON text. They live as long as this.
class Values {
 public:
  JsonbReader operator()(Bytes json) {
    const Result<Value> value = io::normalize_json(json, arena_);
    EXPECT_TRUE(value.has_value()) << json;
    return value.has_value() ? JsonbReader(value->bytes()) : JsonbReader();
  }
  Arena& arena() { return arena_; }

 private:
  Arena arena_;
};

/// The texts of "{a,b,NULL}"; nothing in them needs quotes.
inline std::vector<std::optional<Bytes>> texts(Bytes array) {
  std::vector<std::optional<Bytes>> found;
  array.remove_prefix(1);
  array.remove_suffix(1);
  while (!array.empty()) {
    const Bytes text = array.substr(0, array.find(','));
    found.push_back(text == "NULL" ? std::nullopt : std::optional(text));
    array.remove_prefix(std::min(text.size() + 1, array.size()));
  }
  return found;
}

/// "a; b", as sets are shown in tables of answers; null if there is nothing.
class Listing {
 public:
  void add(Bytes text) {
    if (is_any_) text_ += "; ";
    is_any_ = true;
    text_ += text;
  }
  std::string text() const { return is_any_ ? text_ : kNull; }
  std::string text_or(const Result<void>& result) const {
    return result.has_value() ? text() : shown(result.error());
  }

 private:
  std::string text_;
  bool is_any_ = false;
};

}  // namespace latchkey::sql::json_testing
