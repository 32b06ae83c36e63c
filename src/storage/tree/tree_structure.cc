// How a tree changes its shape: splits, joins and their way up. Everything here runs under the
// structure latch.
#include <algorithm>

#include "base/assert.h"
#include "storage/tree/optimistic.h"
#include "storage/tree/tree.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kJoinPercent = 80;  ///< two leaves join when one would be at most this full
constexpr std::size_t kShareablePercent = 92;  ///< a neighbour fuller than this is no help
constexpr int kLastResortAttempt = 3;

std::size_t percent(std::size_t whole, std::size_t share) { return whole * share / 100; }

bool fits(const Leaf& leaf, std::size_t cost) {
  // One step of hints and slots may be needed besides the record itself.
  return leaf.used_bytes() + cost + 64 <= leaf.usable_bytes();
}

}  // namespace

/// Records of one or two neighbouring leaves, spread anew over one or more.
struct Tree::Redistribution {
  Page* parent = nullptr;
  int first = 0;        ///< index of the first leaf in the parent
  Page* pages[2] = {};  ///< latched
  int page_count = 0;
  Bounds range;  ///< of all of them together
  int target_count = 0;
  Bytes key;  ///< the record that needs room, not yet in any leaf
  std::size_t cost = 0;
  bool cut_at_key = false;  ///< divide exactly where the key goes
};

Tree::Path Tree::walk(Bytes key, Side side) {
  Path path;
  Page* page = root_page();
  for (int level = root_level(); level > 0; --level) {
    const Inner inner(*page);
    const int index = inner.search(key, side);
    path.steps[path.depth] = {page, index};
    Bounds next = path.bounds[path.depth];
    if (index > 0) next.low = inner.separator(index - 1);
    if (index < inner.count()) {
      next.high = inner.separator(index);
      next.has_high = true;
    }
    path.bounds[++path.depth] = std::move(next);
    page = &context_.pool.page(inner.child(index));
  }
  path.leaf = page;
  return path;
}

bool Tree::grow_root() {
  const std::uint64_t root = root_.load(std::memory_order_acquire);
  const int level = static_cast<int>(root >> 32);
  LK_ASSERT(level + 1 < kLevelsMax);
  Page* const page = context_.pool.allocate();
  if (page == nullptr) return false;
  begin_change(*page);
  Inner::format(*page, inner_kind(), id_, level + 1, {});
  Inner inner(*page);
  inner.set_child(0, PageId{static_cast<std::uint32_t>(root)});
  inner.set_record_count(0, static_cast<std::uint32_t>(record_count()));
  end_change(*page);
  page->header.latch.unlock();
  set_root(page->header.page_id, level + 1);
  return true;
}

bool Tree::split_inner(Path& path, int level) {
  if (level == 0) return grow_root();
  Page& page = *path.steps[level].page;
  Page& parent = *path.steps[level - 1].page;
  const Bounds& bounds = path.bounds[level];
  Page* const fresh = context_.pool.allocate();
  if (fresh == nullptr) return false;
  const std::vector<Inner::Entry> entries = Inner(page).entries();
  // Keys that arrive in order fill pages from the left: leave those nearly full.
  const std::size_t cut = bounds.has_high ? entries.size() / 2 : entries.size() * 9 / 10;
  LK_ASSERT(cut > 0 && cut < entries.size());
  const std::string middle = entries[cut].separator;
  std::vector<LongSeparator*> retired;
  begin_change(*fresh);
  Inner::format(*fresh, inner_kind(), id_, page.header.level, {});
  const std::size_t right_prefix =
      bounds.has_high ? std::min(common_prefix(middle, bounds.high), kPrefixBytesMax) : 0;
  // A longer prefix shortens separators but takes room itself; the old one is sure to fit.
  const std::string old_prefix(Inner(page).prefix());
  const bool built =
      Inner(*fresh).rebuild(Bytes(middle).substr(0, right_prefix), entries, cut, entries.size()) ||
      Inner(*fresh).rebuild(old_prefix, entries, cut, entries.size());
  LK_ASSERT(built);
  end_change(*fresh);
  fresh->header.latch.unlock();
  // A reader with a stale hint may latch this page and look at its header.
  const LatchGuard page_guard(page.header.latch);
  begin_change(parent);
  begin_change(page);
  Inner(page).retire_long_separators(retired);
  const std::size_t left_prefix = std::min(common_prefix(bounds.low, middle), kPrefixBytesMax);
  const bool rebuilt = Inner(page).rebuild(Bytes(middle).substr(0, left_prefix), entries, 0, cut) ||
                       Inner(page).rebuild(old_prefix, entries, 0, cut);
  LK_ASSERT(rebuilt);
  Inner inner_parent(parent);
  const int index = path.steps[level - 1].index;
  inner_parent.insert(
      index, middle, fresh->header.page_id,
      options_.counted ? static_cast<std::uint32_t>(Inner(*fresh).total_record_count()) : 0,
      retired);
  if (options_.counted)
    inner_parent.set_record_count(index,
                                  static_cast<std::uint32_t>(Inner(page).total_record_count()));
  end_change(page);
  end_change(parent);
  const LatchGuard guard(context_.retired_latch);
  context_.retired.insert(context_.retired.end(), retired.begin(), retired.end());
  return true;
}

