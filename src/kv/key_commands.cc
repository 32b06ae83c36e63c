#include <fmt/format.h>

#include <string>

#include "base/text.h"
#include "kv/call.h"
#include "kv/commands.h"
#include "kv/key_copy.h"
#include "kv/type_name.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::RecordView;

/// Several keys are read or erased as they are at one moment.
Result<void> begin_if_several(Call& call) {
  if (call.argument_count() > 2) call.transaction();
  return {};
}

Result<void> del(Call& call) {
  LK_CHECK(begin_if_several(call));
  std::int64_t erased_count = 0;
  for (std::size_t index = 1; index < call.argument_count(); ++index) {
    const Bytes key = call.argument(index);
    bool is_there = false;
    const auto decide = [&](const RecordView* live) -> Result<Decision> {
      is_there = live != nullptr;
      return is_there ? Decision::erase() : Decision::keep();
    };
    LK_CHECK(call.update_record(key, decide));
    if (!is_there) continue;
    ++erased_count;
    call.notify('g', "del", key);
  }
  call.reply.integer(erased_count);
  return {};
}

Result<void> exists(Call& call) {
  LK_CHECK(begin_if_several(call));
  std::int64_t found_count = 0;
  for (std::size_t index = 1; index < call.argument_count(); ++index) {
    LK_TRY(const bool found, call.read_record(call.argument(index), [](const RecordView&) {}));
    found_count += found ? 1 : 0;
  }
  call.reply.integer(found_count);
  return {};
}

Result<void> type(Call& call) {
  Bytes name = "none";
  const auto look = [&](const RecordView& record) { name = type_name(record); };
  LK_CHECK(call.read_record(call.argument(1), look));
  call.reply.status(name);
  return {};
}

enum class Existing : bool { Stays, Replaced };

/// Returns whether the key was renamed. The members, if there are any, are the new key's at once.
Result<bool> rename_key(Call& call, Existing existing) {
  const Bytes from = call.argument(1);
  const Bytes to = call.argument(2);
  call.transaction();
  storage::Record record;
  const auto copy = [&](const RecordView& view) {
    record = {std::string(view.value), view.version, view.deadline_ms, view.kind};
  };
  LK_TRY(const bool found, call.read_record(from, copy));
  if (!found) return Error(ErrorCode::KeyMissing, "no such key");
  if (existing == Existing::Stays) {
    LK_TRY(const bool is_taken, call.read_record(to, [](const RecordView&) {}));
    if (is_taken) return false;
  }
  if (from == to) return true;
  const auto put = [&](const RecordView*) -> Result<Decision> {
    return Decision::put({record.value, record.deadline_ms, record.kind});
  };
  LK_CHECK(call.update_record(to, put));
  LK_CHECK(call.erase_record_but_not_members(from));
  call.notify('g', "rename_from", from);
  call.notify('g', "rename_to", to);
  return true;
}

Result<void> rename(Call& call) {
  LK_CHECK(rename_key(call, Existing::Replaced));
  call.reply.ok();
  return {};
}

Result<void> renamenx(Call& call) {
  LK_TRY(const bool renamed, rename_key(call, Existing::Stays));
  call.reply.integer(renamed ? 1 : 0);
  return {};
}

Error same_objects() {
  return Error(ErrorCode::InvalidArgument, "source and destination objects are the same");
}

Result<bool> is_there(Call& call, Bytes key) {
  return call.read_record(key, [](const RecordView&) {});
}

Result<void> copy(Call& call) {
  KeyCopy wanted{call.argument(1), call.argument(2), nullptr};
  std::string target_name = call.session.collection_name;
  for (std::size_t index = 3; index < call.argument_count(); ++index) {
    const Bytes word = call.argument(index);
    if (equals_ignore_case(word, "REPLACE")) {
      wanted.existing = KeyCopy::Existing::Replaced;
    } else if (equals_ignore_case(word, "DB") && index + 1 < call.argument_count()) {
      LK_TRY(target_name, Store::collection_name(call.argument(++index)));
    } else {
      return Call::syntax_error();
    }
  }
  if (target_name == call.session.collection_name && wanted.from == wanted.to) {
    return same_objects();
  }
  LK_TRY(bool done, is_there(call, wanted.from));
  if (done) {
    LK_TRY(wanted.target, call.collection_named(target_name, Store::Create::Yes));
    LK_TRY(done, copy_key(call, wanted));
  }
  if (done) call.notify_in(*wanted.target, 'g', "copy_to", wanted.to);
  call.reply.integer(done ? 1 : 0);
  return {};
}

