#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "storage/tree/large_record.h"
#include "storage/tree/page.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// Keys keep at most this many bytes in the leaf; the rest goes to a LargeRecord.
inline constexpr std::size_t kKeyInlineBytes = 384;
/// Values longer than this go to a LargeRecord.
inline constexpr std::size_t kValueInlineBytes = 800;
inline constexpr std::size_t kPrefixBytesMax = 255;

/// A record on its way into a leaf, or out of one.
struct LeafRecord {
  Bytes value;  ///< empty in the leaf when `large` holds it
  Lsn version{};
  std::int64_t deadline_ms = kNoDeadline;
  std::uint8_t kind = 0;
  LargeRecord* large = nullptr;  ///< a reference that moves with the record

  RecordView view() const {
    return {large != nullptr ? large->value() : value, version, deadline_ms, kind};
  }
};

/// Whether a record must keep its value outside the leaf.
inline bool needs_large(Bytes key, std::size_t value_bytes) {
  return key.size() > kKeyInlineBytes || value_bytes > kValueInlineBytes;
}

/// The records of one key range. A view on a page whose latch the caller holds.
///
/// Slots are in key order, but for the last `unsorted` of a hashed leaf, which are as they came:
/// who looks for one key needs no order, and a new record finds its place without a walk over
/// cold memory. Whoever needs the order sorts first.
///
///   offset               bytes         meaning
///       32               p             prefix: what all keys here begin with
///       32 + p           c * h         hints, c = capacity; h = 1: fingerprints (HashedLeaf);
///                                      h = 4: first key bytes, big-endian (OrderedLeaf)
///       32 + p + c * h   2 * count     slots: offsets of the cells
///       heap_begin       ..            cells, newest first
///
/// The prefix stands beside the hints so that a look-up finds both in the lines it fetches first.
///
/// A cell: flags (1: kind, 64 = has deadline, 128 = large) | key length (1, or 255 and 2 more) |
/// value length (the same) | version (6) | [deadline 8] | [LargeRecord* 8] | key | value.
/// The key is without the page's prefix and without what stands in the LargeRecord.
///
/// Invariant: heap_begin >= end of the slots; sorted slots are in strictly ascending key order.
///            (README, 3)
class Leaf {
 public:
  explicit Leaf(Page& page) : page_(&page) {}

  /// Asks for the lines that a search of a leaf of this kind will read, before it is known to be
  /// one.
  static void fetch_ahead(const Page& page, PageKind kind) {
    constexpr std::size_t kLine = 64;
    const std::size_t lines = kind == PageKind::OrderedLeaf ? 8 : 2;
    for (std::size_t i = 0; i < lines; ++i) __builtin_prefetch(page.bytes() + i * kLine, 1);
  }

  /// Asks for the whole page.
  static void fetch_all_ahead(const Page& page) {
    constexpr std::size_t kLine = 64;
    for (std::size_t at = 0; at < kPageBytes; at += kLine) __builtin_prefetch(page.bytes() + at, 1);
  }

  /// Makes the page an empty leaf. The latch and version words stay as they are.
  static void format(Page& page, PageKind kind, TreeId tree, Bytes prefix);

  int count() const { return page_->header.count; }
  bool hashed() const { return page_->header.kind == PageKind::HashedLeaf; }
  Bytes prefix() const { return {page_->bytes() + sizeof(PageHeader), page_->header.prefix_bytes}; }
  bool key_has_prefix(Bytes key) const;

  /// The slot of exactly this key, or -1. Hashed leaves need the key's fingerprint.
  int find(Bytes key, std::uint8_t fingerprint) const;
  /// Puts all slots in key order: what was a slot's number may then be another's.
  void sort() {
    if (page_->header.unsorted != 0) sort_slots();
  }
  bool sorted() const { return page_->header.unsorted == 0; }
  /// The first slot whose key is not less than `key`; count() if there is none. Requires: sorted().
  int lower_bound(Bytes key) const;

