#include "storage/tree/inner.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "storage/tree/optimistic.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::uint16_t kShortRest = 0xF000;
constexpr std::uint16_t kLongRest = 0xFFFF;
constexpr std::size_t kRestInlineMax = 64;
constexpr std::size_t kLongRestBytes = 10;
constexpr std::size_t kHeapReserve = 48;
/// What one insertion and two replacements may take, long separators assumed.
constexpr std::size_t kRoomBytes = 96;

}  // namespace

std::uint64_t head64(Bytes bytes) {
  if (bytes.size() >= 8) return load_big64(bytes.data());
  std::uint64_t head = 0;
  copy_bytes(&head, bytes);
  return __builtin_bswap64(head);
}

std::size_t common_prefix(Bytes a, Bytes b) {
  const std::size_t end = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < end && a[at] == b[at]) ++at;
  return at;
}

Bytes shortest_separator(Bytes left, Bytes right) {
  LK_ASSERT_SLOW(left < right);
  return right.substr(0, common_prefix(left, right) + 1);
}

void Inner::format(Page& page, PageKind kind, TreeId tree, int level, Bytes prefix) {
  PageHeader& header = page.header;
  header.tree = tree;
  header.kind = kind;
  header.level = static_cast<std::uint8_t>(level);
  header.count = 0;
  header.capacity = 0;
  header.dead_bytes = 0;
  header.prefix_bytes = static_cast<std::uint8_t>(prefix.size());
  header.unsorted = 0;
  header.heap_begin = static_cast<std::uint16_t>(kPageBytes - prefix.size());
  copy_bytes(page.bytes() + header.heap_begin, prefix);
}

PageId Inner::child(int index) const {
  LK_ASSERT(index >= 0 && index <= count());
  return PageId{load<std::uint32_t>(page_->bytes() + children_at(capacity()) +
                                    4 * static_cast<std::size_t>(index))};
}

void Inner::set_child(int index, PageId child) {
  store(page_->bytes() + children_at(capacity()) + 4 * static_cast<std::size_t>(index),
        value_of(child));
}

std::uint32_t Inner::record_count(int index) const {
  LK_ASSERT(counted() && index >= 0 && index <= count());
  return load<std::uint32_t>(page_->bytes() + counts_at(capacity()) +
                             4 * static_cast<std::size_t>(index));
}

void Inner::set_record_count(int index, std::uint32_t value) {
  if (!counted()) return;
  store(page_->bytes() + counts_at(capacity()) + 4 * static_cast<std::size_t>(index), value);
}

std::uint64_t Inner::records_before(int index) const {
  LK_ASSERT(counted() && index >= 0 && index <= count() + 1);
  const char* at = page_->bytes() + counts_at(capacity());
  const char* const end = at + 4 * static_cast<std::size_t>(index);
  // Four counts at a time, each widened: their sum may pass 32 bits.
  const __m128i zero = _mm_setzero_si128();
  __m128i sums = zero;
  for (; end - at >= 16; at += 16) {
    const __m128i counts = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    sums = _mm_add_epi64(sums, _mm_unpacklo_epi32(counts, zero));
    sums = _mm_add_epi64(sums, _mm_unpackhi_epi32(counts, zero));
  }
  std::uint64_t halves[2];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(halves), sums);
  std::uint64_t total = halves[0] + halves[1];
  for (; at < end; at += 4) total += load<std::uint32_t>(at);
  return total;
}

Bytes Inner::prefix() const {
  return {page_->bytes() + kPageBytes - page_->header.prefix_bytes, page_->header.prefix_bytes};
}

std::uint16_t Inner::rest(int index) const {
  return load<std::uint16_t>(page_->bytes() + rests_at(page_->header.kind) +
                             2 * static_cast<std::size_t>(index));
}

LongSeparator* Inner::long_separator(int index) const {
  const std::uint16_t at = rest(index);
  if (at >= kShortRest || load<std::uint16_t>(page_->bytes() + at) != kLongRest) return nullptr;
  return load<LongSeparator*>(page_->bytes() + at + 2);
}

