#include "sql/types/io.h"
#include "sql/types/json.h"
#include "sql/types/json_parser.h"

namespace latchkey::sql {

namespace {

/// Content that stays until the builder has finished.
Bytes keep_string(const JsonParser& parser, JsonbBuilder& builder) {
  return parser.is_held() ? builder.scratch().copy(parser.string()) : parser.string();
}

Result<void> add_scalar(const JsonParser& parser, JsonbBuilder& builder) {
  switch (parser.kind()) {
    case JsonKind::String:
      builder.add_string(keep_string(parser, builder));
      return {};
    case JsonKind::Number: {
      LK_TRY(const Bytes number, normalize_json_number(parser.written(), builder.scratch()));
      builder.add_number(number);
      return {};
    }
    default:
      builder.add(JsonbReader(parser.kind(), {}));
      return {};
  }
}

}  // namespace

Result<void> add_json_text(JsonbBuilder& builder, Bytes text) {
  JsonParser parser(text, JsonStrings::Decoded);
  while (!builder.failed()) {
    LK_TRY(const JsonEvent event, parser.next());
    switch (event) {
      case JsonEvent::Scalar:
        LK_CHECK(add_scalar(parser, builder));
        break;
      case JsonEvent::Key:
        builder.add_key(keep_string(parser, builder));
        break;
      case JsonEvent::ArrayBegin:
        builder.begin_array();
        break;
      case JsonEvent::ObjectBegin:
        builder.begin_object();
        break;
      case JsonEvent::ArrayEnd:
      case JsonEvent::ObjectEnd:
        builder.end();
        break;
      case JsonEvent::End:
        return {};
    }
  }
  return {};  // the builder has the error
}

namespace io {

Result<void> check_json(Bytes text) {
  JsonParser parser(text, JsonStrings::AsWritten);
  for (;;) {
    LK_TRY(const JsonEvent event, parser.next());
    if (event == JsonEvent::End) return {};
  }
}

Result<Value> normalize_json(Bytes text, Arena& arena) {
  JsonbBuilder builder;
  LK_CHECK(add_json_text(builder, text));
  return builder.finish(arena);
}

int compare_jsonb(Bytes left, Bytes right) {
  return sql::compare_jsonb(JsonbReader(left), JsonbReader(right));
}

void append_jsonb(Bytes jsonb, std::string& out) { sql::append_jsonb(JsonbReader(jsonb), out); }

std::uint64_t hash_jsonb(Bytes jsonb) { return sql::hash_jsonb(JsonbReader(jsonb)); }

}  // namespace io

}  // namespace latchkey::sql
