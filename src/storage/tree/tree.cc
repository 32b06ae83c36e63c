#include "storage/tree/tree.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/tree/optimistic.h"

namespace latchkey::storage::tree {

namespace {

constexpr int kWriteAttemptsMax = 64;
/// A leaf that holds less than this share of what it could looks for a neighbour to join.
constexpr std::size_t kUnderfullDivisor = 4;

std::uint8_t fingerprint_of(std::uint64_t hash) { return static_cast<std::uint8_t>(hash >> 32); }

}  // namespace

void TreeContext::free_retired() {
  const LatchGuard guard(retired_latch);
  for (LongSeparator* text : retired) delete text;
  retired.clear();
}

void LeafBatch::clear() {
  for (const Held& held : held_) held.large->release();
  held_.clear();
  entries.clear();
  more = false;
}

char* LeafBatch::room_for(std::size_t bytes) {
  if (bytes > capacity_) {
    bytes_.reset(new char[bytes]);
    capacity_ = bytes;
  }
  return bytes_.get();
}

void LeafBatch::copy(const Leaf& leaf, int begin, int end, int step) {
  LK_ASSERT(entries.empty());
  const Bytes prefix = leaf.prefix();
  entries.reserve(static_cast<std::size_t>((end - begin) * step));
  std::size_t bytes = 0;
  for (int slot = begin; slot != end; slot += step) {
    Bytes suffix;
    const LeafRecord record = leaf.record(slot, suffix);
    bytes += prefix.size() + suffix.size() + record.value.size();
    if (record.large != nullptr) {
      record.large->retain();
      held_.push_back({entries.size(), record.large});
      bytes += record.large->key_tail().size();
    }
    entries.push_back({suffix, record.view()});
  }
  char* at = room_for(bytes);
  const auto append = [&at](Bytes from) {
    copy_bytes(at, from);
    at += from.size();
  };
  std::size_t next_held = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Entry& entry = entries[i];
    const bool is_held = next_held < held_.size() && held_[next_held].entry == i;
    const char* const key = at;
    append(prefix);
    append(entry.key);
    if (is_held) append(held_[next_held++].large->key_tail());
    entry.key = {key, static_cast<std::size_t>(at - key)};
    if (is_held) continue;
    const char* const value = at;
    append(entry.record.value);
    entry.record.value = {value, entry.record.value.size()};
  }
}

std::uint64_t Tree::hash(std::uint64_t seed, TreeId tree, Bytes key) {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed + value_of(tree) * 0x9e3779b97f4a7c15u);
}

Tree::Tree(TreeContext& context, TreeId id, const TreeOptions& options)
    : context_(context), id_(id), options_(options) {
  Page* const page = context_.pool.allocate();
  LK_ASSERT(page != nullptr);
  Leaf::format(*page, leaf_kind(), id_, {});
  set_root(page->header.page_id, 0);
  page->header.latch.unlock();
}

Tree::~Tree() {
  while (release_some(1024)) {
  }
}

Page* Tree::root_page() const {
  return &context_.pool.page(
      PageId{static_cast<std::uint32_t>(root_.load(std::memory_order_acquire))});
}

void Tree::set_root(PageId page, int level) {
  root_.store(static_cast<std::uint64_t>(level) << 32 | value_of(page), std::memory_order_release);
}

Tree::Place& Tree::Place::operator=(Place&& other) noexcept {
  release();
  tree_ = std::exchange(other.tree_, nullptr);
  page_ = std::exchange(other.page_, nullptr);
  slot_ = std::exchange(other.slot_, -1);
  record_ = other.record_;
  cell_bytes_ = other.cell_bytes_;
  by_descent_ = other.by_descent_;
  depth_ = other.depth_;
  std::copy(other.steps_, other.steps_ + other.depth_, steps_);
  return *this;
}

void Tree::Place::release() {
  if (page_ != nullptr) page_->header.latch.unlock();
  if (tree_ != nullptr && tree_->options_.counted) tree_->structure_.unlock();
  page_ = nullptr;
  tree_ = nullptr;
  slot_ = -1;
}

/// Looks for the key in a page that somebody named, which may be anything by now.
bool Tree::locate_in(const Hint& hint, Place& place, Bytes key, std::uint64_t hash) {
  if (!context_.pool.contains(hint.page)) return false;
  Page& page = context_.pool.page(hint.page);
  page.header.latch.lock();
  if (page.header.tree == id_ && page.header.kind == PageKind::HashedLeaf) {
    const int slot = Leaf(page).find(key, fingerprint_of(hash));
    const bool belongs_here =
        hint.version == Hint::seen_as(page.header.version.load(std::memory_order_relaxed));
    if (slot >= 0 || belongs_here) {
      place.page_ = &page;
      place.by_descent_ = belongs_here;
      place.set_slot(slot);
      return true;
    }
  }
  page.header.latch.unlock();
  return false;
}

