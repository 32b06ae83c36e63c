#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "base/numbers.h"
#include "base/text.h"
#include "kv/call.h"
#include "kv/catalog.h"
#include "kv/commands.h"
#include "kv/scan_cursors.h"
#include "kv/type_name.h"
#include "kv/walk.h"

namespace latchkey::kv {

namespace {

/// Collects reply elements whose count is not known yet, in one piece of memory.
class KeyList {
 public:
  void add(Bytes key) {
    ends_.push_back(bytes_.size() + key.size());
    bytes_.append(key);
  }
  void reply(Reply& reply) const {
    reply.array(ends_.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      reply.bulk(Bytes(bytes_).substr(begin, end - begin));
      begin = end;
    }
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

/// The keys that can match: one, those that begin alike, or all.
storage::KeyRange range_of_pattern(Bytes pattern) {
  const std::string prefix = literal_prefix(pattern);
  if (prefix != pattern || pattern.find('\\') != Bytes::npos) {
    return catalog::prefix_range(prefix);
  }
  return {prefix, prefix + '\0'};
}

Result<void> keys(Call& call) {
  const Bytes pattern = call.argument(1);
  const std::size_t mark = call.reply.open_array();
  std::size_t key_count = 0;
  const auto visit = [&](Bytes key, const storage::RecordView* live) {
    if (live != nullptr && glob_match(pattern, key)) {
      call.reply.bulk(key);
      ++key_count;
    }
    return Go::On;
  };
  LK_CHECK(walk_records(call, range_of_pattern(pattern), visit));
  call.reply.close_array(mark, key_count);
  return {};
}

// What one SCAN looks at, whatever its COUNT says: that is a hint, and others want their turn.
constexpr std::int64_t kScanRecordsMax = 10'000;

struct ScanOptions {
  std::optional<Bytes> pattern;
  std::optional<Bytes> type;
  std::int64_t count = 10;
};

Result<ScanOptions> parse_scan_options(const Call& call) {
  ScanOptions options;
  for (std::size_t index = 2; index < call.argument_count(); index += 2) {
    if (index + 1 == call.argument_count()) return Call::syntax_error();
    const Bytes word = call.argument(index);
    const Bytes value = call.argument(index + 1);
    if (equals_ignore_case(word, "COUNT")) {
      const auto count = parse_int64(value);
      if (!count.has_value()) return Call::not_an_integer();
      if (*count < 1) return Call::syntax_error();
      options.count = std::min(*count, kScanRecordsMax);
    } else if (equals_ignore_case(word, "MATCH")) {
      options.pattern = value;
    } else if (equals_ignore_case(word, "TYPE")) {
      options.type = value;
    } else {
      return Call::syntax_error();
    }
  }
  return options;
}

Result<void> scan(Call& call) {
  const auto cursor = parse_cursor(call.argument(1));
  if (!cursor.has_value()) return Error(ErrorCode::InvalidArgument, "invalid cursor");
  LK_TRY(const ScanOptions options, parse_scan_options(call));

  storage::KeyRange range;
  if (options.pattern.has_value()) range = range_of_pattern(*options.pattern);
  const Bytes scope = call.session.collection_name;
  ScanCursors& cursors = call.store.scan_cursors();
  if (const auto last = *cursor == 0 ? std::nullopt : cursors.find(*cursor, scope)) {
    std::string next = *last;
    next.push_back('\0');
    if (range.begin < next) range.begin = std::move(next);
  }

  KeyList found;
  std::string last_visited;
  std::int64_t visited_count = 0;
  bool more = false;
  const auto visit = [&](Bytes key, const storage::RecordView* live) {
    // Only a record past the last one tells that there is more; else the cursor would say so of an
    // end that it has reached.
    more = visited_count == options.count;
    if (more) return Go::Stop;
    ++visited_count;
    last_visited.assign(key);
    if (live == nullptr) return Go::On;
    if (options.pattern.has_value() && !glob_match(*options.pattern, key)) return Go::On;
    if (options.type.has_value() && !equals_ignore_case(*options.type, type_name(*live))) {
      return Go::On;
    }
    found.add(key);
    return Go::On;
  };
  LK_CHECK(walk_records(call, std::move(range), visit));

  std::string next_cursor;
  append_uint64(next_cursor, more ? cursors.save(scope, last_visited) : 0);
  call.reply.array(2);
  call.reply.bulk(next_cursor);
  found.reply(call.reply);
  return {};
}

constexpr Command kRows[] = {
    // name, arity, keys, flags, handler, group, cost, summary
    {"KEYS", exactly(2), kNoKeys, kRead | kWalks, &keys, "generic",
     "n, n keys that begin as the pattern does", "Returns all keys that match a pattern."},
    {"SCAN", at_least(2), kNoKeys, kRead | kWalks, &scan, "generic", "n, n keys looked at",
     "Walks the keys in steps, from cursor to cursor."},
};
static_assert(is_sorted_by_name(kRows));

}  // namespace

void add_scan_commands(CommandTable& table) { table.add(kRows); }

}  // namespace latchkey::kv
