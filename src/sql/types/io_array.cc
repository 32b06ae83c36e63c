#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "sql/types/array.h"
#include "sql/types/io.h"

namespace latchkey::sql {

namespace {

std::uint32_t load_u32(const char* from) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(from);
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
         (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

constexpr std::uint32_t kNull = ~std::uint32_t{0};
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kDimensionBytes = 8;

}  // namespace

ArrayReader::ArrayReader(Bytes array) : array_(array) {
  if (array_.size() < kHeaderBytes) return;
  dimension_count_ = static_cast<int>(load_u32(array_.data()));
  has_nulls_ = load_u32(array_.data() + 4) != 0;
  element_ = Oid{load_u32(array_.data() + 8)};
  at_ = kHeaderBytes + static_cast<std::size_t>(dimension_count_) * kDimensionBytes;
  count_ = dimension_count_ > 0 ? 1 : 0;
  for (int i = 0; i < dimension_count_; ++i)
    count_ *= static_cast<std::size_t>(dimension(i).length);
}

ArrayDimension ArrayReader::dimension(int index) const {
  const char* const at =
      array_.data() + kHeaderBytes + static_cast<std::size_t>(index) * kDimensionBytes;
  return {static_cast<std::int32_t>(load_u32(at)), static_cast<std::int32_t>(load_u32(at + 4))};
}

bool ArrayReader::next(Value& element) {
  if (read_ == count_) return false;
  ++read_;
  const std::uint32_t size = load_u32(array_.data() + at_);
  at_ += 4;
  if (size == kNull) {
    element = Value::null();
    return true;
  }
  element = unpack_element(element_, array_.substr(at_, size));
  at_ += size;
  return true;
}

Value unpack_element(Oid type, Bytes bytes) {
  const Type* const found = find_type(type);
  if (found != nullptr && found->kept == Kept::Bytes) return Value::of_bytes(bytes);
  const Result<Value> value = io::receive_number(type, bytes);
  return value.has_value() ? *value : Value::null();
}

ArrayWriter::ArrayWriter(Oid element) : element_(element) {}

void ArrayWriter::add(const Value& value) {
  ++count_;
  if (value.is_null) {
    has_nulls_ = true;
    append_u32(body_, kNull);
    return;
  }
  const Type* const type = find_type(element_);
  if (type != nullptr && type->kept == Kept::Bytes) {
    append_u32(body_, value.size);
    body_.append(value.data, value.size);
    return;
  }
  const std::size_t mark = body_.size();
  append_u32(body_, 0);
  io::send_number(element_, value, body_);
  const auto size = static_cast<std::uint32_t>(body_.size() - mark - 4);
  for (int i = 0; i < 4; ++i) {
    body_[mark + static_cast<std::size_t>(i)] = static_cast<char>(size >> (24 - 8 * i));
  }
}

Value ArrayWriter::finish(Arena& arena) {
  if (count_ == 0) return finish(arena, {});
  const ArrayDimension one{static_cast<std::int32_t>(count_), 1};
  return finish(arena, {&one, 1});
}

Value ArrayWriter::finish(Arena& arena, std::span<const ArrayDimension> dimensions) {
  std::string header;
  append_u32(header, static_cast<std::uint32_t>(dimensions.size()));
  append_u32(header, has_nulls_ ? 1 : 0);
  append_u32(header, value_of(element_));
  for (const ArrayDimension& each : dimensions) {
    append_u32(header, static_cast<std::uint32_t>(each.length));
    append_u32(header, static_cast<std::uint32_t>(each.lower_bound));
  }
  char* const out = arena.allocate(header.size() + body_.size());
  std::memcpy(out, header.data(), header.size());
  std::memcpy(out + header.size(), body_.data(), body_.size());
  return Value::of_bytes({out, header.size() + body_.size()});
}

namespace io {

namespace {

Error malformed(Bytes text, const char* detail) {
  return Error(ErrorCode::InvalidText, "malformed array literal: \"" + std::string(text) + "\"")
      .with_detail(detail);
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Reads '{1,2,{3,4}}' once; every inner list must be as long as its sisters.
class ArrayTextParser {
 public:
  ArrayTextParser(const Type& type, std::int32_t typmod, Bytes text, const TextSettings& settings,
                  Arena& arena)
      : type_(type),
        typmod_(typmod),
        text_(text),
        settings_(settings),
        arena_(arena),
        writer_(type.element) {}

  Result<Value> parse() {
    skip_blanks();
    LK_CHECK(parse_bounds());
    if (!take('{')) {
      return malformed(text_, "Array value must start with \"{\" or dimension information.");
    }
    LK_CHECK(parse_list(0));
    skip_blanks();
    if (at_ != text_.size()) return malformed(text_, "Junk after closing right brace.");
    std::vector<ArrayDimension> dimensions;
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
      dimensions.push_back({lengths_[i], i < bounds_.size() ? bounds_[i].lower_bound : 1});
      if (i < bounds_.size() && bounds_[i].length != lengths_[i]) {
        return malformed(text_, "Specified array dimensions do not match array contents.");
      }
    }
    if (lengths_.size() == 1 && lengths_[0] == 0) dimensions.clear();
    return writer_.finish(arena_, dimensions);
  }

 private:
  static constexpr std::size_t kDimensionsMax = 6;

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// [1:3][0:1]=
  Result<void> parse_bounds() {
    if (at_ >= text_.size() || text_[at_] != '[') return {};
    while (take('[')) {
      const std::size_t close = text_.find(']', at_);
      if (close == Bytes::npos) return malformed(text_, "Missing \"]\" after array dimensions.");
      const Bytes inside = text_.substr(at_, close - at_);
      const std::size_t colon = inside.find(':');
      const Bytes low = colon == Bytes::npos ? Bytes("1") : inside.substr(0, colon);
      const Bytes high = colon == Bytes::npos ? inside : inside.substr(colon + 1);
      LK_TRY(const std::int64_t first, parse_integer(oid::kInt4, low));
      LK_TRY(const std::int64_t last, parse_integer(oid::kInt4, high));
      if (last < first) {
        return Error(ErrorCode::SubscriptInvalid, "upper bound cannot be less than lower bound");
      }
      bounds_.push_back(
          {static_cast<std::int32_t>(last - first + 1), static_cast<std::int32_t>(first)});
      if (bounds_.size() > kDimensionsMax) return too_many();
      at_ = close + 1;
    }
    if (!take('=')) return malformed(text_, "Missing \"=\" after array dimensions.");
    return {};
  }

  static Error too_many() {
    return Error(ErrorCode::LimitExceeded,
                 "number of array dimensions exceeds the maximum allowed (6)");
  }

  Result<void> parse_list(std::size_t depth) {
    if (depth >= kDimensionsMax) return too_many();
    const bool is_first_of_depth = lengths_.size() == depth;
    if (is_first_of_depth) lengths_.push_back(-1);
    std::int32_t count = 0;
    if (take('}')) return end_list(depth, 0);
    for (;;) {
      skip_blanks();
      if (at_ < text_.size() && text_[at_] == '{') {
        ++at_;
        if (leaf_depth_ == depth) return ragged();
        LK_CHECK(parse_list(depth + 1));
      } else {
        if (lengths_.size() > depth + 1 || (leaf_depth_ != kNoDepth && leaf_depth_ != depth)) {
          return ragged();
        }
        leaf_depth_ = depth;
        LK_CHECK(parse_element());
      }
      ++count;
      if (take(',')) continue;
      if (take('}')) return end_list(depth, count);
      return malformed(
          text_, at_ >= text_.size() ? "Unexpected end of input." : "Unexpected array element.");
    }
  }

  Error ragged() const {
    return malformed(text_,
                     "Multidimensional arrays must have sub-arrays with matching dimensions.");
  }

  Result<void> end_list(std::size_t depth, std::int32_t count) {
    if (lengths_[depth] >= 0 && lengths_[depth] != count) return ragged();
    lengths_[depth] = count;
    return {};
  }

  Result<void> parse_element() {
    std::string word;
    bool is_quoted = false;
    if (at_ < text_.size() && text_[at_] == '"') {
      is_quoted = true;
      ++at_;
      while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        word.push_back(text_[at_++]);
      }
      if (at_ >= text_.size()) return malformed(text_, "Unexpected end of input.");
      ++at_;
    } else {
      std::size_t solid = 0;  // what is behind it are blanks, which do not count
      while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}') {
        if (text_[at_] == '{' || text_[at_] == '"') {
          return malformed(text_, "Unexpected array element.");
        }
        const bool is_escaped = text_[at_] == '\\' && at_ + 1 < text_.size();
        if (is_escaped) ++at_;
        word.push_back(text_[at_]);
        if (is_escaped || !is_blank(text_[at_])) solid = word.size();
        ++at_;
      }
      if (at_ >= text_.size()) return malformed(text_, "Unexpected end of input.");
      word.resize(solid);
      if (word.empty()) return malformed(text_, "Unexpected \",\" character.");
    }
    if (!is_quoted && equals_ignore_case(word, "null")) {
      writer_.add(Value::null());
      return {};
    }
    LK_TRY(const Value value, parse_text(type_.element, typmod_, word, settings_, arena_));
    writer_.add(value);
    return {};
  }

