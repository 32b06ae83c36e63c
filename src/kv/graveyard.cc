#include "kv/graveyard.h"

#include <optional>
#include <string>
#include <vector>

#include "base/assert.h"
#include "kv/catalog.h"
#include "kv/members.h"

namespace latchkey::kv::graveyard {

namespace {

constexpr storage::TreeId kCatalog = storage::Engine::kCatalogTree;
constexpr Bytes kGarbagePrefix = "members/garbage/";
constexpr Bytes kUnbornPrefix = "members/unborn/";
constexpr std::size_t kPlaceBytes = 16;

std::string entry_key(Bytes prefix, const MembersPlace& place) {
  LK_ASSERT(place.members_id != 0);
  char bytes[kPlaceBytes];
  store_big32(bytes, value_of(place.members));
  store_big32(bytes + 4, value_of(place.scores));
  store_big64(bytes + 8, place.members_id);
  std::string key(prefix);
  key.append(bytes, sizeof bytes);
  return key;
}

Result<MembersPlace> decode_entry(Bytes prefix, Bytes key) {
  LK_ASSERT(key.substr(0, prefix.size()) == prefix);
  const Bytes bytes = key.substr(prefix.size());
  if (bytes.size() != kPlaceBytes || load_big64(bytes.data() + 8) == 0) {
    return Error(ErrorCode::Corruption, "an entry of the catalog's garbage list is damaged");
  }
  return MembersPlace{storage::TreeId{load_big32(bytes.data())},
                      storage::TreeId{load_big32(bytes.data() + 4)}, load_big64(bytes.data() + 8)};
}

std::unique_ptr<storage::Transaction> begin_on_entry(storage::Engine& engine,
                                                     const std::string& entry) {
  const storage::KeyRef key = engine.key_ref(kCatalog, entry);
  return engine.begin_atomic({&key, 1}, engine.now_ms());
}

Result<std::optional<std::string>> first_entry(storage::Engine& engine, Bytes prefix) {
  const auto transaction = engine.begin_atomic({}, engine.now_ms());
  const auto cursor =
      transaction->scan(kCatalog, catalog::prefix_range(prefix), storage::Direction::Forward);
  LK_TRY(const bool found, cursor->next());
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(cursor->key());
}

Result<std::size_t> erase_some(storage::Transaction& transaction, storage::TreeId tree,
                               std::uint64_t members_id, std::size_t limit) {
  std::vector<std::string> keys;
  {
    const auto cursor =
        transaction.scan(tree, members_range(members_id), storage::Direction::Forward);
    while (keys.size() < limit) {
      LK_TRY(const bool found, cursor->next());
      if (!found) break;
      keys.emplace_back(cursor->key());
    }
  }
  for (const std::string& key : keys) LK_CHECK(transaction.erase(tree, key));
  return keys.size();
}

struct Step {
  std::size_t erased_count;
  bool finished;
};

/// One short transaction: some members, and the entry itself once none are left.
Result<Step> collect_step(storage::Engine& engine, const std::string& entry,
                          const MembersPlace& place, FunctionRef<bool(storage::TreeId)> in_use) {
  const storage::Engine::Turn turn(engine);
  const auto transaction = begin_on_entry(engine, entry);
  std::size_t erased_count = 0;
  for (const storage::TreeId tree : {place.members, place.scores}) {
    if (!in_use(tree) || erased_count == kStepRecordsMax) continue;
    LK_TRY(const std::size_t count,
           erase_some(*transaction, tree, place.members_id, kStepRecordsMax - erased_count));
    erased_count += count;
  }
  const bool finished = erased_count < kStepRecordsMax;
  if (finished) LK_CHECK(transaction->erase(kCatalog, entry));
  LK_CHECK(transaction->commit());
  return Step{erased_count, finished};
}

Result<void> rename_entry(storage::Engine& engine, const std::string& unborn,
                          const MembersPlace& place) {
  const auto transaction = begin_on_entry(engine, unborn);
  LK_TRY(const bool was_there, transaction->erase(kCatalog, unborn));
  if (!was_there) return {};
  LK_CHECK(transaction->put(kCatalog, entry_key(kGarbagePrefix, place), {}));
  LK_CHECK(transaction->commit());
  return {};
}

}  // namespace

Result<void> bury(storage::Transaction& transaction, const MembersPlace& place) {
  return transaction.put(kCatalog, entry_key(kGarbagePrefix, place), {});
}

Result<void> expect_birth(storage::Engine& engine, const MembersPlace& place) {
  const std::string entry = entry_key(kUnbornPrefix, place);
  const auto transaction = begin_on_entry(engine, entry);
  LK_CHECK(transaction->put(kCatalog, entry, {}));
  LK_CHECK(transaction->commit());
  return {};
}

Result<void> note_birth(storage::Transaction& transaction, const MembersPlace& place) {
  LK_TRY(const bool was_there, transaction.erase(kCatalog, entry_key(kUnbornPrefix, place)));
  LK_ASSERT(was_there);
  return {};
}

Result<void> give_up_birth(storage::Engine& engine, const MembersPlace& place) {
  return rename_entry(engine, entry_key(kUnbornPrefix, place), place);
}

Result<void> bury_all_unborn(storage::Engine& engine) {
  for (;;) {
    LK_TRY(const std::optional<std::string> entry, first_entry(engine, kUnbornPrefix));
    if (!entry.has_value()) return {};
    LK_TRY(const MembersPlace place, decode_entry(kUnbornPrefix, *entry));
    LK_CHECK(rename_entry(engine, *entry, place));
  }
}

Result<bool> collect(storage::Engine& engine, std::size_t limit,
                     FunctionRef<bool(storage::TreeId)> in_use) {
  std::size_t erased_count = 0;
  while (erased_count < limit) {
    LK_TRY(const std::optional<std::string> entry, first_entry(engine, kGarbagePrefix));
    if (!entry.has_value()) return false;
    LK_TRY(const MembersPlace place, decode_entry(kGarbagePrefix, *entry));
    for (bool finished = false; !finished && erased_count < limit;) {
      LK_TRY(const Step step, collect_step(engine, *entry, place, in_use));
      erased_count += step.erased_count + 1;
      finished = step.finished;
    }
  }
  LK_TRY(const std::optional<std::string> next, first_entry(engine, kGarbagePrefix));
  return next.has_value();
}

}  // namespace latchkey::kv::graveyard
