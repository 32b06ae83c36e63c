#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "doors/net/buffer.h"
#include "storage/types.h"

namespace latchkey::net {

/// What a connection has answered and not yet sent, and which of it may be sent.
///
/// A reply may show writes that a crash could still take back. Such bytes are *held*: each stretch
/// of output knows the version it depends on and goes out once that version is stable. Order is
/// never changed, so a stretch also waits for those before it.
///
/// Threads: the worker's.
/// Errors:  past the limit, or when the memory budget refuses, the output *overflows*: what it held
///          is dropped, further writes go nowhere, and the connection must be closed.
class Output {
 public:
  Output(BufferPool& pool, std::size_t bytes_max)
      : pool_(pool), buffer_(pool), bytes_max_(bytes_max) {}

  /// Room for `count` bytes; commit says how many were written.
  /// Requires: count <= BufferPool::kSinkBytes.
  char* room(std::size_t count) {
    if (__builtin_expect(!overflowed_ && buffer_.free_bytes() >= count, 1))
      return buffer_.free_begin();
    return room_slow(count);
  }
  void commit(std::size_t count) {
    if (__builtin_expect(!overflowed_, 1)) buffer_.commit(count);
  }

  void append(Bytes bytes) {
    if (bytes.empty()) return;
    if (__builtin_expect(!overflowed_ && buffer_.free_bytes() >= bytes.size(), 1)) {
      std::memcpy(buffer_.free_begin(), bytes.data(), bytes.size());
      buffer_.commit(bytes.size());
    } else {
      append_slow(bytes);
    }
  }

  /// Bytes not yet sent. As a mark it is good until the next send.
  std::size_t size() const { return buffer_.size(); }
  bool empty() const { return buffer_.empty(); }
  Bytes view() const { return buffer_.view(); }
  /// Takes back what was written after `mark`.
  void rewind(std::size_t mark);
  void insert(std::size_t mark, Bytes bytes);

  bool overflowed() const { return overflowed_; }
  void set_bytes_max(std::size_t bytes_max) { bytes_max_ = bytes_max; }
  std::size_t capacity() const { return buffer_.capacity(); }

  /// All that was written since the last call depends on `version`; Lsn{0}: on nothing.
  void depend(storage::Lsn version);
  /// What may be sent once everything up to `stable` is stable.
  Bytes sendable(storage::Lsn stable);
  /// Whether something waits for a version, and for which one first.
  bool holds() const { return !stretches_.empty(); }
  storage::Lsn first_dependency() const { return stretches_.front().version; }
  storage::Lsn last_dependency() const {
    return holds() ? stretches_.back().version : storage::Lsn{0};
  }

  void sent(std::size_t count);
  /// Gives memory back when there is nothing left to send.
  void release_if_empty() {
    if (buffer_.empty()) buffer_.release();
  }
  /// Forgets all that was not sent.
  void drop();

 private:
  /// Bytes up to `end` (and after the stretch before) wait for `version`. Ends are counted from the
  /// first byte ever written.
  struct Stretch {
    std::uint64_t end;
    storage::Lsn version;
  };
  /// More than these are merged: an older answer then waits for a younger version.
  static constexpr std::size_t kStretchesMax = 64;

  char* room_slow(std::size_t count);
  void append_slow(Bytes bytes);
  void overflow();
  bool try_grow(std::size_t count);

  BufferPool& pool_;
  Buffer buffer_;
  std::size_t bytes_max_;
  bool overflowed_ = false;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t released_end_ = 0;  // bytes up to here may be sent
  std::uint64_t covered_end_ = 0;   // depend() has been told about bytes up to here
  std::vector<Stretch> stretches_;
};

}  // namespace latchkey::net
