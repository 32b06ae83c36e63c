#include "base/text.h"

#include <algorithm>
#include <cstring>

#include "sql/functions/function.h"
#include "sql/functions/pattern.h"
#include "sql/types/io.h"

namespace latchkey::sql {

namespace {

/// Reads a text character by character.
class Characters {
 public:
  explicit Characters(Bytes text) : text_(text) {}
  bool at_end() const { return at_ >= text_.size(); }
  Bytes next() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  void skip(std::int64_t count) {
    while (count-- > 0 && !at_end()) (void)next();
  }
  std::size_t offset() const { return at_; }

 private:
  Bytes text_;
  std::size_t at_ = 0;
};

std::int64_t length_of(Bytes text) { return static_cast<std::int64_t>(io::length_utf8(text)); }

constexpr std::size_t kTextBytesMax = std::size_t{1} << 29;

Value too_long(const Call& call) {
  return call.fail(ErrorCode::LimitExceeded, "requested length too large");
}

Value concatenate(const Call& call) {
  const Bytes left = call.bytes(0);
  const Bytes right = call.bytes(1);
  char* const out = call.arena().allocate(left.size() + right.size() + 1);
  std::memcpy(out, left.data(), left.size());
  std::memcpy(out + left.size(), right.data(), right.size());
  return Value::of_bytes({out, left.size() + right.size()});
}
std::string text_of(const Call& call, std::size_t index) {
  std::string text;
  append_text(call.types.arguments[index], call[index], call.settings(), text);
  return text;
}
Value concatenate_any(const Call& call) { return call.text(text_of(call, 0) + text_of(call, 1)); }

Value character_count(const Call& call) { return Value::of_integer(length_of(call.bytes(0))); }
Value byte_count(const Call& call) { return Value::of_integer(call[0].size); }
Value bit_count(const Call& call) { return Value::of_integer(std::int64_t{call[0].size} * 8); }

/// Letters of ASCII; others stay, as with PostgreSQL's "C" collation.
Value lower(const Call& call) { return call.text(to_lower(call.bytes(0))); }
Value upper(const Call& call) { return call.text(to_upper(call.bytes(0))); }
Value capitalize(const Call& call) {
  std::string text(call.bytes(0));
  bool in_word = false;
  for (char& c : text) {
    const bool is_small = c >= 'a' && c <= 'z';
    const bool is_large = c >= 'A' && c <= 'Z';
    const bool is_letter = is_small || is_large || (c >= '0' && c <= '9');
    if (is_small && !in_word) c = static_cast<char>(c - 'a' + 'A');
    if (is_large && in_word) c = static_cast<char>(c - 'A' + 'a');
    in_word = is_letter || (static_cast<unsigned char>(c) & 0x80) != 0;
  }
  return call.text(text);
}

/// Characters from `first` (from 1, may be before the text) on, `count` of them or all.
Value part_of(const Call& call, Bytes text, std::int64_t first, std::int64_t count,
              bool has_count) {
  std::int64_t end = 0;
  if (has_count) {
    if (count < 0)
      return call.fail(ErrorCode::SubstringInvalid, "negative substring length not allowed");
    if (__builtin_add_overflow(first, count, &end)) has_count = false;
  }
  const std::int64_t begin = std::max<std::int64_t>(first, 1);
  if (has_count && end <= begin) return Value::of_bytes("");
  Characters characters(text);
  characters.skip(begin - 1);
  const std::size_t from = characters.offset();
  if (!has_count) return Value::of_bytes(text.substr(std::min(from, text.size())));
  characters.skip(end - begin);
  return Value::of_bytes(text.substr(from, characters.offset() - from));
}
Value substring_from(const Call& call) {
  return part_of(call, call.bytes(0), call.integer(1), 0, false);
}
Value substring_for(const Call& call) {
  return part_of(call, call.bytes(0), call.integer(1), call.integer(2), true);
}
Value left(const Call& call) {
  const Bytes text = call.bytes(0);
  const std::int64_t count = call.integer(1) >= 0
                                 ? call.integer(1)
                                 : std::max<std::int64_t>(0, length_of(text) + call.integer(1));
  return part_of(call, text, 1, count, true);
}
Value right(const Call& call) {
  const Bytes text = call.bytes(0);
  const std::int64_t length = length_of(text);
  const std::int64_t skipped = call.integer(1) >= 0
                                   ? std::max<std::int64_t>(0, length - call.integer(1))
                                   : std::min(length, -call.integer(1));
  return part_of(call, text, skipped + 1, 0, false);
}
Value position(const Call& call) {
  const std::size_t found = call.bytes(0).find(call.bytes(1));
  if (found == Bytes::npos) return Value::of_integer(0);
  return Value::of_integer(length_of(call.bytes(0).substr(0, found)) + 1);
}
Value replace(const Call& call) {
  const Bytes from = call.bytes(1);
  if (from.empty()) return call[0];
  std::string out;
  Bytes rest = call.bytes(0);
  for (std::size_t at = rest.find(from); at != Bytes::npos; at = rest.find(from)) {
    out.append(rest.substr(0, at));
    out.append(call.bytes(2));
    if (out.size() > kTextBytesMax) return too_long(call);
    rest.remove_prefix(at + from.size());
  }
  out.append(rest);
  return call.text(out);
}
Value translate(const Call& call) {
  std::vector<Bytes> from;
  std::vector<Bytes> to;
  for (Characters each(call.bytes(1)); !each.at_end();) from.push_back(each.next());
  for (Characters each(call.bytes(2)); !each.at_end();) to.push_back(each.next());
  std::string out;
  for (Characters each(call.bytes(0)); !each.at_end();) {
    const Bytes character = each.next();
    const auto found = std::find(from.begin(), from.end(), character);
    const auto index = static_cast<std::size_t>(found - from.begin());
    if (found == from.end())
      out.append(character);
    else if (index < to.size())
      out.append(to[index]);
  }
  return call.text(out);
}
Value repeat(const Call& call) {
  const std::int64_t count = std::max<std::int64_t>(call.integer(1), 0);
  if (count > 0 && call[0].size > kTextBytesMax / static_cast<std::uint64_t>(count))
    return too_long(call);
  std::string out;
  for (std::int64_t i = 0; i < count; ++i) out.append(call.bytes(0));
  return call.text(out);
}
Value reverse(const Call& call) {
  std::vector<Bytes> characters;
  for (Characters each(call.bytes(0)); !each.at_end();) characters.push_back(each.next());
  std::string out;
  for (auto each = characters.rbegin(); each != characters.rend(); ++each) out.append(*each);
  return call.text(out);
}

enum class Side : std::uint8_t { Left, Right, Both };
template <Side kSide>
Value trim(const Call& call) {
  Bytes text = call.bytes(0);
  std::vector<Bytes> set;
  const Bytes wanted = call.values.size() > 1 ? call.bytes(1) : Bytes(" ");
  for (Characters each(wanted); !each.at_end();) set.push_back(each.next());
  const auto is_wanted = [&](Bytes c) { return std::find(set.begin(), set.end(), c) != set.end(); };
  if (kSide != Side::Right) {
    Characters each(text);
    std::size_t begin = 0;
    while (!each.at_end() && is_wanted(each.next())) begin = each.offset();
    text.remove_prefix(begin);
  }
  if (kSide != Side::Left) {
    while (!text.empty()) {
      std::size_t begin = text.size() - 1;
      while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
      if (!is_wanted(text.substr(begin))) break;
      text = text.substr(0, begin);
    }
  }
  return Value::of_bytes(text);
}
template <Side kSide>
Value pad(const Call& call) {
  const Bytes text = call.bytes(0);
  const std::int64_t wanted = std::max<std::int64_t>(call.integer(1), 0);
  const Bytes fill = call.values.size() > 2 ? call.bytes(2) : Bytes(" ");
  const std::int64_t length = length_of(text);
  if (wanted <= length || fill.empty())
    return part_of(call, text, 1, std::min(wanted, length), true);
  if (static_cast<std::uint64_t>(wanted) * 4 > kTextBytesMax) return too_long(call);
  std::string padding;
  Characters each(fill);
  for (std::int64_t missing = wanted - length; missing > 0; --missing) {
    if (each.at_end()) each = Characters(fill);
    padding.append(each.next());
  }
  return call.text(kSide == Side::Left ? padding + std::string(text) : std::string(text) + padding);
}
Value split_part(const Call& call) {
  std::int64_t wanted = call.integer(2);
  if (wanted == 0) return call.fail(ErrorCode::InvalidArgument, "field position must not be zero");
  const Bytes separator = call.bytes(1);
  const Bytes text = call.bytes(0);
  if (text.empty()) return Value::of_bytes("");
  if (separator.empty()) return wanted == 1 || wanted == -1 ? call[0] : Value::of_bytes("");
  std::vector<Bytes> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t at = text.find(separator, begin);
    parts.push_back(text.substr(begin, at == Bytes::npos ? at : at - begin));
    if (at == Bytes::npos) break;
    begin = at + separator.size();
  }
  const auto count = static_cast<std::int64_t>(parts.size());
  if (wanted < 0) wanted += count + 1;
  if (wanted < 1 || wanted > count) return Value::of_bytes("");
  return Value::of_bytes(parts[static_cast<std::size_t>(wanted - 1)]);
}
Value starts_with(const Call& call) {
  return Value::of_bool(call.bytes(0).starts_with(call.bytes(1)));
}
Value ascii(const Call& call) {
  const Bytes text = call.bytes(0);
  if (text.empty()) return Value::of_integer(0);
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return Value::of_integer(lead);
  const Bytes first = Characters(text).next();
  std::int64_t code = lead & (first.size() == 2 ? 0x1f : first.size() == 3 ? 0x0f : 0x07);
  for (std::size_t i = 1; i < first.size(); ++i)
    code = code * 64 + (static_cast<unsigned char>(first[i]) & 0x3f);
  return Value::of_integer(code);
}
void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (code >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | (code >> 18)));
    out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}
