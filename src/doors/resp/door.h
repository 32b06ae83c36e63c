#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "doors/net/server.h"
#include "kv/store.h"
#include "latchkey/result.h"

namespace latchkey::resp {

struct DoorState;

enum class ShutdownMode : std::uint8_t { Default, Save, NoSave };

struct DoorOptions {
  /// Addresses to listen at; each with `port`, 0 = any free one.
  std::vector<std::string> addresses = {"127.0.0.1"};
  std::uint16_t port = 7379;
  /// Also a local socket, if not empty.
  std::string local_path = {};
  /// Empty: nobody needs to authenticate.
  std::string password = {};
  /// Shown by INFO and CONFIG GET.
  std::string version = "0.1.0";
  std::string config_file = {};
  storage::Durability durability = storage::Durability::Sync;
  std::uint64_t memory_limit_bytes = 0;
  std::string data_directory = {};
  /// Called by SHUTDOWN, from a worker: must only note the wish and return.
  std::function<void(ShutdownMode)> shutdown = {};
  net::LogSink log = [](net::LogLevel, const std::string&) {};
};

/// The door that clients of Redis come in by.
///
///   auto server = net::Server::start(engine, env, {.worker_count = 2});
///   auto door = resp::Door::start(**server, *store, {.port = 7379});
///   ...
///   (*server)->stop();  // before the door goes
///
/// Threads:   start and the destructor from one thread; the rest from any.
/// Ownership: borrows the server, which must have stopped before the door is destroyed, and the
///            store, which outlives it.
class Door {
 public:
  /// Adds this door's commands to the store's table and begins to listen.
  /// Requires: the store has executed no command yet.
  /// Errors: IoError and InvalidArgument, naming the address.
  static Result<std::unique_ptr<Door>> start(net::Server& server, kv::Store& store,
                                             DoorOptions options);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  /// The ports in the order of the addresses.
  const std::vector<std::uint16_t>& ports() const { return ports_; }
  net::Protocol& protocol();

 private:
  Door();
  std::unique_ptr<DoorState> state_;
  std::unique_ptr<net::Protocol> protocol_;
  std::vector<std::uint16_t> ports_;
};

}  // namespace latchkey::resp
