#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "base/assert.h"
#include "base/numbers.h"
#include "base/text.h"
#include "kv/call.h"
#include "kv/commands.h"
#include "kv/deadline.h"
#include "kv/fields.h"
#include "kv/scalar.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::kNoDeadline;
using storage::RecordView;

/// The options of SET and GETEX, as far as each has them.
struct StringOptions {
  enum class Presence : std::uint8_t { Any, OnlyNew, OnlyExisting };
  Presence presence = Presence::Any;
  bool returns_old = false;
  bool keeps_deadline = false;
  bool clears_deadline = false;
  std::optional<TimeSpec> time_spec;
  Bytes time;
};

enum class OptionsOf : std::uint8_t { Set, GetEx };

std::optional<TimeSpec> time_spec_of(Bytes word) {
  if (equals_ignore_case(word, "EX")) return kSecondsFromNow;
  if (equals_ignore_case(word, "PX")) return kMillisecondsFromNow;
  if (equals_ignore_case(word, "EXAT")) return kSecondsFromEpoch;
  if (equals_ignore_case(word, "PXAT")) return kMillisecondsFromEpoch;
  return std::nullopt;
}

/// As in Redis a time may be given twice in the same form, where the last one counts.
bool admits(const StringOptions& options, TimeSpec spec) {
  if (options.keeps_deadline || options.clears_deadline) return false;
  return !options.time_spec.has_value() || *options.time_spec == spec;
}

Result<StringOptions> parse_options(const Call& call, std::size_t first, OptionsOf command) {
  StringOptions options;
  const bool is_set = command == OptionsOf::Set;
  using Presence = StringOptions::Presence;
  for (std::size_t index = first; index < call.argument_count(); ++index) {
    const Bytes word = call.argument(index);
    if (is_set && equals_ignore_case(word, "NX") && options.presence != Presence::OnlyExisting) {
      options.presence = Presence::OnlyNew;
    } else if (is_set && equals_ignore_case(word, "XX") && options.presence != Presence::OnlyNew) {
      options.presence = Presence::OnlyExisting;
    } else if (is_set && equals_ignore_case(word, "GET")) {
      options.returns_old = true;
    } else if (is_set && equals_ignore_case(word, "KEEPTTL") && !options.time_spec.has_value()) {
      options.keeps_deadline = true;
    } else if (!is_set && equals_ignore_case(word, "PERSIST") && !options.time_spec.has_value()) {
      options.clears_deadline = true;
    } else if (const auto spec = time_spec_of(word);
               spec.has_value() && admits(options, *spec) && index + 1 < call.argument_count()) {
      options.time_spec = spec;
      options.time = call.argument(++index);
    } else {
      return Call::syntax_error();
    }
  }
  return options;
}

void reply_old(Call& call, const std::optional<std::string>& old) {
  if (old.has_value()) {
    call.reply.bulk(*old);
  } else {
    call.reply.null();
  }
}

/// Answers with a scalar, or with null where there is no record. Returns false, having replied
/// nothing, when the record is of another kind.
Result<bool> try_get(Call& call) {
  Result<void> outcome;
  const auto show = [&](const RecordView& record) {
    ScalarText text;
    Result<Bytes> shown = text.of(record);
    if (shown.has_value()) {
      call.reply.bulk(*shown);
    } else {
      outcome = std::move(shown).error();
    }
  };
  LK_TRY(const bool found, call.read_record(call.argument(1), show));
  if (!found) call.reply.null();
  if (outcome.has_value()) return true;
  if (outcome.error().code() == ErrorCode::KeyWrongType) return false;
  return std::move(outcome).error();
}

Result<void> get(Call& call) {
  LK_TRY(bool done, try_get(call));
  if (!done && !call.in_transaction()) {
    // The record must stay what it is between the look at its kind and the reading of its fields.
    call.transaction();
    LK_TRY(done, try_get(call));
  }
  if (done) return {};
  LK_TRY(const std::string json, fields_as_json(call, call.argument(1)));
  call.reply.bulk(json);
  return {};
}

/// A plain overwrite, the most frequent write of all.
Result<void> put_string(Call& call, Bytes key, Bytes value, std::int64_t deadline_ms) {
  LK_ASSERT(deadline_ms == kNoDeadline || deadline_ms > call.now_ms());
  ScalarRecord scalar;
  const storage::NewRecord record = scalar.of(value, deadline_ms);
  const auto decide = [&](const RecordView*) -> Result<Decision> { return Decision::put(record); };
  LK_CHECK(call.update_record(key, decide));
  call.notify('$', "set", key);
  if (deadline_ms != kNoDeadline) call.notify('g', "expire", key);
  return {};
}

