#include "storage/conformance.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace latchkey::storage {

const char* name_of(Isolation isolation) {
  switch (isolation) {
    case Isolation::ReadCommitted:
      return "READ COMMITTED";
    case Isolation::RepeatableRead:
      return "REPEATABLE READ";
    case Isolation::Serializable:
      break;
  }
  return "SERIALIZABLE";
}

std::function<void()> Wakeup::callback() {
  return [calls = calls_] {
    const std::lock_guard guard(calls->mutex);
    ++calls->count;
    calls->changed.notify_all();
  };
}

bool Wakeup::was_called() const {
  const std::lock_guard guard(calls_->mutex);
  return calls_->count != 0;
}

void Wakeup::await() {
  std::unique_lock lock(calls_->mutex);
  const bool came =
      calls_->changed.wait_for(lock, std::chrono::seconds(30), [&] { return calls_->count != 0; });
  EXPECT_TRUE(came) << "a callback never came";
  if (came) --calls_->count;
}

Conformance::Conformance() : engine_(GetParam().open(env_.env(), kLimits)) {
  engine_->set_stable_listener(stable_moved_.callback());
  tree_ = create_tree({});
  counted_ = create_tree({.counted = true, .hashed = false, .logged = true});
}

TreeId Conformance::create_tree(const TreeOptions& options) {
  const auto txn = engine_->begin(Isolation::ReadCommitted);
  const TreeId tree = txn->create_tree(options).value();
  EXPECT_OK(txn->commit());
  return tree;
}

Lsn Conformance::put(Bytes key, Bytes value, std::int64_t deadline_ms) {
  return engine_
      ->update(ref(key), now(),
               [&](const RecordView*, const RecordView*) -> Result<Decision> {
                 return Decision::put({value, deadline_ms, 0});
               })
      .value();
}

Lsn Conformance::put(TreeId tree, Bytes key, Bytes value) {
  return engine_
      ->update(engine_->key_ref(tree, key), now(),
               [&](const RecordView*, const RecordView*) -> Result<Decision> {
                 return Decision::put({value, kNoDeadline, 0});
               })
      .value();
}

bool Conformance::erase(Bytes key) {
  bool was_live = false;
  EXPECT_OK(engine_->update(ref(key), now(),
                            [&](const RecordView* live, const RecordView*) -> Result<Decision> {
                              was_live = live != nullptr;
                              return Decision::erase();
                            }));
  return was_live;
}

std::string Conformance::get(Bytes key) {
  std::string value = kAbsent;
  const auto found = engine_->read(
      ref(key), now(), [&](const RecordView& record) { value = std::string(record.value); });
  EXPECT_EQ(found.value(), value != kAbsent);
  return value;
}

std::string Conformance::get(Transaction& txn, TreeId tree, Bytes key) {
  const auto record = txn.get(tree, key).value();
  return record ? record->value : kAbsent;
}

std::string Conformance::scan(Transaction& txn, TreeId tree, const KeyRange& range,
                              Direction direction) {
  std::string all;
  const auto cursor = txn.scan(tree, range, direction);
  while (cursor->next().value()) {
    if (!all.empty()) all += ' ';
    all += std::string(cursor->key()) + "=" + std::string(cursor->record().value);
  }
  return all;
}

std::string Conformance::committed() { return committed(tree_); }

std::string Conformance::committed(TreeId tree) {
  const auto txn = engine_->begin(Isolation::RepeatableRead);
  std::string forward;
  std::vector<std::string> keys;
  const auto up = txn->scan(tree, {}, Direction::Forward);
  while (up->next().value()) {
    forward +=
        (keys.empty() ? "" : " ") + std::string(up->key()) + "=" + std::string(up->record().value);
    keys.emplace_back(up->key());
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(txn->count(tree).value(), keys.size());
  std::vector<std::string> backward;
  const auto down = txn->scan(tree, {}, Direction::Backward);
  while (down->next().value()) backward.emplace_back(down->key());
  std::reverse(backward.begin(), backward.end());
  EXPECT_EQ(keys, backward);
  return forward;
}

}  // namespace latchkey::storage
