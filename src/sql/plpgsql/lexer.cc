#include "sql/plpgsql/lexer.h"

#include "base/text.h"

namespace latchkey::sql::plpgsql {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool goes_on_name(char c) { return begins_name(c) || is_digit(c) || c == '$'; }
bool is_operator(char c) { return Bytes("+-*/<>=~!@#%^&|`?").find(c) != Bytes::npos; }

class Lexer {
 public:
  explicit Lexer(Bytes source) : source_(source) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    for (;;) {
      LK_CHECK(skip_blanks());
      Token token;
      token.begin = at_;
      if (at_ >= source_.size()) {
        token.end = at_;
        tokens.push_back(std::move(token));
        return tokens;
      }
      LK_CHECK(read(token));
      token.end = at_;
      tokens.push_back(std::move(token));
    }
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  Error unterminated(const char* what) const {
    return Error(ErrorCode::SyntaxError, std::string("unterminated ") + what);
  }

  Result<void> skip_blanks() {
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        ++at_;
      } else if (c == '-' && peek(1) == '-') {
        while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      } else if (c == '/' && peek(1) == '*') {
        LK_CHECK(skip_comment());
      } else {
        break;
      }
    }
    return {};
  }

  Result<void> skip_comment() {
    std::size_t depth = 0;
    do {
      if (at_ >= source_.size()) return unterminated("/* comment");
      if (peek() == '/' && peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (peek() == '*' && peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0);
    return {};
  }

  Result<void> read(Token& token) {
    const char c = peek();
    if (begins_name(c)) {
      const bool is_prefixed = Bytes("eEbBxXnN").find(c) != Bytes::npos && peek(1) == '\'';
      if (is_prefixed) {
        ++at_;
        return read_text(token, c == 'e' || c == 'E');
      }
      while (goes_on_name(peek())) ++at_;
      token.kind = TokenKind::Word;
      token.text = to_lower(source_.substr(token.begin, at_ - token.begin));
      return {};
    }
    if (c == '"') return read_quoted_name(token);
    if (c == '\'') return read_text(token, false);
    if (c == '$') return read_dollar(token);
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number(token);
    token.kind = TokenKind::Symbol;
    for (const Bytes pair : {Bytes(":="), Bytes("::"), Bytes("..")}) {
      if (source_.substr(at_, 2) != pair) continue;
      at_ += 2;
      token.text = pair;
      return {};
    }
    if (is_operator(c)) {
      while (is_operator(peek()) && !(peek() == '-' && peek(1) == '-') &&
             !(peek() == '/' && peek(1) == '*')) {
        ++at_;
      }
      // An operator ends with a sign only if it has one of some other characters: a=-1.
      const Bytes run = source_.substr(token.begin, at_ - token.begin);
      if (run.find_first_of("~!@#%^&|`?") == Bytes::npos) {
        while (at_ - token.begin > 1 && (source_[at_ - 1] == '-' || source_[at_ - 1] == '+')) --at_;
      }
    } else {
      ++at_;
    }
    token.text = source_.substr(token.begin, at_ - token.begin);
    return {};
  }

  Result<void> read_quoted_name(Token& token) {
    token.kind = TokenKind::QuotedWord;
    ++at_;
    for (;;) {
      if (at_ >= source_.size()) return unterminated("quoted identifier");
      const char c = source_[at_++];
      if (c == '"') {
        if (peek() != '"') return {};
        ++at_;
      }
      token.text += c;
    }
  }

  Result<void> read_text(Token& token, bool has_escapes) {
    token.kind = TokenKind::Text;
    ++at_;
    for (;;) {
      if (at_ >= source_.size()) return unterminated("quoted string");
      const char c = source_[at_++];
      if (c == '\'') {
        if (peek() != '\'') return {};
        ++at_;
        token.text += c;
      } else if (c == '\\' && has_escapes && at_ < source_.size()) {
        const char escaped = source_[at_++];
        token.text += escaped == 'n'   ? '\n'
                      : escaped == 't' ? '\t'
                      : escaped == 'r' ? '\r'
                                       : escaped;
      } else {
        token.text += c;
      }
    }
  }

  Result<void> read_dollar(Token& token) {
    if (is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek())) ++at_;
      token.kind = TokenKind::Parameter;
      token.text = source_.substr(token.begin + 1, at_ - token.begin - 1);
      return {};
    }
    std::size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != '$' && goes_on_name(source_[end])) ++end;
    if (end >= source_.size() || source_[end] != '$') {
      token.kind = TokenKind::Symbol;
      token.text = "$";
      ++at_;
      return {};
    }
    const Bytes tag = source_.substr(at_, end + 1 - at_);
    const std::size_t close = source_.find(tag, end + 1);
    if (close == Bytes::npos) return unterminated("dollar-quoted string");
    token.kind = TokenKind::Text;
    token.text = source_.substr(end + 1, close - end - 1);
    at_ = close + tag.size();
    return {};
  }

  Result<void> read_number(Token& token) {
    token.kind = TokenKind::Number;
    while (is_digit(peek())) ++at_;
    // 1..10 is a range, not a number with a point.
    if (peek() == '.' && peek(1) != '.') {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    const bool has_exponent =
        (peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && is_digit(peek(2))));
    if (has_exponent) {
      at_ += 2;
      while (is_digit(peek())) ++at_;
    }
    token.text = source_.substr(token.begin, at_ - token.begin);
    return {};
  }

  Bytes source_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Token>> tokens_of(Bytes source) { return Lexer(source).run(); }

}  // namespace latchkey::sql::plpgsql
