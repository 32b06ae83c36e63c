#include "sql/functions/number_pattern.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace latchkey::sql {

namespace {

Error wrong(const char* message) { return Error(ErrorCode::SyntaxError, message); }

constexpr std::size_t kRomanWidth = 15;
constexpr std::int64_t kRomanMax = 3999;

}  // namespace

NumberPattern::Node NumberPattern::take_node(Bytes& rest) {
  struct Word {
    std::string_view word;
    Key key;
  };
  // Longer words before those that they begin with.
  static constexpr Word kWords[] = {
      {"eeee", Key::Scientific}, {"fm", Key::Fill},  {"mi", Key::Minus},   {"pl", Key::Plus},
      {"pr", Key::Brackets},     {"rn", Key::Roman}, {"sg", Key::Sign},    {"sp", Key::Space},
      {"th", Key::Ordinal},      {"b", Key::Blank},  {"c", Key::Currency}, {"d", Key::Decimal},
      {"g", Key::Group},         {"l", Key::Money},  {"s", Key::Locale},   {"v", Key::Moved},
      {",", Key::Comma},         {".", Key::Point},  {"0", Key::Zero},     {"9", Key::Nine},
  };
  for (const Word& word : kWords) {
    const Bytes front = rest.substr(0, word.word.size());
    const std::string lower = to_lower(front);
    // Two letters are both large or both small.
    const bool is_mixed = front != lower && front != to_upper(front);
    if (lower != word.word || is_mixed) continue;
    rest.remove_prefix(front.size());
    return {word.key, front, front == lower};
  }
  std::size_t size = 1;
  if (rest[0] == '"') {
    const std::size_t end = rest.find('"', 1);
    const Bytes inside = rest.substr(1, end == Bytes::npos ? end : end - 1);
    rest.remove_prefix(end == Bytes::npos ? rest.size() : end + 1);
    return {Key::Text, inside};
  }
  if (rest[0] == '\\' && rest.size() > 1 && rest[1] == '"') {
    const Bytes quote = rest.substr(1, 1);
    rest.remove_prefix(2);
    return {Key::Text, quote};
  }
  while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xc0) == 0x80) ++size;
  const Bytes text = rest.substr(0, size);
  rest.remove_prefix(size);
  return {Key::Text, text};
}

Result<NumberPattern> NumberPattern::parse(Bytes pattern) {
  NumberPattern parsed;
  while (!pattern.empty()) {
    parsed.nodes_.push_back(take_node(pattern));
    if (parsed.nodes_.back().key != Key::Text) LK_CHECK(parsed.note(parsed.nodes_.back()));
  }
  return parsed;
}

Result<void> NumberPattern::note(const Node& node) {
  if (is_scientific_ && node.key != Key::Scientific) {
    return wrong("\"EEEE\" must be the last pattern used");
  }
  switch (node.key) {
    case Key::Nine:
      if (has_brackets_) return wrong("\"9\" must be ahead of \"PR\"");
      ++(is_moved_ ? digits_moved_ : has_point_ ? digits_behind_ : digits_before_);
      return {};
    case Key::Zero:
      if (has_brackets_) return wrong("\"0\" must be ahead of \"PR\"");
      if (!has_zero_ && !has_point_) {
        has_zero_ = true;
        zero_begin_ = digits_before_;
      }
      ++(has_point_ ? digits_behind_ : digits_before_);
      zero_end_ = digits_before_ + digits_behind_;
      return {};
    case Key::Blank:
      is_blank_ = is_blank_ || (digits_before_ == 0 && digits_behind_ == 0 && !has_zero_);
      return {};
    case Key::Point:
    case Key::Decimal:
      if (has_point_) return wrong("multiple decimal points");
      if (is_moved_) return wrong("cannot use \"V\" and decimal point together");
      has_point_ = true;
      return {};
    case Key::Fill:
      fills_ = true;
      return {};
    case Key::Roman:
      is_roman_ = true;
      return {};
    case Key::Moved:
      if (has_point_) return wrong("cannot use \"V\" and decimal point together");
      is_moved_ = true;
      return {};
    case Key::Scientific: {
      if (is_scientific_) return wrong("cannot use \"EEEE\" twice");
      const bool has_others = is_blank_ || fills_ || has_sign_ || has_brackets_ || has_minus_ ||
                              has_plus_ || is_roman_ || is_moved_;
      if (has_others) {
        return wrong("\"EEEE\" is incompatible with other formats")
            .with_detail(
                "\"EEEE\" may only be used together with digit and decimal point patterns.");
      }
      is_scientific_ = true;
      return {};
    }
    default:
      return note_sign(node.key);
  }
}

