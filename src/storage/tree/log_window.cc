#include "storage/tree/log_window.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::uint64_t kBufferBytes = 2u << 20;

}  // namespace

LogWindow::LogWindow(Segment segment, std::unique_ptr<env::File> file)
    : segment_(std::move(segment)),
      epoch_seed_(segment_.epoch.seed()),
      file_(std::move(file)),
      buffer_start_(segment_.start) {
  LK_ASSERT(segment_.start <= segment_.end);
}

Result<std::unique_ptr<LogWindow>> LogWindow::open(env::FileSystem& files, const Segment& segment) {
  LK_TRY(auto file, files.open(segment.path, env::OpenMode::ReadOnly));
  return std::unique_ptr<LogWindow>(new LogWindow(segment, std::move(file)));
}

Result<Bytes> LogWindow::bytes_at(std::uint64_t position, std::uint64_t count) {
  LK_ASSERT(count <= kBufferBytes);
  LK_ASSERT(position >= segment_.start && position <= segment_.end &&
            count <= segment_.end - position);
  if (position < buffer_start_ || position + count > buffer_start_ + buffer_.size()) {
    buffer_start_ = position;
    buffer_.resize(std::min(kBufferBytes, segment_.end - position));
    auto got = file_->read_at(offset_of(position), buffer_);
    if (!got.has_value()) {
      buffer_.clear();
      return std::move(got).error();
    }
    buffer_.resize(*got);
    if (*got < count) {
      return Error(ErrorCode::Corruption, segment_.path + ": the file ends at offset " +
                                              std::to_string(offset_of(position) + *got) +
                                              ", before its segment does");
    }
  }
  return Bytes(buffer_).substr(position - buffer_start_, count);
}

bool frame_body_is_sane(FrameKind kind, std::uint32_t body_bytes) {
  switch (kind) {
    case FrameKind::Record:
      return body_bytes > 0 && body_bytes <= kFrameBodyBytesMax;
    case FrameKind::Part:
      return body_bytes > kChainBytes && body_bytes <= kFrameBodyBytesMax;
    case FrameKind::Joined:
      return body_bytes == kJoinedBodyBytes;
    case FrameKind::Mark:
      return body_bytes == kMarkBodyBytes;
    case FrameKind::Filler:
      return body_bytes <= kFrameBodyBytesMax;
  }
  return false;
}

Result<LogWindow::Frame> LogWindow::frame_at(std::uint64_t position) {
  LK_ASSERT(position < segment_.end && position % 8 == 0);
  Frame frame;
  const std::uint64_t room = segment_.end - position;
  const auto not_a_frame = [&frame](const char* why) {
    frame.fault = why;
    return frame;
  };
  if (room < kFrameHeaderBytes) return not_a_frame("the segment ends inside a header");
  LK_TRY(const Bytes header, bytes_at(position, kFrameHeaderBytes));
  const auto checksum = load<std::uint32_t>(header.data());
  const auto word = load<std::uint32_t>(header.data() + 4);
  if (word == 0) return not_a_frame("no record begins here");
  const auto kind = static_cast<FrameKind>(frame_kind_number(word));
  const std::uint32_t body_bytes = frame_body_bytes(word);
  if (!frame_body_is_sane(kind, body_bytes))
    return not_a_frame("the record's kind and length make no sense");
  const std::uint64_t bytes = frame_bytes(body_bytes);
  if (bytes > room) return not_a_frame("the record is longer than its segment");
  LK_TRY(const Bytes whole, bytes_at(position, bytes));
  const char* const body = whole.data() + kFrameHeaderBytes;
  if (frame_checksum(epoch_seed_, position, word, body) != checksum) {
    return not_a_frame("the record fails its checksum");
  }
  for (std::uint64_t at = kFrameHeaderBytes + body_bytes; at < bytes; ++at) {
    if (whole[at] != 0) return not_a_frame("the bytes behind the record are not zero");
  }
  frame.kind = kind;
  frame.body = Bytes(body, body_bytes);
  frame.bytes = bytes;
  return frame;
}

}  // namespace latchkey::storage::tree
