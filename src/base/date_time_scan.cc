#include "base/date_time_scan.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/date_time_fields.h"
#include "base/date_time_names.h"
#include "base/date_time_values.h"
#include "base/text.h"

namespace latchkey {

namespace {

DateTimeError bad_format(std::string message, std::string detail) {
  return DateTimeError(DateTimeFault::BadFormat, std::move(message)).with_detail(std::move(detail));
}

std::string quoted(Bytes text) { return '"' + std::string(text) + '"'; }

/// So many bytes of a text, but whole characters and at least one.
std::string quoted_front(Bytes text, std::size_t bytes) {
  if (text.empty()) return quoted(text);
  return quoted(cut_for_message(text, std::max(bytes, character_bytes(text))));
}

/// The year nearest to 2020 that ends in the given digits, of which there are three at most.
std::int32_t nearest_to_2020(std::int32_t year) {
  if (year < 70) return year + 2'000;
  if (year < 100) return year + 1'900;
  if (year < 520) return year + 2'000;
  if (year < 1'000) return year + 1'000;
  return year;
}

/// What a fraction of so many digits is in millionths, when one digit is worth `first`.
std::int32_t scaled(std::int32_t value, std::size_t digits, std::int32_t first) {
  std::int32_t factor = first;
  for (std::size_t digit = 1; digit < digits && factor > 1; ++digit) factor /= 10;
  std::int32_t product = 0;
  // What does not fit is out of range as well when it is cut off.
  if (__builtin_mul_overflow(value, factor, &product)) return std::numeric_limits<int>::max();
  return product;
}

class Scanner {
 public:
  Scanner(Bytes text, const std::vector<PatternNode>& nodes) : text_(text), nodes_(nodes) {}

  /// Returns whether all went well; the error is then null.
  bool run() {
    for (index_ = 0; index_ < nodes_.size() && at_ < text_.size(); ++index_) {
      const PatternNode& node = nodes_[index_];
      const bool is_key = node.kind == PatternNode::Kind::Key;
      const bool is_switch = is_key && node.key == PatternKey::FixedWidth;
      if (!fixed_width_ && !is_switch && (is_key || index_ == 0)) skip_spaces();
      if (is_key) {
        if (!take_convention(node) || !take_key(node)) return false;
        if (fixed_width_) continue;
        extra_skipped_ = 0;
        skip_spaces();
      } else if (node.kind == PatternNode::Kind::Text) {
        pass_over_text();
      } else {
        pass_over_separator();
      }
    }
    return true;
  }

  const ScannedFields& fields() const { return fields_; }
  DateTimeError&& error() && { return std::move(*error_); }

 private:
  char current() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Bytes rest() const { return text_.substr(std::min(at_, text_.size())); }

  bool fail(DateTimeError error) {
    error_ = std::move(error);
    return false;
  }

  void skip_spaces() {
    for (; at_ < text_.size() && is_space(text_[at_]); ++at_) ++extra_skipped_;
  }
  void skip_character() {
    if (at_ < text_.size()) at_ += character_bytes(rest());
  }

  void pass_over_separator() {
    if (fixed_width_) return skip_character();
    --extra_skipped_;
    if (at_ >= text_.size() || !(is_space(current()) || is_separator(current()))) return;
    ++at_;
    ++extra_skipped_;
  }

  /// Characters that were skipped without being asked for may have been the ones meant here.
  void pass_over_text() {
    if (fixed_width_) return skip_character();
    if (extra_skipped_ > 0) {
      --extra_skipped_;
    } else {
      skip_character();
    }
  }

  void skip_ordinal(const PatternNode& node) {
    if (node.ordinal == Ordinal::None) return;
    skip_character();
    skip_character();
  }

  bool take_convention(const PatternNode& node) {
    if (node.convention == DateConvention::None) return true;
    if (fields_.convention == DateConvention::None) fields_.convention = node.convention;
    if (fields_.convention == node.convention) return true;
    return fail(DateTimeError(DateTimeFault::BadFormat, "invalid combination of date conventions")
                    .with_hint("Do not mix Gregorian and ISO week date conventions in a formatting "
                               "template."));
  }

  bool set(std::int32_t& field, std::int32_t value, const PatternNode& node) {
    if (field != 0 && field != value) {
      return fail(
          bad_format("conflicting values for " + quoted(node.text) + " field in formatting string",
                     "This value contradicts a previous setting for the same field type."));
    }
    field = value;
    return true;
  }

  /// Whether what follows in the text cannot be a digit of the next field, so that this one may
  /// have as many as it likes.
  bool ends_by_itself(const PatternNode& node) const {
    if (node.fill_mode || node.ordinal != Ordinal::None) return true;
    if (index_ + 1 == nodes_.size()) return true;
    const PatternNode& next = nodes_[index_ + 1];
    if (next.kind == PatternNode::Kind::Key) return !next.is_digits;
    return !(next.text.size() == 1 && is_digit(next.text.front()));
  }

  bool take_number(std::int32_t& field, std::size_t digits) {
    std::size_t taken = 0;
    return take_number(field, digits, taken);
  }

  /// Reads a number into the field; `taken` is how much of the text it was.
  bool take_number(std::int32_t& field, std::size_t digits, std::size_t& taken) {
    const PatternNode& node = nodes_[index_];
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    const Bytes after_spaces = rest();
    LeadingInteger64 number;
    if (ends_by_itself(node)) {
      const Bytes from_begin = text_.substr(begin);
      number = read_leading_integer64(from_begin);
      at_ = begin + (from_begin.size() - number.rest.size());
    } else {
      if (!take_exactly(after_spaces, digits, number)) return false;
    }
    if (at_ == begin) {
      return fail(bad_format(
          "invalid value " + quoted_front(after_spaces, digits) + " for " + quoted(node.text),
          "Value must be an integer."));
    }
    const auto value = static_cast<std::int32_t>(number.value);
    if (number.out_of_range || value != number.value) {
      return fail(DateTimeError(DateTimeFault::OutOfRange, "value for " + quoted(node.text) +
                                                               " in source string is out of range")
                      .with_detail("Value must be in the range -2147483648 to 2147483647."));
    }
    taken = at_ - begin;
    return set(field, value, node);
  }

  bool take_exactly(Bytes text, std::size_t digits, LeadingInteger64& number) {
    constexpr const char* kHint =
        "If your source string is not fixed-width, try using the \"FM\" modifier.";
    const PatternNode& node = nodes_[index_];
    const std::string requires_text =
        "Field requires " + std::to_string(digits) + " characters, but only ";
    if (text.size() < digits) {
      return fail(
          bad_format("source string too short for " + quoted(node.text) + " formatting field",
                     requires_text + std::to_string(text.size()) + " remain.")
              .with_hint(kHint));
    }
    number = read_leading_integer64(text.substr(0, digits));
    const std::size_t used = digits - number.rest.size();
    if (used > 0 && used < digits) {
      return fail(
          bad_format("invalid value " + quoted_front(text, digits) + " for " + quoted(node.text),
                     requires_text + std::to_string(used) + " could be parsed.")
              .with_hint(kHint));
    }
    at_ += used;
    return true;
  }

  /// A number with as many digits as its key has letters, and what may follow it.
  bool take_plain(std::int32_t& field) {
    const PatternNode& node = nodes_[index_];
    if (!take_number(field, node.text.size())) return false;
    skip_ordinal(node);
    return true;
  }
  bool take_plain(std::int32_t& field, std::size_t digits) {
    if (!take_number(field, digits)) return false;
    skip_ordinal(nodes_[index_]);
    return true;
  }

  /// Takes the first of the words that the text begins with, in any case of letters. A word that is
  /// longer than `word_bytes` counts only up to there.
  std::optional<std::size_t> take_word(std::span<const Bytes> words,
                                       std::size_t word_bytes = Bytes::npos) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const Bytes word = words[i].substr(0, word_bytes);
      if (!equals_ignore_case(rest().substr(0, word.size()), word)) continue;
      at_ += word.size();
      return i;
    }
    const Bytes shown = rest().substr(0, rest().find_first_of(" \t\n\r\f"));
    fail(bad_format("invalid value " + quoted(shown) + " for " + quoted(nodes_[index_].text),
                    "The given value did not match any of the allowed values for this field."));
    return std::nullopt;
  }

