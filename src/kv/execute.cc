#include "base/assert.h"
#include "kv/call.h"
#include "kv/store.h"

namespace latchkey::kv {

namespace {

// A transaction over named keys meets WriteConflict only when FLUSHDB took its trees meanwhile,
// which is over after one more try. The bound is for what we overlook.
constexpr int kTriesMax = 8;

}  // namespace

Result<void> Store::prepare(Session& session, const Command& command) {
  if ((command.flags & kGrows) == 0) return {};
  if (members_ids_->low()) [[unlikely]]
    LK_CHECK(members_ids_->refill_if_low());
  if (session.collection != nullptr) return {};
  LK_TRY(session.collection, collection(session.collection_name, Create::Yes));
  return {};
}

Outcome Store::execute(Session& session, const Command& command, Arguments arguments,
                       Reply& reply) {
  LK_ASSERT(command.arity.admits(arguments.size()));
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const Try ended = execute_once(session, command, arguments, reply);
    if (ended == Try::Done) return Outcome::Done;
    if (ended == Try::Blocked) return Outcome::Blocked;
  }
  reply.error(Error(ErrorCode::WriteConflict));
  return Outcome::Done;
}

Store::Try Store::execute_once(Session& session, const Command& command, Arguments arguments,
                               Reply& reply) {
  const std::size_t mark = reply.mark();
  if (Result<void> prepared = prepare(session, command); !prepared.has_value()) {
    reply.error(error_for_door(std::move(prepared).error()));
    return Try::Done;
  }
  const std::int64_t now_ms = session.now_ms != 0 ? session.now_ms : engine_.now_ms();
  Call call(*this, session, command, arguments, reply, now_ms, nullptr);
  Result<void> result = command.handler(call);
  if (result.has_value() && call.own_transaction_ != nullptr) {
    Result<storage::Lsn> committed = call.own_transaction_->commit();
    if (committed.has_value()) {
      call.depend_on(*committed);
    } else {
      result = std::move(committed).error();
    }
  }
  if (result.has_value()) {
    LK_ASSERT_SLOW(reply.mark() != mark);
    if (!call.events_.empty()) publish_events(session, call);
    return Try::Done;
  }
  reply.rewind(mark);
  call.flushed_.put_back();
  const ErrorCode code = result.error().code();
  if (code == ErrorCode::RowLocked) {
    if (call.own_transaction_ != nullptr && call.own_transaction_->blocked_on().has_value()) {
      session.blocked_on = *call.own_transaction_->blocked_on();
    }
    return Try::Blocked;
  }
  if (code == ErrorCode::WriteConflict) return Try::Again;
  reply.error(error_for_door(std::move(result).error()));
  return Try::Done;
}

}  // namespace latchkey::kv
