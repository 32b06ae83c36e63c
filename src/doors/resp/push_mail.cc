#include "doors/resp/push_mail.h"

#include <utility>

namespace latchkey::resp {

PushMail::Posted PushMail::post(Push push, std::size_t bytes_max) {
  constexpr std::size_t kFrameBytes = 64;
  const std::size_t bytes = push.message->channel.size() + push.message->payload.size() +
                            push.pattern.size() + kFrameBytes;
  const std::lock_guard lock(mutex_);
  if (bytes_ + bytes > bytes_max) return Posted::Overflow;
  const bool first = pushes_.empty();
  pushes_.push_back(std::move(push));
  bytes_ += bytes;
  waiting_.store(true, std::memory_order_release);
  return first ? Posted::First : Posted::More;
}

std::vector<Push> PushMail::take() {
  const std::lock_guard lock(mutex_);
  bytes_ = 0;
  waiting_.store(false, std::memory_order_release);
  return std::exchange(pushes_, {});
}

}  // namespace latchkey::resp