Value character(const Call& call) {
  const std::int64_t code = call.integer(0);
  if (code < 0) return call.fail(ErrorCode::LimitExceeded, "character number must be positive");
  if (code == 0) return call.fail(ErrorCode::LimitExceeded, "null character not permitted");
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    return call.fail(ErrorCode::LimitExceeded,
                     "requested character too large for encoding: " + std::to_string(code));
  }
  std::string out;
  append_utf8(out, static_cast<std::uint32_t>(code));
  return call.text(out);
}
Value to_hexadecimal(const Call& call) {
  const bool is_long = call.types.arguments[0] == oid::kInt8;
  auto bits = static_cast<std::uint64_t>(call.integer(0));
  if (!is_long) bits &= 0xffffffffu;
  std::string out;
  do {
    out.push_back("0123456789abcdef"[bits & 15]);
    bits >>= 4;
  } while (bits != 0);
  std::reverse(out.begin(), out.end());
  return call.text(out);
}
Value quote_literal(const Call& call) {
  std::string text = text_of(call, 0);
  std::string out;
  if (text.find('\\') != std::string::npos) out += "E";
  out.push_back('\'');
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back(c);
    out.push_back(c);
  }
  return call.text(out + "'");
}
Value quote_nullable(const Call& call) {
  return call[0].is_null ? call.text("NULL") : quote_literal(call);
}

