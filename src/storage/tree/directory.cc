#include "storage/tree/directory.h"

#include <algorithm>

#include "base/assert.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::uint64_t kFirstBuckets = 1024;
constexpr std::uint64_t kFullPercent = 86;
constexpr int kBucketsPerStep = 3;

std::uint64_t entry_of(std::uint32_t tag, PageId page) {
  return std::uint64_t{tag} << 32 | value_of(page);
}
std::uint32_t tag_of_entry(std::uint64_t entry) { return static_cast<std::uint32_t>(entry >> 32); }
PageId page_of_entry(std::uint64_t entry) { return PageId{static_cast<std::uint32_t>(entry)}; }

}  // namespace

Directory::Directory(std::uint64_t bucket_count_max)
    : memory_(std::max(bucket_count_max, kFirstBuckets) * sizeof(Bucket)),
      buckets_(reinterpret_cast<Bucket*>(memory_.begin())),
      bucket_count_max_(std::max(bucket_count_max, kFirstBuckets)),
      bucket_count_(kFirstBuckets),
      old_bucket_count_(kFirstBuckets) {
  LK_ASSERT(buckets_ != nullptr);
}

PageId Directory::find_in(const Bucket& bucket, std::uint32_t tag) {
  for (const auto& slot : bucket.entries) {
    const std::uint64_t entry = slot.load(std::memory_order_relaxed);
    if (tag_of_entry(entry) == tag) return page_of_entry(entry);
  }
  return kNoPage;
}

PageId Directory::find(std::uint64_t hash) const {
  const std::uint32_t tag = tag_of(hash);
  const PageId page = find_in(*first_bucket(tag), tag);
  return page != kNoPage ? page : find_in(*second_bucket(tag), tag);
}

bool Directory::put_into(Bucket& bucket, std::uint64_t entry) {
  for (auto& slot : bucket.entries) {
    std::uint64_t expected = 0;
    if (slot.load(std::memory_order_relaxed) == 0 &&
        slot.compare_exchange_strong(expected, entry, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

bool Directory::place_entry(std::uint64_t entry) {
  const std::uint32_t tag = tag_of_entry(entry);
  Bucket& first = *first_bucket(tag);
  if (put_into(first, entry) || put_into(*second_bucket(tag), entry)) return true;
  for (auto& slot : first.entries) {
    std::uint64_t settled = slot.load(std::memory_order_relaxed);
    if (settled == 0) continue;
    const std::uint32_t settled_tag = tag_of_entry(settled);
    Bucket* other = first_bucket(settled_tag);
    if (other == &first) other = second_bucket(settled_tag);
    if (other == &first || !put_into(*other, settled)) continue;
    return slot.compare_exchange_strong(settled, entry, std::memory_order_relaxed);
  }
  return false;
}

void Directory::put(std::uint64_t hash, PageId page) {
  const std::uint32_t tag = tag_of(hash);
  const std::uint64_t entry = entry_of(tag, page);
  for (Bucket* bucket : {first_bucket(tag), second_bucket(tag)}) {
    for (auto& slot : bucket->entries) {
      const std::uint64_t old = slot.load(std::memory_order_relaxed);
      if (old != 0 && tag_of_entry(old) == tag) {
        if (old != entry) slot.store(entry, std::memory_order_relaxed);
        return;
      }
    }
  }
  if (place_entry(entry)) {
    entry_count_.fetch_add(1, std::memory_order_relaxed);
  } else {
    // All is full: some other hint makes way, chosen by bits of the hash that nothing else uses.
    first_bucket(tag)->entries[(hash >> 40) % kEntries].store(entry, std::memory_order_relaxed);
  }
  const bool growing = moved_from_.load(std::memory_order_relaxed) != 0;
  const std::uint64_t full =
      bucket_count_.load(std::memory_order_relaxed) * kEntries * kFullPercent / 100;
  if (growing || entry_count_.load(std::memory_order_relaxed) > full) grow_step();
}

void Directory::erase(std::uint64_t hash, PageId page) {
  const std::uint32_t tag = tag_of(hash);
  const std::uint64_t entry = entry_of(tag, page);
  for (Bucket* bucket : {first_bucket(tag), second_bucket(tag)}) {
    for (auto& slot : bucket->entries) {
      std::uint64_t expected = entry;
      if (slot.load(std::memory_order_relaxed) == entry &&
          slot.compare_exchange_strong(expected, 0, std::memory_order_relaxed)) {
        entry_count_.fetch_sub(1, std::memory_order_relaxed);
        return;
      }
    }
  }
}

bool Directory::move_into(Bucket& bucket, std::uint64_t entry) {
  for (auto& slot : bucket.entries) {
    if (slot.load(std::memory_order_relaxed) != 0) continue;
    slot.store(entry, std::memory_order_relaxed);
    return true;
  }
  return false;
}

void Directory::move_bucket(std::uint64_t bucket) {
  std::uint64_t lost = 0;
  std::uint64_t entries[kEntries];
  for (int i = 0; i < kEntries; ++i) {
    // Not one step with the store on purpose, here as in move_into: what is put here meanwhile
    // loses a hint at worst, and eight exchanges a bucket were a tenth of every insertion.
    entries[i] = buckets_[bucket].entries[i].load(std::memory_order_relaxed);
    if (entries[i] != 0) buckets_[bucket].entries[i].store(0, std::memory_order_relaxed);
  }
  const std::uint64_t old_count = old_bucket_count_.load(std::memory_order_relaxed);
  for (const std::uint64_t entry : entries) {
    if (entry == 0) continue;
    // An entry in its first bucket moves a little upwards with its neighbours, and one in its
    // second too; into the other of its buckets it would be a walk through cold memory.
    const std::uint32_t tag = tag_of_entry(entry);
    Bucket* const near = place(tag, old_count) == bucket ? first_bucket(tag) : second_bucket(tag);
    if (!move_into(*near, entry) && !place_entry(entry)) ++lost;
  }
  if (lost != 0) entry_count_.fetch_sub(lost, std::memory_order_relaxed);
}

void Directory::grow_step() {
  if (!growth_.try_lock()) return;
  std::uint64_t from = moved_from_.load(std::memory_order_relaxed);
  if (from == 0) {
    const std::uint64_t old_count = bucket_count_.load(std::memory_order_relaxed);
    const std::uint64_t new_count = std::min(old_count + old_count / 6, bucket_count_max_);
    if (new_count <= old_count) {
      growth_.unlock();
      return;
    }
    // In this order a reader that sees a mix looks in a wrong bucket at worst.
    old_bucket_count_.store(old_count, std::memory_order_relaxed);
    moved_from_.store(old_count, std::memory_order_relaxed);
    bucket_count_.store(new_count, std::memory_order_relaxed);
    from = old_count;
  }
  // A bucket's entries go to itself or above, where all has moved already.
  for (int step = 0; step < kBucketsPerStep && from != 0; ++step) {
    --from;
    moved_from_.store(from, std::memory_order_relaxed);
    move_bucket(from);
  }
  growth_.unlock();
}

}  // namespace latchkey::storage::tree
