#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/bytes.h"

namespace latchkey::kv {

/// A cursor as a client writes it, or nothing. As lenient as Redis: no text is 0, a sign and
/// leading zeros may stand before the digits, and what follows a zero byte is not looked at.
std::optional<std::uint64_t> parse_cursor(Bytes text);

/// Remembers where a SCAN, HSCAN or ZSCAN goes on, because keys are ordered by bytes and a cursor
/// on the wire is a number.
///
/// A cursor may be used again. One that is not known any more (too many others came after it, the
/// server started anew, it belongs to another scope) is answered by starting over: the client then
/// meets keys twice, which SCAN allows, and never misses one, which it does not.
///
/// Threads:   any.
/// Invariant: at most kEntriesMax entries and about kBytesMax bytes; the least recently used go
/// first.
class ScanCursors {
 public:
  static constexpr std::size_t kEntriesMax = 16'384;
  static constexpr std::size_t kBytesMax = 8u << 20;

  /// Cursors count up from `first`, which should be random: an old server's cursor is then unknown.
  explicit ScanCursors(std::uint64_t first);

  /// A new cursor, never 0, that stands after `last`. `scope` names what is walked: a collection
  /// for SCAN, a collection and a key for HSCAN.
  std::uint64_t save(Bytes scope, Bytes last);

  /// The last key visited, or nothing when the walk must start over.
  std::optional<std::string> find(std::uint64_t cursor, Bytes scope);

  std::size_t size() const;

 private:
  struct Entry {
    std::uint64_t cursor;
    std::string scope;
    std::string last;
  };
  static std::size_t bytes_of(const Entry& entry);
  void evict();

  mutable std::mutex mutex_;
  std::uint64_t next_;
  std::size_t bytes_ = 0;
  std::list<Entry> recent_;  // the most recently used first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> by_cursor_;
};

}  // namespace latchkey::kv
