#include "sql/session_activity.h"

#include <utility>

namespace latchkey::sql {

void SessionActivity::begin_session(std::int32_t process_id, std::string user,
                                    std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  shown_.process_id = process_id;
  shown_.user = std::move(user);
  shown_.begin_us = now_us;
  shown_.change_us = now_us;
  shown_.state = "idle";
}

void SessionActivity::name_application(std::string name) {
  const std::lock_guard lock(mutex_);
  shown_.application = std::move(name);
}

void SessionActivity::begin_statement(Bytes text, std::int64_t transaction_us,
                                      std::int64_t now_us) {
  constexpr std::size_t kShownBytes = 1023;
  const std::lock_guard lock(mutex_);
  shown_.query.assign(text.substr(0, kShownBytes));
  shown_.state = "active";
  shown_.transaction_us = transaction_us;
  shown_.query_us = now_us;
  shown_.change_us = now_us;
}

void SessionActivity::end_statement(const char* state, std::int64_t transaction_us,
                                    std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  shown_.state = state;
  shown_.transaction_us = transaction_us;
  shown_.change_us = now_us;
}

SessionShown SessionActivity::shown() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

void SessionRegistry::add(std::int32_t process_id, const SessionActivity& activity,
                          std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  entries_[process_id] = {&activity, std::move(cancel)};
}

void SessionRegistry::remove(std::int32_t process_id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(process_id);
}

std::vector<SessionShown> SessionRegistry::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<SessionShown> sessions;
  for (const auto& [process_id, entry] : entries_) sessions.push_back(entry.activity->shown());
  return sessions;
}

bool SessionRegistry::cancel(std::int32_t process_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(process_id);
  if (found == entries_.end()) return false;
  found->second.cancel();
  return true;
}

}  // namespace latchkey::sql
