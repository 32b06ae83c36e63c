#include <fmt/format.h>

#include <array>
#include <cstring>

#include "base/version.h"
#include "sql/exec/context.h"
#include "sql/functions/function.h"

namespace latchkey::sql {

namespace {

SessionServices& services(const Call& call) { return call.evaluation.context->services; }

Value current_user(const Call& call) { return call.text(services(call).current_user()); }
Value session_user(const Call& call) { return call.text(services(call).session_user()); }
Value current_database(const Call& call) { return call.text(services(call).current_database()); }
Value current_schema(const Call& call) { return call.text(services(call).current_schema()); }
Value backend_pid(const Call& call) { return Value::of_integer(services(call).process_id()); }
Value version(const Call& call) {
  return call.text(fmt::format("PostgreSQL 15.0 (Latchkey {})", kVersion));
}
Value current_setting(const Call& call) {
  bool found = false;
  const std::string value = services(call).setting(call.bytes(0), found);
  if (found) return call.text(value);
  if (call.values.size() > 1 && call[1].boolean()) return Value::null();
  return call.fail(ErrorCode::ObjectMissing,
                   fmt::format("unrecognized configuration parameter \"{}\"", call.bytes(0)));
}
Value type_of(const Call& call) { return Value::of_integer(value_of(call.types.arguments[0])); }

Value random_uuid(const Call& call) {
  char* const out = call.arena().allocate(16);
  const std::uint64_t halves[] = {services(call).random(), services(call).random()};
  std::memcpy(out, halves, 16);
  constexpr int kVersionByte = 6;
  constexpr int kVariantByte = 8;
  out[kVersionByte] = static_cast<char>((out[kVersionByte] & 0x0f) | 0x40);
  out[kVariantByte] = static_cast<char>((out[kVariantByte] & 0x3f) | 0x80);
  return Value::of_bytes({out, 16});
}

}  // namespace

std::span<const Function> session_functions() {
  constexpr Oid kText = oid::kText;
  static const std::vector<Function> kRows = {
      {"current_database", takes().gives(oid::kName), kStable, &current_database, {}, {}},
      {"current_schema", takes().gives(oid::kName), kStable, &current_schema, {}, {}},
      {"current_setting", takes(kText).gives(kText), kStable, &current_setting, {}, {}},
      {"current_setting", takes(kText, oid::kBool).gives(kText), kStable, &current_setting, {}, {}},
      {"current_user", takes().gives(oid::kName), kStable, &current_user, {}, {}},
      {"gen_random_uuid", takes().gives(oid::kUuid), kVolatile, &random_uuid,
       "length(gen_random_uuid()::text)", "36"},
      {"pg_backend_pid", takes().gives(oid::kInt4), kStable, &backend_pid, {}, {}},
      {"pg_typeof", takes(oid::kAny).gives(oid::kRegtype), kStable | kTakesNull, &type_of,
       "pg_typeof(1)", "integer"},
      {"session_user", takes().gives(oid::kName), kStable, &session_user, {}, {}},
      {"version", takes().gives(kText), kStable, &version, {}, {}},
  };
  return kRows;
}

}  // namespace latchkey::sql
