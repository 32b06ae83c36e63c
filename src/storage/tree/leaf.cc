#include "storage/tree/leaf.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::uint8_t kKindMask = 63;
constexpr std::uint8_t kHasDeadline = 64;
constexpr std::uint8_t kIsLarge = 128;
constexpr std::uint8_t kLongLength = 255;
constexpr std::size_t kVersionBytes = 6;
constexpr int kCapacityStep = 16;

std::size_t length_bytes(std::size_t length) { return length < kLongLength ? 1 : 3; }

char* put_length(char* at, std::size_t length) {
  if (length < kLongLength) {
    *at = static_cast<char>(length);
    return at + 1;
  }
  *at = static_cast<char>(kLongLength);
  store(at + 1, static_cast<std::uint16_t>(length));
  return at + 3;
}

const char* get_length(const char* at, std::size_t& length) {
  length = static_cast<std::uint8_t>(*at);
  if (length < kLongLength) return at + 1;
  length = load<std::uint16_t>(at + 1);
  return at + 3;
}

Bytes inline_suffix(Bytes key, std::size_t prefix_bytes) {
  const std::size_t end = std::min(key.size(), kKeyInlineBytes);
  return key.substr(std::min(prefix_bytes, end), end - std::min(prefix_bytes, end));
}

Bytes tail_of(Bytes key) {
  return key.size() > kKeyInlineBytes ? key.substr(kKeyInlineBytes) : Bytes();
}

std::size_t cell_bytes(Bytes key, const LeafRecord& record, std::size_t prefix_bytes) {
  const std::size_t suffix = inline_suffix(key, prefix_bytes).size();
  const std::size_t value = record.large != nullptr ? 0 : record.value.size();
  return 1 + length_bytes(suffix) + length_bytes(value) + kVersionBytes +
         (record.deadline_ms != kNoDeadline ? 8 : 0) + (record.large != nullptr ? 8 : 0) + suffix +
         value;
}

int order(int comparison) { return comparison < 0 ? -1 : comparison > 0 ? 1 : 0; }

}  // namespace

std::uint32_t head32(Bytes suffix) {
  std::uint32_t head = 0;
  copy_bytes(&head, suffix.substr(0, 4));
  return __builtin_bswap32(head);
}

struct Leaf::Cell {
  Bytes suffix;
  std::size_t bytes;
  LeafRecord record;
};

void Leaf::format(Page& page, PageKind kind, TreeId tree, Bytes prefix) {
  LK_ASSERT(prefix.size() <= kPrefixBytesMax);
  PageHeader& header = page.header;
  header.tree = tree;
  header.kind = kind;
  header.level = 0;
  header.count = 0;
  header.capacity = 0;
  header.dead_bytes = 0;
  header.prefix_bytes = static_cast<std::uint8_t>(prefix.size());
  header.unsorted = 0;
  header.heap_begin = static_cast<std::uint16_t>(kPageBytes);
  copy_bytes(page.bytes() + sizeof(PageHeader), prefix);
}

bool Leaf::key_has_prefix(Bytes key) const {
  const Bytes shared = prefix();
  return key.starts_with(shared);
}

std::uint16_t Leaf::slot_offset(int slot) const {
  return load<std::uint16_t>(page_->bytes() + slots_begin() + 2 * static_cast<std::size_t>(slot));
}

Leaf::Cell Leaf::decode(const char* at) {
  const char* const begin = at;
  const auto flags = static_cast<std::uint8_t>(*at++);
  std::size_t key_bytes = 0;
  std::size_t value_bytes = 0;
  at = get_length(at, key_bytes);
  at = get_length(at, value_bytes);
  Cell cell;
  cell.record.kind = flags & kKindMask;
  cell.record.version =
      Lsn{load<std::uint32_t>(at) | std::uint64_t{load<std::uint16_t>(at + 4)} << 32};
  at += kVersionBytes;
  if ((flags & kHasDeadline) != 0) {
    cell.record.deadline_ms = load<std::int64_t>(at);
    at += 8;
  }
  if ((flags & kIsLarge) != 0) {
    cell.record.large = load<LargeRecord*>(at);
    at += 8;
  }
  cell.suffix = {at, key_bytes};
  cell.record.value = {at + key_bytes, value_bytes};
  cell.bytes = static_cast<std::size_t>(at - begin) + key_bytes + value_bytes;
  return cell;
}

Leaf::Cell Leaf::cell(int slot) const {
  LK_ASSERT_SLOW(slot >= 0 && slot < count());
  return decode(page_->bytes() + slot_offset(slot));
}

LeafRecord Leaf::record(int slot) const { return cell(slot).record; }

