#include "sql/types/json_lexer.h"

#include "sql/types/json_utf8.h"

namespace latchkey::sql {

namespace {

// How much of a line an error shows at most, and how little is not worth three dots.
constexpr std::size_t kContextBytes = 50;
constexpr std::size_t kDotsBytes = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// What one letter behind a backslash stands for; 0 if nothing.
char meaning_of(char letter) {
  static constexpr Bytes kLetters = "\"\\/bfnrt";
  static constexpr Bytes kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t index = kLetters.find(letter);
  return index == Bytes::npos ? '\0' : kMeanings[index];
}

constexpr const char* kLowMustFollow = "Unicode low surrogate must follow a high surrogate.";

}  // namespace

std::size_t JsonLexer::character_end(std::size_t at) const {
  if (at >= text_.size()) return text_.size();
  return at + utf8_bytes(text_.substr(at));
}

std::string JsonLexer::context() const {
  std::size_t from = line_begin_;
  while (end_ - from >= kContextBytes) from = character_end(from);
  if (from - line_begin_ <= kDotsBytes) from = line_begin_;
  std::string shown = "JSON data, line " + std::to_string(line_) + ": ";
  if (from > line_begin_) shown += "...";
  shown += text_.substr(from, end_ - from);
  const bool is_cut = end_ < text_.size() && text_[end_] != '\n' && text_[end_] != '\r';
  if (is_cut) shown += "...";
  return shown;
}

Error JsonLexer::error(std::string detail) const {
  return Error(ErrorCode::InvalidText, "invalid input syntax for type json")
      .with([&](ErrorDetails& to) {
        to.detail = std::move(detail);
        to.context = context();
      });
}

Error JsonLexer::unicode_error(const char* detail, std::size_t end) {
  end_ = end;
  return error(detail);
}

Error JsonLexer::invalid_token(std::size_t end) {
  end_ = end;
  return error("Token \"" + std::string(token_text()) + "\" is invalid.");
}

Error JsonLexer::unexpected(Bytes expected) const {
  if (token_ == JsonToken::End) return error("The input string ended unexpectedly.");
  return error(std::string(expected) + ", but found \"" + std::string(token_text()) + "\".");
}

Bytes JsonLexer::take_string(std::string& held) {
  if (!is_escaped_) return text_.substr(begin_ + 1, end_ - begin_ - 2);
  held.swap(decoded_);
  return held;
}

void JsonLexer::skip_blanks() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n') {
      ++line_;
      line_begin_ = at_ + 1;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
  }
}

Result<void> JsonLexer::punctuation(JsonToken token) {
  token_ = token;
  end_ = ++at_;
  return {};
}

Result<void> JsonLexer::advance() {
  skip_blanks();
  previous_end_ = end_;
  begin_ = at_;
  if (at_ == text_.size()) {
    token_ = JsonToken::End;
    end_ = at_;
    return {};
  }
  switch (const char c = text_[at_]; c) {
    case '{':
      return punctuation(JsonToken::ObjectBegin);
    case '}':
      return punctuation(JsonToken::ObjectEnd);
    case '[':
      return punctuation(JsonToken::ArrayBegin);
    case ']':
      return punctuation(JsonToken::ArrayEnd);
    case ',':
      return punctuation(JsonToken::Comma);
    case ':':
      return punctuation(JsonToken::Colon);
    case '"':
      return read_string();
    default:
      return c == '-' || is_digit(c) ? read_number() : read_word();
  }
}

Result<void> JsonLexer::read_word() {
  std::size_t end = at_;
  while (end < text_.size() && is_word_byte(text_[end])) ++end;
  // What begins no word is a token of one byte.
  if (end == at_) return invalid_token(at_ + 1);
  const Bytes word = text_.substr(at_, end - at_);
  if (word == "true") {
    token_ = JsonToken::True;
  } else if (word == "false") {
    token_ = JsonToken::False;
  } else if (word == "null") {
    token_ = JsonToken::Null;
  } else {
    return invalid_token(end);
  }
  at_ = end_ = end;
  return {};
}