  LeafRecord record(int slot) const;
  /// The same, and how many bytes its cell has.
  LeafRecord record(int slot, std::size_t& cell_bytes) const;
  /// The same, and what its key has in the cell: neither the page's prefix nor a large one's end.
  LeafRecord record(int slot, Bytes& key_suffix) const;
  void append_key(int slot, std::string& out) const;
  std::string key(int slot) const;
  /// Negative, zero or positive as `key` sorts before, at or after the slot's.
  int compare(Bytes key, int slot) const;

  /// False, with nothing changed, when the page has no room. `record.large` moves in on success.
  /// Requires: sorted(), and `slot` is where the key belongs.
  bool insert(int slot, Bytes key, std::uint8_t fingerprint, const LeafRecord& record);
  /// The same behind all others, wherever the key belongs. Requires: hashed().
  bool append(Bytes key, std::uint8_t fingerprint, const LeafRecord& record);
  /// Appends, in key order, what `from` holds at `slot`; a LargeRecord moves along.
  /// Requires: the key has this page's prefix, and room was seen to.
  void take(const Leaf& from, int slot);
  /// Takes a run of slots of a neighbour, all of whose keys sort before these or behind them. The
  /// cells are copied, and their LargeRecords move along.
  /// Returns false, with nothing changed, when there is no room.
  /// Requires: `from` is sorted, of the same kind, and its prefix is as long as this one's.
  enum class End : std::uint8_t { Front, Back };
  bool take_run(const Leaf& from, int begin, int run, End end);
  /// Where a run taken at the back begins: before the slots that are not sorted yet.
  int back_run_begin(int run) const { return count() - page_->header.unsorted - run; }
  /// Forgets a run of sorted slots that another leaf has taken.
  void drop_run(int begin, int run);
  /// As insert, for a slot that holds `key` in a cell of `old_bytes`. The old LargeRecord, if any,
  /// is the caller's now.
  bool replace(int slot, Bytes key, std::size_t old_bytes, const LeafRecord& record);
  void erase(int slot);

  /// Bytes of cells, hints and slots in use, the prefix not counted.
  std::size_t used_bytes() const;
  /// What used_bytes may reach.
  std::size_t usable_bytes() const {
    return kPageBytes - sizeof(PageHeader) - page_->header.prefix_bytes;
  }
  /// What one more record of this shape would add to used_bytes, at most, in a page with
  /// `prefix_bytes`.
  static std::size_t cost(Bytes key, const LeafRecord& record, std::size_t prefix_bytes,
                          bool hashed);
  std::size_t slot_cost(int slot) const;

  std::uint8_t fingerprint(int slot) const { return static_cast<std::uint8_t>(hints()[slot]); }

 private:
  struct Cell;
  std::size_t hint_bytes() const { return hashed() ? 1 : 4; }
  std::size_t hints_begin() const { return sizeof(PageHeader) + page_->header.prefix_bytes; }
  char* hints() const { return page_->bytes() + hints_begin(); }
  std::size_t slots_begin() const { return hints_begin() + page_->header.capacity * hint_bytes(); }
  std::uint16_t slot_offset(int slot) const;
  Cell cell(int slot) const;
  static Cell decode(const char* at);
  bool holds(int slot, Bytes key, Bytes suffix) const;
  static bool overwrite(char* cell, const LeafRecord& record);
  void sort_slots();
  bool insert_at(int slot, Bytes key, std::uint8_t fingerprint, const LeafRecord& record);
  bool make_room(std::size_t cell_bytes, int new_slots);
  void grow_capacity(int steps);
  void compact();
  std::uint16_t write_cell(Bytes key, const LeafRecord& record, std::size_t bytes);
  std::uint32_t head_at(int slot) const;
  std::uint32_t head_of(Bytes key) const;

  Page* page_;
};

/// The first four bytes of `suffix` as a number that sorts as they do; missing bytes are zero.
std::uint32_t head32(Bytes suffix);

}  // namespace latchkey::storage::tree
