#include "sql/functions/json_arguments.h"
#include "sql/functions/json_functions.h"

namespace latchkey::sql {

namespace {

Value to_json(const Call& call) {
  std::string out;
  append_as_json(typed_argument(call, 0), call.settings(), out);
  return call.text(out);
}
Value to_jsonb(const Call& call) {
  JsonbBuilder builder;
  const Result<void> added = add_as_jsonb(builder, typed_argument(call, 0), call.settings());
  if (!added.has_value()) return call.fail(added.error());
  return call.take(builder.finish(call.arena()));
}
Value array_to_json(const Call& call) {
  const bool has_lines = call.values.size() > 1 && call[1].boolean();
  std::string out;
  append_array_as_json(typed_argument(call, 0), has_lines ? LineFeeds::Yes : LineFeeds::No,
                       call.settings(), out);
  return call.text(out);
}

Value row_to_json(const Call& call) {
  const bool has_lines = call.values.size() > 1 && call[1].boolean();
  std::string out;
  append_record_as_json(typed_argument(call, 0), has_lines ? LineFeeds::Yes : LineFeeds::No,
                        call.settings(), out);
  return call.text(out);
}

using Build = Result<Value> (*)(std::span<const TypedValue>, const TextSettings&, Arena&);

template <Build kBuild>
Value build(const Call& call) {
  std::vector<TypedValue> values;
  values.reserve(call.values.size());
  for (std::size_t i = 0; i < call.values.size(); ++i) values.push_back(typed_argument(call, i));
  return call.take(kBuild(values, call.settings(), call.arena()));
}

// Objects from arrays of texts.

using Texts = std::vector<std::optional<Bytes>>;

Error subscripts(const char* message) { return Error(ErrorCode::SubscriptInvalid, message); }

struct TextArray {
  Texts texts;
  std::vector<std::int32_t> lengths;  ///< of its dimensions
};
TextArray text_array(const Call& call, std::size_t index) {
  TextArray array;
  ArrayReader reader(call.bytes(index));
  for (int i = 0; i < reader.dimension_count(); ++i) {
    array.lengths.push_back(reader.dimension(i).length);
  }
  for (Value value; reader.next(value);) {
    array.texts.push_back(value.is_null ? std::nullopt : std::optional<Bytes>(value.bytes()));
  }
  return array;
}

/// The members that the arguments tell: keys and values in turn.
Result<Texts> members_of_one(const TextArray& array) {
  const std::size_t dimensions = array.lengths.size();
  if (dimensions == 1 && array.lengths[0] % 2 != 0) {
    return subscripts("array must have even number of elements");
  }
  if (dimensions == 2 && array.lengths[1] != 2) {
    return subscripts("array must have two columns");
  }
  if (dimensions > 2) return subscripts("wrong number of array subscripts");
  return array.texts;
}
Result<Texts> members_of_two(const TextArray& keys, const TextArray& values) {
  if (keys.lengths.size() > 1 || keys.lengths.size() != values.lengths.size()) {
    return subscripts("wrong number of array subscripts");
  }
  if (keys.texts.size() != values.texts.size()) return subscripts("mismatched array dimensions");
  Texts members;
  for (std::size_t i = 0; i < keys.texts.size(); ++i) {
    members.push_back(keys.texts[i]);
    members.push_back(values.texts[i]);
  }
  return members;
}
Result<Texts> members_of(const Call& call) {
  LK_TRY(const Texts members, call.values.size() == 1
                                  ? members_of_one(text_array(call, 0))
                                  : members_of_two(text_array(call, 0), text_array(call, 1)));
  for (std::size_t i = 0; i < members.size(); i += 2) {
    if (!members[i].has_value()) {
      return Error(ErrorCode::NullNotAllowed, "null value not allowed for object key");
    }
  }
  return members;
}

Value json_object(const Call& call) {
  const Result<Texts> members = members_of(call);
  if (!members.has_value()) return call.fail(members.error());
  std::string out = "{";
  for (std::size_t i = 0; i < members->size(); i += 2) {
    if (i > 0) out += ", ";
    append_json_string(*(*members)[i], out);
    out += " : ";
    const std::optional<Bytes>& value = (*members)[i + 1];
    if (value.has_value()) {
      append_json_string(*value, out);
    } else {
      out += "null";
    }
  }
  out.push_back('}');
  return call.text(out);
}
Value jsonb_object(const Call& call) {
  const Result<Texts> members = members_of(call);
  if (!members.has_value()) return call.fail(members.error());
  JsonbBuilder builder;
  builder.begin_object();
  for (std::size_t i = 0; i < members->size(); i += 2) {
    builder.add_key(*(*members)[i]);
    const std::optional<Bytes>& value = (*members)[i + 1];
    if (value.has_value()) {
      builder.add_string(*value);
    } else {
      builder.add_null();
    }
  }
  builder.end();
  return call.take(builder.finish(call.arena()));
}

constexpr Oid kBool = oid::kBool;
constexpr Oid kJson = oid::kJson;
constexpr Oid kJsonb = oid::kJsonb;
constexpr Oid kTextArray = oid::kTextArray;
constexpr std::uint32_t kAnything = kTakesNull | kVariadic | kStable;

}  // namespace

std::span<const Function> json_build_functions() {
  static const std::vector<Function> kRows = {
      {"array_to_json", takes(oid::kAnyArray).gives(kJson), kStable, &array_to_json,
       "array_to_json('{{1,2},{3,4}}'::int[])", "[[1,2],[3,4]]"},
      {"array_to_json", takes(oid::kAnyArray, kBool).gives(kJson), kStable, &array_to_json,
       "array_to_json('{{1,2},{3,4}}'::int[], true)", "[[1,2],\n [3,4]]"},
      {"json_build_array", takes().gives(kJson), kStable, &build<&json_build_array>,
       "json_build_array()", "[]"},
      {"json_build_array", takes(oid::kAny).gives(kJson), kAnything, &build<&json_build_array>,
       "json_build_array(1, 'a', null)", "[1, \"a\", null]"},
      {"json_build_object", takes().gives(kJson), kStable, &build<&json_build_object>,
       "json_build_object()", "{}"},
      {"json_build_object", takes(oid::kAny).gives(kJson), kAnything, &build<&json_build_object>,
       "json_build_object('a', 1, 2, true)", "{\"a\" : 1, \"2\" : true}"},
      {"json_object", takes(kTextArray).gives(kJson), 0, &json_object,
       "json_object('{a,1,b,null}')", "{\"a\" : \"1\", \"b\" : null}"},
      {"json_object", takes(kTextArray, kTextArray).gives(kJson), 0, &json_object,
       "json_object('{a,b}', '{1,2}')", "{\"a\" : \"1\", \"b\" : \"2\"}"},
      {"jsonb_build_array", takes().gives(kJsonb), kStable, &build<&jsonb_build_array>,
       "jsonb_build_array()", "[]"},
      {"jsonb_build_array", takes(oid::kAny).gives(kJsonb), kAnything, &build<&jsonb_build_array>,
       "jsonb_build_array(1, 'a', null)", "[1, \"a\", null]"},
      {"jsonb_build_object", takes().gives(kJsonb), kStable, &build<&jsonb_build_object>,
       "jsonb_build_object()", "{}"},
      {"jsonb_build_object", takes(oid::kAny).gives(kJsonb), kAnything, &build<&jsonb_build_object>,
       "jsonb_build_object('b', 1, 'a', true)", "{\"a\": true, \"b\": 1}"},
      {"jsonb_object", takes(kTextArray).gives(kJsonb), 0, &jsonb_object,
       "jsonb_object('{{b,1},{a,2}}')", "{\"a\": \"2\", \"b\": \"1\"}"},
      {"jsonb_object", takes(kTextArray, kTextArray).gives(kJsonb), 0, &jsonb_object,
       "jsonb_object('{a}', '{null}')", "{\"a\": null}"},
      {"row_to_json", takes(oid::kRecord).gives(kJson), kStable, &row_to_json,
       "row_to_json(row(1, 'a'))", "{\"f1\":1,\"f2\":\"a\"}"},
      {"row_to_json", takes(oid::kRecord, kBool).gives(kJson), kStable, &row_to_json,
       "row_to_json(row(1, 'a'), true)", "{\"f1\":1,\n \"f2\":\"a\"}"},
      {"to_json", takes(oid::kAnyElement).gives(kJson), kStable, &to_json,
       "to_json('a \"b\"'::text)", "\"a \\\"b\\\"\""},
      {"to_jsonb", takes(oid::kAnyElement).gives(kJsonb), kStable, &to_jsonb, "to_jsonb(1.50)",
       "1.50"},
  };
  return kRows;
}

}  // namespace latchkey::sql
