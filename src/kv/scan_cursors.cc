#include "kv/scan_cursors.h"

#include "base/assert.h"
#include "base/numbers.h"

namespace latchkey::kv {

namespace {

// Clients in languages whose only number is a double must be able to hold a cursor.
constexpr std::uint64_t kCursorBits = 52;
constexpr std::uint64_t kCursorMask = (std::uint64_t{1} << kCursorBits) - 1;
constexpr std::size_t kEntryOverheadBytes = 128;

}  // namespace

std::optional<std::uint64_t> parse_cursor(Bytes text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0;
  const bool is_negative = text.front() == '-';
  if (is_negative || text.front() == '+') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  const auto number = parse_uint64(text);
  if (!number) return std::nullopt;
  return is_negative ? 0 - *number : *number;
}

ScanCursors::ScanCursors(std::uint64_t first) : next_(first & kCursorMask) {}

std::size_t ScanCursors::bytes_of(const Entry& entry) {
  return entry.scope.size() + entry.last.size() + kEntryOverheadBytes;
}

std::uint64_t ScanCursors::save(Bytes scope, Bytes last) {
  const std::lock_guard lock(mutex_);
  do {
    next_ = (next_ + 1) & kCursorMask;
  } while (next_ == 0 || by_cursor_.contains(next_));
  recent_.push_front({next_, std::string(scope), std::string(last)});
  by_cursor_.emplace(next_, recent_.begin());
  bytes_ += bytes_of(recent_.front());
  const std::uint64_t cursor = next_;
  evict();
  return cursor;
}

void ScanCursors::evict() {
  while (recent_.size() > 1 && (recent_.size() > kEntriesMax || bytes_ > kBytesMax)) {
    bytes_ -= bytes_of(recent_.back());
    by_cursor_.erase(recent_.back().cursor);
    recent_.pop_back();
  }
  LK_ASSERT(recent_.size() == by_cursor_.size());
}

std::optional<std::string> ScanCursors::find(std::uint64_t cursor, Bytes scope) {
  const std::lock_guard lock(mutex_);
  const auto found = by_cursor_.find(cursor);
  if (found == by_cursor_.end() || found->second->scope != scope) return std::nullopt;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->last;
}

std::size_t ScanCursors::size() const {
  const std::lock_guard lock(mutex_);
  return recent_.size();
}

}  // namespace latchkey::kv
