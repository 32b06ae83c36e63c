#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/model/model_state.h"

namespace latchkey::storage {
namespace {

using Row = ModelLocks::Row;

/// A write that waits for the commit; no record means that it erases.
using Write = std::shared_ptr<const std::optional<Record>>;

class ModelTransaction;

class ModelCursor final : public Cursor {
 public:
  ModelCursor(ModelTransaction& txn, TreeId tree, KeyRange range, Direction direction)
      : txn_(txn), tree_(tree), range_(std::move(range)), direction_(direction) {}

  Result<bool> next() override;
  Bytes key() const override { return key_; }
  const RecordView& record() const override { return view_; }

 private:
  ModelTransaction& txn_;
  TreeId tree_;
  KeyRange range_;  // what is still to be walked
  Direction direction_;
  bool at_end_ = false;
  std::string key_;
  Record record_;
  RecordView view_{};
};

/// What savepoints bring back.
struct Buffered {
  std::map<Row, Write> writes;
  std::map<TreeId, TreeOptions> created;
  std::set<TreeId> dropped;
  std::size_t lock_count = 0;
};

class ModelTransaction final : public Transaction {
 public:
  ModelTransaction(ModelState& state, ModelLevel level, std::int64_t now_ms)
      : state_(state),
        lock_(state.mutex),
        level_(level),
        id_(level == ModelLevel::Atomic ? 0 : state.next_transaction++),
        now_ms_(now_ms),
        snapshot_(level == ModelLevel::Atomic ? kNewest : state.last_commit) {
    if (level_ == ModelLevel::Atomic) return;
    state_.snapshots.insert(snapshot_);
    lock_.unlock();
  }

  ~ModelTransaction() override { rollback(); }

  std::int64_t now_ms() const override { return now_ms_; }

  Result<bool> read(TreeId tree, Bytes key, Visitor visit) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    note_read(tree, {std::string(key), std::string(key) + '\0'});
    return show(find(tree, key, snapshot_), visit);
  }

  Result<bool> read_for_update(TreeId tree, Bytes key, Visitor visit) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    LK_CHECK(lock_row(tree, key));
    note_read(tree, {std::string(key), std::string(key) + '\0'});
    return show(find(tree, key, write_snapshot()), visit);
  }

