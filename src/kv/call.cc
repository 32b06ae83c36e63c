#include "kv/call.h"

#include <fmt/format.h>

#include <boost/container/small_vector.hpp>
#include <optional>

#include "base/assert.h"
#include "kv/catalog.h"
#include "kv/graveyard.h"
#include "kv/members.h"
#include "kv/notify_flags.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::RecordView;

// Our transactions look at records as of the beginning of time, and so see every one that is
// stored. Whether it is past its deadline is then decided here: a record that is must still give
// its members back when another takes its place.
constexpr std::int64_t kSeesExpired = 0;

/// The members that nobody owns once `stored` has given way to `decision`, if any.
///
/// A header that does not decode owns nothing we could find: its key can still be erased.
std::optional<std::uint64_t> members_left_behind(const RecordView& stored,
                                                 const Decision& decision) {
  LK_ASSERT(decision.action != Decision::Action::Keep);
  if (!has_members(static_cast<RecordKind>(stored.kind))) return std::nullopt;
  const Result<MembersHeader> before = MembersHeader::decode(stored.value);
  if (!before.has_value()) return std::nullopt;
  const storage::NewRecord& record = decision.record;
  if (decision.action == Decision::Action::Put &&
      has_members(static_cast<RecordKind>(record.kind))) {
    const Result<MembersHeader> after = MembersHeader::decode(record.value);
    LK_ASSERT(after.has_value());
    if (after->members_id == before->members_id) return std::nullopt;
  }
  return before->members_id;
}

/// A record read in a transaction, kept past the read; headers and short values without allocating.
class StoredCopy {
 public:
  void assign(const RecordView& record) {
    view_ = record;
    if (record.value.size() <= sizeof inline_) {
      std::memcpy(inline_, record.value.data(), record.value.size());
      view_.value = Bytes(inline_, record.value.size());
    } else {
      long_.assign(record.value);
      view_.value = long_;
    }
  }
  const RecordView& view() const { return view_; }

 private:
  char inline_[128];
  std::string long_;
  RecordView view_{};
};

using KeyRefVector = boost::container::small_vector<storage::KeyRef, 4>;

struct KeyRefs {
  Call& call;
  storage::TreeId tree;
  KeyRefVector keys;
};

}  // namespace

Call::Call(Store& the_store, Session& the_session, const Command& the_command,
           Arguments the_arguments, Reply& the_reply, std::int64_t now_ms,
           storage::Transaction* transaction)
    : arguments(the_arguments),
      reply(the_reply),
      store(the_store),
      session(the_session),
      command(the_command),
      now_ms_(now_ms),
      transaction_(transaction) {
  LK_ASSERT(!arguments.empty());
}

Result<Collection*> Call::collection_to_read() {
  if (session.collection != nullptr) return session.collection;
  LK_TRY(session.collection, store.collection(session.collection_name, Store::Create::No));
  return session.collection;
}

Result<Collection*> Call::collection_to_write() {
  LK_TRY(Collection* const collection, collection_to_read());
  if (collection != nullptr) return collection;
  LK_TRY(session.collection, collection_named(session.collection_name, Store::Create::Yes));
  return session.collection;
}

Result<Collection*> Call::collection_named(Bytes name, Store::Create create) {
  LK_TRY(std::string full_name, Store::collection_name(name));
  LK_TRY(Collection* const found, store.collection(full_name, Store::Create::No));
  if (found != nullptr || create == Store::Create::No) return found;
  if (!in_transaction()) return store.collection(full_name, Store::Create::Yes);
  // A birth is a commit of its own, which this thread cannot make with a transaction open.
  unborn_collection_ = std::move(full_name);
  return Error(ErrorCode::WriteConflict,
               fmt::format("collection '{}' must be created first", unborn_collection_));
}

storage::KeyRef Call::ref_of(const Collection& collection, Bytes key) const {
  const storage::TreeId records = collection.records();
  const storage::KeyRef* const known = session.foreseen;
  if (known != nullptr && known->tree == records && known->key.data() == key.data() &&
      known->key.size() == key.size()) {
    return *known;
  }
  return store.engine().key_ref(records, key);
}

