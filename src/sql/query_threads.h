#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <vector>

namespace latchkey::sql {

/// How much stack a thread for statements reserves. Expressions, subqueries and PL/pgSQL nest, and
/// libpg_query has no guard of its own, so the reserve is large; only what is touched costs memory.
/// Sanitizers keep books on every byte of a stack, touched or not.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kQueryStackBytes = std::size_t{16} << 20;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t kQueryStackBytes = std::size_t{64} << 20;
#else
inline constexpr std::size_t kQueryStackBytes = std::size_t{128} << 20;
#endif

struct QueryThreadsOptions {
  /// Statements wait for each other's locks while they hold a thread. So there must be a thread for
  /// every client that may have a statement, or one that would free the others is never run.
  std::size_t thread_count_max = 10'000;
  std::size_t stack_bytes = kQueryStackBytes;
  std::chrono::milliseconds idle_max{10'000};
};

/// Threads for work that may wait: statements, and whatever else must not hold up a worker.
///
/// A job begins at once on an idle thread, the one that became idle last and so is still warm, or
/// on a new one. At the maximum jobs queue in order. A thread that has been idle for `idle_max`
/// ends.
///
/// Threads:   any; stop() and the destructor from the owner.
/// Ownership: owns its threads and joins them; owns the jobs it has not begun.
class QueryThreads {
 public:
  explicit QueryThreads(QueryThreadsOptions options = {});
  /// Stops.
  ~QueryThreads();
  QueryThreads(const QueryThreads&) = delete;
  QueryThreads& operator=(const QueryThreads&) = delete;

  /// Returns false, and does not keep the job, once stopped or when the machine gives no thread and
  /// none is there. Never waits for a job.
  bool run(std::function<void()> job);

  /// Whether within `patience` there was a moment without a job, running or queued.
  bool wait_idle(std::chrono::milliseconds patience);
  /// Takes no more jobs, runs those that are queued, and joins all threads.
  void stop();

  struct Counts {
    std::size_t threads = 0;
    std::size_t idle = 0;
    std::size_t queued = 0;
  };
  Counts counts() const;

 private:
  /// Where an idle thread waits for its next job. Shared, so that whoever calls can do so without a
  /// lock: a thread that is woken while its caller still holds one has to sleep again.
  struct Seat {
    std::mutex mutex;
    std::condition_variable called;
    std::function<void()> job;
    bool is_dismissed = false;
  };

  static void* enter(void* self);
  void work();
  bool start_thread();
  /// A thread's next job: one that is queued, or one that it is called for within idle_max. Nothing
  /// when the thread shall end. It has then been counted out, and `ended_before` are those that it
  /// must join: so at most one thread that has ended keeps its stack.
  std::function<void()> take_job(const std::shared_ptr<Seat>& seat,
                                 std::vector<pthread_t>& ended_before);
  enum class Called : std::uint8_t { ForAJob, ToEnd, Not };
  Called wait_at(Seat& seat) const;
  /// Requires: locked.
  std::vector<pthread_t> count_out();

  const QueryThreadsOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;          // a thread has ended, or none works any more
  std::vector<std::shared_ptr<Seat>> idle_;  // the one that became idle last at the end
  std::queue<std::function<void()>> jobs_;
  std::vector<pthread_t> ended_;  // to be joined
  std::size_t thread_count_ = 0;
  bool stopped_ = false;
};

}  // namespace latchkey::sql