Result<void> set_with_options(Call& call, const StringOptions& options) {
  using Presence = StringOptions::Presence;
  const Bytes key = call.argument(1);
  std::int64_t deadline_ms = kNoDeadline;
  if (options.time_spec.has_value()) {
    LK_TRY(deadline_ms, parse_deadline(call, options.time, *options.time_spec, PastTimes::Refused));
  }
  ScalarRecord scalar;
  storage::NewRecord record = scalar.of(call.argument(2), deadline_ms);
  // What is past its deadline does not exist, so storing it would be an erasure.
  const bool is_past = deadline_ms != kNoDeadline && deadline_ms <= call.now_ms();
  std::optional<std::string> old;
  bool written = false;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    old.reset();
    written = false;
    if (options.returns_old && live != nullptr) {
      ScalarText text;
      LK_TRY(const Bytes shown, text.of(*live));
      old.emplace(shown);
    }
    if (options.presence == Presence::OnlyNew && live != nullptr) return Decision::keep();
    if (options.presence == Presence::OnlyExisting && live == nullptr) return Decision::keep();
    written = true;
    if (is_past) return Decision::erase();
    if (options.keeps_deadline) {
      record.deadline_ms = live != nullptr ? live->deadline_ms : kNoDeadline;
    }
    return Decision::put(record);
  };
  LK_CHECK(call.update_record(key, decide));
  if (written) {
    call.notify('$', "set", key);
    if (options.time_spec.has_value()) call.notify('g', is_past ? "del" : "expire", key);
  }
  if (options.returns_old) {
    reply_old(call, old);
  } else if (written) {
    call.reply.ok();
  } else {
    call.reply.null();
  }
  return {};
}

Result<void> set(Call& call) {
  if (call.argument_count() > 3) {
    LK_TRY(const StringOptions options, parse_options(call, 3, OptionsOf::Set));
    return set_with_options(call, options);
  }
  LK_CHECK(put_string(call, call.argument(1), call.argument(2), kNoDeadline));
  call.reply.ok();
  return {};
}

Result<void> setnx(Call& call) {
  const Bytes key = call.argument(1);
  ScalarRecord scalar;
  const storage::NewRecord record = scalar.of(call.argument(2), kNoDeadline);
  bool written = false;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    written = live == nullptr;
    return written ? Decision::put(record) : Decision::keep();
  };
  LK_CHECK(call.update_record(key, decide));
  if (written) call.notify('$', "set", key);
  call.reply.integer(written ? 1 : 0);
  return {};
}

Result<void> set_for(Call& call, TimeSpec spec) {
  LK_TRY(const std::int64_t deadline_ms,
         parse_deadline(call, call.argument(2), spec, PastTimes::Refused));
  LK_CHECK(put_string(call, call.argument(1), call.argument(3), deadline_ms));
  call.reply.ok();
  return {};
}

Result<void> setex(Call& call) { return set_for(call, kSecondsFromNow); }
Result<void> psetex(Call& call) { return set_for(call, kMillisecondsFromNow); }

Result<void> getset(Call& call) {
  const Bytes key = call.argument(1);
  ScalarRecord scalar;
  const storage::NewRecord record = scalar.of(call.argument(2), kNoDeadline);
  std::optional<std::string> old;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    old.reset();
    if (live != nullptr) {
      ScalarText text;
      LK_TRY(const Bytes shown, text.of(*live));
      old.emplace(shown);
    }
    return Decision::put(record);
  };
  LK_CHECK(call.update_record(key, decide));
  call.notify('$', "set", key);
  reply_old(call, old);
  return {};
}

Result<void> getdel(Call& call) {
  const Bytes key = call.argument(1);
  std::optional<std::string> old;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    old.reset();
    if (live == nullptr) return Decision::keep();
    ScalarText text;
    LK_TRY(const Bytes shown, text.of(*live));
    old.emplace(shown);
    return Decision::erase();
  };
  LK_CHECK(call.update_record(key, decide));
  if (old.has_value()) call.notify('g', "del", key);
  reply_old(call, old);
  return {};
}

Result<void> getex(Call& call) {
  const Bytes key = call.argument(1);
  LK_TRY(const StringOptions options, parse_options(call, 2, OptionsOf::GetEx));
  std::optional<std::string> old;
  const char* event = nullptr;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    old.reset();
    event = nullptr;
    if (live == nullptr) return Decision::keep();
    ScalarText text;
    LK_TRY(const Bytes shown, text.of(*live));
    old.emplace(shown);
    std::int64_t deadline_ms = kNoDeadline;
    if (options.time_spec.has_value()) {
      LK_TRY(deadline_ms,
             parse_deadline(call, options.time, *options.time_spec, PastTimes::Refused));
      event = deadline_ms <= call.now_ms() ? "del" : "expire";
      if (deadline_ms <= call.now_ms()) return Decision::erase();
    } else if (options.clears_deadline && live->deadline_ms != kNoDeadline) {
      event = "persist";
    } else {
      return Decision::keep();
    }
    return Decision::put({live->value, deadline_ms, live->kind});
  };
  LK_CHECK(call.update_record(key, decide));
  if (event != nullptr) call.notify('g', event, key);
  reply_old(call, old);
  return {};
}

