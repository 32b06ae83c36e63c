#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/function_ref.h"
#include "doors/net/waker.h"

namespace latchkey::resp {

/// Whether a client waits for its keys (BZPOPMIN), and whether another client has ended that.
enum class Unblock : std::uint8_t { NotWaiting, Waiting, ByTimeout, ByError };

/// What others may know of a client: CLIENT LIST, INFO, CLIENT KILL.
///
/// Threads: the atomics are written by the client's worker and read by any; the strings are read
/// and
///          written with the list locked; the rest never changes.
struct ClientInfo {
  std::uint64_t id = 0;
  std::string address;
  std::string local_address;
  int socket = -1;
  std::int64_t created_us = 0;
  net::Waker waker;

  std::atomic<std::int64_t> active_us{0};
  std::atomic<const char*> last_command{"NULL"};
  std::atomic<std::uint8_t> protocol{2};
  std::atomic<std::uint32_t> channels{0};
  std::atomic<std::uint32_t> patterns{0};
  std::atomic<std::uint32_t> shard_channels{0};
  std::atomic<std::int32_t> queued{-1};  ///< commands in its MULTI; -1: it is in none
  std::atomic<std::uint32_t> watched{0};
  std::atomic<std::uint64_t> input_bytes{0};
  std::atomic<std::uint64_t> input_free_bytes{0};
  std::atomic<std::uint64_t> output_bytes{0};
  std::atomic<std::uint64_t> output_capacity{0};
  std::atomic<bool> blocked{false};
  std::atomic<Unblock> unblock{Unblock::NotWaiting};
  std::atomic<bool> killed{false};  ///< by another client: nothing of it is executed any more
  std::atomic<bool> monitor{false};
  std::atomic<bool> keep_touch{false};
  std::atomic<bool> keep_evict{false};

  std::string name;
  std::string library_name;
  std::string library_version;
  std::string collection = "default";
  std::string user = "default";
};

/// All clients of the door, in the order in which they came.
///
/// Threads: any.
class Clients {
 public:
  void add(ClientInfo& info);
  void remove(ClientInfo& info);
  std::size_t size() const;

  /// Calls `visit` for each that was not killed, with the list locked: it must be short and not
  /// come back here. The client's socket stays open meanwhile.
  void for_each(FunctionRef<void(ClientInfo&)> visit) const;
  /// Changes one of the strings of `info`.
  void set(std::string& field, std::string value) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, ClientInfo*> by_id_;
};

/// One line of CLIENT LIST, without its end. Called with the list locked.
std::string describe(const ClientInfo& info, std::int64_t now_us);

/// The letters of a client's `flags=`.
std::string flag_letters(const ClientInfo& info);

}  // namespace latchkey::resp
