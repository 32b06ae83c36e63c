#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "doors/net/buffer_pool.h"
#include "doors/net/connection.h"
#include "doors/net/mailbox.h"
#include "doors/net/poller.h"
#include "doors/net/server.h"

namespace boost::asio {
class io_context;
}

namespace latchkey::net {

/// One thread with its event loop and its connections.
///
/// It works in steps. A step gives each connection that is ready one turn (receive, converse), then
/// ends: the log is asked once to make stable what this step's answers show, and each connection's
/// answers are sent at once if they are stable. Others wait in a heap by version until the engine
/// says that they are.
///
/// Threads:   start, join and the const getters from the server's; mailbox() from any; all else
///            from this worker's.
/// Ownership: owns its connections.
/// Invariant: a connection is destroyed only by reap(), when no list of a step can name it.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> create(Server& server, std::size_t index);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  /// Waits until the worker, told to stop through its mailbox, has ended.
  void join();

  std::size_t index() const { return index_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  boost::asio::io_context& io();
  std::uint64_t bytes_received() const { return bytes_received_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_sent() const { return bytes_sent_.load(std::memory_order_relaxed); }
  std::uint64_t buffer_bytes() const { return buffer_bytes_.load(std::memory_order_relaxed); }

  // What a connection asks of its worker.
  BufferPool& pool() { return pool_; }
  Poller& poller() { return poller_; }
  std::int64_t steady_us() const { return server_.env_.clock->steady_us(); }
  /// When the turn that runs began.
  std::int64_t turn_us() const { return turn_us_; }
  std::size_t output_bytes_max() const { return server_.options_.output_bytes_max; }
  void queue(Connection& connection);
  void touch(Connection& connection);
  void bury(Connection& connection);
  void wake_at(std::uint64_t connection_id, std::int64_t steady_us);
  void count_received(std::size_t bytes) { add(bytes_received_, bytes); }
  void count_sent(std::size_t bytes) { add(bytes_sent_, bytes); }
  void log_drop(const Connection& connection, const char* reason) const;

 private:
  struct Loop;
  struct Held {
    storage::Lsn version;
    std::uint64_t connection_id;
  };
  struct Alarm {
    std::int64_t steady_us;
    std::uint64_t connection_id;
  };

  Worker(Server& server, std::size_t index, Poller poller);

  // This thread alone writes these, so a plain add is enough; others only read.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  void run();
  void arm_poller();
  void on_sockets_ready();
  void on_mail();
  void on_alarms();
  void arm_alarm();
  void run_step();
  void run_turns(std::span<Connection* const> connections);
  void end_step();
  void hold(Connection& connection);
  void release_held();
  void take_in(NewSocket socket);
  void begin_stop();
  void reap();
  Connection* find(std::uint64_t connection_id);

  /// So many connections receive before the first of them has its turn: see Conversation::foresee.
  static constexpr std::size_t kLookAhead = 32;
  /// A step that has run this long sends its answers before it goes on.
  static constexpr std::int64_t kStepUs = 1000;
  static constexpr std::int64_t kStopWaitUs = 5'000'000;

  Server& server_;
  const std::size_t index_;
  BufferPool pool_;
  Poller poller_;
  std::unique_ptr<Loop> loop_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> turns_;    // whose turn comes in the next step
  std::vector<Connection*> current_;  // the step that runs
  std::vector<Connection*> touched_;  // who has output or another state since the last end_step
  std::vector<std::uint64_t> buried_;
  std::vector<Held> held_;     // a heap, the oldest version on top
  std::vector<Alarm> alarms_;  // a heap, the next on top
  bool step_posted_ = false;
  std::int64_t step_us_ = 0;  // when the step, or what follows its last end_step, began
  std::int64_t turn_us_ = 0;
  std::int64_t stop_deadline_us_ = 0;
  std::atomic<std::uint64_t> bytes_received_{0};
  std::atomic<std::uint64_t> bytes_sent_{0};
  std::atomic<std::uint64_t> buffer_bytes_{0};
  std::thread thread_;
};

}  // namespace latchkey::net