LeafRecord Leaf::record(int slot, std::size_t& cell_bytes) const {
  const Cell found = cell(slot);
  cell_bytes = found.bytes;
  return found.record;
}

LeafRecord Leaf::record(int slot, Bytes& key_suffix) const {
  const Cell found = cell(slot);
  key_suffix = found.suffix;
  return found.record;
}

void Leaf::append_key(int slot, std::string& out) const {
  const Cell found = cell(slot);
  out.append(prefix());
  out.append(found.suffix);
  if (found.record.large != nullptr) out.append(found.record.large->key_tail());
}

std::string Leaf::key(int slot) const {
  std::string out;
  append_key(slot, out);
  return out;
}

int Leaf::compare(Bytes key, int slot) const {
  const Cell found = cell(slot);
  const int by_inline = inline_suffix(key, page_->header.prefix_bytes).compare(found.suffix);
  if (by_inline != 0) return order(by_inline);
  const Bytes stored_tail =
      found.record.large != nullptr ? found.record.large->key_tail() : Bytes();
  return order(tail_of(key).compare(stored_tail));
}

std::uint32_t Leaf::head_at(int slot) const {
  return load<std::uint32_t>(hints() + 4 * static_cast<std::size_t>(slot));
}

std::uint32_t Leaf::head_of(Bytes key) const {
  return head32(inline_suffix(key, page_->header.prefix_bytes));
}

/// Whether the slot's key is `key`, whose part behind the prefix is `suffix`. Reads no more of the
/// cell than it must: most look-ups come here once and are done.
bool Leaf::holds(int slot, Bytes key, Bytes suffix) const {
  const char* const cell = page_->bytes() + slot_offset(slot);
  const auto flags = static_cast<std::uint8_t>(cell[0]);
  const auto key_length = static_cast<std::uint8_t>(cell[1]);
  const bool is_plain = key_length < kLongLength && (flags & kIsLarge) == 0;
  if (!is_plain) [[unlikely]]
    return compare(key, slot) == 0;
  if (key_length != suffix.size() || key.size() > kKeyInlineBytes) return false;
  const bool is_long = static_cast<std::uint8_t>(cell[2]) == kLongLength;
  const char* const stored =
      cell + 3 + (is_long ? 2 : 0) + kVersionBytes + ((flags & kHasDeadline) != 0 ? 8 : 0);
  return std::memcmp(stored, suffix.data(), suffix.size()) == 0;
}

int Leaf::find(Bytes key, std::uint8_t fingerprint) const {
  if (!key_has_prefix(key)) return -1;
  if (!hashed()) {
    const int slot = lower_bound(key);
    return slot < count() && compare(key, slot) == 0 ? slot : -1;
  }
  const char* const fingerprints = hints();
  const int slots = count();
  const Bytes suffix = inline_suffix(key, page_->header.prefix_bytes);
  for (int base = 0; base < slots; base += 16) {
    const __m128i wanted = _mm_set1_epi8(static_cast<char>(fingerprint));
    const __m128i found = _mm_loadu_si128(reinterpret_cast<const __m128i*>(fingerprints + base));
    auto matches = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(found, wanted)));
    for (; matches != 0; matches &= matches - 1) {
      const int slot = base + __builtin_ctz(matches);
      if (slot >= slots) return -1;
      if (holds(slot, key, suffix)) return slot;
    }
  }
  return -1;
}

