// Verified: no crash and no read outside the input; what is valid as jsonb is valid as json; the
// text of a value makes the same bytes again; reading, changing and comparing it is safe. Not
// verified: answers; the tests have PostgreSQL's.

#include <cstdint>
#include <string>

#include "base/assert.h"
#include "sql/types/io.h"
#include "sql/types/json.h"
#include "sql/types/json_access.h"
#include "sql/types/jsonb_change.h"

using latchkey::Bytes;
using latchkey::Result;
using namespace latchkey::sql;

namespace {

void read_json(Bytes text, Arena& arena) {
  const std::optional<Bytes> path[] = {Bytes("a"), Bytes("-1")};
  static_cast<void>(json_get_path(text, path, JsonForm::Text, arena));
  static_cast<void>(json_strip_nulls(text, arena));
  static_cast<void>(json_array_length(text));
  static_cast<void>(json_each(text, JsonForm::Text, arena, [](Bytes, const Value&) {}));
}

void change_jsonb(JsonbReader value, Arena& arena) {
  const std::optional<Bytes> path[] = {Bytes("a"), Bytes("0")};
  static_cast<void>(jsonb_set(value, path, value, JsonbMissing::Create, arena));
  static_cast<void>(jsonb_delete_path(value, path, arena));
  static_cast<void>(jsonb_strip_nulls(value, arena));
  LK_ASSERT(jsonb_contains(value, value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes text(reinterpret_cast<const char*>(data), size);
  Arena arena;
  const bool is_json = io::check_json(text).has_value();
  if (is_json) read_json(text, arena);
  const Result<Value> value = io::normalize_json(text, arena);
  if (!value.has_value()) return 0;
  LK_ASSERT(is_json);

  const JsonbReader reader(value->bytes());
  std::string printed;
  append_jsonb(reader, printed);
  const Result<Value> again = io::normalize_json(printed, arena);
  LK_ASSERT(again.has_value());
  LK_ASSERT(again->bytes() == value->bytes());
  LK_ASSERT(compare_jsonb(reader, JsonbReader(again->bytes())) == 0);
  change_jsonb(reader, arena);
  return 0;
}