Error string_too_long() {
  return Error(ErrorCode::ValueTooLong, "string exceeds maximum allowed size (proto-max-bulk-len)");
}

std::uint64_t string_bytes_max(const Call& call) {
  constexpr std::uint64_t kRedisMax = 512u << 20;
  return std::min(kRedisMax, call.store.engine().limits().value_bytes_max);
}

/// Stores what a command has made of a string; its deadline stays.
Decision put_changed(ScalarRecord& scalar, Bytes text, const RecordView* live) {
  return Decision::put(scalar.of(text, live != nullptr ? live->deadline_ms : kNoDeadline));
}

Result<void> append(Call& call) {
  const Bytes key = call.argument(1);
  const Bytes tail = call.argument(2);
  std::string joined;
  ScalarRecord scalar;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    joined.clear();
    if (live != nullptr) {
      ScalarText text;
      LK_TRY(const Bytes head, text.of(*live));
      if (head.size() + tail.size() > string_bytes_max(call)) return string_too_long();
      joined.reserve(head.size() + tail.size());
      joined.append(head);
    }
    joined.append(tail);
    return put_changed(scalar, joined, live);
  };
  LK_CHECK(call.update_record(key, decide));
  call.notify('$', "append", key);
  call.reply.integer(static_cast<std::int64_t>(joined.size()));
  return {};
}

Result<void> strlen(Call& call) {
  std::int64_t length = 0;
  Result<void> outcome;
  const auto measure = [&](const RecordView& record) {
    ScalarText text;
    Result<Bytes> shown = text.of(record);
    if (shown.has_value()) {
      length = static_cast<std::int64_t>(shown->size());
    } else {
      outcome = std::move(shown).error();
    }
  };
  LK_CHECK(call.read_record(call.argument(1), measure));
  LK_CHECK(std::move(outcome));
  call.reply.integer(length);
  return {};
}

/// The part of `text` from `start` to and with `end`, negative ones counted from the end.
Bytes range_of(Bytes text, std::int64_t start, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return {};
  if (start < 0) start = std::max<std::int64_t>(0, size + start);
  if (end < 0) end = std::max<std::int64_t>(0, size + end);
  end = std::min(end, size - 1);
  if (start > end || size == 0) return {};
  return text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1));
}

Result<void> getrange(Call& call) {
  const auto start = parse_int64(call.argument(2));
  const auto end = parse_int64(call.argument(3));
  if (!start.has_value() || !end.has_value()) return Call::not_an_integer();
  Result<void> outcome;
  const auto show = [&](const RecordView& record) {
    ScalarText text;
    Result<Bytes> shown = text.of(record);
    if (shown.has_value()) {
      call.reply.bulk(range_of(*shown, *start, *end));
    } else {
      outcome = std::move(shown).error();
    }
  };
  LK_TRY(const bool found, call.read_record(call.argument(1), show));
  if (!found) call.reply.bulk("");
  return outcome;
}

Result<void> setrange(Call& call) {
  const Bytes key = call.argument(1);
  const Bytes part = call.argument(3);
  const auto offset = parse_int64(call.argument(2));
  if (!offset.has_value()) return Call::not_an_integer();
  if (*offset < 0) return Error(ErrorCode::InvalidArgument, "offset is out of range");
  const auto begin = static_cast<std::uint64_t>(*offset);
  std::string changed;
  std::size_t length = 0;
  ScalarRecord scalar;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    ScalarText text;
    Bytes before;
    if (live != nullptr) {
      LK_TRY(before, text.of(*live));
    }
    length = before.size();
    if (part.empty()) return Decision::keep();
    const std::uint64_t longest = string_bytes_max(call);
    if (begin > longest || part.size() > longest - begin) return string_too_long();
    changed.assign(before);
    if (changed.size() < begin + part.size()) changed.resize(begin + part.size());
    changed.replace(begin, part.size(), part);
    length = changed.size();
    return put_changed(scalar, changed, live);
  };
  LK_CHECK(call.update_record(key, decide));
  if (!part.empty()) call.notify('$', "setrange", key);
  call.reply.integer(static_cast<std::int64_t>(length));
  return {};
}

