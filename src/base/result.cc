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
    : body_(std::make_unique<Body>(Body{code, std::move(message), nullptr})) {}

Error::Error(ErrorCode code) : Error(code, std::string(error_class(code).text)) {}

Error::Error(const Error& other) : Error(other.code(), other.message()) {
  if (other.body_->details != nullptr) {
    body_->details = std::make_unique<ErrorDetails>(*other.body_->details);
  }
}

Error& Error::operator=(const Error& other) {
  if (this != &other) *this = Error(other);
  return *this;
}

Error Error::within(std::string_view where) && {
  body_->message.insert(0, std::string(where) + ": ");
  return std::move(*this);
}

const ErrorDetails& Error::details() const {
  static const ErrorDetails kNone;
  return body_->details != nullptr ? *body_->details : kNone;
}

ErrorDetails& Error::details_to_fill() {
  if (body_->details == nullptr) body_->details = std::make_unique<ErrorDetails>();
  return *body_->details;
}

Error Error::with_hint(std::string hint) && {
  details_to_fill().hint = std::move(hint);
  return std::move(*this);
}

Error Error::with_detail(std::string detail) && {
  details_to_fill().detail = std::move(detail);
  return std::move(*this);
}

Error Error::at(std::int32_t position) && {
  if (position > 0 && details().position == 0) details_to_fill().position = position;
  return std::move(*this);
}

std::string_view Error::sqlstate() const {
  const std::string& own = details().sqlstate;
  return own.empty() ? error_class(code()).sqlstate : std::string_view(own);
}

}  // namespace latchkey
