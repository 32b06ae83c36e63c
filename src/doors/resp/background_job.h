#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "latchkey/result.h"

namespace latchkey::resp {

/// Work of a command that takes too long for a worker's thread. The client that asked waits, all
/// others go on.
///
/// Threads: done() and outcome() from the worker; the rest is the job's thread.
class BackgroundJob {
 public:
  bool done() const { return done_.load(std::memory_order_acquire); }
  /// Requires: done().
  const Result<void>& outcome() const { return *outcome_; }

 private:
  friend class BackgroundJobs;
  std::optional<Result<void>> outcome_;
  std::atomic<bool> done_{false};
};

/// Runs jobs on a thread each, a few at a time.
///
/// Threads:   any.
/// Ownership: joins all threads when it is destroyed.
class BackgroundJobs {
 public:
  ~BackgroundJobs();

  /// Starts `work` and calls `notify` after it, both on the job's thread. Null when too many run.
  std::shared_ptr<BackgroundJob> start(std::function<Result<void>()> work,
                                       std::function<void()> notify);
  bool idle() const;

 private:
  static constexpr std::size_t kRunningMax = 4;
  struct Running {
    std::shared_ptr<BackgroundJob> job;
    std::thread thread;
  };
  void join_finished();

  mutable std::mutex mutex_;
  std::vector<Running> running_;
};

}  // namespace latchkey::resp
