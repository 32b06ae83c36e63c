#include "base/date_time_format.h"

#include <cstdlib>

#include "base/calendar.h"
#include "base/date_time_names.h"
#include "base/date_time_pattern.h"
#include "base/date_time_text.h"
#include "base/text.h"

namespace latchkey {

namespace {

/// Names of months and days are shown in a column of the longest of them, Roman numbers, too.
constexpr std::size_t kNameWidth = 9;
constexpr std::size_t kRomanWidth = 4;

/// What a pattern can show. Of an interval year, month and day are its parts, each with a sign.
struct Shown {
  CivilDate date;
  ClockTime time;
  int weekday = 0;
  std::int64_t day_of_year = 0;
  std::int32_t utc_offset_seconds = 0;
  Bytes zone;  // its abbreviation, if there is one
  bool is_interval = false;

  /// Years are shown without a year 0.
  std::int64_t year(std::int64_t counted) const {
    return is_interval || counted > 0 ? counted : 1 - counted;
  }
};

bool needs_calendar(PatternKey key) {
  switch (key) {
    case PatternKey::EraWithDots:
    case PatternKey::Era:
    case PatternKey::DayName:
    case PatternKey::DayShort:
    case PatternKey::DayOfWeek:
    case PatternKey::IsoDayOfWeek:
    case PatternKey::MonthName:
    case PatternKey::MonthShort:
    case PatternKey::Offset:
    case PatternKey::Zone:
    case PatternKey::ZoneHours:
    case PatternKey::ZoneMinutes:
      return true;
    default:
      return false;
  }
}

class PatternWriter {
 public:
  PatternWriter(const Shown& shown, std::string& out) : shown_(shown), out_(out) {}

  void write(const PatternNode& node) {
    if (node.kind == PatternNode::Kind::Key) {
      write_key(node);
    } else {
      out_ += node.text;
    }
  }

