#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace latchkey {

/// Whether the same request may succeed when it is sent again.
enum class Retry : std::uint8_t { Never, Now, Later };

/// Every way an operation can fail. The names on the wires stand in errors.def and nowhere else.
enum class ErrorCode : std::uint8_t {
#define LK_ERROR(code, sqlstate, resp, http, retry, text) code,
#include "latchkey/errors.def"
#undef LK_ERROR
};

/// One row of errors.def.
struct ErrorClass {
  std::string_view name;
  std::string_view sqlstate;
  std::string_view resp_prefix;
  int http_status;
  Retry retry;
  std::string_view text;
};

const ErrorClass& error_class(ErrorCode code);

/// What some doors tell of an error beside its message. Empty: nothing to tell.
struct ErrorDetails {
  std::string detail;
  std::string hint;
  std::string schema;
  std::string table;
  std::string column;
  std::string data_type;
  std::string constraint;
  std::string context;   ///< where it happened, innermost first: "PL/pgSQL function f() line 3"
  std::string sqlstate;  ///< in the place of the class's own, for what RAISE made up
  std::int32_t position = 0;  ///< in the statement's text, in characters from 1; 0: nowhere
};

/// What failed and why, as one pointer; never null.
///
/// Threads:   as a value: one thread at a time.
/// Ownership: owns its message.
class [[nodiscard]] Error {
 public:
  /// `message` says what, where, why and what to try. It carries no prefix of any door.
  Error(ErrorCode code, std::string message);
  /// The message is the class's own text.
  explicit Error(ErrorCode code);

  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  Error(const Error& other);
  Error& operator=(const Error& other);

  ErrorCode code() const { return body_->code; }
  const std::string& message() const { return body_->message; }
  /// Puts `where` in front of the message, for callers that know the place.
  Error within(std::string_view where) &&;

  const ErrorDetails& details() const;
  /// To be filled in: Error(..).with([](ErrorDetails& to) { to.hint = ".."; }).
  template <typename Fill>
  Error with(Fill&& fill) && {
    fill(details_to_fill());
    return std::move(*this);
  }
  Error with_hint(std::string hint) &&;
  Error with_detail(std::string detail) &&;
  /// Unless a place nearer to the fault is known already.
  Error at(std::int32_t position) &&;
  std::string_view sqlstate() const;

 private:
  struct Body {
    ErrorCode code;
    std::string message;
    std::unique_ptr<ErrorDetails> details;
  };
  ErrorDetails& details_to_fill();
  std::unique_ptr<Body> body_;
};

/// A value or the error that stood in its way. Member names follow std::expected.
///
/// Errors: value() and operator* on an error stop the process; ask has_value() first.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> &&
           !std::is_same_v<std::remove_cvref_t<U>, T>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

  template <typename U>
  T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }
  template <typename F>
  auto and_then(F&& next) && -> std::invoke_result_t<F, T&&> {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(next)(std::move(*this).value());
  }
  template <typename F>
  auto transform(F&& next) && -> Result<std::invoke_result_t<F, T&&>> {
    if (!has_value()) return std::move(*this).error();
    return std::forward<F>(next)(std::move(*this).value());
  }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  void value() const {}
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace latchkey

#define LK_JOIN_INNER(a, b) a##b
#define LK_JOIN(a, b) LK_JOIN_INNER(a, b)

/// LK_TRY(const auto row, find(key)): declares `row`, or returns the error from this function.
#define LK_TRY(declaration, ...) \
  LK_TRY_IMPL(LK_JOIN(lk_result_, __COUNTER__), declaration, __VA_ARGS__)
#define LK_TRY_IMPL(result, declaration, ...)                \
  auto result = (__VA_ARGS__);                               \
  if (!result.has_value()) return std::move(result).error(); \
  declaration = std::move(result).value()

/// LK_CHECK(file.sync()): returns the error from this function, or goes on.
#define LK_CHECK(...) LK_CHECK_IMPL(LK_JOIN(lk_result_, __COUNTER__), __VA_ARGS__)
#define LK_CHECK_IMPL(result, ...) \
  if (auto result = (__VA_ARGS__); !result.has_value()) return std::move(result).error()
