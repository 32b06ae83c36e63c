#pragma once

#include <signal.h>

namespace latchkey::server {

/// Turns SIGTERM, SIGINT and the closing of the terminal (SIGHUP, unless it is ignored) into
/// something that the main thread waits for. A client that hangs up (SIGPIPE) ends nothing.
///
/// Threads: made on the main thread before others start, since they inherit which signals are held
/// back.
class StopSignal {
 public:
  StopSignal();

  /// Returns the signal that came. From then on a further one ends the process at once.
  int wait();

 private:
  sigset_t signals_;
};

/// Wakes the StopSignal of this process as SIGTERM would. Any thread.
void request_stop();

}  // namespace latchkey::server