  Result<void> put(TreeId tree, Bytes key, const NewRecord& record) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    LK_CHECK(state_.check_write(tree, key, &record));
    LK_CHECK(check_tree(tree));
    LK_CHECK(lock_row(tree, key));
    buffered_.writes[{tree, std::string(key)}] = std::make_shared<const std::optional<Record>>(
        Record{std::string(record.value), Lsn{0}, record.deadline_ms, record.kind});
    return {};
  }

  Result<bool> erase(TreeId tree, Bytes key) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    LK_CHECK(state_.check_write(tree, key, nullptr));
    LK_CHECK(check_tree(tree));
    LK_CHECK(lock_row(tree, key));
    const bool was_live = find(tree, key, write_snapshot()) != nullptr;
    const Row row{tree, std::string(key)};
    if (state_.stored(tree, key, kNewest) != nullptr) {
      buffered_.writes[row] = std::make_shared<const std::optional<Record>>();
    } else {
      buffered_.writes.erase(row);
    }
    return was_live;
  }

  std::unique_ptr<Cursor> scan(TreeId tree, const KeyRange& range, Direction direction,
                               std::size_t /*expected*/) override {
    return std::make_unique<ModelCursor>(*this, tree, range, direction);
  }

  Result<std::uint64_t> rank(TreeId tree, Bytes key, Bytes from) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    if (key <= from) return std::uint64_t{0};
    note_read(tree, {std::string(from), std::string(key)});
    const auto all = live_keys(tree);
    return static_cast<std::uint64_t>(std::lower_bound(all.begin(), all.end(), key) -
                                      std::lower_bound(all.begin(), all.end(), from));
  }

  Result<std::optional<std::string>> select(TreeId tree, std::uint64_t rank, Bytes from) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    auto all = live_keys(tree);
    all.erase(all.begin(), std::lower_bound(all.begin(), all.end(), from));
    if (rank >= all.size()) {
      note_read(tree, {std::string(from), {}});
      return std::optional<std::string>();
    }
    note_read(tree, {std::string(from), all[rank] + '\0'});
    return std::optional<std::string>(std::move(all[rank]));
  }

  Result<std::uint64_t> count(TreeId tree) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    note_read(tree, {});
    return static_cast<std::uint64_t>(live_keys(tree).size());
  }

  Result<TreeId> create_tree(const TreeOptions& options) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    const TreeId tree{++state_.next_tree};
    buffered_.created.emplace(tree, options);
    return tree;
  }

  Result<void> drop_tree(TreeId tree) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(check_open());
    LK_CHECK(check_tree(tree));
    LK_ASSERT(tree != Engine::kCatalogTree);
    std::erase_if(buffered_.writes, [&](const auto& write) { return write.first.first == tree; });
    if (buffered_.created.erase(tree) == 0) buffered_.dropped.insert(tree);
    return {};
  }

  void begin_statement() override {
    const std::lock_guard guard(state_.mutex);
    if (ended_ || level_ != ModelLevel::ReadCommitted) return;
    state_.snapshots.insert(state_.last_commit);
    state_.close_snapshot(std::exchange(snapshot_, state_.last_commit));
  }

  std::size_t savepoint() override {
    savepoints_.push_back(buffered_);
    return savepoints_.size() - 1;
  }

  void rollback_to(std::size_t savepoint) override {
    LK_ASSERT(savepoint < savepoints_.size());
    ModelLocks::Callbacks callbacks;
    {
      const std::lock_guard guard(state_.mutex);
      if (ended_) return;
      buffered_ = savepoints_[savepoint];
      savepoints_.resize(savepoint + 1);
      for (; locked_.size() > buffered_.lock_count; locked_.pop_back()) {
        state_.locks.unlock(id_, locked_.back(), callbacks);
      }
    }
    for (auto& callback : callbacks) callback();
  }

  Result<Lsn> commit() override {
    Result<Lsn> outcome = Lsn{0};
    {
      const std::lock_guard guard(state_.mutex);
      LK_CHECK(check_open());
      outcome = apply();
    }
    rollback();
    return outcome;
  }

  /// Also how a commit ends: what is left to do is the same.
  void rollback() override {
    ModelLocks::Callbacks callbacks;
    {
      const std::lock_guard guard(state_.mutex);
      if (ended_) return;
      ended_ = true;
      buffered_ = {};
      savepoints_.clear();
      if (level_ != ModelLevel::Atomic) {
        state_.close_snapshot(snapshot_);
        state_.locks.unlock_all(id_, callbacks);
      }
    }
    if (lock_.owns_lock()) lock_.unlock();
    for (auto& callback : callbacks) callback();
  }

  const std::optional<RowLockWait>& blocked_on() const override { return blocked_on_; }

 private:
  friend class ModelCursor;

  Result<void> check_open() const {
    if (ended_) return Error(ErrorCode::TransactionEnded);
    return {};
  }

  /// The moment at which writes and locking reads look at a row: its lock makes the newest
  /// committed record stand still, and the higher levels have found it unchanged.
  Lsn write_snapshot() const { return level_ == ModelLevel::ReadCommitted ? kNewest : snapshot_; }

  bool tree_exists(TreeId tree) const {
    if (buffered_.dropped.contains(tree)) return false;
    return buffered_.created.contains(tree) || state_.find_tree(tree, kNewest) != nullptr;
  }

  Result<void> check_tree(TreeId tree) const {
    if (tree_exists(tree)) return {};
    return Error(ErrorCode::WriteConflict,
                 "tree " + std::to_string(value_of(tree)) + " was dropped");
  }

  Result<void> lock_row(TreeId tree, Bytes key) {
    blocked_on_.reset();
    if (buffered_.created.contains(tree)) return {};
    Row row{tree, std::string(key)};
    if (level_ == ModelLevel::Atomic) {
      if (const std::uint64_t holder = state_.locks.holder(row); holder != 0) {
        return locked_by(std::move(row), holder);
      }
      return {};
    }
    switch (state_.locks.try_lock(id_, row)) {
      case ModelLocks::Outcome::Held: {
        const std::uint64_t holder = state_.locks.holder(row);
        return locked_by(std::move(row), holder);
      }
      case ModelLocks::Outcome::Deadlock:
        return Error(ErrorCode::Deadlock);
      case ModelLocks::Outcome::Granted:
        break;
    }
    if (std::find(locked_.begin(), locked_.end(), row) == locked_.end()) {
      locked_.push_back(row);
      buffered_.lock_count = locked_.size();
    }
    const KeyRange only_this{row.second, row.second + '\0'};
    if (level_ != ModelLevel::ReadCommitted &&
        state_.changed_since(tree, only_this, snapshot_, kNoClock)) {
      return Error(ErrorCode::WriteConflict, "the row changed after the transaction began");
    }
    return {};
  }

  Error locked_by(Row row, std::uint64_t holder) {
    blocked_on_ = RowLockWait{row.first, 0, std::move(row.second), holder, id_};
    return Error(ErrorCode::RowLocked);
  }

  const Record* find(TreeId tree, Bytes key, Lsn snapshot) {
    if (buffered_.dropped.contains(tree)) return nullptr;
    const auto write = buffered_.writes.find({tree, std::string(key)});
    const Record* record = nullptr;
    if (write == buffered_.writes.end()) {
      record = state_.stored(tree, key, snapshot);
    } else if (write->second->has_value()) {
      record = &**write->second;
    }
    return record != nullptr && is_live(*record, now_ms_) ? record : nullptr;
  }

  static bool show(const Record* record, Visitor visit) {
    if (record != nullptr) visit(view_of(*record));
    return record != nullptr;
  }

  void note_read(TreeId tree, KeyRange range) {
    if (level_ == ModelLevel::Serializable) reads_.emplace_back(tree, std::move(range));
  }

  std::vector<std::string> live_keys(TreeId tree) {
    std::vector<std::string> all;
    KeyRange rest;
    while (auto key = next_key(tree, rest, Direction::Forward)) {
      rest.begin = *key + '\0';
      all.push_back(std::move(*key));
    }
    return all;
  }

  /// The first live key of the range from its near end.
  std::optional<std::string> next_key(TreeId tree, KeyRange range, Direction direction) {
    while (range.end.empty() || range.begin < range.end) {
      std::optional<std::string> key = next_candidate(tree, range, direction);
      if (!key || find(tree, *key, snapshot_) != nullptr) return key;
      if (direction == Direction::Forward) {
        range.begin = *key + '\0';
      } else if (key->empty()) {
        break;
      } else {
        range.end = *key;
      }
    }
    return std::nullopt;
  }

  /// The nearest key that has versions or a write of our own, live or not.
  std::optional<std::string> next_candidate(TreeId tree, const KeyRange& range,
                                            Direction direction) {
    std::optional<std::string> best;
    const auto offer = [&](const std::string& key) {
      if (key < range.begin || (!range.end.empty() && key >= range.end)) return;
      if (!best || (direction == Direction::Forward ? key < *best : key > *best)) best = key;
    };
    if (const ModelTree* const stored = state_.find_tree(tree, snapshot_)) {
      offer_nearest(stored->rows, range.begin, range.end, direction,
                    [&](const auto& row) { offer(row.first); });
    }
    auto& writes = buffered_.writes;
    const Row begin{tree, range.begin};
    const Row end = range.end.empty() ? Row{TreeId{value_of(tree) + 1}, ""} : Row{tree, range.end};
    offer_nearest(writes, begin, end, direction, [&](const auto& write) {
      if (write.first.first == tree) offer(write.first.second);
    });
    return best;
  }

  template <typename Map, typename Key, typename Offer>
  static void offer_nearest(const Map& map, const Key& begin, const Key& end, Direction direction,
                            Offer offer) {
    if (direction == Direction::Forward) {
      const auto first = map.lower_bound(begin);
      if (first != map.end()) offer(*first);
    } else {
      const auto past = end == Key{} ? map.end() : map.lower_bound(end);
      if (past != map.begin()) offer(*std::prev(past));
    }
  }

  /// Checks what other commits may have broken, then makes the writes visible at one version.
  Result<Lsn> apply() {
    if (buffered_.writes.empty() && buffered_.created.empty() && buffered_.dropped.empty()) {
      return Lsn{0};
    }
    for (const auto& [tree, range] : reads_) {
      if (state_.changed_since(tree, range, snapshot_, now_ms_)) {
        return Error(ErrorCode::WriteConflict, "a row that was read has changed since");
      }
    }
    for (const auto& [row, write] : buffered_.writes) LK_CHECK(check_tree(row.first));
    for (const TreeId tree : buffered_.dropped) {
      if (state_.find_tree(tree, kNewest) == nullptr) {
        return Error(ErrorCode::WriteConflict, "the tree was dropped by another transaction");
      }
    }
    const Lsn lsn{value_of(state_.last_commit) + 1};
    state_.last_commit = lsn;
    for (const auto& [tree, options] : buffered_.created) {
      state_.trees.emplace(tree, ModelTree{options, lsn, {}, {}});
    }
    for (const auto& [row, write] : buffered_.writes) {
      ModelVersion version{lsn, *write};
      if (version.record) version.record->version = lsn;
      state_.append(*state_.find_tree(row.first, kNewest), row.first, row.second,
                    std::move(version));
    }
    for (const TreeId tree : buffered_.dropped) {
      if (state_.snapshots.empty()) {
        state_.trees.erase(tree);
      } else {
        state_.trees.at(tree).dropped = lsn;
      }
    }
    return lsn;
  }

  ModelState& state_;
  std::unique_lock<std::recursive_mutex> lock_;  // held for the life of atomic transactions
  ModelLevel level_;
  std::uint64_t id_;
  std::int64_t now_ms_;
  Lsn snapshot_;
  bool ended_ = false;
  Buffered buffered_;
  std::vector<Buffered> savepoints_;
  std::vector<Row> locked_;
  std::vector<std::pair<TreeId, KeyRange>> reads_;
  std::optional<RowLockWait> blocked_on_;
};

Result<bool> ModelCursor::next() {
  const std::lock_guard guard(txn_.state_.mutex);
  LK_CHECK(txn_.check_open());
  if (at_end_) return false;
  std::optional<std::string> key = txn_.next_key(tree_, range_, direction_);
  if (!key) {
    at_end_ = true;
    txn_.note_read(tree_, range_);
    return false;
  }
  key_ = std::move(*key);
  record_ = *txn_.find(tree_, key_, txn_.snapshot_);
  view_ = view_of(record_);
  if (direction_ == Direction::Forward) {
    txn_.note_read(tree_, {range_.begin, key_ + '\0'});
    range_.begin = key_ + '\0';
  } else {
    txn_.note_read(tree_, {key_, range_.end});
    range_.end = key_;
    at_end_ = key_.empty();
  }
  return true;
}

}  // namespace

std::unique_ptr<Transaction> make_model_transaction(ModelState& state, ModelLevel level,
                                                    std::int64_t now_ms) {
  return std::make_unique<ModelTransaction>(state, level, now_ms);
}

}  // namespace latchkey::storage
