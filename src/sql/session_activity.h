#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey::sql {

/// A session as pg_stat_activity shows it. Times are in microseconds since 2000-01-01 UTC; 0: none.
struct SessionShown {
  std::int32_t process_id = 0;
  std::string user;
  std::string application;
  std::string state;
  std::string query;
  std::int64_t begin_us = 0;
  std::int64_t transaction_us = 0;
  std::int64_t query_us = 0;
  std::int64_t change_us = 0;
};

/// What one session is doing.
///
/// Threads: the session's writes, any reads.
class SessionActivity {
 public:
  void begin_session(std::int32_t process_id, std::string user, std::int64_t now_us);
  void name_application(std::string name);
  void begin_statement(Bytes text, std::int64_t transaction_us, std::int64_t now_us);
  void end_statement(const char* state, std::int64_t transaction_us, std::int64_t now_us);
  SessionShown shown() const;

 private:
  mutable std::mutex mutex_;
  SessionShown shown_;
};

/// All sessions of a database.
///
/// Threads:   any.
/// Ownership: borrows what is added until it is removed.
class SessionRegistry {
 public:
  void add(std::int32_t process_id, const SessionActivity& activity, std::function<void()> cancel);
  void remove(std::int32_t process_id);
  std::vector<SessionShown> all() const;
  /// Whether there was such a session.
  bool cancel(std::int32_t process_id) const;

 private:
  struct Entry {
    const SessionActivity* activity;
    std::function<void()> cancel;
  };
  mutable std::mutex mutex_;
  std::map<std::int32_t, Entry> entries_;
};

}  // namespace latchkey::sql
