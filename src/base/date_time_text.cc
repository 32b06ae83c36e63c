#include "base/date_time_text.h"

#include <array>

#include "base/calendar.h"
#include "base/date_time_decoder.h"
#include "base/numbers.h"

namespace latchkey {

namespace {

using Special = DateTimeDecoder::Special;
using Wanted = DateTimeDecoder::Wanted;

DateTimeError error_of(DecodeOutcome outcome, const DateTimeDecoder& decoder, InputText input) {
  switch (outcome) {
    case DecodeOutcome::FieldOutOfRange:
      return field_out_of_range(input);
    case DecodeOutcome::MonthOrDayOutOfRange:
      return field_out_of_range(input).with_hint(
          "Perhaps you need a different \"datestyle\" setting.");
    case DecodeOutcome::DisplacementOutOfRange:
      return {DateTimeFault::BadDisplacement,
              "time zone displacement out of range: \"" + std::string(input.text) + '"'};
    case DecodeOutcome::UnknownZone: {
      DateTimeError error = unknown_time_zone(decoder.unknown_zone());
      if (decoder.unknown_zone_abbreviation().empty()) return error;
      return std::move(error).with_detail(
          "This time zone name appears in the configuration file for time zone abbreviation \"" +
          decoder.unknown_zone_abbreviation() + "\".");
    }
    case DecodeOutcome::Fine:
    case DecodeOutcome::BadFormat:
      break;
  }
  return invalid_input(input);
}

/// What a text has turned out to be.
struct Decoded {
  Special special;
  CivilDateTime civil;
  std::int32_t utc_offset_seconds;
};

struct Request {
  InputText input;
  FieldBytesMax bytes_max;
  Wanted wanted;
};

DateTimeResult<Decoded> decode(const Request& request, const DateTimeSession& session) {
  FieldList fields;
  if (!fields.split(request.input.text, request.bytes_max)) return invalid_input(request.input);
  DateTimeDecoder decoder(fields, session, request.wanted);
  const DecodeOutcome outcome = decoder.run();
  if (outcome != DecodeOutcome::Fine) return error_of(outcome, decoder, request.input);
  return Decoded{decoder.special(), decoder.civil(), decoder.utc_offset_seconds()};
}

DateTimeError out_of_range(Bytes what, Bytes text) {
  return {DateTimeFault::OutOfRange,
          std::string(what) + " out of range: \"" + std::string(text) + '"'};
}

void append_year_month_day(std::string& out, CivilDate date) {
  append_padded(out, date.year > 0 ? date.year : 1 - std::int64_t{date.year}, 4);
  out += '-';
  append_padded(out, date.month, 2);
  out += '-';
  append_padded(out, date.day, 2);
}

void append_clock(std::string& out, const ClockTime& time) {
  append_padded(out, time.hour, 2);
  out += ':';
  append_padded(out, time.minute, 2);
  out += ':';
  append_padded(out, time.second, 2);
  append_fraction(out, time.microsecond);
}

void append_civil(std::string& out, const CivilDateTime& civil) {
  append_year_month_day(out, civil.date);
  out += ' ';
  append_clock(out, civil.time);
}

void append_era(std::string& out, CivilDate date) {
  if (date.year <= 0) out += " BC";
}

template <typename T>
bool append_infinity(std::string& out, T value) {
  if (value.is_finite()) return false;
  out += value == T::infinity() ? "infinity" : "-infinity";
  return true;
}

}  // namespace

DateTimeResult<Date> parse_date(Bytes text, const DateTimeSession& session) {
  const InputText input{"date", text};
  LK_TRY(const Decoded decoded, decode({input, FieldBytesMax::Date, Wanted::DateTime}, session));
  switch (decoded.special) {
    case Special::None:
      break;
    case Special::Epoch:
      return kEpochDate;
    case Special::Infinity:
      return Date::infinity();
    case Special::MinusInfinity:
      return Date::minus_infinity();
  }
  const std::optional<Date> date = date_from_civil(decoded.civil.date);
  if (!date) return out_of_range("date", text);
  return *date;
}

DateTimeResult<TimeOfDay> parse_time(Bytes text, const DateTimeSession& session) {
  const InputText input{"time", text};
  LK_TRY(const Decoded decoded, decode({input, FieldBytesMax::Date, Wanted::TimeOfDay}, session));
  return TimeOfDay{micros_from_clock(decoded.civil.time)};
}

DateTimeResult<TimeTz> parse_timetz(Bytes text, const DateTimeSession& session) {
  const InputText input{"time with time zone", text};
  LK_TRY(const Decoded decoded, decode({input, FieldBytesMax::Date, Wanted::TimeOfDay}, session));
  return TimeTz{micros_from_clock(decoded.civil.time), decoded.utc_offset_seconds};
}

DateTimeResult<Timestamp> parse_timestamp(Bytes text, const DateTimeSession& session) {
  const InputText input{"timestamp", text};
  LK_TRY(const Decoded decoded,
         decode({input, FieldBytesMax::Timestamp, Wanted::DateTime}, session));
  switch (decoded.special) {
    case Special::None:
      break;
    case Special::Epoch:
      return kEpochTimestamp;
    case Special::Infinity:
      return Timestamp::infinity();
    case Special::MinusInfinity:
      return Timestamp::minus_infinity();
  }
  const auto microseconds = micros_from_civil(decoded.civil);
  if (!microseconds) return out_of_range("timestamp", text);
  return Timestamp{*microseconds};
}

DateTimeResult<TimestampTz> parse_timestamptz(Bytes text, const DateTimeSession& session) {
  const InputText input{"timestamp with time zone", text};
  LK_TRY(const Decoded decoded,
         decode({input, FieldBytesMax::Timestamp, Wanted::DateTime}, session));
  switch (decoded.special) {
    case Special::None:
      break;
    case Special::Epoch:
      return TimestampTz{kEpochTimestamp.microseconds};
    case Special::Infinity:
      return TimestampTz::infinity();
    case Special::MinusInfinity:
      return TimestampTz::minus_infinity();
  }
  const auto microseconds = micros_from_civil(decoded.civil, decoded.utc_offset_seconds);
  if (!microseconds) return out_of_range("timestamp", text);
  return TimestampTz{*microseconds};
}

void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  std::array<char, kInt64TextMax> text;
  const char* const end = format_int64(text.data(), value);
  const Bytes digits(text.data(), static_cast<std::size_t>(end - text.data()));
  const bool negative = digits.starts_with('-');
  if (negative) out += '-';
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits.substr(negative ? 1 : 0);
}

