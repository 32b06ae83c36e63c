#pragma once

#include <cstdint>
#include <span>

#include "latchkey/result.h"

struct epoll_event;

namespace latchkey::net {

/// Which of many sockets can be read or written, level-triggered.
///
/// All sockets of a worker are in one set that the worker's event loop watches as a single
/// descriptor. A socket is registered once and costs no system call per request, where
/// re-arming an event loop's own wait costs one; and all that is ready comes as one batch.
///
/// Threads:   the worker's.
/// Ownership: owns the set, not the sockets in it.
class Poller {
 public:
  enum Interest : std::uint32_t { kNothing = 0, kReadable = 1, kWritable = 2, kPeerEnd = 4 };
  struct Event {
    void* owner;
    bool readable;
    bool writable;
    bool gone;  ///< both directions have ended, told whatever the interest; or the peer's, kPeerEnd
  };

  static Result<Poller> open();
  Poller(Poller&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  Poller& operator=(Poller&&) = delete;
  ~Poller();

  int descriptor() const { return descriptor_; }

  Result<void> add(int socket, std::uint32_t interest, void* owner);
  void change(int socket, std::uint32_t interest, void* owner);
  void remove(int socket);

  /// What is ready now, as many as fit, without waiting.
  std::size_t take(std::span<Event> events);

 private:
  explicit Poller(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace latchkey::net
