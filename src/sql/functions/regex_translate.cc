#include "sql/functions/regex_translate.h"

#include <optional>

namespace latchkey::sql {

namespace {

Error invalid(const std::string& why) {
  return Error(ErrorCode::RegexInvalid, "invalid regular expression: " + why);
}
Error bad_escape() { return invalid("invalid escape \\ sequence"); }
Error bad_class() { return invalid("invalid character class"); }
Error bad_brackets() { return invalid("brackets [] not balanced"); }
Error bad_parentheses() { return invalid("parentheses () not balanced"); }
Error bad_operand() { return invalid("quantifier operand invalid"); }
Error bad_count() { return invalid("invalid repetition count(s)"); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// One pass over an expression, which writes it anew and finds out what it prefers. Each quantifier
/// is written with a mark behind it, which becomes "?" or nothing when that is known.
class Translator {
 public:
  Translator(Bytes pattern, RegexFlags flags) : text_(pattern), flags_(flags) {}

  Result<TranslatedRegex> run() {
    LK_CHECK(take_directors());
    if (flags_.is_literal) {
      return TranslatedRegex{std::string(text_.substr(at_)), flags_, true};
    }
    LK_TRY(const Prefers whole, take_branches(0));
    if (at_ < text_.size()) return bad_parentheses();
    TranslatedRegex result;
    result.flags = flags_;
    // Between both ends of the text there is one match; what its parts prefer is all that counts.
    const bool is_fixed = out_.starts_with('^') && out_.ends_with('$');
    const bool as_written = flags_.as_written || (has_lazy_ && has_greedy_ && is_fixed);
    result.is_longest = !as_written && whole != Prefers::Shortest;
    for (const char c : out_) {
      if (c == kGreedyMark || c == kLazyMark) {
        const bool is_lazy = as_written ? c == kLazyMark : whole == Prefers::Shortest;
        if (is_lazy) result.pattern.push_back('?');
      } else {
        result.pattern.push_back(c);
      }
    }
    return result;
  }

 private:
  enum class Prefers : std::uint8_t { Nothing, Longest, Shortest };
  /// Bytes that no text in UTF-8 has.
  static constexpr char kGreedyMark = '\xfe';
  static constexpr char kLazyMark = '\xff';
  static constexpr int kDepthMax = 200;

  bool at_end() const { return at_ >= text_.size(); }
  char current() const { return at_end() ? '\0' : text_[at_]; }
  char ahead(std::size_t count) const {
    return at_ + count < text_.size() ? text_[at_ + count] : '\0';
  }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  /// "***:", "***=" and "(?letters)" at the beginning.
  Result<void> take_directors() {
    if (take("***=")) {
      flags_.is_literal = true;
      return {};
    }
    if (text_.starts_with("***") && !take("***:")) return bad_operand();
    if (flags_.is_literal) return {};
    if (!text_.substr(at_).starts_with("(?") || !is_letter(ahead(2))) return {};
    at_ += 2;
    for (; is_letter(current()); ++at_) LK_CHECK(take_option(current()));
    if (!take(")")) return invalid("invalid embedded option");
    return {};
  }
  Result<void> take_option(char letter) {
    switch (letter) {
      case 'c':
        flags_.ignore_case = false;
        return {};
      case 'i':
        flags_.ignore_case = true;
        return {};
      case 'm':
      case 'n':
        flags_.dot_spares_line = flags_.anchors_at_lines = true;
        return {};
      case 'p':
        flags_.dot_spares_line = true;
        flags_.anchors_at_lines = false;
        return {};
      case 'q':
        flags_.is_literal = true;
        return {};
      case 's':
        flags_.dot_spares_line = flags_.anchors_at_lines = false;
        return {};
      case 't':
        flags_.is_expanded = false;
        return {};
      case 'w':
        flags_.dot_spares_line = false;
        flags_.anchors_at_lines = true;
        return {};
      case 'x':
        flags_.is_expanded = true;
        return {};
      default:
        return invalid("invalid embedded option");
    }
  }

  /// Branches up to a closing parenthesis or the end. Several are always greedy.
  Result<Prefers> take_branches(int depth) {
    if (depth > kDepthMax) return invalid("regular expression is too complex");
    LK_TRY(Prefers prefers, take_branch(depth));
    while (current() == '|' && !at_end()) {
      ++at_;
      out_.push_back('|');
      LK_CHECK(take_branch(depth));
      prefers = Prefers::Longest;
    }
    return prefers;
  }

  Result<Prefers> take_branch(int depth) {
    Prefers first = Prefers::Nothing;
    for (;;) {
      skip_expanded();
      if (at_end() || current() == '|' || current() == ')') return first;
      bool is_constraint = false;
      LK_TRY(Prefers prefers, take_atom(depth, is_constraint));
      skip_expanded();
      LK_CHECK(take_quantifier(is_constraint, prefers));
      if (first == Prefers::Nothing) first = prefers;
    }
  }

  void skip_expanded() {
    for (;;) {
      if (take("(?#")) {
        while (!at_end() && current() != ')') ++at_;
        if (!at_end()) ++at_;
      } else if (flags_.is_expanded && is_blank(current()) && !at_end()) {
        ++at_;
      } else if (flags_.is_expanded && current() == '#') {
        while (!at_end() && current() != '\n') ++at_;
      } else {
        return;
      }
    }
  }

  Result<void> take_quantifier(bool is_constraint, Prefers& prefers) {
    std::string quantifier;
    bool is_exact = false;
    const char c = current();
    if (at_end()) return {};
    if (c == '*' || c == '+' || c == '?') {
      quantifier.push_back(c);
      ++at_;
    } else if (c == '{' && is_digit(ahead(1))) {
      LK_TRY(quantifier, take_counts(is_exact));
    } else {
      return {};
    }
    if (is_constraint) return bad_operand();
    const bool is_lazy = current() == '?' && !at_end();
    if (is_lazy) ++at_;
    const char after = current();
    if (!at_end() && (after == '*' || after == '+' || after == '?')) return bad_operand();
    if (!is_exact) {
      prefers = is_lazy ? Prefers::Shortest : Prefers::Longest;
      (is_lazy ? has_lazy_ : has_greedy_) = true;
    }
    out_ += quantifier;
    out_.push_back(is_lazy ? kLazyMark : kGreedyMark);
    return {};
  }

  /// {m}, {m,} or {m,n}.
  Result<std::string> take_counts(bool& is_exact) {
    constexpr int kCountMax = 255;
    const auto take_count = [&]() -> int {
      int count = 0;
      while (is_digit(current()) && count <= kCountMax) count = count * 10 + (text_[at_++] - '0');
      return count;
    };
    ++at_;
    const int low = take_count();
    int high = low;
    bool is_open = false;
    is_exact = true;
    if (current() == ',') {
      ++at_;
      is_exact = false;
      is_open = !is_digit(current());
      if (!is_open) high = take_count();
    }
    if (low > kCountMax || high > kCountMax || (!is_open && high < low)) return bad_count();
    if (current() != '}') return at_end() ? invalid("braces {} not balanced") : bad_count();
    ++at_;
    std::string counts = "{" + std::to_string(low);
    if (!is_exact) counts += ",";
    if (!is_exact && !is_open) counts += std::to_string(high);
    return counts + "}";
  }

  Result<Prefers> take_atom(int depth, bool& is_constraint) {
    const char c = current();
    switch (c) {
      case '(':
        return take_group(depth);
      case '[':
        LK_CHECK(take_bracket(is_constraint));
        return Prefers::Nothing;
      case '\\':
        LK_CHECK(take_escape(is_constraint));
        return Prefers::Nothing;
      case '*':
      case '+':
      case '?':
        return bad_operand();
      case '{':
        if (is_digit(ahead(1))) return bad_operand();
        append_literal(c);
        break;
      case '^':
      case '$':
        is_constraint = true;
        out_.push_back(c);
        break;
      case '.':
        out_.push_back(c);
        break;
      default:
        append_literal(c);
        break;
    }
    ++at_;
    return Prefers::Nothing;
  }

  Result<Prefers> take_group(int depth) {
    for (const std::string_view look : {"(?=", "(?!", "(?<=", "(?<!"}) {
      if (text_.substr(at_).starts_with(look)) {
        return invalid("lookahead and lookbehind constraints are not supported");
      }
    }
    if (take("(?:")) {
      out_ += "(?:";
    } else if (text_.substr(at_).starts_with("(?")) {
      return bad_operand();
    } else {
      ++at_;
      out_.push_back('(');
      ++group_count_;
    }
    LK_TRY(const Prefers prefers, take_branches(depth + 1));
    if (current() != ')' || at_end()) return bad_parentheses();
    ++at_;
    out_.push_back(')');
    return prefers;
  }

  /// A character that stands for itself, whatever it means to RE2. Bytes of longer characters pass.
  void append_literal(char c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = is_letter(c) || is_digit(c) || byte >= 0x80 || c == '_' || byte <= ' ';
    if (!is_plain) out_.push_back('\\');
    out_.push_back(c);
  }
  void append_code(std::uint32_t code) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string digits;
    do {
      digits.insert(digits.begin(), kHex[code & 15]);
      code >>= 4;
    } while (code != 0);
    out_ += "\\x{" + digits + "}";
  }

  Result<void> take_escape(bool& is_constraint) {
    if (at_ + 1 >= text_.size()) return bad_escape();
    const char c = text_[at_ + 1];
    if (const char* const constraint = constraint_of(c)) {
      is_constraint = true;
      out_ += constraint;
      at_ += 2;
      return {};
    }
    if (c >= '1' && c <= '9') {
      const bool is_group = c - '0' <= group_count_;
      return invalid(is_group ? "back references are not supported"
                              : "invalid backreference number");
    }
    if (Bytes("dswDSW").find(c) != Bytes::npos) {
      out_.push_back('\\');
      out_.push_back(c);
      at_ += 2;
      return {};
    }
    LK_TRY(const std::optional<std::uint32_t> code, take_character_escape());
    if (code) append_code(*code);
    return {};
  }

  static const char* constraint_of(char c) {
    switch (c) {
      case 'A':
        return "\\A";
      case 'Z':
        return "\\z";
      case 'm':
      case 'M':
      case 'y':
        return "\\b";
      case 'Y':
        return "\\B";
      default:
        return nullptr;
    }
  }

  /// The character that an escape stands for; nothing if it was written already, as it stands.
  Result<std::optional<std::uint32_t>> take_character_escape() {
    const char c = text_[at_ + 1];
    at_ += 2;
    const auto hex = [&](std::size_t least, std::size_t most) -> std::optional<std::uint32_t> {
      std::uint32_t code = 0;
      std::size_t count = 0;
      while (count < most && hex_digit(current()) >= 0 && !at_end()) {
        code = code * 16 + static_cast<std::uint32_t>(hex_digit(current()));
        ++at_;
        ++count;
      }
      constexpr std::uint32_t kLastCode = 0x10ffff;
      if (count < least || code > kLastCode) return std::nullopt;
      return code;
    };
    const auto checked =
        [](std::optional<std::uint32_t> code) -> Result<std::optional<std::uint32_t>> {
      if (!code) return bad_escape();
      return code;
    };
    switch (c) {
      case 'a':
        return checked(7);
      case 'b':
        return checked(8);
      case 'B':
        return checked('\\');
      case 'c': {
        if (at_end()) return bad_escape();
        return checked(static_cast<std::uint32_t>(text_[at_++]) & 31);
      }
      case 'e':
        return checked(27);
      case 'f':
        return checked(12);
      case 'n':
        return checked(10);
      case 'r':
        return checked(13);
      case 't':
        return checked(9);
      case 'v':
        return checked(11);
      case 'u':
        return checked(hex(4, 4));
      case 'U':
        return checked(hex(8, 8));
      case 'x':
        return checked(hex(1, 6));
      case '0': {
        std::uint32_t code = 0;
        for (int i = 0; i < 2 && current() >= '0' && current() <= '7'; ++i) {
          code = code * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
        }
        return checked(code);
      }
      default:
        break;
    }
    if (is_letter(c) || is_digit(c)) return bad_escape();
    if (static_cast<unsigned char>(c) >= 0x80) {
      out_.push_back(c);
      return std::optional<std::uint32_t>();
    }
    return checked(static_cast<unsigned char>(c));
  }

  /// [abc], [^a-z], [[:alpha:]_], and the boundaries of words [[:<:]] and [[:>:]].
  Result<void> take_bracket(bool& is_constraint) {
    if (take("[[:<:]]") || take("[[:>:]]")) {
      is_constraint = true;
      out_ += "\\b";
      return {};
    }
    ++at_;
    out_.push_back('[');
    if (current() == '^' && !at_end()) {
      ++at_;
      out_.push_back('^');
      if (flags_.dot_spares_line) out_ += "\\n";
    }
    for (bool is_first = true;; is_first = false) {
      if (at_end()) return bad_brackets();
      if (current() == ']' && !is_first) break;
      LK_CHECK(take_bracket_item());
    }
    ++at_;
    out_.push_back(']');
    return {};
  }

  Result<void> take_bracket_item() {
    if (take("[:")) {
      const std::size_t end = text_.find(":]", at_);
      if (end == Bytes::npos) return bad_brackets();
      const Bytes name = text_.substr(at_, end - at_);
      at_ = end + 2;
      constexpr std::string_view kClasses =
          "|alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit|word|";
      if (kClasses.find("|" + std::string(name) + "|") == std::string_view::npos)
        return bad_class();
      out_ += "[:" + std::string(name) + ":]";
      return {};
    }
    bool is_class = false;
    LK_TRY(const std::uint32_t low, take_bracket_character(is_class));
    if (is_class) return {};
    if (current() != '-' || ahead(1) == ']' || ahead(1) == '\0') {
      append_code(low);
      return {};
    }
    ++at_;
    LK_TRY(const std::uint32_t high, take_bracket_character(is_class));
    if (is_class || high < low) return invalid("invalid character range");
    append_code(low);
    out_.push_back('-');
    append_code(high);
    return {};
  }

  /// One character of a bracket, by its code. A class as \d is written at once.
  Result<std::uint32_t> take_bracket_character(bool& is_class) {
    if (at_end()) return bad_brackets();
    for (const char kind : {'.', '='}) {
      const std::string open = std::string("[") + kind;
      if (!text_.substr(at_).starts_with(open)) continue;
      at_ += 2;
      LK_TRY(const std::uint32_t code, take_code());
      if (!take(std::string(1, kind) + "]")) return invalid("invalid collating element");
      return code;
    }
    if (current() != '\\') return take_code();
    if (at_ + 1 >= text_.size()) return bad_escape();
    const char c = text_[at_ + 1];
    if (c == 'd' || c == 's' || c == 'w') {
      is_class = true;
      out_.push_back('\\');
      out_.push_back(c);
      at_ += 2;
      return 0u;
    }
    if ((c >= '1' && c <= '9') || constraint_of(c) != nullptr) return bad_escape();
    if (static_cast<unsigned char>(c) >= 0x80) {
      ++at_;
      return take_code();
    }
    LK_TRY(const std::optional<std::uint32_t> code, take_character_escape());
    return *code;
  }

  Result<std::uint32_t> take_code() {
    if (at_end()) return bad_brackets();
    const auto lead = static_cast<unsigned char>(text_[at_++]);
    if (lead < 0x80) return std::uint32_t{lead};
    std::uint32_t code = lead & (lead >= 0xf0 ? 0x07u : lead >= 0xe0 ? 0x0fu : 0x1fu);
    while (!at_end() && (static_cast<unsigned char>(current()) & 0xc0) == 0x80) {
      code = (code << 6) | (static_cast<unsigned char>(text_[at_++]) & 0x3fu);
    }
    return code;
  }

  const Bytes text_;
  RegexFlags flags_;
  std::size_t at_ = 0;
  std::string out_;
  int group_count_ = 0;
  bool has_lazy_ = false;
  bool has_greedy_ = false;
};

}  // namespace

Result<TranslatedRegex> translate_regex(Bytes pattern, RegexFlags flags) {
  return Translator(pattern, flags).run();
}

}  // namespace latchkey::sql
