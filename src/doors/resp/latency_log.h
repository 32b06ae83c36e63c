#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey::resp {

/// Moments at which something took longer than latency-monitor-threshold, by kind of event.
///
/// Threads: any.
class LatencyLog {
 public:
  struct Sample {
    std::int64_t time_s;
    std::int64_t latency_ms;
  };
  struct Event {
    std::string name;
    Sample latest;
    std::int64_t latency_ms_max;
  };

  /// 0: nothing is noted.
  std::int64_t threshold_ms() const { return threshold_ms_.load(std::memory_order_relaxed); }
  void set_threshold_ms(std::int64_t threshold_ms) {
    threshold_ms_.store(threshold_ms, std::memory_order_relaxed);
  }

  void add(const char* event, Sample sample);
  std::vector<Event> events() const;
  std::vector<Sample> history(const std::string& event) const;
  /// Forgets one event, or all for "". Returns how many went.
  std::size_t reset(const std::string& event);

 private:
  static constexpr std::size_t kSamplesMax = 160;
  struct Series {
    std::deque<Sample> samples;  // one a second at most: the worst of it
    std::int64_t latency_ms_max = 0;
  };

  std::atomic<std::int64_t> threshold_ms_{0};
  mutable std::mutex mutex_;
  std::map<std::string, Series> series_;
};

}  // namespace latchkey::resp
