#include "doors/pgwire/reply_sink.h"

#include <fmt/format.h>

#include <utility>

#include "base/assert.h"

namespace latchkey::pgwire {

Result<void> Replies::flush(Room room) {
  if (out_.empty()) return {};
  const storage::Lsn version = session_ == nullptr ? storage::Lsn{} : session_->take_dependency();
  auto sent = line_.send(out_, version, room);
  out_.clear();
  // At the end of an answer the client may be idle for long.
  if (room == Room::Take && out_.capacity() > kIdleBytesMax) out_ = std::string();
  return sent;
}

Result<void> ReplySink::columns(std::span<const sql::ResultColumn> columns) {
  if (protocol_ == Protocol::Extended) return {};
  replies_.writer().row_description(columns, formats_);
  return {};
}

Result<void> ReplySink::row(std::span<const sql::ResultColumn> columns,
                            std::span<const sql::Value> values) {
  LK_CHECK(replies_.writer().data_row(columns, values, formats_, session_.text_settings()));
  return replies_.flush_pieces();
}

Result<void> ReplySink::complete(Bytes tag) {
  replies_.writer().command_complete(tag);
  return replies_.flush_pieces();
}

Result<void> ReplySink::empty() {
  was_empty_ = true;
  replies_.writer().plain(Plain::EmptyQueryResponse);
  return {};
}

void ReplySink::notice(sql::Severity severity, const Error& notice) {
  replies_.writer().notice(severity, notice);
  // People watch these while the statement runs. A client that has gone is met at the next row.
  (void)replies_.flush(Room::Wait);
}

Result<void> ReplySink::copy_out_begin(const sql::CopyShape& shape) {
  replies_.writer().copy_out_response(shape);
  return {};
}

Result<void> ReplySink::copy_out(Bytes data) {
  if (data.size() >= MessageWriter::kBytesMax - sizeof(std::uint32_t)) {
    return Error(ErrorCode::LimitExceeded,
                 fmt::format("a row of {} bytes is too large for COPY", data.size()));
  }
  replies_.writer().copy_data(data);
  return replies_.flush_pieces();
}

Result<void> ReplySink::copy_out_end() {
  replies_.writer().plain(Plain::CopyDone);
  return {};
}

Result<void> ReplySink::copy_in_begin(const sql::CopyShape& shape) {
  copy_in_ = CopyIn::Running;
  replies_.writer().copy_in_response(shape);
  return replies_.flush(Room::Take);
}

Result<std::optional<std::string>> ReplySink::copy_in() {
  LK_ASSERT(copy_in_ != CopyIn::None);
  while (copy_in_ == CopyIn::Running) {
    LK_TRY(Message message, line_.receive());
    switch (message.type) {
      case FrontendType::CopyData:
        return std::optional<std::string>(std::move(message.body));
      case FrontendType::CopyDone:
        copy_in_ = CopyIn::Ended;
        break;
      case FrontendType::CopyFail: {
        copy_in_ = CopyIn::Ended;
        LK_TRY(const Bytes reason, parse_text_message(message.body));
        return Error(ErrorCode::QueryCanceled, fmt::format("COPY from stdin failed: {}", reason));
      }
      case FrontendType::Flush:
      case FrontendType::Sync:
        // Some clients send these before they learn that their statement is a COPY.
        break;
      case FrontendType::Terminate:
      case FrontendType::Fault:
        copy_in_ = CopyIn::Ended;
        line_.unreceive(std::move(message));
        return Error(ErrorCode::QueryCanceled,
                     "unexpected EOF on client connection with an open transaction");
      default:
        copy_in_ = CopyIn::Ended;
        lost_synchronization_ = true;
        return Error(ErrorCode::ProtocolError,
                     fmt::format("unexpected message type 0x{:02X} during COPY from stdin",
                                 static_cast<unsigned char>(message.type)));
    }
  }
  return std::optional<std::string>();
}

}  // namespace latchkey::pgwire
