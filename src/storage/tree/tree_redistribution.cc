// How records move between neighbouring leaves. Everything here runs under the structure latch.
#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "storage/tree/optimistic.h"
#include "storage/tree/tree.h"

namespace latchkey::storage::tree {

namespace {

/// A record on its way from an old page to a new one.
struct MovingCell {
  int page;
  int slot;
  std::size_t cost;  ///< in its old page
};

/// The records of the old pages in order, read from copies so that the pages can be rewritten.
struct MovingCells {
  Page copies[2];
  int page_count = 0;
  std::vector<MovingCell> cells;

  void add(const Page& page) {
    // Without the latch, which others try to take meanwhile.
    constexpr std::size_t kShape = offsetof(PageHeader, kind);
    std::memcpy(copies[page_count].bytes() + kShape, page.bytes() + kShape, kPageBytes - kShape);
    Leaf leaf(copies[page_count]);
    leaf.sort();
    for (int slot = 0; slot < leaf.count(); ++slot)
      cells.push_back({page_count, slot, leaf.slot_cost(slot)});
    ++page_count;
  }
  Leaf leaf(std::size_t i) { return Leaf(copies[cells[i].page]); }
  std::string key(std::size_t i) { return leaf(i).key(cells[i].slot); }
  /// How many of the keys are less than `key`.
  std::size_t count_before(Bytes key) {
    std::size_t before = 0;
    for (int page = 0; page < page_count; ++page)
      before += static_cast<std::size_t>(Leaf(copies[page]).lower_bound(key));
    return before;
  }
  /// What the cell takes at most in a page with another prefix.
  std::size_t cost_with(std::size_t i, std::size_t prefix_bytes) {
    constexpr std::size_t kLongerLength = 2;  // of a key that passes 254 bytes
    const std::size_t old_bytes = leaf(i).prefix().size();
    if (old_bytes == prefix_bytes) return cells[i].cost;
    return cells[i].cost + old_bytes + kLongerLength - std::min(prefix_bytes, old_bytes);
  }
};

/// Where each target page begins: by bytes, the record to come counted in.
std::vector<std::size_t> choose_cuts(MovingCells& moving, Bytes key, std::size_t cost,
                                     int target_count, bool cut_at_key) {
  const std::size_t key_at = moving.count_before(key);
  if (cut_at_key) return {0, key_at, moving.cells.size()};
  std::size_t total = cost;
  for (const MovingCell& cell : moving.cells) total += cell.cost;
  std::vector<std::size_t> cuts{0};
  std::size_t filled = 0;
  for (std::size_t i = 0; i <= moving.cells.size(); ++i) {
    if (cost != 0 && i == key_at) filled += cost;
    if (i == moving.cells.size()) break;
    const auto made = static_cast<std::size_t>(cuts.size());
    // A cell that would pass the border by more than half goes to the next page.
    if (made < static_cast<std::size_t>(target_count) && i > cuts.back() &&
        filled + moving.cells[i].cost / 2 >=
            total * made / static_cast<std::size_t>(target_count)) {
      cuts.push_back(i);
    }
    filled += moving.cells[i].cost;
  }
  // An empty last page makes sense only if the record to come goes there.
  if (cuts.size() < static_cast<std::size_t>(target_count) && cost != 0 &&
      key_at == moving.cells.size()) {
    cuts.push_back(moving.cells.size());
  }
  cuts.push_back(moving.cells.size());
  return cuts;
}

/// What a page may need besides its cells: a step of hints and slots.
constexpr std::size_t kSlackBytes = 64;

}  // namespace

void Tree::retire(const std::vector<LongSeparator*>& separators) {
  if (separators.empty()) return;
  const LatchGuard guard(context_.retired_latch);
  context_.retired.insert(context_.retired.end(), separators.begin(), separators.end());
}

/// How a Redistribution will be done, before anything is changed.
struct Tree::Spread {
  MovingCells moving;
  std::vector<std::size_t> cuts;        ///< where each target begins, and the end
  std::vector<std::string> separators;  ///< between targets
  std::vector<Bytes> prefixes;          ///< of the targets

