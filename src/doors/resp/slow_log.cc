#include "doors/resp/slow_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace latchkey::resp {

void SlowLog::set_length_max(std::size_t length) {
  length_max_.store(length, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (entries_.size() > length) entries_.resize(length);
}

void SlowLog::add(std::int64_t time_s, std::int64_t duration_us, kv::Arguments arguments,
                  std::string client_address, std::string client_name) {
  Entry entry{0, time_s, duration_us, {}, std::move(client_address), std::move(client_name)};
  const std::size_t shown = arguments.size() > kArgumentsMax ? kArgumentsMax - 1 : arguments.size();
  for (const Bytes argument : arguments.first(shown)) {
    const std::size_t cut =
        argument.size() > kArgumentBytesMax ? argument.size() - kArgumentBytesMax : 0;
    std::string text(argument.substr(0, kArgumentBytesMax));
    if (cut > 0) text += fmt::format("... ({} more bytes)", cut);
    entry.arguments.push_back(std::move(text));
  }
  if (shown < arguments.size()) {
    entry.arguments.push_back(fmt::format("... ({} more arguments)", arguments.size() - shown));
  }
  const std::lock_guard lock(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  while (entries_.size() > length_max()) entries_.pop_back();
}

std::vector<SlowLog::Entry> SlowLog::newest(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

std::size_t SlowLog::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void SlowLog::reset() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

}  // namespace latchkey::resp
