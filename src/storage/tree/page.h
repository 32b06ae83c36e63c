#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "storage/tree/latch.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

inline constexpr std::size_t kPageBytes = 4096;

/// The number of a page in the pool. Zero is no page.
enum class PageId : std::uint32_t {};
inline constexpr PageId kNoPage{0};
constexpr std::uint32_t value_of(PageId id) { return static_cast<std::uint32_t>(id); }

enum class PageKind : std::uint8_t {
  Free = 0,
  HashedLeaf = 1,   ///< a one-byte fingerprint per record
  OrderedLeaf = 2,  ///< the four first bytes of each key, for binary search
  Inner = 3,
  CountedInner = 4,  ///< with the number of records below each child
};

/// The first 32 bytes of every page, followed by what leaf.h or inner.h describe.
///
///   offset  bytes  field        meaning
///        0      4  latch        held by who reads or writes a leaf
///        4      4  tree         the tree it belongs to
///        8      8  version      inner pages: odd while being changed; leaves: another one whenever
///                               the range of keys becomes another; never reset, so that an
///                               optimistic reader notices any change, a reuse included
///       16      1  kind
///       17      1  level        0 = leaf
///       18      1  prefix_bytes what all keys of the page begin with
///       19      1  unsorted     leaf: how many of the last slots are in the order of their arrival
///       20      2  count        records, or separators (children - 1)
///       22      2  capacity     leaf: hints and slots there is room for
///       24      2  heap_begin   records grow down from the prefix to here
///       26      2  dead_bytes   in the heap, given back by compaction
///       28      4  page_id      its own number
struct PageHeader {
  Latch latch;
  TreeId tree;
  std::atomic<std::uint64_t> version;
  PageKind kind;
  std::uint8_t level;
  std::uint8_t prefix_bytes;
  std::uint8_t unsorted;
  std::uint16_t count;
  std::uint16_t capacity;
  std::uint16_t heap_begin;
  std::uint16_t dead_bytes;
  PageId page_id;
};
static_assert(sizeof(PageHeader) == 32);
static_assert(offsetof(PageHeader, version) == 8);
static_assert(offsetof(PageHeader, page_id) == 28);

struct Page {
  PageHeader header;
  char body[kPageBytes - sizeof(PageHeader)];

  char* bytes() { return reinterpret_cast<char*>(this); }
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
};
static_assert(sizeof(Page) == kPageBytes);

}  // namespace latchkey::storage::tree
