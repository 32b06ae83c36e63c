#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "storage/engine.h"

namespace latchkey::net::test {

/// Another engine whose log the test holds back: nothing is stable until release() or hold_none().
/// It also counts what the door asks of the log, and can refuse memory.
///
/// Threads: any.
class EngineWithHeldLog final : public storage::Engine {
 public:
  using Lsn = storage::Lsn;

  explicit EngineWithHeldLog(std::unique_ptr<storage::Engine> inner) : inner_(std::move(inner)) {}

  void hold() { holds_ = true; }
  /// Everything up to `lsn` becomes stable and the listener hears of it.
  void release(Lsn lsn) {
    stable_ = storage::value_of(lsn);
    tell();
  }
  void hold_none() {
    holds_ = false;
    tell();
  }
  void seal() {
    sealed_ = true;
    tell();
  }
  std::uint64_t asked_count() const { return asked_; }
  void refuse_memory(bool refuse) { refuses_memory_ = refuse; }
  /// The most keys of one prefetch.
  std::size_t prefetched_together() const { return prefetched_together_; }
  /// Keys handed to prefetch so far.
  std::size_t prefetched_count() const { return prefetched_count_; }
  std::int64_t reserved_bytes() const { return reserved_; }

  storage::KeyRef key_ref(storage::TreeId tree, Bytes key) const override {
    return inner_->key_ref(tree, key);
  }
  void prefetch(std::span<storage::KeyRef> keys) override {
    if (keys.size() > prefetched_together_) prefetched_together_ = keys.size();
    prefetched_count_ += keys.size();
    inner_->prefetch(keys);
  }
  Result<bool> read(const storage::KeyRef& key, std::int64_t now_ms,
                    FunctionRef<void(const storage::RecordView&)> visit) override {
    return inner_->read(key, now_ms, visit);
  }
  Result<Lsn> update(const storage::KeyRef& key, std::int64_t now_ms, Decide decide,
                     storage::RowLockWait* wait) override {
    return inner_->update(key, now_ms, decide, wait);
  }
  std::unique_ptr<storage::Transaction> begin_atomic(std::span<const storage::KeyRef> keys,
                                                     std::int64_t now_ms) override {
    return inner_->begin_atomic(keys, now_ms);
  }
  std::unique_ptr<storage::Transaction> begin_atomic_on_everything(std::int64_t now_ms) override {
    return inner_->begin_atomic_on_everything(now_ms);
  }
  std::unique_ptr<storage::Transaction> begin(storage::Isolation isolation) override {
    return inner_->begin(isolation);
  }
  void when_unlocked(const storage::RowLockWait& wait, std::function<void()> retry) override {
    inner_->when_unlocked(wait, std::move(retry));
  }
  std::int64_t now_ms() override { return inner_->now_ms(); }
  Lsn appended_lsn() const override { return inner_->appended_lsn(); }
  Lsn stable_lsn() const override { return holds_ ? Lsn{stable_.load()} : Lsn{~std::uint64_t{0}}; }
  bool make_stable(Lsn lsn) override {
    ++asked_;
    return lsn <= stable_lsn();
  }
  void set_stable_listener(std::function<void()> listener) override {
    const std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
  }
  bool log_sealed() const override { return sealed_; }
  std::vector<storage::DueRecord> due_records(std::int64_t now_ms, std::size_t limit) override {
    return inner_->due_records(now_ms, limit);
  }
  std::optional<std::int64_t> next_deadline_ms() override { return inner_->next_deadline_ms(); }
  Result<std::optional<std::string>> random_key(storage::TreeId tree,
                                                std::int64_t now_ms) override {
    return inner_->random_key(tree, now_ms);
  }
  Result<void> checkpoint() override { return inner_->checkpoint(); }
  bool reserve_memory(std::int64_t bytes) override {
    if (bytes > 0 && refuses_memory_) return false;
    reserved_ += bytes;
    return true;
  }
  Result<void> set_memory_limit(std::uint64_t bytes) override {
    return inner_->set_memory_limit(bytes);
  }
  storage::EngineStats stats() const override { return inner_->stats(); }
  const storage::EngineLimits& limits() const override { return inner_->limits(); }

 protected:
  void enter_turn() override { inner_turn_depth_++; }
  void leave_turn() override { inner_turn_depth_--; }

 private:
  void tell() {
    const std::lock_guard lock(mutex_);
    if (listener_) listener_();
  }

  std::unique_ptr<storage::Engine> inner_;
  std::mutex mutex_;
  std::function<void()> listener_;
  std::atomic<bool> holds_{false};
  std::atomic<bool> sealed_{false};
  std::atomic<bool> refuses_memory_{false};
  std::atomic<std::uint64_t> stable_{0};
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<std::size_t> prefetched_together_{0};
  std::atomic<std::size_t> prefetched_count_{0};
  std::atomic<std::int64_t> reserved_{0};
  std::atomic<int> inner_turn_depth_{0};
};

}  // namespace latchkey::net::test
