#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "doors/net/waker.h"

namespace latchkey::net {

class Protocol;

/// A socket that was accepted and waits for its worker to take it in.
struct NewSocket {
  int socket = -1;
  Protocol* protocol = nullptr;
  std::string peer_address;
  std::string local_address;
};

/// What other threads tell a worker. Many letters cost one signal: the worker is signalled when
/// the box was empty and then takes all.
///
/// Threads: any; take() and close() are the worker's.
class Mailbox {
 public:
  /// `signal` makes the worker call take() soon; called with the box locked.
  explicit Mailbox(std::function<void()> signal) : signal_(std::move(signal)) {}
  ~Mailbox();

  void wake(std::uint64_t connection_id);
  void drop(std::uint64_t connection_id);
  /// The socket is closed if the worker has gone.
  void hand_over(NewSocket socket);
  /// The engine's stable position has moved, or the log was sealed. Costs a load unless the worker
  /// has said that it waits for this.
  void tell_stable_moved();
  void set_awaits_stable(bool awaits) { awaits_stable_.store(awaits, std::memory_order_seq_cst); }
  void tell_stop();

  struct Letters {
    std::vector<std::uint64_t> wakes;
    std::vector<std::uint64_t> drops;
    std::vector<NewSocket> sockets;
    bool stable_moved = false;
    bool stop = false;
  };
  Letters take();
  /// After this no letter is accepted and the signal is never called again.
  void close();

 private:
  template <typename Add>
  bool post(Add add);

  std::atomic<bool> awaits_stable_{false};
  std::mutex mutex_;
  std::function<void()> signal_;
  Letters letters_;
  bool signalled_ = false;
  bool closed_ = false;
};

}  // namespace latchkey::net
