#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "latchkey/result.h"

namespace latchkey {

/// The classes of SQLSTATE in which work on dates and times fails.
enum class DateTimeFault : std::uint8_t {
  BadFormat,        // 22007: the text is no date, time or interval
  OutOfRange,       // 22008: a field or a result is outside its range
  BadDisplacement,  // 22009: a distance from UTC that no zone has
  IntervalField,    // 22015: a field of an interval is outside its range
  DivisionByZero,   // 22012
  BadArgument,      // 22023: no such time zone, no such unit
  NotANumber,       // 22P02: digits were asked for
  NotSupported,     // 0A000: a unit that this type does not have
};

std::string_view sqlstate_of(DateTimeFault fault);

/// What failed, in the words of PostgreSQL, as one pointer; never null.
///
/// Ownership: owns its texts.
class [[nodiscard]] DateTimeError {
 public:
  DateTimeError(DateTimeFault fault, std::string message);

  DateTimeError(DateTimeError&&) noexcept = default;
  DateTimeError& operator=(DateTimeError&&) noexcept = default;
  DateTimeError(const DateTimeError& other) : body_(std::make_unique<Body>(*other.body_)) {}
  DateTimeError& operator=(const DateTimeError& other);

  DateTimeError with_detail(std::string detail) &&;
  DateTimeError with_hint(std::string hint) &&;

  DateTimeFault fault() const { return body_->fault; }
  const std::string& message() const { return body_->message; }
  /// What a client shows below the message; often empty.
  const std::string& detail() const { return body_->detail; }
  const std::string& hint() const { return body_->hint; }

  /// The same as an error of the table, with the SQLSTATE of the fault.
  Error to_error() const;

 private:
  struct Body {
    DateTimeFault fault;
    std::string message;
    std::string detail;
    std::string hint;
  };
  std::unique_ptr<Body> body_;
};

/// A value or the error that stood in its way; member names as in Result, so that LK_TRY and
/// LK_CHECK work in functions that return one.
template <typename T>
class [[nodiscard]] DateTimeResult {
 public:
  using value_type = T;

  DateTimeResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  DateTimeResult(DateTimeError error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// Stops the process on an error; ask has_value() first.
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  const T* operator->() const { return &value(); }

  const DateTimeError& error() const& { return std::get<1>(state_); }
  DateTimeError&& error() && { return std::get<1>(std::move(state_)); }

  template <typename F>
  auto transform(F&& next) && -> DateTimeResult<std::invoke_result_t<F, T&&>> {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(next)(std::move(*this).value());
  }

 private:
  std::variant<T, DateTimeError> state_;
};

/// The errors that most operations share.
DateTimeError timestamp_out_of_range();
DateTimeError date_out_of_range();
DateTimeError interval_out_of_range();
DateTimeError unknown_time_zone(std::string_view name);

/// A text that was to become a value of a type.
struct InputText {
  std::string_view type;
  std::string_view text;
};
DateTimeError invalid_input(InputText input);
DateTimeError field_out_of_range(InputText input);

/// The front of a text in UTF-8 as a message shows it: not longer than this, and whole characters.
std::string_view cut_for_message(std::string_view text, std::size_t bytes_max);

}  // namespace latchkey
