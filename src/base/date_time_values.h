#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/calendar.h"

namespace latchkey {

/// What single fields of a date or a time mean. The order of numbers in a date is the session's,
/// but for years that show by their length that they come first: 1/8/1999, 1999-01-08.
///
/// Source: PostgreSQL 15, appendix B.1.

enum class DecodeOutcome : std::uint8_t {
  Fine,
  BadFormat,
  FieldOutOfRange,
  MonthOrDayOutOfRange,  // as if day and month were in the other order
  DisplacementOutOfRange,
  UnknownZone,
};

/// The things that fields of a text have told, as bits. No text may tell one of them twice.
using FieldSet = std::uint32_t;
namespace field {
inline constexpr FieldSet kYear = 1u << 0;
inline constexpr FieldSet kMonth = 1u << 1;
inline constexpr FieldSet kDay = 1u << 2;
inline constexpr FieldSet kDayOfYear = 1u << 3;
inline constexpr FieldSet kHour = 1u << 4;
inline constexpr FieldSet kMinute = 1u << 5;
inline constexpr FieldSet kSecond = 1u << 6;
inline constexpr FieldSet kMillisecond = 1u << 7;
inline constexpr FieldSet kMicrosecond = 1u << 8;
inline constexpr FieldSet kZone = 1u << 9;
inline constexpr FieldSet kDaylightZone = 1u << 10;
inline constexpr FieldSet kDaylight = 1u << 11;
inline constexpr FieldSet kDynamicZone = 1u << 12;
inline constexpr FieldSet kEra = 1u << 13;
inline constexpr FieldSet kHalfOfDay = 1u << 14;
inline constexpr FieldSet kWeekday = 1u << 15;
inline constexpr FieldSet kWeek = 1u << 16;
inline constexpr FieldSet kDecade = 1u << 17;
inline constexpr FieldSet kCentury = 1u << 18;
inline constexpr FieldSet kMillennium = 1u << 19;
inline constexpr FieldSet kSpecial = 1u << 20;
inline constexpr FieldSet kDate = kYear | kMonth | kDay;
inline constexpr FieldSet kSeconds = kSecond | kMillisecond | kMicrosecond;
inline constexpr FieldSet kTime = kHour | kMinute | kSeconds;
}  // namespace field

/// How a year is to be understood.
enum class YearForm : std::uint8_t {
  Plain,      // must be positive
  TwoDigits,  // 70 to 99 are of the last century, 0 to 69 of this one
  BeforeChrist,
  Counted,  // with a year 0, as CivilDate has it
};

/// What has been read so far.
struct DateTimeParts {
  CivilDate date;
  std::int32_t day_of_year = 0;
  ClockTime time;
  bool year_has_two_digits = false;
};

/// An integer at the front of a text, as the C library reads it: spaces and a sign may precede it,
/// and no digits at all are a zero that has taken nothing.
struct LeadingInteger {
  std::int32_t value = 0;
  bool out_of_range = false;
  Bytes rest;
};
LeadingInteger read_leading_integer(Bytes text);
/// The same in 64 bits.
struct LeadingInteger64 {
  std::int64_t value = 0;
  bool out_of_range = false;
  Bytes rest;
};
LeadingInteger64 read_leading_integer64(Bytes text);

/// The value of ".5"; "." is 0. Nothing if anything but digits follows the point.
std::optional<double> parse_fraction(Bytes text);
/// Rounded to the nearest microsecond, which may be a whole second.
std::int32_t micros_of_fraction(double fraction);

/// "10:30", "10:30:05.5"; "30:05.5" is minutes and seconds. The hour may be large.
DecodeOutcome decode_clock(Bytes text, ClockTime& time);
/// Whether hours, minutes and seconds make a time of day, of which 24:00:00 is the last.
bool is_time_of_day(const ClockTime& time);

/// "+05:30", "-8", "+0530": seconds ahead of UTC.
DecodeOutcome decode_displacement(Bytes text, std::int32_t& utc_offset_seconds);

/// What is known before a field is decoded.
struct Known {
  FieldSet fields = 0;
  bool month_was_a_word = false;
  DateOrder order = DateOrder::MonthDayYear;
};
/// A number by itself. `found` are the fields that it has told.
DecodeOutcome decode_number(Bytes text, Known known, DateTimeParts& parts, FieldSet& found);
/// A date or time whose numbers run together: 20200131, 103005.5, 1030.
DecodeOutcome decode_run_together(Bytes text, Known known, DateTimeParts& parts, FieldSet& found);
/// A date whose numbers are separated: 1999-01-08, 8-jan-99.
DecodeOutcome decode_date(Bytes text, Known known, DateTimeParts& parts, FieldSet& found);

/// Checks the fields of the date that are known and makes its year one that is counted.
DecodeOutcome validate_date(FieldSet known, YearForm form, DateTimeParts& parts);

}  // namespace latchkey
