#include "doors/pgwire/exchange.h"

#include <utility>

#include "base/assert.h"

namespace latchkey::pgwire {

Exchange::Intake Exchange::intake() {
  const std::lock_guard lock(mutex_);
  return intake_locked();
}

Exchange::Intake Exchange::intake_locked() {
  const bool may_put = phase_ == Phase::Ready ? message_bytes_ < kMessageBytesMax
                                              : !is_running_ && messages_.empty();
  reader_waits_ = !may_put;
  return {phase_, may_put};
}

Exchange::Intake Exchange::put(Message message) {
  std::unique_lock lock(mutex_);
  message_bytes_ += cost_of(message);
  messages_.push_back(std::move(message));
  const Intake intake = intake_locked();
  lock.unlock();
  arrived_.notify_one();
  return intake;
}

bool Exchange::take_reply(Reply& reply) {
  std::unique_lock lock(mutex_);
  if (spare_.capacity() < reply.bytes.capacity() && reply.bytes.capacity() <= kSpareBytesMax) {
    reply.bytes.clear();
    spare_.swap(reply.bytes);
  }
  reply = Reply{};
  if (replies_.empty()) return false;
  reply = std::move(replies_.front());
  replies_.pop_front();
  reply_bytes_ -= reply.bytes.size();
  // Half of it, so that the two sides do not change places for every piece.
  const bool has_room = reply_bytes_ <= kReplyBytesMax / 2;
  lock.unlock();
  if (has_room) room_.notify_one();
  return true;
}

bool Exchange::hang_up(Farewell farewell) {
  const std::lock_guard lock(mutex_);
  is_gone_ = true;
  replies_.clear();
  reply_bytes_ = 0;
  if (farewell == Farewell::Abrupt) {
    is_abandoned_ = true;
    messages_.clear();
    message_bytes_ = 0;
  }
  arrived_.notify_one();
  room_.notify_one();
  return is_busy_ && is_abandoned_;
}

bool Exchange::is_over() {
  const std::lock_guard lock(mutex_);
  return has_ended_ && replies_.empty();
}

bool Exchange::claim() {
  const std::lock_guard lock(mutex_);
  if (is_running_ || has_ended_) return false;
  const bool has_task = must_end() || is_gone_ || (says_goodbye_ && !said_goodbye_) ||
                        (reply_bytes_ < kReplyBytesMax && (!messages_.empty() || is_notified_));
  is_running_ = has_task;
  return has_task;
}

void Exchange::begin_here() {
  const std::lock_guard lock(mutex_);
  LK_ASSERT(is_running_);
  is_here_ = true;
}

void Exchange::end_here() {
  const std::lock_guard lock(mutex_);
  is_here_ = false;
  is_running_ = false;
  is_busy_ = false;
}

void Exchange::pass_on() {
  const std::lock_guard lock(mutex_);
  LK_ASSERT(is_running_);
  is_here_ = false;
}

void Exchange::give_up(std::string last_words) {
  const std::lock_guard lock(mutex_);
  LK_ASSERT(is_running_);
  is_running_ = false;
  has_ended_ = true;
  if (!is_gone_) replies_.push_back({std::move(last_words), {}, {}});
  waker_.wake();
}

void Exchange::notify() {
  const std::lock_guard lock(mutex_);
  is_notified_ = true;
}

bool Exchange::cancel() {
  const std::lock_guard lock(mutex_);
  if (!is_busy_) return false;
  is_cancelled_ = true;
  arrived_.notify_one();
  room_.notify_one();
  return true;
}

bool Exchange::say_goodbye() {
  const std::lock_guard lock(mutex_);
  says_goodbye_ = true;
  arrived_.notify_one();
  room_.notify_one();
  return is_busy_;
}

Exchange::Task Exchange::next(Message& message) {
  std::unique_lock lock(mutex_);
  const Task task = next_locked(message);
  wake_if_due(lock);
  return task;
}

void Exchange::wake_if_due(std::unique_lock<std::mutex>& lock) {
  if (!std::exchange(wake_is_due_, false) || is_here_) return;
  lock.unlock();
  waker_.wake();
}

Exchange::Task Exchange::next_locked(Message& message) {
  LK_ASSERT(is_running_);
  is_busy_ = false;
  is_cancelled_ = false;
  if (must_end()) return Task::End;
  if (says_goodbye_ && !said_goodbye_) {
    said_goodbye_ = true;
    message = Message{};
    message.type = FrontendType::Fault;
    message.fault =
        phase_ == Phase::Startup
            ? Error(ErrorCode::Loading, "the database system is shutting down")
            : Error(ErrorCode::ShuttingDown, "terminating connection due to administrator command");
    return Task::Message;
  }
  const bool has_room = reply_bytes_ < kReplyBytesMax;
  if (has_room && !messages_.empty()) {
    message = pop_message();
    is_busy_ = true;
    return Task::Message;
  }
  if (is_gone_) return Task::End;
  if (has_room && is_notified_) {
    is_notified_ = false;
    return Task::Notify;
  }
  is_running_ = false;
  is_here_ = false;
  if (spare_.capacity() > kIdleBytesMax) spare_ = std::string();
  if (reader_waits_ && intake_locked().may_put) wake_is_due_ = true;
  return Task::None;
}

Message Exchange::pop_message() {
  Message message = std::move(messages_.front());
  messages_.pop_front();
  message_bytes_ -= cost_of(message);
  let_worker_read();
  return message;
}

void Exchange::let_worker_read() {
  if (!reader_waits_ || phase_ != Phase::Ready || message_bytes_ > kMessageBytesMax / 2) return;
  reader_waits_ = false;
  wake_is_due_ = true;
}

void Exchange::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
}

