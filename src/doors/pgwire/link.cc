#include "doors/pgwire/link.h"

#include <utility>

#include "doors/pgwire/door_state.h"
#include "doors/pgwire/message_writer.h"

namespace latchkey::pgwire {

std::shared_ptr<Link> Link::open(DoorState& door, net::Waker waker,
                                 const std::string& client_address) {
  std::shared_ptr<Link> link(new Link(door, std::move(waker), client_address));
  door.links.add(*link, link);
  // Behind add(): either this sees the mark, or say_goodbye() sees the link.
  if (door.stopping) link->say_goodbye();
  return link;
}

Link::Link(DoorState& door, net::Waker waker, const std::string& client_address)
    : door_(door),
      exchange_(std::move(waker), door.options.reserve_memory),
      backend_(door.context, *this, client_address) {}

Link::~Link() { door_.links.remove(*this); }

void Link::start() {
  if (exchange_.claim()) start_thread();
}

void Link::start_thread() {
  if (door_.threads.run([self = shared_from_this()] { self->run(); })) return;
  door_.log(net::LogLevel::Error,
            "closing a connection: no thread could be started for its statement");
  std::string last_words;
  MessageWriter(last_words)
      .error(Gravity::Fatal, Error(ErrorCode::MemoryExhausted,
                                   "out of memory: no thread could be started for the statement"));
  exchange_.give_up(std::move(last_words));
}

bool Link::run_here() {
  // Other connections of the worker wait meanwhile.
  constexpr int kMessagesMax = 256;
  if (!exchange_.claim()) return false;
  exchange_.begin_here();
  Message message;
  for (int count = 0; count < kMessagesMax; ++count) {
    const Exchange::Task task = exchange_.next(message);
    if (task == Exchange::Task::None) return false;
    if (task == Exchange::Task::Notify) {
      backend_.notify();
      continue;
    }
    const bool is_message = task == Exchange::Task::Message;
    Backend::Next next = Backend::Next::Wait;
    if (is_message && backend_.is_quick(message)) next = backend_.handle_quick(message);
    if (next == Backend::Next::Wait) {
      if (is_message) exchange_.unreceive(std::move(message));
      exchange_.pass_on();
      start_thread();
      return false;
    }
    if (next == Backend::Next::Close) exchange_.close();
  }
  exchange_.end_here();
  return true;
}

void Link::run() {
  Message message;
  for (;;) {
    switch (exchange_.next(message)) {
      case Exchange::Task::Message:
        if (backend_.handle(message) == Backend::Next::Close) exchange_.close();
        message = {};
        break;
      case Exchange::Task::Notify:
        backend_.notify();
        break;
      case Exchange::Task::End:
        backend_.end();
        exchange_.finish();
        return;
      case Exchange::Task::None:
        return;
    }
  }
}

void Link::hang_up(Exchange::Farewell farewell) {
  if (exchange_.hang_up(farewell)) cancel_session();
  start();  // somebody must end the session
}

void Link::cancel_statement() {
  if (exchange_.cancel()) cancel_session();
}

void Link::say_goodbye() {
  if (exchange_.say_goodbye()) cancel_session();
  start();
}

void Link::cancel_session() {
  const std::lock_guard lock(session_mutex_);
  if (session_ != nullptr) session_->cancel();
}

void Link::notify() {
  exchange_.notify();
  start();
}

void Link::publish(sql::Session& session, CancelKey key) {
  {
    const std::lock_guard lock(session_mutex_);
    session_ = &session;
  }
  key_ = key;
  door_.links.publish(*this, key);
}

void Link::retract() {
  door_.links.retract(key_);
  const std::lock_guard lock(session_mutex_);
  session_ = nullptr;
}

std::function<void()> Link::wake() {
  return [weak = weak_from_this()] {
    if (const auto link = weak.lock(); link != nullptr) link->notify();
  };
}

}  // namespace latchkey::pgwire
