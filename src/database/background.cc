#include "database/background.h"

#include <algorithm>
#include <chrono>

namespace latchkey::database {

namespace {

constexpr std::int64_t kSweepPauseMs = 10;
constexpr std::size_t kSweepStep = 64;
constexpr std::size_t kGarbageStep = 256;
constexpr std::int64_t kCheckpointPauseMs = 500;
constexpr std::int64_t kCheckpointRetryMs = 10'000;

}  // namespace

Background::Background(kv::Store& store, storage::Engine& engine,
                       std::uint64_t checkpoint_log_bytes,
                       std::function<void(const std::string&)> report)
    : store_(store),
      engine_(engine),
      checkpoint_log_bytes_(checkpoint_log_bytes),
      report_(std::move(report)),
      sweeper_([this] { sweep(); }),
      checkpointer_([this] { checkpoint(); }) {}

Background::~Background() { stop(); }

void Background::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  if (sweeper_.joinable()) sweeper_.join();
  if (checkpointer_.joinable()) checkpointer_.join();
}

bool Background::pause(std::int64_t milliseconds) {
  std::unique_lock lock(mutex_);
  wakes_.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return stopping_; });
  return !stopping_;
}

void Background::sweep() {
  std::int64_t wait_ms = 0;
  while (pause(wait_ms)) {
    const std::size_t swept = store_.sweep(kSweepStep);
    const bool garbage_waits = store_.collect_garbage(kGarbageStep);
    if (swept != 0 || garbage_waits) {
      wait_ms = 0;
      continue;
    }
    const auto next = engine_.next_deadline_ms();
    wait_ms = next.has_value()
                  ? std::clamp<std::int64_t>(*next - engine_.now_ms(), 1, kSweepPauseMs)
                  : kSweepPauseMs;
  }
}

bool Background::checkpoint_is_due(storage::Lsn last) const {
  const std::uint64_t grown = value_of(engine_.appended_lsn()) - value_of(last);
  const storage::EngineStats stats = engine_.stats();
  return grown > std::max(checkpoint_log_bytes_, stats.page_bytes + stats.large_value_bytes);
}

void Background::checkpoint() {
  storage::Lsn last = engine_.appended_lsn();
  std::int64_t wait_ms = kCheckpointPauseMs;
  while (pause(wait_ms)) {
    wait_ms = kCheckpointPauseMs;
    if (engine_.log_sealed() || !checkpoint_is_due(last)) continue;
    const storage::Lsn before = engine_.appended_lsn();
    if (const Result<void> outcome = engine_.checkpoint(); outcome.has_value()) {
      last = before;
    } else {
      report_("the checkpoint failed and will be tried again: " + outcome.error().message());
      wait_ms = kCheckpointRetryMs;
    }
  }
}

}  // namespace latchkey::database
