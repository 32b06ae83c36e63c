#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kv/hub.h"

namespace latchkey::resp {

/// Something that a client gets without having asked: a message of a channel, or a line of MONITOR.
struct Push {
  enum class Kind : std::uint8_t { Message, ShardMessage, MonitorLine };
  Kind kind = Kind::Message;
  std::shared_ptr<const kv::Message> message;
  std::string pattern;  ///< of a pattern's subscription; else empty
};

/// Pushes on their way from any thread to the client's worker. Holds references, so that one
/// message to many clients is in memory once; but each counts it in full against its bound.
///
/// Threads: any.
class PushMail {
 public:
  enum class Posted : std::uint8_t { First, More, Overflow };
  /// First: the box was empty, so the client must be woken. Overflow: more than `bytes_max` wait.
  Posted post(Push push, std::size_t bytes_max);
  std::vector<Push> take();
  bool empty() const { return !waiting_.load(std::memory_order_acquire); }
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::vector<Push> pushes_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> waiting_{false};
};

}  // namespace latchkey::resp