bool JsonLexer::skip_digits() {
  const std::size_t first = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ != first;
}

Result<void> JsonLexer::read_number() {
  const auto take = [&](Bytes any) {
    const bool found = at_ < text_.size() && any.find(text_[at_]) != Bytes::npos;
    at_ += found ? 1 : 0;
    return found;
  };
  take("-");
  bool is_number = take("0") || skip_digits();
  if (take(".")) is_number = skip_digits() && is_number;
  if (take("eE")) {
    take("+-");
    is_number = skip_digits() && is_number;
  }
  // A word right behind the number makes one wrong token with it.
  const std::size_t end = at_;
  while (at_ < text_.size() && is_word_byte(text_[at_])) ++at_;
  if (!is_number || at_ != end) return invalid_token(at_);
  token_ = JsonToken::Number;
  end_ = at_;
  return {};
}

Result<void> JsonLexer::read_string() {
  is_escaped_ = false;
  surrogate_ = 0;
  const std::size_t content = ++at_;
  for (;;) {
    const std::size_t run = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      ++at_;
    }
    if (at_ > run && surrogate_ != 0) return unicode_error(kLowMustFollow, character_end(run));
    if (is_escaped_) decoded_.append(text_, run, at_ - run);
    if (at_ == text_.size()) return invalid_token(at_);
    if (text_[at_] == '"') break;
    if (text_[at_] != '\\') {
      end_ = at_;
      static constexpr char kHex[] = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(text_[at_]);
      return error(std::string("Character with value 0x") + kHex[byte >> 4] + kHex[byte & 15] +
                   " must be escaped.");
    }
    if (!is_escaped_ && strings_ == JsonStrings::Decoded) {
      decoded_.assign(text_, content, at_ - content);
      is_escaped_ = true;
    }
    LK_CHECK(read_escape());
  }
  ++at_;
  if (surrogate_ != 0) return unicode_error(kLowMustFollow, at_);
  token_ = JsonToken::String;
  end_ = at_;
  return {};
}

Result<void> JsonLexer::read_escape() {
  ++at_;
  if (at_ == text_.size()) return invalid_token(at_);
  const char letter = text_[at_];
  if (letter == 'u') return read_unicode_escape();
  if (surrogate_ != 0) return unicode_error(kLowMustFollow, character_end(at_));
  const char meaning = meaning_of(letter);
  if (meaning == '\0') {
    begin_ = at_;
    end_ = character_end(at_);
    return error("Escape sequence \"\\" + std::string(token_text()) + "\" is invalid.");
  }
  if (is_escaped_) decoded_.push_back(meaning);
  ++at_;
  return {};
}

Result<void> JsonLexer::read_unicode_escape() {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    ++at_;
    if (at_ == text_.size()) return invalid_token(at_);
    const int digit = hex_digit(text_[at_]);
    if (digit < 0) {
      return unicode_error("\"\\u\" must be followed by four hexadecimal digits.",
                           character_end(at_));
    }
    unit = unit * 16 + static_cast<std::uint32_t>(digit);
  }
  ++at_;
  if (strings_ == JsonStrings::AsWritten) return {};
  if (is_high_surrogate(unit)) {
    if (surrogate_ != 0) {
      return unicode_error("Unicode high surrogate must not follow a high surrogate.", at_);
    }
    surrogate_ = unit;
    return {};
  }
  if (is_low_surrogate(unit) != (surrogate_ != 0)) return unicode_error(kLowMustFollow, at_);
  if (surrogate_ != 0) unit = point_of_surrogates(surrogate_, unit);
  surrogate_ = 0;
  if (unit == 0) {
    end_ = at_;
    return Error(ErrorCode::InvalidText, "unsupported Unicode escape sequence")
        .with([&](ErrorDetails& to) {
          to.sqlstate = "22P05";
          to.detail = "\\u0000 cannot be converted to text.";
          to.context = context();
        });
  }
  append_utf8(unit, decoded_);
  return {};
}

}  // namespace latchkey::sql
