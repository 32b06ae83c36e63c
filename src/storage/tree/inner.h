#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "storage/tree/page.h"

namespace latchkey::storage::tree {

/// Which child a descent takes when a separator equals the key.
enum class Side : std::uint8_t {
  AtOrAfter,  ///< the child that holds the key: separators <= key lie before it
  Before,     ///< the child that holds what precedes the key
};

/// A separator too long for its page, never changed once a page points to it. Optimistic readers
/// may still look at one that was replaced, so it is freed only when no turn is running.
struct LongSeparator {
  std::string text;
};

/// Separators and children of an inner page. Separator i divides child i (keys < separator) from
/// child i + 1 (keys >= separator).
///
///   offset          bytes          meaning, C = capacity of the kind
///       32          8 * C          heads: 8 bytes of each separator behind the prefix, as a number
///       ..          4 * (C + 1)    children
///       ..          4 * (C + 1)    records below each child (CountedInner only)
///       ..          2 * C          lengths (0xF000 | n, n <= 8) or offsets of the rest in the heap
///       heap_begin  ..             rests: length (2) and bytes, or 0xFFFF and a LongSeparator* (8)
///       4096 - p    p              prefix
///
/// Threads: search_optimistic by anyone who validates the page's version; the rest by the holder of
///          the tree's structure latch, changes between begin_change and end_change.
class Inner {
 public:
  static constexpr int kPlainCapacity = 192;
  static constexpr int kCountedCapacity = 160;

  struct Entry {
    std::string separator;  ///< before the child; empty for the first
    PageId child;
    std::uint32_t record_count;
  };

  explicit Inner(Page& page) : page_(&page) {}

  static void format(Page& page, PageKind kind, TreeId tree, int level, Bytes prefix);

  int count() const { return page_->header.count; }
  int child_count() const { return count() + 1; }
  int capacity() const { return capacity_of(page_->header.kind); }
  bool counted() const { return page_->header.kind == PageKind::CountedInner; }

  PageId child(int index) const;
  void set_child(int index, PageId child);
  std::uint32_t record_count(int index) const;
  void set_record_count(int index, std::uint32_t value);
  /// Of the children before `index`.
  std::uint64_t records_before(int index) const;
  std::uint64_t total_record_count() const { return records_before(count() + 1); }
  std::string separator(int index) const;

  /// Returns the index of the child to take, or -1 when the page changed meanwhile.
  /// Requires: `version` was read from the page, even, before the call.
  static int search_optimistic(const Page& page, Bytes key, Side side, std::uint64_t version);
  int search(Bytes key, Side side) const;
  /// The child to take, read without protection: validate the version before using it.
  static PageId child_optimistic(const Page& page, int index);

  /// Whether one more separator, and two replaced, are sure to fit.
  bool has_room() const;
  /// Puts `separator` at `index` and `right` behind it. Requires: has_room().
  void insert(int index, Bytes separator, PageId right, std::uint32_t right_count,
              std::vector<LongSeparator*>& retired);
  void replace_separator(int index, Bytes separator, std::vector<LongSeparator*>& retired);
  /// Takes away separator `index` and child `index + 1`.
  void erase(int index, std::vector<LongSeparator*>& retired);

  Bytes prefix() const;
  std::vector<Entry> entries() const;
  /// Formats the page anew with these entries. Returns false, with only some of them in the page,
  /// if they do not fit; some of those of a page always fit one with its prefix. Old LongSeparators
  /// must have been retired by the caller.
  bool rebuild(Bytes prefix, const std::vector<Entry>& entries, std::size_t begin, std::size_t end);
  void retire_long_separators(std::vector<LongSeparator*>& retired) const;

 private:
  static int capacity_of(PageKind kind) {
    return kind == PageKind::CountedInner ? kCountedCapacity : kPlainCapacity;
  }
  static constexpr std::size_t kHeads = sizeof(PageHeader);
  static std::size_t children_at(int capacity) {
    return kHeads + 8 * static_cast<std::size_t>(capacity);
  }
  static std::size_t counts_at(int capacity) {
    return children_at(capacity) + 4 * (static_cast<std::size_t>(capacity) + 1);
  }
  static std::size_t rests_at(PageKind kind) {
    const int capacity = capacity_of(kind);
    return counts_at(capacity) +
           (kind == PageKind::CountedInner ? 4 * (static_cast<std::size_t>(capacity) + 1) : 0);
  }
  static std::size_t heap_floor(PageKind kind) {
    return rests_at(kind) + 2 * static_cast<std::size_t>(capacity_of(kind));
  }
  std::uint16_t rest(int index) const;
  std::size_t rest_bytes(int index) const;
  LongSeparator* long_separator(int index) const;
  /// Keeps `reserve` bytes of the heap for separators to come.
  void write_separator(int index, Bytes separator, std::size_t reserve);
  void drop_rest(int index, std::vector<LongSeparator*>& retired);
  void compact_heap();

  Page* page_;
};

/// The first eight bytes as a number that sorts as they do; missing bytes are zero.
std::uint64_t head64(Bytes bytes);
/// The shortest byte string s with left < s <= right. Requires: left < right.
Bytes shortest_separator(Bytes left, Bytes right);
std::size_t common_prefix(Bytes a, Bytes b);

}  // namespace latchkey::storage::tree