Result<void> mget(Call& call) {
  const std::size_t key_count = call.argument_count() - 1;
  if (key_count > 1) {
    LK_CHECK(call.collection_to_read());
    call.transaction();
  }
  call.reply.array(key_count);
  for (std::size_t index = 1; index <= key_count; ++index) {
    Result<void> outcome;
    const auto show = [&](const RecordView& record) {
      ScalarText text;
      Result<Bytes> shown = text.of(record);
      if (shown.has_value()) {
        call.reply.bulk(*shown);
      } else if (shown.error().code() == ErrorCode::KeyWrongType) {
        call.reply.null();
      } else {
        outcome = std::move(shown).error();
      }
    };
    LK_TRY(const bool found, call.read_record(call.argument(index), show));
    LK_CHECK(std::move(outcome));
    if (!found) call.reply.null();
  }
  return {};
}

Result<void> check_pairs(const Call& call) {
  if (call.argument_count() % 2 == 1) return {};
  return Error(ErrorCode::InvalidArgument, fmt::format("wrong number of arguments for '{}' command",
                                                       to_lower(call.command.name)));
}

Result<void> put_pairs(Call& call) {
  for (std::size_t index = 1; index < call.argument_count(); index += 2) {
    LK_CHECK(put_string(call, call.argument(index), call.argument(index + 1), kNoDeadline));
  }
  return {};
}

Result<void> mset(Call& call) {
  LK_CHECK(check_pairs(call));
  if (call.argument_count() > 3) call.transaction();
  LK_CHECK(put_pairs(call));
  call.reply.ok();
  return {};
}

Result<void> msetnx(Call& call) {
  LK_CHECK(check_pairs(call));
  call.transaction();
  for (std::size_t index = 1; index < call.argument_count(); index += 2) {
    LK_TRY(const bool found, call.read_record(call.argument(index), [](const RecordView&) {}));
    if (found) {
      call.reply.integer(0);
      return {};
    }
  }
  LK_CHECK(put_pairs(call));
  call.reply.integer(1);
  return {};
}

constexpr std::uint32_t kPut = kWrite | kGrows | kFast | kOneKey;
constexpr std::uint32_t kLook = kRead | kFast | kOneKey;

constexpr Command kRows[] = {
    // name, arity, keys, flags, handler, group, cost, summary
    {"APPEND", exactly(3), kFirstKey, kPut, &append, "string", "n, n bytes of the value",
     "Adds bytes to the end of a string, which is created if there is none."},
    {"GET", exactly(2), kFirstKey, kLook, &get, "string", "1", "Returns the string under a key."},
    {"GETDEL", exactly(2), kFirstKey, kWrite | kFast | kOneKey, &getdel, "string", "1",
     "Returns the string under a key and removes the key."},
    {"GETEX", at_least(2), kFirstKey, kWrite | kFast | kOneKey, &getex, "string", "1",
     "Returns the string under a key and sets or clears its deadline."},
    {"GETRANGE", exactly(4), kFirstKey, kLook, &getrange, "string", "n, n bytes returned",
     "Returns part of a string."},
    {"GETSET", exactly(3), kFirstKey, kPut, &getset, "string", "1",
     "Sets a string and returns the one before it."},
    {"MGET", at_least(2), kAllKeys, kRead | kFast, &mget, "string", "n, n keys",
     "Returns the strings under several keys, as they are at one moment."},
    {"MSET", at_least(3), kEverySecond, kWrite | kGrows, &mset, "string", "n, n keys",
     "Sets several keys at one moment."},
    {"MSETNX", at_least(3), kEverySecond, kWrite | kGrows, &msetnx, "string", "n, n keys",
     "Sets several keys at one moment if none of them exists."},
    {"PSETEX", exactly(4), kFirstKey, kPut, &psetex, "string", "1",
     "Sets a string that expires after some milliseconds."},
    {"SET", at_least(3), kFirstKey, kPut, &set, "string", "1",
     "Sets a string, if asked with a deadline or only when the key exists or does not."},
    {"SETEX", exactly(4), kFirstKey, kPut, &setex, "string", "1",
     "Sets a string that expires after some seconds."},
    {"SETNX", exactly(3), kFirstKey, kPut, &setnx, "string", "1",
     "Sets a string if the key does not exist."},
    {"SETRANGE", exactly(4), kFirstKey, kPut, &setrange, "string", "n, n bytes of the value",
     "Overwrites part of a string, filling the space before it with zero bytes."},
    {"STRLEN", exactly(2), kFirstKey, kLook, &strlen, "string", "1",
     "Returns how many bytes a string has."},
    {"SUBSTR", exactly(4), kFirstKey, kLook, &getrange, "string", "n, n bytes returned",
     "Returns part of a string; the old name of GETRANGE."},
};
static_assert(is_sorted_by_name(kRows));

}  // namespace

void add_string_commands(CommandTable& table) { table.add(kRows); }

}  // namespace latchkey::kv