Result<void> NumberPattern::note_sign(Key key) {
  switch (key) {
    case Key::Locale:
      if (has_sign_) return wrong("cannot use \"S\" twice");
      if (has_plus_ || has_minus_ || has_brackets_) {
        return wrong("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
      }
      has_sign_ = true;
      sign_place_ = has_point_ ? SignPlace::Behind : SignPlace::Before;
      digits_before_sign_ = digits_before_;
      return {};
    case Key::Minus:
      if (has_sign_) return wrong("cannot use \"S\" and \"MI\" together");
      has_minus_ = true;
      return {};
    case Key::Plus:
      if (has_sign_) return wrong("cannot use \"S\" and \"PL\" together");
      has_plus_ = true;
      return {};
    case Key::Sign:
      if (has_sign_) return wrong("cannot use \"S\" and \"SG\" together");
      has_minus_ = has_plus_ = true;
      return {};
    case Key::Brackets:
      if (has_sign_ || has_plus_ || has_minus_) {
        return wrong("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
      }
      has_brackets_ = true;
      return {};
    default:
      return {};
  }
}

/// Writes one number. Digits are counted as the pattern has them; those that stand before the
/// number's own first are blanks or zeros.
class NumberWriter {
 public:
  using Key = NumberPattern::Key;
  using SignPlace = NumberPattern::SignPlace;

  NumberWriter(const NumberPattern& pattern, NumberPattern::Digits digits)
      : pattern_(pattern),
        number_(std::move(digits.text)),
        is_negative_(digits.is_negative),
        shows_brackets_(pattern.has_brackets_),
        sign_place_(pattern.sign_place_) {
    const int before = pattern.digits_before_ + pattern.digits_moved_;
    const auto point = std::min(number_.find('.'), number_.size());
    if (static_cast<int>(point) < before) {
      blanks_ = before - static_cast<int>(point);
    } else if (static_cast<int>(point) > before) {
      // It does not fit.
      number_.assign(static_cast<std::size_t>(before + digits.digits_behind) + 1, '#');
      number_[static_cast<std::size_t>(before)] = '.';
    }
    prepare_sign();
    last_digit_ = digits.digits_behind + before - 1;
    if (pattern.fills_ && pattern.has_point_) find_last_relevant();
    if (!sign_is_written_ && blanks_ == 0) ++last_digit_;
  }

  std::string run() {
    for (const NumberPattern::Node& node : pattern_.nodes_) write(node);
    if (end_.has_value()) out_.resize(*end_);
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kNone = std::string::npos;

  char digit() const { return at_ < number_.size() ? number_[at_] : '\0'; }
  bool ends_at_point() const { return relevant_ != kNone && number_[relevant_] == '.'; }

  void prepare_sign() {
    if (pattern_.has_plus_ || pattern_.has_minus_) {
      // MI and its kin write it where they stand. PL alone shows a plus and no minus.
      sign_is_written_ = !(pattern_.has_plus_ && !pattern_.has_minus_);
      return;
    }
    if (!is_negative_ && pattern_.fills_) shows_brackets_ = false;
    sign_is_written_ = !is_negative_ && pattern_.fills_ && !pattern_.has_sign_;
    if (sign_place_ == SignPlace::Before &&
        pattern_.digits_before_sign_ == pattern_.digits_before_ + pattern_.digits_moved_) {
      sign_place_ = SignPlace::Behind;
    }
  }

  /// The last character that FM leaves: no zeros at the end, but those that a 0 asks for.
  void find_last_relevant() {
    const std::size_t point = number_.find('.');
    if (point == std::string::npos) return;
    const std::size_t last = number_.find_last_not_of('0');
    relevant_ = std::max(point, last);
    if (pattern_.zero_end_ > blanks_) {
      const auto asked = static_cast<std::size_t>(pattern_.zero_end_ - blanks_);
      relevant_ = std::max(relevant_, std::min(asked, number_.size() - 1));
    }
  }

  /// "9.9" shows 0.1 as " .1".
  bool is_zero_before_point() const {
    return !pattern_.has_zero_ && at_ == 0 && digit() == '0' && pattern_.digits_behind_ != 0;
  }

  void write(const NumberPattern::Node& node) {
    switch (node.key) {
      case Key::Nine:
      case Key::Zero:
      case Key::Point:
      case Key::Decimal:
        return write_digit(node.key);
      case Key::Comma:
      case Key::Group:
        if (in_number_) {
          out_.push_back(',');
        } else if (!pattern_.fills_) {
          out_.push_back(' ');
        }
        return;
      case Key::Money:
        out_.push_back(' ');
        return;
      case Key::Ordinal:
        return write_ordinal(node.is_lower);
      case Key::Minus:
        return write_sign_or_blank(is_negative_, '-');
      case Key::Plus:
        return write_sign_or_blank(!is_negative_, '+');
      case Key::Sign:
        out_.push_back(is_negative_ ? '-' : '+');
        return;
      case Key::Text:
        out_ += node.text;
        return;
      default:
        return;
    }
  }

  void write_sign_or_blank(bool is_shown, char sign) {
    if (is_shown)
      out_.push_back(sign);
    else if (!pattern_.fills_)
      out_.push_back(' ');
  }

  void write_ordinal(bool is_lower) {
    if (pattern_.is_roman_ || number_[0] == '#' || is_negative_ || pattern_.has_point_) return;
    const char last = number_.back();
    const bool is_teen = number_.size() > 1 && number_[number_.size() - 2] == '1';
    const char* const ending = is_teen       ? "TH"
                               : last == '1' ? "ST"
                               : last == '2' ? "ND"
                               : last == '3' ? "RD"
                                             : "TH";
    out_ += is_lower ? to_lower(ending) : std::string(ending);
  }

  void write_digit(Key key) {
    in_number_ = false;
    const bool begins = place_ >= blanks_ || (pattern_.has_zero_ && pattern_.zero_begin_ == place_);
    if (!sign_is_written_ && begins && (!is_zero_before_point() || ends_at_point())) write_sign();
    const bool zeros_begin = pattern_.has_zero_ && pattern_.zero_begin_ <= place_;
    if (place_ < blanks_ && !zeros_begin) {
      if (!pattern_.fills_) out_.push_back(' ');
    } else if (place_ < blanks_) {
      out_.push_back('0');
      in_number_ = true;
    } else {
      write_own_digit(key);
      if (at_ < number_.size()) ++at_;
    }
    int end = last_digit_ + (blanks_ > 0 ? 1 : 0) + (pattern_.has_point_ ? 1 : 0);
    if (relevant_ != kNone && relevant_ == at_) end = place_;
    if (place_ + 1 == end) write_sign_behind();
    ++place_;
  }

  void write_own_digit(Key key) {
    if (digit() == '.') {
      if (!ends_at_point() || pattern_.fills_) out_.push_back('.');
      return;
    }
    if (relevant_ != kNone && at_ > relevant_ && key != Key::Zero) return;
    if (is_zero_before_point()) {
      if (!pattern_.fills_)
        out_.push_back(' ');
      else if (ends_at_point())
        out_.push_back('0');
      return;
    }
    if (at_ < number_.size()) {
      out_.push_back(digit());
    } else if (!end_.has_value()) {
      // A point of the pattern behind which the number has nothing ends the text.
      end_ = out_.size();
    }
    in_number_ = true;
  }

  void write_sign() {
    if (pattern_.has_sign_) {
      if (sign_place_ != SignPlace::Before) return;
      out_.push_back(is_negative_ ? '-' : '+');
    } else if (shows_brackets_) {
      out_.push_back(is_negative_ ? '<' : ' ');
    } else if (is_negative_) {
      out_.push_back('-');
    } else if (!pattern_.fills_) {
      out_.push_back(' ');
    }
    sign_is_written_ = true;
  }

  void write_sign_behind() {
    if (sign_is_written_ && shows_brackets_) {
      out_.push_back(is_negative_ ? '>' : ' ');
    } else if (pattern_.has_sign_ && sign_place_ == SignPlace::Behind) {
      out_.push_back(is_negative_ ? '-' : '+');
    }
  }

  const NumberPattern& pattern_;
  std::string number_;
  const bool is_negative_;
  bool shows_brackets_;
  SignPlace sign_place_;
  bool sign_is_written_ = false;
  bool in_number_ = false;
  int blanks_ = 0;      // places before the number's first digit
  int place_ = 0;       // in the pattern
  int last_digit_ = 0;  // as a place
  std::size_t at_ = 0;  // in the number
  std::size_t relevant_ = kNone;
  std::string out_;
  std::optional<std::size_t> end_;
};

std::string NumberPattern::format(Digits digits) const {
  return NumberWriter(*this, std::move(digits)).run();
}

std::string NumberPattern::format_roman(std::int64_t number) const {
  if (number < 1 || number > kRomanMax) return std::string(kRomanWidth, '#');
  struct Letter {
    int value;
    const char* text;
  };
  static constexpr Letter kLetters[] = {
      {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
      {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
  std::string roman;
  for (const Letter& letter : kLetters) {
    for (; number >= letter.value; number -= letter.value) roman += letter.text;
  }
  const auto node = std::find_if(nodes_.begin(), nodes_.end(),
                                 [](const Node& each) { return each.key == Key::Roman; });
  if (node != nodes_.end() && node->is_lower) roman = to_lower(roman);
  if (!fills_) roman.insert(0, kRomanWidth - roman.size(), ' ');
  return roman;
}

/// Reads a number as far as the pattern and the text go. A digit of the pattern takes one character
/// of the text, whether that is a digit or not; so does a character that means nothing.
class NumberReader {
 public:
  using Key = NumberPattern::Key;
  NumberReader(const NumberPattern& pattern, Bytes text) : pattern_(pattern), text_(text) {}

  NumberPattern::Read run() {
    for (const NumberPattern::Node& node : pattern_.nodes_) {
      if (at_end()) break;
      read(node);
    }
    if (digits_.ends_with('.')) digits_.pop_back();
    return {sign_ + digits_, behind_};
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char current() const { return at_end() ? '\0' : text_[at_]; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  bool has_digits() const { return before_ + behind_ > 0; }
  bool has_sign() const { return sign_ != " "; }

  void skip_character() {
    if (at_end()) return;
    ++at_;
    while (!at_end() && (static_cast<unsigned char>(current()) & 0xc0) == 0x80) ++at_;
  }
  /// Passes over what cannot be of a number.
  void skip_others(int count) {
    for (; count > 0 && !at_end() && Bytes("0123456789.,+-").find(current()) == Bytes::npos;
         --count)
      skip_character();
  }

  void read(const NumberPattern::Node& node) {
    switch (node.key) {
      case Key::Nine:
      case Key::Zero:
      case Key::Point:
      case Key::Decimal:
        return read_digit(node.key);
      case Key::Comma:
      case Key::Group:
        if (!pattern_.fills_ && current() == ',') ++at_;
        return;
      case Key::Minus:
        return read_sign("-");
      case Key::Plus:
        return read_sign("+");
      case Key::Sign:
        return read_sign("+-");
      case Key::Money:
        return skip_others(1);
      case Key::Ordinal:
        if (!pattern_.has_point_ && sign_ != "-") skip_others(2);
        return;
      case Key::Text:
        for (const char c : node.text) {
          if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) skip_character();
        }
        return;
      default:
        return;
    }
  }

  void read_sign(Bytes signs) {
    if (signs.find(current()) == Bytes::npos) return skip_others(1);
    sign_ = current();
    ++at_;
  }

  void read_digit(Key key) {
    if (current() == ' ') ++at_;
    const bool is_digit_key = key == Key::Nine || key == Key::Zero;
    if (!at_end() && !has_sign() && is_digit_key && !has_digits()) read_sign_before();
    if (at_end()) return;
    bool is_read = false;
    if (is_digit(current())) {
      if (has_point_ && behind_ == pattern_.digits_behind_ + pattern_.digits_moved_) {
        ++at_;
        return;
      }
      digits_.push_back(current());
      ++(has_point_ ? behind_ : before_);
      is_read = true;
    } else if (pattern_.has_point_ && !has_point_ && current() == '.') {
      digits_.push_back('.');
      has_point_ = true;
      is_read = true;
    }
    if (!has_sign() && has_digits()) read_sign_behind(is_read);
    skip_character();
  }

  void read_sign_before() {
    const bool anchored =
        pattern_.has_sign_ && pattern_.sign_place_ != NumberPattern::SignPlace::Before;
    if (anchored) return;
    const char c = current();
    if (c == '-' || (pattern_.has_brackets_ && c == '<')) {
      sign_ = "-";
      ++at_;
    } else if (c == '+') {
      sign_ = "+";
      ++at_;
    }
  }

  /// S stands right behind the last digit; MI and its kin may stand anywhere behind it.
  void read_sign_behind(bool is_read) {
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (pattern_.has_sign_ && is_read && (next == '-' || next == '+')) {
      sign_ = next;
      ++at_;
    } else if (!is_read && !pattern_.has_sign_ && (pattern_.has_plus_ || pattern_.has_minus_) &&
               (current() == '-' || current() == '+')) {
      sign_ = current();
    }
  }

  const NumberPattern& pattern_;
  const Bytes text_;
  std::size_t at_ = 0;
  std::string sign_ = " ";
  std::string digits_;
  int before_ = 0;
  int behind_ = 0;
  bool has_point_ = false;
};

NumberPattern::Read NumberPattern::read(Bytes text) const {
  return NumberReader(*this, text).run();
}

}  // namespace latchkey::sql
