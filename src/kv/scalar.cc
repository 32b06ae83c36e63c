#include "kv/scalar.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "kv/call.h"

namespace latchkey::kv {

namespace {

Error damaged(const storage::RecordView& record) {
  return Error(ErrorCode::Corruption, fmt::format("a stored record of kind {} has {} bytes",
                                                  record.kind, record.value.size()));
}

}  // namespace

Result<Bytes> ScalarText::of(const storage::RecordView& record) {
  const Bytes value = record.value;
  switch (kind_of(record)) {
    case RecordKind::Bytes:
    case RecordKind::Text:
    case RecordKind::JsonArray:
      return value;
    case RecordKind::Integer: {
      if (value.size() != 8) return damaged(record);
      const char* const end = format_int64(made_, load<std::int64_t>(value.data()));
      return Bytes(made_, static_cast<std::size_t>(end - made_));
    }
    case RecordKind::Float: {
      if (value.size() != 8) return damaged(record);
      const char* const end = format_double(made_, load<double>(value.data()));
      return Bytes(made_, static_cast<std::size_t>(end - made_));
    }
    case RecordKind::Boolean:
      if (value.size() != 1) return damaged(record);
      return Bytes(value[0] != 0 ? "true" : "false");
    case RecordKind::Null:
      return Bytes("null");
    default:
      return Call::wrong_type();
  }
}

storage::NewRecord ScalarRecord::of(Bytes text, std::int64_t deadline_ms) {
  if (text.size() <= kInt64TextMax) {
    if (const auto integer = parse_int64(text)) return of_integer(*integer, deadline_ms);
  }
  return {text, deadline_ms, static_cast<std::uint8_t>(RecordKind::Bytes)};
}

storage::NewRecord ScalarRecord::of_integer(std::int64_t value, std::int64_t deadline_ms) {
  store(integer_, value);
  return {Bytes(integer_, sizeof integer_), deadline_ms,
          static_cast<std::uint8_t>(RecordKind::Integer)};
}

}  // namespace latchkey::kv
