#include "base/date_time_arithmetic.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/calendar.h"
#include "base/date_time_convert.h"
#include "base/interval_arithmetic.h"

namespace latchkey {

namespace {

/// The clocks by which a type is taken apart and put together again.
struct NoZone {
  CivilDateTime clock(Timestamp value) const { return civil_from_micros(value.microseconds); }
  std::optional<Timestamp> moment(const CivilDateTime& clock) const {
    const auto microseconds = micros_from_civil(clock);
    if (!microseconds) return std::nullopt;
    return Timestamp{*microseconds};
  }
};

struct InZone {
  const TimeZone& zone;

  CivilDateTime clock(TimestampTz value) const { return clock_in_zone(value, zone).civil; }
  std::optional<TimestampTz> moment(const CivilDateTime& clock) const {
    return moment_of_clock(clock, zone);
  }
};

/// An interval with the signs of its parts turned, which needs a bit more than an interval has.
struct Span {
  Int128 microseconds;
  std::int64_t days;
  std::int64_t months;
};
Span span_of(const Interval& interval) {
  return {interval.microseconds, interval.days, interval.months};
}
Span negated(const Interval& interval) {
  return {-Int128{interval.microseconds}, -std::int64_t{interval.days},
          -std::int64_t{interval.months}};
}

CivilDate months_later(CivilDate date, std::int64_t months) {
  const std::int64_t month_index = date.month - 1 + months;
  const std::int64_t year = date.year + floor_divide(month_index, kMonthsPerYear);
  const auto month = static_cast<std::int32_t>(
      month_index - floor_divide(month_index, kMonthsPerYear) * kMonthsPerYear + 1);
  return {static_cast<std::int32_t>(year), month,
          std::min<std::int32_t>(date.day, days_of_month(year, month))};
}

template <typename T, typename Clocks>
DateTimeResult<T> add_span(T value, const Span& span, const Clocks& clocks) {
  if (!value.is_finite()) return value;
  if (span.months != 0) {
    CivilDateTime clock = clocks.clock(value);
    clock.date = months_later(clock.date, span.months);
    const auto moved = clocks.moment(clock);
    if (!moved) return timestamp_out_of_range();
    value = *moved;
  }
  if (span.days != 0) {
    CivilDateTime clock = clocks.clock(value);
    clock.date = civil_from_julian(julian_day(clock.date) + span.days);
    const auto moved = clocks.moment(clock);
    if (!moved) return timestamp_out_of_range();
    value = *moved;
  }
  const Int128 microseconds = value.microseconds + span.microseconds;
  if (!is_timestamp_in_range(microseconds)) return timestamp_out_of_range();
  return T{static_cast<std::int64_t>(microseconds)};
}

template <typename T>
DateTimeResult<Interval> difference(T left, T right) {
  if (!left.is_finite() || !right.is_finite()) {
    return DateTimeError(DateTimeFault::OutOfRange, "cannot subtract infinite timestamps");
  }
  Interval result;
  if (__builtin_sub_overflow(left.microseconds, right.microseconds, &result.microseconds))
    return interval_out_of_range();
  return justify_hours(result);
}

DateTimeResult<Date> date_in_range(std::int64_t days) {
  if (!is_date_in_range(days)) return date_out_of_range();
  return Date{static_cast<std::int32_t>(days)};
}

/// The parts of a difference, each of which may become negative.
struct Parts {
  std::int64_t year, month, day, microseconds;
};

/// Takes what is missing from the next larger part. The days of a month are those of the month in
/// which the earlier of the two lies.
void borrow(Parts& parts, CivilDate earlier) {
  if (parts.microseconds < 0) {
    parts.microseconds += kMicrosPerDay;
    --parts.day;
  }
  while (parts.day < 0) {
    parts.day += days_of_month(earlier.year, earlier.month);
    --parts.month;
  }
  if (parts.month < 0) {
    parts.month += kMonthsPerYear;
    --parts.year;
  }
}

DateTimeResult<Interval> difference_of_clocks(const CivilDateTime& left,
                                              const CivilDateTime& right) {
  Parts parts{std::int64_t{left.date.year} - right.date.year,
              std::int64_t{left.date.month} - right.date.month,
              std::int64_t{left.date.day} - right.date.day,
              micros_from_clock(left.time) - micros_from_clock(right.time)};
  borrow(parts, right.date);
  const std::int64_t months = parts.year * kMonthsPerYear + parts.month;
  if (months > std::numeric_limits<std::int32_t>::max()) return interval_out_of_range();
  return Interval{parts.microseconds, static_cast<std::int32_t>(parts.day),
                  static_cast<std::int32_t>(months)};
}

template <typename T, typename Clocks>
DateTimeResult<Interval> age_by_clocks(T later, T earlier, const Clocks& clocks) {
  if (later.microseconds < kTimestampMin || earlier.microseconds < kTimestampMin)
    return timestamp_out_of_range();
  if (later.microseconds >= earlier.microseconds)
    return difference_of_clocks(clocks.clock(later), clocks.clock(earlier));
  LK_TRY(const Interval turned, difference_of_clocks(clocks.clock(earlier), clocks.clock(later)));
  return negate(turned);
}

TimeOfDay time_within_day(Int128 microseconds) {
  const Int128 rest = microseconds % kMicrosPerDay;
  return {static_cast<std::int64_t>(rest < 0 ? rest + kMicrosPerDay : rest)};
}

/// Known ends in order; a single known end is the beginning.
template <typename T>
Stretch<T> ordered(const Stretch<T>& stretch) {
  if (!stretch.begin) return {stretch.end, std::nullopt};
  if (stretch.end && *stretch.end < *stretch.begin) return {stretch.end, stretch.begin};
  return stretch;
}

}  // namespace

DateTimeResult<Date> add(Date date, std::int32_t days) {
  if (!date.is_finite()) return date;
  return date_in_range(std::int64_t{date.days} + days);
}

DateTimeResult<Date> subtract(Date date, std::int32_t days) {
  if (!date.is_finite()) return date;
  return date_in_range(std::int64_t{date.days} - days);
}

DateTimeResult<std::int32_t> subtract(Date left, Date right) {
  if (!left.is_finite() || !right.is_finite()) {
    return DateTimeError(DateTimeFault::OutOfRange, "cannot subtract infinite dates");
  }
  return left.days - right.days;
}

DateTimeResult<Timestamp> add(Date date, const Interval& span) {
  LK_TRY(const Timestamp midnight, timestamp_of(date));
  return add(midnight, span);
}

DateTimeResult<Timestamp> subtract(Date date, const Interval& span) {
  LK_TRY(const Timestamp midnight, timestamp_of(date));
  return subtract(midnight, span);
}

DateTimeResult<Timestamp> add(Timestamp timestamp, const Interval& span) {
  return add_span(timestamp, span_of(span), NoZone());
}

DateTimeResult<Timestamp> subtract(Timestamp timestamp, const Interval& span) {
  return add_span(timestamp, negated(span), NoZone());
}

DateTimeResult<TimestampTz> add(TimestampTz timestamp, const Interval& span, const TimeZone& zone) {
  return add_span(timestamp, span_of(span), InZone{zone});
}

DateTimeResult<TimestampTz> subtract(TimestampTz timestamp, const Interval& span,
                                     const TimeZone& zone) {
  return add_span(timestamp, negated(span), InZone{zone});
}

DateTimeResult<Interval> subtract(Timestamp left, Timestamp right) {
  return difference(left, right);
}

DateTimeResult<Interval> subtract(TimestampTz left, TimestampTz right) {
  return difference(left, right);
}

DateTimeResult<Interval> age(Timestamp later, Timestamp earlier) {
  return age_by_clocks(later, earlier, NoZone());
}

DateTimeResult<Interval> age(TimestampTz later, TimestampTz earlier, const TimeZone& zone) {
  return age_by_clocks(later, earlier, InZone{zone});
}

TimeOfDay add(TimeOfDay time, const Interval& span) {
  return time_within_day(Int128{time.microseconds} + span.microseconds);
}

TimeOfDay subtract(TimeOfDay time, const Interval& span) {
  return time_within_day(Int128{time.microseconds} - span.microseconds);
}

TimeTz add(TimeTz time, const Interval& span) {
  return {add(TimeOfDay{time.microseconds}, span).microseconds, time.utc_offset_seconds};
}

TimeTz subtract(TimeTz time, const Interval& span) {
  return {subtract(TimeOfDay{time.microseconds}, span).microseconds, time.utc_offset_seconds};
}

Interval subtract(TimeOfDay left, TimeOfDay right) {
  return {left.microseconds - right.microseconds, 0, 0};
}

template <typename T>
std::optional<bool> overlaps(const Stretch<T>& left, const Stretch<T>& right) {
  Stretch<T> first = ordered(left);
  Stretch<T> second = ordered(right);
  if (!first.begin || !second.begin) return std::nullopt;
  if (*second.begin < *first.begin) std::swap(first, second);
  if (*first.begin == *second.begin) {
    if (!first.end || !second.end) return std::nullopt;
    return true;
  }
  // The first begins before the second, so all depends on where it ends.
  if (!first.end) return std::nullopt;
  if (*second.begin < *first.end) return true;
  if (!second.end) return std::nullopt;
  return false;
}

template std::optional<bool> overlaps(const Stretch<Date>&, const Stretch<Date>&);
template std::optional<bool> overlaps(const Stretch<TimeOfDay>&, const Stretch<TimeOfDay>&);
template std::optional<bool> overlaps(const Stretch<TimeTz>&, const Stretch<TimeTz>&);
template std::optional<bool> overlaps(const Stretch<Timestamp>&, const Stretch<Timestamp>&);
template std::optional<bool> overlaps(const Stretch<TimestampTz>&, const Stretch<TimestampTz>&);

}  // namespace latchkey
