#include "kv/store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "kv/call.h"
#include "kv/catalog.h"
#include "kv/commands.h"
#include "kv/flushed.h"
#include "kv/graveyard.h"
#include "kv/notify_flags.h"
#include "kv/scan_cursors.h"

namespace latchkey::kv {

namespace {

constexpr Bytes kDefaultCollection = "default";

}  // namespace

Store::Store(storage::Engine& engine, env::Env env)
    : engine_(engine),
      env_(env),
      scan_cursors_(std::make_unique<ScanCursors>(env.random->next())) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(storage::Engine& engine, env::Env env) {
  std::unique_ptr<Store> store(new Store(engine, env));
  LK_TRY(auto stored, catalog::load_collections(engine));
  for (auto& [name, trees] : stored) {
    store->collections_.emplace(name, std::make_unique<Collection>(name, trees));
  }
  LK_CHECK(graveyard::bury_all_unborn(engine));
  LK_TRY(store->members_ids_, MembersIds::open(engine));
  LK_CHECK(store->collection(kDefaultCollection, Create::Yes));
  add_data_commands(store->commands_);
  return store;
}

Result<std::string> Store::collection_name(Bytes argument) {
  if (argument.empty() || argument.size() > kCollectionNameBytesMax) {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("a collection's name has 1 to {} bytes, not {}",
                             kCollectionNameBytesMax, argument.size()));
  }
  return std::string(argument == "0" ? kDefaultCollection : argument);
}

Collection* Store::find_collection(std::string_view name) {
  const std::shared_lock lock(collections_mutex_);
  const auto found = collections_.find(std::string(name));
  return found == collections_.end() ? nullptr : found->second.get();
}

Result<Collection*> Store::collection(std::string_view name, Create create) {
  if (Collection* const found = find_collection(name)) return found;
  if (create == Create::No) return nullptr;
  LK_CHECK(collection_name(name));
  // The Turn comes first: whoever holds births_mutex_ must not wait for others to leave theirs.
  const storage::Engine::Turn turn(engine_);
  const std::lock_guard births(births_mutex_);
  if (Collection* const found = find_collection(name)) return found;
  if (collections().size() >= kCollectionsMax) {
    return Error(
        ErrorCode::InvalidArgument,
        fmt::format("there are {} collections, the most there can be; '{}' was not created",
                    kCollectionsMax, name));
  }
  const std::string row = catalog::collection_key(name);
  const storage::KeyRef key = engine_.key_ref(storage::Engine::kCatalogTree, row);
  const auto transaction = engine_.begin_atomic({&key, 1}, engine_.now_ms());
  LK_TRY(const CollectionTrees trees, catalog::create_trees(*transaction));
  LK_CHECK(catalog::put_collection(*transaction, name, trees));
  LK_CHECK(transaction->commit());
  auto born = std::make_unique<Collection>(std::string(name), trees);
  Collection* const collection = born.get();
  const std::unique_lock lock(collections_mutex_);
  collections_.emplace(collection->name(), std::move(born));
  return collection;
}

std::vector<Collection*> Store::collections() {
  std::vector<Collection*> all;
  {
    const std::shared_lock lock(collections_mutex_);
    all.reserve(collections_.size());
    for (const auto& [name, collection] : collections_) all.push_back(collection.get());
  }
  std::sort(all.begin(), all.end(), [](const Collection* left, const Collection* right) {
    return left->name() < right->name();
  });
  return all;
}

Result<void> Store::flush(Collection& target) { return flush_all_of({&target}); }

Result<void> Store::flush_all() { return flush_all_of(collections()); }

Result<void> Store::flush_all_of(const std::vector<Collection*>& targets) {
  constexpr std::int64_t kSeesExpired = 0;  // see call.cc: who watches a key may know its remains
  const auto transaction = engine_.begin_atomic_on_everything(kSeesExpired);
  Flushed flushed;
  const auto flush_each = [&]() -> Result<void> {
    for (Collection* const target : targets) {
      LK_CHECK(flushed.flush(*transaction, *target, watched_absences_));
    }
    LK_CHECK(transaction->commit());
    return {};
  };
  Result<void> result = flush_each();
  if (!result.has_value()) flushed.put_back();
  return result;
}

bool Store::prefetch(Session& session, std::span<const Bytes> keys,
                     std::span<storage::KeyRef> refs) {
  LK_ASSERT(refs.size() == keys.size());
  if (session.collection == nullptr) return false;
  const storage::TreeId records = session.collection->records();
  for (std::size_t index = 0; index < keys.size(); ++index) {
    refs[index] = engine_.key_ref(records, keys[index]);
  }
  engine_.prefetch(refs);
  return true;
}

