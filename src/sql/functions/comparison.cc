#include <cmath>
#include <string_view>

#include "sql/functions/function.h"
#include "sql/types/record.h"

namespace latchkey::sql {

namespace {

enum class Test : std::uint8_t { Equal, Different, Less, LessEqual, Greater, GreaterEqual };

constexpr bool holds(Test test, int order) {
  switch (test) {
    case Test::Equal:
      return order == 0;
    case Test::Different:
      return order != 0;
    case Test::Less:
      return order < 0;
    case Test::LessEqual:
      return order <= 0;
    case Test::Greater:
      return order > 0;
    case Test::GreaterEqual:
      return order >= 0;
  }
  return false;
}

template <Test kTest>
Value compare_integers(const Call& call) {
  const std::int64_t left = call.integer(0);
  const std::int64_t right = call.integer(1);
  return Value::of_bool(holds(kTest, left < right ? -1 : left > right ? 1 : 0));
}

template <Test kTest>
Value compare_bytes(const Call& call) {
  const Bytes left = call.bytes(0);
  const Bytes right = call.bytes(1);
  if constexpr (kTest == Test::Equal) {
    return Value::of_bool(left == right);
  } else {
    return Value::of_bool(holds(kTest, left.compare(right)));
  }
}

template <Test kTest>
Value compare_others(const Call& call) {
  return Value::of_bool(holds(kTest, compare(call.types.arguments[0], call[0], call[1])));
}

template <Test kTest>
Value compare_rows(const Call& call) {
  const Result<void> comparable = comparable_records(call[0], call[1]);
  if (!comparable.has_value()) return call.fail(comparable.error());
  return Value::of_bool(holds(kTest, compare_records(call[0], call[1])));
}

template <Test kTest>
FunctionBody body_for(Oid type) {
  const Type* const found = find_type(type);
  if (found != nullptr && found->kept == Kept::Integer) return &compare_integers<kTest>;
  if (type == oid::kRecord) return &compare_rows<kTest>;
  const bool is_plain = type == oid::kText || type == oid::kBytea || type == oid::kName ||
                        type == oid::kUuid || type == oid::kChar;
  return is_plain ? &compare_bytes<kTest> : &compare_others<kTest>;
}

void add_pair(std::vector<Function>& rows, Oid left, Oid right) {
  const Signature signature = takes(left, right).gives(oid::kBool);
  const auto add = [&](std::string_view name, FunctionBody body) {
    rows.push_back({name, signature, kOperator, body, {}, {}});
  };
  add("=", body_for<Test::Equal>(left));
  add("<>", body_for<Test::Different>(left));
  add("<", body_for<Test::Less>(left));
  add("<=", body_for<Test::LessEqual>(left));
  add(">", body_for<Test::Greater>(left));
  add(">=", body_for<Test::GreaterEqual>(left));
}

std::vector<Function> make_rows() {
  std::vector<Function> rows;
  for (const Oid type :
       {oid::kBool,      oid::kText,        oid::kBpchar,   oid::kBytea,   oid::kName,
        oid::kUuid,      oid::kChar,        oid::kDate,     oid::kTime,    oid::kTimetz,
        oid::kTimestamp, oid::kTimestamptz, oid::kInterval, oid::kNumeric, oid::kOid,
        oid::kJsonb,     oid::kAnyArray,    oid::kRecord,   oid::kAnyEnum, oid::kXid,
        oid::kXid8,      oid::kCid,         oid::kTid,      oid::kPgLsn}) {
    add_pair(rows, type, type);
  }
  for (const Oid left : {oid::kInt2, oid::kInt4, oid::kInt8}) {
    for (const Oid right : {oid::kInt2, oid::kInt4, oid::kInt8}) add_pair(rows, left, right);
  }
  for (const Oid left : {oid::kFloat4, oid::kFloat8}) {
    for (const Oid right : {oid::kFloat4, oid::kFloat8}) add_pair(rows, left, right);
  }
  return rows;
}

}  // namespace

std::span<const Function> comparison_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
