#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace latchkey::net::test {

/// A blocking socket to a server under test. Gives up after some seconds instead of hanging.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    set_patience_ms(10'000);
  }
  explicit TestClient(const std::string& path) {
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    set_patience_ms(10'000);
  }
  ~TestClient() { close(); }
  TestClient(TestClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  TestClient(const TestClient&) = delete;

  bool connected() const { return connected_; }
  int socket() const { return socket_; }
  void set_patience_ms(int patience_ms) {
    timeval patience{patience_ms / 1000, patience_ms % 1000 * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }

  /// Returns whether all was taken.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Exactly `count` bytes, or fewer when the stream ends or nothing comes for a while.
  std::string receive(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t have = 0;
    while (have < count) {
      const ssize_t got = ::recv(socket_, bytes.data() + have, count - have, 0);
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
  }

  /// What comes within a short while, possibly nothing.
  std::string receive_soon(int patience_ms = 100) {
    set_patience_ms(patience_ms);
    std::string all;
    char part[4096];
    for (ssize_t got; (got = ::recv(socket_, part, sizeof part, 0)) > 0;)
      all.append(part, static_cast<std::size_t>(got));
    set_patience_ms(10'000);
    return all;
  }

  /// All bytes until the server closes. Sets `closed` to whether it did.
  std::string receive_to_end(bool* closed = nullptr) {
    std::string all;
    char part[4096];
    ssize_t got;
    while ((got = ::recv(socket_, part, sizeof part, 0)) > 0)
      all.append(part, static_cast<std::size_t>(got));
    if (closed != nullptr) *closed = got == 0 || errno == ECONNRESET;
    return all;
  }
  bool sees_end() {
    bool closed = false;
    receive_to_end(&closed);
    return closed;
  }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  int socket_ = -1;
  bool connected_ = false;
};

}  // namespace latchkey::net::test
