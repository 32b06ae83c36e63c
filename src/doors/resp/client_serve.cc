#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/text.h"
#include "doors/resp/client.h"
#include "doors/resp/client_parts.h"
#include "doors/resp/door_state.h"
#include "kv/foresight.h"

namespace latchkey::resp {

namespace {

using kv::Arguments;

/// How Redis shows the beginning of a command it does not know.
std::string unknown_command_text(Arguments arguments) {
  constexpr std::size_t kShownBytes = 128;
  std::string shown;
  for (std::size_t i = 1; i < arguments.size() && shown.size() < kShownBytes; ++i) {
    shown += '\'';
    shown += arguments[i].substr(0, kShownBytes - shown.size() + 1);
    shown += "' ";
  }
  return fmt::format("unknown command '{}', with args beginning with: {}",
                     arguments[0].substr(0, kShownBytes), shown);
}

bool may_run_while_subscribed(const kv::Command& command) {
  constexpr std::uint32_t kListening = kv::kPubSub;
  return (command.flags & kListening) != 0 || command.name == "PING" || command.name == "QUIT" ||
         command.name == "RESET";
}

/// An argument as MONITOR shows it.
std::string quoted(Bytes argument) {
  std::string text = "\"";
  for (const char c : argument) {
    switch (c) {
      case '\\':
      case '"':
        text += '\\';
        text += c;
        break;
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\a':
        text += "\\a";
        break;
      case '\b':
        text += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          text += c;
        } else {
          text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
  }
  return text + '"';
}

/// What of a command may be shown in a log: passwords may not.
Arguments without_secrets(const kv::Command& command, Arguments arguments) {
  if (command.name == "AUTH" || command.name == "HELLO") return arguments.first(1);
  if (command.name == "CONFIG") return arguments.first(std::min<std::size_t>(arguments.size(), 3));
  return arguments;
}

}  // namespace

net::Progress Client::serve() {
  WorkerState& worker = *door_.workers[channel_.worker_index()];
  const std::int64_t began_us = channel_.turn_us();
  info_.active_us.store(began_us, std::memory_order_relaxed);
  std::size_t executed = 0;
  while (!channel_.input().empty()) {
    if (info_.killed.load(std::memory_order_relaxed)) return net::Progress::Drop;
    Request requests[kBatch];
    std::size_t count = 0;
    const net::Progress taken = take_batch(worker, requests, count);
    if (count == 0) return taken;
    session_.now_ms = door_.store.engine().now_ms();
    storage::KeyRef refs[kBatch];
    prefetch(worker, {requests, count}, refs);
    worker.tick_mark = ticks();
    std::size_t consumed = 0;
    Next next = Next::Go;
    for (std::size_t i = 0; i < count && next == Next::Go; ++i) {
      session_.foreseen = requests[i].key;
      next = run(worker, requests[i].indexed,
                 {worker.arguments.data() + requests[i].first, requests[i].count});
      const bool runs_again = next == Next::Wait && (wait_ == Wait::Lock || wait_ == Wait::Pause);
      if (!runs_again) consumed = requests[i].end;
      if (!mail_.empty()) write_pushes();
    }
    session_.foreseen = nullptr;
    session_.now_ms = 0;
    if (const auto hits = std::exchange(session_.hits, 0); hits != 0)
      worker.statistics.hits.add(hits);
    if (const auto misses = std::exchange(session_.misses, 0); misses != 0)
      worker.statistics.misses.add(misses);
    turn_.reset();
    channel_.input().consume(consumed);
    parser_.reset();
    if (next == Next::Close) return net::Progress::Close;
    if (next == Next::Wait) return net::Progress::Waiting;
    executed += count;
    if (channel_.input().empty()) break;
    const bool spent = executed >= kTurnCommands ||
                       channel_.output().size() > net::kOutputSoftBytes ||
                       door_.now_us() - began_us > kTurnUs;
    if (spent) return net::Progress::More;
  }
  return net::Progress::Idle;
}

/// Finds the next requests. Without one, says how the turn ends.
net::Progress Client::take_batch(WorkerState& worker, Request (&requests)[kBatch],
                                 std::size_t& count) {
  constexpr std::size_t kArgumentsKept = 4096;
  std::vector<Bytes>& arguments = worker.arguments;
  arguments.clear();
  if (arguments.capacity() > kArgumentsKept) arguments.shrink_to_fit();
  const Bytes input = channel_.input().view();
  const RequestLimits request_limits = limits();
  std::size_t offset = 0;
  const IndexedCommand* indexed = nullptr;
  Bytes last_name;
  while (!parser_.in_progress() && count < kBatch && offset < input.size()) {
    const std::size_t first = arguments.size();
    const std::size_t size =
        RequestParser::parse_whole(input.substr(offset), request_limits, arguments);
    if (size == 0) break;
    offset += size;
    // Pipelines say the same command again and again.
    const Bytes name = arguments[first];
    if (count == 0 || name != last_name) indexed = door_.index.find(name);
    last_name = name;
    requests[count++] = {indexed, first, arguments.size() - first, offset, nullptr};
  }
  if (count > 0) return net::Progress::Idle;
  switch (parser_.parse(input, request_limits, arguments)) {
    case RequestParser::Outcome::Incomplete:
      return net::Progress::Idle;
    case RequestParser::Outcome::Request:
      if (!arguments.empty()) {
        requests[count++] = {door_.index.find(arguments[0]), 0, arguments.size(),
                             parser_.consumed(), nullptr};
        return net::Progress::Idle;
      }
      // An empty line or a request of no arguments asks for nothing.
      channel_.input().consume(parser_.consumed());
      parser_.reset();
      return channel_.input().empty() ? net::Progress::Idle : net::Progress::More;
    case RequestParser::Outcome::Invalid:
      writer_->error(Error(ErrorCode::ProtocolError, parser_.error()));
      return net::Progress::Close;
    case RequestParser::Outcome::OtherProtocol:
      door_.other_protocol_count.fetch_add(1, std::memory_order_relaxed);
      door_.log(
          net::LogLevel::Warning,
          fmt::format("closing connection {} from {}: it speaks {} at the door of Redis clients",
                      info_.id, info_.address, parser_.error()));
      return net::Progress::Drop;
  }
  return net::Progress::Idle;
}

/// One request that came alone: its key's memory is fetched together with the other connections'.
/// Pipelines see to themselves.
void Client::foresee() {
  const bool serves = wait_ == Wait::None && session_.authenticated && transaction_ == nullptr;
  if (!serves || session_.collection == nullptr || parser_.in_progress()) return;
  WorkerState& worker = *door_.workers[channel_.worker_index()];
  const bool fits =
      worker.foreseen_count < WorkerState::kForeseenMax &&
      (worker.foreseen_count == 0 || worker.foreseeing->collection == session_.collection);
  if (!fits) return;
  const Bytes input = channel_.input().view();
  worker.arguments.clear();
  if (RequestParser::parse_whole(input, limits(), worker.arguments) != input.size()) return;
  if (worker.arguments.size() < 2) return;
  const IndexedCommand* indexed = door_.index.find(worker.arguments[0]);
  if (indexed == nullptr || (indexed->command->flags & kv::kOneKey) == 0) return;
  worker.foreseeing = &session_;
  worker.foreseen[worker.foreseen_count++] = worker.arguments[1];
}

void Client::fetch_foreseen() {
  WorkerState& worker = *door_.workers[channel_.worker_index()];
  if (worker.foreseen_count > 1) {
    storage::KeyRef refs[WorkerState::kForeseenMax];
    door_.store.prefetch(*worker.foreseeing, {worker.foreseen, worker.foreseen_count},
                         {refs, worker.foreseen_count});
  }
  worker.foreseen_count = 0;
}

/// The keys of a pipeline lie in memory that is far away: ask for all of it before the first is
/// used.
void Client::prefetch(WorkerState& worker, std::span<Request> requests,
                      storage::KeyRef (&refs)[kBatch]) {
  if (requests.size() < 2 || transaction_ != nullptr || !session_.authenticated) return;
  Bytes keys[kBatch];
  Request* askers[kBatch];
  std::size_t count = 0;
  for (Request& request : requests) {
    const IndexedCommand* indexed = request.indexed;
    if (indexed == nullptr || (indexed->command->flags & kv::kOneKey) == 0 || request.count < 2)
      continue;
    askers[count] = &request;
    keys[count++] = worker.arguments[request.first + 1];
  }
  if (count < 2 || !door_.store.prefetch(session_, {keys, count}, {refs, count})) return;
  kv::ForeseenCall calls[kBatch];
  std::size_t call_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    askers[i]->key = &refs[i];
    const kv::Command* const command = askers[i]->indexed->command;
    if ((command->flags & (kv::kMemberSecond | kv::kMemberThird)) == 0) continue;
    calls[call_count++] = {
        command, {worker.arguments.data() + askers[i]->first, askers[i]->count}, &refs[i]};
  }
  if (call_count < 2) return;
  if (!turn_.has_value()) turn_.emplace(door_.store.engine());
  kv::foresee_members(door_.store, session_, {calls, call_count});
}

Client::Next Client::run(WorkerState& worker, const IndexedCommand* indexed, Arguments arguments) {
  const std::size_t mark = writer_->mark();
  Next next = Next::Go;
  if (indexed != nullptr) {
    next = run_known(worker, *indexed, arguments);
  } else if (equals_ignore_case(arguments[0], "POST") ||
             equals_ignore_case(arguments[0], "Host:")) {
    return Next::Close;
  } else {
    reject(Error(ErrorCode::UnknownCommand, unknown_command_text(arguments)));
  }
  const bool runs_again = next == Next::Wait && (wait_ == Wait::Lock || wait_ == Wait::Pause);
  if (reply_mode_ != ReplyMode::On && !runs_again) {
    writer_->rewind(mark);
    if (next == Next::Wait && pending_ != nullptr) pending_->is_silent = true;
    if (reply_mode_ == ReplyMode::Skip) reply_mode_ = ReplyMode::On;
    if (reply_mode_ == ReplyMode::SkipNext) reply_mode_ = ReplyMode::Skip;
  }
  return next;
}

Client::Next Client::run_known(WorkerState& worker, const IndexedCommand& indexed,
                               Arguments arguments) {
  const bool is_plain = session_.authenticated && transaction_ == nullptr &&
                        subscriptions_ == nullptr &&
                        indexed.command->arity.admits(arguments.size());
  if (!is_plain && refuse(worker, indexed, arguments)) return Next::Go;
  if (transaction_ != nullptr && indexed.special == Special::None) {
    queue_command(indexed, arguments);
    return Next::Go;
  }
  if (door_.pause_mode.load(std::memory_order_relaxed) != PauseMode::None && must_pause(indexed)) {
    turn_.reset();
    pending_ = std::make_unique<Pending>();
    wait_ = Wait::Pause;
    channel_.wake_at(door_.pause_until_us);
    return Next::Wait;
  }
  if (!door_.monitors.idle() && indexed.special != Special::Exec) show_to_monitors(arguments);
  info_.last_command.store(indexed.lower_name.c_str(), std::memory_order_relaxed);
  const Next next = execute(indexed, arguments);
  const std::uint64_t now = ticks();
  if (next != Next::Wait) {
    note(worker, indexed, arguments, now - worker.tick_mark);
  } else if (wait_ == Wait::Time || wait_ == Wait::Job || wait_ == Wait::Keys) {
    pending_->ran = now - worker.tick_mark;
    pending_->command = &indexed;
    pending_->arguments.assign(arguments.begin(), arguments.end());
    pending_->began = worker.tick_mark;
  }
  worker.tick_mark = now;
  return next;
}

/// Answers what must not be executed, in Redis' order of checks.
bool Client::refuse(WorkerState& worker, const IndexedCommand& indexed, Arguments arguments) {
  const kv::Command& command = *indexed.command;
  const bool arity_fits = command.arity.admits(arguments.size());
  const bool is_limited = version_ == Version::Two && subscriptions_ != nullptr && listens();
  if (arity_fits && session_.authenticated && transaction_ == nullptr && !is_limited) [[likely]]
    return false;
  if (!arity_fits) {
    reject(Error(ErrorCode::InvalidArgument,
                 fmt::format("wrong number of arguments for '{}' command", indexed.lower_name)));
  } else if (!session_.authenticated && (command.flags & kv::kNoAuth) == 0) {
    reject(Error(ErrorCode::Unauthenticated, "Authentication required."));
  } else if (transaction_ != nullptr && (command.flags & kv::kNoMulti) != 0) {
    reject(Error(ErrorCode::InvalidArgument, "Command not allowed inside a transaction"));
  } else if (is_limited && !may_run_while_subscribed(command)) {
    reject(Error(
        ErrorCode::InvalidArgument,
        fmt::format(
            "Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
            "allowed in this context",
            full_name(indexed, arguments))));
  } else if (transaction_ != nullptr && command.check != nullptr) {
    const Result<void> checked = command.check(arguments);
    if (checked.has_value()) return false;
    reject(checked.error());
  } else {
    return false;
  }
  worker.statistics.commands[indexed.number].rejected.add(1);
  return true;
}

void Client::reject(const Error& error) {
  if (transaction_ != nullptr) transaction_->failed = true;
  writer_->error(error);
  writer_->take_error_seen();
}

bool Client::must_pause(const IndexedCommand& indexed) const {
  const PauseMode mode = door_.pause_mode.load(std::memory_order_relaxed);
  if (door_.now_us() >= door_.pause_until_us.load(std::memory_order_relaxed)) return false;
  if (mode == PauseMode::All) return true;
  const bool publishes = indexed.command->name == "PUBLISH" || indexed.command->name == "SPUBLISH";
  return (indexed.command->flags & kv::kWrite) != 0 || indexed.special == Special::Exec ||
         publishes;
}

Client::Next Client::execute(const IndexedCommand& indexed, Arguments arguments) {
  const kv::Command& command = *indexed.command;
  constexpr std::uint32_t kLong = kv::kEverything | kv::kWalks;
  if (!indexed.is_ours) {
    if ((command.flags & kLong) != 0) {
      turn_.reset();
    } else if (!turn_.has_value()) {
      turn_.emplace(door_.store.engine());
    }
    const kv::Outcome outcome = door_.store.execute(session_, command, arguments, *writer_);
    if (outcome == kv::Outcome::Done) return Next::Go;
    return outcome == kv::Outcome::Blocked ? wait_for_lock() : wait_for_keys(command, arguments);
  }
  turn_.reset();
  switch (indexed.special) {
    case Special::Exec:
      return run_exec(arguments);
    case Special::Watch:
      watch(arguments);
      return Next::Go;
    case Special::Multi:
      if (transaction_ != nullptr) {
        writer_->error(Error(ErrorCode::InvalidArgument, "MULTI calls can not be nested"));
      } else {
        transaction_ = std::make_unique<Transaction>();
        writer_->ok();
      }
      return Next::Go;
    case Special::Discard:
      if (transaction_ == nullptr) {
        writer_->error(Error(ErrorCode::InvalidArgument, "DISCARD without MULTI"));
      } else {
        end_transaction();
        session_.watches.clear();
        writer_->ok();
      }
      return Next::Go;
    case Special::Quit:
      writer_->ok();
      return Next::Close;
    case Special::Reset:
      reset();
      writer_->status("RESET");
      return Next::Go;
    case Special::None:
      break;
  }
  const std::size_t mark = writer_->mark();
  const std::int64_t now_ms = (command.flags & kv::kRead) != 0 ? door_.store.engine().now_ms() : 0;
  kv::Call call(door_.store, session_, command, arguments, *writer_, now_ms, nullptr);
  if (Result<void> done = command.handler(call); !done.has_value()) {
    writer_->rewind(mark);
    writer_->error(done.error());
  }
  if (wait_ != Wait::None) return Next::Wait;
  return closing_ ? Next::Close : Next::Go;
}

Client::Next Client::wait_for_lock() {
  turn_.reset();
  auto unlocked = std::make_shared<std::atomic<bool>>(false);
  pending_ = std::make_unique<Pending>();
  pending_->unlocked = unlocked;
  wait_ = Wait::Lock;
  door_.store.engine().when_unlocked(session_.blocked_on, [unlocked, waker = info_.waker] {
    unlocked->store(true, std::memory_order_release);
    waker.wake();
  });
  return Next::Wait;
}

Client::Next Client::wait_for_keys(const kv::Command& command, Arguments arguments) {
  turn_.reset();
  const auto typed =
      writer_->typed() ? kv::RecordedReply::Typed::Yes : kv::RecordedReply::Typed::No;
  auto waiting = std::make_shared<kv::WaitingCommand>(session_, command, arguments, typed,
                                                      [waker = info_.waker] { waker.wake(); });
  if (!door_.store.engine().reserve_memory(static_cast<std::int64_t>(waiting->bytes()))) {
    reject(
        Error(ErrorCode::MemoryExhausted, "command not allowed when used memory > 'maxmemory'."));
    return Next::Go;
  }
  pending_ = std::make_unique<Pending>();
  pending_->waiting = waiting;
  constexpr std::int64_t kWaitMsMax = std::numeric_limits<std::int64_t>::max() / 2000;
  if (session_.wait_ms != 0) {
    pending_->until_us = door_.now_us() + std::min(session_.wait_ms, kWaitMsMax) * 1000;
    channel_.wake_at(pending_->until_us);
  }
  wait_ = Wait::Keys;
  info_.unblock.store(Unblock::Waiting, std::memory_order_relaxed);
  door_.store.wait(*waiting);
  return Next::Wait;
}

void Client::queue_command(const IndexedCommand& indexed, Arguments arguments) {
  std::size_t bytes = sizeof(kv::QueuedCommand);
  for (const Bytes argument : arguments) bytes += argument.size() + sizeof(std::string);
  if (!door_.store.engine().reserve_memory(static_cast<std::int64_t>(bytes))) {
    reject(
        Error(ErrorCode::MemoryExhausted, "command not allowed when used memory > 'maxmemory'."));
    return;
  }
  transaction_->bytes += bytes;
  transaction_->queue.push_back({indexed.command, {arguments.begin(), arguments.end()}});
  writer_->status("QUEUED");
}

void Client::end_transaction() {
  if (transaction_ == nullptr) return;
  door_.store.engine().reserve_memory(-static_cast<std::int64_t>(transaction_->bytes));
  transaction_.reset();
}

/// As at Redis: what ran, and then the EXEC itself.
void Client::show_exec(std::span<const kv::QueuedCommand* const> ran, Arguments exec) {
  if (door_.monitors.idle()) return;
  for (const kv::QueuedCommand* queued : ran) {
    const std::vector<Bytes> arguments(queued->arguments.begin(), queued->arguments.end());
    show_to_monitors(arguments);
  }
  show_to_monitors(exec);
}

Client::Next Client::run_exec(Arguments arguments) {
  if (transaction_ == nullptr) {
    writer_->error(Error(ErrorCode::InvalidArgument, "EXEC without MULTI"));
    show_exec({}, arguments);
    return Next::Go;
  }
  if (transaction_->failed) {
    writer_->error(
        Error(ErrorCode::ExecAborted, "Transaction discarded because of previous errors."));
    end_transaction();
    session_.watches.clear();
    show_exec({}, arguments);
    return Next::Go;
  }
  in_exec_ = true;
  WorkerState& worker = *door_.workers[channel_.worker_index()];
  std::uint64_t began = ticks();
  std::vector<const kv::QueuedCommand*> shown;
  const auto ran = [&](const kv::QueuedCommand& queued, Arguments queued_arguments) {
    const std::uint64_t now = ticks();
    note(worker, *door_.index.find(queued.command->name), queued_arguments, now - began);
    began = now;
    if (!door_.monitors.idle()) shown.push_back(&queued);
  };
  const kv::Outcome outcome = door_.store.execute_all(session_, transaction_->queue, *writer_, ran);
  in_exec_ = false;
  if (outcome != kv::Outcome::Blocked) show_exec(shown, arguments);
  if (outcome == kv::Outcome::Blocked) return wait_for_lock();
  end_transaction();
  return closing_ ? Next::Close : Next::Go;
}

void Client::watch(Arguments arguments) {
  if (transaction_ != nullptr) {
    writer_->error(Error(ErrorCode::InvalidArgument, "WATCH inside MULTI is not allowed"));
    return;
  }
  const Result<void> watched = door_.store.watch(session_, arguments.subspan(1));
  if (watched.has_value()) {
    writer_->ok();
  } else {
    writer_->error(watched.error());
  }
}

/// As note, for one that was answered later.
void Client::note_pending() {
  if (pending_->command == nullptr) return;
  const std::vector<Bytes> arguments(pending_->arguments.begin(), pending_->arguments.end());
  const std::uint64_t spent = wait_ == Wait::Keys ? pending_->ran : ticks() - pending_->began;
  note(*door_.workers[channel_.worker_index()], *pending_->command, arguments, spent);
}

/// Counts a command and writes it into the logs if it took long.
void Client::note(WorkerState& worker, const IndexedCommand& indexed, Arguments arguments,
                  std::uint64_t spent) {
  CommandStatistics& statistics = worker.statistics.commands[indexed.number];
  worker.statistics.executed.add(1);
  statistics.calls.add(1);
  statistics.ticks.add(spent);
  if (writer_->take_error_seen()) statistics.failed.add(1);
  const auto spent_us = static_cast<std::int64_t>(static_cast<double>(spent) * door_.us_per_tick);
  if (spent_us > kTimeIsStaleUs) session_.now_ms = 0;
  statistics.buckets[CommandStatistics::bucket_of(spent_us)].add(1);
  const std::int64_t slow_us = door_.slow_log.threshold_us();
  if (slow_us >= 0 && spent_us >= slow_us && indexed.command->name != "EXEC") {
    door_.slow_log.add(door_.wall_ms() / 1000, spent_us,
                       without_secrets(*indexed.command, arguments), info_.address, info_.name);
  }
  const std::int64_t latency_ms = door_.latency_log.threshold_ms();
  if (latency_ms > 0 && spent_us >= latency_ms * 1000) {
    const char* event = (indexed.command->flags & kv::kFast) != 0 ? "fast-command" : "command";
    door_.latency_log.add(event, {door_.wall_ms() / 1000, spent_us / 1000});
  }
}

void Client::show_to_monitors(Arguments arguments) {
  const IndexedCommand* const indexed = door_.index.find(arguments[0]);
  if (indexed == nullptr || (indexed->command->flags & (kv::kAdmin | kv::kNoAuth)) != 0) return;
  constexpr std::size_t kLineBytesMax = 64 * 1024;
  const std::int64_t now_ms = door_.wall_ms();
  std::string line = fmt::format(
      "{}.{:06} [{} {}]", now_ms / 1000, now_ms % 1000 * 1000,
      session_.collection_name == "default" ? "0" : session_.collection_name, info_.address);
  for (const Bytes argument : arguments) {
    if (line.size() > kLineBytesMax) break;
    line += ' ';
    line += quoted(argument.substr(0, kLineBytesMax));
  }
  door_.monitors.show(line);
}

std::string Client::full_name(const IndexedCommand& indexed, Arguments arguments) {
  if (!indexed.has_subcommands || arguments.size() < 2) return indexed.lower_name;
  return indexed.lower_name + "|" + to_lower(arguments[1]);
}

}  // namespace latchkey::resp
