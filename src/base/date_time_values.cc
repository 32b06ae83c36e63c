#include "base/date_time_values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/date_time_fields.h"
#include "base/date_time_words.h"

namespace latchkey {

namespace {

constexpr std::int32_t kDisplacementHoursMax = 15;
constexpr int kDayOfYearMax = 366;

/// The digits at the end of a run, as a number. A year may have more of them than fit; it wraps,
/// and is then as far out of range as before.
std::int32_t wrapped_number(Bytes digits) {
  const LeadingInteger64 read = read_leading_integer64(digits);
  return static_cast<std::int32_t>(read.value);
}

/// The runs of letters and of digits in a date. One character after each is dropped, whatever it
/// is.
struct DatePieces {
  static constexpr std::size_t kPiecesMax = 25;

  std::array<Bytes, kPiecesMax> items;
  std::size_t count = 0;
};

bool split_date(Bytes text, DatePieces& pieces) {
  const auto is_piece = [](char c) { return is_digit(c) || is_letter(c); };
  std::size_t at = 0;
  while (at < text.size() && pieces.count < DatePieces::kPiecesMax) {
    while (at < text.size() && !is_piece(text[at])) ++at;
    if (at == text.size()) return false;
    const auto belongs = is_digit(text[at]) ? is_digit : is_letter;
    const std::size_t begin = at;
    while (at < text.size() && belongs(text[at])) ++at;
    pieces.items[pieces.count++] = text.substr(begin, at - begin);
    ++at;
  }
  return true;
}

/// Reads the month from pieces that are words, which are empty then.
DecodeOutcome decode_month_word(DatePieces& pieces, Known& known, DateTimeParts& parts,
                                FieldSet& found) {
  for (std::size_t i = 0; i < pieces.count; ++i) {
    Bytes& piece = pieces.items[i];
    if (!is_letter(piece.front())) continue;
    const auto word = find_date_word(piece);
    if (!word) return DecodeOutcome::BadFormat;
    if (word->kind == DateWordKind::Ignored) continue;
    if (word->kind != DateWordKind::Month) return DecodeOutcome::BadFormat;
    if ((known.fields & field::kMonth) != 0) return DecodeOutcome::BadFormat;
    parts.date.month = word->value;
    known.month_was_a_word = true;
    known.fields |= field::kMonth;
    found |= field::kMonth;
    piece = {};
  }
  return DecodeOutcome::Fine;
}

/// Which part of a date a number is, after those that are known. None: the parts that are known do
/// not follow one another in any order.
FieldSet next_field_of_date(Known known, std::size_t digit_count) {
  const bool long_enough_for_year = digit_count >= 3;
  switch (known.fields & field::kDate) {
    case 0:
      if (long_enough_for_year || known.order == DateOrder::YearMonthDay) return field::kYear;
      return known.order == DateOrder::DayMonthYear ? field::kDay : field::kMonth;
    case field::kYear:
    case field::kDay:
      return field::kMonth;
    case field::kMonth:
      return known.month_was_a_word &&
                     (long_enough_for_year || known.order == DateOrder::YearMonthDay)
                 ? field::kYear
                 : field::kDay;
    case field::kYear | field::kMonth:
      return field::kDay;
    case field::kMonth | field::kDay:
      return field::kYear;
    default:
      return 0;
  }
}

}  // namespace

LeadingInteger64 read_leading_integer64(Bytes text) {
  std::size_t at = 0;
  while (at < text.size() && is_space(text[at])) ++at;
  const bool negative = at < text.size() && text[at] == '-';
  if (negative || (at < text.size() && text[at] == '+')) ++at;
  if (at == text.size() || !is_digit(text[at])) return {0, false, text};
  // Counted downwards, because there is one more negative number.
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::int64_t value = 0;
  bool out_of_range = false;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    out_of_range = out_of_range || __builtin_mul_overflow(value, 10, &value) ||
                   __builtin_sub_overflow(value, text[at] - '0', &value);
  }
  out_of_range = out_of_range || (!negative && value == kMin);
  if (out_of_range) return {negative ? kMin : kMax, true, text.substr(at)};
  return {negative ? value : -value, false, text.substr(at)};
}

LeadingInteger read_leading_integer(Bytes text) {
  const LeadingInteger64 read = read_leading_integer64(text);
  const auto value = static_cast<std::int32_t>(read.value);
  return {value, read.out_of_range || value != read.value, read.rest};
}

std::optional<double> parse_fraction(Bytes text) {
  if (text.empty() || text.front() != '.') return std::nullopt;
  if (text.size() == 1) return 0;
  if (!is_digit(text[1])) return std::nullopt;
  double fraction = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), fraction, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return fraction;
}

std::int32_t micros_of_fraction(double fraction) {
  return static_cast<std::int32_t>(std::rint(fraction * static_cast<double>(kMicrosPerSecond)));
}

