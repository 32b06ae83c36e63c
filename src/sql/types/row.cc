#include "sql/types/row.h"

#include <bit>
#include <cstring>

#include "base/assert.h"

namespace latchkey::sql {

namespace {

void append_varint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

bool take_varint(const char*& at, const char* end, std::uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && at < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

Error damaged() { return Error(ErrorCode::Corruption, "a row of a table does not decode"); }

}  // namespace

RowShape::RowShape(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) {
    const Type* const type = find_type(column.type);
    Part part{Kept::Bytes, 0, true};
    if (type != nullptr && type->kept != Kept::Bytes) {
      part.kept = type->kept;
      part.bytes = static_cast<std::uint8_t>(type->length > 0 ? type->length : 8);
      part.is_signed = type->oid != oid::kOid;
    }
    parts_.push_back(part);
  }
}

void RowShape::encode(std::span<const Value> values, std::string& out) const {
  LK_ASSERT(values.size() == columns_.size());
  append_varint(columns_.size(), out);
  const std::size_t nulls = out.size();
  out.append((columns_.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    if (value.is_null || columns_[i].in_key) {
      out[nulls + i / 8] = static_cast<char>(out[nulls + i / 8] | (1 << (i % 8)));
      continue;
    }
    const Part& part = parts_[i];
    if (part.kept == Kept::Bytes) {
      append_varint(value.size, out);
      out.append(value.data, value.size);
      continue;
    }
    std::uint64_t bits = static_cast<std::uint64_t>(value.integer);
    if (part.kept == Kept::Number) {
      bits = part.bytes == 4 ? std::bit_cast<std::uint32_t>(static_cast<float>(value.number))
                             : std::bit_cast<std::uint64_t>(value.number);
    }
    out.append(reinterpret_cast<const char*>(&bits), part.bytes);
  }
}

Result<std::size_t> RowShape::decode(Bytes row, std::span<Value> values) const {
  LK_ASSERT(values.size() == columns_.size());
  const char* at = row.data();
  const char* const end = at + row.size();
  std::uint64_t count = 0;
  if (!take_varint(at, end, count) || count > columns_.size()) return damaged();
  const char* const nulls = at;
  const std::size_t null_bytes = (count + 7) / 8;
  if (static_cast<std::size_t>(end - at) < null_bytes) return damaged();
  at += null_bytes;
  for (std::size_t i = 0; i < count; ++i) {
    if ((nulls[i / 8] >> (i % 8) & 1) != 0) {
      if (!columns_[i].in_key) values[i] = Value::null();
      continue;
    }
    const Part& part = parts_[i];
    if (part.kept == Kept::Bytes) {
      std::uint64_t size = 0;
      if (!take_varint(at, end, size) || size > static_cast<std::size_t>(end - at))
        return damaged();
      values[i] = Value::of_bytes({at, size});
      at += size;
      continue;
    }
    if (static_cast<std::size_t>(end - at) < part.bytes) return damaged();
    std::uint64_t bits = 0;
    std::memcpy(&bits, at, part.bytes);
    at += part.bytes;
    if (part.kept == Kept::Number) {
      values[i] = Value::of_number(part.bytes == 4 ? static_cast<double>(std::bit_cast<float>(
                                                         static_cast<std::uint32_t>(bits)))
                                                   : std::bit_cast<double>(bits));
      continue;
    }
    const unsigned unused = 64 - unsigned{part.bytes} * 8;
    values[i] =
        Value::of_integer(part.is_signed ? static_cast<std::int64_t>(bits << unused) >> unused
                                         : static_cast<std::int64_t>(bits));
  }
  return static_cast<std::size_t>(count);
}

}  // namespace latchkey::sql
