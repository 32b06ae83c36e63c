#include <limits>

#include "base/date_time_convert.h"
#include "base/date_time_extract.h"
#include "base/date_time_format.h"
#include "base/date_time_from_pattern.h"
#include "base/date_time_make.h"
#include "base/date_time_trunc.h"
#include "base/time_zone_name.h"
#include "sql/functions/date_time_call.h"
#include "sql/functions/numeric_value.h"

namespace latchkey::sql {

namespace {

constexpr Oid kText = oid::kText;
constexpr Oid kDate = oid::kDate;
constexpr Oid kTime = oid::kTime;
constexpr Oid kTimetz = oid::kTimetz;
constexpr Oid kTimestamp = oid::kTimestamp;
constexpr Oid kTimestamptz = oid::kTimestamptz;
constexpr Oid kInterval = oid::kInterval;
constexpr Oid kInt4 = oid::kInt4;
constexpr Oid kFloat8 = oid::kFloat8;

// Single fields.

template <typename T>
DateTimeResult<FieldValue> field_of(const Call& call) {
  if constexpr (std::is_same_v<T, TimestampTz>) {
    return extract(call.bytes(0), argument<T>(call, 1), zone_of(call));
  } else {
    return extract(call.bytes(0), argument<T>(call, 1));
  }
}

Result<Numeric> numeric_of_field(const FieldValue& field) {
  Int128 digits = field.digits < 0 ? -field.digits : field.digits;
  std::string text;
  for (int place = 0; digits != 0 || place <= field.scale; ++place) {
    if (place == field.scale && place > 0) text.push_back('.');
    text.push_back(static_cast<char>('0' + static_cast<int>(digits % 10)));
    digits /= 10;
  }
  if (field.digits < 0) text.push_back('-');
  return Numeric::parse(std::string(text.rbegin(), text.rend()));
}

template <typename T>
Value extract_numeric(const Call& call) {
  const DateTimeResult<FieldValue> field = field_of<T>(call);
  if (!field.has_value()) return call.fail(field.error().to_error());
  switch (field->kind) {
    case FieldValue::Kind::Null:
      return Value::null();
    case FieldValue::Kind::Infinity:
      return value_of_numeric(Numeric::infinity(), call.arena());
    case FieldValue::Kind::MinusInfinity:
      return value_of_numeric(Numeric::negative_infinity(), call.arena());
    case FieldValue::Kind::Number:
      break;
  }
  Result<Numeric> number = numeric_of_field(*field);
  if (!number.has_value()) return call.fail(std::move(number).error());
  return value_of_numeric(*number, call.arena());
}

template <typename T>
Value date_part(const Call& call) {
  const DateTimeResult<FieldValue> field = field_of<T>(call);
  if (!field.has_value()) return call.fail(field.error().to_error());
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (field->kind) {
    case FieldValue::Kind::Null:
      return Value::null();
    case FieldValue::Kind::Infinity:
      return Value::of_number(kInfinity);
    case FieldValue::Kind::MinusInfinity:
      return Value::of_number(-kInfinity);
    case FieldValue::Kind::Number:
      break;
  }
  return Value::of_number(field->approximate);
}

/// date_part of a date is that of its midnight, so it has hours, too.
Value date_part_of_date(const Call& call) {
  const DateTimeResult<Timestamp> midnight = timestamp_of(argument<Date>(call, 1));
  if (!midnight.has_value()) return call.fail(midnight.error().to_error());
  const Value values[] = {call[0], give(call, *midnight)};
  return date_part<Timestamp>(Call{call.evaluation, values, call.types});
}

void add_field_rows(std::vector<Function>& rows) {
  const auto add = [&](Oid type, std::uint32_t flags, FunctionBody exact, FunctionBody part) {
    rows.push_back({"extract", takes(kText, type).gives(oid::kNumeric), flags, exact, {}, {}});
    rows.push_back({"date_part", takes(kText, type).gives(kFloat8), flags, part, {}, {}});
  };
  add(kDate, 0, &extract_numeric<Date>, &date_part_of_date);
  add(kTime, 0, &extract_numeric<TimeOfDay>, &date_part<TimeOfDay>);
  add(kTimetz, 0, &extract_numeric<TimeTz>, &date_part<TimeTz>);
  add(kTimestamp, 0, &extract_numeric<Timestamp>, &date_part<Timestamp>);
  add(kTimestamptz, kStable, &extract_numeric<TimestampTz>, &date_part<TimestampTz>);
  add(kInterval, 0, &extract_numeric<Interval>, &date_part<Interval>);
  rows[rows.size() - 2].example = "extract(second from interval '1.5 s')";
  rows[rows.size() - 2].expected = "1.500000";
  rows.back().example = "date_part('hour', interval '90 min')";
  rows.back().expected = "1";
}

// The beginning of what a moment lies in.

Value trunc_in_zone(const Call& call) {
  const DateTimeResult<NamedZone> named = NamedZone::find(call.bytes(2), zones_of(call));
  if (!named.has_value()) return call.fail(named.error().to_error());
  const auto zone = named->whole_zone(zones_of(call));
  return give(call, truncate(call.bytes(0), argument<TimestampTz>(call, 1), *zone));
}

template <typename T>
Value bin_of(const Call& call) {
  return give(call, bin(argument<T>(call, 1), {argument<T>(call, 2), argument<Interval>(call, 0)}));
}

void add_trunc_rows(std::vector<Function>& rows) {
  rows.insert(
      rows.end(),
      {{"date_trunc", takes(kText, kTimestamp).gives(kTimestamp), 0,
        [](const Call& call) {
          return give(call, truncate(call.bytes(0), argument<Timestamp>(call, 1)));
        },
        "date_trunc('month', timestamp '2020-05-17 10:00')", "2020-05-01 00:00:00"},
       {"date_trunc", takes(kText, kTimestamptz).gives(kTimestamptz), kStable,
        [](const Call& call) {
          return give(call, truncate(call.bytes(0), argument<TimestampTz>(call, 1), zone_of(call)));
        },
        "date_trunc('day', timestamptz '2020-05-17 10:00Z')", "2020-05-17 00:00:00+00"},
       {"date_trunc", takes(kText, kTimestamptz, kText).gives(kTimestamptz), kStable,
        &trunc_in_zone, "date_trunc('day', timestamptz '2020-05-17 10:00Z', 'EST')",
        "2020-05-17 05:00:00+00"},
       {"date_trunc", takes(kText, kInterval).gives(kInterval), 0,
        [](const Call& call) {
          return give(call, truncate(call.bytes(0), argument<Interval>(call, 1)));
        },
        "date_trunc('hour', interval '2 hours 40 minutes')", "02:00:00"},
       {"date_bin", takes(kInterval, kTimestamp, kTimestamp).gives(kTimestamp), 0,
        &bin_of<Timestamp>, "date_bin('15 minutes', timestamp '2020-02-11 15:44:17', '2001-01-01')",
        "2020-02-11 15:30:00"},
       {"date_bin",
        takes(kInterval, kTimestamptz, kTimestamptz).gives(kTimestamptz),
        0,
        &bin_of<TimestampTz>,
        {},
        {}}});
}

// AT TIME ZONE.

Result<NamedZone> zone_argument(const Call& call) {
  DateTimeResult<NamedZone> zone = call.types.arguments[0] == kInterval
                                       ? latchkey::zone_of(argument<Interval>(call, 0))
                                       : NamedZone::find(call.bytes(0), zones_of(call));
  if (!zone.has_value()) return zone.error().to_error();
  return std::move(zone).value();
}

template <typename T>
Value in_zone(const Call& call) {
  Result<NamedZone> zone = zone_argument(call);
  if (!zone.has_value()) return call.fail(std::move(zone).error());
  if constexpr (std::is_same_v<T, TimeTz>) {
    return give(call, at_time_zone(argument<T>(call, 1), *zone, now_of(call)));
  } else {
    return give(call, at_time_zone(argument<T>(call, 1), *zone));
  }
}

void add_zone_rows(std::vector<Function>& rows) {
  for (const Oid zone : {kText, kInterval}) {
    rows.push_back({"timezone", takes(zone, kTimestamp).gives(kTimestamptz), 0, &in_zone<Timestamp>,
                    "timestamp '2020-01-01 10:00' AT TIME ZONE 'EST'", "2020-01-01 15:00:00+00"});
    rows.push_back(
        {"timezone", takes(zone, kTimestamptz).gives(kTimestamp), 0, &in_zone<TimestampTz>,
         "timestamptz '2020-01-01 10:00Z' AT TIME ZONE interval '2 hours'", "2020-01-01 12:00:00"});
    rows.push_back({"timezone", takes(zone, kTimetz).gives(kTimetz), kStable, &in_zone<TimeTz>,
                    "timetz '10:00+00' AT TIME ZONE 'EST'", "05:00:00-05"});
  }
}

// Texts by a pattern.

Value text_or_null(const Call& call, const std::optional<std::string>& text) {
  return text.has_value() ? call.text(*text) : Value::null();
}
Value interval_to_char(const Call& call) {
  const auto text = to_char(argument<Interval>(call, 0), call.bytes(1));
  return text.has_value() ? text_or_null(call, *text) : call.fail(text.error().to_error());
}

void add_pattern_rows(std::vector<Function>& rows) {
  rows.insert(
      rows.end(),
      {{"to_char", takes(kTimestamp, kText).gives(kText), kStable,
        [](const Call& call) {
          return text_or_null(call, to_char(argument<Timestamp>(call, 0), call.bytes(1)));
        },
        "to_char(timestamp '2020-05-07 15:04', 'DD Mon YYYY HH12:MI am')", "07 May 2020 03:04 pm"},
       {"to_char", takes(kTimestamptz, kText).gives(kText), kStable,
        [](const Call& call) {
          return text_or_null(
              call, to_char(argument<TimestampTz>(call, 0), call.bytes(1), zone_of(call)));
        },
        "to_char(timestamptz '2020-05-07 15:04Z', 'HH24 TZ')", "15 UTC"},
       {"to_char", takes(kInterval, kText).gives(kText), kStable, &interval_to_char,
        "to_char(interval '15h 2m 12s', 'HH24:MI:SS')", "15:02:12"},
       {"to_timestamp", takes(kText, kText).gives(kTimestamptz), kStable,
        [](const Call& call) {
          return give(call, to_timestamp(call.bytes(0), call.bytes(1), zone_of(call)));
        },
        "to_timestamp('05 Dec 2000', 'DD Mon YYYY')", "2000-12-05 00:00:00+00"},
       {"to_timestamp", takes(kFloat8).gives(kTimestamptz), 0,
        [](const Call& call) { return give(call, timestamptz_of_epoch(call.number(0))); },
        "to_timestamp(1284352323.5)", "2010-09-13 04:32:03.5+00"},
       {"to_date", takes(kText, kText).gives(kDate), kStable,
        [](const Call& call) { return give(call, to_date(call.bytes(0), call.bytes(1))); },
        "to_date('05 Dec 2000', 'DD Mon YYYY')", "2000-12-05"}});
}

// From single fields.

std::int32_t int_argument(const Call& call, std::size_t index) {
  return static_cast<std::int32_t>(call.integer(index));
}
CivilDate civil_arguments(const Call& call) {
  return {int_argument(call, 0), int_argument(call, 1), int_argument(call, 2)};
}
TimeParts time_arguments(const Call& call, std::size_t from) {
  return {int_argument(call, from), int_argument(call, from + 1), call.number(from + 2)};
}

/// Fields that are not given are none.
Value interval_from_fields(const Call& call) {
  const std::size_t count = call.values.size();
  const auto field = [&](std::size_t index) {
    return index < count ? int_argument(call, index) : 0;
  };
  constexpr std::size_t kSeconds = 6;
  return give(call, make_interval({field(0), field(1), field(2), field(3), field(4), field(5),
                                   count > kSeconds ? call.number(kSeconds) : 0.0}));
}

void add_make_rows(std::vector<Function>& rows) {
  rows.insert(
      rows.end(),
      {{"make_date", takes(kInt4, kInt4, kInt4).gives(kDate), 0,
        [](const Call& call) { return give(call, make_date(civil_arguments(call))); },
        "make_date(2020, 2, 29)", "2020-02-29"},
       {"make_time", takes(kInt4, kInt4, kFloat8).gives(kTime), 0,
        [](const Call& call) { return give(call, make_time(time_arguments(call, 0))); },
        "make_time(10, 30, 1.5)", "10:30:01.5"},
       {"make_timestamp", takes(kInt4, kInt4, kInt4, kInt4, kInt4, kFloat8).gives(kTimestamp), 0,
        [](const Call& call) {
          return give(call, make_timestamp(civil_arguments(call), time_arguments(call, 3)));
        },
        "make_timestamp(2020, 2, 29, 10, 30, 1.5)", "2020-02-29 10:30:01.5"},
       {"make_timestamptz", takes(kInt4, kInt4, kInt4, kInt4, kInt4, kFloat8).gives(kTimestamptz),
        kStable,
        [](const Call& call) {
          return give(call, make_timestamptz(civil_arguments(call), time_arguments(call, 3),
                                             zone_of(call)));
        },
        "make_timestamptz(2020, 2, 29, 10, 30, 1.5)", "2020-02-29 10:30:01.5+00"},
       {"make_timestamptz",
        takes(kInt4, kInt4, kInt4, kInt4, kInt4, kFloat8, kText).gives(kTimestamptz), kStable,
        [](const Call& call) {
          return give(call, make_timestamptz_in_zone(civil_arguments(call), time_arguments(call, 3),
                                                     call.bytes(6), zones_of(call)));
        },
        "make_timestamptz(2020, 2, 29, 10, 30, 1.5, 'EST')", "2020-02-29 15:30:01.5+00"}});
  Signature signature = takes().gives(kInterval);
  constexpr std::size_t kFields = 7;
  for (std::size_t count = 0; count <= kFields; ++count) {
    rows.push_back({"make_interval", signature, 0, &interval_from_fields, {}, {}});
    signature.arguments[count] = count + 1 == kFields ? kFloat8 : kInt4;
    signature.argument_count = static_cast<std::uint8_t>(count + 1);
  }
  rows.back().example = "make_interval(1, 2, 0, 3, 4, 5, 6.5)";
  rows.back().expected = "1 year 2 mons 3 days 04:05:06.5";
}

std::vector<Function> make_rows() {
  std::vector<Function> rows;
  add_field_rows(rows);
  add_trunc_rows(rows);
  add_zone_rows(rows);
  add_pattern_rows(rows);
  add_make_rows(rows);
  return rows;
}

}  // namespace

std::span<const Function> date_part_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
