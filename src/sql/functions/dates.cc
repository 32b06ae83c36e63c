#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "base/calendar.h"
#include "base/date_time_arithmetic.h"
#include "base/date_time_convert.h"
#include "base/date_time_names.h"
#include "sql/exec/context.h"
#include "sql/functions/date_time_call.h"

namespace latchkey::sql {

namespace {

SessionServices& services(const Call& call) { return call.evaluation.context->services; }

// What time it is: of the transaction, of the statement, and by the clock.

Value now(const Call& call) { return give(call, now_of(call)); }
Value statement_now(const Call& call) {
  return give(call, TimestampTz{call.settings().statement_us});
}
Value clock_now(const Call& call) { return give(call, TimestampTz{services(call).clock_us()}); }

Value current_date(const Call& call) { return give(call, date_of(now_of(call), zone_of(call))); }
Value current_time(const Call& call) { return give(call, timetz_of(now_of(call), zone_of(call))); }
Value local_time(const Call& call) { return give(call, time_of(now_of(call), zone_of(call))); }
Value local_timestamp(const Call& call) {
  return give(call, timestamp_of(now_of(call), zone_of(call)));
}

/// "Wed Jan 02 03:04:05.678901 2020 CET".
Value time_of_day(const Call& call) {
  const TimestampTz moment{services(call).clock_us()};
  const ZonedClock clock = clock_in_zone(moment, zone_of(call));
  const CivilDate& date = clock.civil.date;
  const auto day = static_cast<std::size_t>(weekday_of_julian(julian_day(date)));
  const auto month = static_cast<std::size_t>(date.month - 1);
  return call.text(fmt::format(
      "{} {} {:02} {:02}:{:02}:{:02}.{:06} {} {}", kDayNames[day].substr(0, kShortNameBytes),
      kMonthNames[month].substr(0, kShortNameBytes), date.day, clock.civil.time.hour,
      clock.civil.time.minute, clock.civil.time.second, clock.civil.time.microsecond, date.year,
      clock.abbreviation));
}

// Waiting.

Value pause_for(const Call& call, double seconds) {
  constexpr double kSecondsMax = 1e9;
  if (!(seconds > 0)) return Value::of_integer(0);
  const auto microseconds =
      static_cast<std::int64_t>(std::ceil(std::min(seconds, kSecondsMax) * kMicrosPerSecond));
  Result<void> slept = services(call).sleep_us(microseconds);
  return slept.has_value() ? Value::of_integer(0) : call.fail(std::move(slept).error());
}
Value pg_sleep(const Call& call) { return pause_for(call, call.number(0)); }
/// Until the clock shows what is asked for, counted from now on.
Value pause_until(const Call& call, TimestampTz moment) {
  const std::int64_t now_us = services(call).clock_us();
  return pause_for(call, static_cast<double>(moment.microseconds) / kMicrosPerSecond -
                             static_cast<double>(now_us) / kMicrosPerSecond);
}
Value pg_sleep_until(const Call& call) { return pause_until(call, argument<TimestampTz>(call, 0)); }
Value pg_sleep_for(const Call& call) {
  const DateTimeResult<TimestampTz> end =
      add(TimestampTz{services(call).clock_us()}, argument<Interval>(call, 0), zone_of(call));
  if (!end.has_value()) return call.fail(end.error().to_error());
  return pause_until(call, *end);
}

// Comparisons between types; those within a type are in comparison.cc.

enum class Test : std::uint8_t { Equal, Different, Less, LessEqual, Greater, GreaterEqual };

template <Test kTest>
Value holds(std::strong_ordering order) {
  switch (kTest) {
    case Test::Equal:
      return Value::of_bool(order == 0);
    case Test::Different:
      return Value::of_bool(order != 0);
    case Test::Less:
      return Value::of_bool(order < 0);
    case Test::LessEqual:
      return Value::of_bool(order <= 0);
    case Test::Greater:
      return Value::of_bool(order > 0);
    case Test::GreaterEqual:
      return Value::of_bool(order >= 0);
  }
  return Value::null();
}

template <typename Left, typename Right>
std::strong_ordering order_of(const Call& call, Left left, Right right) {
  if constexpr (std::is_same_v<Left, TimestampTz> ||
                (std::is_same_v<Left, Timestamp> && std::is_same_v<Right, Date>)) {
    return 0 <=> order_of(call, right, left);
  } else if constexpr (std::is_same_v<Right, TimestampTz>) {
    return latchkey::compare(left, right, zone_of(call));
  } else {
    return latchkey::compare(left, right);
  }
}

template <Test kTest, typename Left, typename Right>
Value compare_across(const Call& call) {
  return holds<kTest>(order_of(call, argument<Left>(call, 0), argument<Right>(call, 1)));
}

template <typename Left, typename Right>
void add_comparisons(std::vector<Function>& rows, Oid left, Oid right) {
  const Signature signature = takes(left, right).gives(oid::kBool);
  const auto add = [&](std::string_view name, std::uint32_t flags, FunctionBody body) {
    rows.push_back({name, signature, flags, body, {}, {}});
  };
  const bool depends_on_zone = left == oid::kTimestamptz || right == oid::kTimestamptz;
  const std::uint32_t flags = kOperator | (depends_on_zone ? kStable : 0u);
  add("=", flags, &compare_across<Test::Equal, Left, Right>);
  add("<>", flags, &compare_across<Test::Different, Left, Right>);
  add("<", flags, &compare_across<Test::Less, Left, Right>);
  add("<=", flags, &compare_across<Test::LessEqual, Left, Right>);
  add(">", flags, &compare_across<Test::Greater, Left, Right>);
  add(">=", flags, &compare_across<Test::GreaterEqual, Left, Right>);
}

std::vector<Function> make_rows() {
  constexpr Oid kTimestamptz = oid::kTimestamptz;
  std::vector<Function> rows = {
      {"now", takes().gives(kTimestamptz), kStable, &now, "now() = transaction_timestamp()", "t"},
      {"transaction_timestamp", takes().gives(kTimestamptz), kStable, &now, {}, {}},
      {"statement_timestamp", takes().gives(kTimestamptz), kStable, &statement_now,
       "statement_timestamp() >= now()", "t"},
      {"clock_timestamp", takes().gives(kTimestamptz), kVolatile, &clock_now,
       "clock_timestamp() >= now()", "t"},
      {"timeofday", takes().gives(oid::kText), kVolatile, &time_of_day, "length(timeofday()) > 30",
       "t"},
      {"pg_sleep", takes(oid::kFloat8).gives(oid::kVoid), kVolatile, &pg_sleep, "pg_sleep(0)", ""},
      {"pg_sleep_for", takes(oid::kInterval).gives(oid::kVoid), kVolatile, &pg_sleep_for,
       "pg_sleep_for('0')", ""},
      {"pg_sleep_until", takes(kTimestamptz).gives(oid::kVoid), kVolatile, &pg_sleep_until,
       "pg_sleep_until('-infinity')", ""},
  };
  add_comparisons<Date, Timestamp>(rows, oid::kDate, oid::kTimestamp);
  add_comparisons<Date, TimestampTz>(rows, oid::kDate, kTimestamptz);
  add_comparisons<Timestamp, Date>(rows, oid::kTimestamp, oid::kDate);
  add_comparisons<Timestamp, TimestampTz>(rows, oid::kTimestamp, kTimestamptz);
  add_comparisons<TimestampTz, Date>(rows, kTimestamptz, oid::kDate);
  add_comparisons<TimestampTz, Timestamp>(rows, kTimestamptz, oid::kTimestamp);
  return rows;
}

}  // namespace

std::span<const Function> date_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

// What the grammar has words of its own for: CURRENT_DATE and its kin.
const Function& current_moment(Oid type) {
  static const Function kRows[] = {
      {"current_date", takes().gives(oid::kDate), kStable, &current_date, {}, {}},
      {"current_time", takes().gives(oid::kTimetz), kStable, &current_time, {}, {}},
      {"current_timestamp", takes().gives(oid::kTimestamptz), kStable, &now, {}, {}},
      {"localtime", takes().gives(oid::kTime), kStable, &local_time, {}, {}},
      {"localtimestamp", takes().gives(oid::kTimestamp), kStable, &local_timestamp, {}, {}},
  };
  for (const Function& row : kRows) {
    if (row.result() == type) return row;
  }
  return kRows[0];
}

std::span<const Cast> date_casts() {
  constexpr auto kFunction = CastMethod::Function;
  constexpr auto kImplicit = CastContext::Implicit;
  constexpr auto kAssignment = CastContext::Assignment;
  static const std::vector<Cast> kRows = {
      {oid::kDate, oid::kTimestamp, kImplicit, kFunction,
       [](const Call& call) { return give(call, timestamp_of(argument<Date>(call, 0))); }},
      {oid::kDate, oid::kTimestamptz, kImplicit, kFunction,
       [](const Call& call) {
         return give(call, timestamptz_of(argument<Date>(call, 0), zone_of(call)));
       }},
      {oid::kTime, oid::kInterval, kImplicit, kFunction,
       [](const Call& call) { return give(call, interval_of(argument<TimeOfDay>(call, 0))); }},
      {oid::kTime, oid::kTimetz, kImplicit, kFunction,
       [](const Call& call) {
         return give(
             call, timetz_of(argument<TimeOfDay>(call, 0), date_time::session_of(call.settings())));
       }},
      {oid::kTimestamp, oid::kDate, kAssignment, kFunction,
       [](const Call& call) { return give(call, date_of(argument<Timestamp>(call, 0))); }},
      {oid::kTimestamp, oid::kTime, kAssignment, kFunction,
       [](const Call& call) { return give(call, time_of(argument<Timestamp>(call, 0))); }},
      {oid::kTimestamp, oid::kTimestamptz, kImplicit, kFunction,
       [](const Call& call) {
         return give(call, timestamptz_of(argument<Timestamp>(call, 0), zone_of(call)));
       }},
      {oid::kTimestamptz, oid::kDate, kAssignment, kFunction,
       [](const Call& call) {
         return give(call, date_of(argument<TimestampTz>(call, 0), zone_of(call)));
       }},
      {oid::kTimestamptz, oid::kTime, kAssignment, kFunction,
       [](const Call& call) {
         return give(call, time_of(argument<TimestampTz>(call, 0), zone_of(call)));
       }},
      {oid::kTimestamptz, oid::kTimetz, kAssignment, kFunction,
       [](const Call& call) {
         return give(call, timetz_of(argument<TimestampTz>(call, 0), zone_of(call)));
       }},
      {oid::kTimestamptz, oid::kTimestamp, kAssignment, kFunction,
       [](const Call& call) {
         return give(call, timestamp_of(argument<TimestampTz>(call, 0), zone_of(call)));
       }},
      {oid::kInterval, oid::kTime, kAssignment, kFunction,
       [](const Call& call) { return give(call, time_of(argument<Interval>(call, 0))); }},
      {oid::kTimetz, oid::kTime, kAssignment, kFunction,
       [](const Call& call) {
         return give(call, TimeOfDay{argument<TimeTz>(call, 0).microseconds});
       }},
  };
  return kRows;
}

}  // namespace latchkey::sql
