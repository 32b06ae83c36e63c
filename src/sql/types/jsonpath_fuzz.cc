// Verified: no crash and no read outside the input, in parsing, printing and evaluating paths. Not
// verified: answers; the tests have PostgreSQL's.

#include <cstdint>
#include <string>

#include "sql/types/io.h"
#include "sql/types/jsonpath.h"

using latchkey::Bytes;
using latchkey::Result;
using namespace latchkey::sql;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Arena kept;
  static const Result<Value> target =
      io::normalize_json(R"({"a": [1, {"b": "x"}, [2, 3]], "b": {"a": 1.5}, "c": null})", kept);
  const Result<JsonPath> path = JsonPath::parse(Bytes(reinterpret_cast<const char*>(data), size));
  if (!path.has_value()) return 0;
  std::string printed;
  path->append_text(printed);

  const JsonPathArguments arguments{JsonbReader(target->bytes()), std::nullopt,
                                    JsonPathErrors::Silent};
  Arena arena;
  static_cast<void>(jsonb_path_query_array(*path, arguments, arena));
  static_cast<void>(jsonb_path_exists(*path, arguments));
  return 0;
}