bool Tree::Descent::unchanged() const {
  return parent != nullptr ? still_valid(*parent, parent_version)
                           : tree.root_.load(std::memory_order_acquire) == root;
}

// Reads the version of a page, then what it needs, then checks the version before it trusts the
// child: so the child was this page's child at that moment.
bool Tree::Descent::go_to_leaf(Bytes key) {
  int level = static_cast<int>(root >> 32);
  Page* page = &tree.context_.pool.page(PageId{static_cast<std::uint32_t>(root)});
  while (level > 0) {
    const std::uint64_t version = begin_read(*page);
    if (!unchanged()) return false;
    const int index = Inner::search_optimistic(*page, key, Side::AtOrAfter, version);
    const PageId child = index < 0 ? kNoPage : Inner::child_optimistic(*page, index);
    if (index < 0 || !still_valid(*page, version)) return false;
    parent = page;
    parent_version = version;
    page = &tree.context_.pool.page(child);
    --level;
  }
  leaf = page;
  Leaf::fetch_ahead(*leaf, tree.leaf_kind());
  return true;
}

// A leaf is latched first and its parent checked after; from then on the parent cannot change
// without this latch.
Page* Tree::descend(Bytes key) const {
  for (;;) {
    Descent descent(*this);
    if (!descent.go_to_leaf(key)) continue;
    descent.leaf->header.latch.lock();
    if (descent.unchanged()) return descent.leaf;
    descent.leaf->header.latch.unlock();
  }
}

// Here the leaf's version takes the place of its latch: it moves after the parent has changed, so
// with the version read and then the parent unchanged, the two belong together.
Tree::Hint Tree::find_leaf(Bytes key) const {
  Descent descent(*this);
  if (!descent.go_to_leaf(key)) return {};
  const PageHeader& header = descent.leaf->header;
  const std::uint64_t version = header.version.load(std::memory_order_acquire);
  if (!descent.unchanged()) return {};
  return {read_racing<PageId>(&header.page_id), Hint::seen_as(version)};
}

void Tree::descend_counted(Place& place, Bytes key) {
  Page* page = root_page();
  place.depth_ = 0;
  for (int level = root_level(); level > 0; --level) {
    const Inner inner(*page);
    const int index = inner.search(key, Side::AtOrAfter);
    place.steps_[place.depth_++] = {page, index};
    page = &context_.pool.page(inner.child(index));
  }
  Leaf::fetch_ahead(*page, leaf_kind());
  page->header.latch.lock();
  place.page_ = page;
}

void Tree::add_to_counts(const Place& place, int change) {
  for (int i = 0; i < place.depth_; ++i) {
    Inner inner(*place.steps_[i].page);
    const int index = place.steps_[i].index;
    inner.set_record_count(index, inner.record_count(index) + static_cast<std::uint32_t>(change));
  }
}

Tree::Place Tree::locate(Bytes key, std::uint64_t hash, const Hint& hint) {
  Place place;
  place.tree_ = this;
  if (options_.counted) {
    structure_.lock();
    descend_counted(place, key);
  } else {
    if (options_.hashed && (locate_in(hint, place, key, hash) ||
                            locate_in({context_.directory.find(hash)}, place, key, hash))) {
      return place;
    }
    place.page_ = descend(key);
  }
  place.by_descent_ = true;
  place.set_slot(Leaf(*place.page_).find(key, fingerprint_of(hash)));
  if (place.found() && options_.hashed) context_.directory.put(hash, place.page_->header.page_id);
  return place;
}

/// Returns false, with nothing changed, when the leaf has no room.
bool Tree::put_at(Place& place, Bytes key, std::uint64_t hash, const LeafRecord& record) {
  Leaf leaf(*place.page_);
  if (place.found()) {
    if (!leaf.replace(place.slot_, key, place.cell_bytes_, record)) return false;
    if (LargeRecord* const old = place.record_.large; old != nullptr) {
      context_.large_value_bytes.fetch_sub(static_cast<std::int64_t>(old->allocated_bytes()),
                                           std::memory_order_relaxed);
      old->release();
    }
    return true;
  }
  LK_ASSERT(place.by_descent_);
  // Ranks are counted in the order of keys.
  const bool inserted = options_.hashed && !options_.counted
                            ? leaf.append(key, fingerprint_of(hash), record)
                            : leaf.insert(leaf.lower_bound(key), key, fingerprint_of(hash), record);
  if (!inserted) return false;
  record_count_.fetch_add(1, std::memory_order_relaxed);
  if (options_.counted) add_to_counts(place, 1);
  if (options_.hashed) context_.directory.put(hash, place.page_->header.page_id);
  return true;
}

