#include "sql/cron/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "sql/cron/quiet_sink.h"
#include "sql/cron/schedule.h"
#include "sql/parse/deparse.h"

namespace latchkey::sql::cron {

namespace {

constexpr std::int64_t kLookMs = 250;
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::size_t kRunsMax = 32;

/// Keeps the rows of a query as texts.
class RowSink final : public ResultSink {
 public:
  explicit RowSink(const TextSettings& settings) : settings_(settings) {}
  std::vector<std::vector<std::string>> rows;

  Result<void> columns(std::span<const ResultColumn>) override { return {}; }
  Result<void> row(std::span<const ResultColumn> columns, std::span<const Value> values) override {
    auto& row = rows.emplace_back(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].is_null) append_text(columns[i].type, values[i], settings_, row[i]);
    }
    return {};
  }
  Result<void> complete(Bytes) override { return {}; }
  Result<void> empty() override { return {}; }
  void notice(Severity, const Error&) override {}
  Result<void> copy_out_begin(const CopyShape&) override { return {}; }
  Result<void> copy_out(Bytes) override { return {}; }
  Result<void> copy_out_end() override { return {}; }
  Result<void> copy_in_begin(const CopyShape&) override { return {}; }
  Result<std::optional<std::string>> copy_in() override { return std::optional<std::string>(); }

 private:
  const TextSettings& settings_;
};

}  // namespace

Scheduler::Scheduler(Database& database)
    : database_(database), threads_({.thread_count_max = kRunsMax}), looker_([this] { look(); }) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Session* const session : sessions_) session->cancel();
  }
  wakes_.notify_all();
  if (looker_.joinable()) looker_.join();
  threads_.stop();
}

bool Scheduler::pause(std::int64_t milliseconds) {
  std::unique_lock lock(mutex_);
  wakes_.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return stopping_; });
  return !stopping_;
}

void Scheduler::look() {
  env::Clock& clock = *database_.environment().clock;
  last_minute_ = clock.wall_ms() / kMinuteMs;
  while (pause(kLookMs)) {
    if (database_.catalog()->find_schema("cron") == nullptr) continue;
    // Statements need a deep stack.
    const std::int64_t now_ms = clock.wall_ms();
    if (is_looking_.exchange(true)) continue;
    const bool is_taken = threads_.run([this, now_ms] {
      begin_due(now_ms);
      is_looking_ = false;
    });
    if (!is_taken) is_looking_ = false;
  }
}

Result<std::vector<Scheduler::Job>> Scheduler::jobs() {
  LK_TRY(const auto session, Session::open(database_, SessionOptions()));
  RowSink sink(session->text_settings());
  LK_CHECK(
      session->run("SELECT jobid, schedule, command, database, username FROM cron.job "
                   "WHERE active ORDER BY jobid",
                   sink));
  std::vector<Job> jobs;
  for (const auto& row : sink.rows) {
    jobs.push_back({std::stoll(row[0]), row[1], row[2], row[3], row[4]});
  }
  return jobs;
}

void Scheduler::begin_due(std::int64_t now_ms) {
  const Result<std::vector<Job>> all = jobs();
  if (!all.has_value()) return;
  std::int64_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(last_minute_, std::max(last_minute_, now_ms / kMinuteMs));
  }
  const std::int64_t minute = now_ms / kMinuteMs;
  for (const Job& job : *all) {
    const std::optional<Schedule> schedule = Schedule::parse(job.schedule);
    if (!schedule.has_value()) continue;
    bool is_due = minute > before && schedule->matches(minute * kMinuteMs);
    if (const std::int64_t seconds = schedule->interval_seconds(); seconds > 0) {
      constexpr std::int64_t kMsInSecond = 1000;
      const std::lock_guard lock(mutex_);
      // The first run is one interval after the job was first seen.
      const auto [last, is_new] = ended_ms_.emplace(job.id, now_ms);
      is_due = !is_new && now_ms - last->second >= seconds * kMsInSecond;
    }
    if (is_due) start(job, now_ms);
  }
}

void Scheduler::start(const Job& job, std::int64_t now_ms) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !running_.insert(job.id).second) return;
    ended_ms_[job.id] = now_ms;
  }
  const bool is_taken = threads_.run([this, job] { run(job); });
  if (is_taken) return;
  const std::lock_guard lock(mutex_);
  running_.erase(job.id);
}

Result<std::int64_t> Scheduler::note_begin(Session& session, const Job& job) {
  RowSink sink(session.text_settings());
  LK_CHECK(session.run("UPDATE cron.numbers SET last = last + 1 WHERE kind = 'run' RETURNING last",
                       sink));
  if (sink.rows.empty()) return Error(ErrorCode::Internal, "cron.numbers has lost its row");
  const std::int64_t run = std::stoll(sink.rows[0][0]);
  LK_CHECK(session.run(
      fmt::format("INSERT INTO cron.job_run_details (jobid, runid, job_pid, database, username, "
                  "command, status, start_time) VALUES ({}, {}, {}, {}, {}, {}, 'running', now())",
                  job.id, run, session.process_id(), parse::quoted_text(job.database),
                  parse::quoted_text(job.user), parse::quoted_text(job.command)),
      sink));
  return run;
}

void Scheduler::note_end(Session& session, std::int64_t run, const Result<void>& outcome,
                         const std::string& tag) {
  const std::string message = outcome.has_value() ? tag : "ERROR: " + outcome.error().message();
  QuietSink sink;
  (void)session.run(
      fmt::format("UPDATE cron.job_run_details SET status = '{}', return_message = {}, "
                  "end_time = now() WHERE runid = {}",
                  outcome.has_value() ? "succeeded" : "failed", parse::quoted_text(message), run),
      sink);
}

void Scheduler::run(const Job& job) {
  const auto run_it = [&]() -> Result<void> {
    LK_TRY(const auto books, Session::open(database_, SessionOptions()));
    LK_TRY(const std::int64_t number, note_begin(*books, job));
    SessionOptions options;
    options.user = job.user;
    options.database = job.database;
    LK_TRY(const auto session, Session::open(database_, std::move(options)));
    {
      const std::lock_guard lock(mutex_);
      sessions_.push_back(session.get());
    }
    QuietSink sink;
    const Result<void> outcome = session->run(job.command, sink);
    {
      const std::lock_guard lock(mutex_);
      std::erase(sessions_, session.get());
    }
    note_end(*books, number, outcome, sink.tag);
    return {};
  };
  (void)run_it();
  const std::lock_guard lock(mutex_);
  running_.erase(job.id);
}

}  // namespace latchkey::sql::cron
