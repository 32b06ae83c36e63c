#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "kv/store.h"
#include "storage/engine.h"

namespace latchkey::database {

/// The work beside the requests: removing what is due, giving back what was deleted, and writing
/// checkpoints when the log has grown.
///
///   sweeper       wakes at the next deadline, at most kSweepPauseMs later; small steps
///   checkpointer  looks every kCheckpointPauseMs
///
/// Threads:   starts two; stop() joins them.
/// Ownership: borrows store and engine.
class Background {
 public:
  Background(kv::Store& store, storage::Engine& engine, std::uint64_t checkpoint_log_bytes,
             std::function<void(const std::string&)> report);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void stop();

 private:
  void sweep();
  void checkpoint();
  bool checkpoint_is_due(storage::Lsn last) const;
  /// Sleeps, or returns false if it is time to end.
  bool pause(std::int64_t milliseconds);

  kv::Store& store_;
  storage::Engine& engine_;
  const std::uint64_t checkpoint_log_bytes_;
  std::function<void(const std::string&)> report_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool stopping_ = false;
  std::thread sweeper_;
  std::thread checkpointer_;
};

}  // namespace latchkey::database