bool Tree::write(Place& place, Bytes key, std::uint64_t hash, const LeafRecord& record) {
  for (int attempt = 0; attempt < kWriteAttemptsMax; ++attempt) {
    if (put_at(place, key, hash, record)) return true;
    // The latches go for a moment. The key's record stays as it is: whoever writes a key holds its
    // bucket in the lock table.
    place.page_->header.latch.unlock();
    place.page_ = nullptr;
    const std::size_t cost = Leaf::cost(key, record, 0, options_.hashed);
    if (!options_.counted) structure_.lock();
    const bool made = make_room(key, cost, attempt);
    if (!options_.counted) structure_.unlock();
    if (options_.counted) {
      descend_counted(place, key);
    } else {
      place.page_ = descend(key);
    }
    place.by_descent_ = true;
    place.set_slot(Leaf(*place.page_).find(key, fingerprint_of(hash)));
    if (!made) return false;
  }
  LK_ASSERT(false && "a record did not fit after every kind of split");
  return false;
}

void Tree::erase(Place& place, Bytes key, std::uint64_t hash) {
  LK_ASSERT(place.found());
  Leaf leaf(*place.page_);
  LargeRecord* const large = place.record_.large;
  leaf.erase(place.slot_);
  record_count_.fetch_sub(1, std::memory_order_relaxed);
  if (large != nullptr) {
    context_.large_value_bytes.fetch_sub(static_cast<std::int64_t>(large->allocated_bytes()),
                                         std::memory_order_relaxed);
    large->release();
  }
  if (options_.hashed) context_.directory.erase(hash, place.page_->header.page_id);
  if (options_.counted) add_to_counts(place, -1);
  const bool underfull = leaf.used_bytes() < leaf.usable_bytes() / kUnderfullDivisor;
  place.page_->header.latch.unlock();
  place.page_ = nullptr;
  if (underfull && root_level() > 0) {
    if (!options_.counted) structure_.lock();
    shrink(key);
    if (!options_.counted) structure_.unlock();
  }
  place.release();
}

void Tree::read_forward(Bytes from, bool inclusive, std::size_t limit, LeafBatch& out) {
  out.clear();
  const LatchGuard guard(structure_);
  const Path path = walk(from, Side::AtOrAfter);
  const LatchGuard leaf_guard(path.leaf->header.latch);
  Leaf leaf(*path.leaf);
  leaf.sort();
  int begin = leaf.lower_bound(from);
  if (!inclusive && begin < leaf.count() && leaf.compare(from, begin) == 0) ++begin;
  const int end = limit < static_cast<std::size_t>(leaf.count() - begin)
                      ? begin + static_cast<int>(limit)
                      : leaf.count();
  out.copy(leaf, begin, end, 1);
  if (end < leaf.count()) {
    out.more = true;
    out.next = leaf.key(end);
  } else {
    Bounds bounds = path.leaf_bounds();
    out.more = bounds.has_high;
    out.next = std::move(bounds.high);
  }
}

void Tree::read_backward(const std::optional<std::string>& end, std::size_t limit, LeafBatch& out) {
  out.clear();
  const LatchGuard guard(structure_);
  Path path;
  if (end.has_value()) {
    path = walk(*end, Side::Before);
  } else {
    Page* page = root_page();
    for (int level = root_level(); level > 0; --level) {
      const Inner inner(*page);
      path.steps[path.depth++] = {page, inner.count()};
      page = &context_.pool.page(inner.child(inner.count()));
    }
    path.leaf = page;
  }
  const LatchGuard leaf_guard(path.leaf->header.latch);
  Leaf leaf(*path.leaf);
  leaf.sort();
  const int last = end.has_value() ? leaf.lower_bound(*end) : leaf.count();
  const int first = limit < static_cast<std::size_t>(last) ? last - static_cast<int>(limit) : 0;
  out.copy(leaf, last - 1, first - 1, -1);
  if (first > 0) {
    out.more = true;
    out.next = leaf.key(first);
  } else {
    Bounds bounds = path.leaf_bounds();
    out.more = !bounds.low.empty();
    out.next = std::move(bounds.low);
  }
}

std::optional<std::string> Tree::random_key(env::Random& random) {
  const LatchGuard guard(structure_);
  Page* page = root_page();
  for (int level = root_level(); level > 0; --level) {
    const Inner inner(*page);
    page = &context_.pool.page(inner.child(
        static_cast<int>(random.next() % static_cast<std::uint64_t>(inner.child_count()))));
  }
  const LatchGuard leaf_guard(page->header.latch);
  const Leaf leaf(*page);
  if (leaf.count() == 0) return std::nullopt;
  return leaf.key(static_cast<int>(random.next() % static_cast<std::uint64_t>(leaf.count())));
}

}  // namespace latchkey::storage::tree
