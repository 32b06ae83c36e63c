#include "base/date_time_trunc.h"

#include <optional>
#include <string>

#include "base/calendar.h"
#include "base/date_time_words.h"
#include "base/text.h"

namespace latchkey {

namespace {

/// Names longer than this are cut in messages, as all of SQL's names are.
constexpr std::size_t kNameBytesMax = 63;

/// Whether what is truncated is a date, which may lie at another offset from UTC than the value, or
/// a time, which does not.
bool is_unit_of_date(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::Hour:
    case TimeUnit::Minute:
    case TimeUnit::Second:
    case TimeUnit::Millisecond:
    case TimeUnit::Microsecond:
      return false;
    default:
      return true;
  }
}

/// The first year of those that are counted like it: centuries begin with a year 1, and there is no
/// year 0 in them.
std::int32_t first_year(std::int32_t year, std::int32_t years) {
  return year > 0 ? (year + years - 1) / years * years - (years - 1)
                  : -((years - 1 - (year - 1)) / years) * years + 1;
}

/// Decades begin with a year that ends in 0.
std::int32_t first_year_of_decade(std::int32_t year) {
  return static_cast<std::int32_t>(floor_divide(year, 10) * 10);
}

CivilDate monday_of(CivilDate date) {
  const std::int64_t julian = julian_day(date);
  return civil_from_julian(julian - (weekday_of_julian(julian) + 6) % 7);
}

/// Returns false if the unit has no beginning.
bool truncate_time(TimeUnit unit, ClockTime& time) {
  switch (unit) {
    case TimeUnit::Hour:
      time.minute = 0;
      [[fallthrough]];
    case TimeUnit::Minute:
      time.second = 0;
      [[fallthrough]];
    case TimeUnit::Second:
      time.microsecond = 0;
      return true;
    case TimeUnit::Millisecond:
      time.microsecond = time.microsecond / 1'000 * 1'000;
      return true;
    default:
      return unit == TimeUnit::Microsecond;
  }
}

bool truncate_clock(TimeUnit unit, CivilDateTime& clock) {
  if (!is_unit_of_date(unit)) return truncate_time(unit, clock.time);
  clock.time = {};
  CivilDate& date = clock.date;
  switch (unit) {
    case TimeUnit::Millennium:
      date = {first_year(date.year, 1'000), 1, 1};
      return true;
    case TimeUnit::Century:
      date = {first_year(date.year, 100), 1, 1};
      return true;
    case TimeUnit::Decade:
      date = {first_year_of_decade(date.year), 1, 1};
      return true;
    case TimeUnit::Year:
      date = {date.year, 1, 1};
      return true;
    case TimeUnit::Quarter:
      date = {date.year, (date.month - 1) / 3 * 3 + 1, 1};
      return true;
    case TimeUnit::Month:
      date.day = 1;
      return true;
    case TimeUnit::Week:
      date = monday_of(date);
      return true;
    default:
      return unit == TimeUnit::Day;
  }
}

/// Months of an interval; returns false if the unit is not made of months.
bool truncate_months(TimeUnit unit, std::int32_t& months) {
  std::int32_t months_per_unit = 0;
  switch (unit) {
    case TimeUnit::Millennium:
      months_per_unit = 12'000;
      break;
    case TimeUnit::Century:
      months_per_unit = 1'200;
      break;
    case TimeUnit::Decade:
      months_per_unit = 120;
      break;
    case TimeUnit::Year:
      months_per_unit = 12;
      break;
    case TimeUnit::Quarter:
      months_per_unit = 3;
      break;
    case TimeUnit::Month:
      months_per_unit = 1;
      break;
    default:
      return false;
  }
  months = months / months_per_unit * months_per_unit;
  return true;
}

template <typename T>
DateTimeResult<T> bin_of(T value, const Bins<T>& bins) {
  if (!value.is_finite()) return value;
  if (!bins.origin.is_finite())
    return DateTimeError(DateTimeFault::OutOfRange, "origin out of range");
  if (bins.stride.months != 0) {
    return DateTimeError(DateTimeFault::NotSupported,
                         "timestamps cannot be binned into intervals containing months or years");
  }
  std::int64_t stride = 0;
  if (__builtin_mul_overflow(bins.stride.days, kMicrosPerDay, &stride) ||
      __builtin_add_overflow(stride, bins.stride.microseconds, &stride)) {
    return interval_out_of_range();
  }
  if (stride <= 0)
    return DateTimeError(DateTimeFault::OutOfRange, "stride must be greater than zero");
  std::int64_t distance = 0;
  if (__builtin_sub_overflow(value.microseconds, bins.origin.microseconds, &distance))
    return interval_out_of_range();
  const Int128 begin =
      Int128{bins.origin.microseconds} + Int128{floor_divide(distance, stride)} * stride;
  if (!is_timestamp_in_range(begin)) return timestamp_out_of_range();
  return T{static_cast<std::int64_t>(begin)};
}

std::string unit_in_message(UnitOfType unit) {
  return "unit \"" + to_lower(cut_for_message(unit.unit, kNameBytesMax)) + "\" not ";
}

}  // namespace

DateTimeError unknown_unit(UnitOfType unit) {
  return {DateTimeFault::BadArgument,
          unit_in_message(unit) + "recognized for type " + std::string(unit.type)};
}

DateTimeError unsupported_unit(UnitOfType unit) {
  return {DateTimeFault::NotSupported,
          unit_in_message(unit) + "supported for type " + std::string(unit.type)};
}

DateTimeResult<Timestamp> truncate(Bytes unit, Timestamp value) {
  if (!value.is_finite()) return value;
  const UnitOfType named{unit, "timestamp without time zone"};
  const std::optional<TimeUnit> known = find_unit_to_truncate(unit);
  if (!known) return unknown_unit(named);
  CivilDateTime clock = civil_from_micros(value.microseconds);
  if (!truncate_clock(*known, clock)) return unsupported_unit(named);
  const auto microseconds = micros_from_civil(clock);
  if (!microseconds) return timestamp_out_of_range();
  return Timestamp{*microseconds};
}

DateTimeResult<TimestampTz> truncate(Bytes unit, TimestampTz value, const TimeZone& zone) {
  if (!value.is_finite()) return value;
  const UnitOfType named{unit, "timestamp with time zone"};
  const std::optional<TimeUnit> known = find_unit_to_truncate(unit);
  if (!known) return unknown_unit(named);
  const ZonedClock zoned = clock_in_zone(value, zone);
  CivilDateTime clock = zoned.civil;
  if (!truncate_clock(*known, clock)) return unsupported_unit(named);
  const std::int32_t utc_offset_seconds =
      is_unit_of_date(*known) ? zone.offset_of_clock(clock) : zoned.utc_offset_seconds;
  const auto microseconds = micros_from_civil(clock, utc_offset_seconds);
  if (!microseconds) return timestamp_out_of_range();
  return TimestampTz{*microseconds};
}

DateTimeResult<Interval> truncate(Bytes unit, const Interval& value) {
  const UnitOfType named{unit, "interval"};
  const std::optional<TimeUnit> known = find_unit_to_truncate(unit);
  if (!known) return unknown_unit(named);
  Interval result = value;
  if (truncate_months(*known, result.months)) return Interval{0, 0, result.months};
  if (known == TimeUnit::Day) return Interval{0, result.days, result.months};
  if (known == TimeUnit::Week) {
    return unsupported_unit(named).with_detail("Months usually have fractional weeks.");
  }
  ClockTime time = clock_from_micros(value.microseconds);
  if (!truncate_time(*known, time)) return unsupported_unit(named);
  result.microseconds = micros_from_clock(time);
  return result;
}

DateTimeResult<Timestamp> bin(Timestamp value, const Bins<Timestamp>& bins) {
  return bin_of(value, bins);
}

DateTimeResult<TimestampTz> bin(TimestampTz value, const Bins<TimestampTz>& bins) {
  return bin_of(value, bins);
}

}  // namespace latchkey
