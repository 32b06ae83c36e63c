#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "doors/net/server.h"
#include "doors/resp/background_job.h"
#include "doors/resp/clients.h"
#include "doors/resp/command_index.h"
#include "doors/resp/door.h"
#include "doors/resp/latency_log.h"
#include "doors/resp/slow_log.h"
#include "doors/resp/statistics.h"
#include "kv/store.h"

namespace latchkey::resp {

/// What CLIENT PAUSE holds off.
enum class PauseMode : std::uint8_t { None, Writes, All };

/// Settings that CONFIG SET may change while clients run.
///
/// Threads: any.
struct Settings {
  std::atomic<std::uint64_t> argument_bytes_max{std::uint64_t{512} << 20};
  std::atomic<std::uint64_t> input_bytes_max{std::uint64_t{1} << 30};
  /// Messages that a slow subscriber has not read yet; past this it is dropped.
  std::atomic<std::uint64_t> push_bytes_max{std::uint64_t{64} << 20};
  std::atomic<std::int64_t> idle_timeout_s{0};

  std::string password() const {
    const std::lock_guard lock(mutex_);
    return password_;
  }
  void set_password(std::string password) {
    const std::lock_guard lock(mutex_);
    password_ = std::move(password);
    has_password_.store(!password_.empty(), std::memory_order_relaxed);
  }
  bool has_password() const { return has_password_.load(std::memory_order_relaxed); }

  /// Settings of Redis that mean nothing here: what a client sets it reads again, and no more.
  std::string kept(const std::string& name, const char* otherwise) const {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(name);
    return found == kept_.end() ? otherwise : found->second;
  }
  void keep(const std::string& name, std::string value) {
    const std::lock_guard lock(mutex_);
    kept_[name] = std::move(value);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> kept_;
  std::string password_;
  std::atomic<bool> has_password_{false};
};

/// A rate from counts seen now and then: the one between the last two that were at least a second
/// apart.
///
/// Threads: any.
class RateMeter {
 public:
  std::uint64_t per_second(std::uint64_t count, std::int64_t now_us);

 private:
  std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::int64_t time_us_ = 0;
  std::uint64_t rate_ = 0;
};

class Client;

/// Clients that want to see every command.
///
/// Threads: any.
class Monitors {
 public:
  bool idle() const { return count_.load(std::memory_order_relaxed) == 0; }
  void add(Client& client);
  void remove(Client& client);
  void show(const std::string& line);

 private:
  std::mutex mutex_;
  std::vector<Client*> clients_;
  std::atomic<std::size_t> count_{0};
};

/// What all clients of the door share.
///
/// Threads:   any, unless a member says otherwise.
/// Ownership: owned by the door; borrows the server and the store.
struct DoorState {
  DoorState(net::Server& the_server, kv::Store& the_store, DoorOptions the_options);

  net::Server& server;
  kv::Store& store;
  const DoorOptions options;
  Settings settings;
  CommandIndex index;
  Clients clients;
  SlowLog slow_log;
  LatencyLog latency_log;
  BackgroundJobs jobs;
  /// Channels of SSUBSCRIBE and SPUBLISH. Redis keeps them apart from the others, and so do we.
  kv::Hub shard_hub;
  Monitors monitors;
  RateMeter rate;
  std::vector<std::unique_ptr<WorkerState>> workers;  ///< by worker index

  const std::int64_t started_us;
  const std::string run_id;
  const double us_per_tick;
  std::atomic<std::uint16_t> port{0};
  std::atomic<std::int64_t> last_save_s;
  std::atomic<std::uint64_t> other_protocol_count{0};
  std::atomic<std::uint64_t> expired_before{0};  ///< expired keys when the statistics began anew

  /// While paused, commands of the mode wait until `pause_until_us`.
  std::atomic<PauseMode> pause_mode{PauseMode::None};
  std::atomic<std::int64_t> pause_until_us{0};

  std::int64_t now_us() const { return store.environment().clock->steady_us(); }
  std::int64_t wall_ms() const { return store.environment().clock->wall_ms(); }
  void log(net::LogLevel level, const std::string& line) const { options.log(level, line); }
  /// Calls every client's converse, so that each looks again at what it waits for.
  void wake_all();
  void reset_statistics();
};

}  // namespace latchkey::resp