DecodeOutcome decode_clock(Bytes text, ClockTime& time) {
  const LeadingInteger64 hour = read_leading_integer64(text);
  if (hour.out_of_range) return DecodeOutcome::FieldOutOfRange;
  if (!hour.rest.starts_with(':')) return DecodeOutcome::BadFormat;
  const LeadingInteger minute = read_leading_integer(hour.rest.substr(1));
  if (minute.out_of_range) return DecodeOutcome::FieldOutOfRange;
  time = {.hour = hour.value, .minute = minute.value, .second = 0, .microsecond = 0};

  Bytes fraction = minute.rest;
  if (minute.rest.starts_with(':')) {
    const LeadingInteger second = read_leading_integer(minute.rest.substr(1));
    if (second.out_of_range) return DecodeOutcome::FieldOutOfRange;
    time.second = second.value;
    fraction = second.rest;
  } else if (minute.rest.starts_with('.')) {
    if (hour.value != static_cast<std::int32_t>(hour.value)) return DecodeOutcome::FieldOutOfRange;
    time = {.hour = 0,
            .minute = static_cast<std::int32_t>(hour.value),
            .second = minute.value,
            .microsecond = 0};
  }
  if (!fraction.empty()) {
    const std::optional<double> seconds = parse_fraction(fraction);
    if (!seconds) return DecodeOutcome::BadFormat;
    time.microsecond = micros_of_fraction(*seconds);
  }
  const bool fits = time.hour >= 0 && time.minute >= 0 && time.minute < 60 && time.second >= 0 &&
                    time.second <= 60;
  return fits ? DecodeOutcome::Fine : DecodeOutcome::FieldOutOfRange;
}

bool is_time_of_day(const ClockTime& time) {
  const bool fields_fit = time.hour >= 0 && time.hour <= 24 && time.minute >= 0 &&
                          time.minute < 60 && time.second >= 0 && time.second <= 60 &&
                          time.microsecond >= 0 && time.microsecond <= kMicrosPerSecond;
  return fields_fit && micros_from_clock(time) <= kMicrosPerDay;
}

DecodeOutcome decode_displacement(Bytes text, std::int32_t& utc_offset_seconds) {
  if (!text.starts_with('+') && !text.starts_with('-')) return DecodeOutcome::BadFormat;
  LeadingInteger hour = read_leading_integer(text.substr(1));
  LeadingInteger minute{0, hour.out_of_range, hour.rest};
  LeadingInteger second{0, false, hour.rest};
  if (hour.rest.starts_with(':')) {
    minute = read_leading_integer(hour.rest.substr(1));
    second.rest = minute.rest;
    if (minute.rest.starts_with(':')) second = read_leading_integer(minute.rest.substr(1));
  } else if (hour.rest.empty() && text.size() > 3) {
    minute.value = hour.value % 100;
    hour.value /= 100;
  }
  const bool fits = !hour.out_of_range && !minute.out_of_range && !second.out_of_range &&
                    hour.value >= 0 && hour.value <= kDisplacementHoursMax && minute.value >= 0 &&
                    minute.value < 60 && second.value >= 0 && second.value < 60;
  if (!fits) return DecodeOutcome::DisplacementOutOfRange;
  const std::int32_t seconds = (hour.value * 60 + minute.value) * 60 + second.value;
  utc_offset_seconds = text.front() == '-' ? -seconds : seconds;
  return second.rest.empty() ? DecodeOutcome::Fine : DecodeOutcome::BadFormat;
}

DecodeOutcome decode_run_together(Bytes text, Known known, DateTimeParts& parts, FieldSet& found) {
  const std::size_t point = text.find('.');
  const Bytes digits = text.substr(0, point);
  if (point != Bytes::npos) {
    // Anything after the digits of the fraction is passed over.
    std::size_t end = point + 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    const double fraction = parse_fraction(text.substr(point, end - point)).value_or(0);
    parts.time.microsecond = micros_of_fraction(fraction);
  } else if ((known.fields & field::kDate) != field::kDate && digits.size() >= 6) {
    const std::size_t year_digits = digits.size() - 4;
    found = field::kDate;
    parts.date = {wrapped_number(digits.substr(0, year_digits)),
                  wrapped_number(digits.substr(year_digits, 2)),
                  wrapped_number(digits.substr(year_digits + 2))};
    if (year_digits == 2) parts.year_has_two_digits = true;
    return DecodeOutcome::Fine;
  }
  const bool is_time = digits.size() == 6 || digits.size() == 4;
  if ((known.fields & field::kTime) == field::kTime || !is_time) return DecodeOutcome::BadFormat;
  found = field::kTime;
  parts.time.hour = wrapped_number(digits.substr(0, 2));
  parts.time.minute = wrapped_number(digits.substr(2, 2));
  parts.time.second = wrapped_number(digits.substr(4));
  return DecodeOutcome::Fine;
}