 private:
  void write_key(const PatternNode& node) {
    switch (node.key) {
      case PatternKey::EraWithDots:
        return write_word(shown_.date.year <= 0 ? "B.C." : "A.D.", node);
      case PatternKey::Era:
        return write_word(shown_.date.year <= 0 ? "BC" : "AD", node);
      case PatternKey::HalfDayWithDots:
        return write_word(is_afternoon() ? "P.M." : "A.M.", node);
      case PatternKey::HalfDay:
        return write_word(is_afternoon() ? "PM" : "AM", node);
      case PatternKey::DayName:
        return write_name(kDayNames[static_cast<std::size_t>(shown_.weekday)], node);
      case PatternKey::DayShort:
        return write_word(
            kDayNames[static_cast<std::size_t>(shown_.weekday)].substr(0, kShortNameBytes), node);
      case PatternKey::MonthName:
        return write_name(month_name(), node);
      case PatternKey::MonthShort:
        return write_word(month_name().substr(0, kShortNameBytes), node);
      case PatternKey::RomanMonth:
        return write_roman_month(node);
      case PatternKey::Zone:
        return write_word(shown_.zone, node);
      case PatternKey::Offset:
        return write_offset(node);
      case PatternKey::ZoneHours:
        out_ += shown_.utc_offset_seconds < 0 ? '-' : '+';
        return append_padded(out_, std::abs(shown_.utc_offset_seconds) / 3'600, 2);
      case PatternKey::ZoneMinutes:
        return append_padded(out_, std::abs(shown_.utc_offset_seconds) / 60 % 60, 2);
      case PatternKey::FixedWidth:
        return;
      default:
        return write_number(node);
    }
  }

  // Of text.

  void write_word(Bytes word, const PatternNode& node) {
    switch (node.letters) {
      case LetterCase::Upper:
        out_ += to_upper(word);
        break;
      case LetterCase::Lower:
        out_ += to_lower(word);
        break;
      case LetterCase::Capitalized:
        out_ += word;
        break;
    }
  }

  void write_name(Bytes name, const PatternNode& node) {
    write_word(name, node);
    if (!node.fill_mode && !node.translated) out_.append(kNameWidth - name.size(), ' ');
  }

  void write_roman_month(const PatternNode& node) {
    const std::int32_t month = shown_.date.month;
    if (month == 0 && shown_.date.year == 0) return;
    // A year of an interval is its twelfth month, and -1 month is a December, too.
    std::int32_t from_december = kMonthsPerYear - month;
    if (month == 0) from_december = shown_.date.year >= 0 ? 0 : kMonthsPerYear - 1;
    if (month < 0) from_december = -(month + 1);
    const Bytes number = kRomanMonthsFromDecember[static_cast<std::size_t>(from_december)];
    write_word(number, node);
    if (!node.fill_mode) out_.append(kRomanWidth - number.size(), ' ');
  }

  void write_offset(const PatternNode& node) {
    const std::int32_t seconds = std::abs(shown_.utc_offset_seconds);
    out_ += shown_.utc_offset_seconds < 0 ? '-' : '+';
    append_padded(out_, seconds / 3'600, node.fill_mode ? 0 : 2);
    if (seconds % 3'600 == 0) return;
    out_ += ':';
    append_padded(out_, seconds / 60 % 60, 2);
  }

  bool is_afternoon() const { return shown_.time.hour % 24 >= 12; }
  Bytes month_name() const { return kMonthNames[static_cast<std::size_t>(shown_.date.month - 1)]; }

  // Of numbers.

  void write_number(const PatternNode& node) {
    const std::size_t begin = out_.size();
    write_digits(node);
    if (node.ordinal != Ordinal::None && out_.size() > begin)
      write_ordinal(node.ordinal, Bytes(out_).substr(begin));
  }

  void write_digits(const PatternNode& node) {
    const std::int32_t microsecond = shown_.time.microsecond;
    switch (node.key) {
      case PatternKey::Hour24:
        return write_signed(shown_.time.hour, shown_.time.hour, {node, 2});
      case PatternKey::Hour12:
        return write_signed(shown_.time.hour % 12 == 0 ? 12 : shown_.time.hour % 12,
                            shown_.time.hour, {node, 2});
      case PatternKey::Minute:
        return write_signed(shown_.time.minute, shown_.time.minute, {node, 2});
      case PatternKey::Second:
        return write_signed(shown_.time.second, shown_.time.second, {node, 2});
      case PatternKey::SecondOfDay:
        return append_padded(out_, shown_.time.seconds(), 0);
      case PatternKey::Fraction1:
        return append_padded(out_, microsecond / 100'000, 1);
      case PatternKey::Fraction2:
        return append_padded(out_, microsecond / 10'000, 2);
      case PatternKey::Fraction3:
      case PatternKey::Milliseconds:
        return append_padded(out_, microsecond / 1'000, 3);
      case PatternKey::Fraction4:
        return append_padded(out_, microsecond / 100, 4);
      case PatternKey::Fraction5:
        return append_padded(out_, microsecond / 10, 5);
      case PatternKey::Fraction6:
      case PatternKey::Microseconds:
        return append_padded(out_, microsecond, 6);
      default:
        return write_digits_of_date(node);
    }
  }

  void write_digits_of_date(const PatternNode& node) {
    const CivilDate date = shown_.date;
    switch (node.key) {
      case PatternKey::DayOfMonth:
        return write_plain(date.day, {node, 2});
      case PatternKey::DayOfYear:
        return write_plain(shown_.day_of_year, {node, 3});
      case PatternKey::IsoDayOfYear:
        return write_plain(iso_day_of_year(date), {node, 3});
      case PatternKey::DayOfWeek:
        return append_padded(out_, shown_.weekday + 1, 0);
      case PatternKey::IsoDayOfWeek:
        return append_padded(out_, shown_.weekday == 0 ? 7 : shown_.weekday, 0);
      case PatternKey::WeekOfYear:
        return write_plain((shown_.day_of_year - 1) / 7 + 1, {node, 2});
      case PatternKey::IsoWeek:
        return write_plain(iso_week(date), {node, 2});
      case PatternKey::WeekOfMonth:
        return append_padded(out_, (date.day - 1) / 7 + 1, 0);
      case PatternKey::MonthNumber:
        return write_signed(date.month, date.month, {node, 2});
      case PatternKey::Quarter:
        if (date.month != 0) append_padded(out_, (date.month - 1) / 3 + 1, 0);
        return;
      case PatternKey::Julian:
        return append_padded(out_, julian_day(date), 0);
      default:
        return write_digits_of_year(node);
    }
  }

  void write_digits_of_year(const PatternNode& node) {
    const std::int64_t year = shown_.year(shown_.date.year);
    const auto iso = [this] { return shown_.year(iso_year(shown_.date)); };
    switch (node.key) {
      case PatternKey::Century:
        return write_century(node);
      case PatternKey::YearWithComma:
        append_padded(out_, year / 1'000, 0);
        out_ += ',';
        return append_padded(out_, year % 1'000, 3);
      case PatternKey::Year4:
        return write_signed(year, year, {node, 4});
      case PatternKey::Year3:
        return write_signed(year % 1'000, year, {node, 3});
      case PatternKey::Year2:
        return write_signed(year % 100, year, {node, 2});
      case PatternKey::Year1:
        return append_padded(out_, year % 10, 1);
      case PatternKey::IsoYear4:
        return write_signed(iso(), year, {node, 4});
      case PatternKey::IsoYear3:
        return write_signed(iso() % 1'000, year, {node, 3});
      case PatternKey::IsoYear2:
        return write_signed(iso() % 100, year, {node, 2});
      case PatternKey::IsoYear1:
        return append_padded(out_, iso() % 10, 1);
      default:
        return;
    }
  }

  void write_century(const PatternNode& node) {
    const std::int64_t year = shown_.date.year;
    std::int64_t century = year / 100;
    if (!shown_.is_interval) century = year > 0 ? (year - 1) / 100 + 1 : year / 100 - 1;
    const bool is_short = century <= 99 && century >= -99;
    write_signed(century, century, {node, is_short ? std::size_t{2} : 0});
  }

  struct Column {
    const PatternNode& node;
    std::size_t width;
  };
  void write_plain(std::int64_t value, Column column) {
    append_padded(out_, value, column.node.fill_mode ? 0 : column.width);
  }
  /// With room for a sign if `sign_of` has one.
  void write_signed(std::int64_t value, std::int64_t sign_of, Column column) {
    write_plain(value, {column.node, column.width + (sign_of < 0 && column.width > 0 ? 1 : 0)});
  }

  /// 1st, 2nd, 3rd, 4th, 11th.
  void write_ordinal(Ordinal ordinal, Bytes number) {
    const bool is_teen = number.size() > 1 && number[number.size() - 2] == '1';
    Bytes ending = "th";
    if (!is_teen && number.back() == '1') ending = "st";
    if (!is_teen && number.back() == '2') ending = "nd";
    if (!is_teen && number.back() == '3') ending = "rd";
    out_ += ordinal == Ordinal::Upper ? to_upper(ending) : std::string(ending);
  }

  const Shown& shown_;
  std::string& out_;
};

std::string write_pattern(const Shown& shown, const std::vector<PatternNode>& nodes) {
  std::string out;
  PatternWriter writer(shown, out);
  for (const PatternNode& node : nodes) writer.write(node);
  return out;
}

Shown shown_clock(const CivilDateTime& clock) {
  Shown shown;
  shown.date = clock.date;
  shown.time = clock.time;
  shown.weekday = weekday_of_julian(julian_day(clock.date));
  shown.day_of_year = day_of_year(clock.date);
  return shown;
}

Shown shown_interval(const Interval& value) {
  Shown shown;
  shown.date = {value.months / kMonthsPerYear, value.months % kMonthsPerYear, value.days};
  shown.time = clock_from_micros(value.microseconds);
  shown.day_of_year = std::int64_t{value.months} * kDaysPerMonth + value.days;
  shown.is_interval = true;
  return shown;
}

}  // namespace

std::optional<std::string> to_char(Timestamp value, Bytes pattern) {
  if (pattern.empty() || !value.is_finite()) return std::nullopt;
  return write_pattern(shown_clock(civil_from_micros(value.microseconds)), parse_pattern(pattern));
}

std::optional<std::string> to_char(TimestampTz value, Bytes pattern, const TimeZone& zone) {
  if (pattern.empty() || !value.is_finite()) return std::nullopt;
  const ZonedClock clock = clock_in_zone(value, zone);
  Shown shown = shown_clock(clock.civil);
  shown.utc_offset_seconds = clock.utc_offset_seconds;
  shown.zone = clock.abbreviation;
  return write_pattern(shown, parse_pattern(pattern));
}

DateTimeResult<std::optional<std::string>> to_char(const Interval& value, Bytes pattern) {
  if (pattern.empty()) return std::optional<std::string>();
  const std::vector<PatternNode> nodes = parse_pattern(pattern);
  for (const PatternNode& node : nodes) {
    if (node.kind != PatternNode::Kind::Key || !needs_calendar(node.key)) continue;
    return DateTimeError(DateTimeFault::BadFormat,
                         "invalid format specification for an interval value")
        .with_hint("Intervals are not tied to specific calendar dates.");
  }
  return std::optional(write_pattern(shown_interval(value), nodes));
}

}  // namespace latchkey
