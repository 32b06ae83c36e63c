#pragma once

#include <cstdint>
#include <memory>

namespace latchkey::net {

class Mailbox;

/// Calls one connection's converse() from elsewhere: a lock became free, a message came, work on
/// another thread is done. Waking a connection that has gone does nothing.
///
/// Threads: any.
class Waker {
 public:
  Waker() = default;
  Waker(std::shared_ptr<Mailbox> mailbox, std::uint64_t connection_id)
      : mailbox_(std::move(mailbox)), connection_id_(connection_id) {}
  void wake() const;
  /// Ends the connection without sending what is left.
  void drop() const;

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t connection_id_ = 0;
};

}  // namespace latchkey::net
