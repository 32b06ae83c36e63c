#include "kv/walk.h"

#include <string>

#include "base/assert.h"

namespace latchkey::kv {

namespace {

using Visit = FunctionRef<Go(Bytes key, const storage::RecordView* live)>;

struct Walk {
  Call& call;
  storage::KeyRange rest;
  Visit visit;
  bool ended = false;
};

Result<void> walk_step(Walk& walk, storage::Transaction& transaction, storage::TreeId records,
                       std::size_t limit) {
  const auto cursor = transaction.scan(records, walk.rest, storage::Direction::Forward);
  std::string last;
  for (std::size_t visited_count = 0; visited_count < limit; ++visited_count) {
    LK_TRY(const bool found, cursor->next());
    walk.ended = !found;
    if (walk.ended) return {};
    const storage::RecordView& record = cursor->record();
    const bool expired =
        record.deadline_ms != storage::kNoDeadline && record.deadline_ms <= walk.call.now_ms();
    walk.ended = walk.visit(cursor->key(), expired ? nullptr : &record) == Go::Stop;
    if (walk.ended) return {};
    if (visited_count + 1 == limit) last.assign(cursor->key());
  }
  last.push_back('\0');
  walk.rest.begin = std::move(last);
  return {};
}

}  // namespace

Result<void> walk_records(Call& call, storage::KeyRange range, Visit visit) {
  LK_TRY(Collection* const collection, call.collection_to_read());
  Walk walk{call, std::move(range), visit};
  if (collection == nullptr) {
    call.depend_on_everything();
    return {};
  }
  while (!walk.ended) {
    if (call.in_transaction()) {
      LK_CHECK(walk_step(walk, call.transaction(), collection->records(), kWalkStepRecords));
      continue;
    }
    storage::Engine& engine = call.store.engine();
    const storage::Engine::Turn turn(engine);
    const auto transaction = engine.begin_atomic({}, 0);
    LK_CHECK(walk_step(walk, *transaction, collection->records(), kWalkStepRecords));
  }
  call.depend_on_everything();
  return {};
}

}  // namespace latchkey::kv
