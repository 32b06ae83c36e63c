#include "kv/watched_absences.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace latchkey::kv {

std::string WatchedAbsences::name_of(storage::TreeId records, Bytes key) {
  char tree[4];
  store_big32(tree, value_of(records));
  std::string name(tree, sizeof tree);
  name.append(key);
  return name;
}

std::shared_ptr<const WatchedAbsence> WatchedAbsences::watch(storage::TreeId records, Bytes key,
                                                             storage::Lsn since) {
  auto absence = std::make_shared<WatchedAbsence>();
  absence->since = since;
  const std::lock_guard lock(mutex_);
  if (watchers_.size() >= forget_at_) forget_ended();
  if (watchers_.size() >= kKeysMax) {
    absence->touched.store(true);
    return absence;
  }
  auto& flags = watchers_[name_of(records, key)];
  std::erase_if(flags, [](const Flag& flag) { return flag.expired(); });
  flags.push_back(absence);
  key_count_.store(watchers_.size(), std::memory_order_seq_cst);
  return absence;
}

void WatchedAbsences::touch(storage::TreeId records, Bytes key, storage::Lsn version) {
  const std::lock_guard lock(mutex_);
  const auto found = watchers_.find(name_of(records, key));
  if (found == watchers_.end()) return;
  for (const Flag& flag : found->second) {
    const auto absence = flag.lock();
    if (absence != nullptr && absence->since < version) absence->touched.store(true);
  }
}

void WatchedAbsences::note_flush(storage::TreeId records,
                                 FunctionRef<storage::Lsn(Bytes)> version_of) {
  if (key_count_.load(std::memory_order_seq_cst) == 0) return;
  const std::lock_guard lock(mutex_);
  const std::string tree = name_of(records, "");
  for (const auto& [name, flags] : watchers_) {
    if (!name.starts_with(tree)) continue;
    const storage::Lsn version = version_of(Bytes(name).substr(tree.size()));
    for (const Flag& flag : flags) {
      const auto absence = flag.lock();
      if (absence != nullptr && absence->since < version) absence->touched.store(true);
    }
  }
}

void WatchedAbsences::follow(storage::TreeId from, storage::TreeId to) {
  if (key_count_.load(std::memory_order_seq_cst) == 0) return;
  const std::lock_guard lock(mutex_);
  const std::string tree = name_of(from, "");
  std::vector<std::pair<std::string, std::vector<Flag>>> followers;
  for (const auto& [name, flags] : watchers_) {
    if (name.starts_with(tree))
      followers.emplace_back(name_of(to, Bytes(name).substr(tree.size())), flags);
  }
  for (auto& [name, flags] : followers) {
    if (watchers_.size() < kKeysMax) {
      watchers_.emplace(std::move(name), std::move(flags));
      continue;
    }
    for (const Flag& flag : flags) {
      if (const auto absence = flag.lock()) absence->touched.store(true);
    }
  }
  forget_ended();
}

/// Drops keys nobody watches any more; done when the table has doubled, so its cost is spread.
void WatchedAbsences::forget_ended() {
  for (auto watched = watchers_.begin(); watched != watchers_.end();) {
    std::erase_if(watched->second, [](const Flag& flag) { return flag.expired(); });
    watched = watched->second.empty() ? watchers_.erase(watched) : std::next(watched);
  }
  forget_at_ = std::max<std::size_t>(64, std::min(kKeysMax, watchers_.size() * 2));
  key_count_.store(watchers_.size(), std::memory_order_seq_cst);
  LK_ASSERT(watchers_.size() <= kKeysMax);
}

}  // namespace latchkey::kv
