// Order statistics, loading and giving back.
#include <algorithm>

#include "base/assert.h"
#include "storage/tree/tree.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kHintsInFlight = 16;
constexpr std::size_t kLoadSlackBytes = 160;

}  // namespace

std::uint64_t Tree::keys_before(Bytes key) {
  if (key.empty()) return 0;
  std::uint64_t before = 0;
  Page* page = root_page();
  for (int level = root_level(); level > 0; --level) {
    const Inner inner(*page);
    const int index = inner.search(key, Side::AtOrAfter);
    page = &context_.pool.page(inner.child(index));
    if (level == 1) Leaf::fetch_ahead(*page, leaf_kind());
    before += inner.records_before(index);
  }
  const LatchGuard leaf_guard(page->header.latch);
  return before + static_cast<std::uint64_t>(Leaf(*page).lower_bound(key));
}

std::uint64_t Tree::rank(Bytes key, Bytes from) {
  LK_ASSERT(options_.counted);
  if (key <= from) return 0;
  const LatchGuard guard(structure_);
  return keys_before(key) - keys_before(from);
}

std::optional<std::string> Tree::select(std::uint64_t rank, Bytes from) {
  LK_ASSERT(options_.counted);
  const LatchGuard guard(structure_);
  const std::uint64_t before = keys_before(from);
  if (rank >= record_count() - before) return std::nullopt;
  rank += before;
  Page* page = root_page();
  for (int level = root_level(); level > 0; --level) {
    const Inner inner(*page);
    int index = 0;
    while (rank >= inner.record_count(index)) rank -= inner.record_count(index++);
    page = &context_.pool.page(inner.child(index));
  }
  const LatchGuard leaf_guard(page->header.latch);
  return Leaf(*page).key(static_cast<int>(rank));
}

void Tree::note_hint(std::uint64_t hash, PageId page) {
  context_.directory.prefetch(hash);
  pending_hints_.emplace_back(hash, page);
  if (pending_hints_.size() < kHintsInFlight) return;
  for (const auto& [pending, id] : pending_hints_) context_.directory.put(pending, id);
  pending_hints_.clear();
}

bool Tree::append_sorted(Bytes key, const LeafRecord& record) {
  const std::uint64_t key_hash = options_.hashed ? hash(key) : 0;
  if (!options_.counted && append_leaf_ != nullptr) {
    Leaf leaf(*append_leaf_);
    leaf.sort();
    if (leaf.count() > 0 && leaf.compare(key, leaf.count() - 1) <= 0) return false;
    const std::size_t cost = Leaf::cost(key, record, 0, options_.hashed);
    // A little room stays for the first updates after the load.
    if (leaf.used_bytes() + cost + kLoadSlackBytes <= leaf.usable_bytes() &&
        leaf.insert(leaf.count(), key, static_cast<std::uint8_t>(key_hash >> 32), record)) {
      record_count_.fetch_add(1, std::memory_order_relaxed);
      if (options_.hashed) note_hint(key_hash, append_leaf_->header.page_id);
      return true;
    }
    // Full enough: the next record begins a page of its own.
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
    if (!append_page(path, key)) return false;
  }
  Place place = locate(key, key_hash);
  if (place.found()) return false;
  if (!write(place, key, key_hash, record)) return false;
  append_leaf_ = place.page_;
  return true;
}

void Tree::finish_append() {
  for (const auto& [pending, id] : pending_hints_) context_.directory.put(pending, id);
  pending_hints_.clear();
  pending_hints_.shrink_to_fit();
  append_leaf_ = nullptr;
}

bool Tree::release_some(std::size_t page_limit,
                        FunctionRef<void(Bytes, std::int64_t)> had_deadline) {
  if (root_.load(std::memory_order_relaxed) != 0) {
    release_stack_.push_back(root_page()->header.page_id);
    root_.store(0, std::memory_order_relaxed);
  }
  std::vector<LongSeparator*> retired;
  for (std::size_t freed = 0; freed < page_limit && !release_stack_.empty(); ++freed) {
    Page& page = context_.pool.page(release_stack_.back());
    release_stack_.pop_back();
    page.header.latch.lock();
    if (page.header.level > 0) {
      const Inner inner(page);
      for (int i = 0; i <= inner.count(); ++i) release_stack_.push_back(inner.child(i));
      inner.retire_long_separators(retired);
    } else {
      const Leaf leaf(page);
      for (int slot = 0; slot < leaf.count(); ++slot) {
        const LeafRecord record = leaf.record(slot);
        if (record.deadline_ms != kNoDeadline) had_deadline(leaf.key(slot), record.deadline_ms);
        if (LargeRecord* large = record.large) {
          context_.large_value_bytes.fetch_sub(static_cast<std::int64_t>(large->allocated_bytes()),
                                               std::memory_order_relaxed);
          large->release();
        }
      }
    }
    context_.pool.free(page);
  }
  const LatchGuard guard(context_.retired_latch);
  context_.retired.insert(context_.retired.end(), retired.begin(), retired.end());
  return !release_stack_.empty();
}

}  // namespace latchkey::storage::tree