std::size_t Inner::rest_bytes(int index) const {
  const std::uint16_t at = rest(index);
  if (at >= kShortRest) return 0;
  const auto length = load<std::uint16_t>(page_->bytes() + at);
  return length == kLongRest ? kLongRestBytes : 2 + std::size_t{length};
}

std::string Inner::separator(int index) const {
  LK_ASSERT(index >= 0 && index < count());
  if (const LongSeparator* text = long_separator(index)) return text->text;
  std::string out(prefix());
  char head[8];
  store_big64(head,
              load<std::uint64_t>(page_->bytes() + kHeads + 8 * static_cast<std::size_t>(index)));
  const std::uint16_t at = rest(index);
  if (at >= kShortRest) {
    out.append(head, at & 0xF);
    return out;
  }
  out.append(head, 8);
  out.append(page_->bytes() + at + 2, load<std::uint16_t>(page_->bytes() + at));
  return out;
}

PageId Inner::child_optimistic(const Page& page, int index) {
  const PageKind kind = read_racing<PageKind>(&page.header.kind);
  return read_racing<PageId>(page.bytes() + children_at(capacity_of(kind)) +
                             4 * static_cast<std::size_t>(index));
}

namespace {

/// The key of a search, taken apart as the separators of a page are.
struct SearchKey {
  Bytes whole;
  Bytes suffix;  ///< behind the page's prefix
  std::uint64_t head;

