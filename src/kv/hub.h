#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "storage/types.h"

namespace latchkey::kv {

/// One published message, shared by all who receive it.
struct Message {
  std::string channel;
  std::string payload;
  /// What the message tells of: a door holds it back until Engine::stable_lsn() has passed this, as
  /// it does with replies. Lsn{0} for a plain PUBLISH.
  storage::Lsn depends_on{};
};

/// One who listens on channels. The hub holds no ownership: unsubscribe_all before it dies.
///
/// Threads: deliver is called from any thread, with the hub's lock held for reading; it must not
///          call the hub and must not wait.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  /// `pattern` is empty for a plain subscription.
  virtual void deliver(const std::shared_ptr<const Message>& message,
                       const std::string& pattern) = 0;
};

/// Channels and who listens on them, for all doors at once.
///
/// Threads: any.
class Hub {
 public:
  /// Return whether the subscription is new.
  bool subscribe(Subscriber& subscriber, std::string_view channel);
  bool subscribe_pattern(Subscriber& subscriber, std::string_view pattern);
  /// Return whether there was one to end.
  bool unsubscribe(Subscriber& subscriber, std::string_view channel);
  bool unsubscribe_pattern(Subscriber& subscriber, std::string_view pattern);
  void unsubscribe_all(Subscriber& subscriber);

  /// Delivers to each matching subscription; returns how many there were.
  std::size_t publish(Bytes channel, Bytes payload, storage::Lsn depends_on = {});
  /// To how many subscriptions publish would deliver now.
  std::size_t receiver_count(Bytes channel) const;

  /// Channels with at least one plain subscriber whose name matches `pattern`, sorted.
  std::vector<std::string> channels(std::string_view pattern) const;
  std::size_t subscriber_count(std::string_view channel) const;
  std::size_t pattern_count() const;
  /// Cheap: whether anybody listens at all.
  bool idle() const;

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::vector<Subscriber*>> channels_;
  std::unordered_map<std::string, std::vector<Subscriber*>> patterns_;
  std::atomic<std::size_t> subscription_count_{0};

  using Listeners = std::unordered_map<std::string, std::vector<Subscriber*>>;
  bool add(Listeners& listeners, Subscriber& subscriber, std::string_view name);
  bool remove(Listeners& listeners, Subscriber& subscriber, std::string_view name);
};

}  // namespace latchkey::kv
