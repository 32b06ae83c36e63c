#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sql/types/json.h"
#include "sql/types/json_lexer.h"

namespace latchkey::sql {

enum class JsonEvent : std::uint8_t {
  Scalar,
  ArrayBegin,
  ArrayEnd,
  ObjectBegin,
  ObjectEnd,
  Key,
  End,
};

/// Reads JSON text part by part. It does not recurse.
///
/// Like PostgreSQL it has read the word behind a part when it tells of it, unless an array or
/// object begins: so which of two errors is told first is the same.
///
/// Threads:   one at a time.
/// Ownership: borrows the text, which is UTF-8.
class JsonParser {
 public:
  JsonParser(Bytes text, JsonStrings strings) : lexer_(text, strings) {}

  /// The next part; End once the text has been read to its end.
  /// Errors: InvalidText, with detail and context; TooComplex. Then the parser is of no further
  /// use.
  Result<JsonEvent> next();

  /// Arrays and objects that have begun and not ended. The part that begins or ends one counts.
  std::size_t depth() const { return depth_; }
  /// The kind of a Scalar.
  JsonKind kind() const { return kind_; }
  /// Where the part begins and ends in the text; of a Key, its string.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }
  /// The scalar as it is written.
  Bytes written() const { return lexer_.text().substr(begin_, end_ - begin_); }
  /// The content of a Key or a string if strings are decoded. It lies in the text, or where
  /// is_held() says so in a buffer that the next part may overwrite.
  Bytes string() const { return string_; }
  bool is_held() const { return string_.data() == held_.data(); }

  /// The end of the value whose first part was `event`, and has just been read; goes on to its
  /// last.
  Result<std::size_t> skip_value(JsonEvent event);

 private:
  /// What may come next.
  enum class Expect : std::uint8_t { Start, Value, FirstElement, FirstKey, NextKey, Next, Nothing };

  Result<JsonEvent> value();
  Result<JsonEvent> scalar(JsonKind kind);
  Result<JsonEvent> container_begin(JsonEvent event);
  Result<JsonEvent> container_end(JsonEvent event);
  Result<JsonEvent> key();
  Result<JsonEvent> after_value();
  void remember_token();

  JsonLexer lexer_;
  Expect expect_ = Expect::Start;
  std::vector<bool> in_object_;  // for each array or object that is open
  std::size_t depth_ = 0;
  JsonKind kind_ = JsonKind::Null;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Bytes string_;
  std::string held_;
};

}  // namespace latchkey::sql
