#include "sql/query_threads.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace latchkey::sql {

QueryThreads::QueryThreads(QueryThreadsOptions options) : options_(options) {
  LK_ASSERT(options_.thread_count_max > 0);
}

QueryThreads::~QueryThreads() { stop(); }

bool QueryThreads::run(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  if (stopped_) return false;
  if (idle_.empty()) {
    // What cannot have a thread of its own waits for one of those that are there.
    if (thread_count_ < options_.thread_count_max && !start_thread() && thread_count_ == 0)
      return false;
    jobs_.push(std::move(job));
    return true;
  }
  const std::shared_ptr<Seat> seat = std::move(idle_.back());
  idle_.pop_back();
  lock.unlock();
  {
    const std::lock_guard seat_lock(seat->mutex);
    seat->job = std::move(job);
  }
  seat->called.notify_one();
  return true;
}

/// Requires: locked.
bool QueryThreads::start_thread() {
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return false;
  pthread_t thread;
  const bool started = ::pthread_attr_setstacksize(&attributes, options_.stack_bytes) == 0 &&
                       ::pthread_create(&thread, &attributes, &QueryThreads::enter, this) == 0;
  ::pthread_attr_destroy(&attributes);
  if (started) ++thread_count_;
  return started;
}

void* QueryThreads::enter(void* self) {
  static_cast<QueryThreads*>(self)->work();
  return nullptr;
}

void QueryThreads::work() {
  const auto seat = std::make_shared<Seat>();
  std::vector<pthread_t> ended_before;
  // Each job goes, with all that it holds, before the next is waited for.
  while (const std::function<void()> job = take_job(seat, ended_before)) job();
  for (const pthread_t other : ended_before) ::pthread_join(other, nullptr);
}

std::function<void()> QueryThreads::take_job(const std::shared_ptr<Seat>& seat,
                                             std::vector<pthread_t>& ended_before) {
  {
    const std::lock_guard lock(mutex_);
    if (!jobs_.empty()) {
      std::function<void()> job = std::move(jobs_.front());
      jobs_.pop();
      return job;
    }
    if (stopped_) {
      ended_before = count_out();
      return nullptr;
    }
    idle_.push_back(seat);
    if (idle_.size() == thread_count_) changed_.notify_all();
  }
  for (;;) {
    const Called called = wait_at(*seat);
    if (called == Called::ForAJob) return std::exchange(seat->job, nullptr);
    const std::lock_guard lock(mutex_);
    // Who is neither called nor idle any more is about to be called.
    if (called == Called::Not && std::erase(idle_, seat) == 0) continue;
    ended_before = count_out();
    return nullptr;
  }
}

QueryThreads::Called QueryThreads::wait_at(Seat& seat) const {
  std::unique_lock lock(seat.mutex);
  seat.called.wait_for(lock, options_.idle_max,
                       [&] { return seat.is_dismissed || static_cast<bool>(seat.job); });
  if (seat.job) return Called::ForAJob;
  return seat.is_dismissed ? Called::ToEnd : Called::Not;
}

std::vector<pthread_t> QueryThreads::count_out() {
  --thread_count_;
  changed_.notify_all();
  return std::exchange(ended_, {::pthread_self()});
}

bool QueryThreads::wait_idle(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience,
                           [&] { return jobs_.empty() && idle_.size() == thread_count_; });
}

void QueryThreads::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  for (const std::shared_ptr<Seat>& seat : std::exchange(idle_, {})) {
    const std::lock_guard seat_lock(seat->mutex);
    seat->is_dismissed = true;
    seat->called.notify_one();
  }
  changed_.wait(lock, [&] { return thread_count_ == 0; });
  const std::vector<pthread_t> ended = std::exchange(ended_, {});
  lock.unlock();
  for (const pthread_t thread : ended) ::pthread_join(thread, nullptr);
}

QueryThreads::Counts QueryThreads::counts() const {
  const std::lock_guard lock(mutex_);
  return {thread_count_, idle_.size(), jobs_.size()};
}

}  // namespace latchkey::sql
