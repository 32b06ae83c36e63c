#include "base/date_time_extract.h"

#include <limits>
#include <optional>

#include "base/calendar.h"
#include "base/date_time_trunc.h"
#include "base/date_time_words.h"

namespace latchkey {

namespace {

constexpr double kMicrosPerSecondAsDouble = static_cast<double>(kMicrosPerSecond);

FieldValue integer(std::int64_t value) {
  return {FieldValue::Kind::Number, value, 0, static_cast<double>(value)};
}

FieldValue decimal(Int128 digits, int scale, double approximate) {
  return {FieldValue::Kind::Number, digits, scale, approximate};
}

/// The number of ten-thousands in which PostgreSQL holds a number, less one, and the first of them.
struct LeadingDigits {
  int weight = 0;
  std::int64_t first = 0;
};
constexpr LeadingDigits leading_digits(std::int64_t value) {
  LeadingDigits digits{0, value};
  for (; digits.first >= 10'000; digits.first /= 10'000) ++digits.weight;
  return digits;
}

/// So many digits that a quotient of numbers that begin like these has sixteen of them at least, in
/// groups of four.
int scale_of_quotient(std::int64_t dividend, std::int64_t divisor) {
  const LeadingDigits above = leading_digits(dividend);
  const LeadingDigits below = leading_digits(divisor);
  const int weight = above.weight - below.weight - (above.first <= below.first ? 1 : 0);
  return 16 - 4 * weight;
}

FieldValue julian_of(const CivilDateTime& clock) {
  const std::int64_t day = julian_day(clock.date);
  const std::int64_t microseconds = micros_from_clock(clock.time);
  const int scale = scale_of_quotient(microseconds, kMicrosPerDay);
  Int128 unit = 1;
  for (int digit = 0; digit < scale; ++digit) unit *= 10;
  const Int128 fraction = (microseconds * unit + kMicrosPerDay / 2) / kMicrosPerDay;
  const double seconds =
      static_cast<double>(clock.time.seconds()) + clock.time.microsecond / kMicrosPerSecondAsDouble;
  return decimal(day * unit + fraction, scale,
                 static_cast<double>(day) + seconds / static_cast<double>(kSecondsPerDay));
}

std::optional<FieldValue> field_of_clock(TimeUnit unit, const ClockTime& time) {
  const std::int64_t microseconds = time.second * kMicrosPerSecond + time.microsecond;
  switch (unit) {
    case TimeUnit::Microsecond:
      return integer(microseconds);
    case TimeUnit::Millisecond:
      return decimal(microseconds, 3, time.second * 1'000.0 + time.microsecond / 1'000.0);
    case TimeUnit::Second:
      return decimal(microseconds, 6, time.second + time.microsecond / kMicrosPerSecondAsDouble);
    case TimeUnit::Minute:
      return integer(time.minute);
    case TimeUnit::Hour:
      return integer(time.hour);
    default:
      return std::nullopt;
  }
}

/// Years as people count them, without a year 0.
std::int64_t shown_year(std::int64_t year) { return year > 0 ? year : year - 1; }

/// The number of the century or millennium, which has no 0 either.
std::int64_t ordinal_of_years(std::int64_t year, std::int64_t years) {
  return year > 0 ? (year + years - 1) / years : -((years - 1 - (year - 1)) / years);
}

std::optional<FieldValue> field_of_date(TimeUnit unit, CivilDate date) {
  switch (unit) {
    case TimeUnit::Day:
      return integer(date.day);
    case TimeUnit::Month:
      return integer(date.month);
    case TimeUnit::Quarter:
      return integer((date.month - 1) / 3 + 1);
    case TimeUnit::Week:
      return integer(iso_week(date));
    case TimeUnit::Year:
      return integer(shown_year(date.year));
    case TimeUnit::Decade:
      return integer(floor_divide(date.year, 10));
    case TimeUnit::Century:
      return integer(ordinal_of_years(date.year, 100));
    case TimeUnit::Millennium:
      return integer(ordinal_of_years(date.year, 1'000));
    case TimeUnit::IsoYear:
      return integer(shown_year(iso_year(date)));
    case TimeUnit::DayOfWeek:
      return integer(weekday_of_julian(julian_day(date)));
    case TimeUnit::IsoDayOfWeek:
      return integer((weekday_of_julian(julian_day(date)) + 6) % 7 + 1);
    case TimeUnit::DayOfYear:
      return integer(day_of_year(date));
    default:
      return std::nullopt;
  }
}

/// Fields that turn in a circle have no value at infinity, those that grow with time are infinite.
std::optional<FieldValue> field_of_infinity(TimeUnit unit, FieldValue::Kind infinity) {
  switch (unit) {
    case TimeUnit::Year:
    case TimeUnit::Decade:
    case TimeUnit::Century:
    case TimeUnit::Millennium:
    case TimeUnit::Julian:
    case TimeUnit::IsoYear:
    case TimeUnit::Epoch:
      return FieldValue{infinity, 0, 0, 0};
    case TimeUnit::Special:
      return std::nullopt;
    default:
      return FieldValue{FieldValue::Kind::Null, 0, 0, 0};
  }
}

template <typename T>
FieldValue::Kind kind_of_infinity(T value) {
  return value == T::infinity() ? FieldValue::Kind::Infinity : FieldValue::Kind::MinusInfinity;
}

bool is_unit_of_zone(TimeUnit unit) {
  return unit == TimeUnit::Zone || unit == TimeUnit::ZoneHour || unit == TimeUnit::ZoneMinute;
}

std::optional<FieldValue> field_of_zone(TimeUnit unit, std::int32_t utc_offset_seconds) {
  switch (unit) {
    case TimeUnit::Zone:
      return integer(utc_offset_seconds);
    case TimeUnit::ZoneHour:
      return integer(utc_offset_seconds / 3'600);
    case TimeUnit::ZoneMinute:
      return integer(utc_offset_seconds / 60 % 60);
    default:
      return std::nullopt;
  }
}

FieldValue epoch_of_moment(std::int64_t microseconds) {
  const Int128 since_epoch = Int128{microseconds} - kEpochTimestamp.microseconds;
  if (since_epoch < std::numeric_limits<std::int64_t>::max()) {
    return decimal(since_epoch, 6, static_cast<double>(since_epoch) / kMicrosPerSecondAsDouble);
  }
  // In the last decades of all PostgreSQL divides in another way, to four digits only.
  const Int128 rounded = (since_epoch + 50) / 100 * 100;
  const double approximate =
      static_cast<double>(microseconds) - static_cast<double>(kEpochTimestamp.microseconds);
  return decimal(rounded, 6, approximate / kMicrosPerSecondAsDouble);
}

std::optional<FieldValue> field_of_moment(TimeUnit unit, const CivilDateTime& clock,
                                          std::int64_t microseconds) {
  if (unit == TimeUnit::Epoch) return epoch_of_moment(microseconds);
  if (unit == TimeUnit::Julian) return julian_of(clock);
  if (const auto field = field_of_clock(unit, clock.time)) return field;
  return field_of_date(unit, clock.date);
}

/// A year of an interval has 365.25 days here, so that four of them are a whole number.
FieldValue epoch_of(const Interval& value) {
  constexpr std::int64_t kDaysPerFourYears = 1'461;
  const std::int64_t years = value.months / kMonthsPerYear;
  const std::int64_t months = value.months % kMonthsPerYear;
  const std::int64_t quarter_days =
      kDaysPerFourYears * years + 4 * kDaysPerMonth * months + 4 * std::int64_t{value.days};
  const std::int64_t seconds = quarter_days * (kSecondsPerDay / 4);
  constexpr double kSecondsPerYear = 365.25 * static_cast<double>(kSecondsPerDay);
  constexpr double kSecondsPerMonth = 30.0 * static_cast<double>(kSecondsPerDay);
  double approximate = static_cast<double>(value.microseconds) / kMicrosPerSecondAsDouble;
  approximate += kSecondsPerYear * static_cast<double>(years);
  approximate += kSecondsPerMonth * static_cast<double>(months);
  approximate += static_cast<double>(kSecondsPerDay) * value.days;
  return decimal(Int128{seconds} * kMicrosPerSecond + value.microseconds, 6, approximate);
}

std::optional<FieldValue> field_of_interval(TimeUnit unit, const Interval& value) {
  const std::int32_t years = value.months / kMonthsPerYear;
  const std::int32_t months = value.months % kMonthsPerYear;
  switch (unit) {
    case TimeUnit::Epoch:
      return epoch_of(value);
    case TimeUnit::Day:
      return integer(value.days);
    case TimeUnit::Month:
      return integer(months);
    case TimeUnit::Quarter:
      return integer(months / 3 + 1);
    case TimeUnit::Year:
      return integer(years);
    case TimeUnit::Decade:
      return integer(years / 10);
    case TimeUnit::Century:
      return integer(years / 100);
    case TimeUnit::Millennium:
      return integer(years / 1'000);
    default:
      return field_of_clock(unit, clock_from_micros(value.microseconds));
  }
}

DateTimeResult<FieldValue> supported(const std::optional<FieldValue>& value, UnitOfType unit) {
  if (!value) return unsupported_unit(unit);
  return *value;
}

}  // namespace

DateTimeResult<FieldValue> extract(Bytes field, Date value) {
  const UnitOfType named{field, "date"};
  const std::optional<TimeUnit> unit = find_field_to_extract(field);
  if (!unit) return unknown_unit(named);
  const CivilDate date = civil_from_date(value);
  if (field_of_clock(*unit, {}) || is_unit_of_zone(*unit)) return unsupported_unit(named);
  if (!value.is_finite())
    return supported(field_of_infinity(*unit, kind_of_infinity(value)), named);
  if (*unit == TimeUnit::Julian) return integer(julian_day(date));
  if (*unit == TimeUnit::Epoch) {
    return integer((std::int64_t{value.days} - kEpochDate.days) * kSecondsPerDay);
  }
  return supported(field_of_date(*unit, date), named);
}

DateTimeResult<FieldValue> extract(Bytes field, TimeOfDay value) {
  const UnitOfType named{field, "time without time zone"};
  const std::optional<TimeUnit> unit = find_field_to_extract(field);
  if (!unit || *unit == TimeUnit::Special) return unknown_unit(named);
  if (*unit == TimeUnit::Epoch) {
    return decimal(value.microseconds, 6,
                   static_cast<double>(value.microseconds) / kMicrosPerSecondAsDouble);
  }
  return supported(field_of_clock(*unit, clock_from_micros(value.microseconds)), named);
}

DateTimeResult<FieldValue> extract(Bytes field, TimeTz value) {
  const UnitOfType named{field, "time with time zone"};
  const std::optional<TimeUnit> unit = find_field_to_extract(field);
  if (!unit || *unit == TimeUnit::Special) return unknown_unit(named);
  if (*unit == TimeUnit::Epoch) {
    return decimal(value.utc_microseconds(), 6,
                   static_cast<double>(value.microseconds) / kMicrosPerSecondAsDouble -
                       value.utc_offset_seconds);
  }
  if (is_unit_of_zone(*unit))
    return supported(field_of_zone(*unit, value.utc_offset_seconds), named);
  return supported(field_of_clock(*unit, clock_from_micros(value.microseconds)), named);
}

DateTimeResult<FieldValue> extract(Bytes field, Timestamp value) {
  const UnitOfType named{field, "timestamp without time zone"};
  const std::optional<TimeUnit> unit = find_field_to_extract(field);
  if (!unit) return unknown_unit(named);
  if (!value.is_finite())
    return supported(field_of_infinity(*unit, kind_of_infinity(value)), named);
  const CivilDateTime clock = civil_from_micros(value.microseconds);
  return supported(field_of_moment(*unit, clock, value.microseconds), named);
}

DateTimeResult<FieldValue> extract(Bytes field, TimestampTz value, const TimeZone& zone) {
  const UnitOfType named{field, "timestamp with time zone"};
  const std::optional<TimeUnit> unit = find_field_to_extract(field);
  if (!unit) return unknown_unit(named);
  if (!value.is_finite())
    return supported(field_of_infinity(*unit, kind_of_infinity(value)), named);
  const ZonedClock clock = clock_in_zone(value, zone);
  if (is_unit_of_zone(*unit))
    return supported(field_of_zone(*unit, clock.utc_offset_seconds), named);
  return supported(field_of_moment(*unit, clock.civil, value.microseconds), named);
}

DateTimeResult<FieldValue> extract(Bytes field, const Interval& value) {
  const UnitOfType named{field, "interval"};
  const std::optional<TimeUnit> unit = find_field_to_extract(field);
  if (!unit || *unit == TimeUnit::Special) return unknown_unit(named);
  return supported(field_of_interval(*unit, value), named);
}

}  // namespace latchkey
