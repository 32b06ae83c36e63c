#include "doors/net/connection.h"

#include <algorithm>

#include "base/assert.h"
#include "doors/net/worker.h"

namespace latchkey::net {

Connection::Connection(Worker& worker, std::uint64_t id, NewSocket socket)
    : worker_(worker),
      id_(id),
      protocol_(*socket.protocol),
      transport_(plain_transport(socket.socket)),
      input_(worker.pool()),
      output_(worker.pool(), worker.output_bytes_max()),
      peer_address_(std::move(socket.peer_address)),
      local_address_(std::move(socket.local_address)) {
  conversation_ = protocol_.open(*this);
}

Connection::~Connection() = default;

std::size_t Connection::worker_index() const { return worker_.index(); }
std::int64_t Connection::turn_us() const { return worker_.turn_us(); }
void Connection::wake_at(std::int64_t steady_us) { worker_.wake_at(id_, steady_us); }
Waker Connection::waker() const { return {worker_.mailbox(), id_}; }

void Connection::look_ahead() {
  const bool may_read = progress_ == Progress::Idle && output_.size() <= kOutputSoftBytes;
  if (dead_ || !readable_ || !may_read || peer_ended_ || !receive()) return;
  readable_ = false;
  conversation_->foresee();
}

void Connection::take_turn() {
  if (dead_ || progress_ == Progress::Close) return;
  if (output_.size() > kOutputSoftBytes) {
    // Not read and not executed until some of the output is gone; flush() queues it again.
    held_back_ = true;
    watch();
    return;
  }
  const bool waits = progress_ == Progress::Waiting || progress_ == Progress::Parked;
  if (readable_ && !waits && !peer_ended_ && !receive()) return;
  readable_ = false;
  const TurnResult result = conversation_->converse();
  output_.depend(result.depends_on);
  if (output_.overflowed()) {
    worker_.log_drop(*this, "its answer outgrew the limit or the memory budget");
    die();
    return;
  }
  settle(result.progress);
}

bool Connection::receive() {
  const std::size_t wanted = conversation_->wanted_bytes();
  if (input_.size() > conversation_->input_bytes_max()) {
    worker_.log_drop(*this, "its request outgrew the limit of the input buffer");
    die();
    return false;
  }
  const bool fits_exactly =
      input_.free_bytes() > 0 && wanted == input_.size() + input_.free_bytes();
  if (input_.free_bytes() < kReceiveBytesMin && !fits_exactly) {
    const std::size_t room = wanted > input_.size()
                                 ? std::min(wanted - input_.size(), kReceiveBytesMin)
                                 : kReceiveBytesMin;
    if (!input_.try_reserve(room, wanted)) {
      output_.append(protocol_.out_of_memory());
      output_.depend(storage::Lsn{0});
      worker_.log_drop(*this, "no memory is left in the budget for its request");
      settle(Progress::Close);
      return false;
    }
  }
  const Moved moved =
      transport_->receive(input_.free_begin(), std::min(input_.free_bytes(), kReceiveBytesMax));
  switch (moved.outcome) {
    case Moved::Outcome::Some:
      input_.commit(moved.bytes);
      bytes_received_ += moved.bytes;
      worker_.count_received(moved.bytes);
      return true;
    case Moved::Outcome::NotNow:
      return true;
    case Moved::Outcome::Ended:
      peer_ended_ = true;
      return true;
    case Moved::Outcome::Failed:
      die();
      return false;
  }
  return false;
}

void Connection::settle(Progress progress) {
  if (progress == Progress::Idle && peer_ended_) progress = Progress::Close;
  if (progress == Progress::Parked && peer_ended_) progress = Progress::Drop;
  progress_ = progress;
  switch (progress) {
    case Progress::Drop:
      die();
      return;
    case Progress::More:
      worker_.queue(*this);
      break;
    case Progress::Idle:
      input_.park();
      break;
    case Progress::Waiting:
    case Progress::Parked:
      break;
    case Progress::Close:
      input_.release();
      if (close_deadline_us_ == 0) {
        close_deadline_us_ = worker_.steady_us() + kCloseWaitUs;
        if (output_.empty()) {
          end_politely();
          return;
        }
        worker_.wake_at(id_, close_deadline_us_);
      }
      break;
  }
  worker_.touch(*this);
}

void Connection::flush(storage::Lsn stable) {
  if (dead_) return;
  send_blocked_ = false;
  for (Bytes bytes = output_.sendable(stable); !bytes.empty(); bytes = output_.sendable(stable)) {
    const Moved moved = transport_->send(bytes);
    if (moved.outcome == Moved::Outcome::Failed) {
      die();
      return;
    }
    if (moved.outcome == Moved::Outcome::Some) {
      output_.sent(moved.bytes);
      bytes_sent_ += moved.bytes;
      worker_.count_sent(moved.bytes);
    }
    if (moved.bytes < bytes.size()) {
      send_blocked_ = true;
      break;
    }
  }
  output_.release_if_empty();
  if (progress_ == Progress::Close && output_.empty()) {
    end_politely();
    return;
  }
  if (held_back_ && output_.size() <= kOutputSoftBytes / 2) {
    held_back_ = false;
    worker_.queue(*this);
  }
  watch();
}

void Connection::watch() {
  std::uint32_t interest = Poller::kNothing;
  if (progress_ == Progress::Idle && !held_back_ && !peer_ended_) interest |= Poller::kReadable;
  if (progress_ == Progress::Parked) interest |= Poller::kPeerEnd;
  if (send_blocked_) interest |= Poller::kWritable;
  if (interest == interest_) return;
  interest_ = interest;
  worker_.poller().change(transport_->socket(), interest, this);
}

void Connection::finish() {
  if (dead_) return;
  if (output_.empty()) {
    die();
  } else {
    settle(Progress::Close);
  }
}

void Connection::check_deadline() {
  if (close_deadline_us_ != 0 && worker_.steady_us() >= close_deadline_us_) die();
}

void Connection::end_politely() {
  // Closing a socket that holds unread bytes resets it, and a reset may overtake our last answer:
  // so say first that we are done, and take what has already come.
  transport_->finish();
  char discarded[4096];
  for (int i = 0; i < 16; ++i) {
    if (transport_->receive(discarded, sizeof discarded).outcome != Moved::Outcome::Some) break;
  }
  die();
}

void Connection::die() {
  if (dead_) return;
  dead_ = true;
  worker_.bury(*this);
}

}  // namespace latchkey::net
