#include "kv/hash_commands.h"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "base/numbers.h"
#include "base/text.h"
#include "kv/call.h"
#include "kv/commands.h"
#include "kv/fields_of_key.h"

namespace latchkey::kv {

namespace {

/// HSET and HMSET: returns how many fields are new.
Result<std::int64_t> set_fields(Call& call) {
  const Bytes key = call.argument(1);
  if (call.argument_count() % 2 != 0) {
    return Error(
        ErrorCode::InvalidArgument,
        fmt::format("wrong number of arguments for '{}' command", to_lower(call.command.name)));
  }
  std::int64_t added = 0;
  const auto edit = [&](FieldsEditor& fields) -> Result<void> {
    added = 0;
    for (std::size_t i = 2; i < call.argument_count(); i += 2) {
      LK_TRY(const bool is_new, fields.set_argument(call.argument(i), call.argument(i + 1)));
      if (is_new) ++added;
    }
    return {};
  };
  LK_CHECK(edit_fields(call, key, edit));
  call.notify('h', "hset", key);
  return added;
}

Result<void> hset(Call& call) {
  LK_TRY(const std::int64_t added, set_fields(call));
  call.reply.integer(added);
  return {};
}

Result<void> hmset(Call& call) {
  LK_CHECK(set_fields(call));
  call.reply.ok();
  return {};
}

Result<void> hsetnx(Call& call) {
  const Bytes key = call.argument(1);
  const auto edit = [&](FieldsEditor& fields) -> Result<void> {
    LK_TRY(const FieldValue* const old, fields.find(call.argument(2)));
    if (old == nullptr) LK_CHECK(fields.set_argument(call.argument(2), call.argument(3)));
    return {};
  };
  LK_TRY(const FieldsEdit outcome, edit_fields(call, key, edit));
  if (outcome.changed) call.notify('h', "hset", key);
  call.reply.integer(outcome.changed ? 1 : 0);
  return {};
}

Result<void> hdel(Call& call) {
  const Bytes key = call.argument(1);
  std::int64_t erased = 0;
  const auto edit = [&](FieldsEditor& fields) -> Result<void> {
    erased = 0;
    for (std::size_t i = 2; i < call.argument_count(); ++i) {
      LK_TRY(const bool was_there, fields.erase(call.argument(i)));
      if (was_there) ++erased;
    }
    return {};
  };
  LK_TRY(const FieldsEdit outcome, edit_fields(call, key, edit));
  if (outcome.changed) call.notify('h', "hdel", key);
  if (outcome.key_removed) call.notify('g', "del", key);
  call.reply.integer(erased);
  return {};
}

Result<void> reply_field(Call& call, FieldsOfKey& fields, Bytes field) {
  const auto reply = [&](const FieldValue& value) { value.reply_to(call.reply); };
  LK_TRY(const bool found, fields.find(field, reply));
  if (!found) call.reply.null();
  return {};
}

Result<void> hget(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  return reply_field(call, fields, call.argument(2));
}

Result<void> hmget(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  call.reply.array(call.argument_count() - 2);
  for (std::size_t i = 2; i < call.argument_count(); ++i) {
    LK_CHECK(reply_field(call, fields, call.argument(i)));
  }
  return {};
}

Result<void> hgetall(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  call.reply.map(fields.count());
  return fields.each([&](Bytes field, const FieldValue& value) {
    call.reply.bulk(field);
    value.reply_to(call.reply);
  });
}

Result<void> hkeys(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  call.reply.array(fields.count());
  return fields.each([&](Bytes field, const FieldValue&) { call.reply.bulk(field); });
}

Result<void> hvals(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  call.reply.array(fields.count());
  return fields.each([&](Bytes, const FieldValue& value) { value.reply_to(call.reply); });
}

Result<void> hlen(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  call.reply.integer(static_cast<std::int64_t>(fields.count()));
  return {};
}

Result<void> hexists(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  LK_TRY(const bool found, fields.find(call.argument(2), [](const FieldValue&) {}));
  call.reply.integer(found ? 1 : 0);
  return {};
}

Result<void> hstrlen(Call& call) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  std::size_t length = 0;
  const auto measure = [&](const FieldValue& value) { length = value.text_bytes(); };
  LK_CHECK(fields.find(call.argument(2), measure));
  call.reply.integer(static_cast<std::int64_t>(length));
  return {};
}

Result<std::int64_t> as_integer(const FieldValue& value) {
  if (value.type == FieldType::Integer) return value.integer;
  std::string text;
  value.append_text(text);
  if (const auto integer = parse_int64(text)) return *integer;
  return Error(ErrorCode::NotANumber, "hash value is not an integer");
}

Result<void> hincrby(Call& call) {
  const Bytes key = call.argument(1);
  const auto increment = parse_int64(call.argument(3));
  if (!increment) return Call::not_an_integer();
  std::int64_t sum = 0;
  const auto edit = [&](FieldsEditor& fields) -> Result<void> {
    LK_TRY(const FieldValue* const old, fields.find(call.argument(2)));
    std::int64_t before = 0;
    if (old != nullptr) {
      LK_TRY(before, as_integer(*old));
    }
    if (__builtin_add_overflow(before, *increment, &sum)) {
      return Error(ErrorCode::NumberOverflow, "increment or decrement would overflow");
    }
    LK_CHECK(fields.set(call.argument(2), FieldValue::of_integer(sum)));
    return {};
  };
  LK_CHECK(edit_fields(call, key, edit));
  call.notify('h', "hincrby", key);
  call.reply.integer(sum);
  return {};
}

Result<void> hincrbyfloat(Call& call) {
  const Bytes key = call.argument(1);
  const auto increment = parse_long_double(call.argument(3));
  if (!increment) return Call::not_a_float();
  if (!std::isfinite(*increment)) {
    return Error(ErrorCode::NotANumber, "value is NaN or Infinity");
  }
  std::string text;
  const auto edit = [&](FieldsEditor& fields) -> Result<void> {
    LK_TRY(const FieldValue* const old, fields.find(call.argument(2)));
    long double sum = *increment;
    if (old != nullptr) {
      text.clear();
      old->append_text(text);
      const auto before = parse_long_double(text);
      if (!before) return Error(ErrorCode::NotANumber, "hash value is not a float");
      sum += *before;
    }
    if (!std::isfinite(sum)) {
      return Error(ErrorCode::NumberOverflow, "increment would produce NaN or Infinity");
    }
    text = format_long_double_human(sum);
    LK_CHECK(fields.set(call.argument(2), FieldValue::of_float_text(text)));
    return {};
  };
  LK_CHECK(edit_fields(call, key, edit));
  call.notify('h', "hincrbyfloat", key);
  call.reply.bulk(text);
  return {};
}

constexpr std::uint32_t kReads = kRead | kOneKey;
constexpr std::uint32_t kChanges = kWrite | kOneKey;

constexpr Command kHashCommands[] = {
    {"HDEL", at_least(3), kFirstKey, kChanges | kFast, &hdel, "hash", "m, m fields named",
     "Removes fields, and the key with the last of them."},
    {"HEXISTS", exactly(3), kFirstKey, kReads | kFast, &hexists, "hash", "1",
     "Tells whether a field is there."},
    {"HGET", exactly(3), kFirstKey, kReads | kFast, &hget, "hash", "1",
     "Returns the value of a field."},
    {"HGETALL", exactly(2), kFirstKey, kReads, &hgetall, "hash", "n, n fields",
     "Returns all fields and their values."},
    {"HINCRBY", exactly(4), kFirstKey, kChanges | kGrows | kFast, &hincrby, "hash", "1",
     "Adds an integer to a field, which counts as 0 when it is not there."},
    {"HINCRBYFLOAT", exactly(4), kFirstKey, kChanges | kGrows | kFast, &hincrbyfloat, "hash", "1",
     "Adds a floating number to a field, which counts as 0 when it is not there."},
    {"HKEYS", exactly(2), kFirstKey, kReads, &hkeys, "hash", "n, n fields",
     "Returns the names of all fields."},
    {"HLEN", exactly(2), kFirstKey, kReads | kFast, &hlen, "hash", "1",
     "Returns how many fields there are."},
    {"HMGET", at_least(3), kFirstKey, kReads | kFast, &hmget, "hash", "m, m fields named",
     "Returns the values of several fields."},
    {"HMSET", at_least(4), kFirstKey, kChanges | kGrows | kFast, &hmset, "hash",
     "m, m fields named", "Sets several fields."},
    {"HRANDFIELD", at_least(2), kFirstKey, kReads, &hrandfield, "hash", "n, n fields",
     "Returns fields chosen at random."},
    {"HSCAN", at_least(3), kFirstKey, kReads, &hscan, "hash", "m, m fields visited",
     "Walks over the fields in steps."},
    {"HSET", at_least(4), kFirstKey, kChanges | kGrows | kFast, &hset, "hash", "m, m fields named",
     "Sets fields and returns how many of them are new."},
    {"HSETNX", exactly(4), kFirstKey, kChanges | kGrows | kFast, &hsetnx, "hash", "1",
     "Sets a field that is not there yet."},
    {"HSTRLEN", exactly(3), kFirstKey, kReads | kFast, &hstrlen, "hash", "1",
     "Returns the length of a field's value in bytes."},
    {"HVALS", exactly(2), kFirstKey, kReads, &hvals, "hash", "n, n fields",
     "Returns the values of all fields."},
};
static_assert(is_sorted_by_name(kHashCommands));

}  // namespace

void add_hash_commands(CommandTable& table) { table.add(kHashCommands); }

}  // namespace latchkey::kv
