#include "tools/server/stop_signal.h"

#include <unistd.h>

#include "base/assert.h"

namespace latchkey::server {

StopSignal::StopSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  // Started under nohup, the process goes on when the terminal closes; else that ends it.
  struct sigaction hangup = {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&signals_, SIGHUP);
  const int held = pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  LK_ASSERT(held == 0);
  // A shell that starts a program in the background makes it ignore SIGINT; waiting needs the
  // default.
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
}

int StopSignal::wait() {
  int received = 0;
  const int waited = sigwait(&signals_, &received);
  LK_ASSERT(waited == 0);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  return received;
}

void request_stop() { ::kill(::getpid(), SIGTERM); }

}  // namespace latchkey::server
