#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "doors/pgwire/frontend_messages.h"

namespace latchkey::pgwire {

class Link;

/// All connections of a door, and which of them a CancelRequest may name.
///
/// Threads: any.
class Links {
 public:
  void add(Link& link, std::weak_ptr<Link> owner);
  void remove(Link& link);
  void publish(Link& link, CancelKey key);
  void retract(CancelKey key);

  /// The connection of that process id, if the secret is right. The comparison takes the same time
  /// for every wrong secret.
  std::shared_ptr<Link> find(CancelKey key);
  std::vector<std::shared_ptr<Link>> all();
  std::size_t count();
  /// Whether within `patience` there was a moment without a link.
  bool wait_empty(std::chrono::milliseconds patience);

 private:
  struct Published {
    Link* link;
    std::uint32_t secret;
  };
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<Link*, std::weak_ptr<Link>> links_;
  std::unordered_map<std::int32_t, Published> published_;
};

}  // namespace latchkey::pgwire
