#include "doors/net/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/assert.h"

namespace latchkey::net {

namespace {

constexpr std::size_t kBatchMax = 256;

epoll_event event_for(std::uint32_t interest, void* owner) {
  epoll_event event{};
  if (interest & Poller::kReadable) event.events |= EPOLLIN;
  if (interest & Poller::kWritable) event.events |= EPOLLOUT;
  if (interest & Poller::kPeerEnd) event.events |= EPOLLRDHUP;
  event.data.ptr = owner;
  return event;
}

}  // namespace

Result<Poller> Poller::open() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) {
    return Error(ErrorCode::IoError,
                 std::string("cannot create an epoll set: ") + std::strerror(errno));
  }
  return Poller(descriptor);
}

Poller::~Poller() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> Poller::add(int socket, std::uint32_t interest, void* owner) {
  epoll_event event = event_for(interest, owner);
  if (::epoll_ctl(descriptor_, EPOLL_CTL_ADD, socket, &event) != 0) {
    return Error(ErrorCode::IoError,
                 std::string("cannot watch a connection: ") + std::strerror(errno));
  }
  return {};
}

void Poller::change(int socket, std::uint32_t interest, void* owner) {
  epoll_event event = event_for(interest, owner);
  const int outcome = ::epoll_ctl(descriptor_, EPOLL_CTL_MOD, socket, &event);
  LK_ASSERT(outcome == 0);
}

void Poller::remove(int socket) { ::epoll_ctl(descriptor_, EPOLL_CTL_DEL, socket, nullptr); }

std::size_t Poller::take(std::span<Event> events) {
  epoll_event ready[kBatchMax];
  const int room = static_cast<int>(std::min(events.size(), kBatchMax));
  const int count = ::epoll_wait(descriptor_, ready, room, 0);
  if (count <= 0) return 0;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t flags = ready[i].events;
    events[static_cast<std::size_t>(i)] = {
        ready[i].data.ptr, (flags & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0, (flags & EPOLLOUT) != 0,
        (flags & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0};
  }
  return static_cast<std::size_t>(count);
}

}  // namespace latchkey::net
