#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::sql {

enum class JsonToken : std::uint8_t {
  End,
  String,
  Number,
  True,
  False,
  Null,
  ObjectBegin,
  ObjectEnd,
  ArrayBegin,
  ArrayEnd,
  Comma,
  Colon,
};

/// What becomes of escapes in strings. AsWritten only checks their form, as the type json does:
/// \u0000 and surrogates without a partner pass. Decoded refuses them.
enum class JsonStrings : std::uint8_t { AsWritten, Decoded };

/// Reads JSON text word by word, and makes PostgreSQL's errors for words that are out of place.
///
/// Threads:   one at a time.
/// Ownership: borrows the text.
/// Source:    RFC 8259; errors from asking PostgreSQL 15.18.
class JsonLexer {
 public:
  JsonLexer(Bytes text, JsonStrings strings) : text_(text), strings_(strings) {}

  /// Goes to the next token, the first at the first call.
  /// Errors: InvalidText; after one the lexer is of no further use.
  Result<void> advance();

  JsonToken token() const { return token_; }
  /// Where the token stands in the text; for End: behind the blanks.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }
  std::size_t previous_end() const { return previous_end_; }
  Bytes text() const { return text_; }
  /// The token as it is written.
  Bytes token_text() const { return text_.substr(begin_, end_ - begin_); }
  /// The content of a string if strings are decoded. It lies in the text or, after being decoded,
  /// in `held`, which it swaps with a buffer of its own.
  Bytes take_string(std::string& held);

  /// `Expected JSON value, but found "]".`, `expected` being `Expected JSON value`.
  Error unexpected(Bytes expected) const;

 private:
  /// The error at the token that ends at end_, with the line it is in.
  Error error(std::string detail) const;
  Error unicode_error(const char* detail, std::size_t end);
  Error invalid_token(std::size_t end);
  std::string context() const;

  void skip_blanks();
  Result<void> read_string();
  Result<void> read_escape();
  Result<void> read_unicode_escape();
  Result<void> read_number();
  Result<void> read_word();
  Result<void> punctuation(JsonToken token);
  bool skip_digits();
  /// The end of the character at `at`.
  std::size_t character_end(std::size_t at) const;

  const Bytes text_;
  const JsonStrings strings_;
  JsonToken token_ = JsonToken::End;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t previous_end_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t line_ = 1;
  bool is_escaped_ = false;  // the string of this token stands in decoded_
  std::string decoded_;
  std::uint32_t surrogate_ = 0;  // the first half of a pair, when the second must follow
};

}  // namespace latchkey::sql
