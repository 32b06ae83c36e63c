#include "base/date_time_convert.h"

#include "base/interval_text.h"

namespace latchkey {

namespace {

DateTimeError date_out_of_range_for_timestamp() {
  return {DateTimeFault::OutOfRange, "date out of range for timestamp"};
}

template <typename To, typename From>
To same_infinity(From value) {
  return value == From::infinity() ? To::infinity() : To::minus_infinity();
}

Date date_of_clock(const CivilDateTime& clock) {
  return {static_cast<std::int32_t>(julian_day(clock.date) - kJulianOfDayZero)};
}

/// Where a date stands among timestamps. Those past the last timestamp are all in one place, above
/// it and below infinity.
std::optional<std::int64_t> micros_of_date(Date date) {
  const Int128 microseconds = Int128{date.days} * kMicrosPerDay;
  if (!is_timestamp_in_range(microseconds)) return std::nullopt;
  return static_cast<std::int64_t>(microseconds);
}

/// Orders what has been cast against `right`. What no timestamp can hold stands beyond all finite
/// ones and before infinity.
template <typename T>
std::strong_ordering compare_reaching_further(bool is_early, const DateTimeResult<T>& left,
                                              T right) {
  if (left) return *left <=> right;
  if (is_early && right == T::minus_infinity()) return std::strong_ordering::greater;
  if (is_early) return std::strong_ordering::less;
  return right == T::infinity() ? std::strong_ordering::less : std::strong_ordering::greater;
}

template <typename T>
DateTimeResult<T> in_range(Int128 microseconds) {
  if (!is_timestamp_in_range(microseconds)) return timestamp_out_of_range();
  return T{static_cast<std::int64_t>(microseconds)};
}

}  // namespace

DateTimeResult<Timestamp> timestamp_of(Date date) {
  if (!date.is_finite()) return same_infinity<Timestamp>(date);
  const auto microseconds = micros_of_date(date);
  if (!microseconds) return date_out_of_range_for_timestamp();
  return Timestamp{*microseconds};
}

DateTimeResult<TimestampTz> timestamptz_of(Date date, const TimeZone& zone) {
  if (!date.is_finite()) return same_infinity<TimestampTz>(date);
  const auto microseconds = micros_of_date(date);
  if (!microseconds) return date_out_of_range_for_timestamp();
  const auto moment = moment_of_clock({civil_from_date(date), {}}, zone);
  if (!moment) return date_out_of_range_for_timestamp();
  return *moment;
}

DateTimeResult<Timestamp> timestamp_of(Date date, TimeOfDay time) {
  LK_TRY(const Timestamp midnight, timestamp_of(date));
  if (!midnight.is_finite()) return midnight;
  return in_range<Timestamp>(Int128{midnight.microseconds} + time.microseconds);
}

DateTimeResult<TimestampTz> timestamptz_of(Date date, TimeTz time) {
  if (!date.is_finite()) return same_infinity<TimestampTz>(date);
  const auto midnight = micros_of_date(date);
  if (!midnight) return date_out_of_range_for_timestamp();
  const Int128 microseconds = Int128{*midnight} + time.utc_microseconds();
  if (!is_timestamp_in_range(microseconds)) return date_out_of_range_for_timestamp();
  return TimestampTz{static_cast<std::int64_t>(microseconds)};
}

DateTimeResult<TimestampTz> timestamptz_of(Timestamp value, const TimeZone& zone) {
  if (!value.is_finite()) return same_infinity<TimestampTz>(value);
  const auto moment = moment_of_clock(civil_from_micros(value.microseconds), zone);
  if (!moment) return timestamp_out_of_range();
  return *moment;
}

DateTimeResult<Timestamp> timestamp_of(TimestampTz value, const TimeZone& zone) {
  if (!value.is_finite()) return same_infinity<Timestamp>(value);
  const auto microseconds = micros_from_civil(clock_in_zone(value, zone).civil);
  if (!microseconds) return timestamp_out_of_range();
  return Timestamp{*microseconds};
}

Date date_of(Timestamp value) {
  if (!value.is_finite()) return same_infinity<Date>(value);
  return date_of_clock(civil_from_micros(value.microseconds));
}

Date date_of(TimestampTz value, const TimeZone& zone) {
  if (!value.is_finite()) return same_infinity<Date>(value);
  return date_of_clock(clock_in_zone(value, zone).civil);
}

std::optional<TimeOfDay> time_of(Timestamp value) {
  if (!value.is_finite()) return std::nullopt;
  return TimeOfDay{micros_from_clock(civil_from_micros(value.microseconds).time)};
}

std::optional<TimeOfDay> time_of(TimestampTz value, const TimeZone& zone) {
  if (!value.is_finite()) return std::nullopt;
  return TimeOfDay{micros_from_clock(clock_in_zone(value, zone).civil.time)};
}

std::optional<TimeTz> timetz_of(TimestampTz value, const TimeZone& zone) {
  if (!value.is_finite()) return std::nullopt;
  const ZonedClock clock = clock_in_zone(value, zone);
  return TimeTz{micros_from_clock(clock.civil.time), clock.utc_offset_seconds};
}

TimeTz timetz_of(TimeOfDay value, const DateTimeSession& session) {
  const CivilDate today = clock_in_zone(session.transaction_start, session.zone).civil.date;
  const CivilDateTime clock{today, clock_from_micros(value.microseconds)};
  return {value.microseconds, session.zone.offset_of_clock(clock)};
}

TimeOfDay time_of(const Interval& value) {
  const std::int64_t rest = value.microseconds % kMicrosPerDay;
  return {rest < 0 ? rest + kMicrosPerDay : rest};
}

Interval interval_of(TimeOfDay value) { return {value.microseconds, 0, 0}; }

DateTimeResult<TimestampTz> at_time_zone(Timestamp value, const NamedZone& zone) {
  if (!value.is_finite()) return same_infinity<TimestampTz>(value);
  const std::int32_t offset = zone.offset_of_clock(civil_from_micros(value.microseconds));
  return in_range<TimestampTz>(Int128{value.microseconds} - Int128{offset} * kMicrosPerSecond);
}

DateTimeResult<Timestamp> at_time_zone(TimestampTz value, const NamedZone& zone) {
  if (!value.is_finite()) return same_infinity<Timestamp>(value);
  const std::int32_t offset = zone.offset_at(value);
  return in_range<Timestamp>(Int128{value.microseconds} + Int128{offset} * kMicrosPerSecond);
}

TimeTz at_time_zone(TimeTz value, const NamedZone& zone, TimestampTz now) {
  const std::int32_t offset = zone.offset_at(now);
  const std::int64_t local = value.utc_microseconds() + offset * kMicrosPerSecond;
  return {local - floor_divide(local, kMicrosPerDay) * kMicrosPerDay, offset};
}

DateTimeResult<NamedZone> zone_of(const Interval& utc_offset) {
  if (utc_offset.months != 0 || utc_offset.days != 0) {
    return DateTimeError(DateTimeFault::BadArgument, "interval time zone \"" +
                                                         format_interval(utc_offset) +
                                                         "\" must not include months or days");
  }
  const std::int64_t seconds = utc_offset.microseconds / kMicrosPerSecond;
  const auto utc_offset_seconds = static_cast<std::int32_t>(seconds);
  if (utc_offset_seconds != seconds) return interval_out_of_range();
  return NamedZone::fixed(utc_offset_seconds);
}

std::strong_ordering compare(Date left, Timestamp right) {
  return compare_reaching_further(left.days < 0, timestamp_of(left), right);
}

std::strong_ordering compare(Date left, TimestampTz right, const TimeZone& zone) {
  return compare_reaching_further(left.days < 0, timestamptz_of(left, zone), right);
}

std::strong_ordering compare(Timestamp left, TimestampTz right, const TimeZone& zone) {
  return compare_reaching_further(left.microseconds < 0, timestamptz_of(left, zone), right);
}

}  // namespace latchkey
