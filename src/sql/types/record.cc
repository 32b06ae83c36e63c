#include "sql/types/record.h"

#include <fmt/format.h>

#include <cstring>

#include "base/hash.h"
#include "sql/types/array.h"
#include "sql/types/io.h"
#include "sql/types/key.h"

namespace latchkey::sql {

namespace {

constexpr std::uint32_t kNull = ~std::uint32_t{0};

std::uint32_t load_u32(const char* from) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(from);
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
         (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

bool is_number(Oid type) {
  const Type* const found = find_type(type);
  return found != nullptr && found->kept != Kept::Bytes;
}

bool must_be_quoted(Bytes text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '(' || c == ')' || c == ',' || c == ' ' ||
        (c >= '\t' && c <= '\r')) {
      return true;
    }
  }
  return false;
}

}  // namespace

RecordReader::RecordReader(Bytes record) : record_(record) {
  if (record_.size() < 4) return;
  count_ = load_u32(record_.data());
  at_ = 4;
}

bool RecordReader::next(Field& field) {
  if (read_ == count_) return false;
  ++read_;
  const auto* const name_size = reinterpret_cast<const unsigned char*>(record_.data() + at_);
  const std::size_t name_bytes = std::size_t{name_size[0]} << 8 | name_size[1];
  at_ += 2;
  field.name = record_.substr(at_, name_bytes);
  at_ += name_bytes;
  field.type = Oid{load_u32(record_.data() + at_)};
  const std::uint32_t size = load_u32(record_.data() + at_ + 4);
  at_ += 8;
  if (size == kNull) {
    field.value = Value::null();
    return true;
  }
  const Bytes bytes = record_.substr(at_, size);
  field.value = is_number(field.type) ? unpack_element(field.type, bytes) : Value::of_bytes(bytes);
  at_ += size;
  return true;
}

RecordWriter::RecordWriter() { append_u32(bytes_, 0); }

void RecordWriter::add(std::string_view name, Oid type, const Value& value) {
  ++count_;
  bytes_.push_back(static_cast<char>(name.size() >> 8));
  bytes_.push_back(static_cast<char>(name.size()));
  bytes_ += name;
  append_u32(bytes_, value_of(type));
  if (value.is_null) {
    append_u32(bytes_, kNull);
    return;
  }
  if (!is_number(type)) {
    append_u32(bytes_, value.size);
    bytes_ += value.bytes();
    return;
  }
  std::string number;
  io::send_number(type, value, number);
  append_u32(bytes_, static_cast<std::uint32_t>(number.size()));
  bytes_ += number;
}

Value RecordWriter::finish(Arena& arena) {
  for (int i = 0; i < 4; ++i) {
    bytes_[static_cast<std::size_t>(i)] = static_cast<char>(count_ >> (24 - 8 * i));
  }
  return Value::of_bytes(arena.copy(bytes_));
}

int compare_records(const Value& left, const Value& right) {
  RecordReader a(left.bytes());
  RecordReader b(right.bytes());
  RecordReader::Field x;
  RecordReader::Field y;
  while (a.next(x) && b.next(y)) {
    if (x.value.is_null || y.value.is_null) {
      if (x.value.is_null != y.value.is_null) return x.value.is_null ? 1 : -1;
      continue;
    }
    const int order = compare(x.type, x.value, y.value);
    if (order != 0) return order;
  }
  return a.count() < b.count() ? -1 : a.count() > b.count() ? 1 : 0;
}

Result<void> comparable_records(const Value& left, const Value& right) {
  RecordReader a(left.bytes());
  RecordReader b(right.bytes());
  RecordReader::Field x;
  RecordReader::Field y;
  for (int column = 1; a.next(x) && b.next(y); ++column) {
    if (x.type == y.type) continue;
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("cannot compare dissimilar column types {} and {} at record column {}",
                             type_text(x.type), type_text(y.type), column));
  }
  if (a.count() == b.count()) return {};
  return Error(ErrorCode::TypeMismatch,
               "cannot compare record types with different numbers of columns");
}