bool Tree::append_page(Path& path, Bytes key) {
  const Step& step = path.steps[path.depth - 1];
  Page* const fresh = context_.pool.allocate();
  if (fresh == nullptr) return false;
  const Leaf leaf(*path.leaf);
  LK_ASSERT(leaf.sorted());
  const std::string last = leaf.key(leaf.count() - 1);
  const Bytes separator = shortest_separator(last, key);
  Leaf::format(*fresh, leaf_kind(), id_, {});
  fresh->header.latch.unlock();
  std::vector<LongSeparator*> retired;
  begin_change(*step.page);
  Inner(*step.page).insert(step.index, separator, fresh->header.page_id, 0, retired);
  end_change(*step.page);
  return true;
}

bool Tree::make_room(Bytes key, std::size_t cost, int attempt) {
  Path path = walk(key, Side::AtOrAfter);
  for (int level = 0; level < path.depth; ++level) {
    if (Inner(*path.steps[level].page).has_room()) continue;
    if (!split_inner(path, level)) return false;
    path = walk(key, Side::AtOrAfter);
    level = -1;
  }
  if (path.depth == 0) {
    if (!grow_root()) return false;
    path = walk(key, Side::AtOrAfter);
  }
  const LatchGuard leaf_guard(path.leaf->header.latch);
  Leaf leaf(*path.leaf);
  if (attempt == 0 && fits(leaf, cost)) return true;
  leaf.sort();
  const Step& step = path.steps[path.depth - 1];
  if (!path.leaf_bounds().has_high && leaf.count() > 0 && leaf.lower_bound(key) == leaf.count() &&
      !fits(leaf, cost)) {
    return append_page(path, key);
  }
  Redistribution work;
  work.parent = step.page;
  work.first = step.index;
  work.pages[0] = path.leaf;
  work.page_count = 1;
  work.target_count = 2;
  work.range = path.leaf_bounds();
  work.key = key;
  work.cost = cost;
  work.cut_at_key = attempt >= kLastResortAttempt;
  const Inner parent(*step.page);
  if (work.cut_at_key || parent.count() == 0) return redistribute(work);
  // Share with a neighbour while it has room; when both are full, two pages become three.
  const bool right = step.index < parent.count();
  const int neighbour_index = right ? step.index + 1 : step.index - 1;
  Page& neighbour = context_.pool.page(parent.child(neighbour_index));
  const LatchGuard neighbour_guard(neighbour.header.latch);
  const Leaf other(neighbour);
  work.page_count = 2;
  work.target_count =
      attempt == 0 && other.used_bytes() < percent(other.usable_bytes(), kShareablePercent) ? 2 : 3;
  const Bounds& parent_bounds = path.bounds[path.depth - 1];
  if (right) {
    work.pages[1] = &neighbour;
    const bool inside = neighbour_index < parent.count();
    work.range.has_high = inside || parent_bounds.has_high;
    work.range.high = inside ? parent.separator(neighbour_index) : parent_bounds.high;
  } else {
    work.first = neighbour_index;
    work.pages[0] = &neighbour;
    work.pages[1] = path.leaf;
    work.range.low =
        neighbour_index > 0 ? parent.separator(neighbour_index - 1) : parent_bounds.low;
  }
  return redistribute(work);
}

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

}  // namespace

