#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "kv/command.h"

namespace latchkey::resp {

/// Commands that took long, the newest first, at most length_max of them.
///
/// Threads: any.
class SlowLog {
 public:
  struct Entry {
    std::uint64_t id;
    std::int64_t time_s;
    std::int64_t duration_us;
    std::vector<std::string> arguments;
    std::string client_address;
    std::string client_name;
  };

  /// Below this a command is not noted; negative: none is.
  std::int64_t threshold_us() const { return threshold_us_.load(std::memory_order_relaxed); }
  void set_threshold_us(std::int64_t threshold_us) {
    threshold_us_.store(threshold_us, std::memory_order_relaxed);
  }
  std::size_t length_max() const { return length_max_.load(std::memory_order_relaxed); }
  void set_length_max(std::size_t length);

  /// Takes the arguments shortened as Redis does: 32 of them, 128 bytes each.
  void add(std::int64_t time_s, std::int64_t duration_us, kv::Arguments arguments,
           std::string client_address, std::string client_name);

  /// The newest `count`.
  std::vector<Entry> newest(std::size_t count) const;
  std::size_t size() const;
  void reset();

 private:
  static constexpr std::size_t kArgumentsMax = 32;
  static constexpr std::size_t kArgumentBytesMax = 128;

  std::atomic<std::int64_t> threshold_us_{10'000};
  std::atomic<std::size_t> length_max_{128};
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::uint64_t next_id_ = 0;
};

}  // namespace latchkey::resp