void append_fraction(std::string& out, std::int32_t microsecond) {
  if (microsecond == 0) return;
  out += '.';
  append_padded(out, microsecond < 0 ? -microsecond : microsecond, 6);
  out.erase(out.find_last_not_of('0') + 1);
}

void append_utc_offset(std::string& out, std::int32_t utc_offset_seconds) {
  out += utc_offset_seconds < 0 ? '-' : '+';
  const std::int32_t seconds = utc_offset_seconds < 0 ? -utc_offset_seconds : utc_offset_seconds;
  append_padded(out, seconds / 3'600, 2);
  if (seconds % 3'600 == 0) return;
  out += ':';
  append_padded(out, seconds / 60 % 60, 2);
  if (seconds % 60 == 0) return;
  out += ':';
  append_padded(out, seconds % 60, 2);
}

void append_date(std::string& out, Date value) {
  if (append_infinity(out, value)) return;
  const CivilDate date = civil_from_date(value);
  append_year_month_day(out, date);
  append_era(out, date);
}

void append_time(std::string& out, TimeOfDay value) {
  append_clock(out, clock_from_micros(value.microseconds));
}

void append_timetz(std::string& out, TimeTz value) {
  append_clock(out, clock_from_micros(value.microseconds));
  append_utc_offset(out, value.utc_offset_seconds);
}

void append_timestamp(std::string& out, Timestamp value) {
  if (append_infinity(out, value)) return;
  const CivilDateTime civil = civil_from_micros(value.microseconds);
  append_civil(out, civil);
  append_era(out, civil.date);
}

void append_timestamptz(std::string& out, TimestampTz value, const TimeZone& zone) {
  if (append_infinity(out, value)) return;
  const ZonedClock clock = clock_in_zone(value, zone);
  append_civil(out, clock.civil);
  append_utc_offset(out, clock.utc_offset_seconds);
  append_era(out, clock.civil.date);
}

std::string format_date(Date value) {
  std::string text;
  append_date(text, value);
  return text;
}

std::string format_time(TimeOfDay value) {
  std::string text;
  append_time(text, value);
  return text;
}

std::string format_timetz(TimeTz value) {
  std::string text;
  append_timetz(text, value);
  return text;
}

std::string format_timestamp(Timestamp value) {
  std::string text;
  append_timestamp(text, value);
  return text;
}

std::string format_timestamptz(TimestampTz value, const TimeZone& zone) {
  std::string text;
  append_timestamptz(text, value, zone);
  return text;
}

}  // namespace latchkey