  explicit Spread(const Redistribution& work) {
    for (int i = 0; i < work.page_count; ++i) moving.add(*work.pages[i]);
    cuts = choose_cuts(moving, work.key, work.cost, work.target_count, work.cut_at_key);
    choose_separators(work);
    choose_prefixes(work);
  }
  std::size_t target_count() const { return cuts.size() - 1; }

  // Beside an empty target, the key that is to come draws the line.
  void choose_separators(const Redistribution& work) {
    for (std::size_t j = 1; j < target_count(); ++j) {
      const std::size_t cut = cuts[j];
      const std::string left = cut > 0 ? moving.key(cut - 1) : std::string(work.key);
      const std::string right = cut < moving.cells.size() ? moving.key(cut) : std::string(work.key);
      const bool at_key = work.cut_at_key && cut > 0;
      separators.emplace_back(shortest_separator(left, at_key ? work.key : Bytes(right)));
    }
  }

  void choose_prefixes(const Redistribution& work) {
    for (std::size_t j = 0; j < target_count(); ++j) {
      const bool is_last = j + 1 == target_count();
      const Bytes low = j == 0 ? Bytes(work.range.low) : Bytes(separators[j - 1]);
      const Bytes high = is_last ? Bytes(work.range.high) : Bytes(separators[j]);
      const bool unbounded = is_last && !work.range.has_high;
      const std::size_t shared =
          unbounded ? 0 : std::min(common_prefix(low, high), kPrefixBytesMax);
      prefixes.push_back(high.substr(0, shared));
    }
  }