DecodeOutcome decode_number(Bytes text, Known known, DateTimeParts& parts, FieldSet& found) {
  found = 0;
  const LeadingInteger number = read_leading_integer(text);
  if (number.out_of_range) return DecodeOutcome::FieldOutOfRange;
  const std::size_t digit_count = text.size() - number.rest.size();
  if (digit_count == 0) return DecodeOutcome::BadFormat;
  if (number.rest.starts_with('.')) {
    if (digit_count > 2) {
      return decode_run_together(text, {known.fields | field::kDate, false}, parts, found);
    }
    const std::optional<double> fraction = parse_fraction(number.rest);
    if (!fraction) return DecodeOutcome::BadFormat;
    parts.time.microsecond = micros_of_fraction(*fraction);
  } else if (!number.rest.empty()) {
    return DecodeOutcome::BadFormat;
  }

  const FieldSet known_of_date = known.fields & field::kDate;
  if (known_of_date == field::kDate) return decode_run_together(text, known, parts, found);
  if (text.size() == 3 && known_of_date == field::kYear && number.value >= 1 &&
      number.value <= kDayOfYearMax) {
    found = field::kDayOfYear | field::kMonth | field::kDay;
    parts.day_of_year = number.value;
    return DecodeOutcome::Fine;
  }
  found = next_field_of_date(known, text.size());
  if (found == field::kYear) {
    parts.date.year = number.value;
    parts.year_has_two_digits = text.size() <= 2;
  } else if (found == field::kMonth) {
    parts.date.month = number.value;
  } else if (parts.year_has_two_digits && known.month_was_a_word &&
             known_of_date == (field::kYear | field::kMonth) && text.size() >= 3) {
    // What was taken for the year was the day, as in 08-jan-1999.
    parts.date.day = parts.date.year;
    parts.date.year = number.value;
    parts.year_has_two_digits = false;
  } else {
    parts.date.day = number.value;
  }
  return found == 0 ? DecodeOutcome::BadFormat : DecodeOutcome::Fine;
}

DecodeOutcome decode_date(Bytes text, Known known, DateTimeParts& parts, FieldSet& found) {
  found = 0;
  known.month_was_a_word = false;
  DatePieces pieces;
  if (!split_date(text, pieces)) return DecodeOutcome::BadFormat;
  const DecodeOutcome months = decode_month_word(pieces, known, parts, found);
  if (months != DecodeOutcome::Fine) return months;

  // A fraction in a date is no part of its time.
  const std::int32_t microsecond = parts.time.microsecond;
  for (std::size_t i = 0; i < pieces.count; ++i) {
    if (pieces.items[i].empty()) continue;
    FieldSet found_here = 0;
    const DecodeOutcome outcome = decode_number(pieces.items[i], known, parts, found_here);
    parts.time.microsecond = microsecond;
    if (outcome != DecodeOutcome::Fine) return outcome;
    if ((known.fields & found_here) != 0) return DecodeOutcome::BadFormat;
    known.fields |= found_here;
    found |= found_here;
  }
  const bool is_date_only = (known.fields & ~(field::kDayOfYear | field::kZone)) == field::kDate;
  return is_date_only ? DecodeOutcome::Fine : DecodeOutcome::BadFormat;
}

DecodeOutcome validate_date(FieldSet known, YearForm form, DateTimeParts& parts) {
  CivilDate& date = parts.date;
  if ((known & field::kYear) != 0) {
    if (form == YearForm::TwoDigits) {
      if (date.year < 0) return DecodeOutcome::FieldOutOfRange;
      if (date.year < 70) {
        date.year += 2'000;
      } else if (date.year < 100) {
        date.year += 1'900;
      }
    } else if (form != YearForm::Counted) {
      if (date.year <= 0) return DecodeOutcome::FieldOutOfRange;
      if (form == YearForm::BeforeChrist) date.year = -(date.year - 1);
    }
  }
  if ((known & field::kDayOfYear) != 0)
    date = civil_from_julian(julian_day({date.year, 1, 1}) + parts.day_of_year - 1);
  if ((known & field::kMonth) != 0 && (date.month < 1 || date.month > kMonthsPerYear))
    return DecodeOutcome::MonthOrDayOutOfRange;
  if ((known & field::kDay) != 0 && (date.day < 1 || date.day > 31))
    return DecodeOutcome::MonthOrDayOutOfRange;
  if ((known & field::kDate) == field::kDate && date.day > days_of_month(date.year, date.month))
    return DecodeOutcome::FieldOutOfRange;
  return DecodeOutcome::Fine;
}

}  // namespace latchkey
