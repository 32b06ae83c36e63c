#include "doors/pgwire/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "doors/pgwire/door_state.h"
#include "doors/pgwire/link.h"

namespace latchkey::pgwire {

namespace {

bool is_cancel_request(Bytes packet) { return FieldReader(packet).uint32() == kCancelRequestCode; }

}  // namespace

Client::Client(DoorState& door, net::Channel& channel)
    : door_(door),
      channel_(channel),
      link_(Link::open(door, channel.waker(), channel.peer_address())),
      reader_(door.options.reserve_memory),
      deadline_us_(door.now_us() + door.options.authentication_patience.count() * 1000) {
  channel.wake_at(deadline_us_);
}

Client::~Client() {
  link_->hang_up(deaf_ == Deaf::AfterTerminate ? Exchange::Farewell::Orderly
                                               : Exchange::Farewell::Abrupt);
}

net::TurnResult Client::converse() {
  // Replies first: they make room for an executor that waits for it.
  storage::Lsn version = move_replies();
  read_messages();
  bool has_more = link_->run_here();
  version = std::max(version, move_replies());
  // What was held back can be read now.
  has_more = has_more || (!may_put_ && deaf_ == Deaf::No && link_->exchange().intake().may_put);
  if (is_late()) return {net::Progress::Drop, {}};
  return {progress(has_more), version};
}

/// Who is not Ready in time goes.
bool Client::is_late() {
  if (deadline_us_ == 0) return false;
  if (phase_ == Phase::Ready) {
    deadline_us_ = 0;
    return false;
  }
  if (door_.now_us() < deadline_us_) return false;
  door_.log(net::LogLevel::Info, fmt::format("closing a connection from {}: it did not "
                                             "authenticate in time",
                                             channel_.peer_address()));
  return true;
}

/// Until the output has enough or there are no more. Returns the newest version they depend on.
storage::Lsn Client::move_replies() {
  net::Output& output = channel_.output();
  storage::Lsn version{};
  while (output.size() <= net::kOutputSoftBytes) {
    if (reply_moved_ == reply_.bytes.size()) {
      reply_moved_ = 0;
      if (!link_->exchange().take_reply(reply_)) break;
    }
    const Bytes part = Bytes(reply_.bytes).substr(reply_moved_, kPartBytesMax);
    output.append(part);
    reply_moved_ += part.size();
    version = std::max(version, reply_.version);
  }
  return version;
}

void Client::read_messages() {
  net::Buffer& input = channel_.input();
  if (deaf_ != Deaf::No) {
    input.consume(input.size());
    return;
  }
  Exchange::Intake intake = link_->exchange().intake();
  while (intake.may_put && !input.empty()) {
    std::size_t consumed = 0;
    const MessageReader::Outcome outcome = reader_.read(input.view(), intake.phase, consumed);
    input.consume(consumed);
    if (outcome == MessageReader::Outcome::Incomplete) break;
    Message message;
    if (outcome == MessageReader::Outcome::Malformed) {
      door_.log(net::LogLevel::Info,
                fmt::format("closing a connection from {}: {}; its next bytes are \"{}\"",
                            channel_.peer_address(), reader_.error().message(),
                            escape_for_log(input.view(), 16)));
      deaf_ = Deaf::AfterFault;
      message.type = FrontendType::Fault;
      message.fault = reader_.error();
    } else {
      message = reader_.take();
      if (message.type == FrontendType::Terminate) deaf_ = Deaf::AfterTerminate;
      if (message.type == FrontendType::Startup && is_cancel_request(message.body)) {
        cancel_other(message.body);
        return;
      }
    }
    intake = link_->exchange().put(std::move(message));
    if (deaf_ != Deaf::No) break;
  }
  may_put_ = intake.may_put;
  phase_ = intake.phase;
}

/// Needs no thread, so it works when there is none left. Nobody is told whether it did anything: a
/// key could be guessed otherwise.
void Client::cancel_other(Bytes request) {
  deaf_ = Deaf::AfterCancelRequest;
  const std::optional<CancelKey> key = parse_cancel_request(request);
  if (!key.has_value()) return;
  if (const auto other = door_.links.find(*key); other != nullptr) other->cancel_statement();
}

net::Progress Client::progress(bool has_more) {
  if (has_more || channel_.output().size() > net::kOutputSoftBytes) return net::Progress::More;
  if (link_->exchange().is_over()) return net::Progress::Close;
  switch (deaf_) {
    case Deaf::AfterTerminate:
      // Its last statements run to their end, whether or not it stays to see that.
      return net::Progress::Waiting;
    case Deaf::AfterFault:
      return net::Progress::Parked;
    case Deaf::AfterCancelRequest:
      return net::Progress::Close;
    case Deaf::No:
      return may_put_ ? net::Progress::Idle : net::Progress::Parked;
  }
  return net::Progress::Drop;
}

}  // namespace latchkey::pgwire