  static constexpr std::size_t kNoDepth = ~std::size_t{0};
  const Type& type_;
  const std::int32_t typmod_;
  const Bytes text_;
  const TextSettings& settings_;
  Arena& arena_;
  ArrayWriter writer_;
  std::size_t at_ = 0;
  std::size_t leaf_depth_ = kNoDepth;
  std::vector<std::int32_t> lengths_;
  std::vector<ArrayDimension> bounds_;
};

bool must_quote(Bytes word) {
  if (word.empty() || equals_ignore_case(word, "null")) return true;
  return std::any_of(word.begin(), word.end(), [](char c) {
    return c == '"' || c == '\\' || c == '{' || c == '}' || c == ',' || is_blank(c);
  });
}

void append_element(Oid element, const Value& value, const TextSettings& settings,
                    std::string& out) {
  if (value.is_null) {
    out += "NULL";
    return;
  }
  std::string word;
  append_text(element, value, settings, word);
  if (!must_quote(word)) {
    out += word;
    return;
  }
  out.push_back('"');
  for (const char c : word) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace

Result<Value> parse_array(const Type& type, std::int32_t typmod, Bytes text,
                          const TextSettings& settings, Arena& arena) {
  return ArrayTextParser(type, typmod, text, settings, arena).parse();
}

void append_array(const Type& type, const Value& value, const TextSettings& settings,
                  std::string& out) {
  ArrayReader reader(value.bytes());
  if (reader.dimension_count() == 0) {
    out += "{}";
    return;
  }
  bool shows_bounds = false;
  std::vector<std::int32_t> lengths;
  for (int i = 0; i < reader.dimension_count(); ++i) {
    shows_bounds = shows_bounds || reader.dimension(i).lower_bound != 1;
    lengths.push_back(reader.dimension(i).length);
  }
  if (shows_bounds) {
    for (int i = 0; i < reader.dimension_count(); ++i) {
      const ArrayDimension each = reader.dimension(i);
      out += "[" + std::to_string(each.lower_bound) + ":" +
             std::to_string(each.lower_bound + each.length - 1) + "]";
    }
    out.push_back('=');
  }
  // Braces open and close where an inner list is full.
  std::vector<std::int32_t> counts(lengths.size(), 0);
  out.append(lengths.size(), '{');
  Value element;
  for (std::size_t i = 0; reader.next(element); ++i) {
    if (i > 0) {
      std::size_t closed = 0;
      for (std::size_t depth = lengths.size(); depth-- > 0;) {
        if (++counts[depth] < lengths[depth]) break;
        counts[depth] = 0;
        ++closed;
      }
      out.append(closed, '}');
      out.push_back(',');
      out.append(closed, '{');
    }
    append_element(type.element, element, settings, out);
  }
  out.append(lengths.size(), '}');
}

Result<Value> receive_array(const Type& type, std::int32_t typmod, Bytes bytes, Arena& arena) {
  const Error bad(ErrorCode::InvalidBinary, "incorrect binary data format in bind parameter");
  if (bytes.size() < kHeaderBytes) return bad;
  const std::uint32_t dimension_count = load_u32(bytes.data());
  constexpr std::uint32_t kDimensionsMax = 6;
  if (dimension_count > kDimensionsMax) return bad;
  if (Oid{load_u32(bytes.data() + 8)} != type.element) {
    return Error(ErrorCode::TypeMismatch, "wrong element type");
  }
  std::size_t at = kHeaderBytes + dimension_count * kDimensionBytes;
  if (at > bytes.size()) return bad;
  std::uint64_t count = dimension_count > 0 ? 1 : 0;
  std::vector<ArrayDimension> dimensions;
  for (std::uint32_t i = 0; i < dimension_count; ++i) {
    const char* const from = bytes.data() + kHeaderBytes + i * kDimensionBytes;
    const auto length = static_cast<std::int32_t>(load_u32(from));
    if (length < 0) return bad;
    dimensions.push_back({length, static_cast<std::int32_t>(load_u32(from + 4))});
    count *= static_cast<std::uint64_t>(length);
    if (count > bytes.size()) return bad;
  }
  ArrayWriter writer(type.element);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes.size() - at < 4) return bad;
    const std::uint32_t size = load_u32(bytes.data() + at);
    at += 4;
    if (size == kNull) {
      writer.add(Value::null());
      continue;
    }
    if (size > bytes.size() - at) return bad;
    LK_TRY(const Value value, parse_binary(type.element, typmod, bytes.substr(at, size), arena));
    writer.add(value);
    at += size;
  }
  if (at != bytes.size()) return bad;
  if (count == 0) dimensions.clear();
  return writer.finish(arena, dimensions);
}