Result<bool> Store::sweep_one(Collection& collection, const storage::DueRecord& due,
                              std::int64_t now_ms, storage::Lsn& version) {
  const storage::Engine::Turn turn(engine_);
  const CollectionTrees trees = collection.trees();
  if (trees.records != due.tree) return false;
  const storage::KeyRef key = engine_.key_ref(due.tree, due.key);
  bool has_members_too = false;
  bool gone = false;
  const auto decide = [&](const storage::RecordView*,
                          const storage::RecordView* expired) -> Result<storage::Decision> {
    if (expired == nullptr) return storage::Decision::keep();
    if (has_members(static_cast<RecordKind>(expired->kind))) {
      has_members_too = true;
      return storage::Decision::keep();
    }
    watched_absences_.note_swept(due.tree, due.key, expired->version);
    gone = true;
    return storage::Decision::erase();
  };
  LK_TRY(version, engine_.update(key, now_ms, decide));
  if (!has_members_too) return gone;

  // At a moment before its deadline the record is still to be seen, and with it its members.
  const auto transaction = engine_.begin_atomic({&key, 1}, due.deadline_ms - 1);
  LK_TRY(const auto record, transaction->get(due.tree, due.key));
  if (!record.has_value() || record->deadline_ms != due.deadline_ms) return false;
  if (has_members(static_cast<RecordKind>(record->kind))) {
    const Result<MembersHeader> header = MembersHeader::decode(record->value);
    if (header.has_value()) {
      LK_CHECK(graveyard::bury(*transaction, members_place(trees, header->members_id)));
    }
  }
  watched_absences_.note_swept(due.tree, due.key, record->version);
  LK_CHECK(transaction->erase(due.tree, due.key));
  LK_TRY(version, transaction->commit());
  return true;
}

std::size_t Store::sweep(std::size_t limit) {
  const std::int64_t now_ms = engine_.now_ms();
  const std::vector<storage::DueRecord> due = engine_.due_records(now_ms, limit);
  if (due.empty()) return 0;
  std::unordered_map<std::uint32_t, Collection*> by_tree;
  for (Collection* const collection : collections()) {
    by_tree.emplace(value_of(collection->records()), collection);
  }
  std::size_t swept_count = 0;
  for (const storage::DueRecord& record : due) {
    const auto owner = by_tree.find(value_of(record.tree));
    if (owner == by_tree.end()) continue;
    storage::Lsn version{};
    const Result<bool> swept = sweep_one(*owner->second, record, now_ms, version);
    if (!swept.has_value()) {
      if (swept.error().code() == ErrorCode::RowLocked) continue;
      break;  // the engine takes no writes at present: the next sweep tries again
    }
    if (!*swept) continue;
    ++swept_count;
    count_expired(1);
    publish_event(owner->second->name(), 'x', "expired", record.key, version);
  }
  return swept_count;
}

bool Store::collect_garbage(std::size_t limit) {
  std::vector<std::uint32_t> trees;
  for (Collection* const collection : collections()) {
    trees.push_back(value_of(collection->trees().members));
    trees.push_back(value_of(collection->trees().scores));
  }
  std::sort(trees.begin(), trees.end());
  const auto in_use = [&](storage::TreeId tree) {
    return std::binary_search(trees.begin(), trees.end(), value_of(tree));
  };
  const Result<bool> more = graveyard::collect(engine_, limit, in_use);
  return more.has_value() && *more;
}

void Store::publish_events(const Session& session, const Call& call) {
  for (const Call::Event& event : call.events_) {
    publish_event(event.collection->name(), event.type, event.name, event.key, session.depends_on);
  }
}

void Store::publish_event(Bytes collection_name, char type, const char* event, Bytes key,
                          storage::Lsn depends_on) {
  const std::uint32_t flags = notify_flags.load(std::memory_order_relaxed);
  if ((flags & notify_flag(type)) == 0 || hub_.idle()) return;
  // Redis' clients listen on the number of a database, and default is their number 0.
  const Bytes name = collection_name == kDefaultCollection ? Bytes("0") : collection_name;
  if ((flags & notify_flag('K')) != 0) {
    hub_.publish(fmt::format("__keyspace@{}__:{}", name, key), event, depends_on);
  }
  if ((flags & notify_flag('E')) != 0) {
    hub_.publish(fmt::format("__keyevent@{}__:{}", name, event), key, depends_on);
  }
}

}  // namespace latchkey::kv
