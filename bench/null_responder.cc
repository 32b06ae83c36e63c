// The empty server: answers +OK to each request without looking at it. What a request costs here is
// what the kernel and the loopback cost; what the generator reaches against it is the generator's
// ceiling. It counts requests by their '*', so it is right only for keys and values without one, as
// bench/keys.h makes them.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kReceiveBytes = 256u << 10;

void serve(int descriptor, std::vector<char>& received, const std::string& replies) {
  const ssize_t got = recv(descriptor, received.data(), received.size(), 0);
  if (got <= 0) {
    close(descriptor);
    return;
  }
  const auto requests = std::count(received.data(), received.data() + got, '*');
  std::string_view rest =
      std::string_view(replies).substr(0, static_cast<std::size_t>(requests) * 5);
  while (!rest.empty()) {
    const ssize_t sent = send(descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      close(descriptor);
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

int listen_on(std::uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, 1024) != 0) {
    std::perror("null_responder");
    return -1;
  }
  return listener;
}

void watch(int poll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint16_t port = 0;
  CLI::App app("Answers +OK to every RESP request on 127.0.0.1, for ever.");
  app.add_option("--port", port)->required();
  CLI11_PARSE(app, argument_count, arguments);

  std::vector<char> received(kReceiveBytes);
  std::string replies;
  for (std::size_t i = 0; i < kReceiveBytes; ++i) replies += "+OK\r\n";
  const int listener = listen_on(port);
  if (listener < 0) return 1;
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  watch(poll, listener);
  for (;;) {
    epoll_event events[256];
    const int count = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd != listener) {
        serve(events[i].data.fd, received, replies);
        continue;
      }
      const int accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (accepted < 0) continue;
      const int on = 1;
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(poll, accepted);
    }
  }
}
