#include "doors/net/mailbox.h"

#include <unistd.h>

#include <utility>

namespace latchkey::net {

Mailbox::~Mailbox() { close(); }

template <typename Add>
bool Mailbox::post(Add add) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  add(letters_);
  if (!signalled_) {
    signalled_ = true;
    signal_();
  }
  return true;
}

void Mailbox::wake(std::uint64_t connection_id) {
  post([&](Letters& letters) { letters.wakes.push_back(connection_id); });
}

void Mailbox::drop(std::uint64_t connection_id) {
  post([&](Letters& letters) { letters.drops.push_back(connection_id); });
}

void Mailbox::hand_over(NewSocket socket) {
  const int descriptor = socket.socket;
  if (!post([&](Letters& letters) { letters.sockets.push_back(std::move(socket)); }))
    ::close(descriptor);
}

void Mailbox::tell_stable_moved() {
  if (!awaits_stable_.load(std::memory_order_seq_cst)) return;
  post([](Letters& letters) { letters.stable_moved = true; });
}

void Mailbox::tell_stop() {
  post([](Letters& letters) { letters.stop = true; });
}

Mailbox::Letters Mailbox::take() {
  const std::lock_guard lock(mutex_);
  signalled_ = false;
  return std::exchange(letters_, Letters{});
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const NewSocket& waiting : letters_.sockets) ::close(waiting.socket);
  letters_ = {};
}

void Waker::wake() const {
  if (mailbox_ != nullptr) mailbox_->wake(connection_id_);
}

void Waker::drop() const {
  if (mailbox_ != nullptr) mailbox_->drop(connection_id_);
}

}  // namespace latchkey::net
