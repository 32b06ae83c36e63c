#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sql/database.h"
#include "sql/query_threads.h"
#include "sql/session.h"

namespace latchkey::sql::cron {

/// Runs the jobs of cron.job when they are due, each on a session of its own, and writes what came
/// of it into cron.job_run_details. A job that still runs is not started again.
///
/// Threads:   starts one that looks for jobs, and one for each job that runs; stop() joins them.
/// Ownership: borrows the database, which must outlive it.
class Scheduler {
 public:
  explicit Scheduler(Database& database);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Cancels what runs.
  void stop();

 private:
  struct Job {
    std::int64_t id = 0;
    std::string schedule;
    std::string command;
    std::string database;
    std::string user;
  };
  void look();
  void begin_due(std::int64_t now_ms);
  Result<std::vector<Job>> jobs();
  void start(const Job& job, std::int64_t now_ms);
  void run(const Job& job);
  Result<std::int64_t> note_begin(Session& session, const Job& job);
  void note_end(Session& session, std::int64_t run, const Result<void>& outcome,
                const std::string& tag);
  bool pause(std::int64_t milliseconds);

  Database& database_;
  QueryThreads threads_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;
  std::set<std::int64_t> running_;
  std::map<std::int64_t, std::int64_t> ended_ms_;  ///< when the run of a job began that is over
  std::vector<Session*> sessions_;                 ///< that run jobs
  std::int64_t last_minute_ = 0;
  std::atomic<bool> is_looking_{false};
  std::thread looker_;
};

}  // namespace latchkey::sql::cron
