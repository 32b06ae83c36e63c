#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "doors/net/waker.h"
#include "doors/pgwire/line.h"
#include "doors/pgwire/memory_budget.h"
#include "doors/pgwire/message_reader.h"
#include "latchkey/result.h"
#include "storage/types.h"

namespace latchkey::pgwire {

/// Whole messages for the client, and the version they depend on.
struct Reply {
  std::string bytes;
  storage::Lsn version{};
  MemoryCharge charge;
};

/// What lies between a connection's worker and the thread that executes for it: messages in,
/// replies out, and who does what next.
///
///   worker                                     executor (none, or one thread of the pool)
///   put() ───────► messages, 1 MiB ──────────► next(), receive()
///   take_reply() ◄── replies, 1 MiB ◄───────── send()
///   hang_up() ───► both ends learn of it ────► end
///
/// The two sides wait for each other like this:
/// - The worker never waits. It is woken when there are replies and there were none, when it has
///   held back input and may go on, and when the executor has ended.
/// - An executor exists while there is something to do. Whoever makes work (by put, take_reply,
///   notify, hang_up or say_goodbye) calls claim() afterwards and starts one if that returns true.
///   An executor ends itself only inside next(), under the lock that work is added under; so no
///   work is left lying.
/// - Within a statement the executor waits for messages (receive) and for room (send). It stops
///   waiting when the client is gone, when the statement is cancelled and when the door closes.
/// - Who is to be woken is woken without the lock, which he takes first of all.
///
/// Threads: each method says whose it is. All of them lock.
class Exchange {
 public:
  /// Above this much unsent no statement goes on. A reply may pass it by its own size.
  static constexpr std::size_t kReplyBytesMax = std::size_t{1} << 20;
  /// Above this much waiting no message is read. A message may pass it by its own size.
  static constexpr std::size_t kMessageBytesMax = std::size_t{1} << 20;

  Exchange(net::Waker waker, const ReserveMemory& budget)
      : waker_(std::move(waker)), budget_(budget) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // The worker's.

  struct Intake {
    Phase phase;
    bool may_put;  ///< if not, the worker is woken when it may
  };
  /// Whether another message is taken. Before the connection is Ready that is one at a time: the
  /// answer to it decides how the next bytes are to be read.
  Intake intake();
  /// Requires: the last Intake allowed it.
  Intake put(Message message);
  /// The next reply, in the place of the one taken before; false if there is none.
  bool take_reply(Reply& reply);
  enum class Farewell : std::uint8_t {
    Orderly,  ///< after Terminate: what came before it is still done
    Abrupt,   ///< what runs is cancelled, and the rest forgotten
  };
  /// The client is gone. Returns whether a statement runs that must be cancelled. Abrupt may follow
  /// Orderly, from any thread: when the door closes.
  bool hang_up(Farewell farewell);
  /// Whether the executor has ended for good and all replies have been taken.
  bool is_over();

  // The worker's, as executor: of what is quick, between claim() and one of the last two.

  /// While it executes here it neither waits for room nor is woken.
  void begin_here();
  /// The worker stops, though there may be more to do.
  void end_here();
  /// A thread that may wait goes on in its place.
  void pass_on();

  // Any thread's.

  /// Whether the caller must start an executor now.
  bool claim();
  /// The claim came to nothing: there will be no executor any more. `last_words` go to the client.
  void give_up(std::string last_words);
  /// There are notifications.
  void notify();
  /// The statement that runs shall end. Returns whether one runs.
  bool cancel();
  /// The door closes: the next message is the Fault that says so. Returns whether a statement runs.
  bool say_goodbye();

  // The executor's.

  enum class Task : std::uint8_t {
    Message,  ///< `message` is to be handled
    Notify,   ///< the client is to be told of notifications
    End,      ///< the session is to be ended, and finish() called
    None,     ///< the executor has ended; it must not touch the connection any more
  };
  Task next(Message& message);
  /// After this next() returns End.
  void close();
  void finish();
  Result<void> send(std::string& bytes, storage::Lsn version, Room room);
  Result<Message> receive();
  void unreceive(Message message);
  void enter(Phase phase);

 private:
  /// What a queued message costs beside its body.
  static constexpr std::size_t kMessageOverheadBytes = 64;
  static constexpr std::size_t kSpareBytesMax = 64 * 1024;
  static constexpr std::size_t kIdleBytesMax = 4 * 1024;
  static constexpr std::size_t kChargeBytesMin = 16 * 1024;

  static std::size_t cost_of(const Message& message) {
    return message.body.size() + kMessageOverheadBytes;
  }
  // All of these require the lock.
  Intake intake_locked();
  Task next_locked(Message& message);
  Message pop_message();
  bool must_end() const { return is_closed_ || is_abandoned_; }
  bool is_interrupted() const { return is_gone_ || is_cancelled_ || says_goodbye_; }
  Error interruption() const;
  void let_worker_read();
  /// Wakes the worker if that is due, without the lock, which the worker takes as soon as it wakes.
  void wake_if_due(std::unique_lock<std::mutex>& lock);

  const net::Waker waker_;
  const ReserveMemory& budget_;

  std::mutex mutex_;
  std::condition_variable arrived_;  // the executor waits for a message
  std::condition_variable room_;     // the executor waits for room for replies
  std::deque<Message> messages_;
  std::size_t message_bytes_ = 0;
  std::deque<Reply> replies_;
  std::size_t reply_bytes_ = 0;
  std::string spare_;  // an empty string with room
  Phase phase_ = Phase::Startup;
  bool is_running_ = false;    // an executor exists or is being started
  bool is_here_ = false;       // that is the worker itself
  bool is_busy_ = false;       // it handles a message
  bool is_cancelled_ = false;  // that message's statement is cancelled
  bool is_notified_ = false;
  bool is_gone_ = false;       // nobody takes replies any more
  bool is_abandoned_ = false;  // nor shall anything be done
  bool is_closed_ = false;     // the backend has said its last word
  bool has_ended_ = false;     // there will be no executor any more
  bool says_goodbye_ = false;
  bool said_goodbye_ = false;
  bool reader_waits_ = false;  // the worker has been told that it may not put
  bool wake_is_due_ = false;   // the executor wakes the worker before it waits, ends or goes on
};

}  // namespace latchkey::pgwire
