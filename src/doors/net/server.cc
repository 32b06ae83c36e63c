#include "doors/net/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "doors/net/listener.h"
#include "doors/net/worker.h"

namespace latchkey::net {

Server::Server(storage::Engine& engine, env::Env env, ServerOptions options)
    : engine_(engine),
      env_(env),
      options_(std::move(options)),
      connections_max_(options_.connections_max) {}

Result<std::unique_ptr<Server>> Server::start(storage::Engine& engine, env::Env env,
                                              ServerOptions options) {
  if (options.worker_count == 0)
    return Error(ErrorCode::InvalidArgument, "a server needs at least one worker");
  std::unique_ptr<Server> server(new Server(engine, env, std::move(options)));
  for (std::size_t i = 0; i < server->options_.worker_count; ++i) {
    LK_TRY(auto worker, Worker::create(*server, i));
    server->workers_.push_back(std::move(worker));
  }
  // The engine keeps its listener for life: what it holds must not die with this server.
  auto mailboxes = std::make_shared<std::vector<std::shared_ptr<Mailbox>>>();
  for (const auto& worker : server->workers_) mailboxes->push_back(worker->mailbox());
  engine.set_stable_listener([mailboxes] {
    for (const auto& mailbox : *mailboxes) mailbox->tell_stable_moved();
  });
  for (const auto& worker : server->workers_) worker->start();
  return server;
}

Server::~Server() { stop(); }

Result<std::uint16_t> Server::listen(const std::string& address, std::uint16_t port,
                                     Protocol& protocol) {
  LK_TRY(auto listener, Listener::open_address(*this, *workers_[0], address, port, protocol));
  listeners_.push_back(std::move(listener));
  return listeners_.back()->port();
}

Result<void> Server::listen_local(const std::string& path, Protocol& protocol) {
  LK_TRY(auto listener, Listener::open_local(*this, *workers_[0], path, protocol));
  listeners_.push_back(std::move(listener));
  return {};
}

void Server::stop() {
  if (stopped_) return;
  stopped_ = true;
  for (const auto& listener : listeners_) listener->close();
  for (const auto& worker : workers_) worker->mailbox()->tell_stop();
  for (const auto& worker : workers_) worker->join();
  listeners_.clear();
}

void Server::place(int socket, Protocol& protocol, std::string peer_address,
                   std::string local_address) {
  if (connections_open_.fetch_add(1, std::memory_order_relaxed) >= connections_max()) {
    connections_open_.fetch_sub(1, std::memory_order_relaxed);
    connections_refused_.fetch_add(1, std::memory_order_relaxed);
    const Bytes refusal = protocol.refusal();
    // Whether it arrives is the client's luck: nobody waits for one who may not come in.
    [[maybe_unused]] const auto sent =
        ::send(socket, refusal.data(), refusal.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::close(socket);
    return;
  }
  connections_accepted_.fetch_add(1, std::memory_order_relaxed);
  Worker& worker =
      *workers_[next_worker_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
  worker.mailbox()->hand_over(
      {socket, &protocol, std::move(peer_address), std::move(local_address)});
}

ServerStats Server::stats() const {
  ServerStats stats;
  stats.connections_accepted = connections_accepted_.load(std::memory_order_relaxed);
  stats.connections_refused = connections_refused_.load(std::memory_order_relaxed);
  stats.connections_open = connections_open_.load(std::memory_order_relaxed);
  for (const auto& worker : workers_) {
    stats.bytes_received += worker->bytes_received();
    stats.bytes_sent += worker->bytes_sent();
    stats.buffer_bytes += worker->buffer_bytes();
  }
  return stats;
}

}  // namespace latchkey::net
