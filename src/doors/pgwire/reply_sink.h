#pragma once

#include <optional>
#include <span>
#include <string>

#include "doors/pgwire/line.h"
#include "doors/pgwire/message_writer.h"
#include "sql/session.h"

namespace latchkey::pgwire {

/// What a backend has said and not yet handed to its line.
///
/// Threads:   the one that executes for the connection.
/// Ownership: borrows the line and the session.
class Replies {
 public:
  /// Results go out in pieces of about this size.
  static constexpr std::size_t kChunkBytes = 32 * 1024;
  /// What a connection keeps for its next answer, however large the last was.
  static constexpr std::size_t kIdleBytesMax = 4 * 1024;

  explicit Replies(Line& line) : line_(line) {}

  MessageWriter& writer() { return writer_; }
  /// A byte that is no message: the answer to SSLRequest.
  void put_raw(char byte) { out_ += byte; }
  std::size_t size() const { return out_.size(); }
  /// Takes back what has been said since there were `size` bytes. Nothing if they have gone out.
  void take_back(std::size_t size) {
    if (out_.size() > size) out_.resize(size);
  }
  /// Whose versions the replies depend on; null before and after.
  void set_session(sql::Session* session) { session_ = session; }

  /// Hands over what there is. The error is the line's; the bytes are gone in either case.
  Result<void> flush(Room room);
  /// The same once there is a piece.
  Result<void> flush_pieces() {
    return out_.size() < kChunkBytes ? Result<void>() : flush(Room::Wait);
  }

 private:
  Line& line_;
  sql::Session* session_ = nullptr;
  std::string out_;
  MessageWriter writer_{out_};
};

/// Where the results of one Query or Execute go: to the wire.
///
/// Threads:   the one that executes for the connection.
/// Ownership: borrows everything.
class ReplySink final : public sql::ResultSink {
 public:
  enum class Protocol : std::uint8_t {
    Simple,   ///< each result is preceded by its columns, and is text
    Extended  ///< the columns are told by Describe, in the formats of Bind
  };

  ReplySink(Protocol protocol, std::span<const sql::Format> formats, Line& line, Replies& replies,
            const sql::Session& session)
      : protocol_(protocol), formats_(formats), line_(line), replies_(replies), session_(session) {}

  Result<void> columns(std::span<const sql::ResultColumn> columns) override;
  Result<void> row(std::span<const sql::ResultColumn> columns,
                   std::span<const sql::Value> values) override;
  Result<void> complete(Bytes tag) override;
  Result<void> empty() override;
  void notice(sql::Severity severity, const Error& notice) override;
  Result<void> copy_out_begin(const sql::CopyShape& shape) override;
  Result<void> copy_out(Bytes data) override;
  Result<void> copy_out_end() override;
  Result<void> copy_in_begin(const sql::CopyShape& shape) override;
  Result<std::optional<std::string>> copy_in() override;

  bool was_empty() const { return was_empty_; }
  /// A message came in the middle of a COPY that has no place there: what the client means by its
  /// next ones is not known any more.
  bool lost_synchronization() const { return lost_synchronization_; }

 private:
  enum class CopyIn : std::uint8_t { None, Running, Ended };

  const Protocol protocol_;
  const std::span<const sql::Format> formats_;
  Line& line_;
  Replies& replies_;
  const sql::Session& session_;
  CopyIn copy_in_ = CopyIn::None;
  bool was_empty_ = false;
  bool lost_synchronization_ = false;
};

}  // namespace latchkey::pgwire
