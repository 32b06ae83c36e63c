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
    if (ended == Try::Waits) return Outcome::Waits;
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
  if (result.has_value() && call.waits_) {
    reply.rewind(mark);
    return Try::Waits;
  }
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
    if ((command.flags & kFeeds) != 0) feed_waiting(command, arguments);
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

void Store::feed_waiting(const Command& command, Arguments arguments) {
  if (waiting_.empty()) [[likely]]
    return;
  const storage::Engine::Turn turn(engine_);
  struct Feed {
    Store& store;
    Arguments arguments;
  } feed{*this, arguments};
  const auto serve = [](void* context, std::size_t index) {
    Feed& to = *static_cast<Feed*>(context);
    const Bytes key = to.arguments[index];
    to.store.waiting_.serve(
        key, [&](WaitingCommand& waiting) { return to.store.run_waiting(waiting, &key); });
  };
  for_each_key(command, arguments, serve, &feed);
}

WaitingCommands::Tried Store::run_waiting(WaitingCommand& waiting, const Bytes* ready_key) {
  Session& session = waiting.session_;
  session.ready_key = ready_key;
  session.depends_on = storage::Lsn{0};
  const Outcome outcome = execute(session, waiting.command_, waiting.arguments_, waiting.reply_);
  session.ready_key = nullptr;
  if (outcome == Outcome::Done) return WaitingCommands::Tried::Answered;
  if (outcome == Outcome::Blocked) {
    engine_.when_unlocked(session.blocked_on, [kept = waiting.shared_from_this()] {
      kept->must_retry_.store(true, std::memory_order_release);
      kept->wake_();
    });
  }
  return WaitingCommands::Tried::Waits;
}

void Store::wait(WaitingCommand& command) {
  const storage::Engine::Turn turn(engine_);
  waiting_.add(command);
  // What came between its execution and add() has told nobody.
  waiting_.serve(command, [&](WaitingCommand& waiting) { return run_waiting(waiting, nullptr); });
}

void Store::retry(WaitingCommand& command) {
  const storage::Engine::Turn turn(engine_);
  feed_waiting(command.command_, command.arguments_);
}

}  // namespace latchkey::kv
