#include "storage/tree/tree_transaction.h"

#include <algorithm>

#include "base/assert.h"
#include "storage/tree/tree_cursor.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kReadsRememberedMax = 1'000'000;

}  // namespace

TreeTransaction::TreeTransaction(TreeEngine& engine, std::span<const KeyRef> keys,
                                 std::int64_t now_ms)
    : engine_(engine), kind_(Kind::Keys), now_ms_(now_ms) {
  engine_.gate_.enter_shared();
  boost::container::small_vector<std::uint64_t, 8> hashes;
  hashes.reserve(keys.size());
  for (const KeyRef& key : keys) hashes.push_back(key.hash);
  buckets_ = engine_.locks_.latch_all({hashes.data(), hashes.size()});
}

TreeTransaction::TreeTransaction(TreeEngine& engine, std::int64_t now_ms)
    : engine_(engine), kind_(Kind::Everything), now_ms_(now_ms) {
  engine_.gate_.enter_exclusive();
}

TreeTransaction::TreeTransaction(TreeEngine& engine, Isolation isolation, std::uint64_t owner,
                                 std::int64_t now_ms)
    : engine_(engine),
      kind_(Kind::Interactive),
      isolation_(isolation),
      owner_(owner),
      now_ms_(now_ms) {
  take_snapshot();
}

TreeTransaction::~TreeTransaction() { rollback(); }

void TreeTransaction::take_snapshot() {
  const Gate::Exclusive alone(engine_.gate_);
  snapshot_ = engine_.log_->appended_lsn();
  engine_.snapshots_.open(*snapshot_);
}

void TreeTransaction::drop_snapshot() {
  if (snapshot_.has_value()) engine_.snapshots_.close(*snapshot_);
  snapshot_.reset();
}

void TreeTransaction::begin_statement() {
  if (kind_ != Kind::Interactive || isolation_ != Isolation::ReadCommitted || ended_) return;
  drop_snapshot();
  take_snapshot();
}

bool TreeTransaction::exists(TreeId tree) const {
  if (std::find(dropped_.begin(), dropped_.end(), tree) != dropped_.end()) return false;
  const auto same = [&](const CreatedTree& created) { return created.id == tree; };
  return std::any_of(created_.begin(), created_.end(), same) || engine_.find_tree(tree) != nullptr;
}

Result<void> TreeTransaction::check_not_dropped(TreeId tree) const {
  if (!at_snapshot() || !snapshot_.has_value()) return {};
  if (!engine_.was_dropped_after(tree, *snapshot_)) return {};
  return Error(ErrorCode::SnapshotTooOld, "what the transaction reads was dropped after it began");
}

void TreeTransaction::remember_range(TreeId tree, const KeyRange& range) {
  if (isolation_ != Isolation::Serializable || kind_ != Kind::Interactive) return;
  read_ranges_.push_back({tree, range});
}

/// The record as the trees have it, own writes aside.
Result<bool> TreeTransaction::read_committed(TreeId id, Bytes key, std::uint64_t hash, bool newest,
                                             Visitor visit) {
  const Gate::Shared turn(engine_.gate_);
  Tree* const tree = engine_.find_tree(id);
  if (tree == nullptr) return false;
  Tree::Place place = tree->locate(key, hash);
  if (place.found()) {
    const LeafRecord record = place.record();
    const bool visible = newest || !at_snapshot() || record.version <= *snapshot_;
    if (visible) {
      if (!is_live(record.view())) return false;
      if (record.large == nullptr) {
        visit(record.view());
        return true;
      }
      record.large->retain();
      place.release();
      visit(record.view());
      record.large->release();
      return true;
    }
  }
  if (newest || !at_snapshot()) return false;
  place.release();
  bool live = false;
  (void)engine_.versions_.find(id, key, *snapshot_, [&](const RecordView& old) {
    live = is_live(old);
    if (live) visit(old);
  });
  return live;
}

