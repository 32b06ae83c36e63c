#include "doors/net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>  // before Asio, which uses std::exchange without including it

#include "doors/net/server.h"
#include "doors/net/worker.h"

namespace latchkey::net {

namespace asio = boost::asio;

namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptsPerTurn = 64;
constexpr auto kRest = std::chrono::milliseconds(100);
constexpr int kKeepAliveSeconds = 60;

Error failure(const std::string& name, const char* action) {
  return Error(ErrorCode::IoError,
               "cannot listen at " + name + ": " + action + ": " + std::strerror(errno));
}

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return {};
}

/// Small answers leave at once, and a peer that vanished is noticed in the end.
void tune_tcp(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  const int interval = kKeepAliveSeconds / 3;
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAliveSeconds, sizeof kKeepAliveSeconds);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
}

Result<int> bound_socket(const std::string& name, const sockaddr* address, socklen_t length) {
  const int descriptor =
      ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return failure(name, "socket");
  const int on = 1;
  if (address->sa_family != AF_UNIX)
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->sa_family == AF_INET6)
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  // The mask keeps others out from the first moment of a local socket's life.
  const mode_t mask_before = ::umask(0177);
  const int bound = ::bind(descriptor, address, length);
  ::umask(mask_before);
  if (bound != 0 || ::listen(descriptor, kBacklog) != 0) {
    Error error = failure(name, bound != 0 ? "bind" : "listen");
    ::close(descriptor);
    return error;
  }
  return descriptor;
}

/// Whether a server answers at a local socket. If not, its file is a leftover.
bool is_served(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return true;
  const int outcome = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool refused = outcome != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return !refused;
}

}  // namespace

/// The part that completion handlers share, so that it outlives a close from another thread.
struct Listener::Socket : std::enable_shared_from_this<Listener::Socket> {
  Socket(Server& the_server, Protocol& the_protocol, std::string the_name, asio::io_context& io)
      : server(the_server),
        protocol(the_protocol),
        name(std::move(the_name)),
        descriptor(io),
        rest(io) {}

  void await() {
    descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& failed) {
                            if (!failed) self->accept_some();
                          });
  }

  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      const std::lock_guard lock(mutex);
      if (closed) return;
      sockaddr_storage peer{};
      socklen_t length = sizeof peer;
      const int accepted = ::accept4(descriptor.native_handle(), reinterpret_cast<sockaddr*>(&peer),
                                     &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        take(accepted, peer);
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        take_a_rest();
        return;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      // Whoever wanted in has gone again (ECONNABORTED and its like): ask for the next.
    }
    const std::lock_guard lock(mutex);
    if (!closed) await();
  }

  void take(int accepted, const sockaddr_storage& peer) {
    std::string peer_text = name + ":0";
    std::string local_text = peer_text;
    if (peer.ss_family != AF_UNIX) {
      tune_tcp(accepted);
      sockaddr_storage local{};
      socklen_t length = sizeof local;
      ::getsockname(accepted, reinterpret_cast<sockaddr*>(&local), &length);
      peer_text = address_text(peer);
      local_text = address_text(local);
    }
    server.place(accepted, protocol, std::move(peer_text), std::move(local_text));
  }

  void take_a_rest() {
    if (!complained)
      server.log(LogLevel::Error, "cannot accept at " + name + ": " + std::strerror(errno));
    complained = true;
    rest.expires_after(kRest);
    rest.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
      const std::lock_guard lock(self->mutex);
      if (!cancelled && !self->closed) self->await();
    });
  }

  Server& server;
  Protocol& protocol;
  const std::string name;
  std::mutex mutex;  // between accept_some and close
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer rest;
  bool closed = false;
  bool complained = false;
};

Listener::Listener(Server& server, Worker& worker, Protocol& protocol, std::string name)
    : server_(server), protocol_(protocol), name_(std::move(name)) {
  socket_ = std::make_shared<Socket>(server, protocol, name_, worker.io());
}

Listener::~Listener() { close(); }

void Listener::start(int descriptor) {
  const std::lock_guard lock(socket_->mutex);
  socket_->descriptor.assign(descriptor);
  socket_->await();
}

void Listener::close() {
  const std::lock_guard lock(socket_->mutex);
  if (socket_->closed) return;
  socket_->closed = true;
  boost::system::error_code ignored;
  socket_->descriptor.close(ignored);
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<std::unique_ptr<Listener>> Listener::open_address(Server& server, Worker& worker,
                                                         const std::string& address,
                                                         std::uint16_t port, Protocol& protocol) {
  const std::string host = address == "localhost" ? "127.0.0.1" : address;
  sockaddr_storage where{};
  socklen_t length = 0;
  auto& v4 = reinterpret_cast<sockaddr_in&>(where);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(where);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    length = sizeof v4;
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    length = sizeof v6;
  } else {
    return Error(
        ErrorCode::InvalidArgument,
        "cannot listen at '" + address + "': it is no IPv4 or IPv6 address; try 127.0.0.1 or ::1");
  }
  const std::string name = address_text(where);
  LK_TRY(const int descriptor,
         bound_socket(name, reinterpret_cast<const sockaddr*>(&where), length));
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&where), &length);
  auto listener =
      std::unique_ptr<Listener>(new Listener(server, worker, protocol, address_text(where)));
  listener->port_ = ntohs(where.ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
  listener->start(descriptor);
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::open_local(Server& server, Worker& worker,
                                                       const std::string& path,
                                                       Protocol& protocol) {
  sockaddr_un where{};
  if (path.empty() || path.size() >= sizeof where.sun_path) {
    return Error(ErrorCode::InvalidArgument,
                 "cannot listen at '" + path + "': a local socket's path has 1 to " +
                     std::to_string(sizeof where.sun_path - 1) + " bytes");
  }
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, path.data(), path.size());
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return Error(ErrorCode::InvalidArgument,
                   "cannot listen at " + path + ": a file of another kind is there");
    }
    if (is_served(where))
      return Error(ErrorCode::IoError, "cannot listen at " + path + ": another server does");
    ::unlink(path.c_str());
  }
  LK_TRY(const int descriptor,
         bound_socket(path, reinterpret_cast<const sockaddr*>(&where), sizeof where));
  auto listener = std::unique_ptr<Listener>(new Listener(server, worker, protocol, path));
  listener->path_ = path;
  listener->start(descriptor);
  return listener;
}

}  // namespace latchkey::net