  bool take_key(const PatternNode& node) {
    switch (node.key) {
      case PatternKey::FixedWidth:
        fixed_width_ = true;
        return true;
      case PatternKey::HalfDayWithDots:
      case PatternKey::HalfDay:
        return take_half_of_day(node);
      case PatternKey::EraWithDots:
      case PatternKey::Era:
        return take_era(node);
      case PatternKey::Hour12:
        fields_.is_12_hour_clock = true;
        return take_plain(fields_.hour, 2);
      case PatternKey::Hour24:
        return take_plain(fields_.hour, 2);
      case PatternKey::Minute:
        return take_plain(fields_.minute);
      case PatternKey::Second:
        return take_plain(fields_.second);
      case PatternKey::SecondOfDay:
        return take_plain(fields_.second_of_day);
      case PatternKey::Milliseconds:
        return take_fraction(fields_.milliseconds, {.digits = 3, .first = 100});
      case PatternKey::Microseconds:
        return take_fraction(fields_.microseconds, {.digits = 6, .first = 100'000});
      case PatternKey::Fraction1:
      case PatternKey::Fraction2:
      case PatternKey::Fraction3:
      case PatternKey::Fraction4:
      case PatternKey::Fraction5:
      case PatternKey::Fraction6: {
        const int digits = static_cast<int>(node.key) - static_cast<int>(PatternKey::Fraction1) + 1;
        fields_.fraction_digits = digits;
        return take_fraction(fields_.microseconds,
                             {.digits = static_cast<std::size_t>(digits), .first = 100'000});
      }
      case PatternKey::Zone:
      case PatternKey::Offset:
        return fail({DateTimeFault::NotSupported,
                     "formatting field " + quoted(node.text) + " is only supported in to_char"});
      case PatternKey::ZoneHours:
        return take_zone_hours();
      case PatternKey::ZoneMinutes:
        if (fields_.zone_sign == 0) fields_.zone_sign = 1;
        return take_number(fields_.zone_minutes, 2);
      default:
        return take_key_of_date(node);
    }
  }

  bool take_key_of_date(const PatternNode& node) {
    switch (node.key) {
      case PatternKey::MonthName:
        return take_month(node, take_word(kMonthNames));
      case PatternKey::MonthShort:
        return take_month(node, take_word(kMonthNames, kShortNameBytes));
      case PatternKey::RomanMonth: {
        const auto from_december = take_word(kRomanMonthsFromDecember);
        return take_month(node, from_december ? std::optional(11 - *from_december) : std::nullopt);
      }
      case PatternKey::MonthNumber:
        return take_plain(fields_.month);
      case PatternKey::DayName:
        return take_weekday(node, take_word(kDayNames));
      case PatternKey::DayShort:
        return take_weekday(node, take_word(kDayNames, kShortNameBytes));
      case PatternKey::DayOfYear:
      case PatternKey::IsoDayOfYear:
        return take_plain(fields_.day_of_year, 3);
      case PatternKey::DayOfMonth:
        return take_plain(fields_.day);
      case PatternKey::DayOfWeek:
        return take_plain(fields_.day_of_week);
      case PatternKey::IsoDayOfWeek:
        if (!take_number(fields_.day_of_week, 1)) return false;
        // From Monday as the first day to Sunday as the first.
        fields_.day_of_week = fields_.day_of_week >= 7 ? 1 : fields_.day_of_week + 1;
        skip_ordinal(node);
        return true;
      case PatternKey::WeekOfYear:
      case PatternKey::IsoWeek:
        return take_plain(fields_.week);
      case PatternKey::WeekOfMonth:
        return take_plain(fields_.week_of_month);
      case PatternKey::Quarter: {
        // Which of its days is meant nobody can tell, so it is read and has no effect.
        std::int32_t quarter = 0;
        return take_plain(quarter);
      }
      case PatternKey::Century:
        return take_plain(fields_.century);
      case PatternKey::Julian:
        return take_plain(fields_.julian);
      default:
        return take_year(node);
    }
  }

  bool take_year(const PatternNode& node) {
    switch (node.key) {
      case PatternKey::YearWithComma:
        return take_year_with_comma(node);
      case PatternKey::Year4:
      case PatternKey::IsoYear4:
        fields_.year_digits = 4;
        return take_plain(fields_.year);
      case PatternKey::Year3:
      case PatternKey::IsoYear3:
        return take_short_year(3);
      case PatternKey::Year2:
      case PatternKey::IsoYear2:
        return take_short_year(2);
      default:
        return take_short_year(1);
    }
  }

  bool take_short_year(std::size_t digits) {
    std::size_t taken = 0;
    if (!take_number(fields_.year, digits, taken)) return false;
    if (taken < 4) fields_.year = nearest_to_2020(fields_.year);
    fields_.year_digits = static_cast<std::int32_t>(digits);
    skip_ordinal(nodes_[index_]);
    return true;
  }

  /// "2,020".
  bool take_year_with_comma(const PatternNode& node) {
    const DateTimeError invalid(DateTimeFault::BadFormat, "invalid input string for \"Y,YYY\"");
    const LeadingInteger64 thousands = read_leading_integer64(rest());
    const bool has_comma = thousands.rest.size() < rest().size() && thousands.rest.starts_with(',');
    if (!has_comma) return fail(invalid);
    Bytes after_comma = thousands.rest.substr(1);
    while (!after_comma.empty() && is_space(after_comma.front())) after_comma.remove_prefix(1);
    const Bytes three = after_comma.substr(0, 3);
    const LeadingInteger64 years = read_leading_integer64(three);
    if (years.rest.size() == three.size()) return fail(invalid);
    at_ = text_.size() - after_comma.size() + (three.size() - years.rest.size());

    std::int32_t year = 0;
    if (__builtin_mul_overflow(static_cast<std::int32_t>(thousands.value), 1'000, &year) ||
        __builtin_add_overflow(year, static_cast<std::int32_t>(years.value), &year)) {
      return fail(
          {DateTimeFault::OutOfRange, "value for \"Y,YYY\" in source string is out of range"});
    }
    if (!set(fields_.year, year, node)) return false;
    fields_.year_digits = 4;
    skip_ordinal(node);
    return true;
  }

  struct Fraction {
    std::size_t digits;
    std::int32_t first;  // what the first digit is worth
  };
  bool take_fraction(std::int32_t& field, Fraction fraction) {
    std::size_t taken = 0;
    if (!take_number(field, fraction.digits, taken)) return false;
    field = scaled(field, taken, fraction.first);
    skip_ordinal(nodes_[index_]);
    return true;
  }

  bool take_month(const PatternNode& node, std::optional<std::size_t> month) {
    return month && set(fields_.month, static_cast<std::int32_t>(*month) + 1, node);
  }

  bool take_weekday(const PatternNode& node, std::optional<std::size_t> weekday) {
    if (!weekday || !set(fields_.day_of_week, static_cast<std::int32_t>(*weekday), node))
      return false;
    ++fields_.day_of_week;
    return true;
  }

  bool take_half_of_day(const PatternNode& node) {
    static constexpr std::array<Bytes, 2> kPlain = {"am", "pm"};
    static constexpr std::array<Bytes, 2> kWithDots = {"a.m.", "p.m."};
    const auto half = take_word(node.key == PatternKey::HalfDay ? kPlain : kWithDots);
    if (!half || !set(fields_.is_pm, static_cast<std::int32_t>(*half), node)) return false;
    fields_.is_12_hour_clock = true;
    return true;
  }

  bool take_era(const PatternNode& node) {
    static constexpr std::array<Bytes, 2> kPlain = {"ad", "bc"};
    static constexpr std::array<Bytes, 2> kWithDots = {"a.d.", "b.c."};
    const auto era = take_word(node.key == PatternKey::Era ? kPlain : kWithDots);
    return era && set(fields_.is_before_christ, static_cast<std::int32_t>(*era), node);
  }

  /// The minus may have been taken for a separator already.
  bool take_zone_hours() {
    if (current() == '+' || current() == '-' || current() == ' ') {
      fields_.zone_sign = current() == '-' ? -1 : 1;
      ++at_;
    } else {
      fields_.zone_sign = extra_skipped_ > 0 && at_ > 0 && text_[at_ - 1] == '-' ? -1 : 1;
    }
    return take_number(fields_.zone_hours, 2);
  }

  const Bytes text_;
  const std::vector<PatternNode>& nodes_;
  std::size_t at_ = 0;     // in the text
  std::size_t index_ = 0;  // of the node
  ScannedFields fields_;
  std::optional<DateTimeError> error_;
  bool fixed_width_ = false;
  /// How many more characters of the text were passed over than the pattern has asked for.
  std::int64_t extra_skipped_ = 0;
};

}  // namespace

DateTimeResult<ScannedFields> scan_by_pattern(Bytes text, Bytes pattern) {
  const std::vector<PatternNode> nodes = parse_pattern(pattern);
  Scanner scanner(text, nodes);
  if (!scanner.run()) return std::move(scanner).error();
  return scanner.fields();
}

}  // namespace latchkey
