#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "doors/resp/writer.h"
#include "kv/session.h"

namespace latchkey::resp {

/// A cheap clock for measuring commands: the processor's own counter, which costs a few
/// nanoseconds where a look at the clock costs twenty. Only differences mean anything.
inline std::uint64_t ticks() { return __builtin_ia32_rdtsc(); }

/// A count that one thread writes and any may read.
class Counter {
 public:
  void add(std::uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }
  void reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct CommandStatistics {
  /// Calls by duration: bucket n counts those of at least 2^(n-1) and less than 2^n microseconds.
  static constexpr std::size_t kBuckets = 24;

  static std::size_t bucket_of(std::int64_t duration_us) {
    const auto width =
        static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(duration_us)));
    return width < kBuckets ? width : kBuckets - 1;
  }

  Counter calls;
  Counter ticks;
  Counter failed;
  Counter rejected;
  Counter buckets[kBuckets];
};

/// What one worker counts. INFO adds the workers up.
struct WorkerStatistics {
  explicit WorkerStatistics(std::size_t command_count) : commands(command_count) {}
  std::vector<CommandStatistics> commands;  ///< by IndexedCommand::number
  Counter executed;
  Counter hits;    ///< reads that found their key
  Counter misses;  ///< and that did not
  Counter turns;
};

/// What the conversations of one worker share, because only one of them runs at a time.
struct WorkerState {
  explicit WorkerState(std::size_t command_count) : statistics(command_count) {}
  WorkerStatistics statistics;
  Writer writer;
  std::vector<Bytes> arguments;  ///< of the requests in hand
  std::uint64_t tick_mark = 0;   ///< when the command in hand began

  /// Keys that the next turns will touch, all in the collection of this session.
  static constexpr std::size_t kForeseenMax = 32;
  kv::Session* foreseeing = nullptr;
  Bytes foreseen[kForeseenMax];
  std::size_t foreseen_count = 0;
};

}  // namespace latchkey::resp
