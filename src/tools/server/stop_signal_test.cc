#include "tools/server/stop_signal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace latchkey::server {
namespace {

/// Runs `body` in a process of its own, because signals are the whole process's.
template <typename Body>
int status_of(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(StopSignal, WaitReturnsTheSignal) {
  for (const int signal_number : {SIGTERM, SIGINT, SIGHUP}) {
    const int status = status_of([&] {
      StopSignal stop;
      kill(getpid(), signal_number);
      _exit(stop.wait() == signal_number ? 7 : 8);
    });
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
  }
}

TEST(StopSignal, ASecondSignalEndsTheProcess) {
  const int status = status_of([] {
    StopSignal stop;
    kill(getpid(), SIGTERM);
    stop.wait();
    kill(getpid(), SIGTERM);
    pause();
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

// What `nohup latchkey serve` and a broken connection do.
TEST(StopSignal, IgnoredHangupsAndBrokenPipesEndNothing) {
  const int status = status_of([] {
    signal(SIGHUP, SIG_IGN);
    StopSignal stop;
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGPIPE);
    kill(getpid(), SIGINT);
    _exit(stop.wait() == SIGINT ? 7 : 8);
  });
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
}  // namespace latchkey::server