void Exchange::finish() {
  std::unique_lock lock(mutex_);
  is_running_ = false;
  has_ended_ = true;
  wake_is_due_ = true;
  wake_if_due(lock);
}

Error Exchange::interruption() const {
  if (is_gone_) return Error(ErrorCode::QueryCanceled, "the client has gone");
  return Error(ErrorCode::QueryCanceled);
}

Result<void> Exchange::send(std::string& bytes, storage::Lsn version, Room room) {
  std::unique_lock lock(mutex_);
  if (is_gone_) {
    bytes.clear();
    return interruption();
  }
  MemoryCharge charge(budget_);
  if (bytes.size() >= kChargeBytesMin && room == Room::Wait && !charge.try_grow_to(bytes.size())) {
    bytes.clear();
    return Error(ErrorCode::MemoryExhausted,
                 "out of memory: no memory is left in the budget for the result");
  }
  if (replies_.empty()) wake_is_due_ = true;
  reply_bytes_ += bytes.size();
  replies_.push_back({std::exchange(bytes, std::exchange(spare_, {})), version, std::move(charge)});
  if (room == Room::Take || is_here_) return {};
  const bool must_wait = reply_bytes_ >= kReplyBytesMax;
  wake_if_due(lock);
  if (!must_wait) return {};
  if (!lock.owns_lock()) lock.lock();
  room_.wait(lock, [&] { return reply_bytes_ <= kReplyBytesMax / 2 || is_interrupted(); });
  if (is_interrupted()) return interruption();
  return {};
}

Result<Message> Exchange::receive() {
  std::unique_lock lock(mutex_);
  if (messages_.empty()) wake_if_due(lock);  // the client may wait for what was said last
  if (!lock.owns_lock()) lock.lock();
  arrived_.wait(lock, [&] { return !messages_.empty() || is_interrupted(); });
  // What came in order before the client left is still worth having.
  if (is_cancelled_ || is_abandoned_ || says_goodbye_ || messages_.empty()) return interruption();
  Message message = pop_message();
  wake_if_due(lock);
  return message;
}

void Exchange::unreceive(Message message) {
  const std::lock_guard lock(mutex_);
  message_bytes_ += cost_of(message);
  messages_.push_front(std::move(message));
}

void Exchange::enter(Phase phase) {
  const std::lock_guard lock(mutex_);
  phase_ = phase;
}

}  // namespace latchkey::pgwire