Result<bool> Call::read_record(Bytes key, FunctionRef<void(const RecordView&)> visit) {
  LK_TRY(Collection* const collection, collection_to_read());
  if (collection == nullptr) {
    depend_on_everything();
    if ((command.flags & kRead) != 0) ++session.misses;
    return false;
  }
  if (in_transaction()) return read_record_in(*collection, key, visit);
  storage::Engine& engine = store.engine();
  const storage::KeyRef ref = ref_of(*collection, key);
  LK_TRY(const bool found, engine.read(ref, now_ms_, [&](const RecordView& record) {
    depend_on(record.version);
    visit(record);
  }));
  if (!found) {
    note_miss(*collection, key);
  } else if ((command.flags & kRead) != 0) {
    ++session.hits;
  }
  return found;
}

Result<bool> Call::read_record_in(Collection& collection, Bytes key,
                                  FunctionRef<void(const RecordView&)> visit) {
  LK_ASSERT(in_transaction());
  bool live = false;
  LK_CHECK(transaction_->read(collection.records(), key, [&](const RecordView& record) {
    if (is_expired(record)) return;
    live = true;
    depend_on(record.version);
    visit(record);
  }));
  if (!live) {
    note_miss(collection, key);
  } else if ((command.flags & kRead) != 0) {
    ++session.hits;
  }
  return live;
}

Result<void> Call::update_record(Bytes key, Decide decide) {
  LK_TRY(Collection* const collection, collection_to_read());
  if (collection == nullptr && (command.flags & kGrows) == 0) {
    // What does not add anything finds nothing here, and does not bring the collection to life.
    depend_on_everything();
    LK_TRY(const Decision decision, decide(nullptr));
    LK_ASSERT(decision.action != Decision::Action::Put);
    return {};
  }
  LK_TRY(Collection* const target, collection_to_write());
  if (!in_transaction()) {
    LK_TRY(const bool done, update_alone(*target, key, decide));
    if (done) return {};
    transaction();
  }
  return update_in_transaction(*target, key, decide);
}

Result<void> Call::update_record_in(Collection& collection, Bytes key, Decide decide) {
  return update_in_transaction(collection, key, decide);
}

/// Returns false, having changed nothing, when members must go with the record.
Result<bool> Call::update_alone(Collection& collection, Bytes key, Decide decide) {
  storage::Engine& engine = store.engine();
  const storage::KeyRef ref = ref_of(collection, key);
  storage::Lsn seen{};
  bool leaves_members = false;
  bool replaces_expired = false;
  bool is_new = false;
  const auto decide_once = [&](const RecordView* live,
                               const RecordView* expired) -> Result<Decision> {
    if (live != nullptr) seen = live->version;
    LK_TRY(const Decision decision, decide(live));
    if (decision.action == Decision::Action::Keep) return decision;
    const RecordView* const stored = live != nullptr ? live : expired;
    if (stored == nullptr) {
      is_new = decision.action == Decision::Action::Put;
      return decision;
    }
    if (members_left_behind(*stored, decision).has_value()) {
      leaves_members = true;
      return Decision::keep();
    }
    if (live == nullptr) {
      replaces_expired = true;
      is_new = decision.action == Decision::Action::Put;
    } else if (decision.action == Decision::Action::Erase) {
      store.watched_absences().note_erased(ref.tree, key);
    }
    return decision;
  };
  LK_TRY(const storage::Lsn written, engine.update(ref, now_ms_, decide_once, &session.blocked_on));
  if (leaves_members) return false;
  if (written != storage::Lsn{0}) {
    depend_on(written);
  } else if (seen != storage::Lsn{0}) {
    depend_on(seen);
  } else {
    depend_on_everything();
  }
  if (replaces_expired) {
    store.count_expired(1);
    notify('x', "expired", key);
  }
  if (is_new) notify('n', "new", key);
  return true;
}

Result<void> Call::update_in_transaction(Collection& collection, Bytes key, Decide decide) {
  LK_ASSERT(in_transaction());
  const CollectionTrees trees = collection.trees();
  StoredCopy copy;
  LK_TRY(const bool is_stored,
         transaction_->read_for_update(trees.records, key,
                                       [&](const RecordView& record) { copy.assign(record); }));
  const bool live = is_stored && !is_expired(copy.view());
  if (live) {
    depend_on(copy.view().version);
  } else {
    depend_on_everything();
  }
  LK_TRY(const Decision decision, decide(live ? &copy.view() : nullptr));
  if (decision.action == Decision::Action::Keep) return {};
  if (is_stored) {
    if (const auto members_id = members_left_behind(copy.view(), decision)) {
      LK_CHECK(graveyard::bury(*transaction_, members_place(trees, *members_id)));
    }
    if (!live) {
      store.count_expired(1);
      notify_in(collection, 'x', "expired", key);
    }
  }
  if (decision.action == Decision::Action::Erase) {
    if (live) store.watched_absences().note_erased(trees.records, key);
    LK_CHECK(transaction_->erase(trees.records, key));
    return {};
  }
  LK_CHECK(transaction_->put(trees.records, key, decision.record));
  if (!live) notify_in(collection, 'n', "new", key);
  return {};
}