Result<void> move(Call& call) {
  const Bytes key = call.argument(1);
  LK_TRY(const std::string target_name, Store::collection_name(call.argument(2)));
  if (target_name == call.session.collection_name) return same_objects();
  LK_TRY(bool done, is_there(call, key));
  KeyCopy wanted{key, key, nullptr, KeyCopy::Existing::Stays, KeyCopy::Source::Goes};
  if (done) {
    LK_TRY(wanted.target, call.collection_named(target_name, Store::Create::Yes));
    LK_TRY(done, copy_key(call, wanted));
  }
  if (done) {
    call.notify('g', "move_from", key);
    call.notify_in(*wanted.target, 'g', "move_to", key);
  }
  call.reply.integer(done ? 1 : 0);
  return {};
}

void reply_object_help(Reply& reply) {
  constexpr Bytes kLines[] = {
      "OBJECT <subcommand> <key>. Subcommands are:",
      "ENCODING <key>",
      "    The form in which Redis would keep such a value.",
      "FREQ <key>",
      "    An error: accesses are not counted.",
      "IDLETIME <key>",
      "    Always 0: accesses are not timed.",
      "REFCOUNT <key>",
      "    Always 1: values are not shared.",
      "HELP",
      "    These lines.",
  };
  reply.array(std::size(kLines));
  for (const Bytes line : kLines) reply.status(line);
}

Result<void> check_object(Arguments arguments) {
  const Bytes subcommand = arguments[1];
  const auto is = [&](Bytes name) { return equals_ignore_case(subcommand, name); };
  if (is("HELP") && arguments.size() == 2) return {};
  if (!is("ENCODING") && !is("FREQ") && !is("IDLETIME") && !is("REFCOUNT") && !is("HELP")) {
    return Error(ErrorCode::InvalidArgument,
                 fmt::format("unknown subcommand '{}'. Try OBJECT HELP.", subcommand));
  }
  if (arguments.size() != 3 || is("HELP")) {
    return Error(
        ErrorCode::InvalidArgument,
        fmt::format("wrong number of arguments for 'object|{}' command", to_lower(subcommand)));
  }
  return {};
}

Result<void> object(Call& call) {
  LK_CHECK(check_object(call.arguments));
  const auto is = [&](Bytes name) { return equals_ignore_case(call.argument(1), name); };
  if (is("HELP")) {
    reply_object_help(call.reply);
    return {};
  }
  const auto look = [&](const RecordView& record) {
    if (is("ENCODING")) {
      call.reply.bulk(encoding_name(record));
    } else if (!is("FREQ")) {
      call.reply.integer(is("REFCOUNT") ? 1 : 0);
    }
  };
  LK_TRY(const bool found, call.read_record(call.argument(2), look));
  if (!found) {
    call.reply.null();
  } else if (is("FREQ")) {
    return Error(ErrorCode::InvalidArgument,
                 "An LFU maxmemory policy is not selected, access frequency not tracked. Please "
                 "note that when switching between policies at runtime LRU and LFU data will take "
                 "some time to adjust.");
  }
  return {};
}

constexpr KeySpec kSecondArgument{2, 2, 1, 0};

constexpr Command kRows[] = {
    // name, arity, keys, flags, handler, group, cost, summary
    {"COPY", at_least(3), kTwoKeys, kWrite | kGrows | kWalks | kFeeds, &copy, "generic",
     "n, n members", "Copies a key with its value and deadline, into another collection if asked."},
    {"DEL", at_least(2), kAllKeys, kWrite | kOneKey, &del, "generic", "n, n keys",
     "Removes keys. What is large is given back later, beside the load."},
    {"EXISTS", at_least(2), kAllKeys, kRead | kFast | kOneKey, &exists, "generic", "n, n keys",
     "Counts how many of the keys named exist."},
    {"MOVE", exactly(3), kFirstKey, kWrite | kGrows | kWalks | kFeeds, &move, "generic",
     "n, n members", "Moves a key into another collection."},
    {"OBJECT", at_least(2), kSecondArgument, kRead, &object, "generic", "1",
     "Tells how a value is kept.", &check_object},
    {"RENAME", exactly(3), kTwoKeys, kWrite | kGrows | kFeeds, &rename, "generic", "1",
     "Gives a key another name, in place of what had that name."},
    {"RENAMENX", exactly(3), kTwoKeys, kWrite | kGrows | kFeeds, &renamenx, "generic", "1",
     "Gives a key another name that no key has yet."},
    {"TOUCH", at_least(2), kAllKeys, kRead | kFast | kOneKey, &exists, "generic", "n, n keys",
     "Counts how many of the keys named exist."},
    {"TYPE", exactly(2), kFirstKey, kRead | kFast | kOneKey, &type, "generic", "1",
     "Tells what kind of value a key holds."},
    {"UNLINK", at_least(2), kAllKeys, kWrite | kFast | kOneKey, &del, "generic", "n, n keys",
     "Removes keys; the same as DEL."},
};
static_assert(is_sorted_by_name(kRows));

}  // namespace

void add_key_commands(CommandTable& table) { table.add(kRows); }

}  // namespace latchkey::kv
