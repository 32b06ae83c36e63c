#include "doors/net/transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace latchkey::net {

namespace {

Moved moved_nothing() {
  const bool try_again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {try_again ? Moved::Outcome::NotNow : Moved::Outcome::Failed};
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}
  ~PlainTransport() override { ::close(socket_); }
  PlainTransport(const PlainTransport&) = delete;
  PlainTransport& operator=(const PlainTransport&) = delete;

  Moved receive(char* into, std::size_t bytes_max) override {
    const ssize_t count = ::recv(socket_, into, bytes_max, MSG_DONTWAIT);
    if (count > 0) return {Moved::Outcome::Some, static_cast<std::size_t>(count)};
    return count == 0 ? Moved{Moved::Outcome::Ended} : moved_nothing();
  }

  Moved send(Bytes bytes) override {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return count >= 0 ? Moved{Moved::Outcome::Some, static_cast<std::size_t>(count)}
                      : moved_nothing();
  }

  void finish() override { ::shutdown(socket_, SHUT_WR); }
  int socket() const override { return socket_; }

 private:
  int socket_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(int socket) {
  return std::make_unique<PlainTransport>(socket);
}

void cut(int socket) { ::shutdown(socket, SHUT_RDWR); }

}  // namespace latchkey::net
