#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "doors/pgwire/memory_budget.h"
#include "latchkey/result.h"

namespace latchkey::pgwire {

/// What a client can send. The values are the bytes of the wire, but for the first two.
enum class FrontendType : char {
  Startup = 0,  ///< the packets before authentication, which have no type byte
  Fault = 1,    ///< not from the wire: the reader or the door ends the connection with `fault`
  Bind = 'B',
  Close = 'C',
  CopyData = 'd',
  CopyDone = 'c',
  CopyFail = 'f',
  Describe = 'D',
  Execute = 'E',
  Flush = 'H',
  FunctionCall = 'F',
  Parse = 'P',
  Password = 'p',  ///< also what SASL answers
  Query = 'Q',
  Sync = 'S',
  Terminate = 'X',
};

/// One message of a client: what stands behind its type and length.
///
/// Ownership: owns its bytes, and their share of the memory budget.
struct Message {
  FrontendType type = FrontendType::Startup;
  std::string body;
  std::optional<Error> fault;  ///< of a Fault
  MemoryCharge charge;
};

/// How far a connection is, which decides what its bytes can be.
enum class Phase : std::uint8_t { Startup, Authentication, Ready };

/// Cuts messages out of the bytes of a client.
///
///   offset  bytes  field
///        0      1  type; not in the Startup phase
///        1      4  length in big-endian, which counts itself but not the type
///        5         body
///
/// A body is taken over as it comes, so a message needs no more memory than a small multiple of
/// what has arrived, whatever length it announced.
///
/// Threads:   one at a time.
/// Ownership: borrows the budget.
/// Errors:    after Malformed nothing more can be read: where the next message would begin is not
///            known.
class MessageReader {
 public:
  /// PostgreSQL's limits. They bound the length that stands in the header, which counts itself;
  /// that of the first packet bounds what follows it.
  static constexpr std::size_t kStartupBytesMax = 10'000;
  static constexpr std::size_t kAuthenticationBytesMax = 64 * 1024;
  /// Of messages that hold no more than a name.
  static constexpr std::size_t kSmallBytesMax = 10'000;
  static constexpr std::size_t kLargeBytesMax = (std::size_t{1} << 30) - 2;

  enum class Outcome : std::uint8_t { Incomplete, Complete, Malformed };

  explicit MessageReader(const ReserveMemory& budget) : budget_(budget) {}

  /// Takes bytes from the front of `input`; `consumed` says how many. At Complete the message can
  /// be taken, and `input` may hold more. At Incomplete a header may remain there in part.
  Outcome read(Bytes input, Phase phase, std::size_t& consumed);
  /// Requires: the last read was Complete.
  Message take();
  /// Requires: the last read was Malformed.
  const Error& error() const { return *error_; }

 private:
  static constexpr std::size_t kLengthBytes = 4;
  /// Smaller bodies are not charged: they are bounded by the number of connections.
  static constexpr std::size_t kChargeBytesMin = 16 * 1024;

  Outcome fail(Error error);
  Outcome begin(Bytes header, Phase phase);
  bool try_append(Bytes bytes);

  const ReserveMemory& budget_;
  Message message_;
  std::size_t missing_ = 0;  // bytes of the body that have not come
  bool in_body_ = false;
  std::optional<Error> error_;
};

/// Reads the fields of one body, each checked against its end.
///
/// After the first failure all further reads give zero or nothing, so that a reader of a message
/// asks once, at its end.
///
/// Threads:   one at a time.
/// Ownership: borrows the body; what it returns are views into it.
/// Errors:    ProtocolError, in PostgreSQL's words.
class FieldReader {
 public:
  explicit FieldReader(Bytes body) : rest_(body) {}

  std::uint8_t byte();
  std::uint16_t uint16();
  std::int32_t int32();
  std::uint32_t uint32() { return static_cast<std::uint32_t>(int32()); }
  /// Up to a zero byte, which is consumed too.
  Bytes string();
  Bytes bytes(std::size_t count);
  /// What is left.
  Bytes rest();

  bool failed() const { return failure_ != nullptr; }
  std::size_t size() const { return rest_.size(); }
  /// An error if any read has failed, or if something is left.
  Result<void> end() const;

 private:
  void fail(const char* failure);
  Bytes take(std::size_t count);

  Bytes rest_;
  const char* failure_ = nullptr;
};

}  // namespace latchkey::pgwire
