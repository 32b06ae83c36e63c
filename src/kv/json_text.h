#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey::kv {

enum class JsonKind : unsigned char { Null, Boolean, Number, String, Array, Object };

/// One member of an object. `text` is a string's content with its escapes undone, anything else
/// as it is written.
struct JsonMember {
  Bytes name;
  JsonKind kind;
  Bytes text;
};

/// Arrays and objects inside each other deeper than this are no JSON to us: the walk recurses.
inline constexpr int kJsonDepthMax = 64;

/// A JSON object, read one level deep: what lies inside its values is checked but stays text.
///
/// Ownership: borrows the text it was read from; strings with escapes are held here.
/// Source:    RFC 8259. Strings must be UTF-8 and surrogates must come in pairs. Of members with
/// the
///            same name the last value counts, at the place of the first, as in PostgreSQL.
class JsonObject {
 public:
  JsonObject() = default;
  JsonObject(JsonObject&&) = default;
  JsonObject& operator=(JsonObject&&) = default;
  JsonObject(const JsonObject&) = delete;  // members_ points into unescaped_
  JsonObject& operator=(const JsonObject&) = delete;

  /// Nothing when `text` is not one JSON object, white space around it allowed.
  /// Cost: n log n in the number of members.
  static std::optional<JsonObject> parse(Bytes text);

  std::span<const JsonMember> members() const { return members_; }

 private:
  void drop_duplicates();

  std::vector<JsonMember> members_;
  std::deque<std::string> unescaped_;
};

/// Whether `text` is one JSON value of any kind.
bool is_json(Bytes text);

/// Whether `text` is a JSON number and nothing else.
bool is_json_number(Bytes text);

/// Appends `bytes` as a JSON string, quotes included. What is not UTF-8 becomes U+FFFD, a byte at
/// a time, because JSON has no form for it.
void append_json_string(std::string& out, Bytes bytes);

}  // namespace latchkey::kv
