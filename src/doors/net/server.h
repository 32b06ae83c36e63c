#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "doors/net/conversation.h"
#include "env/env.h"
#include "latchkey/result.h"
#include "storage/engine.h"

namespace latchkey::net {

class Listener;
class Worker;

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
/// Takes one line for people. Called from any thread.
using LogSink = std::function<void(LogLevel, const std::string&)>;

struct ServerOptions {
  std::size_t worker_count = 1;
  std::size_t connections_max = 10'000;
  /// An answer that grows past this ends its connection.
  std::size_t output_bytes_max = std::size_t{1} << 30;
  LogSink log = [](LogLevel, const std::string&) {};
};

/// Figures since the start; each is read on its own, so they need not fit each other exactly.
struct ServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t buffer_bytes = 0;
};

/// The workers and the listening sockets of all doors.
///
/// Threads:   start, listen and stop from one thread; the rest from any.
/// Ownership: borrows the engine, the environment and the protocols, which outlive it. It is the
/// one
///            that sets the engine's stable listener.
/// Invariant: a connection stays on the worker that took it in.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(storage::Engine& engine, env::Env env,
                                               ServerOptions options);
  /// Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Accepts connections at an IPv4 or IPv6 address, or at "localhost". Port 0 takes a free one.
  /// Returns the port.
  /// Errors: IoError with address and reason; InvalidArgument for what is no address.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port, Protocol& protocol);
  /// Accepts at a path in the file system, for this user only. A socket file that nobody serves any
  /// more is replaced.
  Result<void> listen_local(const std::string& path, Protocol& protocol);

  /// Accepts nothing more, lets turns finish and answers go out, for a few seconds at most, and
  /// joins the workers.
  void stop();

  std::size_t worker_count() const { return workers_.size(); }
  ServerStats stats() const;
  std::size_t connections_max() const { return connections_max_.load(std::memory_order_relaxed); }
  void set_connections_max(std::size_t count) {
    connections_max_.store(count, std::memory_order_relaxed);
  }

 private:
  friend class Listener;
  friend class Worker;
  Server(storage::Engine& engine, env::Env env, ServerOptions options);

  /// Hands an accepted socket to the next worker, or refuses it when the server is full.
  void place(int socket, Protocol& protocol, std::string peer_address, std::string local_address);
  void log(LogLevel level, const std::string& line) const { options_.log(level, line); }

  storage::Engine& engine_;
  env::Env env_;
  ServerOptions options_;
  std::atomic<std::size_t> connections_max_;
  std::atomic<std::uint64_t> next_connection_id_{1};
  std::atomic<std::uint64_t> connections_open_{0};
  std::atomic<std::uint64_t> connections_accepted_{0};
  std::atomic<std::uint64_t> connections_refused_{0};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::atomic<std::size_t> next_worker_{0};
  bool stopped_ = false;
};

}  // namespace latchkey::net
