#include "latchkey/result.h"

#include <array>

namespace latchkey {

namespace {

constexpr auto kErrorClasses = std::to_array<ErrorClass>({
#define LK_ERROR(code, sqlstate, resp, http, retry, text) \
  {#code, sqlstate, resp, http, retry, text},
#include "latchkey/errors.def"
#undef LK_ERROR
});

}  // namespace

const ErrorClass& error_class(ErrorCode code) {
  return kErrorClasses.at(static_cast<std::size_t>(code));
}

Error::Error(ErrorCode code, std::string message)
    : body_(std::make_unique<Body>(Body{code, std::move(message)})) {}

Error::Error(ErrorCode code) : Error(code, std::string(error_class(code).text)) {}

Error::Error(const Error& other) : Error(other.code(), other.message()) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) *this = Error(other);
  return *this;
}

Error Error::within(std::string_view where) && {
  body_->message.insert(0, std::string(where) + ": ");
  return std::move(*this);
}

}  // namespace latchkey
