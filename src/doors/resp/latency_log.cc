#include "doors/resp/latency_log.h"

#include <algorithm>

namespace latchkey::resp {

void LatencyLog::add(const char* event, Sample sample) {
  const std::lock_guard lock(mutex_);
  Series& series = series_[event];
  series.latency_ms_max = std::max(series.latency_ms_max, sample.latency_ms);
  if (!series.samples.empty() && series.samples.back().time_s == sample.time_s) {
    series.samples.back().latency_ms =
        std::max(series.samples.back().latency_ms, sample.latency_ms);
    return;
  }
  series.samples.push_back(sample);
  if (series.samples.size() > kSamplesMax) series.samples.pop_front();
}

std::vector<LatencyLog::Event> LatencyLog::events() const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> events;
  for (const auto& [name, series] : series_)
    events.push_back({name, series.samples.back(), series.latency_ms_max});
  return events;
}

std::vector<LatencyLog::Sample> LatencyLog::history(const std::string& event) const {
  const std::lock_guard lock(mutex_);
  const auto found = series_.find(event);
  if (found == series_.end()) return {};
  return {found->second.samples.begin(), found->second.samples.end()};
}

std::size_t LatencyLog::reset(const std::string& event) {
  const std::lock_guard lock(mutex_);
  if (!event.empty()) return series_.erase(event);
  const std::size_t count = series_.size();
  series_.clear();
  return count;
}

}  // namespace latchkey::resp
