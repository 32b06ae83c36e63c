#include "doors/pgwire/message_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace latchkey::pgwire {

namespace {

/// The greatest length of a type, or nothing if clients send no such type.
std::optional<std::size_t> length_max(FrontendType type) {
  switch (type) {
    case FrontendType::Bind:
    case FrontendType::CopyData:
    case FrontendType::FunctionCall:
    case FrontendType::Parse:
    case FrontendType::Query:
      return MessageReader::kLargeBytesMax;
    case FrontendType::Close:
    case FrontendType::CopyDone:
    case FrontendType::CopyFail:
    case FrontendType::Describe:
    case FrontendType::Execute:
    case FrontendType::Flush:
    case FrontendType::Sync:
    case FrontendType::Terminate:
      return MessageReader::kSmallBytesMax;
    case FrontendType::Startup:
    case FrontendType::Fault:
    case FrontendType::Password:
      break;
  }
  return std::nullopt;
}

}  // namespace

MessageReader::Outcome MessageReader::read(Bytes input, Phase phase, std::size_t& consumed) {
  consumed = 0;
  if (error_.has_value()) return Outcome::Malformed;
  if (!in_body_) {
    const std::size_t header_bytes = kLengthBytes + (phase == Phase::Startup ? 0 : 1);
    if (input.size() < header_bytes) return Outcome::Incomplete;
    if (begin(input.substr(0, header_bytes), phase) == Outcome::Malformed)
      return Outcome::Malformed;
    consumed = header_bytes;
    input.remove_prefix(header_bytes);
  }
  const Bytes part = input.substr(0, missing_);
  if (!try_append(part)) {
    return fail(Error(ErrorCode::MemoryExhausted,
                      fmt::format("out of memory: no memory is left in the budget for a message "
                                  "of {} bytes",
                                  message_.body.size() + missing_)));
  }
  missing_ -= part.size();
  consumed += part.size();
  if (missing_ > 0) return Outcome::Incomplete;
  in_body_ = false;
  return Outcome::Complete;
}

/// Judges a header before a byte of the body is kept.
MessageReader::Outcome MessageReader::begin(Bytes header, Phase phase) {
  const auto type =
      phase == Phase::Startup ? FrontendType::Startup : static_cast<FrontendType>(header[0]);
  const std::size_t length = load_big32(header.data() + header.size() - kLengthBytes);
  std::optional<std::size_t> allowed = length_max(type);
  if (phase == Phase::Startup) allowed = kStartupBytesMax + kLengthBytes;
  if (phase == Phase::Authentication) {
    if (type != FrontendType::Password && type != FrontendType::Terminate) {
      return fail(
          Error(ErrorCode::ProtocolError, fmt::format("expected SASL response, got message type {}",
                                                      static_cast<unsigned char>(header[0]))));
    }
    allowed = kAuthenticationBytesMax;
  }
  if (!allowed.has_value()) {
    return fail(Error(
        ErrorCode::ProtocolError,
        fmt::format("invalid frontend message type {}", static_cast<unsigned char>(header[0]))));
  }
  if (length < kLengthBytes || length > *allowed) {
    return fail(Error(ErrorCode::ProtocolError, phase == Phase::Startup
                                                    ? "invalid length of startup packet"
                                                    : "invalid message length"));
  }
  message_ = Message{type, {}, std::nullopt, MemoryCharge(budget_)};
  missing_ = length - kLengthBytes;
  in_body_ = true;
  return Outcome::Complete;
}

MessageReader::Outcome MessageReader::fail(Error error) {
  error_ = std::move(error);
  message_ = Message{};
  return Outcome::Malformed;
}

/// Grows by doubling, but never past the length that was announced.
bool MessageReader::try_append(Bytes bytes) {
  std::string& body = message_.body;
  const std::size_t needed = body.size() + bytes.size();
  if (needed > body.capacity()) {
    const std::size_t capacity =
        std::max(needed, std::min(body.size() + missing_, 2 * body.capacity()));
    if (capacity >= kChargeBytesMin && !message_.charge.try_grow_to(capacity)) return false;
    body.reserve(capacity);
  }
  body.append(bytes);
  return true;
}

Message MessageReader::take() {
  LK_ASSERT(!in_body_);
  LK_ASSERT(!error_.has_value());
  return std::exchange(message_, Message{});
}

void FieldReader::fail(const char* failure) {
  if (failure_ == nullptr) failure_ = failure;
  rest_ = {};
}

Bytes FieldReader::take(std::size_t count) {
  if (failed() || count > rest_.size()) {
    fail("insufficient data left in message");
    return {};
  }
  const Bytes taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t FieldReader::byte() {
  if (rest_.empty()) fail("no data left in message");
  const Bytes taken = take(1);
  return taken.empty() ? 0 : static_cast<std::uint8_t>(taken[0]);
}

std::uint16_t FieldReader::uint16() {
  const Bytes taken = take(2);
  return taken.empty() ? 0 : __builtin_bswap16(load<std::uint16_t>(taken.data()));
}

std::int32_t FieldReader::int32() {
  const Bytes taken = take(4);
  return taken.empty() ? 0 : static_cast<std::int32_t>(load_big32(taken.data()));
}

Bytes FieldReader::string() {
  const std::size_t size = rest_.find('\0');
  if (size == Bytes::npos) {
    fail("invalid string in message");
    return {};
  }
  const Bytes text = take(size);
  take(1);
  return text;
}

Bytes FieldReader::bytes(std::size_t count) { return take(count); }
Bytes FieldReader::rest() { return take(rest_.size()); }

Result<void> FieldReader::end() const {
  if (failed()) return Error(ErrorCode::ProtocolError, failure_);
  if (!rest_.empty()) return Error(ErrorCode::ProtocolError, "invalid message format");
  return {};
}

}  // namespace latchkey::pgwire