void append_record_key(const Value& value, std::string& out) {
  RecordReader reader(value.bytes());
  RecordReader::Field field;
  while (reader.next(field)) append_index_part({field.type, false, false}, field.value, out);
}

std::uint64_t hash_record(const Value& value) {
  std::string key;
  append_record_key(value, key);
  return hash_bytes(key);
}

namespace io {

namespace {

Error malformed(Bytes text, const char* detail) {
  return Error(ErrorCode::InvalidText, fmt::format("malformed record literal: \"{}\"", text))
      .with_detail(detail);
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Reads "(1,"a b",)" once.
class RecordTextParser {
 public:
  explicit RecordTextParser(Bytes text) : text_(text) {}

  Result<void> begin() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ == text_.size() || text_[at_] != '(') {
      return malformed(text_, "Missing left parenthesis.");
    }
    ++at_;
    return {};
  }

  /// The text of a field; false: it is null.
  Result<bool> field(bool is_first, std::string& out) {
    if (!is_first) {
      if (at_ == text_.size() || text_[at_] != ',') return malformed(text_, "Too few columns.");
      ++at_;
    }
    out.clear();
    if (at_ < text_.size() && (text_[at_] == ',' || text_[at_] == ')')) return false;
    bool quoted = false;
    for (;; ++at_) {
      if (at_ == text_.size()) return malformed(text_, "Unexpected end of input.");
      const char c = text_[at_];
      if (!quoted && (c == ',' || c == ')')) return true;
      if (c == '\\') {
        if (++at_ == text_.size()) return malformed(text_, "Unexpected end of input.");
        out.push_back(text_[at_]);
      } else if (c == '"') {
        const bool doubled = quoted && at_ + 1 < text_.size() && text_[at_ + 1] == '"';
        if (doubled) {
          out.push_back('"');
          ++at_;
        } else {
          quoted = !quoted;
        }
      } else {
        out.push_back(c);
      }
    }
  }

  Result<void> end() {
    if (at_ == text_.size() || text_[at_] != ')') return malformed(text_, "Too many columns.");
    ++at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ < text_.size()) return malformed(text_, "Junk after right parenthesis.");
    return {};
  }

 private:
  const Bytes text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Value> parse_record(std::span<const RecordColumn> columns, Bytes text,
                           const TextSettings& settings, Arena& arena) {
  RecordTextParser parser(text);
  LK_CHECK(parser.begin());
  RecordWriter writer;
  std::string field;
  bool is_first = true;
  for (const RecordColumn& column : columns) {
    LK_TRY(const bool has_value, parser.field(is_first, field));
    is_first = false;
    Value value;
    if (has_value) {
      LK_TRY(value, parse_text(column.type, column.typmod, field, settings, arena));
    }
    writer.add(column.name, column.type, value);
  }
  LK_CHECK(parser.end());
  return writer.finish(arena);
}

void append_record(const Value& value, const TextSettings& settings, std::string& out) {
  RecordReader reader(value.bytes());
  RecordReader::Field field;
  out.push_back('(');
  bool is_first = true;
  std::string text;
  while (reader.next(field)) {
    if (!is_first) out.push_back(',');
    is_first = false;
    if (field.value.is_null) continue;
    text.clear();
    append_text(field.type, field.value, settings, text);
    if (!must_be_quoted(text)) {
      out += text;
      continue;
    }
    out.push_back('"');
    for (const char c : text) {
      if (c == '"' || c == '\\') out.push_back(c);
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.push_back(')');
}

void send_record(const Value& value, std::string& out) {
  RecordReader reader(value.bytes());
  append_u32(out, static_cast<std::uint32_t>(reader.count()));
  RecordReader::Field field;
  std::string bytes;
  while (reader.next(field)) {
    append_u32(out, value_of(field.type));
    if (field.value.is_null) {
      append_u32(out, kNull);
      continue;
    }
    bytes.clear();
    append_binary(field.type, field.value, bytes);
    append_u32(out, static_cast<std::uint32_t>(bytes.size()));
    out += bytes;
  }
}

}  // namespace io

}  // namespace latchkey::sql
