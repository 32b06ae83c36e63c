#include "storage/tree/pool.h"

#include "base/assert.h"

namespace latchkey::storage::tree {

Pool::Pool(std::uint64_t page_count_max)
    : memory_(page_count_max * kPageBytes),
      pages_(reinterpret_cast<Page*>(memory_.begin())),
      page_count_max_(page_count_max) {
  LK_ASSERT(pages_ != nullptr);
  LK_ASSERT(page_count_max <= UINT32_MAX);
}

Page* Pool::allocate() {
  PageId id = kNoPage;
  {
    const LatchGuard guard(free_latch_);
    if (!free_.empty()) {
      id = free_.back();
      free_.pop_back();
    } else if (next_.load(std::memory_order_relaxed) < page_count_max_) {
      id = PageId{next_.fetch_add(1, std::memory_order_acq_rel)};
    }
  }
  if (id == kNoPage) return nullptr;
  used_pages_.fetch_add(1, std::memory_order_relaxed);
  Page& fresh = page(id);
  fresh.header.latch.lock();
  fresh.header.page_id = id;
  return &fresh;
}

void Pool::free(Page& page) {
  LK_ASSERT(page.header.latch.is_held());
  const PageId id = page.header.page_id;
  page.header.version.fetch_add(2, std::memory_order_acq_rel);
  page.header.kind = PageKind::Free;
  page.header.count = 0;
  page.header.latch.unlock();
  used_pages_.fetch_sub(1, std::memory_order_relaxed);
  const LatchGuard guard(free_latch_);
  free_.push_back(id);
}

}  // namespace latchkey::storage::tree
