#include "base/date_time_error.h"

namespace latchkey {

namespace {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

ErrorCode code_of(DateTimeFault fault) {
  switch (fault) {
    case DateTimeFault::BadFormat:
      return ErrorCode::BadDateTime;
    case DateTimeFault::OutOfRange:
    case DateTimeFault::BadDisplacement:
      return ErrorCode::DateTimeOverflow;
    case DateTimeFault::IntervalField:
      return ErrorCode::IntervalOverflow;
    case DateTimeFault::DivisionByZero:
      return ErrorCode::DivisionByZero;
    case DateTimeFault::BadArgument:
      return ErrorCode::InvalidArgument;
    case DateTimeFault::NotANumber:
      return ErrorCode::InvalidText;
    case DateTimeFault::NotSupported:
      return ErrorCode::NotSupported;
  }
  return ErrorCode::Internal;
}

}  // namespace

std::string_view sqlstate_of(DateTimeFault fault) {
  switch (fault) {
    case DateTimeFault::BadFormat:
      return "22007";
    case DateTimeFault::OutOfRange:
      return "22008";
    case DateTimeFault::BadDisplacement:
      return "22009";
    case DateTimeFault::IntervalField:
      return "22015";
    case DateTimeFault::DivisionByZero:
      return "22012";
    case DateTimeFault::BadArgument:
      return "22023";
    case DateTimeFault::NotANumber:
      return "22P02";
    case DateTimeFault::NotSupported:
      return "0A000";
  }
  return "XX000";
}

DateTimeError::DateTimeError(DateTimeFault fault, std::string message)
    : body_(std::make_unique<Body>(Body{fault, std::move(message), {}, {}})) {}

DateTimeError& DateTimeError::operator=(const DateTimeError& other) {
  if (this != &other) *this = DateTimeError(other);
  return *this;
}

DateTimeError DateTimeError::with_detail(std::string detail) && {
  body_->detail = std::move(detail);
  return std::move(*this);
}

DateTimeError DateTimeError::with_hint(std::string hint) && {
  body_->hint = std::move(hint);
  return std::move(*this);
}

Error DateTimeError::to_error() const {
  Error error(code_of(fault()), message());
  return std::move(error).with([this](ErrorDetails& details) {
    details.detail = detail();
    details.hint = hint();
    // The table has no class for this one alone.
    if (fault() == DateTimeFault::BadDisplacement) details.sqlstate = sqlstate_of(fault());
  });
}

DateTimeError timestamp_out_of_range() {
  return {DateTimeFault::OutOfRange, "timestamp out of range"};
}
DateTimeError date_out_of_range() { return {DateTimeFault::OutOfRange, "date out of range"}; }
DateTimeError interval_out_of_range() {
  return {DateTimeFault::OutOfRange, "interval out of range"};
}

DateTimeError unknown_time_zone(std::string_view name) {
  return {DateTimeFault::BadArgument, "time zone " + quoted(name) + " not recognized"};
}

DateTimeError invalid_input(InputText input) {
  return {DateTimeFault::BadFormat,
          "invalid input syntax for type " + std::string(input.type) + ": " + quoted(input.text)};
}

std::string_view cut_for_message(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  const auto continues = [&text](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  while (bytes_max > 0 && continues(bytes_max)) --bytes_max;
  return text.substr(0, bytes_max);
}

DateTimeError field_out_of_range(InputText input) {
  return {DateTimeFault::OutOfRange, "date/time field value out of range: " + quoted(input.text)};
}

}  // namespace latchkey
