#include "storage/model/model_engine.h"

#include <algorithm>
#include <tuple>

#include "base/assert.h"
#include "base/hash.h"
#include "storage/model/model_state.h"

namespace latchkey::storage {
namespace {

constexpr std::int64_t kMemoryLimitBytes = std::int64_t{64} << 30;

class ModelEngine final : public Engine {
 public:
  ModelEngine(env::Env env, EngineLimits limits) {
    state_.env = env;
    state_.limits = limits;
    state_.trees.emplace(kCatalogTree, ModelTree{});
  }

  KeyRef key_ref(TreeId tree, Bytes key) const override {
    return {tree, key, hash_bytes(key, value_of(tree))};
  }

  void prefetch(std::span<KeyRef>) override {}

  Result<bool> read(const KeyRef& key, std::int64_t now_ms,
                    FunctionRef<void(const RecordView&)> visit) override {
    const std::lock_guard guard(state_.mutex);
    const Record* const record = state_.stored(key.tree, key.key, kNewest);
    if (record == nullptr || !is_live(*record, now_ms)) return false;
    visit(view_of(*record));
    return true;
  }

  Result<Lsn> update(const KeyRef& key, std::int64_t now_ms, Decide decide,
                     RowLockWait* wait) override {
    const std::lock_guard guard(state_.mutex);
    LK_CHECK(state_.check_write(key.tree, key.key, nullptr));
    const ModelLocks::Row row{key.tree, std::string(key.key)};
    if (const std::uint64_t holder = state_.locks.holder(row); holder != 0) {
      if (wait != nullptr) *wait = {key.tree, key.hash, row.second, holder, 0};
      return Error(ErrorCode::RowLocked);
    }
    const Record* const stored = state_.stored(key.tree, key.key, kNewest);
    const RecordView view = stored == nullptr ? RecordView{} : view_of(*stored);
    const bool live = stored != nullptr && is_live(*stored, now_ms);
    LK_TRY(const Decision decision,
           decide(live ? &view : nullptr, stored != nullptr && !live ? &view : nullptr));
    if (decision.action == Decision::Action::Keep) return Lsn{0};
    const auto txn = make_model_transaction(state_, ModelLevel::Atomic, now_ms);
    if (decision.action == Decision::Action::Erase) {
      LK_CHECK(txn->erase(key.tree, key.key));
    } else {
      LK_CHECK(txn->put(key.tree, key.key, decision.record));
    }
    return txn->commit();
  }

  std::unique_ptr<Transaction> begin_atomic(std::span<const KeyRef>, std::int64_t now_ms) override {
    return make_model_transaction(state_, ModelLevel::Atomic, now_ms);
  }

  std::unique_ptr<Transaction> begin_atomic_on_everything(std::int64_t now_ms) override {
    return make_model_transaction(state_, ModelLevel::Atomic, now_ms);
  }

  std::unique_ptr<Transaction> begin(Isolation isolation) override {
    const std::int64_t now = now_ms();
    switch (isolation) {
      case Isolation::ReadCommitted:
        return make_model_transaction(state_, ModelLevel::ReadCommitted, now);
      case Isolation::RepeatableRead:
        return make_model_transaction(state_, ModelLevel::RepeatableRead, now);
      case Isolation::Serializable:
        break;
    }
    return make_model_transaction(state_, ModelLevel::Serializable, now);
  }

  void when_unlocked(const RowLockWait& wait, std::function<void()> retry) override {
    ModelLocks::Callbacks callbacks;
    {
      const std::lock_guard guard(state_.mutex);
      state_.locks.wait(wait, std::move(retry), callbacks);
    }
    for (auto& callback : callbacks) callback();
  }

  std::int64_t now_ms() override {
    const std::lock_guard guard(state_.mutex);
    return state_.now_ms();
  }

  Lsn appended_lsn() const override {
    const std::lock_guard guard(state_.mutex);
    return state_.last_commit;
  }
  Lsn stable_lsn() const override { return appended_lsn(); }
  bool make_stable(Lsn) override { return true; }
  void set_stable_listener(std::function<void()>) override {}
  bool log_sealed() const override { return false; }

