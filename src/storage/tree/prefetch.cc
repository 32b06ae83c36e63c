#include "storage/tree/prefetch.h"

#include <emmintrin.h>

#include <algorithm>

#include "storage/tree/optimistic.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kBatchMax = 32;
constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kHintsMax = 256;

/// The part of PageHeader that says where a leaf's hints are.
struct LeafShape {
  PageKind kind;
  std::uint8_t level;
  std::uint8_t prefix_bytes;
  std::uint8_t unsorted;
  std::uint16_t count;
  std::uint16_t capacity;
};
static_assert(offsetof(PageHeader, kind) + offsetof(LeafShape, prefix_bytes) ==
              offsetof(PageHeader, prefix_bytes));
static_assert(offsetof(PageHeader, kind) + offsetof(LeafShape, capacity) ==
              offsetof(PageHeader, capacity));

struct Fingerprints {
  __m128i lanes;
};

/// Where the slot of the first matching fingerprint is, or 0.
std::uint32_t matching_slot(const Page& page, std::uint8_t fingerprint) {
  const auto header = read_racing<LeafShape>(&page.header.kind);
  const std::size_t prefix = header.prefix_bytes;
  const std::size_t capacity = header.capacity;
  const std::size_t hints = sizeof(PageHeader) + prefix;
  if (header.kind != PageKind::HashedLeaf || prefix > kHintsMax || capacity > kHintsMax) return 0;
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(fingerprint));
  for (std::size_t base = 0; base < capacity; base += 16) {
    const auto found = read_racing<Fingerprints>(page.bytes() + hints + base);
    const auto matches = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(&found.lanes), wanted)));
    if (matches == 0) continue;
    const std::size_t slot = base + static_cast<std::size_t>(__builtin_ctz(matches));
    return static_cast<std::uint32_t>(hints + capacity + 2 * slot);
  }
  return 0;
}

const char* cell_of(const Page& page, std::uint32_t slot_at) {
  const auto offset = read_racing<std::uint16_t>(page.bytes() + slot_at);
  return page.bytes() + (offset & (kPageBytes - 1));
}

void prefetch_batch(const Directory& directory, const Pool& pool, std::span<KeyRef> keys) {
  const Page* pages[kBatchMax];
  std::uint32_t slots[kBatchMax];
  for (const KeyRef& key : keys) directory.prefetch(key.hash);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const PageId page = directory.find(keys[i].hash);
    pages[i] = pool.contains(page) ? &pool.page(page) : nullptr;
    if (pages[i] == nullptr) continue;
    keys[i].hint = value_of(page);
    __builtin_prefetch(pages[i]->bytes(), 1);
    __builtin_prefetch(pages[i]->bytes() + kLineBytes);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    slots[i] = pages[i] == nullptr
                   ? 0
                   : matching_slot(*pages[i], static_cast<std::uint8_t>(keys[i].hash >> 32));
    if (slots[i] != 0) __builtin_prefetch(pages[i]->bytes() + slots[i]);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (slots[i] == 0) continue;
    const char* const cell = cell_of(*pages[i], slots[i]);
    __builtin_prefetch(cell, 1);
    __builtin_prefetch(cell + 40, 1);
  }
}

}  // namespace

void prefetch_records(const Directory& directory, const Pool& pool, std::span<KeyRef> keys) {
  while (!keys.empty()) {
    const std::size_t count = std::min(keys.size(), kBatchMax);
    prefetch_batch(directory, pool, keys.first(count));
    keys = keys.subspan(count);
  }
}

}  // namespace latchkey::storage::tree
