#include "base/date_time_make.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/date_time_convert.h"
#include "base/date_time_fields.h"
#include "base/date_time_text.h"
#include "base/date_time_values.h"
#include "base/time_zone_name.h"

namespace latchkey {

namespace {

constexpr double kMicrosPerSecondAsDouble = static_cast<double>(kMicrosPerSecond);

std::string shown(CivilDate date) {
  std::string text;
  append_padded(text, date.year, 1);
  text += '-';
  append_padded(text, date.month, 2);
  text += '-';
  append_padded(text, date.day, 2);
  return text;
}

std::string shown(const TimeParts& time) {
  std::string text;
  append_padded(text, time.hour, 1);
  text += ':';
  append_padded(text, time.minute, 2);
  text += ':';
  if (std::isnan(time.second)) return text + "NaN";
  if (std::isinf(time.second)) return text + (time.second < 0 ? "-Infinity" : "Infinity");
  return text + fmt::format("{:02g}", time.second);
}

DateTimeError out_of_range(Bytes what, const std::string& value) {
  return {DateTimeFault::OutOfRange, std::string(what) + " out of range: " + value};
}

/// Which year a message shows: of a date it is the one that is counted, with a year 0.
enum class ShownYear : std::uint8_t { Counted, Given };

/// The date with its year counted.
DateTimeResult<CivilDate> checked_date(CivilDate date, ShownYear shown_year) {
  DateTimeParts parts;
  parts.date = date;
  const bool before_christ = date.year < 0;
  if (before_christ && date.year != std::numeric_limits<std::int32_t>::min())
    parts.date.year = -date.year;
  const YearForm form = before_christ ? YearForm::BeforeChrist : YearForm::Plain;
  const DecodeOutcome outcome = validate_date(field::kDate, form, parts);
  const CivilDate in_message = shown_year == ShownYear::Counted ? parts.date : date;
  if (outcome != DecodeOutcome::Fine) return out_of_range("date field value", shown(in_message));
  if (!is_countable(parts.date)) return out_of_range("date", shown(in_message));
  return parts.date;
}

/// Zones by name, or hours from UTC that must have a sign.
DateTimeResult<NamedZone> zone_by_name_or_hours(Bytes zone, TimeZones& zones) {
  if (!zone.empty() && is_digit(zone.front())) {
    return DateTimeError(
               DateTimeFault::BadArgument,
               "invalid input syntax for type numeric time zone: \"" + std::string(zone) + '"')
        .with_hint("Numeric time zones must have \"-\" or \"+\" as first character.");
  }
  std::int32_t utc_offset_seconds = 0;
  switch (decode_displacement(zone, utc_offset_seconds)) {
    case DecodeOutcome::Fine:
      return NamedZone::fixed(utc_offset_seconds);
    case DecodeOutcome::DisplacementOutOfRange:
      return DateTimeError(DateTimeFault::BadArgument,
                           "numeric time zone \"" + std::string(zone) + "\" out of range");
    default:
      return NamedZone::find(zone, zones);
  }
}

}  // namespace

DateTimeResult<Date> make_date(CivilDate date) {
  LK_TRY(const CivilDate checked, checked_date(date, ShownYear::Counted));
  const std::optional<Date> days = date_from_civil(checked);
  if (!days) return out_of_range("date", shown(checked));
  return *days;
}

DateTimeResult<TimeOfDay> make_time(TimeParts time) {
  constexpr double kSecondMax = 60 * kMicrosPerSecondAsDouble;
  const double second_micros = std::rint(time.second * kMicrosPerSecondAsDouble);
  const bool fields_fit = time.hour >= 0 && time.hour <= 24 && time.minute >= 0 &&
                          time.minute < 60 && second_micros >= 0 && second_micros <= kSecondMax;
  if (!fields_fit) return out_of_range("time field value", shown(time));
  const std::int64_t microseconds = time.hour * kMicrosPerHour + time.minute * kMicrosPerMinute +
                                    static_cast<std::int64_t>(second_micros);
  if (microseconds > kMicrosPerDay) return out_of_range("time field value", shown(time));
  return TimeOfDay{microseconds};
}

DateTimeResult<Timestamp> make_timestamp(CivilDate date, TimeParts time) {
  LK_TRY(const CivilDate checked, checked_date(date, ShownYear::Given));
  LK_TRY(const TimeOfDay time_of_day, make_time(time));
  const auto microseconds =
      micros_from_civil({checked, clock_from_micros(time_of_day.microseconds)});
  if (!microseconds) return out_of_range("timestamp", shown(date) + ' ' + shown(time));
  return Timestamp{*microseconds};
}

DateTimeResult<TimestampTz> make_timestamptz(CivilDate date, TimeParts time, const TimeZone& zone) {
  LK_TRY(const Timestamp timestamp, make_timestamp(date, time));
  return timestamptz_of(timestamp, zone);
}

DateTimeResult<TimestampTz> make_timestamptz_in_zone(CivilDate date, TimeParts time, Bytes zone,
                                                     TimeZones& zones) {
  LK_TRY(const Timestamp timestamp, make_timestamp(date, time));
  LK_TRY(const NamedZone named, zone_by_name_or_hours(zone, zones));
  return at_time_zone(timestamp, named);
}

DateTimeResult<Interval> make_interval(const IntervalParts& parts) {
  const std::int64_t months = std::int64_t{parts.years} * kMonthsPerYear + parts.months;
  const std::int64_t days = std::int64_t{parts.weeks} * 7 + parts.days;
  Interval result{0, static_cast<std::int32_t>(days), static_cast<std::int32_t>(months)};
  if (result.months != months || result.days != days) return interval_out_of_range();
  // The limits of 64 bits as doubles.
  constexpr double kMin = static_cast<double>(std::numeric_limits<std::int64_t>::min());
  const double second_micros = std::rint(parts.seconds * kMicrosPerSecondAsDouble);
  if (!(second_micros >= kMin && second_micros < -kMin)) return interval_out_of_range();
  const std::int64_t hours_and_minutes =
      parts.hours * kMicrosPerHour + parts.minutes * kMicrosPerMinute;
  if (__builtin_add_overflow(hours_and_minutes, static_cast<std::int64_t>(second_micros),
                             &result.microseconds)) {
    return interval_out_of_range();
  }
  return result;
}

DateTimeResult<TimestampTz> timestamptz_of_epoch(double seconds) {
  if (std::isnan(seconds))
    return DateTimeError(DateTimeFault::OutOfRange, "timestamp cannot be NaN");
  if (std::isinf(seconds))
    return seconds < 0 ? TimestampTz::minus_infinity() : TimestampTz::infinity();
  const auto error = [seconds] {
    return out_of_range("timestamp", fmt::format("\"{:g}\"", seconds));
  };
  constexpr double kMin = static_cast<double>(kTimestampMin / kMicrosPerSecond - kUnixEpochSeconds);
  constexpr double kEnd = static_cast<double>(kTimestampEnd / kMicrosPerSecond - kUnixEpochSeconds);
  if (seconds < kMin || seconds >= kEnd) return error();
  const double since_2000 = seconds + static_cast<double>(kUnixEpochSeconds);
  const auto microseconds =
      static_cast<std::int64_t>(std::rint(since_2000 * kMicrosPerSecondAsDouble));
  if (!is_timestamp_in_range(microseconds)) return error();
  return TimestampTz{microseconds};
}

}  // namespace latchkey