template <bool kWanted, bool kIgnoreCase>
Value like(const Call& call) {
  LikePattern pattern(call.bytes(1), kIgnoreCase ? IgnoreCase::Yes : IgnoreCase::No);
  if (!pattern.is_valid()) {
    return call.fail(ErrorCode::EscapeInvalid, "LIKE pattern must not end with escape character");
  }
  return Value::of_bool(pattern.matches(call.bytes(0)) == kWanted);
}
/// Turns a pattern with another escape character into one with backslashes.
Value like_escape(const Call& call) {
  const Bytes escape = call.bytes(1);
  if (io::length_utf8(escape) > 1) {
    return call.fail(Error(ErrorCode::EscapeInvalid, "invalid escape string")
                         .with_hint("Escape string must be empty or one character."));
  }
  std::string out;
  for (Characters each(call.bytes(0)); !each.at_end();) {
    Bytes c = each.next();
    if (!escape.empty() && c == escape) {
      out.push_back('\\');
      if (!each.at_end()) out.append(each.next());
    } else {
      if (c == "\\") out.push_back('\\');
      out.append(c);
    }
  }
  return call.text(out);
}

// Casts.

Value text_of_bpchar(const Call& call) {
  Bytes text = call.bytes(0);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return Value::of_bytes(text);
}
Value name_of_text(const Call& call) { return Value::of_bytes(call.bytes(0).substr(0, 63)); }
Value text_of_bool(const Call& call) { return call.text(call[0].boolean() ? "true" : "false"); }

constexpr Oid kText = oid::kText;
constexpr Oid kInt4 = oid::kInt4;

