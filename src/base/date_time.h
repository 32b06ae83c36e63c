#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace latchkey {

/// SQL's types of date and time, held as the numbers that PostgreSQL holds.
///
///   SQL                          here         counts                        from
///   date                         Date         days                          2000-01-01
///   time                         TimeOfDay    microseconds                  midnight
///   time with time zone          TimeTz       the same, and seconds         midnight
///   timestamp                    Timestamp    microseconds on a wall clock  2000-01-01 00:00
///   timestamp with time zone     TimestampTz  microseconds                  2000-01-01 00:00 UTC
///   interval                     Interval     months, days, microseconds
///
/// The calendar is Gregorian for all time. Infinity is the largest and minus infinity the smallest
/// integer, so that plain integer order is SQL's order for every type but Interval.
///
/// Threads: values.

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;
inline constexpr std::int64_t kSecondsPerHour = 3'600;
inline constexpr std::int64_t kSecondsPerDay = 86'400;
inline constexpr int kMonthsPerYear = 12;
/// What a month is worth where one must be compared with days.
inline constexpr int kDaysPerMonth = 30;

/// Wide enough for every product and sum of the numbers above.
__extension__ using Int128 = __int128;

/// In which order the numbers of a date stand that has no words: 1/8/1999, 8/1/1999, 99/1/8.
enum class DateOrder : std::uint8_t { MonthDayYear, DayMonthYear, YearMonthDay };

struct Date {
  std::int32_t days = 0;

  static constexpr Date infinity() { return {std::numeric_limits<std::int32_t>::max()}; }
  static constexpr Date minus_infinity() { return {std::numeric_limits<std::int32_t>::min()}; }
  constexpr bool is_finite() const {
    return days != infinity().days && days != minus_infinity().days;
  }
  friend constexpr auto operator<=>(Date, Date) = default;
};

/// 24:00:00 is a time of day, too.
struct TimeOfDay {
  std::int64_t microseconds = 0;

  friend constexpr auto operator<=>(TimeOfDay, TimeOfDay) = default;
};

/// Ordered by the moment, and among equal moments by the zone.
struct TimeTz {
  std::int64_t microseconds = 0;
  /// East of Greenwich is positive; PostgreSQL stores the opposite.
  std::int32_t utc_offset_seconds = 0;

  constexpr std::int64_t utc_microseconds() const {
    return microseconds - utc_offset_seconds * kMicrosPerSecond;
  }
  friend constexpr bool operator==(TimeTz, TimeTz) = default;
  friend constexpr std::strong_ordering operator<=>(TimeTz left, TimeTz right) {
    const auto moments = left.utc_microseconds() <=> right.utc_microseconds();
    return moments != 0 ? moments : right.utc_offset_seconds <=> left.utc_offset_seconds;
  }
};

struct Timestamp {
  std::int64_t microseconds = 0;

  static constexpr Timestamp infinity() { return {std::numeric_limits<std::int64_t>::max()}; }
  static constexpr Timestamp minus_infinity() { return {std::numeric_limits<std::int64_t>::min()}; }
  constexpr bool is_finite() const {
    return microseconds != infinity().microseconds && microseconds != minus_infinity().microseconds;
  }
  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
};

struct TimestampTz {
  std::int64_t microseconds = 0;

  static constexpr TimestampTz infinity() { return {std::numeric_limits<std::int64_t>::max()}; }
  static constexpr TimestampTz minus_infinity() {
    return {std::numeric_limits<std::int64_t>::min()};
  }
  constexpr bool is_finite() const {
    return microseconds != infinity().microseconds && microseconds != minus_infinity().microseconds;
  }
  friend constexpr auto operator<=>(TimestampTz, TimestampTz) = default;
};

/// The three parts are independent: how long a month or a day is depends on where it is added.
struct Interval {
  std::int64_t microseconds = 0;
  std::int32_t days = 0;
  std::int32_t months = 0;

  /// Whether the parts agree, which is more than SQL's equality: `1 mon` is equal to `30 days`.
  constexpr bool same_parts(const Interval& other) const {
    return microseconds == other.microseconds && days == other.days && months == other.months;
  }
};

/// The number by which intervals compare, hash and sort: microseconds in which a month has 30 days
/// and a day 24 hours.
constexpr Int128 interval_order(const Interval& interval) {
  const std::int64_t days = std::int64_t{interval.months} * kDaysPerMonth + interval.days;
  return Int128{days} * kMicrosPerDay + interval.microseconds;
}
constexpr bool operator==(const Interval& left, const Interval& right) {
  return interval_order(left) == interval_order(right);
}
constexpr std::weak_ordering operator<=>(const Interval& left, const Interval& right) {
  const Int128 left_order = interval_order(left);
  const Int128 right_order = interval_order(right);
  if (left_order == right_order) return std::weak_ordering::equivalent;
  return left_order < right_order ? std::weak_ordering::less : std::weak_ordering::greater;
}

/// Finite dates run from 4714-11-24 BC to 5874897-12-31, timestamps from 4714-11-24 00:00 BC to
/// 294276-12-31 23:59:59.999999.
inline constexpr std::int32_t kDateMin = -2'451'545;
inline constexpr std::int32_t kDateEnd = 2'145'031'949;
inline constexpr std::int64_t kTimestampMin = -211'813'488'000'000'000;
inline constexpr std::int64_t kTimestampEnd = 9'223'371'331'200'000'000;

constexpr bool is_date_in_range(std::int64_t days) { return days >= kDateMin && days < kDateEnd; }
constexpr bool is_timestamp_in_range(Int128 microseconds) {
  return microseconds >= kTimestampMin && microseconds < kTimestampEnd;
}

/// 1970-01-01, from which Unix and the time zone database count.
inline constexpr std::int64_t kUnixEpochSeconds = -946'684'800;
inline constexpr Timestamp kEpochTimestamp{kUnixEpochSeconds * kMicrosPerSecond};
inline constexpr Date kEpochDate{-10'957};

}  // namespace latchkey