bool Tree::redistribute(Redistribution& work) {
  auto moving = std::make_unique<MovingCells>();
  for (int i = 0; i < work.page_count; ++i) moving->add(*work.pages[i]);
  const std::vector<std::size_t> cuts =
      choose_cuts(*moving, work.key, work.cost, work.target_count, work.cut_at_key);
  const int targets = static_cast<int>(cuts.size()) - 1;
  // Separators between targets. Beside an empty target, the key that is to come draws the line.
  std::vector<std::string> separators;
  for (int j = 1; j < targets; ++j) {
    const std::size_t cut = cuts[static_cast<std::size_t>(j)];
    const std::string left = cut > 0 ? moving->key(cut - 1) : std::string(work.key);
    const std::string right = cut < moving->cells.size() ? moving->key(cut) : std::string(work.key);
    if (work.cut_at_key && cut > 0)
      separators.emplace_back(shortest_separator(left, work.key));
    else
      separators.emplace_back(shortest_separator(left, right));
  }
  const auto bounds_prefix = [&](int j) -> Bytes {
    if (j == targets - 1 && !work.range.has_high) return {};
    const Bytes low =
        j == 0 ? Bytes(work.range.low) : Bytes(separators[static_cast<std::size_t>(j - 1)]);
    const Bytes high =
        j == targets - 1 ? Bytes(work.range.high) : Bytes(separators[static_cast<std::size_t>(j)]);
    return high.substr(0, std::min(common_prefix(low, high), kPrefixBytesMax));
  };
  // A shorter prefix makes cells longer: see first whether all fits.
  for (int j = 0; j < targets; ++j) {
    const std::size_t prefix = bounds_prefix(j).size();
    std::size_t used = prefix + 64;
    for (std::size_t i = cuts[static_cast<std::size_t>(j)];
         i < cuts[static_cast<std::size_t>(j) + 1]; ++i) {
      used += moving->cost_with(i, prefix);
    }
    if (used > kPageBytes - sizeof(PageHeader)) {
      // A join that does not fit after all is left undone: nobody has made room in the parent for
      // another separator.
      if (work.cost == 0) return false;
      if (targets <= work.page_count) {
        ++work.target_count;
        return redistribute(work);
      }
      work.cut_at_key = true;  // one page into two at the key: each part is smaller than the whole
      if (work.page_count == 2) {
        const std::string border = Inner(*work.parent).separator(work.first);
        if (work.key >= border) {
          work.pages[0] = work.pages[1];
          work.range.low = border;
          ++work.first;
        } else {
          work.range.high = border;
          work.range.has_high = true;
        }
        work.page_count = 1;
        work.target_count = 2;
        return redistribute(work);
      }
      LK_ASSERT(false && "half a leaf does not fit a leaf");
    }
  }
  Page* pages[4] = {};
  for (int j = 0; j < targets; ++j) {
    pages[j] = j < work.page_count ? work.pages[j] : context_.pool.allocate();
    if (pages[j] != nullptr) continue;
    for (int k = work.page_count; k < j; ++k) context_.pool.free(*pages[k]);
    return false;
  }
  std::vector<std::pair<std::uint64_t, PageId>> hints;
  std::string key;
  for (int j = 0; j < targets; ++j) {
    Leaf::format(*pages[j], leaf_kind(), id_, bounds_prefix(j));
    Leaf leaf(*pages[j]);
    for (std::size_t i = cuts[static_cast<std::size_t>(j)];
         i < cuts[static_cast<std::size_t>(j) + 1]; ++i) {
      leaf.take(moving->leaf(i), moving->cells[i].slot);
      if (options_.hashed && moving->cells[i].page != j) {
        key.clear();
        leaf.append_key(leaf.count() - 1, key);
        hints.emplace_back(hash(key), pages[j]->header.page_id);
        context_.directory.prefetch(hints.back().first);
      }
    }
  }
  for (const auto& [key_hash, page] : hints) context_.directory.put(key_hash, page);
  std::vector<LongSeparator*> retired;
  Inner parent(*work.parent);
  begin_change(*work.parent);
  for (int j = 1; j < targets; ++j) {
    const Bytes separator = separators[static_cast<std::size_t>(j - 1)];
    if (j < work.page_count)
      parent.replace_separator(work.first + j - 1, separator, retired);
    else
      parent.insert(work.first + j - 1, separator, pages[j]->header.page_id, 0, retired);
  }
  for (int j = targets; j < work.page_count; ++j) parent.erase(work.first + targets - 1, retired);
  for (int j = 0; j < targets; ++j) {
    parent.set_record_count(work.first + j, static_cast<std::uint32_t>(Leaf(*pages[j]).count()));
  }
  end_change(*work.parent);
  for (int j = work.page_count; j < targets; ++j) pages[j]->header.latch.unlock();
  const LatchGuard guard(context_.retired_latch);
  context_.retired.insert(context_.retired.end(), retired.begin(), retired.end());
  return true;
}

