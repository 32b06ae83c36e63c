#include "kv/hub.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"
#include "base/glob.h"

namespace latchkey::kv {

bool Hub::add(Listeners& listeners, Subscriber& subscriber, std::string_view name) {
  const std::unique_lock lock(mutex_);
  std::vector<Subscriber*>& there = listeners[std::string(name)];
  if (std::find(there.begin(), there.end(), &subscriber) != there.end()) return false;
  there.push_back(&subscriber);
  subscription_count_.fetch_add(1, std::memory_order_release);
  return true;
}

bool Hub::remove(Listeners& listeners, Subscriber& subscriber, std::string_view name) {
  const std::unique_lock lock(mutex_);
  const auto found = listeners.find(std::string(name));
  if (found == listeners.end()) return false;
  if (std::erase(found->second, &subscriber) == 0) return false;
  if (found->second.empty()) listeners.erase(found);
  LK_ASSERT(subscription_count_.load(std::memory_order_relaxed) > 0);
  subscription_count_.fetch_sub(1, std::memory_order_release);
  return true;
}

bool Hub::subscribe(Subscriber& subscriber, std::string_view channel) {
  return add(channels_, subscriber, channel);
}

bool Hub::subscribe_pattern(Subscriber& subscriber, std::string_view pattern) {
  return add(patterns_, subscriber, pattern);
}

bool Hub::unsubscribe(Subscriber& subscriber, std::string_view channel) {
  return remove(channels_, subscriber, channel);
}

bool Hub::unsubscribe_pattern(Subscriber& subscriber, std::string_view pattern) {
  return remove(patterns_, subscriber, pattern);
}

void Hub::unsubscribe_all(Subscriber& subscriber) {
  const std::unique_lock lock(mutex_);
  for (Listeners* listeners : {&channels_, &patterns_}) {
    for (auto entry = listeners->begin(); entry != listeners->end();) {
      const std::size_t removed_count = std::erase(entry->second, &subscriber);
      subscription_count_.fetch_sub(removed_count, std::memory_order_release);
      entry = entry->second.empty() ? listeners->erase(entry) : std::next(entry);
    }
  }
}

std::size_t Hub::publish(Bytes channel, Bytes payload, storage::Lsn depends_on) {
  if (idle()) return 0;
  const std::shared_lock lock(mutex_);
  std::shared_ptr<const Message> message;
  std::size_t receiver_count = 0;
  const auto deliver = [&](const std::vector<Subscriber*>& subscribers,
                           const std::string& pattern) {
    if (message == nullptr) {
      message = std::make_shared<const Message>(
          Message{std::string(channel), std::string(payload), depends_on});
    }
    for (Subscriber* subscriber : subscribers) subscriber->deliver(message, pattern);
    receiver_count += subscribers.size();
  };
  static const std::string kNoPattern;
  if (const auto found = channels_.find(std::string(channel)); found != channels_.end()) {
    deliver(found->second, kNoPattern);
  }
  for (const auto& [pattern, subscribers] : patterns_) {
    if (glob_match(pattern, channel)) deliver(subscribers, pattern);
  }
  return receiver_count;
}

std::size_t Hub::receiver_count(Bytes channel) const {
  if (idle()) return 0;
  const std::shared_lock lock(mutex_);
  const auto found = channels_.find(std::string(channel));
  std::size_t count = found == channels_.end() ? 0 : found->second.size();
  for (const auto& [pattern, subscribers] : patterns_) {
    if (glob_match(pattern, channel)) count += subscribers.size();
  }
  return count;
}

std::vector<std::string> Hub::channels(std::string_view pattern) const {
  std::vector<std::string> names;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [channel, subscribers] : channels_) {
      if (glob_match(pattern, channel)) names.push_back(channel);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::size_t Hub::subscriber_count(std::string_view channel) const {
  const std::shared_lock lock(mutex_);
  const auto found = channels_.find(std::string(channel));
  return found == channels_.end() ? 0 : found->second.size();
}

std::size_t Hub::pattern_count() const {
  const std::shared_lock lock(mutex_);
  return patterns_.size();
}

bool Hub::idle() const { return subscription_count_.load(std::memory_order_acquire) == 0; }

}  // namespace latchkey::kv
