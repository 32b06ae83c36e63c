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

Tree::Bounds Tree::Path::bounds(int steps_taken) const {
  Bounds out;
  for (int i = steps_taken - 1; i >= 0; --i) {
    if (steps[i].index == 0) continue;
    out.low = Inner(*steps[i].page).separator(steps[i].index - 1);
    break;
  }
  for (int i = steps_taken - 1; i >= 0; --i) {
    const Inner inner(*steps[i].page);
    if (steps[i].index == inner.count()) continue;
    out.high = inner.separator(steps[i].index);
    out.has_high = true;
    break;
  }
  return out;
}

Tree::Path Tree::walk(Bytes key, Side side) {
  Path path;
  Page* page = root_page();
  for (int level = root_level(); level > 0; --level) {
    const Inner inner(*page);
    const int index = inner.search(key, side);
    path.steps[path.depth++] = {page, index};
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
  const Bounds bounds = path.bounds(level);
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
  retire(retired);
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
  note_new_range(*path.leaf);
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
  Leaf::fetch_all_ahead(*path.leaf);
  leaf.sort();
  const Step& step = path.steps[path.depth - 1];
  const Bounds bounds = path.leaf_bounds();
  if (!bounds.has_high && leaf.count() > 0 && leaf.lower_bound(key) == leaf.count() &&
      !fits(leaf, cost)) {
    return append_page(path, key);
  }
  Redistribution work;
  work.parent = step.page;
  work.first = step.index;
  work.pages[0] = path.leaf;
  work.page_count = 1;
  work.target_count = 2;
  work.range = bounds;
  work.key = key;
  work.cost = cost;
  work.cut_at_key = attempt >= kLastResortAttempt;
  const Inner parent(*step.page);
  if (work.cut_at_key || parent.count() == 0) return redistribute(work);
  // Share with a neighbour while it has room; when both are full, two pages become three.
  const bool right = step.index < parent.count();
  const int neighbour_index = right ? step.index + 1 : step.index - 1;
  Page& neighbour = context_.pool.page(parent.child(neighbour_index));
  Leaf::fetch_all_ahead(neighbour);
  const LatchGuard neighbour_guard(neighbour.header.latch);
  const Leaf other(neighbour);
  const bool shareable =
      attempt == 0 && other.used_bytes() < percent(other.usable_bytes(), kShareablePercent);
  if (shareable) {
    const int border = std::min(step.index, neighbour_index);
    if (share(*step.page, border, *path.leaf, neighbour, cost)) return true;
  }
  work.page_count = 2;
  work.target_count = shareable ? 2 : 3;
  const Bounds parent_bounds = path.bounds(path.depth - 1);
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
    const Bounds outer = path.bounds(path.depth - 1);
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
  const Bounds outer = path.bounds(level - 1);
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
  retire(retired);
  return true;
}

}  // namespace latchkey::storage::tree