  SearchKey(Bytes key, std::size_t prefix_bytes)
      : whole(key), suffix(key.substr(std::min(prefix_bytes, key.size()))), head(head64(suffix)) {}
  Bytes rest() const { return suffix.substr(std::min<std::size_t>(8, suffix.size())); }
};

constexpr int kPageChanged = 2;

int order_of(std::size_t left, std::size_t right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

/// How a separator sorts against the key when their heads are equal: -1, 0 or 1; or kPageChanged.
/// `at` is the separator's word in the page's list of rests.
int compare_rests(const Page& page, std::uint64_t version, std::uint16_t at, const SearchKey& key) {
  if (at >= kShortRest) return order_of(at & 0xF, key.suffix.size());
  if (at + 2u > kPageBytes) return kPageChanged;
  const auto length = read_racing<std::uint16_t>(page.bytes() + at);
  if (length == kLongRest) {
    if (at + kLongRestBytes > kPageBytes) return kPageChanged;
    const auto* const separator = read_racing<const LongSeparator*>(page.bytes() + at + 2);
    // Only a pointer that was read whole may be followed; it stays readable for this turn.
    if (!still_valid(page, version)) return kPageChanged;
    const int order = Bytes(separator->text).compare(key.whole);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  if (at + 2u + length > kPageBytes) return kPageChanged;
  if (key.suffix.size() < 8) return 1;  // shorter than the head it equals: it sorts before
  const Bytes other = key.rest();
  const char* const text = page.bytes() + at + 2;
  const std::size_t shared = std::min<std::size_t>(length, other.size());
  for (std::size_t i = 0; i < shared; ++i) {
    const auto stored = static_cast<unsigned char>(read_racing<char>(text + i));
    const auto wanted = static_cast<unsigned char>(other[i]);
    if (stored != wanted) return stored < wanted ? -1 : 1;
  }
  return order_of(length, other.size());
}

}  // namespace

int Inner::search_optimistic(const Page& page, Bytes key, Side side, std::uint64_t version) {
  const PageKind kind = read_racing<PageKind>(&page.header.kind);
  if (kind != PageKind::Inner && kind != PageKind::CountedInner) return -1;
  const int count = read_racing<std::uint16_t>(&page.header.count);
  if (count > capacity_of(kind)) return -1;
  const std::size_t prefix_bytes = read_racing<std::uint8_t>(&page.header.prefix_bytes);
  // A key shorter than the prefix cannot belong here, but a search for what precedes it may.
  if (prefix_bytes > key.size() && !still_valid(page, version)) return -1;
  const SearchKey wanted(key, prefix_bytes);
  const char* const heads = page.bytes() + kHeads;
  const char* const rests = page.bytes() + rests_at(kind);
  int low = 0;
  int high = count;
  while (low < high) {
    const int middle = (low + high) / 2;
    const auto index = static_cast<std::size_t>(middle);
    const auto head = read_racing<std::uint64_t>(heads + 8 * index);
    int order = head < wanted.head ? -1 : head > wanted.head ? 1 : 0;  // the separator's
    if (order == 0) {
      const auto at = read_racing<std::uint16_t>(rests + 2 * index);
      order = compare_rests(page, version, at, wanted);
      if (order == kPageChanged) return -1;
    }
    if (order < 0 || (order == 0 && side == Side::AtOrAfter))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int Inner::search(Bytes key, Side side) const {
  const int index =
      search_optimistic(*page_, key, side, page_->header.version.load(std::memory_order_relaxed));
  LK_ASSERT(index >= 0);
  return index;
}

bool Inner::has_room() const {
  const PageHeader& header = page_->header;
  const std::size_t free = header.heap_begin + header.dead_bytes - heap_floor(header.kind);
  return count() < capacity() && free >= kRoomBytes;
}

void Inner::compact_heap() {
  PageHeader& header = page_->header;
  char copy[kPageBytes];
  std::memcpy(copy, page_->bytes(), kPageBytes);
  auto at = static_cast<std::uint16_t>(kPageBytes - header.prefix_bytes);
  for (int index = 0; index < count(); ++index) {
    const std::uint16_t from = rest(index);
    if (from >= kShortRest) continue;
    const auto length = load<std::uint16_t>(copy + from);
    const std::size_t bytes = length == kLongRest ? kLongRestBytes : 2 + std::size_t{length};
    at = static_cast<std::uint16_t>(at - bytes);
    std::memcpy(page_->bytes() + at, copy + from, bytes);
    store(page_->bytes() + rests_at(header.kind) + 2 * static_cast<std::size_t>(index), at);
  }
  header.heap_begin = at;
  header.dead_bytes = 0;
}

void Inner::write_separator(int index, Bytes separator, std::size_t reserve) {
  PageHeader& header = page_->header;
  LK_ASSERT(separator.substr(0, header.prefix_bytes) == prefix());
  const Bytes suffix = separator.substr(header.prefix_bytes);
  store(page_->bytes() + kHeads + 8 * static_cast<std::size_t>(index), head64(suffix));
  char* const rest_at =
      page_->bytes() + rests_at(header.kind) + 2 * static_cast<std::size_t>(index);
  if (suffix.size() <= 8) {
    store(rest_at, static_cast<std::uint16_t>(kShortRest | suffix.size()));
    return;
  }
  // Until it is written the entry must not look like a rest in the heap to compaction.
  store(rest_at, kShortRest);
  const std::size_t floor = heap_floor(header.kind);
  const Bytes text = suffix.substr(8);
  const bool is_smaller = text.size() + 2 <= kLongRestBytes;
  const bool fits = header.heap_begin + header.dead_bytes >= floor + text.size() + 2 + reserve;
  const bool in_page = is_smaller || (text.size() <= kRestInlineMax && fits);
  const std::size_t bytes = in_page ? 2 + text.size() : kLongRestBytes;
  if (header.heap_begin < floor + bytes) compact_heap();
  LK_ASSERT(header.heap_begin >= floor + bytes);
  header.heap_begin = static_cast<std::uint16_t>(header.heap_begin - bytes);
  char* const at = page_->bytes() + header.heap_begin;
  if (in_page) {
    store(at, static_cast<std::uint16_t>(text.size()));
    std::memcpy(at + 2, text.data(), text.size());
  } else {
    store(at, kLongRest);
    store(at + 2, new LongSeparator{std::string(separator)});
  }
  store(rest_at, header.heap_begin);
}

void Inner::drop_rest(int index, std::vector<LongSeparator*>& retired) {
  if (LongSeparator* text = long_separator(index)) retired.push_back(text);
  page_->header.dead_bytes =
      static_cast<std::uint16_t>(page_->header.dead_bytes + rest_bytes(index));
  store(page_->bytes() + rests_at(page_->header.kind) + 2 * static_cast<std::size_t>(index),
        kShortRest);
}

namespace {

/// Moves `count` elements of `width` bytes from index `from` to index `to` of the array at `base`.
void move_elements(char* base, std::size_t width, int from, int to, int count) {
  if (count <= 0) return;
  std::memmove(base + width * static_cast<std::size_t>(to),
               base + width * static_cast<std::size_t>(from),
               width * static_cast<std::size_t>(count));
}

}  // namespace

void Inner::insert(int index, Bytes separator, PageId right, std::uint32_t right_count,
                   std::vector<LongSeparator*>& retired) {
  LK_ASSERT(index >= 0 && index <= count() && count() < capacity());
  (void)retired;
  char* const base = page_->bytes();
  const int after = count() - index;
  move_elements(base + kHeads, 8, index, index + 1, after);
  move_elements(base + rests_at(page_->header.kind), 2, index, index + 1, after);
  move_elements(base + children_at(capacity()), 4, index + 1, index + 2, after);
  if (counted()) move_elements(base + counts_at(capacity()), 4, index + 1, index + 2, after);
  ++page_->header.count;
  store(base + rests_at(page_->header.kind) + 2 * static_cast<std::size_t>(index), kShortRest);
  write_separator(index, separator, kHeapReserve);
  set_child(index + 1, right);
  set_record_count(index + 1, right_count);
}

void Inner::replace_separator(int index, Bytes separator, std::vector<LongSeparator*>& retired) {
  LK_ASSERT(index >= 0 && index < count());
  drop_rest(index, retired);
  write_separator(index, separator, kHeapReserve);
}

void Inner::erase(int index, std::vector<LongSeparator*>& retired) {
  LK_ASSERT(index >= 0 && index < count());
  drop_rest(index, retired);
  char* const base = page_->bytes();
  const int after = count() - index - 1;
  move_elements(base + kHeads, 8, index + 1, index, after);
  move_elements(base + rests_at(page_->header.kind), 2, index + 1, index, after);
  move_elements(base + children_at(capacity()), 4, index + 2, index + 1, after);
  if (counted()) move_elements(base + counts_at(capacity()), 4, index + 2, index + 1, after);
  --page_->header.count;
}

std::vector<Inner::Entry> Inner::entries() const {
  std::vector<Entry> out;
  out.reserve(static_cast<std::size_t>(child_count()));
  for (int index = 0; index <= count(); ++index) {
    out.push_back({index == 0 ? std::string() : separator(index - 1), child(index),
                   counted() ? record_count(index) : 0});
  }
  return out;
}

bool Inner::rebuild(Bytes prefix, const std::vector<Entry>& entries, std::size_t begin,
                    std::size_t end) {
  LK_ASSERT(begin < end && end <= entries.size());
  PageHeader& header = page_->header;
  if (static_cast<int>(end - begin) > capacity() + 1) return false;
  format(*page_, header.kind, header.tree, header.level, prefix);
  // What the separators take at least: a greedy one must not leave the others without room.
  const auto least_bytes = [&](const Entry& entry) {
    const std::size_t head = prefix.size() + 8;
    if (entry.separator.size() <= head) return std::size_t{0};
    return std::min(kLongRestBytes, entry.separator.size() - head + 2);
  };
  std::size_t needed = 0;
  for (std::size_t i = begin + 1; i < end; ++i) needed += least_bytes(entries[i]);
  if (header.heap_begin < heap_floor(header.kind) + needed) return false;
  for (std::size_t i = begin; i < end; ++i) {
    const int index = static_cast<int>(i - begin);
    set_child(index, entries[i].child);
    set_record_count(index, entries[i].record_count);
    if (index == 0) continue;
    needed -= least_bytes(entries[i]);
    ++header.count;
    write_separator(index - 1, entries[i].separator, needed + kHeapReserve);
  }
  return true;
}

void Inner::retire_long_separators(std::vector<LongSeparator*>& retired) const {
  for (int index = 0; index < count(); ++index) {
    if (LongSeparator* text = long_separator(index)) retired.push_back(text);
  }
}

}  // namespace latchkey::storage::tree
