#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "doors/net/conversation.h"
#include "doors/net/mailbox.h"
#include "doors/net/poller.h"
#include "doors/net/transport.h"

namespace latchkey::net {

class Worker;

/// A socket, its buffers and the conversation on it.
///
///   readable ─► turn: one receive, one converse ─► end of step: one send, when stable
///                 ▲                                   │
///                 └── again, if More or resumed ◄─────┘
///
/// Threads:   the worker's.
/// Ownership: owned by the worker, which destroys it only between steps.
/// Invariant: it is read only while it is Idle, not too far behind with its output, and open.
class Connection final : public Channel {
 public:
  Connection(Worker& worker, std::uint64_t id, NewSocket socket);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint64_t id() const override { return id_; }
  std::size_t worker_index() const override;
  const std::string& peer_address() const override { return peer_address_; }
  const std::string& local_address() const override { return local_address_; }
  int socket() const override { return transport_->socket(); }
  Output& output() override { return output_; }
  const Output& output() const { return output_; }
  Buffer& input() override { return input_; }
  std::uint64_t bytes_received() const override { return bytes_received_; }
  std::uint64_t bytes_sent() const override { return bytes_sent_; }
  std::int64_t turn_us() const override;
  void wake_at(std::int64_t steady_us) override;
  Waker waker() const override;

  /// Whether the next turn shall begin with a receive.
  void set_readable() { readable_ = true; }
  /// Receives, if it may, and lets the conversation foresee its turn.
  void look_ahead();
  void fetch_foreseen() {
    if (!dead_) conversation_->fetch_foreseen();
  }
  void take_turn();
  /// Sends what is stable; then goes on with what waited for room.
  void flush(storage::Lsn stable);
  /// The server stops: ends as soon as the output is out.
  void finish();
  /// Its close deadline may have come.
  void check_deadline();

  bool dead() const { return dead_; }
  /// Whether it is being read, so that the end of the stream will be noticed there.
  bool reads() const { return (interest_ & Poller::kReadable) != 0; }
  void die();

  /// The worker's own marks.
  bool queued = false;         ///< in the list of turns to come
  bool touched = false;        ///< in the list of this step's output
  bool awaits_stable = false;  ///< in the heap of held output

 private:
  static constexpr std::size_t kReceiveBytesMin = 4096;
  static constexpr std::size_t kReceiveBytesMax = std::size_t{1} << 20;
  static constexpr std::int64_t kCloseWaitUs = 10'000'000;

  bool receive();
  void settle(Progress progress);
  void watch();
  void end_politely();

  Worker& worker_;
  const std::uint64_t id_;
  Protocol& protocol_;
  std::unique_ptr<Transport> transport_;
  Buffer input_;
  Output output_;
  std::string peer_address_;
  std::string local_address_;
  std::uint64_t bytes_received_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::int64_t close_deadline_us_ = 0;
  std::uint32_t interest_ = 0;
  Progress progress_ = Progress::Idle;
  bool readable_ = false;
  bool send_blocked_ = false;
  bool held_back_ = false;  // a turn was put off because of unsent output
  bool peer_ended_ = false;
  bool dead_ = false;
  std::unique_ptr<Conversation> conversation_;  // last: it goes first and may use all the others
};

}  // namespace latchkey::net
