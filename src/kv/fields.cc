#include "kv/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

#include "base/assert.h"
#include "base/numbers.h"
#include "kv/reply.h"

namespace latchkey::kv {

namespace {

constexpr unsigned kTypeBits = 4;
constexpr std::uint64_t kTypeMask = (1u << kTypeBits) - 1;

std::size_t varint_bytes(std::uint64_t number) {
  std::size_t bytes = 1;
  while (number >= 0x80) {
    number >>= 7;
    ++bytes;
  }
  return bytes;
}

char* write_varint(char* out, std::uint64_t number) {
  while (number >= 0x80) {
    *out++ = static_cast<char>(number | 0x80);
    number >>= 7;
  }
  *out++ = static_cast<char>(number);
  return out;
}

char* write_bytes(char* out, Bytes bytes) {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

std::size_t integer_bytes(std::int64_t value) {
  if (value == static_cast<std::int8_t>(value)) return 1;
  if (value == static_cast<std::int16_t>(value)) return 2;
  if (value == static_cast<std::int32_t>(value)) return 4;
  return 8;
}

std::uint64_t tag_of(const FieldValue& value) {
  return value.payload_bytes() << kTypeBits | static_cast<std::uint64_t>(value.type);
}

/// The text of the types that have a short one, written to `room`.
Bytes short_text(const FieldValue& value, char* room) {
  if (value.type == FieldType::Integer) {
    return {room, static_cast<std::size_t>(format_int64(room, value.integer) - room)};
  }
  if (value.type == FieldType::Float) {
    return {room, static_cast<std::size_t>(format_double(room, value.number) - room)};
  }
  LK_ASSERT(value.type == FieldType::Boolean);
  return value.integer != 0 ? "true" : "false";
}

bool is_text(FieldType type) {
  switch (type) {
    case FieldType::Bytes:
    case FieldType::Text:
    case FieldType::JsonArray:
    case FieldType::JsonObject:
    case FieldType::Decimal:
      return true;
    case FieldType::Integer:
    case FieldType::Float:
    case FieldType::Boolean:
    case FieldType::Null:
      return false;
  }
  return false;
}

constexpr std::size_t kShortTextMax = std::max(kInt64TextMax, kDoubleTextMax);

}  // namespace

FieldValue FieldValue::of_argument(Bytes argument) {
  if (const auto integer = parse_int64(argument)) return of_integer(*integer);
  return {FieldType::Bytes, argument, 0, 0};
}

FieldValue FieldValue::of_float_text(Bytes text) {
  FieldValue value = of_argument(text);
  if (value.type == FieldType::Integer) return value;
  const auto number = parse_double(text);
  if (!number || !std::isfinite(*number)) return value;
  char room[kDoubleTextMax];
  const Bytes shortest(room, static_cast<std::size_t>(format_double(room, *number) - room));
  return shortest == text ? of_float(*number) : value;
}

FieldValue FieldValue::of_json(const JsonMember& member) {
  switch (member.kind) {
    case JsonKind::Null:
      return {};
    case JsonKind::Boolean:
      return {FieldType::Boolean, {}, member.text == "true", 0};
    case JsonKind::String:
      return {FieldType::Text, member.text, 0, 0};
    case JsonKind::Array:
      return {FieldType::JsonArray, member.text, 0, 0};
    case JsonKind::Object:
      return {FieldType::JsonObject, member.text, 0, 0};
    case JsonKind::Number:
      break;
  }
  FieldValue value = of_float_text(member.text);
  if (value.type == FieldType::Bytes) value.type = FieldType::Decimal;
  return value;
}

std::size_t FieldValue::payload_bytes() const {
  switch (type) {
    case FieldType::Integer:
      return integer_bytes(integer);
    case FieldType::Float:
      return 8;
    case FieldType::Boolean:
      return 1;
    case FieldType::Null:
      return 0;
    default:
      return text.size();
  }
}

char* FieldValue::write_payload(char* out) const {
  switch (type) {
    case FieldType::Integer:
      // The low bytes come first, so a shorter integer is a prefix of a longer one.
      std::memcpy(out, &integer, integer_bytes(integer));
      return out + integer_bytes(integer);
    case FieldType::Float:
      store(out, number);
      return out + 8;
    case FieldType::Boolean:
      *out = static_cast<char>(integer);
      return out + 1;
    case FieldType::Null:
      return out;
    default:
      return write_bytes(out, text);
  }
}

Result<FieldValue> FieldValue::decode(std::uint8_t type, Bytes payload) {
  const auto field_type = static_cast<FieldType>(type);
  if (type <= static_cast<std::uint8_t>(FieldType::Decimal)) {
    if (is_text(field_type)) return FieldValue{field_type, payload, 0, 0};
    const char* bytes = payload.data();
    switch (field_type) {
      case FieldType::Integer:
        if (payload.size() == 1) return of_integer(load<std::int8_t>(bytes));
        if (payload.size() == 2) return of_integer(load<std::int16_t>(bytes));
        if (payload.size() == 4) return of_integer(load<std::int32_t>(bytes));
        if (payload.size() == 8) return of_integer(load<std::int64_t>(bytes));
        break;
      case FieldType::Float:
        if (payload.size() == 8) return of_float(load<double>(bytes));
        break;
      case FieldType::Boolean:
        if (payload.size() == 1 && (*bytes == 0 || *bytes == 1)) {
          return FieldValue{FieldType::Boolean, {}, *bytes, 0};
        }
        break;
      case FieldType::Null:
        if (payload.empty()) return FieldValue{};
        break;
      default:
        break;
    }
  }
  return Error(ErrorCode::Corruption,
               fmt::format("a field of type {} with {} bytes", type, payload.size()));
}

void FieldValue::append_text(std::string& out) const {
  if (type == FieldType::Null) return;
  char room[kShortTextMax];
  out.append(is_text(type) ? text : short_text(*this, room));
}

std::size_t FieldValue::text_bytes() const {
  if (type == FieldType::Null) return 0;
  char room[kShortTextMax];
  return is_text(type) ? text.size() : short_text(*this, room).size();
}

void FieldValue::reply_to(Reply& reply) const {
  if (type == FieldType::Null) return reply.null();
  char room[kShortTextMax];
  reply.bulk(is_text(type) ? text : short_text(*this, room));
}

void FieldValue::append_json(std::string& out) const {
  switch (type) {
    case FieldType::Bytes:
    case FieldType::Text:
      return append_json_string(out, text);
    case FieldType::Null:
      out += "null";
      return;
    case FieldType::Float:
      if (!std::isfinite(number)) {  // JSON has no form for these
        char room[kShortTextMax];
        return append_json_string(out, short_text(*this, room));
      }
      return append_text(out);
    default:
      return append_text(out);
  }
}

FieldsReader::FieldsReader(Bytes record_value) : rest_(record_value) {
  if (!read_varint(count_)) damaged_ = true;
}

bool FieldsReader::read_varint(std::uint64_t& number) {
  number = 0;
  for (unsigned shift = 0; shift < 63; shift += 7) {
    if (rest_.empty()) return false;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

bool FieldsReader::take(std::uint64_t length, Bytes& out) {
  if (length > rest_.size()) return false;
  out = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return true;
}

bool FieldsReader::next() {
  if (damaged_ || read_ == count_) return false;
  std::uint64_t length = 0;
  std::uint64_t tag = 0;
  Bytes payload;
  if (!read_varint(length) || !take(length, name_)) return damaged();
  if (!read_varint(tag) || !take(tag >> kTypeBits, payload)) return damaged();
  auto value = FieldValue::decode(static_cast<std::uint8_t>(tag & kTypeMask), payload);
  if (!value) return damaged();
  value_ = *value;
  ++read_;
  return true;
}

Result<void> FieldsReader::finish() const {
  if (!damaged_ && read_ == count_ && rest_.empty()) return {};
  return Error(ErrorCode::Corruption,
               fmt::format("a record of fields is damaged after {} of {}", read_, count_));
}

Result<void> FieldList::decode(Bytes record_value) {
  size_ = 0;
  FieldsReader reader(record_value);
  if (reader.count() > kInlineFieldsMax) {
    return Error(ErrorCode::Corruption,
                 fmt::format("a record with {} fields of its own, more than {}", reader.count(),
                             kInlineFieldsMax));
  }
  while (reader.next()) new (&space_[size_++]) Field{reader.name(), reader.value()};
  return reader.finish();
}

const FieldList::Field* FieldList::find(Bytes name) const {
  for (const Field& field : fields()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

FieldList::Set FieldList::set(Bytes name, const FieldValue& value) {
  if (const Field* field = find(name)) {
    space_[field - space_].value = value;
    return Set::Replaced;
  }
  if (size_ == kInlineFieldsMax) return Set::Full;
  new (&space_[size_++]) Field{name, value};
  return Set::Added;
}

bool FieldList::erase(Bytes name) {
  const Field* field = find(name);
  if (field == nullptr) return false;
  std::copy(field + 1, static_cast<const Field*>(space_ + size_), space_ + (field - space_));
  --size_;
  return true;
}

std::size_t FieldList::encoded_bytes() const {
  std::size_t bytes = varint_bytes(size_);
  for (const Field& field : fields()) {
    bytes += varint_bytes(field.name.size()) + field.name.size();
    bytes += varint_bytes(tag_of(field.value)) + field.value.payload_bytes();
  }
  return bytes;
}

char* FieldList::encode(char* out) const {
  const char* const begin = out;
  out = write_varint(out, size_);
  for (const Field& field : fields()) {
    out = write_bytes(write_varint(out, field.name.size()), field.name);
    out = field.value.write_payload(write_varint(out, tag_of(field.value)));
  }
  LK_ASSERT_SLOW(static_cast<std::size_t>(out - begin) == encoded_bytes());
  (void)begin;
  return out;
}

Result<void> append_fields_json(Bytes record_value, std::string& out) {
  FieldsReader reader(record_value);
  out.push_back('{');
  bool first = true;
  while (reader.next()) {
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, reader.name());
    out.push_back(':');
    reader.value().append_json(out);
  }
  out.push_back('}');
  return reader.finish();
}

}  // namespace latchkey::kv
