#pragma once

#include <atomic>
#include <utility>

#include "doors/pgwire/backend.h"
#include "doors/pgwire/door.h"
#include "doors/pgwire/links.h"
#include "sql/query_threads.h"

namespace latchkey::pgwire {

/// What all connections of the door share.
///
/// Threads:   any.
/// Ownership: owned by the door.
struct DoorState {
  DoorState(DoorOptions the_options, OpenSession open_session, std::size_t thread_count_max)
      : options(std::move(the_options)), threads({.thread_count_max = thread_count_max}) {
    context.open_session = std::move(open_session);
    context.authenticator = options.authenticator;
    context.random = options.env.random;
    context.log = options.log;
  }

  std::int64_t now_us() const { return options.env.clock->steady_us(); }
  void log(net::LogLevel level, const std::string& line) const { options.log(level, line); }

  const DoorOptions options;
  BackendContext context;
  Links links;
  /// Whether the door has said goodbye, and says it to whoever comes.
  std::atomic<bool> stopping{false};
  sql::QueryThreads threads;  // last: its jobs use all the others
};

}  // namespace latchkey::pgwire