void Tree::shrink(Bytes key) {
  Path path = walk(key, Side::AtOrAfter);
  if (path.depth == 0) return;
  const Step& step = path.steps[path.depth - 1];
  const Inner parent(*step.page);
  bool joined = parent.count() == 0;
  for (const int first : {step.index, step.index - 1}) {
    if (joined || first < 0 || first >= parent.count()) continue;
    Page& left = context_.pool.page(parent.child(first));
    Page& right = context_.pool.page(parent.child(first + 1));
    left.header.latch.lock();
    right.header.latch.lock();
    const Leaf left_leaf(left);
    const Leaf right_leaf(right);
    const std::size_t used = left_leaf.used_bytes() + right_leaf.used_bytes();
    Redistribution work;
    work.parent = step.page;
    work.first = first;
    work.pages[0] = &left;
    work.pages[1] = &right;
    work.page_count = 2;
    const Bounds& outer = path.bounds[path.depth - 1];
    work.range.low = first > 0 ? parent.separator(first - 1) : outer.low;
    work.range.has_high = first + 1 < parent.count() || outer.has_high;
    work.range.high = first + 1 < parent.count() ? parent.separator(first + 1) : outer.high;
    work.target_count = 1;
    const bool one_is_empty = left_leaf.count() == 0 || right_leaf.count() == 0;
    const int children_before = parent.count();
    if (one_is_empty || used + 128 <= percent(left_leaf.usable_bytes(), kJoinPercent))
      (void)redistribute(work);
    joined = parent.count() < children_before;
    // The page that is left over keeps its latch until it is freed.
    if (joined)
      context_.pool.free(right);
    else
      right.header.latch.unlock();
    left.header.latch.unlock();
  }
  if (!joined) return;
  path = walk(key, Side::AtOrAfter);
  if (path.depth > 0) shrink_inner(path, path.depth - 1);
}

void Tree::shrink_inner(Path& path, int level) {
  Page& page = *path.steps[level].page;
  const Inner inner(page);
  if (level == 0) {
    if (inner.count() != 0) return;
    set_root(inner.child(0), page.header.level - 1);
    page.header.latch.lock();
    context_.pool.free(page);
    return;
  }
  if (inner.count() >= inner.capacity() / 6) return;
  Page& parent_page = *path.steps[level - 1].page;
  const Inner parent(parent_page);
  if (parent.count() == 0) return;
  const int index = path.steps[level - 1].index;
  const int left = index < parent.count() ? index : index - 1;
  Bounds range;
  const Bounds& outer = path.bounds[level - 1];
  range.low = left > 0 ? parent.separator(left - 1) : outer.low;
  range.has_high = left + 1 < parent.count() || outer.has_high;
  range.high = left + 1 < parent.count() ? parent.separator(left + 1) : outer.high;
  if (merge_inner(parent_page, left, range)) shrink_inner(path, level - 1);
}

bool Tree::merge_inner(Page& parent_page, int left_index, const Bounds& range) {
  Inner parent(parent_page);
  Page& left = context_.pool.page(parent.child(left_index));
  Page& right = context_.pool.page(parent.child(left_index + 1));
  std::vector<Inner::Entry> entries = Inner(left).entries();
  std::vector<Inner::Entry> more = Inner(right).entries();
  more.front().separator = parent.separator(left_index);
  entries.insert(entries.end(), more.begin(), more.end());
  if (static_cast<int>(entries.size()) > Inner(left).capacity() * 3 / 4) return false;
  const std::size_t prefix =
      range.has_high ? std::min(common_prefix(range.low, range.high), kPrefixBytesMax) : 0;
  auto scratch = std::make_unique<Page>();
  Inner::format(*scratch, inner_kind(), id_, left.header.level, {});
  std::vector<LongSeparator*> retired;
  if (!Inner(*scratch).rebuild(Bytes(range.high).substr(0, prefix), entries, 0, entries.size())) {
    Inner(*scratch).retire_long_separators(retired);
    for (LongSeparator* text : retired) delete text;
    return false;
  }
  const LatchGuard left_guard(left.header.latch);
  begin_change(parent_page);
  begin_change(left);
  Inner(left).retire_long_separators(retired);
  Inner(right).retire_long_separators(retired);
  const std::size_t shape = offsetof(PageHeader, kind);
  const PageId left_id = left.header.page_id;
  std::memcpy(left.bytes() + shape, scratch->bytes() + shape, kPageBytes - shape);
  left.header.page_id = left_id;
  const std::uint32_t right_count = options_.counted ? parent.record_count(left_index + 1) : 0;
  if (options_.counted)
    parent.set_record_count(left_index, parent.record_count(left_index) + right_count);
  parent.erase(left_index, retired);
  end_change(left);
  end_change(parent_page);
  right.header.latch.lock();
  context_.pool.free(right);
  const LatchGuard guard(context_.retired_latch);
  context_.retired.insert(context_.retired.end(), retired.begin(), retired.end());
  return true;
}

}  // namespace latchkey::storage::tree
