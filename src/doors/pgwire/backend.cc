#include "doors/pgwire/backend.h"

#include <utility>

#include "base/assert.h"

namespace latchkey::pgwire {

namespace {

/// Of a message that should be its type and no more.
Error not_empty() { return Error(ErrorCode::ProtocolError, "invalid message format"); }

}  // namespace

Backend::Backend(const BackendContext& context, Line& line, std::string client_address)
    : context_(context), line_(line), client_address_(std::move(client_address)), replies_(line) {}

Backend::~Backend() { end(); }

void Backend::end() {
  if (session_ == nullptr) return;
  line_.retract();
  replies_.set_session(nullptr);
  session_.reset();
}

bool Backend::is_quick(const Message& message) {
  constexpr std::size_t kShortBytes = 4096;
  constexpr std::size_t kParameterBytes = 64 * 1024;
  if (stage_ != Stage::Ready || message.fault.has_value()) return false;
  if (message.type == FrontendType::Sync) return session_->is_quick_sync();
  if (skips_to_sync_) return message.type != FrontendType::Terminate;
  switch (message.type) {
    case FrontendType::Query: {
      const auto text = parse_text_message(message.body);
      return text.has_value() && session_->foresee(*text);
    }
    case FrontendType::Parse:
      return message.body.size() <= kShortBytes;
    case FrontendType::Bind:
      return message.body.size() <= kParameterBytes;
    case FrontendType::Execute: {
      const auto execute = parse_execute(message.body);
      return execute.has_value() && session_->is_quick_portal(execute->portal);
    }
    case FrontendType::Describe:
    case FrontendType::Close:
    case FrontendType::Flush:
      return true;
    default:
      return false;
  }
}

Backend::Next Backend::handle_quick(const Message& message) {
  session_->set_patience(sql::Session::Patience::GivesUp);
  const Next next = handle(message);
  session_->set_patience(sql::Session::Patience::Waits);
  return next;
}

Backend::Next Backend::handle(const Message& message) {
  if (message.fault.has_value()) return fatal(*message.fault);
  switch (stage_) {
    case Stage::Startup:
      return handle_startup(message.body);
    case Stage::Authentication:
      return handle_password(message);
    case Stage::Ready:
      return handle_command(message);
  }
  return Next::Close;
}

Backend::Next Backend::handle_command(const Message& message) {
  LK_ASSERT(session_ != nullptr);
  switch (message.type) {
    case FrontendType::Terminate:
      return Next::Close;
    case FrontendType::Sync:
      return message.body.empty() ? sync() : end_simple(not_empty());
    case FrontendType::CopyData:
    case FrontendType::CopyDone:
    case FrontendType::CopyFail:
      // Sent before the client learned that its COPY has failed.
      return Next::Go;
    default:
      break;
  }
  if (skips_to_sync_) return Next::Go;
  switch (message.type) {
    case FrontendType::Query:
      return query(message.body);
    case FrontendType::FunctionCall:
      return refuse_function_call();
    case FrontendType::Flush:
      if (!message.body.empty()) return fail_extended(not_empty());
      (void)replies_.flush(Room::Take);
      return Next::Go;
    default:
      return handle_extended(message);
  }
}

Backend::Next Backend::query(Bytes body) {
  awaits_command_ = false;
  const std::size_t said_before = replies_.size();
  const auto text = parse_text_message(body);
  if (!text.has_value()) return end_simple(text.error());
  ReplySink sink(ReplySink::Protocol::Simple, {}, line_, replies_, *session_);
  const auto ran = session_->run(*text, sink);
  if (!ran.has_value() && session_->take_would_wait()) {
    replies_.take_back(said_before);
    return Next::Wait;
  }
  if (!ran.has_value() && report(ran.error()) == Next::Close) return Next::Close;
  if (sink.lost_synchronization()) return lose_synchronization();
  ready();
  return Next::Go;
}

Backend::Next Backend::sync() {
  skips_to_sync_ = false;
  const auto ended = session_->sync();
  if (!ended.has_value() && report(ended.error()) == Next::Close) return Next::Close;
  ready();
  return Next::Go;
}

Backend::Next Backend::refuse_function_call() {
  awaits_command_ = false;
  return end_simple(Error(ErrorCode::NotSupported, "the function call protocol is not supported")
                        .with_hint("Call the function in a SELECT."));
}

/// An error that the door itself finds outside of the extended protocol: the transaction fails as
/// with any other, and the client is told at once what comes next.
Backend::Next Backend::end_simple(const Error& error) {
  session_->fail();
  if (report(error) == Next::Close) return Next::Close;
  return sync();
}

Backend::Next Backend::report(const Error& error) {
  if (error.code() == ErrorCode::ShuttingDown) return fatal(error);
  replies_.writer().error(Gravity::Error, error);
  (void)replies_.flush(Room::Take);
  return Next::Go;
}

Backend::Next Backend::fatal(const Error& error) {
  replies_.writer().error(Gravity::Fatal, error);
  (void)replies_.flush(Room::Take);
  return Next::Close;
}

Backend::Next Backend::lose_synchronization() {
  return fatal(Error(ErrorCode::ProtocolError,
                     "terminating connection because protocol synchronization was lost"));
}

/// All that PostgreSQL says before it waits for a command, in its order.
void Backend::ready() {
  const sql::TransactionState state = session_->transaction_state();
  if (state == sql::TransactionState::Idle) {
    formats_.clear();  // portals end with their transaction
    write_notifications();
  }
  for (const auto& [name, value] : session_->take_changed_settings())
    replies_.writer().parameter_status(name, value);
  replies_.writer().ready_for_query(state);
  awaits_command_ = true;
  (void)replies_.flush(Room::Take);
}

void Backend::write_notifications() {
  for (const sql::Notification& notification : session_->take_notifications()) {
    replies_.writer().notification(notification);
    (void)replies_.flush_pieces();
  }
}

void Backend::notify() {
  if (stage_ != Stage::Ready || !awaits_command_) return;
  if (session_->transaction_state() != sql::TransactionState::Idle) return;
  write_notifications();
  (void)replies_.flush(Room::Take);
}

}  // namespace latchkey::pgwire
