#include <fmt/format.h>

#include <algorithm>

#include "base/date_time_precision.h"
#include "base/date_time_text.h"
#include "base/interval_text.h"
#include "sql/types/date_style.h"
#include "sql/types/date_time_value.h"
#include "sql/types/io.h"

namespace latchkey::sql {

namespace {

template <typename T>
T load_big(const char* from) {
  std::make_unsigned_t<T> bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bits = static_cast<std::make_unsigned_t<T>>((bits << 8) | static_cast<unsigned char>(from[i]));
  }
  return static_cast<T>(bits);
}

template <typename T>
char* store_big(T value, char* to) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t i = sizeof(T); i-- > 0;) *to++ = static_cast<char>(bits >> (8 * i));
  return to;
}

}  // namespace

namespace date_time {

template <>
TimeTz get<TimeTz>(const Value& value) {
  return {load_big<std::int64_t>(value.data), -load_big<std::int32_t>(value.data + 8)};
}
template <>
Interval get<Interval>(const Value& value) {
  return {load_big<std::int64_t>(value.data), load_big<std::int32_t>(value.data + 8),
          load_big<std::int32_t>(value.data + 12)};
}

Value give(TimeTz value, Arena& arena) {
  char* const out = arena.allocate(kTimetzBytes);
  store_big(-value.utc_offset_seconds, store_big(value.microseconds, out));
  return Value::of_bytes({out, kTimetzBytes});
}
Value give(const Interval& value, Arena& arena) {
  char* const out = arena.allocate(kIntervalBytes);
  store_big(value.months, store_big(value.days, store_big(value.microseconds, out)));
  return Value::of_bytes({out, kIntervalBytes});
}

const TimeZone& zone_of(const TextSettings& settings) {
  return settings.zone == nullptr ? TimeZone::utc() : *settings.zone;
}

TimeZones& zones_of(const TextSettings& settings) {
  static TimeZones without_files(
      {[](const std::string&) -> Result<std::string> { return Error(ErrorCode::FileMissing); },
       [](const std::string&) -> Result<std::vector<std::string>> {
         return Error(ErrorCode::FileMissing);
       }});
  return settings.zones == nullptr ? without_files : *settings.zones;
}

DateTimeSession session_of(const TextSettings& settings) {
  return {TimestampTz{settings.transaction_us}, zone_of(settings), zones_of(settings),
          settings.date_order};
}

}  // namespace date_time

