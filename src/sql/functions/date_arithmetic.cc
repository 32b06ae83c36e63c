#include "base/date_time_arithmetic.h"
#include "base/date_time_convert.h"
#include "base/interval_arithmetic.h"
#include "sql/functions/date_time_call.h"

namespace latchkey::sql {

namespace {

constexpr Oid kDate = oid::kDate;
constexpr Oid kTime = oid::kTime;
constexpr Oid kTimetz = oid::kTimetz;
constexpr Oid kTimestamp = oid::kTimestamp;
constexpr Oid kTimestamptz = oid::kTimestamptz;
constexpr Oid kInterval = oid::kInterval;

template <typename T>
constexpr Oid type_of = oid::kUnknown;
template <>
constexpr Oid type_of<TimeOfDay> = kTime;
template <>
constexpr Oid type_of<TimeTz> = kTimetz;
template <>
constexpr Oid type_of<Timestamp> = kTimestamp;
template <>
constexpr Oid type_of<TimestampTz> = kTimestamptz;

template <typename T>
auto moved(const Call& call, T from, const Interval& span) {
  if constexpr (std::is_same_v<T, TimestampTz>) {
    return add(from, span, zone_of(call));
  } else {
    return add(from, span);
  }
}
template <typename T>
auto moved_back(const Call& call, T from, const Interval& span) {
  if constexpr (std::is_same_v<T, TimestampTz>) {
    return subtract(from, span, zone_of(call));
  } else {
    return subtract(from, span);
  }
}

/// T + interval, interval + T and T - interval.
template <typename T>
Value plus_interval(const Call& call) {
  return give(call, moved(call, argument<T>(call, 0), argument<Interval>(call, 1)));
}
template <typename T>
Value interval_plus(const Call& call) {
  return give(call, moved(call, argument<T>(call, 1), argument<Interval>(call, 0)));
}
template <typename T>
Value minus_interval(const Call& call) {
  return give(call, moved_back(call, argument<T>(call, 0), argument<Interval>(call, 1)));
}
template <typename T>
Value difference(const Call& call) {
  return give(call, subtract(argument<T>(call, 0), argument<T>(call, 1)));
}

std::int32_t days_of(const Call& call, std::size_t index) {
  return static_cast<std::int32_t>(call.integer(index));
}
Value days_between(const Call& call) {
  const DateTimeResult<std::int32_t> days =
      subtract(argument<Date>(call, 0), argument<Date>(call, 1));
  return days.has_value() ? Value::of_integer(*days) : call.fail(days.error().to_error());
}

// age() of a moment alone counts up to the midnight before now.

Value age_of_timestamp(const Call& call) {
  const DateTimeResult<Timestamp> midnight = timestamp_of(date_of(now_of(call), zone_of(call)));
  if (!midnight.has_value()) return call.fail(midnight.error().to_error());
  return give(call, age(*midnight, argument<Timestamp>(call, 0)));
}
Value age_of_timestamptz(const Call& call) {
  const TimeZone& zone = zone_of(call);
  const DateTimeResult<TimestampTz> midnight = timestamptz_of(date_of(now_of(call), zone), zone);
  if (!midnight.has_value()) return call.fail(midnight.error().to_error());
  return give(call, age(*midnight, argument<TimestampTz>(call, 0), zone));
}

// OVERLAPS. An end is a moment, or how long the stretch is.

enum class End : std::uint8_t { Moment, Length };

template <typename T, End kEnd>
Stretch<T> stretch(const Call& call, std::size_t index) {
  Stretch<T> stretch;
  if (!call[index].is_null) stretch.begin = argument<T>(call, index);
  if (call[index + 1].is_null) return stretch;
  if constexpr (kEnd == End::Moment) {
    stretch.end = argument<T>(call, index + 1);
  } else if (stretch.begin.has_value()) {
    const auto end = moved(call, *stretch.begin, argument<Interval>(call, index + 1));
    if constexpr (std::is_same_v<decltype(end), const T>) {
      stretch.end = end;
    } else if (end.has_value()) {
      stretch.end = *end;
    } else {
      (void)call.fail(end.error().to_error());
    }
  }
  return stretch;
}

template <typename T, End kLeft, End kRight>
Value overlap(const Call& call) {
  const Stretch<T> left = stretch<T, kLeft>(call, 0);
  const Stretch<T> right = stretch<T, kRight>(call, 2);
  if (call.evaluation.failed()) return Value::null();
  const std::optional<bool> result = overlaps(left, right);
  return result.has_value() ? Value::of_bool(*result) : Value::null();
}

template <typename T, End kLeft, End kRight>
Function overlaps_row(std::uint32_t flags = 0) {
  const Oid type = type_of<T>;
  return {"overlaps",
          takes(type, kLeft == End::Moment ? type : kInterval, type,
                kRight == End::Moment ? type : kInterval)
              .gives(oid::kBool),
          flags | kTakesNull,
          &overlap<T, kLeft, kRight>,
          {},
          {}};
}

template <typename T>
void add_overlaps(std::vector<Function>& rows, std::uint32_t flags = 0) {
  rows.push_back(overlaps_row<T, End::Moment, End::Moment>());
  rows.push_back(overlaps_row<T, End::Moment, End::Length>(flags));
  rows.push_back(overlaps_row<T, End::Length, End::Moment>(flags));
  rows.push_back(overlaps_row<T, End::Length, End::Length>(flags));
}

void add_interval_rows(std::vector<Function>& rows) {
  constexpr Oid kFloat8 = oid::kFloat8;
  const Signature kOne = takes(kInterval).gives(kInterval);
  const Signature kTwo = takes(kInterval, kInterval).gives(kInterval);
  rows.insert(
      rows.end(),
      {{"+", kTwo, kOperator,
        [](const Call& call) {
          return give(call, add(argument<Interval>(call, 0), argument<Interval>(call, 1)));
        },
        "interval '1 day' + interval '2 hours'", "1 day 02:00:00"},
       {"-", kTwo, kOperator, &difference<Interval>, "interval '1 day' - interval '2 hours'",
        "1 day -02:00:00"},
       {"-", kOne, kOperator,
        [](const Call& call) { return give(call, negate(argument<Interval>(call, 0))); },
        "- interval '1 day'", "-1 days"},
       {"*", takes(kInterval, kFloat8).gives(kInterval), kOperator,
        [](const Call& call) {
          return give(call, multiply(argument<Interval>(call, 0), call.number(1)));
        },
        "interval '1 day' * 1.5", "1 day 12:00:00"},
       {"*", takes(kFloat8, kInterval).gives(kInterval), kOperator,
        [](const Call& call) {
          return give(call, multiply(argument<Interval>(call, 1), call.number(0)));
        },
        "2 * interval '1 day'", "2 days"},
       {"/", takes(kInterval, kFloat8).gives(kInterval), kOperator,
        [](const Call& call) {
          return give(call, divide(argument<Interval>(call, 0), call.number(1)));
        },
        "interval '1 hour' / 4", "00:15:00"},
       {"justify_days", kOne, 0,
        [](const Call& call) { return give(call, justify_days(argument<Interval>(call, 0))); },
        "justify_days('35 days')", "1 mon 5 days"},
       {"justify_hours", kOne, 0,
        [](const Call& call) { return give(call, justify_hours(argument<Interval>(call, 0))); },
        "justify_hours('27 hours')", "1 day 03:00:00"},
       {"justify_interval", kOne, 0,
        [](const Call& call) { return give(call, justify_interval(argument<Interval>(call, 0))); },
        "justify_interval('1 mon -1 hour')", "29 days 23:00:00"},
       {"isfinite", takes(kInterval).gives(oid::kBool), 0,
        [](const Call&) { return Value::of_bool(true); }, "isfinite(interval '1 day')", "t"}});
}

void add_date_rows(std::vector<Function>& rows) {
  constexpr Oid kInt4 = oid::kInt4;
  rows.insert(
      rows.end(),
      {{"+", takes(kDate, kInt4).gives(kDate), kOperator,
        [](const Call& call) { return give(call, add(argument<Date>(call, 0), days_of(call, 1))); },
        "date '2020-02-28' + 2", "2020-03-01"},
       {"+", takes(kInt4, kDate).gives(kDate), kOperator,
        [](const Call& call) { return give(call, add(argument<Date>(call, 1), days_of(call, 0))); },
        "2 + date '2020-02-28'", "2020-03-01"},
       {"-", takes(kDate, kInt4).gives(kDate), kOperator,
        [](const Call& call) {
          return give(call, subtract(argument<Date>(call, 0), days_of(call, 1)));
        },
        "date '2020-03-01' - 1", "2020-02-29"},
       {"-", takes(kDate, kDate).gives(kInt4), kOperator, &days_between,
        "date '2020-03-01' - date '2020-02-01'", "29"},
       {"+", takes(kDate, kInterval).gives(kTimestamp), kOperator, &plus_interval<Date>,
        "date '2020-01-31' + interval '1 month'", "2020-02-29 00:00:00"},
       {"+", takes(kInterval, kDate).gives(kTimestamp), kOperator, &interval_plus<Date>,
        "interval '1 hour' + date '2020-01-31'", "2020-01-31 01:00:00"},
       {"-", takes(kDate, kInterval).gives(kTimestamp), kOperator, &minus_interval<Date>,
        "date '2020-01-31' - interval '1 hour'", "2020-01-30 23:00:00"},
       {"+", takes(kDate, kTime).gives(kTimestamp), kOperator,
        [](const Call& call) {
          return give(call, timestamp_of(argument<Date>(call, 0), argument<TimeOfDay>(call, 1)));
        },
        "date '2020-01-31' + time '10:00'", "2020-01-31 10:00:00"},
       {"+", takes(kTime, kDate).gives(kTimestamp), kOperator,
        [](const Call& call) {
          return give(call, timestamp_of(argument<Date>(call, 1), argument<TimeOfDay>(call, 0)));
        },
        "time '10:00' + date '2020-01-31'", "2020-01-31 10:00:00"},
       {"+", takes(kDate, kTimetz).gives(kTimestamptz), kOperator,
        [](const Call& call) {
          return give(call, timestamptz_of(argument<Date>(call, 0), argument<TimeTz>(call, 1)));
        },
        "date '2020-01-31' + timetz '10:00+02'", "2020-01-31 08:00:00+00"},
       {"+", takes(kTimetz, kDate).gives(kTimestamptz), kOperator,
        [](const Call& call) {
          return give(call, timestamptz_of(argument<Date>(call, 1), argument<TimeTz>(call, 0)));
        },
        "timetz '10:00+02' + date '2020-01-31'", "2020-01-31 08:00:00+00"},
       {"isfinite", takes(kDate).gives(oid::kBool), 0,
        [](const Call& call) { return Value::of_bool(argument<Date>(call, 0).is_finite()); },
        "isfinite(date 'infinity')", "f"}});
}

template <typename T>
void add_moving_rows(std::vector<Function>& rows, std::uint32_t flags) {
  constexpr Oid kType = type_of<T>;
  rows.push_back({"+", takes(kType, kInterval).gives(kType), flags, &plus_interval<T>, {}, {}});
  rows.push_back({"+", takes(kInterval, kType).gives(kType), flags, &interval_plus<T>, {}, {}});
  rows.push_back({"-", takes(kType, kInterval).gives(kType), flags, &minus_interval<T>, {}, {}});
}

std::vector<Function> make_rows() {
  std::vector<Function> rows = {
      {"-", takes(kTime, kTime).gives(kInterval), kOperator, &difference<TimeOfDay>,
       "time '10:00' - time '12:30'", "-02:30:00"},
      {"-", takes(kTimestamp, kTimestamp).gives(kInterval), kOperator, &difference<Timestamp>,
       "timestamp '2020-01-03' - timestamp '2020-01-01 12:00'", "1 day 12:00:00"},
      {"-", takes(kTimestamptz, kTimestamptz).gives(kInterval), kOperator, &difference<TimestampTz>,
       "now() - now()", "00:00:00"},
      {"age", takes(kTimestamp, kTimestamp).gives(kInterval), 0,
       [](const Call& call) {
         return give(call, age(argument<Timestamp>(call, 0), argument<Timestamp>(call, 1)));
       },
       "age(timestamp '2020-03-01', timestamp '2019-01-31')", "1 year 1 mon 1 day"},
      {"age", takes(kTimestamptz, kTimestamptz).gives(kInterval), 0,
       [](const Call& call) {
         return give(call, age(argument<TimestampTz>(call, 0), argument<TimestampTz>(call, 1),
                               zone_of(call)));
       },
       "age('2020-03-01', '2020-01-31')", "1 mon 1 day"},
      {"age", takes(kTimestamp).gives(kInterval), kStable, &age_of_timestamp,
       "age(current_date::timestamp)", "00:00:00"},
      {"age", takes(kTimestamptz).gives(kInterval), kStable, &age_of_timestamptz,
       "age(current_date)", "00:00:00"},
      {"isfinite", takes(kTimestamp).gives(oid::kBool), 0,
       [](const Call& call) { return Value::of_bool(argument<Timestamp>(call, 0).is_finite()); },
       "isfinite(timestamp '-infinity')", "f"},
      {"isfinite", takes(kTimestamptz).gives(oid::kBool), 0,
       [](const Call& call) { return Value::of_bool(argument<TimestampTz>(call, 0).is_finite()); },
       "isfinite(now())", "t"},
  };
  add_date_rows(rows);
  add_interval_rows(rows);
  add_moving_rows<TimeOfDay>(rows, kOperator);
  add_moving_rows<TimeTz>(rows, kOperator);
  add_moving_rows<Timestamp>(rows, kOperator);
  add_moving_rows<TimestampTz>(rows, kOperator | kStable);
  add_overlaps<TimeOfDay>(rows);
  add_overlaps<Timestamp>(rows);
  add_overlaps<TimestampTz>(rows, kStable);
  rows.push_back(overlaps_row<TimeTz, End::Moment, End::Moment>());
  return rows;
}

}  // namespace

std::span<const Function> date_arithmetic_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
