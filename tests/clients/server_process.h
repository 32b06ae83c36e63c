#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace latchkey::test {

/// The real server, in a directory of its own and on a free port, for the length of a test.
///
/// Threads: the owner's.
class ServerProcess {
 public:
  /// Starts the program that LK_BINARY names and waits until it listens.
  ServerProcess();
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  /// Ends the server with SIGKILL and starts it again with the same data at the same port.
  void kill_and_start();

 private:
  void start();
  void kill();

  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

}  // namespace latchkey::test
