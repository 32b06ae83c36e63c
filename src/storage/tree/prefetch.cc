#include "storage/tree/prefetch.h"

#include <emmintrin.h>

#include <algorithm>
#include <optional>

#include "storage/tree/optimistic.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kBatchMax = 32;

/// The part of PageHeader that says where the parts of a leaf are.
struct LeafShape {
  PageKind kind;
  std::uint8_t level;
  std::uint8_t prefix_bytes;
  std::uint8_t unsorted;
  std::uint16_t count;
  std::uint16_t capacity;
  std::uint16_t heap_begin;

  std::size_t hints_at() const { return sizeof(PageHeader) + prefix_bytes; }
  std::size_t slots_at() const {
    return hints_at() + std::size_t{capacity} * (kind == PageKind::HashedLeaf ? 1 : 4);
  }
};
static_assert(offsetof(PageHeader, kind) + offsetof(LeafShape, prefix_bytes) ==
              offsetof(PageHeader, prefix_bytes));
static_assert(offsetof(PageHeader, kind) + offsetof(LeafShape, capacity) ==
              offsetof(PageHeader, capacity));
static_assert(offsetof(PageHeader, kind) + offsetof(LeafShape, heap_begin) ==
              offsetof(PageHeader, heap_begin));

/// Nothing when what was read cannot be a leaf of this kind.
std::optional<LeafShape> shape_of(const Page& page, PageKind kind) {
  const auto shape = read_racing<LeafShape>(&page.header.kind);
  if (shape.kind != kind || shape.count > shape.capacity) return std::nullopt;
  if (shape.slots_at() + 2 * std::size_t{shape.capacity} > kPageBytes) return std::nullopt;
  return shape;
}

void fetch_line(const Page& page, std::size_t offset) {
  __builtin_prefetch(page.bytes() + (offset & (kPageBytes - 1)), 1);
}

struct Fingerprints {
  __m128i lanes;
};

/// Where the slot of the first matching fingerprint is, or 0.
std::uint32_t matching_slot(const Page& page, std::uint8_t fingerprint) {
  const auto shape = shape_of(page, PageKind::HashedLeaf);
  if (!shape) return 0;
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(fingerprint));
  for (std::size_t base = 0; base < shape->count; base += 16) {
    const auto found = read_racing<Fingerprints>(page.bytes() + shape->hints_at() + base);
    const auto matches = static_cast<unsigned>(
        _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(&found.lanes), wanted)));
    if (matches == 0) continue;
    const std::size_t slot = base + static_cast<std::size_t>(__builtin_ctz(matches));
    return static_cast<std::uint32_t>(shape->slots_at() + 2 * slot);
  }
  return 0;
}

/// Where the slot of the first key that is not less than `key` is, as far as the heads tell, or 0.
std::uint32_t nearest_slot(const Page& page, Bytes key) {
  const auto shape = shape_of(page, PageKind::OrderedLeaf);
  if (!shape || shape->count == 0) return 0;
  const std::uint32_t head =
      head32(key.substr(std::min<std::size_t>(shape->prefix_bytes, key.size())));
  const char* const heads = page.bytes() + shape->hints_at();
  std::size_t low = 0;
  for (std::size_t left = shape->count; left > 0;) {
    const std::size_t half = (left + 1) / 2;
    low += read_racing<std::uint32_t>(heads + 4 * (low + half - 1)) < head ? half : 0;
    left -= half;
  }
  low = std::min<std::size_t>(low, shape->count - 1u);
  return static_cast<std::uint32_t>(shape->slots_at() + 2 * low);
}

/// Asks for the lines that a new record's slot and cell will be written to.
void fetch_room(const Page& page, PageKind kind) {
  constexpr std::size_t kUsualCell = 48;
  const auto shape = shape_of(page, kind);
  if (!shape) return;
  fetch_line(page, shape->slots_at() + 2 * std::size_t{shape->count});
  fetch_line(page, shape->heap_begin - std::size_t{1});
  fetch_line(page, shape->heap_begin - kUsualCell);
}

const char* cell_of(const Page& page, std::uint32_t slot_at) {
  const auto offset = read_racing<std::uint16_t>(page.bytes() + slot_at);
  return page.bytes() + (offset & (kPageBytes - 1));
}

void fetch_cells(std::span<const Page* const> pages, std::span<const std::uint32_t> slots) {
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (slots[i] == 0) continue;
    const char* const cell = cell_of(*pages[i], slots[i]);
    __builtin_prefetch(cell, 1);
    __builtin_prefetch(cell + 40, 1);
  }
}

void prefetch_hashed(const Tree& tree, const Directory& directory, const Pool& pool,
                     std::span<KeyRef> keys) {
  const Page* pages[kBatchMax];
  std::uint32_t slots[kBatchMax];
  const auto note = [&](std::size_t i, PageId page) {
    pages[i] = pool.contains(page) ? &pool.page(page) : nullptr;
    if (pages[i] == nullptr) return;
    keys[i].hint = value_of(page);
    Leaf::fetch_ahead(*pages[i], PageKind::HashedLeaf);
  };
  for (const KeyRef& key : keys) directory.prefetch(key.hash);
  for (std::size_t i = 0; i < keys.size(); ++i) note(i, directory.find_first(keys[i].hash));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (pages[i] == nullptr) note(i, directory.find_second(keys[i].hash));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (pages[i] != nullptr) continue;
    const Tree::Hint leaf = tree.find_leaf(keys[i].key);
    note(i, leaf.page);
    keys[i].hint_version = leaf.version;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    slots[i] = 0;
    if (pages[i] == nullptr) continue;
    if (keys[i].hint_version != 0) {
      fetch_room(*pages[i], PageKind::HashedLeaf);
      continue;
    }
    slots[i] = matching_slot(*pages[i], static_cast<std::uint8_t>(keys[i].hash >> 32));
    if (slots[i] != 0) fetch_line(*pages[i], slots[i]);
  }
  fetch_cells({pages, keys.size()}, {slots, keys.size()});
}

void prefetch_ordered(const Tree& tree, const Pool& pool, std::span<KeyRef> keys) {
  const Page* pages[kBatchMax];
  std::uint32_t slots[kBatchMax];
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Tree::Hint leaf = tree.find_leaf(keys[i].key);
    pages[i] = pool.contains(leaf.page) ? &pool.page(leaf.page) : nullptr;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    slots[i] = pages[i] == nullptr ? 0 : nearest_slot(*pages[i], keys[i].key);
    if (slots[i] == 0) continue;
    fetch_line(*pages[i], slots[i]);
    fetch_room(*pages[i], PageKind::OrderedLeaf);
  }
  fetch_cells({pages, keys.size()}, {slots, keys.size()});
}

}  // namespace

void prefetch_records(const Tree& tree, const Directory& directory, const Pool& pool,
                      std::span<KeyRef> keys) {
  while (!keys.empty()) {
    const std::span<KeyRef> batch = keys.first(std::min(keys.size(), kBatchMax));
    if (tree.options().hashed && !tree.options().counted) {
      prefetch_hashed(tree, directory, pool, batch);
    } else {
      prefetch_ordered(tree, pool, batch);
    }
    keys = keys.subspan(batch.size());
  }
}

}  // namespace latchkey::storage::tree
