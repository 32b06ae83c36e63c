#include <string>

#include "base/text.h"
#include "kv/call.h"
#include "kv/commands.h"
#include "kv/walk.h"

namespace latchkey::kv {

namespace {

using storage::RecordView;

// Records past their deadline that a running EXEC must tell from live ones; the sweeper seldom
// leaves more than a few.
constexpr std::size_t kDueRecordsMax = 1u << 20;

/// Inside an EXEC: its transaction counts what is past its deadline too.
Result<std::uint64_t> count_in_transaction(Call& call, const Collection& collection) {
  storage::Transaction& transaction = call.transaction();
  LK_TRY(std::uint64_t count, transaction.count(collection.records()));
  const auto due = call.store.engine().due_records(call.now_ms(), kDueRecordsMax);
  for (const storage::DueRecord& record : due) {
    if (record.tree != collection.records()) continue;
    bool is_counted = false;
    const auto look = [&](const RecordView& stored) {
      is_counted =
          stored.deadline_ms != storage::kNoDeadline && stored.deadline_ms <= call.now_ms();
    };
    LK_CHECK(transaction.read(record.tree, record.key, look));
    count -= is_counted ? 1 : 0;
  }
  return count;
}

Result<void> dbsize(Call& call) {
  LK_TRY(const Collection* const collection, call.collection_to_read());
  std::uint64_t count = 0;
  if (collection != nullptr) {
    if (call.in_transaction()) {
      LK_TRY(count, count_in_transaction(call, *collection));
    } else {
      const auto transaction = call.store.engine().begin_atomic({}, call.now_ms());
      LK_TRY(count, transaction->count(collection->records()));
    }
  }
  call.depend_on_everything();
  call.reply.integer(static_cast<std::int64_t>(count));
  return {};
}

/// The engine chooses among what is committed. Inside an EXEC, which may have changed that, the
/// choice is among the first records only.
Result<void> randomkey(Call& call) {
  LK_TRY(const Collection* const collection, call.collection_to_read());
  std::string chosen;
  bool found = false;
  if (call.in_transaction()) {
    std::uint64_t seen_count = 0;
    const auto visit = [&](Bytes key, const RecordView* live) {
      if (live == nullptr) return Go::On;
      if (call.store.environment().random->next() % ++seen_count == 0) chosen.assign(key);
      return seen_count < kWalkStepRecords ? Go::On : Go::Stop;
    };
    LK_CHECK(walk_records(call, {}, visit));
    found = seen_count != 0;
  } else if (collection != nullptr) {
    LK_TRY(auto key, call.store.engine().random_key(collection->records(), call.now_ms()));
    found = key.has_value();
    if (found) chosen = std::move(*key);
  }
  call.depend_on_everything();
  if (found) {
    call.reply.bulk(chosen);
  } else {
    call.reply.null();
  }
  return {};
}

/// ASYNC and SYNC are the same here: the trees go at once, their pages are given back later.
Result<void> check_flush_options(const Call& call) {
  if (call.argument_count() == 1) return {};
  const Bytes word = call.argument(1);
  const bool known = equals_ignore_case(word, "ASYNC") || equals_ignore_case(word, "SYNC");
  if (call.argument_count() > 2 || !known) return Call::syntax_error();
  return {};
}

Result<void> flushdb(Call& call) {
  LK_CHECK(check_flush_options(call));
  LK_TRY(Collection* const collection, call.collection_to_read());
  if (collection != nullptr) {
    call.transaction();
    LK_CHECK(call.flush(*collection));
  }
  call.reply.ok();
  return {};
}

Result<void> flushall(Call& call) {
  LK_CHECK(check_flush_options(call));
  call.transaction();
  for (Collection* const collection : call.store.collections()) {
    LK_CHECK(call.flush(*collection));
  }
  call.reply.ok();
  return {};
}

Result<void> swapdb(Call&) {
  return Error(ErrorCode::NotSupported,
               "SWAPDB is not supported: collections have names, which cannot be swapped");
}

constexpr Command kRows[] = {
    // name, arity, keys, flags, handler, group, cost, summary
    {"DBSIZE", exactly(1), kNoKeys, kRead | kFast, &dbsize, "server", "1",
     "Returns how many keys the collection has."},
    {"FLUSHALL", at_least(1), kNoKeys, kWrite | kEverything, &flushall, "server",
     "n, n collections", "Removes every key of every collection."},
    {"FLUSHDB", at_least(1), kNoKeys, kWrite | kEverything, &flushdb, "server", "1",
     "Removes every key of the collection."},
    {"RANDOMKEY", exactly(1), kNoKeys, kRead, &randomkey, "generic", "1",
     "Returns any key of the collection."},
    {"SWAPDB", exactly(3), kNoKeys, kWrite, &swapdb, "server", "1",
     "Refused: collections cannot be swapped."},
};
static_assert(is_sorted_by_name(kRows));

}  // namespace

void add_collection_commands(CommandTable& table) { table.add(kRows); }

}  // namespace latchkey::kv
