#pragma once

#include <atomic>
#include <cstdint>

#include "env/address_space.h"
#include "storage/tree/page.h"

namespace latchkey::storage::tree {

/// From the hash of a tree and key to the leaf that probably holds it: one table for all trees, 8
/// bytes an entry, hints only. The leaf verifies; what is missing, stale or overwritten costs its
/// reader a descent and is then repaired. So it needs no log, no locks and no care across splits.
///
/// Entry: 32 bits of the hash (the tag), page number; 0 = empty. A bucket is one cache line of 8
/// entries. A tag has a first and a second bucket; when both are full, one entry of the first may
/// move to its own other bucket. A place is tag * buckets >> 32, which grows with the number of
/// buckets and keeps their order; so the table grows in place by a sixth at a time, moved from
/// its upper end to the lower, a few buckets with each new entry.
///
/// Threads: any; races lose a hint at worst.
class Directory {
 public:
  explicit Directory(std::uint64_t bucket_count_max);

  /// The leaf noted for the hash, or kNoPage.
  PageId find(std::uint64_t hash) const;
  /// The same in steps, each of which asks for the one cache line that the next will read.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(first_bucket(tag_of(hash)), 1); }
  PageId find_first(std::uint64_t hash) const {
    const std::uint32_t tag = tag_of(hash);
    const PageId page = find_in(*first_bucket(tag), tag);
    if (page == kNoPage) __builtin_prefetch(second_bucket(tag), 1);
    return page;
  }
  PageId find_second(std::uint64_t hash) const {
    const std::uint32_t tag = tag_of(hash);
    return find_in(*second_bucket(tag), tag);
  }
  void put(std::uint64_t hash, PageId page);
  /// Forgets the entry if it names `page`.
  void erase(std::uint64_t hash, PageId page);

  std::uint64_t used_bytes() const {
    return bucket_count_.load(std::memory_order_relaxed) * sizeof(Bucket);
  }
  std::uint64_t entry_count() const { return entry_count_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kEntries = 8;
  struct alignas(64) Bucket {
    std::atomic<std::uint64_t> entries[kEntries];
  };

  /// Never 0, so that an empty entry matches no tag.
  static std::uint32_t tag_of(std::uint64_t hash) {
    const auto tag = static_cast<std::uint32_t>(hash);
    return tag + (tag == 0);
  }
  static std::uint64_t place(std::uint32_t tag, std::uint64_t bucket_count) {
    return (std::uint64_t{tag} * bucket_count) >> 32;
  }
  Bucket* bucket_at(std::uint32_t place_tag) const {
    if (const std::uint64_t moved_from = moved_from_.load(std::memory_order_relaxed);
        moved_from != 0) [[unlikely]] {
      const std::uint64_t old_place =
          place(place_tag, old_bucket_count_.load(std::memory_order_relaxed));
      if (old_place < moved_from) return &buckets_[old_place];
    }
    return &buckets_[place(place_tag, bucket_count_.load(std::memory_order_relaxed))];
  }
  static PageId find_in(const Bucket& bucket, std::uint32_t tag);
  Bucket* first_bucket(std::uint32_t tag) const { return bucket_at(tag); }
  Bucket* second_bucket(std::uint32_t tag) const {
    return bucket_at(tag * 0x9e3779b1u ^ 0x5bd1e995u);
  }
  bool place_entry(std::uint64_t entry);
  void grow_step();
  void move_bucket(std::uint64_t bucket);
  static bool put_into(Bucket& bucket, std::uint64_t entry);
  static bool move_into(Bucket& bucket, std::uint64_t entry);

  env::AddressSpace memory_;
  Bucket* buckets_;
  std::uint64_t bucket_count_max_;
  std::atomic<std::uint64_t> bucket_count_;      ///< what new places are counted with
  std::atomic<std::uint64_t> old_bucket_count_;  ///< what buckets below moved_from_ still use
  std::atomic<std::uint64_t> moved_from_{0};     ///< old buckets at or above it have moved; 0 = all
  std::atomic<std::uint64_t> entry_count_{0};
  Latch growth_;
};

}  // namespace latchkey::storage::tree