Result<bool> TreeTransaction::read(TreeId tree, Bytes key, Visitor visit) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  if (const WriteSet::Write* write = writes_.find(tree, key)) {
    if (write->action == WriteSet::Action::Erase) return false;
    const RecordView view{write->record.value, Lsn{}, write->record.deadline_ms,
                          write->record.kind};
    if (!is_live(view)) return false;
    visit(view);
    return true;
  }
  LK_CHECK(check_not_dropped(tree));
  if (!exists(tree)) return false;
  const std::uint64_t hash = engine_.key_ref(tree, key).hash;
  if (isolation_ == Isolation::Serializable && kind_ == Kind::Interactive) {
    if (read_keys_.size() >= kReadsRememberedMax) {
      return Error(ErrorCode::MemoryExhausted,
                   "a SERIALIZABLE transaction may read at most a million keys one by one");
    }
    read_keys_.push_back({tree, std::string(key), hash});
  }
  return read_committed(tree, key, hash, false, visit);
}

/// A write or a lock on the row: nobody else may have it, and at a snapshot nobody may have changed
/// it since.
Result<void> TreeTransaction::claim(TreeId tree, Bytes key, std::uint64_t hash) {
  blocked_on_.reset();
  if (kind_ != Kind::Interactive) {
    if (engine_.locks_.row_lock_count() == 0) return {};
    if (kind_ == Kind::Keys && !buckets_.covers(hash)) return {};
    LockTable::MultiLatch latch;
    if (kind_ == Kind::Everything) latch = engine_.locks_.latch_all(std::span(&hash, 1));
    const std::uint64_t holder = engine_.locks_.holder(tree, key, hash);
    if (holder == 0) return {};
    blocked_on_ = RowLockWait{tree, hash, std::string(key), holder, 0};
    return Error(ErrorCode::RowLocked);
  }
  const Gate::Shared turn(engine_.gate_);
  const LockTable::BucketLatch latch = engine_.locks_.latch(hash);
  const RowLockOutcome outcome = engine_.locks_.try_lock_row(owner_, tree, key, hash);
  if (outcome.kind == RowLockOutcome::Kind::Deadlock) return Error(ErrorCode::Deadlock);
  if (outcome.kind == RowLockOutcome::Kind::Held) {
    blocked_on_ = RowLockWait{tree, hash, std::string(key), outcome.holder, owner_};
    return Error(ErrorCode::RowLocked);
  }
  if (isolation_ == Isolation::ReadCommitted) return {};
  return check_unchanged_since_snapshot(tree, key, hash);
}

Result<void> TreeTransaction::check_unchanged_since_snapshot(TreeId id, Bytes key,
                                                             std::uint64_t hash) {
  Tree* const tree = engine_.find_tree(id);
  if (tree == nullptr) return {};
  bool changed = false;
  {
    Tree::Place place = tree->locate(key, hash);
    changed = place.found() && place.record().version > *snapshot_;
    if (place.found() && !changed) return {};
  }
  if (!changed) changed = engine_.versions_.find(id, key, *snapshot_, [](const RecordView&) {});
  if (changed) return Error(ErrorCode::WriteConflict);
  return {};
}

Result<bool> TreeTransaction::read_for_update(TreeId tree, Bytes key, Visitor visit) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  const std::uint64_t hash = engine_.key_ref(tree, key).hash;
  LK_CHECK(claim(tree, key, hash));
  if (writes_.find(tree, key) != nullptr) return read(tree, key, visit);
  return read_committed(tree, key, hash, isolation_ == Isolation::ReadCommitted, visit);
}

/// At the limit a deletion must still go through, and it writes too: headers that shrink or keep
/// their size, and entries of the catalog that say what is to be collected.
Result<void> TreeTransaction::check_memory(TreeId tree, Bytes key, std::uint64_t value_bytes) {
  if (engine_.has_memory_for(value_bytes + kPageBytes) || tree == Engine::kCatalogTree) return {};
  std::uint64_t stored_bytes = 0;
  const auto look = [&](const RecordView& stored) { stored_bytes = stored.value.size(); };
  LK_TRY(const bool found, read(tree, key, look));
  if (found && value_bytes <= stored_bytes) return {};
  return engine_.no_memory();
}

