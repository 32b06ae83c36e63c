#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "doors/net/server.h"
#include "doors/pgwire/backend.h"
#include "doors/pgwire/memory_budget.h"
#include "doors/pgwire/scram.h"
#include "env/env.h"
#include "latchkey/result.h"

namespace latchkey::sql {
class Database;
}

namespace latchkey::pgwire {

struct DoorState;

struct DoorOptions {
  /// Addresses to listen at; each with `port`, 0 = any free one.
  std::vector<std::string> addresses = {"127.0.0.1"};
  std::uint16_t port = 7432;
  /// Also a local socket, if not empty. Clients that are given a directory look for
  /// `.s.PGSQL.<port>` in it.
  std::string local_path = {};
  /// Who may come in; null or without users: everyone. Borrowed, and outlives the door.
  Authenticator* authenticator = nullptr;
  /// Time and randomness: the same as the server's.
  env::Env env = env::posix();
  /// Memory for large messages and results is asked for here.
  ReserveMemory reserve_memory = [](std::int64_t) { return true; };
  /// Statements that run or wait at the same time; 0: as many as there may be connections. Fewer
  /// are a risk: see sql::QueryThreadsOptions.
  std::size_t thread_count_max = 0;
  /// Who has not authenticated by then is dropped.
  std::chrono::milliseconds authentication_patience{10'000};
  net::LogSink log = [](net::LogLevel, const std::string&) {};
};

/// The door that clients of PostgreSQL come in by.
///
///   auto server = net::Server::start(engine, env, {.worker_count = 2});
///   auto door = pgwire::Door::start(**server, database, {.port = 7432});
///   ...
///   (*door)->say_goodbye(std::chrono::seconds(1));  // if clients shall be told
///   (*server)->stop();                              // before the door goes
///
/// Threads:   start, say_goodbye and the destructor from one thread; the rest from any.
/// Ownership: borrows the server, which must have stopped before the door is destroyed, and the
///            database, which outlives it. Owns the threads that statements run on.
class Door {
 public:
  /// Begins to listen.
  /// Errors: IoError and InvalidArgument, naming the address.
  static Result<std::unique_ptr<Door>> start(net::Server& server, sql::Database& database,
                                             DoorOptions options);
  /// The same with sessions from elsewhere.
  static Result<std::unique_ptr<Door>> start(net::Server& server, OpenSession open_session,
                                             DoorOptions options);
  /// Cancels what still runs for clients that have gone, and joins the threads.
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  /// The ports in the order of the addresses.
  const std::vector<std::uint16_t>& ports() const { return ports_; }
  net::Protocol& protocol();

  /// Cancels all statements, tells all clients that the server stops (57P01), and waits until they
  /// have gone, or for `patience`. New clients are refused from here on.
  void say_goodbye(std::chrono::milliseconds patience);
  /// Connections that are open or whose last statement still runs.
  std::size_t connection_count() const;

 private:
  Door();
  std::unique_ptr<DoorState> state_;
  std::unique_ptr<net::Protocol> protocol_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace latchkey::pgwire