namespace io {

namespace {

using date_time::get;
using date_time::give;

/// What the upper half of an interval's typmod says, beside the fields themselves.
constexpr std::int32_t kAllFields = 0x7fff;
constexpr std::int32_t kAllDigits = 0xffff;
constexpr std::int32_t kDigitsMax = 6;
constexpr int kFieldsShift = 16;

/// The fields of an interval as the bits that the grammar gives.
constexpr std::int32_t kYear = 1 << 2;
constexpr std::int32_t kMonth = 1 << 1;
constexpr std::int32_t kDay = 1 << 3;
constexpr std::int32_t kHour = 1 << 10;
constexpr std::int32_t kMinute = 1 << 11;
constexpr std::int32_t kSecond = 1 << 12;

struct FieldsRow {
  std::int32_t bits;
  IntervalFields fields;
  std::string_view name;
};
constexpr FieldsRow kFields[] = {
    {kAllFields, IntervalFields::All, ""},
    {kYear, IntervalFields::Year, " year"},
    {kMonth, IntervalFields::Month, " month"},
    {kDay, IntervalFields::Day, " day"},
    {kHour, IntervalFields::Hour, " hour"},
    {kMinute, IntervalFields::Minute, " minute"},
    {kSecond, IntervalFields::Second, " second"},
    {kYear | kMonth, IntervalFields::YearToMonth, " year to month"},
    {kDay | kHour, IntervalFields::DayToHour, " day to hour"},
    {kDay | kHour | kMinute, IntervalFields::DayToMinute, " day to minute"},
    {kDay | kHour | kMinute | kSecond, IntervalFields::DayToSecond, " day to second"},
    {kHour | kMinute, IntervalFields::HourToMinute, " hour to minute"},
    {kHour | kMinute | kSecond, IntervalFields::HourToSecond, " hour to second"},
    {kMinute | kSecond, IntervalFields::MinuteToSecond, " minute to second"},
};

const FieldsRow* find_fields(std::int32_t bits) {
  for (const FieldsRow& row : kFields) {
    if (row.bits == bits) return &row;
  }
  return nullptr;
}

/// All of them if the typmod has no other meaning.
IntervalFields fields_of(std::int32_t typmod) {
  const FieldsRow* const row =
      typmod < 0 ? nullptr : find_fields((typmod >> kFieldsShift) & kAllFields);
  return row == nullptr ? IntervalFields::All : row->fields;
}

SecondDigits digits_of(std::int32_t typmod) {
  return static_cast<SecondDigits>(std::clamp(typmod, 0, kDigitsMax));
}

template <typename T>
Result<Value> taken(DateTimeResult<T> result, Arena& arena) {
  if (!result.has_value()) return result.error().to_error();
  return give(*result, arena);
}

Error bad_binary(const char* message) { return Error(ErrorCode::InvalidBinary, message); }

/// Infinity and minus infinity are in range as well.
Result<void> check_range(Oid type, const Value& value) {
  switch (value_of(type)) {
    case value_of(oid::kDate): {
      const Date date = get<Date>(value);
      if (date.is_finite() && !is_date_in_range(date.days)) return date_out_of_range().to_error();
      return {};
    }
    case value_of(oid::kTime):
      if (value.integer < 0 || value.integer > kMicrosPerDay) {
        return Error(ErrorCode::DateTimeOverflow, "time out of range");
      }
      return {};
    default: {
      const Timestamp timestamp = get<Timestamp>(value);
      if (timestamp.is_finite() && !is_timestamp_in_range(timestamp.microseconds)) {
        return timestamp_out_of_range().to_error();
      }
      return {};
    }
  }
}

Result<Value> receive_timetz(Bytes bytes, Arena& arena) {
  if (bytes.size() != date_time::kTimetzBytes) return bad_binary("incorrect binary data format");
  const TimeTz value = get<TimeTz>(Value::of_bytes(bytes));
  if (value.microseconds < 0 || value.microseconds > kMicrosPerDay) {
    return Error(ErrorCode::DateTimeOverflow, "time out of range");
  }
  constexpr std::int32_t kOffsetEnd = 16 * 3600;
  if (value.utc_offset_seconds <= -kOffsetEnd || value.utc_offset_seconds >= kOffsetEnd) {
    return DateTimeError(DateTimeFault::BadDisplacement, "time zone displacement out of range")
        .to_error();
  }
  return give(value, arena);
}

}  // namespace

bool is_date_time(Oid type) {
  return type == oid::kDate || type == oid::kTime || type == oid::kTimetz ||
         type == oid::kTimestamp || type == oid::kTimestamptz || type == oid::kInterval;
}

Result<Value> parse_date_time(Oid type, std::int32_t typmod, Bytes text,
                              const TextSettings& settings, Arena& arena) {
  const DateTimeSession session = date_time::session_of(settings);
  const auto parse = [&]() -> Result<Value> {
    switch (value_of(type)) {
      case value_of(oid::kDate):
        return taken(parse_date(text, session), arena);
      case value_of(oid::kTime):
        return taken(parse_time(text, session), arena);
      case value_of(oid::kTimetz):
        return taken(parse_timetz(text, session), arena);
      case value_of(oid::kTimestamp):
        return taken(parse_timestamp(text, session), arena);
      case value_of(oid::kTimestamptz):
        return taken(parse_timestamptz(text, session), arena);
      default:
        return taken(parse_interval(text, fields_of(typmod)), arena);
    }
  };
  LK_TRY(const Value value, parse());
  return fit_date_time(type, typmod, value, arena);
}

void append_date_time(Oid type, const Value& value, const TextSettings& settings,
                      std::string& out) {
  const bool is_plain =
      settings.date_style == DateStyle::Iso && settings.interval_style == IntervalStyle::Postgres;
  if (!is_plain && append_in_style(type, value, settings, out)) return;
  switch (value_of(type)) {
    case value_of(oid::kDate):
      return append_date(out, get<Date>(value));
    case value_of(oid::kTime):
      return append_time(out, get<TimeOfDay>(value));
    case value_of(oid::kTimetz):
      return append_timetz(out, get<TimeTz>(value));
    case value_of(oid::kTimestamp):
      return append_timestamp(out, get<Timestamp>(value));
    case value_of(oid::kTimestamptz):
      return append_timestamptz(out, get<TimestampTz>(value), date_time::zone_of(settings));
    default:
      return append_interval(out, get<Interval>(value));
  }
}

Result<Value> receive_date_time(Oid type, std::int32_t typmod, Bytes bytes, Arena& arena) {
  if (type == oid::kTimetz) {
    LK_TRY(const Value value, receive_timetz(bytes, arena));
    return fit_date_time(type, typmod, value, arena);
  }
  if (type == oid::kInterval) {
    if (bytes.size() != date_time::kIntervalBytes) {
      return bad_binary("incorrect binary data format");
    }
    return fit_date_time(type, typmod, Value::of_bytes(arena.copy(bytes)), arena);
  }
  LK_TRY(const Value value, receive_number(type, bytes));
  LK_CHECK(check_range(type, value));
  return fit_date_time(type, typmod, value, arena);
}

Result<Value> fit_date_time(Oid type, std::int32_t typmod, const Value& value, Arena& arena) {
  if (typmod < 0) return value;
  switch (value_of(type)) {
    case value_of(oid::kTime):
      return give(round_time(get<TimeOfDay>(value), digits_of(typmod)), arena);
    case value_of(oid::kTimetz):
      return give(round_timetz(get<TimeTz>(value), digits_of(typmod)), arena);
    case value_of(oid::kTimestamp):
      return taken(round_timestamp(get<Timestamp>(value), digits_of(typmod)), arena);
    case value_of(oid::kTimestamptz):
      return taken(round_timestamptz(get<TimestampTz>(value), digits_of(typmod)), arena);
    case value_of(oid::kInterval): {
      const Interval kept = restrict_interval(get<Interval>(value), fields_of(typmod));
      const std::int32_t digits = typmod & kAllDigits;
      if (digits == kAllDigits) return give(kept, arena);
      return taken(round_interval(kept, digits_of(digits)), arena);
    }
    default:
      return value;
  }
}

Result<std::int32_t> date_time_modifier(Oid type, std::span<const std::int64_t> numbers) {
  constexpr std::int32_t kNone = -1;
  if (numbers.empty()) return kNone;
  const auto invalid = [] { return Error(ErrorCode::InvalidArgument, "invalid type modifier"); };
  const auto digits = [](std::int64_t number) {
    return static_cast<std::int32_t>(std::min<std::int64_t>(number, kDigitsMax));
  };
  if (type != oid::kInterval) {
    if (numbers.size() != 1) return invalid();
    const bool has_zone = type == oid::kTimetz || type == oid::kTimestamptz;
    const bool is_time = type == oid::kTime || type == oid::kTimetz;
    if (numbers[0] < 0) {
      return Error(
          ErrorCode::InvalidArgument,
          fmt::format("{}({}){} precision must not be negative", is_time ? "TIME" : "TIMESTAMP",
                      numbers[0], has_zone ? " WITH TIME ZONE" : ""));
    }
    return digits(numbers[0]);
  }
  if (numbers.size() > 2 || find_fields(static_cast<std::int32_t>(numbers[0])) == nullptr) {
    return Error(ErrorCode::InvalidArgument, "invalid INTERVAL type modifier");
  }
  const auto fields = static_cast<std::int32_t>(numbers[0]);
  if (numbers.size() == 1) {
    return fields == kAllFields ? kNone : (fields << kFieldsShift) | kAllDigits;
  }
  if (numbers[1] < 0) {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("INTERVAL({}) precision must not be negative", numbers[1]));
  }
  return (fields << kFieldsShift) | digits(numbers[1]);
}

std::string date_time_modifier_text(Oid type, std::int32_t typmod) {
  if (!is_date_time(type) || type == oid::kDate || typmod < 0) return {};
  if (type != oid::kInterval) return fmt::format("({})", typmod);
  const FieldsRow* const row = find_fields((typmod >> kFieldsShift) & kAllFields);
  std::string text(row == nullptr ? "" : row->name);
  const std::int32_t digits = typmod & kAllDigits;
  if (digits != kAllDigits) text += fmt::format("({})", digits);
  return text;
}

}  // namespace io

}  // namespace latchkey::sql
