#include "sql/types/jsonpath_lexer.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "sql/types/json_utf8.h"

namespace latchkey::sql {

namespace {

struct Keyword {
  std::string_view name;
  JsonPathWord word;
  bool is_lower_only = false;
};

constexpr auto kKeywords = std::to_array<Keyword>({
    {"abs", JsonPathWord::Abs},
    {"ceiling", JsonPathWord::Ceiling},
    {"datetime", JsonPathWord::DateTime},
    {"double", JsonPathWord::Double},
    {"exists", JsonPathWord::Exists},
    {"false", JsonPathWord::False, true},
    {"flag", JsonPathWord::Flag},
    {"floor", JsonPathWord::Floor},
    {"is", JsonPathWord::Is},
    {"keyvalue", JsonPathWord::KeyValue},
    {"last", JsonPathWord::Last},
    {"lax", JsonPathWord::Lax},
    {"like_regex", JsonPathWord::LikeRegex},
    {"null", JsonPathWord::Null, true},
    {"size", JsonPathWord::Size},
    {"starts", JsonPathWord::Starts},
    {"strict", JsonPathWord::Strict},
    {"to", JsonPathWord::To},
    {"true", JsonPathWord::True, true},
    {"type", JsonPathWord::Type},
    {"unknown", JsonPathWord::Unknown},
    {"with", JsonPathWord::With},
});

JsonPathWord find_keyword(Bytes word) {
  for (const Keyword& keyword : kKeywords) {
    const bool is_same =
        keyword.is_lower_only ? word == keyword.name : equals_ignore_case(word, keyword.name);
    if (is_same) return keyword.word;
  }
  return JsonPathWord::None;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

bool is_special(char c) {
  static constexpr Bytes kSpecial = "?%$.[]{}()|&!=<>@#,*:-+/";
  return kSpecial.find(c) != Bytes::npos;
}

/// What words are made of, backslashes aside.
bool is_other(char c) { return !is_special(c) && !is_blank(c) && c != '"' && c != '\\'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error wrong_surrogate(const char* detail) {
  return Error(ErrorCode::InvalidText, "invalid input syntax for type jsonpath")
      .with_detail(detail);
}

}  // namespace

Error JsonPathLexer::error_near(const char* what) const {
  std::string message = what;
  if (near_.empty()) {
    message += " at end of jsonpath input";
  } else {
    message += " at or near \"" + std::string(near_) + "\" of jsonpath input";
  }
  return Error(ErrorCode::SyntaxError, std::move(message));
}

Result<void> JsonPathLexer::skip_comment() {
  const std::size_t end = text_.find("*/", at_ + 2);
  if (end == Bytes::npos) {
    near_ = {};
    return error_near("unexpected end of comment");
  }
  at_ = end + 2;
  return {};
}

Result<void> JsonPathLexer::advance() {
  for (;;) {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (text_.substr(at_, 2) == "/*") {
      LK_CHECK(skip_comment());
      continue;
    }
    if (at_ == text_.size()) {
      token_ = JsonPathToken::End;
      near_ = {};
      return {};
    }
    const char c = text_[at_];
    if (c == '"') return read_quoted(JsonPathToken::String);
    if (c == '$' && peek(1) == '"') {
      ++at_;
      return read_quoted(JsonPathToken::Variable);
    }
    const bool begins_number = is_digit(c) || (c == '.' && is_digit(peek(1)));
    if (is_special(c) && !begins_number) {
      read_symbol();
      return {};
    }
    LK_CHECK(begins_number ? read_number() : read_word());
    if (token_ != JsonPathToken::Word) return {};
    // PostgreSQL forgets a word that a comment follows without a blank. So do we, that a path means
    // the same here and there.
    if (!near_.empty() || text_.substr(at_, 2) != "/*") return {};
  }
}

void JsonPathLexer::read_symbol() {
  struct Pair {
    std::string_view text;
    JsonPathToken token;
  };
  static constexpr auto kPairs = std::to_array<Pair>({
      {"&&", JsonPathToken::And},
      {"||", JsonPathToken::Or},
      {"**", JsonPathToken::AnyLevel},
      {"<=", JsonPathToken::LessOrEqual},
      {">=", JsonPathToken::GreaterOrEqual},
      {"==", JsonPathToken::Equal},
      {"<>", JsonPathToken::NotEqual},
      {"!=", JsonPathToken::NotEqual},
  });
  const std::size_t begin = at_;
  for (const Pair& pair : kPairs) {
    if (text_.substr(at_, 2) != pair.text) continue;
    token_ = pair.token;
    at_ += 2;
    return set_near(begin);
  }
  if (text_[at_] == '$' && at_ + 1 < text_.size() && is_other(text_[at_ + 1])) {
    return read_variable();
  }
  token_ = JsonPathToken::Symbol;
  symbol_ = text_[at_++];
  set_near(begin);
}

void JsonPathLexer::read_variable() {
  const std::size_t begin = at_++;
  while (at_ < text_.size() && is_other(text_[at_])) ++at_;
  token_ = JsonPathToken::Variable;
  content_.assign(text_, begin + 1, at_ - begin - 1);
  set_near(begin);
}

JsonPathLexer::Number JsonPathLexer::scan_number() const {
  const auto digits = [&](std::size_t from) {
    while (from < text_.size() && is_digit(text_[from])) ++from;
    return from;
  };
  const auto is_at = [&](std::size_t index, Bytes any) {
    return index < text_.size() && any.find(text_[index]) != Bytes::npos;
  };
  Number number;
  // A number does not go on behind a leading zero.
  number.end = is_at(at_, "0") ? at_ + 1 : digits(at_);
  if (is_at(number.end, ".")) {
    number.is_integer = false;
    number.end = digits(number.end + 1);
  }
  if (is_at(number.end, "eE")) {
    const std::size_t exponent = number.end + (is_at(number.end + 1, "+-") ? 2 : 1);
    if (digits(exponent) > exponent) {
      number.is_integer = false;
      number.end = digits(exponent);
    } else if (exponent == number.end + 2) {
      number.wrong = "invalid numeric literal";
      number.end = exponent;
      return number;
    }
  }
  if (number.end < text_.size() && is_other(text_[number.end])) {
    number.wrong = "trailing junk after numeric literal";
    ++number.end;
  }
  return number;
}

Result<void> JsonPathLexer::read_number() {
  const Number number = scan_number();
  // The longest match counts, and more than one wrong letter makes the number a word.
  std::size_t word_end = at_;
  while (word_end < text_.size() && is_other(text_[word_end])) ++word_end;
  if (word_end > number.end) return read_word();
  const std::size_t begin = std::exchange(at_, number.end);
  set_near(begin);
  if (number.wrong != nullptr) return error_near(number.wrong);
  token_ = number.is_integer ? JsonPathToken::Integer : JsonPathToken::Decimal;
  content_.assign(text_, begin, at_ - begin);
  return {};
}

Result<void> JsonPathLexer::read_word() {
  content_.clear();
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\\') {
      LK_CHECK(read_escape());
    } else if (is_other(c)) {
      content_.push_back(c);
      ++at_;
    } else {
      break;
    }
  }
  token_ = JsonPathToken::Word;
  word_ = find_keyword(content_);
  // The blanks behind a word are read with it, and are what an error is near to; anything else is
  // taken for the end.
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  set_near(begin);
  return {};
}

Result<void> JsonPathLexer::read_quoted(JsonPathToken token) {
  content_.clear();
  ++at_;
  for (;;) {
    if (at_ == text_.size()) {
      near_ = {};
      return error_near("unexpected end of quoted string");
    }
    const char c = text_[at_];
    if (c == '"') break;
    if (c == '\\') {
      LK_CHECK(read_escape());
      continue;
    }
    content_.push_back(c);
    ++at_;
  }
  ++at_;
  token_ = token;
  set_near(at_ - 1);
  return {};
}

Result<void> JsonPathLexer::read_escape() {
  const char letter = peek(1);
  if (at_ + 1 >= text_.size() || letter == '\n') {
    const std::size_t begin = at_++;
    set_near(begin);
    return error_near("unexpected end after backslash");
  }
  if (letter == 'u') return read_unicode_escapes();
  if (letter == 'x') return read_hex_escape();
  static constexpr Bytes kLetters = "bfnrtv";
  static constexpr Bytes kMeanings = "\b\f\n\r\t\v";
  const std::size_t index = kLetters.find(letter);
  content_.push_back(index == Bytes::npos ? letter : kMeanings[index]);
  at_ += 2;
  return {};
}

Result<void> JsonPathLexer::append_point(std::uint32_t point) {
  if (point == 0) {
    return Error(ErrorCode::InvalidText, "unsupported Unicode escape sequence")
        .with([](ErrorDetails& to) {
          to.sqlstate = "22P05";
          to.detail = "\\u0000 cannot be converted to text.";
        });
  }
  constexpr std::uint32_t kPointMax = 0x10ffff;
  if (point > kPointMax) return Error(ErrorCode::SyntaxError, "invalid Unicode code point");
  append_utf8(point, content_);
  return {};
}

Result<void> JsonPathLexer::read_hex_escape() {
  const std::size_t begin = at_;
  at_ += 2;
  std::uint32_t point = 0;
  for (int i = 0; i < 2; ++i) {
    const int digit = hex_digit(peek());
    if (digit < 0) {
      set_near(begin);
      return error_near("invalid hex character sequence");
    }
    point = point * 16 + static_cast<std::uint32_t>(digit);
    ++at_;
  }
  return append_point(point);
}

std::optional<std::uint32_t> JsonPathLexer::scan_unicode_escape() {
  at_ += 2;
  const bool is_braced = peek() == '{';
  if (is_braced) ++at_;
  const int digits_max = is_braced ? 6 : 4;
  std::uint32_t point = 0;
  int digit_count = 0;
  while (digit_count < digits_max && hex_digit(peek()) >= 0) {
    point = point * 16 + static_cast<std::uint32_t>(hex_digit(peek()));
    ++at_;
    ++digit_count;
  }
  const bool is_whole = is_braced ? digit_count > 0 && peek() == '}' : digit_count == digits_max;
  if (!is_whole) return std::nullopt;
  if (is_braced) ++at_;
  return point;
}

Result<void> JsonPathLexer::read_unicode_escapes() {
  const std::size_t begin = at_;
  std::vector<std::uint32_t> units;
  while (peek() == '\\' && peek(1) == 'u') {
    const auto unit = scan_unicode_escape();
    if (!unit.has_value()) {
      set_near(begin);
      return error_near("invalid unicode sequence");
    }
    units.push_back(*unit);
  }
  // Halves of a surrogate pair stand side by side, or they are halves of nothing.
  std::uint32_t high = 0;
  for (const std::uint32_t unit : units) {
    if (is_high_surrogate(unit)) {
      if (high != 0) {
        return wrong_surrogate("Unicode high surrogate must not follow a high surrogate.");
      }
      high = unit;
      continue;
    }
    if (is_low_surrogate(unit) != (high != 0)) {
      return wrong_surrogate("Unicode low surrogate must follow a high surrogate.");
    }
    LK_CHECK(append_point(high != 0 ? point_of_surrogates(high, unit) : unit));
    high = 0;
  }
  if (high != 0) return wrong_surrogate("Unicode low surrogate must follow a high surrogate.");
  return {};
}

}  // namespace latchkey::sql