const std::vector<Function>& rows() {
  static const std::vector<Function> kRows = {
      {"||", takes(kText, kText).gives(kText), kOperator, &concatenate, "'a' || 'b'", "ab"},
      {"||", takes(kText, oid::kAnyNonArray).gives(kText), kOperator | kStable, &concatenate_any,
       "'a' || 1", "a1"},
      {"||", takes(oid::kAnyNonArray, kText).gives(kText), kOperator | kStable, &concatenate_any,
       "1 || 'a'", "1a"},
      {"||", takes(oid::kBytea, oid::kBytea).gives(oid::kBytea), kOperator, &concatenate,
       "'a'::bytea || 'b'::bytea", "\\x6162"},
      {"~~", takes(kText, kText).gives(oid::kBool), kOperator, &like<true, false>, "'abc' ~~ 'a%'",
       "t"},
      {"!~~", takes(kText, kText).gives(oid::kBool), kOperator, &like<false, false>,
       "'abc' !~~ 'a%'", "f"},
      {"~~*", takes(kText, kText).gives(oid::kBool), kOperator, &like<true, true>, "'abc' ~~* 'A%'",
       "t"},
      {"!~~*", takes(kText, kText).gives(oid::kBool), kOperator, &like<false, true>,
       "'abc' !~~* 'A%'", "f"},
      {"^@", takes(kText, kText).gives(oid::kBool), kOperator, &starts_with, "'abc' ^@ 'ab'", "t"},
      {"ascii", takes(kText).gives(kInt4), 0, &ascii, "ascii('a')", "97"},
      {"bit_length", takes(kText).gives(kInt4), 0, &bit_count, "bit_length('abc')", "24"},
      {"bit_length", takes(oid::kBytea).gives(kInt4), 0, &bit_count, {}, {}},
      {"btrim", takes(kText).gives(kText), 0, &trim<Side::Both>, "btrim('  a ')", "a"},
      {"btrim", takes(kText, kText).gives(kText), 0, &trim<Side::Both>, "btrim('xyaxy', 'yx')",
       "a"},
      {"char_length", takes(kText).gives(kInt4), 0, &character_count, "char_length('abc')", "3"},
      {"character_length", takes(kText).gives(kInt4), 0, &character_count,
       "character_length('abc')", "3"},
      {"chr", takes(kInt4).gives(kText), 0, &character, "chr(97)", "a"},
      {"initcap", takes(kText).gives(kText), 0, &capitalize, "initcap('hi THOMAS')", "Hi Thomas"},
      {"left", takes(kText, kInt4).gives(kText), 0, &left, "left('abcde', 2)", "ab"},
      {"length", takes(kText).gives(kInt4), 0, &character_count, "length('abc')", "3"},
      {"length", takes(oid::kBytea).gives(kInt4), 0, &byte_count, "length('abc'::bytea)", "3"},
      {"like_escape", takes(kText, kText).gives(kText), 0, &like_escape, "like_escape('a#%', '#')",
       "a\\%"},
      {"lower", takes(kText).gives(kText), 0, &lower, "lower('ABC')", "abc"},
      {"lpad", takes(kText, kInt4).gives(kText), 0, &pad<Side::Left>, "lpad('a', 3)", "  a"},
      {"lpad", takes(kText, kInt4, kText).gives(kText), 0, &pad<Side::Left>, "lpad('hi', 5, 'xy')",
       "xyxhi"},
      {"ltrim", takes(kText).gives(kText), 0, &trim<Side::Left>, "ltrim('  a')", "a"},
      {"ltrim", takes(kText, kText).gives(kText), 0, &trim<Side::Left>, "ltrim('zzytest', 'xyz')",
       "test"},
      {"octet_length", takes(kText).gives(kInt4), 0, &byte_count, "octet_length('abc')", "3"},
      {"octet_length", takes(oid::kBytea).gives(kInt4), 0, &byte_count, {}, {}},
      {"position", takes(kText, kText).gives(kInt4), 0, &position, "position('b' in 'abc')", "2"},
      {"quote_literal", takes(kText).gives(kText), 0, &quote_literal, "quote_literal('a''b')",
       "'a''b'"},
      {"quote_literal", takes(oid::kAnyElement).gives(kText), kStable, &quote_literal,
       "quote_literal('O''Reilly'::text)", "'O''Reilly'"},
      {"quote_nullable", takes(kText).gives(kText), kTakesNull, &quote_nullable,
       "quote_nullable(null)", "NULL"},
      {"quote_nullable", takes(oid::kAnyElement).gives(kText), kTakesNull | kStable,
       &quote_nullable, "quote_nullable(null::text)", "NULL"},
      {"repeat", takes(kText, kInt4).gives(kText), 0, &repeat, "repeat('ab', 2)", "abab"},
      {"replace", takes(kText, kText, kText).gives(kText), 0, &replace,
       "replace('abcab', 'ab', 'x')", "xcx"},
      {"reverse", takes(kText).gives(kText), 0, &reverse, "reverse('abc')", "cba"},
      {"right", takes(kText, kInt4).gives(kText), 0, &right, "right('abcde', 2)", "de"},
      {"rpad", takes(kText, kInt4).gives(kText), 0, &pad<Side::Right>, "rpad('a', 3)", "a  "},
      {"rpad", takes(kText, kInt4, kText).gives(kText), 0, &pad<Side::Right>, "rpad('hi', 5, 'xy')",
       "hixyx"},
      {"rtrim", takes(kText).gives(kText), 0, &trim<Side::Right>, "rtrim('a  ')", "a"},
      {"rtrim", takes(kText, kText).gives(kText), 0, &trim<Side::Right>, "rtrim('testxxzx', 'xyz')",
       "test"},
      {"split_part", takes(kText, kText, kInt4).gives(kText), 0, &split_part,
       "split_part('a,b,c', ',', 2)", "b"},
      {"starts_with", takes(kText, kText).gives(oid::kBool), 0, &starts_with,
       "starts_with('abc', 'ab')", "t"},
      {"strpos", takes(kText, kText).gives(kInt4), 0, &position, "strpos('high', 'ig')", "2"},
      {"substr", takes(kText, kInt4).gives(kText), 0, &substring_from, "substr('alphabet', 3)",
       "phabet"},
      {"substr", takes(kText, kInt4, kInt4).gives(kText), 0, &substring_for,
       "substr('alphabet', 3, 2)", "ph"},
      {"substring", takes(kText, kInt4).gives(kText), 0, &substring_from,
       "substring('alphabet', 3)", "phabet"},
      {"substring", takes(kText, kInt4, kInt4).gives(kText), 0, &substring_for,
       "substring('alphabet' from 3 for 2)", "ph"},
      {"to_hex", takes(kInt4).gives(kText), 0, &to_hexadecimal, "to_hex(255)", "ff"},
      {"to_hex", takes(oid::kInt8).gives(kText), 0, &to_hexadecimal, "to_hex(-1::bigint)",
       "ffffffffffffffff"},
      {"translate", takes(kText, kText, kText).gives(kText), 0, &translate,
       "translate('12345', '143', 'ax')", "a2x5"},
      {"upper", takes(kText).gives(kText), 0, &upper, "upper('abc')", "ABC"},
  };
  return kRows;
}

}  // namespace

