#include "doors/pgwire/links.h"

#include <openssl/crypto.h>

#include <utility>

namespace latchkey::pgwire {

void Links::add(Link& link, std::weak_ptr<Link> owner) {
  const std::lock_guard lock(mutex_);
  links_.emplace(&link, std::move(owner));
}

void Links::remove(Link& link) {
  const std::lock_guard lock(mutex_);
  links_.erase(&link);
  if (links_.empty()) emptied_.notify_all();
}

void Links::publish(Link& link, CancelKey key) {
  const std::lock_guard lock(mutex_);
  published_.insert_or_assign(key.process_id, Published{&link, key.secret});
}

void Links::retract(CancelKey key) {
  const std::lock_guard lock(mutex_);
  const auto found = published_.find(key.process_id);
  // Another connection may have been given the same number meanwhile.
  if (found != published_.end() && found->second.secret == key.secret) published_.erase(found);
}

std::shared_ptr<Link> Links::find(CancelKey key) {
  const std::lock_guard lock(mutex_);
  const auto found = published_.find(key.process_id);
  if (found == published_.end()) return nullptr;
  if (CRYPTO_memcmp(&found->second.secret, &key.secret, sizeof key.secret) != 0) return nullptr;
  const auto link = links_.find(found->second.link);
  return link == links_.end() ? nullptr : link->second.lock();
}

std::vector<std::shared_ptr<Link>> Links::all() {
  // The caller may become the last owner of one that is just going: its end takes the lock, so
  // nothing is let go of in here.
  std::vector<std::shared_ptr<Link>> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [link, owner] : links_) {
    if (auto shared = owner.lock(); shared != nullptr) all.push_back(std::move(shared));
  }
  return all;
}

std::size_t Links::count() {
  const std::lock_guard lock(mutex_);
  return links_.size();
}

bool Links::wait_empty(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, patience, [&] { return links_.empty(); });
}

}  // namespace latchkey::pgwire
