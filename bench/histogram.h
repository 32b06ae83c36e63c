#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace latchkey::bench {

/// Counts durations in buckets whose width is at most 1/64 of their value.
///
/// Threads: one at a time.
/// Units:   whatever add() is given; here nanoseconds.
class Histogram {
 public:
  Histogram() : counts_(kBuckets) {}

  void add(std::uint64_t value, std::uint64_t times) {
    counts_[bucket_of(value)] += times;
    total_ += times;
    max_ = std::max(max_, value);
  }

  /// The value that `share` (0 to 1) of all are at or below; 0 when there are none.
  std::uint64_t at(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted || (seen == total_ && seen != 0)) {
        return std::min(max_, highest_of(bucket));
      }
    }
    return 0;
  }

  std::uint64_t max() const { return max_; }
  std::uint64_t total() const { return total_; }

 private:
  static constexpr unsigned kStepBits = 6;
  static constexpr std::size_t kBuckets = std::size_t{65 - kStepBits} << kStepBits;

  static std::size_t bucket_of(std::uint64_t value) {
    const unsigned width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kStepBits) return static_cast<std::size_t>(value);
    const unsigned shift = width - kStepBits - 1;
    return ((shift + 1u) << kStepBits) + ((value >> shift) & ((1u << kStepBits) - 1));
  }
  static std::uint64_t highest_of(std::size_t bucket) {
    if (bucket < (std::size_t{1} << kStepBits)) return bucket;
    const std::size_t shift = (bucket >> kStepBits) - 1;
    const std::uint64_t head = (bucket & ((1u << kStepBits) - 1)) + (1u << kStepBits);
    return ((head + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace latchkey::bench
