#include "doors/resp/background_job.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace latchkey::resp {
namespace {

TEST(BackgroundJobs, TellWhenTheyAreDoneAndHowItWent) {
  BackgroundJobs jobs;
  std::promise<void> notified;

  const auto job = jobs.start([]() -> Result<void> { return Error(ErrorCode::DiskFull); },
                              [&] { notified.set_value(); });
  ASSERT_NE(job, nullptr);
  notified.get_future().wait();

  EXPECT_TRUE(job->done());
  EXPECT_EQ(job->outcome().error().code(), ErrorCode::DiskFull);
  EXPECT_TRUE(jobs.idle());
}

TEST(BackgroundJobs, AreFew) {
  std::promise<void> gate;
  std::shared_future<void> open(gate.get_future());
  BackgroundJobs jobs;
  std::vector<std::shared_ptr<BackgroundJob>> running;
  const auto wait = [open]() -> Result<void> {
    open.wait();
    return {};
  };

  for (int i = 0; i < 4; ++i) running.push_back(jobs.start(wait, [] {}));

  EXPECT_EQ(jobs.start(wait, [] {}), nullptr);
  EXPECT_FALSE(jobs.idle());
  gate.set_value();
  while (!jobs.idle()) std::this_thread::yield();
  EXPECT_NE(jobs.start(wait, [] {}), nullptr);
}

}  // namespace
}  // namespace latchkey::resp
