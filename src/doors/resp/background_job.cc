#include "doors/resp/background_job.h"

#include <algorithm>

namespace latchkey::resp {

BackgroundJobs::~BackgroundJobs() {
  for (Running& running : running_) running.thread.join();
}

std::shared_ptr<BackgroundJob> BackgroundJobs::start(std::function<Result<void>()> work,
                                                     std::function<void()> notify) {
  const std::lock_guard lock(mutex_);
  join_finished();
  if (running_.size() >= kRunningMax) return nullptr;
  auto job = std::make_shared<BackgroundJob>();
  std::thread thread([job, work = std::move(work), notify = std::move(notify)] {
    job->outcome_.emplace(work());
    job->done_.store(true, std::memory_order_release);
    notify();
  });
  running_.push_back({job, std::move(thread)});
  return job;
}

bool BackgroundJobs::idle() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(running_.begin(), running_.end(),
                     [](const Running& running) { return running.job->done(); });
}

void BackgroundJobs::join_finished() {
  std::erase_if(running_, [](Running& running) {
    if (!running.job->done()) return false;
    running.thread.join();
    return true;
  });
}

}  // namespace latchkey::resp