int Leaf::lower_bound(Bytes key) const {
  LK_ASSERT(sorted());
  int low = 0;
  int high = count();
  if (!hashed()) {
    const std::uint32_t head = head_of(key);
    // Which way each step goes is as good as random: a sum costs less than a branch guessed wrong.
    for (int left = high; left > 0;) {
      const int half = (left + 1) / 2;
      low += head_at(low + half - 1) < head ? half : 0;
      left -= half;
    }
    high = count();
    // From here on heads are >= head; only the run of equal heads needs the keys themselves.
    int run_end = low;
    int step = 1;
    while (run_end < high && head_at(run_end) == head) {
      run_end = std::min(high, run_end + step);
      step *= 2;
    }
    high = run_end;
  }
  while (low < high) {
    const int middle = (low + high) / 2;
    if (compare(key, middle) > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::uint16_t Leaf::write_cell(Bytes key, const LeafRecord& record, std::size_t bytes) {
  PageHeader& header = page_->header;
  header.heap_begin = static_cast<std::uint16_t>(header.heap_begin - bytes);
  char* at = page_->bytes() + header.heap_begin;
  const Bytes suffix = inline_suffix(key, header.prefix_bytes);
  const Bytes value = record.large != nullptr ? Bytes() : record.value;
  *at++ = static_cast<char>(record.kind | (record.deadline_ms != kNoDeadline ? kHasDeadline : 0) |
                            (record.large != nullptr ? kIsLarge : 0));
  at = put_length(at, suffix.size());
  at = put_length(at, value.size());
  store(at, static_cast<std::uint32_t>(value_of(record.version)));
  store(at + 4, static_cast<std::uint16_t>(value_of(record.version) >> 32));
  at += kVersionBytes;
  if (record.deadline_ms != kNoDeadline) {
    store(at, record.deadline_ms);
    at += 8;
  }
  if (record.large != nullptr) {
    store(at, record.large);
    at += 8;
  }
  copy_bytes(at, suffix);
  copy_bytes(at + suffix.size(), value);
  return header.heap_begin;
}

void Leaf::grow_capacity(int steps) {
  PageHeader& header = page_->header;
  const std::size_t from = slots_begin();
  header.capacity = static_cast<std::uint16_t>(header.capacity + steps * kCapacityStep);
  std::memmove(page_->bytes() + slots_begin(), page_->bytes() + from,
               2 * static_cast<std::size_t>(header.count));
}

void Leaf::compact() {
  PageHeader& header = page_->header;
  char copy[kPageBytes];
  std::memcpy(copy + header.heap_begin, page_->bytes() + header.heap_begin,
              kPageBytes - header.heap_begin);
  auto at = static_cast<std::uint16_t>(kPageBytes);
  for (int slot = 0; slot < count(); ++slot) {
    const char* const from = copy + slot_offset(slot);
    const std::size_t bytes = decode(from).bytes;
    at = static_cast<std::uint16_t>(at - bytes);
    std::memcpy(page_->bytes() + at, from, bytes);
    store(page_->bytes() + slots_begin() + 2 * static_cast<std::size_t>(slot), at);
  }
  header.heap_begin = at;
  header.dead_bytes = 0;
}

bool Leaf::make_room(std::size_t cells, int new_slots) {
  PageHeader& header = page_->header;
  const int missing = header.count + new_slots - header.capacity;
  const int steps = missing <= 0 ? 0 : (missing + kCapacityStep - 1) / kCapacityStep;
  const std::size_t slots_end = slots_begin() +
                                2 * static_cast<std::size_t>(header.count + new_slots) +
                                static_cast<std::size_t>(steps * kCapacityStep) * hint_bytes();
  if (slots_end + cells > static_cast<std::size_t>(header.heap_begin) + header.dead_bytes)
    return false;
  if (slots_end + cells > header.heap_begin) compact();
  LK_ASSERT(slots_end + cells <= header.heap_begin);
  if (steps > 0) grow_capacity(steps);
  return true;
}

bool Leaf::insert(int slot, Bytes key, std::uint8_t fingerprint, const LeafRecord& record) {
  LK_ASSERT(sorted());
  return insert_at(slot, key, fingerprint, record);
}

bool Leaf::append(Bytes key, std::uint8_t fingerprint, const LeafRecord& record) {
  LK_ASSERT(hashed());
  constexpr std::uint8_t kUnsortedMax = UINT8_MAX;
  if (page_->header.unsorted == kUnsortedMax) sort_slots();
  if (!insert_at(count(), key, fingerprint, record)) return false;
  ++page_->header.unsorted;
  return true;
}

void Leaf::take(const Leaf& from, int slot) {
  LK_ASSERT(sorted() && hashed() == from.hashed());
  PageHeader& header = page_->header;
  const char* const cell = from.page_->bytes() + from.slot_offset(slot);
  const Cell found = decode(cell);
  if (prefix().size() != from.prefix().size()) {
    const bool inserted = insert(count(), from.key(slot), from.fingerprint(slot), found.record);
    LK_ASSERT(inserted);
    return;
  }
  // Prefixes of the same keys: being of one length they are the same, and so are the cells.
  const bool fits = make_room(found.bytes, 1);
  LK_ASSERT(fits);
  header.heap_begin = static_cast<std::uint16_t>(header.heap_begin - found.bytes);
  std::memcpy(page_->bytes() + header.heap_begin, cell, found.bytes);
  const auto index = static_cast<std::size_t>(header.count);
  store(page_->bytes() + slots_begin() + 2 * index, header.heap_begin);
  std::memcpy(hints() + hint_bytes() * index,
              from.hints() + hint_bytes() * static_cast<std::size_t>(slot), hint_bytes());
  ++header.count;
}

bool Leaf::take_run(const Leaf& from, int begin, int run, End end) {
  LK_ASSERT(from.sorted() && hashed() == from.hashed());
  LK_ASSERT(prefix().size() == from.prefix().size());
  std::size_t bytes = 0;
  for (int slot = begin; slot < begin + run; ++slot) bytes += from.cell(slot).bytes;
  if (!make_room(bytes, run)) return false;
  PageHeader& header = page_->header;
  const auto at = static_cast<std::size_t>(end == End::Front ? 0 : count() - header.unsorted);
  const auto added = static_cast<std::size_t>(run);
  const std::size_t after = header.count - at;
  char* const slots = page_->bytes() + slots_begin();
  std::memmove(slots + 2 * (at + added), slots + 2 * at, 2 * after);
  char* const hint = hints() + hint_bytes() * at;
  std::memmove(hint + hint_bytes() * added, hint, hint_bytes() * after);
  for (std::size_t i = 0; i < added; ++i) {
    const int slot = begin + static_cast<int>(i);
    const char* const cell = from.page_->bytes() + from.slot_offset(slot);
    const std::size_t cell_bytes = decode(cell).bytes;
    header.heap_begin = static_cast<std::uint16_t>(header.heap_begin - cell_bytes);
    std::memcpy(page_->bytes() + header.heap_begin, cell, cell_bytes);
    store(slots + 2 * (at + i), header.heap_begin);
  }
  std::memcpy(hint, from.hints() + hint_bytes() * static_cast<std::size_t>(begin),
              hint_bytes() * added);
  header.count = static_cast<std::uint16_t>(header.count + run);
  return true;
}

void Leaf::drop_run(int begin, int run) {
  PageHeader& header = page_->header;
  LK_ASSERT(sorted() && begin >= 0 && run > 0 && begin + run <= count());
  for (int slot = begin; slot < begin + run; ++slot)
    header.dead_bytes = static_cast<std::uint16_t>(header.dead_bytes + cell(slot).bytes);
  const auto to = static_cast<std::size_t>(begin);
  const auto from = static_cast<std::size_t>(begin + run);
  const std::size_t after = header.count - from;
  char* const slots = page_->bytes() + slots_begin();
  std::memmove(slots + 2 * to, slots + 2 * from, 2 * after);
  std::memmove(hints() + hint_bytes() * to, hints() + hint_bytes() * from, hint_bytes() * after);
  header.count = static_cast<std::uint16_t>(header.count - run);
}

/// Sorts the last slots by themselves and merges them with those before.
void Leaf::sort_slots() {
  LK_ASSERT(hashed());
  struct Slot {
    std::uint16_t offset;
    char hint;
  };
  PageHeader& header = page_->header;
  Slot slots[kPageBytes / 8];
  Slot merged[kPageBytes / 8];
  const int end = count();
  const int middle = end - header.unsorted;
  for (int slot = 0; slot < end; ++slot) slots[slot] = {slot_offset(slot), hints()[slot]};
  const auto before = [this](const Slot& left, const Slot& right) {
    const Cell a = decode(page_->bytes() + left.offset);
    const Cell b = decode(page_->bytes() + right.offset);
    if (const int order = a.suffix.compare(b.suffix); order != 0) return order < 0;
    const auto tail = [](const Cell& cell) {
      return cell.record.large != nullptr ? cell.record.large->key_tail() : Bytes();
    };
    return tail(a) < tail(b);
  };
  std::sort(slots + middle, slots + end, before);
  std::merge(slots, slots + middle, slots + middle, slots + end, merged, before);
  for (int slot = 0; slot < end; ++slot) {
    hints()[slot] = merged[slot].hint;
    store(page_->bytes() + slots_begin() + 2 * static_cast<std::size_t>(slot), merged[slot].offset);
  }
  header.unsorted = 0;
}

/// Requires: the slot's part of the leaf, sorted or not, is what `slot` fits.
bool Leaf::insert_at(int slot, Bytes key, std::uint8_t fingerprint, const LeafRecord& record) {
  LK_ASSERT(slot >= 0 && slot <= count());
  LK_ASSERT_SLOW(key_has_prefix(key));
  LK_ASSERT((record.large != nullptr) == needs_large(key, record.view().value.size()));
  PageHeader& header = page_->header;
  const std::size_t bytes = cell_bytes(key, record, header.prefix_bytes);
  if (!make_room(bytes, 1)) return false;
  char* const slots = page_->bytes() + slots_begin();
  const auto index = static_cast<std::size_t>(slot);
  const std::size_t after = header.count - index;
  std::memmove(slots + 2 * (index + 1), slots + 2 * index, 2 * after);
  store(slots + 2 * index, write_cell(key, record, bytes));
  char* const hint = hints() + hint_bytes() * index;
  std::memmove(hint + hint_bytes(), hint, hint_bytes() * after);
  if (hashed())
    *hint = static_cast<char>(fingerprint);
  else
    store(hint, head_of(key));
  ++header.count;
  return true;
}

/// Writes the record over one of the same shape: then nothing in the cell moves and the key stays.
/// Returns false, with nothing changed, when the shapes differ.
bool Leaf::overwrite(char* cell, const LeafRecord& record) {
  const auto old_flags = static_cast<std::uint8_t>(cell[0]);
  const int flags = record.kind | (record.deadline_ms != kNoDeadline ? kHasDeadline : 0);
  const auto key_length = static_cast<std::uint8_t>(cell[1]);
  const auto value_length = static_cast<std::uint8_t>(cell[2]);
  const bool same = record.large == nullptr && ((old_flags ^ flags) & ~kKindMask) == 0 &&
                    key_length < kLongLength && value_length < kLongLength &&
                    value_length == record.value.size();
  if (!same) return false;
  cell[0] = static_cast<char>(flags);
  char* at = cell + 3;
  store(at, static_cast<std::uint32_t>(value_of(record.version)));
  store(at + 4, static_cast<std::uint16_t>(value_of(record.version) >> 32));
  at += kVersionBytes;
  if (record.deadline_ms != kNoDeadline) {
    store(at, record.deadline_ms);
    at += 8;
  }
  copy_bytes(at + key_length, record.value);
  return true;
}

bool Leaf::replace(int slot, Bytes key, std::size_t old_bytes, const LeafRecord& record) {
  LK_ASSERT((record.large != nullptr) == needs_large(key, record.view().value.size()));
  LK_ASSERT_SLOW(old_bytes == cell(slot).bytes);
  if (overwrite(page_->bytes() + slot_offset(slot), record)) return true;
  PageHeader& header = page_->header;
  const std::size_t bytes = cell_bytes(key, record, header.prefix_bytes);
  if (bytes == old_bytes) {
    const std::uint16_t heap_begin = header.heap_begin;
    header.heap_begin = static_cast<std::uint16_t>(slot_offset(slot) + bytes);
    write_cell(key, record, bytes);
    header.heap_begin = heap_begin;
    return true;
  }
  // The old cell counts as dead while room is made; its slot must not be read by compaction as
  // live, so the record leaves the heap accounting only after success.
  const std::size_t slots_end = slots_begin() + 2 * static_cast<std::size_t>(header.count);
  if (slots_end + bytes > header.heap_begin) {
    if (slots_end + bytes >
        static_cast<std::size_t>(header.heap_begin) + header.dead_bytes + old_bytes)
      return false;
    const std::uint8_t hint = hashed() ? fingerprint(slot) : std::uint8_t{0};
    const std::uint8_t unsorted = header.unsorted;
    erase(slot);
    const bool inserted = insert_at(slot, key, hint, record);
    LK_ASSERT(inserted);
    header.unsorted = unsorted;
    return true;
  }
  header.dead_bytes = static_cast<std::uint16_t>(header.dead_bytes + old_bytes);
  const std::uint16_t offset = write_cell(key, record, bytes);
  store(page_->bytes() + slots_begin() + 2 * static_cast<std::size_t>(slot), offset);
  return true;
}

void Leaf::erase(int slot) {
  PageHeader& header = page_->header;
  LK_ASSERT(slot >= 0 && slot < count());
  header.dead_bytes = static_cast<std::uint16_t>(header.dead_bytes + cell(slot).bytes);
  if (slot >= count() - header.unsorted) --header.unsorted;
  const auto index = static_cast<std::size_t>(slot);
  const std::size_t after = header.count - index - 1;
  char* const slots = page_->bytes() + slots_begin();
  std::memmove(slots + 2 * index, slots + 2 * (index + 1), 2 * after);
  char* const hint = hints() + hint_bytes() * index;
  std::memmove(hint, hint + hint_bytes(), hint_bytes() * after);
  --header.count;
}

std::size_t Leaf::used_bytes() const {
  const PageHeader& header = page_->header;
  return header.capacity * hint_bytes() + 2 * static_cast<std::size_t>(header.count) +
         (kPageBytes - header.heap_begin) - header.dead_bytes;
}

std::size_t Leaf::cost(Bytes key, const LeafRecord& record, std::size_t prefix_bytes, bool hashed) {
  return cell_bytes(key, record, prefix_bytes) + 2 + (hashed ? 1 : 4);
}

std::size_t Leaf::slot_cost(int slot) const { return cell(slot).bytes + 2 + hint_bytes(); }

}  // namespace latchkey::storage::tree
