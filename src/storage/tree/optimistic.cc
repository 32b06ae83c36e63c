#include "storage/tree/optimistic.h"

#include "base/assert.h"

namespace latchkey::storage::tree {

void begin_change(Page& page) {
  const std::uint64_t version = page.header.version.load(std::memory_order_relaxed);
  LK_ASSERT((version & 1) == 0);
  page.header.version.exchange(version + 1, std::memory_order_seq_cst);
}

void end_change(Page& page) {
  const std::uint64_t version = page.header.version.load(std::memory_order_relaxed);
  LK_ASSERT((version & 1) == 1);
  page.header.version.store(version + 1, std::memory_order_release);
}

#ifdef LK_THREAD_SANITIZER
// Byte by byte through volatile, or the compiler would call the sanitizer's own memcpy.
__attribute__((no_sanitize("thread"), noinline)) void copy_racing(void* to, const void* from,
                                                                  std::size_t bytes) {
  const auto* const source = static_cast<const volatile char*>(from);
  auto* const target = static_cast<volatile char*>(to);
  for (std::size_t i = 0; i < bytes; ++i) target[i] = source[i];
}
#endif

}  // namespace latchkey::storage::tree
