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
  LK_CHECK(members_ids_->refill_if_low());
  if (session.collection != nullptr) return {};
  LK_TRY(session.collection, collection(session.collection_name, Create::Yes));
  return {};
}

Outcome Store::execute(Session& session, const Command& command, Arguments arguments,
                       Reply& reply) {
  LK_ASSERT(command.arity.admits(arguments.size()));
  for (int tries_left = kTriesMax; tries_left > 1; --tries_left) {
    const std::size_t mark = reply.mark();
    const Outcome outcome = execute_once(session, command, arguments, reply, false);
    if (outcome == Outcome::Blocked || reply.mark() != mark) return outcome;
  }
  return execute_once(session, command, arguments, reply, true);
}

/// Replies nothing at all when the command is to be run again.
Outcome Store::execute_once(Session& session, const Command& command, Arguments arguments,
                            Reply& reply, bool last_try) {
  const std::size_t mark = reply.mark();
  if (Result<void> prepared = prepare(session, command); !prepared.has_value()) {
    reply.error(error_for_door(std::move(prepared).error()));
    return Outcome::Done;
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
    return Outcome::Done;
  }
  reply.rewind(mark);
  call.flushed_.put_back();
  const ErrorCode code = result.error().code();
  if (code == ErrorCode::RowLocked) {
    if (call.own_transaction_ != nullptr && call.own_transaction_->blocked_on().has_value()) {
      session.blocked_on = *call.own_transaction_->blocked_on();
    }
    return Outcome::Blocked;
  }
  if (code == ErrorCode::WriteConflict && !last_try) return Outcome::Done;
  reply.error(error_for_door(std::move(result).error()));
  return Outcome::Done;
}

}  // namespace latchkey::kv