  /// A shorter prefix makes cells longer.
  bool fits() {
    for (std::size_t j = 0; j < target_count(); ++j) {
      std::size_t used = prefixes[j].size() + kSlackBytes;
      for (std::size_t i = cuts[j]; i < cuts[j + 1]; ++i)
        used += moving.cost_with(i, prefixes[j].size());
      if (used > kPageBytes - sizeof(PageHeader)) return false;
    }
    return true;
  }
};

bool Tree::redistribute(Redistribution& work) {
  const auto spread = std::make_unique<Spread>(work);
  if (!spread->fits()) {
    // A join that does not fit after all is left undone: nobody has made room in the parent for
    // another separator.
    if (work.cost == 0) return false;
    if (work.target_count > work.page_count) return narrow(work);
    ++work.target_count;
    return redistribute(work);
  }
  const auto targets = static_cast<int>(spread->target_count());
  LK_ASSERT(targets <= work.page_count + 1);
  Page* fresh = nullptr;
  if (targets > work.page_count) {
    fresh = context_.pool.allocate();
    if (fresh == nullptr) return false;
  }
  // A new page goes between two old ones: then most records stay where they are.
  Page* pages[3] = {work.pages[0], work.pages[1], nullptr};
  if (fresh != nullptr) {
    pages[2] = pages[1];
    pages[1] = fresh;
  }
  for (int j = 0; j < targets; ++j) move_into(*pages[j], j, work, *spread);
  link(work, *spread, fresh, pages);
  for (int j = 0; j < targets; ++j) note_new_range(*pages[j]);
  if (fresh != nullptr) fresh->header.latch.unlock();
  return true;
}

/// Even more pages than there were did not do: divides at the key the one page where it goes, so
/// that each part is smaller than the whole.
bool Tree::narrow(Redistribution& work) {
  LK_ASSERT(work.page_count == 2 && "half a leaf does not fit a leaf");
  const std::string border = Inner(*work.parent).separator(work.first);
  if (work.key >= border) {
    work.pages[0] = work.pages[1];
    work.range.low = border;
    ++work.first;
  } else {
    work.range.high = border;
    work.range.has_high = true;
  }
  work.cut_at_key = true;
  work.page_count = 1;
  work.target_count = 2;
  return redistribute(work);
}

void Tree::move_into(Page& page, int target, const Redistribution& work, Spread& spread) {
  const auto index = static_cast<std::size_t>(target);
  std::vector<std::pair<std::uint64_t, PageId>> hints;
  std::string key;
  Leaf::format(page, leaf_kind(), id_, spread.prefixes[index]);
  Leaf leaf(page);
  for (std::size_t i = spread.cuts[index]; i < spread.cuts[index + 1]; ++i) {
    leaf.take(spread.moving.leaf(i), spread.moving.cells[i].slot);
    if (!options_.hashed || work.pages[spread.moving.cells[i].page] == &page) continue;
    key.clear();
    leaf.append_key(leaf.count() - 1, key);
    hints.emplace_back(hash(key), page.header.page_id);
    context_.directory.prefetch(hints.back().first);
  }
  for (const auto& [key_hash, id] : hints) context_.directory.put(key_hash, id);
}

/// Tells the parent of the pages as they are now.
void Tree::link(const Redistribution& work, const Spread& spread, const Page* fresh,
                Page* const* pages) {
  std::vector<LongSeparator*> retired;
  const auto targets = static_cast<int>(spread.target_count());
  Inner parent(*work.parent);
  begin_change(*work.parent);
  // With a new page the old border becomes the one behind it.
  const std::size_t border = fresh == nullptr ? 0 : 1;
  if (work.page_count == 2 && targets >= 2)
    parent.replace_separator(work.first, spread.separators[border], retired);
  if (fresh != nullptr)
    parent.insert(work.first, spread.separators[0], fresh->header.page_id, 0, retired);
  if (targets < work.page_count) parent.erase(work.first + targets - 1, retired);
  for (int j = 0; j < targets; ++j) {
    parent.set_record_count(work.first + j, static_cast<std::uint32_t>(Leaf(*pages[j]).count()));
  }
  end_change(*work.parent);
  retire(retired);
}

/// Moves records over the border between two leaves until both have about the same room; `border`
/// is its separator's index, `from` and `to` are latched and `from` is sorted. Touches
/// nothing but what moves, and so costs a small part of a redistribution.
/// Returns false, with nothing changed, when that is not to be had.
bool Tree::share(Page& parent_page, int border, Page& from, Page& to, std::size_t cost) {
  Inner parent(parent_page);
  const bool rightwards = parent.child(border) == from.header.page_id;
  Leaf giver(from);
  Leaf taker(to);
  LK_ASSERT(giver.sorted());
  const int count = giver.count();
  const auto nth = [&](int i) {
    return rightwards ? count - 1 - i : i;
  };  // from the border inwards
  const std::size_t half = (giver.used_bytes() + taker.used_bytes() + cost) / 2;
  std::size_t moved_bytes = 0;
  int moved = 0;
  while (moved < count - 1 && taker.used_bytes() + moved_bytes < half)
    moved_bytes += giver.slot_cost(nth(moved++));
  if (moved == 0) return false;
  // Behind another prefix the cells change their length; that is for a redistribution.
  if (taker.prefix().size() != giver.prefix().size()) return false;
  const int begin = rightwards ? count - moved : 0;
  const std::string left = giver.key(rightwards ? begin - 1 : moved - 1);
  const std::string right = giver.key(rightwards ? begin : moved);
  const std::string separator(shortest_separator(left, right));
  if (!Bytes(separator).starts_with(taker.prefix())) return false;
  if (!taker.take_run(giver, begin, moved, rightwards ? Leaf::End::Front : Leaf::End::Back))
    return false;
  giver.drop_run(begin, moved);
  if (options_.hashed) {
    std::vector<std::uint64_t> hashes;
    std::string key;
    const int first = rightwards ? 0 : taker.back_run_begin(moved);
    for (int slot = first; slot < first + moved; ++slot) {
      key.clear();
      taker.append_key(slot, key);
      hashes.push_back(hash(key));
      context_.directory.prefetch(hashes.back());
    }
    for (const std::uint64_t key_hash : hashes) context_.directory.put(key_hash, to.header.page_id);
  }
  std::vector<LongSeparator*> retired;
  begin_change(parent_page);
  parent.replace_separator(border, separator, retired);
  for (const Page* page : {&from, &to}) {
    const bool is_left = (page == &from) == rightwards;
    parent.set_record_count(border + (is_left ? 0 : 1), page->header.count);
  }
  end_change(parent_page);
  note_new_range(from);
  note_new_range(to);
  retire(retired);
  return true;
}

}  // namespace latchkey::storage::tree