Result<void> TreeTransaction::put(TreeId tree, Bytes key, const NewRecord& record) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  LK_CHECK(engine_.check_sizes(key, record.value.size()));
  if (!exists(tree)) return engine_.no_such_tree(tree);
  LK_CHECK(check_memory(tree, key, record.value.size()));
  const std::uint64_t hash = engine_.key_ref(tree, key).hash;
  LK_CHECK(claim(tree, key, hash));
  writes_.put(tree, key, hash, record);
  return {};
}

Result<bool> TreeTransaction::erase(TreeId tree, Bytes key) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  LK_CHECK(engine_.check_sizes(key, 0));
  if (!exists(tree)) return false;
  const std::uint64_t hash = engine_.key_ref(tree, key).hash;
  LK_CHECK(claim(tree, key, hash));
  bool existed = false;
  bool stored = false;
  if (const WriteSet::Write* write = writes_.find(tree, key)) {
    existed = write->action == WriteSet::Action::Put &&
              (write->record.deadline_ms == kNoDeadline || write->record.deadline_ms > now_ms_);
    stored = true;
  } else {
    const bool newest = isolation_ == Isolation::ReadCommitted;
    LK_TRY(existed, read_committed(tree, key, hash, newest, [](const RecordView&) {}));
    const Gate::Shared turn(engine_.gate_);
    Tree* const in = engine_.find_tree(tree);
    // An expired record that the sweeper has not met yet goes too, for good.
    stored = existed || (in != nullptr && in->locate(key, hash).found());
  }
  if (stored) writes_.erase(tree, key, hash);
  return existed;
}

std::unique_ptr<Cursor> TreeTransaction::scan(TreeId tree, const KeyRange& range,
                                              Direction direction, std::size_t expected) {
  remember_range(tree, range);
  return std::make_unique<TreeCursor>(*this, tree, range, direction, expected);
}

bool TreeTransaction::live_in_trees(TreeId tree, const WriteSet::Write& write) {
  const Result<bool> found =
      read_committed(tree, write.key, write.hash, false, [](const RecordView&) {});
  return found.has_value() && *found;
}

/// By how much own writes to keys below `below` (empty: all) change the number of records.
std::int64_t TreeTransaction::pending_difference(TreeId tree, Bytes below) {
  if (!writes_.touches(tree)) return 0;
  std::int64_t difference = 0;
  for (const WriteSet::Write* write = writes_.next(tree, {}, true); write != nullptr;
       write = writes_.next(tree, write->key, false)) {
    if (!below.empty() && write->key >= below) break;
    const bool live_after =
        write->action == WriteSet::Action::Put &&
        (write->record.deadline_ms == kNoDeadline || write->record.deadline_ms > now_ms_);
    difference += static_cast<int>(live_after) - static_cast<int>(live_in_trees(tree, *write));
  }
  return difference;
}

Result<std::uint64_t> TreeTransaction::rank_by_walking(TreeId tree, Bytes key, Bytes from) {
  const std::unique_ptr<Cursor> cursor =
      scan(tree, {std::string(from), std::string(key)}, Direction::Forward, SIZE_MAX);
  std::uint64_t count = 0;
  for (;;) {
    LK_TRY(const bool more, cursor->next());
    if (!more) return count;
    ++count;
  }
}

Result<std::uint64_t> TreeTransaction::rank(TreeId id, Bytes key, Bytes from) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  LK_CHECK(check_not_dropped(id));
  if (key <= from) return std::uint64_t{0};
  remember_range(id, {std::string(from), std::string(key)});
  std::uint64_t before = 0;
  {
    const Gate::Shared turn(engine_.gate_);
    Tree* const tree = engine_.find_tree(id);
    if (tree != nullptr && exists(id)) {
      LK_ASSERT(tree->options().counted);
      if (at_snapshot() && tree->last_version() > *snapshot_) return rank_by_walking(id, key, from);
      before = tree->rank(key, from);
    }
  }
  std::int64_t pending = pending_difference(id, key);
  if (!from.empty()) pending -= pending_difference(id, from);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(before) + pending);
}