Result<void> Call::erase_record_but_not_members(Bytes key) {
  LK_ASSERT(in_transaction());
  LK_TRY(Collection* const collection, collection_to_write());
  store.watched_absences().note_erased(collection->records(), key);
  LK_TRY(const bool was_there, transaction_->erase(collection->records(), key));
  LK_ASSERT(was_there);
  return {};
}

storage::Transaction& Call::transaction() {
  if (transaction_ != nullptr) return *transaction_;
  storage::Engine& engine = store.engine();
  if ((command.flags & kEverything) != 0) {
    own_transaction_ = engine.begin_atomic_on_everything(kSeesExpired);
    transaction_ = own_transaction_.get();
    return *transaction_;
  }
  KeyRefVector keys;
  const Result<Collection*> collection = collection_to_read();
  if (collection.has_value() && *collection != nullptr) {
    KeyRefs refs{*this, (*collection)->records(), {}};
    const auto add = [](void* context, std::size_t index) {
      KeyRefs& to = *static_cast<KeyRefs*>(context);
      to.keys.push_back(to.call.store.engine().key_ref(to.tree, to.call.argument(index)));
    };
    for_each_key(command, arguments, add, &refs);
    keys = std::move(refs.keys);
  }
  return begin_transaction_over({keys.data(), keys.size()});
}

storage::Transaction& Call::begin_transaction_over(std::span<const storage::KeyRef> keys) {
  LK_ASSERT(transaction_ == nullptr);
  own_transaction_ = store.engine().begin_atomic(keys, kSeesExpired);
  transaction_ = own_transaction_.get();
  return *transaction_;
}

Result<void> Call::commit_transaction() {
  LK_ASSERT(own_transaction_ != nullptr);
  LK_TRY(const storage::Lsn version, own_transaction_->commit());
  depend_on(version);
  drop_transaction();
  return {};
}

void Call::drop_transaction() {
  LK_ASSERT(own_transaction_ != nullptr);
  own_transaction_.reset();
  transaction_ = nullptr;
}

void Call::note_miss(const Collection& collection, Bytes key) {
  depend_on_everything();
  // As in Redis, a miss is news only of a command that is there to read.
  if ((command.flags & kRead) == 0) return;
  ++session.misses;
  notify_in(collection, 'm', "keymiss", key);
}

void Call::depend_on_everything() { depend_on(store.engine().appended_lsn()); }

Result<void> Call::flush(Collection& collection) {
  LK_ASSERT(in_transaction());
  return flushed_.flush(*transaction_, collection, store.watched_absences());
}

void Call::notify_if_wanted(const Collection& collection, char type, const char* event, Bytes key) {
  LK_ASSERT(notify_flag(type) != 0);
  const std::uint32_t flags = store.notify_flags.load(std::memory_order_relaxed);
  const bool is_wanted =
      (flags & notify_flag(type)) != 0 && (flags & (notify_flag('K') | notify_flag('E'))) != 0;
  if (is_wanted) events_.push_back({type, event, std::string(key), &collection});
}

std::size_t Call::publish(Hub& hub, Bytes channel, Bytes payload) {
  if (!in_transaction_of_exec()) return hub.publish(channel, payload);
  const std::size_t receiver_count = hub.receiver_count(channel);
  if (receiver_count != 0) {
    events_.push_back({0, nullptr, std::string(channel), nullptr, &hub, std::string(payload)});
  }
  return receiver_count;
}

Error Call::syntax_error() { return Error(ErrorCode::InvalidArgument, "syntax error"); }

Error Call::not_an_integer() {
  return Error(ErrorCode::InvalidArgument, "value is not an integer or out of range");
}

Error Call::not_a_float() {
  return Error(ErrorCode::InvalidArgument, "value is not a valid float");
}

Error Call::wrong_type() {
  return Error(ErrorCode::KeyWrongType, "Operation against a key holding the wrong kind of value");
}

Error Call::out_of_range() { return Error(ErrorCode::InvalidArgument, "index out of range"); }

Error error_for_door(Error error) {
  if (error.code() != ErrorCode::MemoryExhausted) return error;
  return Error(ErrorCode::MemoryExhausted, "command not allowed when used memory > 'maxmemory'.");
}

}  // namespace latchkey::kv
