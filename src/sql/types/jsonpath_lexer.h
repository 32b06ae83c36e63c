#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::sql {

enum class JsonPathToken : std::uint8_t {
  End,
  Word,      ///< a key or a keyword
  String,    ///< "in quotes"
  Variable,  ///< $name
  Integer,
  Decimal,
  Symbol,  ///< one character
  And,
  Or,
  AnyLevel,  ///< **
  LessOrEqual,
  GreaterOrEqual,
  Equal,
  NotEqual,
};

/// The words that mean something beside being keys.
enum class JsonPathWord : std::uint8_t {
  None,
  Abs,
  Ceiling,
  DateTime,
  Double,
  Exists,
  False,
  Flag,
  Floor,
  Is,
  KeyValue,
  Last,
  Lax,
  LikeRegex,
  Null,
  Size,
  Starts,
  Strict,
  To,
  True,
  Type,
  Unknown,
  With,
};

/// Reads the text of a jsonpath word by word.
///
/// Threads:   one at a time.
/// Ownership: borrows the text.
class JsonPathLexer {
 public:
  explicit JsonPathLexer(Bytes text) : text_(text) {}

  /// Goes to the next token, the first at the first call.
  /// Errors: SyntaxError; InvalidText for \u0000 and halves of surrogate pairs.
  Result<void> advance();

  JsonPathToken token() const { return token_; }
  bool is(char symbol) const { return token_ == JsonPathToken::Symbol && symbol_ == symbol; }
  bool is(JsonPathWord word) const { return token_ == JsonPathToken::Word && word_ == word; }
  JsonPathWord word() const { return word_; }
  char symbol() const { return symbol_; }
  /// The content of a word, string, variable or number.
  const std::string& content() const { return content_; }

  /// `syntax error at or near ".2" of jsonpath input`, for the token.
  Error syntax_error() const { return error_near("syntax error"); }

 private:
  /// What a number's rules match: the number, or more than that and what is wrong with it.
  struct Number {
    std::size_t end = 0;
    bool is_integer = true;
    const char* wrong = nullptr;
  };

  Error error_near(const char* what) const;
  Number scan_number() const;
  Result<void> skip_comment();
  Result<void> read_word();
  Result<void> read_quoted(JsonPathToken token);
  Result<void> read_number();
  Result<void> read_escape();
  Result<void> read_hex_escape();
  Result<void> read_unicode_escapes();
  /// Nothing if the escape is not whole.
  std::optional<std::uint32_t> scan_unicode_escape();
  Result<void> append_point(std::uint32_t point);
  void read_symbol();
  void read_variable();
  /// What errors are near to: from `begin` to here.
  void set_near(std::size_t begin) { near_ = text_.substr(begin, at_ - begin); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  const Bytes text_;
  std::size_t at_ = 0;
  JsonPathToken token_ = JsonPathToken::End;
  JsonPathWord word_ = JsonPathWord::None;
  char symbol_ = 0;
  std::string content_;
  Bytes near_;  // empty: the end
};

}  // namespace latchkey::sql