void send_array(const Type& type, const Value& value, std::string& out) {
  ArrayReader reader(value.bytes());
  const std::size_t head =
      kHeaderBytes + static_cast<std::size_t>(reader.dimension_count()) * kDimensionBytes;
  out.append(value.data, head);
  Value element;
  while (reader.next(element)) {
    if (element.is_null) {
      append_u32(out, kNull);
      continue;
    }
    std::string bytes;
    append_binary(type.element, element, bytes);
    append_u32(out, static_cast<std::uint32_t>(bytes.size()));
    out += bytes;
  }
}

int compare_arrays(const Type& type, const Value& left, const Value& right) {
  ArrayReader a(left.bytes());
  ArrayReader b(right.bytes());
  Value from_a;
  Value from_b;
  for (;;) {
    const bool has_a = a.next(from_a);
    const bool has_b = b.next(from_b);
    if (!has_a || !has_b) {
      if (has_a != has_b) return has_a ? 1 : -1;
      break;
    }
    if (from_a.is_null != from_b.is_null) return from_a.is_null ? 1 : -1;
    if (from_a.is_null) continue;
    if (const int order = compare(type.element, from_a, from_b); order != 0) return order;
  }
  if (a.dimension_count() != b.dimension_count()) {
    return a.dimension_count() < b.dimension_count() ? -1 : 1;
  }
  for (int i = 0; i < a.dimension_count(); ++i) {
    const ArrayDimension of_a = a.dimension(i);
    const ArrayDimension of_b = b.dimension(i);
    if (of_a.length != of_b.length) return of_a.length < of_b.length ? -1 : 1;
    if (of_a.lower_bound != of_b.lower_bound) return of_a.lower_bound < of_b.lower_bound ? -1 : 1;
  }
  return 0;
}

}  // namespace io

}  // namespace latchkey::sql
