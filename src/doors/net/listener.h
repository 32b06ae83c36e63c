#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "latchkey/result.h"

namespace latchkey::net {

class Protocol;
class Server;
class Worker;

/// One listening socket. Accepts on the first worker's thread, a bounded number at a time, and
/// rests for a while when the process has no descriptors left.
///
/// Threads:   open and close from the server's; the rest runs on the worker's.
/// Ownership: owns the socket, and the file of a local one, which it removes.
class Listener {
 public:
  static Result<std::unique_ptr<Listener>> open_address(Server& server, Worker& worker,
                                                        const std::string& address,
                                                        std::uint16_t port, Protocol& protocol);
  static Result<std::unique_ptr<Listener>> open_local(Server& server, Worker& worker,
                                                      const std::string& path, Protocol& protocol);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }
  /// No connection is accepted after this returns.
  void close();

 private:
  struct Socket;
  Listener(Server& server, Worker& worker, Protocol& protocol, std::string name);
  void start(int descriptor);

  Server& server_;
  Protocol& protocol_;
  std::string name_;
  std::string path_;
  std::uint16_t port_ = 0;
  std::shared_ptr<Socket> socket_;
};

}  // namespace latchkey::net
