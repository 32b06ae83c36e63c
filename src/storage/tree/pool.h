#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "env/address_space.h"
#include "storage/tree/page.h"

namespace latchkey::storage::tree {

/// All pages, named by number. A page keeps its address for as long as it is allocated, and its
/// latch and version words for ever, so that a reader with an old number meets a page that has
/// changed, never memory that is gone.
///
/// Threads: any.
/// Invariant: a page's version never goes back.                                       (README, 2)
class Pool {
 public:
  explicit Pool(std::uint64_t page_count_max);

  Page& page(PageId id) const { return pages_[value_of(id)]; }
  bool contains(PageId id) const {
    return id != kNoPage && value_of(id) < next_.load(std::memory_order_acquire);
  }
  bool owns(const void* address) const {
    return address >= pages_ && address < pages_ + page_count_max_;
  }

  /// A page with its latch held and its header otherwise stale: format it. Null when all are used.
  Page* allocate();
  /// Requires: the caller holds the page's latch, which this lets go.
  void free(Page& page);

  std::uint64_t used_bytes() const {
    return used_pages_.load(std::memory_order_relaxed) * kPageBytes;
  }

 private:
  env::AddressSpace memory_;
  Page* pages_;
  std::uint64_t page_count_max_;
  std::atomic<std::uint32_t> next_{1};
  std::atomic<std::uint64_t> used_pages_{0};
  Latch free_latch_;
  std::vector<PageId> free_;
};

}  // namespace latchkey::storage::tree
