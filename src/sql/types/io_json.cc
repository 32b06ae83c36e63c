#include "sql/types/io.h"
#include "sql/types/json.h"
#include "sql/types/json_parser.h"
#include "sql/types/jsonpath.h"

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

bool is_json(Oid type) {
  return type == oid::kJson || type == oid::kJsonb || type == oid::kJsonpath;
}

// A jsonpath is kept as the text by which it is shown: see jsonpath_functions.cc.
Result<Value> parse_json(Oid type, Bytes text, Arena& arena) {
  LK_CHECK(check_utf8(text));
  if (type == oid::kJsonb) return normalize_json(text, arena);
  if (type == oid::kJson) {
    LK_CHECK(check_json(text));
    return Value::of_bytes(arena.copy(text));
  }
  LK_TRY(const JsonPath path, JsonPath::parse(text));
  std::string canonical;
  path.append_text(canonical);
  return Value::of_bytes(arena.copy(canonical));
}

namespace {

// The first byte of what is sent, of jsonb and of jsonpath.
constexpr char kVersion = 1;

}  // namespace

Result<Value> receive_json(Oid type, Bytes bytes, Arena& arena) {
  if (type == oid::kJson) return parse_json(type, bytes, arena);
  if (bytes.empty()) return Error(ErrorCode::InvalidBinary, "no data left in message");
  if (bytes[0] != kVersion) {
    const int version = static_cast<unsigned char>(bytes[0]);
    return Error(ErrorCode::Internal,
                 "unsupported " + type_text(type) + " version number " + std::to_string(version));
  }
  return parse_json(type, bytes.substr(1), arena);
}

void send_json(Oid type, Bytes bytes, std::string& out) {
  if (type != oid::kJson) out.push_back(kVersion);
  if (type == oid::kJsonb) {
    append_jsonb(bytes, out);
  } else {
    out += bytes;
  }
}

int compare_jsonb(Bytes left, Bytes right) {
  return sql::compare_jsonb(JsonbReader(left), JsonbReader(right));
}

void append_jsonb(Bytes jsonb, std::string& out) { sql::append_jsonb(JsonbReader(jsonb), out); }

std::uint64_t hash_jsonb(Bytes jsonb) { return sql::hash_jsonb(JsonbReader(jsonb)); }

}  // namespace io

}  // namespace latchkey::sql
