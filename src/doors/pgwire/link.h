#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "doors/net/waker.h"
#include "doors/pgwire/backend.h"
#include "doors/pgwire/exchange.h"
#include "doors/pgwire/line.h"

namespace latchkey::pgwire {

struct DoorState;

/// One connection as those see it who are not its worker: its exchange, its backend, and whoever
/// executes for it at the moment. It may outlive the socket: the session ends on a thread that may
/// wait.
///
/// Threads:   exchange() as it says. start, cancel, notify, say_goodbye and hang_up from any; the
///            backend is the executor's, and there is at most one executor (see Exchange).
/// Ownership: shared by the conversation, the executor and, for a moment, those who look it up.
///            Borrows the door, which waits for all links to go.
/// Invariant: an executor ends the session before the last owner lets go, so that no thread that
///            only looked the link up runs the end of a transaction. (Where no thread could be
///            started there is no executor, and the worker does it.)
class Link final : public Line, public std::enable_shared_from_this<Link> {
 public:
  static std::shared_ptr<Link> open(DoorState& door, net::Waker waker,
                                    const std::string& client_address);
  ~Link() override;

  Exchange& exchange() { return exchange_; }

  /// Starts an executor if there is something to do and none is there.
  void start();
  /// The same, but does at once what is quick. Returns whether more of that may be left.
  /// Threads: the worker.
  bool run_here();
  void hang_up(Exchange::Farewell farewell);
  /// What runs ends with QueryCanceled. Nothing if nothing runs.
  void cancel_statement();
  void notify();
  /// The client is told that the server stops, and the session ends.
  void say_goodbye();

  // The backend's line.
  Result<void> send(std::string& bytes, storage::Lsn version, Room room) override {
    return exchange_.send(bytes, version, room);
  }
  Result<Message> receive() override { return exchange_.receive(); }
  void unreceive(Message message) override { exchange_.unreceive(std::move(message)); }
  void enter(Phase phase) override { exchange_.enter(phase); }
  void publish(sql::Session& session, CancelKey key) override;
  void retract() override;
  std::function<void()> wake() override;

 private:
  Link(DoorState& door, net::Waker waker, const std::string& client_address);
  /// The executor: handles what there is, then ends.
  void run();
  /// Starts the thread that executes. Requires: the exchange has been claimed.
  void start_thread();
  void cancel_session();

  DoorState& door_;
  Exchange exchange_;
  std::mutex session_mutex_;         // so that the session lives while it is being cancelled
  sql::Session* session_ = nullptr;  // the backend's, while published
  CancelKey key_;
  Backend backend_;  // last: it ends its session through this
};

}  // namespace latchkey::pgwire