std::span<const Function> text_functions() { return rows(); }

std::span<const Cast> text_casts() {
  constexpr auto kImplicit = CastContext::Implicit;
  constexpr auto kAssignment = CastContext::Assignment;
  static const std::vector<Cast> kRows = {
      {oid::kVarchar, kText, kImplicit, CastMethod::Relabel, nullptr},
      {kText, oid::kVarchar, kImplicit, CastMethod::Relabel, nullptr},
      {oid::kBpchar, kText, kImplicit, CastMethod::Function, &text_of_bpchar},
      {oid::kBpchar, oid::kVarchar, kImplicit, CastMethod::Function, &text_of_bpchar},
      {kText, oid::kBpchar, kImplicit, CastMethod::Relabel, nullptr},
      {oid::kVarchar, oid::kBpchar, kImplicit, CastMethod::Relabel, nullptr},
      {oid::kName, kText, kImplicit, CastMethod::Relabel, nullptr},
      {oid::kName, oid::kVarchar, kAssignment, CastMethod::Relabel, nullptr},
      {kText, oid::kName, kImplicit, CastMethod::Function, &name_of_text},
      {oid::kVarchar, oid::kName, kImplicit, CastMethod::Function, &name_of_text},
      {oid::kChar, kText, kImplicit, CastMethod::Relabel, nullptr},
      {oid::kBool, kText, kAssignment, CastMethod::Function, &text_of_bool},
      {oid::kBool, oid::kVarchar, kAssignment, CastMethod::Function, &text_of_bool},
  };
  return kRows;
}

}  // namespace latchkey::sql