  std::vector<DueRecord> due_records(std::int64_t now_ms, std::size_t limit) override {
    const std::lock_guard guard(state_.mutex);
    std::vector<DueRecord> due;
    for_each_stored([&](TreeId tree, const std::string& key, const Record& record) {
      if (!is_live(record, now_ms)) due.push_back({tree, key, record.deadline_ms});
    });
    std::sort(due.begin(), due.end(), [](const DueRecord& left, const DueRecord& right) {
      return std::tie(left.deadline_ms, left.tree, left.key) <
             std::tie(right.deadline_ms, right.tree, right.key);
    });
    due.erase(due.begin() + static_cast<std::ptrdiff_t>(std::min(limit, due.size())), due.end());
    return due;
  }

  std::optional<std::int64_t> next_deadline_ms() override {
    const std::lock_guard guard(state_.mutex);
    std::optional<std::int64_t> earliest;
    for_each_stored([&](TreeId, const std::string&, const Record& record) {
      if (record.deadline_ms == kNoDeadline) return;
      earliest = std::min(earliest.value_or(record.deadline_ms), record.deadline_ms);
    });
    return earliest;
  }

  Result<std::optional<std::string>> random_key(TreeId tree, std::int64_t now_ms) override {
    const std::lock_guard guard(state_.mutex);
    std::vector<const std::string*> live;
    for_each_stored([&](TreeId owner, const std::string& key, const Record& record) {
      if (owner == tree && is_live(record, now_ms)) live.push_back(&key);
    });
    if (live.empty()) return std::optional<std::string>();
    return std::optional<std::string>(*live[state_.env.random->next() % live.size()]);
  }

  Result<void> checkpoint() override {
    const std::lock_guard guard(state_.mutex);
    ++state_.checkpoints;
    return {};
  }

  Result<void> set_memory_limit(std::uint64_t bytes) override {
    if (bytes > static_cast<std::uint64_t>(kMemoryLimitBytes))
      return Error(ErrorCode::InvalidArgument, "past the limit of the model");
    const std::lock_guard guard(state_.mutex);
    state_.memory_limit_bytes = bytes == 0 ? kMemoryLimitBytes : static_cast<std::int64_t>(bytes);
    return {};
  }

  bool reserve_memory(std::int64_t bytes) override {
    const std::lock_guard guard(state_.mutex);
    if (bytes > state_.memory_limit_bytes - state_.reserved_bytes) return false;
    state_.reserved_bytes += bytes;
    LK_ASSERT(state_.reserved_bytes >= 0);
    return true;
  }

  EngineStats stats() const override {
    const std::lock_guard guard(state_.mutex);
    EngineStats stats;
    stats.memory_limit_bytes = static_cast<std::uint64_t>(state_.memory_limit_bytes);
    stats.memory_used_bytes = static_cast<std::uint64_t>(state_.reserved_bytes);
    stats.checkpoints = state_.checkpoints;
    stats.open_snapshots = state_.snapshots.size();
    for (const auto& [id, tree] : state_.trees) stats.trees += tree.dropped ? 0 : 1;
    for_each_stored([&](TreeId, const std::string& key, const Record& record) {
      stats.memory_used_bytes += key.size() + record.value.size();
      stats.deadlines += record.deadline_ms == kNoDeadline ? 0 : 1;
    });
    return stats;
  }

  const EngineLimits& limits() const override { return state_.limits; }

 protected:
  void enter_turn() override {}
  void leave_turn() override {}

 private:
  template <typename Visit>
  void for_each_stored(Visit visit) const {
    for (const auto& [id, tree] : state_.trees) {
      if (tree.dropped) continue;
      for (const auto& [key, chain] : tree.rows) {
        if (chain.back().record) visit(id, key, *chain.back().record);
      }
    }
  }

  mutable ModelState state_;
};

}  // namespace

std::unique_ptr<Engine> make_model_engine(env::Env env, EngineLimits limits) {
  return std::make_unique<ModelEngine>(env, limits);
}

}  // namespace latchkey::storage
