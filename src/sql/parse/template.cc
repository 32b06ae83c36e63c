#include "sql/parse/template.h"

#include <array>
#include <limits>

#include "base/numbers.h"
#include "base/text.h"

namespace latchkey::sql::parse {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Cuts a text into words, and puts numbers in the place of constants.
class Maker {
 public:
  explicit Maker(Bytes text) : text_(text) {}

  std::optional<Template> make() {
    if (!begins_with_query()) return std::nullopt;
    while (at_ < text_.size()) {
      if (!take_next()) return std::nullopt;
    }
    return std::move(made_);
  }

 private:
  bool begins_with_query() const {
    std::size_t begin = 0;
    while (begin < text_.size() && is_blank(text_[begin])) ++begin;
    std::size_t end = begin;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    const std::string word = to_lower(text_.substr(begin, end - begin));
    return word == "select" || word == "insert" || word == "update" || word == "delete";
  }

  /// False where the text is not worth it, or not safe.
  bool take_next() {
    const char c = text_[at_];
    if (is_blank(c)) {
      made_.text += c;
      ++at_;
      return true;
    }
    if (is_letter(c)) return take_word();
    if (c == '\'') return take_text();
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      return take_number();
    }
    if (c == '"') return take_quoted_name();
    const Bytes rest = text_.substr(at_);
    // Comments, parameters, dollar quotes, escapes.
    if (c == '$' || c == '\\' || rest.starts_with("--") || rest.starts_with("/*")) return false;
    if (c == ';') {
      for (const char behind : rest.substr(1)) {
        if (!is_blank(behind)) return false;
      }
    }
    made_.text += c;
    ++at_;
    return true;
  }

  bool take_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '$')) {
      ++at_;
    }
    // E'..', B'..', U&'..'
    if (at_ < text_.size() && text_[at_] == '\'') return false;
    if (at_ + 1 < text_.size() && text_[at_] == '&' && text_[at_ + 1] == '\'') return false;
    const Bytes word = text_.substr(begin, at_ - begin);
    const std::string lower = to_lower(word);
    // A number behind these is a column's, and constants of windows must be constants.
    constexpr std::array kRefused = {"order",    "group",   "over",     "window",
                                     "interval", "collate", "pg_typeof"};
    for (const char* const refused : kRefused) {
      if (lower == refused) return false;
    }
    made_.text += word;
    return true;
  }

  bool take_quoted_name() {
    const std::size_t end = text_.find('"', at_ + 1);
    if (end == Bytes::npos) return false;
    made_.text += text_.substr(at_, end + 1 - at_);
    at_ = end + 1;
    return true;
  }

  bool take_text() {
    Literal literal;
    literal.kind = Literal::Kind::Text;
    for (++at_;; ++at_) {
      if (at_ >= text_.size() || text_[at_] == '\0') return false;
      if (text_[at_] != '\'') {
        literal.text += text_[at_];
        continue;
      }
      if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') break;
      literal.text += '\'';
      ++at_;
    }
    ++at_;
    // 'a' 'b' on two lines is one text.
    std::size_t behind = at_;
    while (behind < text_.size() && is_blank(text_[behind])) ++behind;
    if (behind < text_.size() && text_[behind] == '\'') return false;
    add(std::move(literal));
    return true;
  }

  bool take_number() {
    const std::size_t begin = at_;
    bool is_whole = true;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) {
      is_whole = is_whole && text_[at_] != '.';
      ++at_;
    }
    if (at_ < text_.size() && (is_letter(text_[at_]) || text_[at_] == '$')) return false;  // 1e5
    Literal literal;
    const Bytes digits = text_.substr(begin, at_ - begin);
    const auto number = is_whole ? parse_int64(digits) : std::nullopt;
    if (number.has_value()) {
      literal.integer = *number;
      literal.kind = *number <= std::numeric_limits<std::int32_t>::max() ? Literal::Kind::Int4
                                                                         : Literal::Kind::Int8;
    } else {
      if (digits.find("..") != Bytes::npos) return false;
      literal.kind = Literal::Kind::Numeric;
      literal.text = digits;
    }
    add(std::move(literal));
    return true;
  }

  void add(Literal literal) {
    made_.literals.push_back(std::move(literal));
    made_.text += '$' + std::to_string(made_.literals.size());
  }

  const Bytes text_;
  std::size_t at_ = 0;
  Template made_;
};

}  // namespace

std::string Template::kinds() const {
  std::string kinds;
  for (const Literal& literal : literals) kinds += static_cast<char>(literal.kind);
  return kinds;
}

std::optional<Template> make_template(Bytes text) {
  if (text.size() > kTemplateBytesMax) return std::nullopt;
  return Maker(text).make();
}

bool names_a_moment(Bytes text) {
  const std::string lower = to_lower(text);
  for (const char* const word : {"now", "today", "tomorrow", "yesterday", "current"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace latchkey::sql::parse