Result<std::optional<std::string>> TreeTransaction::select(TreeId id, std::uint64_t rank,
                                                           Bytes from) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  LK_CHECK(check_not_dropped(id));
  remember_range(id, {std::string(from), {}});
  {
    const Gate::Shared turn(engine_.gate_);
    Tree* const tree = engine_.find_tree(id);
    const bool newest_will_do =
        tree == nullptr || !at_snapshot() || tree->last_version() <= *snapshot_;
    if (newest_will_do && !writes_.touches(id)) {
      return tree == nullptr || !exists(id) ? std::optional<std::string>()
                                            : tree->select(rank, from);
    }
  }
  // Own writes, or others' after the snapshot, lie over the tree: walk what this transaction sees.
  const std::unique_ptr<Cursor> cursor =
      scan(id, {std::string(from), {}}, Direction::Forward, SIZE_MAX);
  for (;;) {
    LK_TRY(const bool more, cursor->next());
    if (!more) return std::optional<std::string>();
    if (rank-- == 0) return std::optional(std::string(cursor->key()));
  }
}

Result<std::uint64_t> TreeTransaction::count(TreeId id) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  LK_CHECK(check_not_dropped(id));
  remember_range(id, {});
  if (!exists(id)) return std::uint64_t{0};
  std::int64_t total = 0;
  {
    const Gate::Shared turn(engine_.gate_);
    Tree* const tree = engine_.find_tree(id);
    if (tree != nullptr && at_snapshot() && tree->last_version() > *snapshot_) {
      const std::unique_ptr<Cursor> cursor = scan(id, {}, Direction::Forward, SIZE_MAX);
      std::uint64_t walked = 0;
      for (;;) {
        LK_TRY(const bool more, cursor->next());
        if (!more) return walked;
        ++walked;
      }
    }
    if (tree != nullptr)
      total = static_cast<std::int64_t>(tree->record_count()) -
              static_cast<std::int64_t>(engine_.due_count(id, now_ms_));
  }
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, total + pending_difference(id, {})));
}

Result<TreeId> TreeTransaction::create_tree(const TreeOptions& options) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  const TreeId id{engine_.next_tree_.fetch_add(1)};
  created_.push_back({id, options});
  return id;
}

Result<void> TreeTransaction::drop_tree(TreeId tree) {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  LK_ASSERT(kind_ != Kind::Keys);
  if (!exists(tree)) return engine_.no_such_tree(tree);
  dropped_.push_back(tree);
  return {};
}

std::size_t TreeTransaction::savepoint() {
  const std::size_t locks = kind_ == Kind::Interactive ? engine_.locks_.locked_count(owner_) : 0;
  savepoints_.push_back({writes_.savepoint(), locks, created_.size(), dropped_.size()});
  return savepoints_.size() - 1;
}

void TreeTransaction::rollback_to(std::size_t savepoint) {
  LK_ASSERT(savepoint < savepoints_.size());
  const Savepoint& to = savepoints_[savepoint];
  writes_.rollback_to(to.writes);
  created_.resize(to.created);
  dropped_.resize(to.dropped);
  if (kind_ == Kind::Interactive) engine_.locks_.unlock_since(owner_, to.locks);
  savepoints_.resize(savepoint + 1);
}

void TreeTransaction::finish() {
  if (ended_) return;
  ended_ = true;
  for (LargeRecord* large : large_) engine_.drop_large(large);
  large_.clear();
  writes_.clear();
  drop_snapshot();
  switch (kind_) {
    case Kind::Keys:
      buckets_.release();
      engine_.gate_.leave_shared();
      break;
    case Kind::Everything:
      engine_.gate_.leave_exclusive();
      break;
    case Kind::Interactive:
      engine_.locks_.unlock_all(owner_);
      break;
  }
}

void TreeTransaction::rollback() { finish(); }

}  // namespace latchkey::storage::tree
