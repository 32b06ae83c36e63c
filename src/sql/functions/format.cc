#include <algorithm>
#include <optional>

#include "base/text.h"
#include "sql/functions/families.h"
#include "sql/functions/variadic.h"
#include "sql/parse/deparse.h"
#include "sql/types/io.h"

namespace latchkey::sql {

namespace {

std::string quoted_literal(Bytes text) {
  std::string out = text.find('\\') == Bytes::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back(c);
    out.push_back(c);
  }
  return out + "'";
}

// format().

/// Reads "%[position$][-][width]type" one after another.
///
/// Source: PostgreSQL 15, 9.4.1.
class Formatter {
 public:
  explicit Formatter(const Call& call) : call_(call), text_(call.bytes(0)), arguments_(call, 1) {}

  Value run() {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '%') {
        out_.push_back(c);
      } else if (!take_specifier()) {
        return Value::null();
      }
    }
    return call_.text(out_);
  }

 private:
  bool fail(Error error) {
    (void)call_.fail(std::move(error));
    return false;
  }
  bool fail(ErrorCode code, const char* message) { return fail(Error(code, message)); }
  bool unterminated() {
    return fail(Error(ErrorCode::InvalidArgument, "unterminated format() type specifier")
                    .with_hint("For a single \"%\" use \"%%\"."));
  }
  bool at_end() const { return at_ >= text_.size(); }

  bool take_specifier() {
    if (at_end()) return unterminated();
    if (text_[at_] == '%') {
      out_.push_back(text_[at_++]);
      return true;
    }
    std::optional<std::int64_t> position;
    std::int64_t width = 0;
    bool is_left = false;
    if (!take_position(position) || !take_width(position, width, is_left)) return false;
    if (at_end()) return unterminated();
    const char type = text_[at_];
    if (type != 's' && type != 'I' && type != 'L') {
      std::size_t end = at_ + 1;
      while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80) ++end;
      return fail(Error(ErrorCode::InvalidArgument, "unrecognized format() type specifier \"" +
                                                        std::string(text_.substr(at_, end - at_)) +
                                                        "\"")
                      .with_hint("For a single \"%\" use \"%%\"."));
    }
    ++at_;
    std::size_t index = 0;
    if (!find_argument(position, index)) return false;
    std::string piece;
    if (!make_piece(type, index, piece)) return false;
    append(piece, width, is_left || width < 0);
    return true;
  }

  /// Digits at this place; false if there are none or too many.
  bool take_number(std::int64_t& number) {
    const std::size_t begin = at_;
    number = 0;
    for (; !at_end() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      number = number * 10 + (text_[at_] - '0');
      if (number > INT32_MAX) {
        return fail(ErrorCode::NumberOverflow, "number is out of range");
      }
    }
    return at_ > begin;
  }

  bool take_position(std::optional<std::int64_t>& position) {
    const std::size_t begin = at_;
    std::int64_t number = 0;
    if (take_number(number) && !at_end() && text_[at_] == '$') {
      ++at_;
      if (number == 0) return zero_argument();
      position = number;
      return true;
    }
    if (call_.evaluation.failed()) return false;
    if (at_end() && at_ > begin) return unterminated();
    // Those digits were a width.
    at_ = begin;
    return true;
  }
  bool zero_argument() {
    return fail(ErrorCode::InvalidArgument,
                "format specifies argument 0, but arguments are numbered from 1");
  }

  bool take_width(std::optional<std::int64_t> position, std::int64_t& width, bool& is_left) {
    (void)position;
    while (!at_end() && text_[at_] == '-') {
      is_left = true;
      ++at_;
    }
    if (at_end()) return unterminated();
    if (text_[at_] != '*') {
      (void)take_number(width);
      return !call_.evaluation.failed();
    }
    ++at_;
    std::optional<std::int64_t> from;
    const std::size_t begin = at_;
    std::int64_t number = 0;
    if (take_number(number)) {
      if (at_end()) return unterminated();
      if (text_[at_] != '$') {
        return fail(ErrorCode::InvalidArgument, "width argument position must be ended by \"$\"");
      }
      ++at_;
      if (number == 0) return zero_argument();
      from = number;
    } else {
      at_ = begin;
    }
    std::size_t index = 0;
    if (!find_argument(from, index)) return false;
    if (arguments_.values[index].is_null) return true;
    Result<std::int64_t> value =
        io::parse_integer(oid::kInt4, arguments_.text(index, call_.settings()));
    if (!value.has_value()) return fail(std::move(value).error());
    width = *value;
    return true;
  }

  bool find_argument(std::optional<std::int64_t> position, std::size_t& index) {
    if (position) next_ = static_cast<std::size_t>(*position - 1);
    index = next_++;
    if (index < arguments_.values.size()) return true;
    return fail(ErrorCode::InvalidArgument, "too few arguments for format()");
  }

  bool make_piece(char type, std::size_t index, std::string& piece) {
    if (arguments_.values[index].is_null) {
      if (type == 'I') {
        return fail(ErrorCode::NullNotAllowed,
                    "null values cannot be formatted as an SQL identifier");
      }
      if (type == 'L') piece = "NULL";
      return true;
    }
    piece = arguments_.text(index, call_.settings());
    if (type == 'I') piece = parse::quoted_name(piece);
    if (type == 'L') piece = quoted_literal(piece);
    return true;
  }

  void append(const std::string& piece, std::int64_t width, bool is_left) {
    const auto length = static_cast<std::int64_t>(io::length_utf8(piece));
    const std::int64_t missing = std::max<std::int64_t>(0, std::abs(width) - length);
    constexpr std::int64_t kTextBytesMax = std::int64_t{1} << 29;
    if (missing > kTextBytesMax - static_cast<std::int64_t>(out_.size())) {
      fail(ErrorCode::LimitExceeded, "requested length too large");
      return;
    }
    if (!is_left) out_.append(static_cast<std::size_t>(missing), ' ');
    out_ += piece;
    if (is_left) out_.append(static_cast<std::size_t>(missing), ' ');
  }

  const Call& call_;
  const Bytes text_;
  const VariadicArguments arguments_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  std::string out_;
};

Value format(const Call& call) {
  if (call[0].is_null) return Value::null();
  return Formatter(call).run();
}
Value format_alone(const Call& call) { return Formatter(call).run(); }

// Joining.

Value concat(const Call& call) {
  const VariadicArguments arguments(call, 0);
  if (arguments.is_null) return Value::null();
  std::string out;
  for (std::size_t i = 0; i < arguments.values.size(); ++i) {
    if (!arguments.values[i].is_null) out += arguments.text(i, call.settings());
  }
  return call.text(out);
}
Value concat_with(const Call& call) {
  if (call[0].is_null) return Value::null();
  const VariadicArguments arguments(call, 1);
  if (arguments.is_null) return Value::null();
  std::string out;
  bool is_first = true;
  for (std::size_t i = 0; i < arguments.values.size(); ++i) {
    if (arguments.values[i].is_null) continue;
    if (!is_first) out += call.bytes(0);
    is_first = false;
    out += arguments.text(i, call.settings());
  }
  return call.text(out);
}

template <bool kNulls>
Value count_nulls(const Call& call) {
  const VariadicArguments arguments(call, 0);
  if (arguments.is_null) return Value::null();
  const auto count = std::count_if(arguments.values.begin(), arguments.values.end(),
                                   [](const Value& value) { return value.is_null == kNulls; });
  return Value::of_integer(count);
}

// Names.

Value quote_ident(const Call& call) { return call.text(parse::quoted_name(call.bytes(0))); }

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9') || c == '$'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Error not_a_name(Bytes text, const char* detail) {
  Error error(ErrorCode::InvalidArgument,
              "string is not a valid identifier: \"" + std::string(text) + "\"");
  return detail == nullptr ? std::move(error) : std::move(error).with_detail(detail);
}

/// "a.b" as an array of its names, in lower case where no quotes stand around them.
Value parse_ident(const Call& call) {
  const Bytes text = call.bytes(0);
  const bool is_strict = call.values.size() < 2 || call[1].boolean();
  ArrayWriter names(oid::kText);
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && is_blank(text[at])) ++at;
  };
  for (bool after_dot = false;;) {
    skip_blanks();
    std::string name;
    if (at < text.size() && text[at] == '"') {
      for (++at;; ++at) {
        if (at >= text.size()) {
          return call.fail(not_a_name(text, "String has unclosed double quotes."));
        }
        if (text[at] == '"') {
          if (at + 1 >= text.size() || text[at + 1] != '"') break;
          ++at;
        }
        name.push_back(text[at]);
      }
      ++at;
      if (name.empty()) {
        return call.fail(not_a_name(text, "Quoted identifier must not be empty."));
      }
    } else if (at < text.size() && begins_name(text[at])) {
      const std::size_t begin = at;
      while (at < text.size() && continues_name(text[at])) ++at;
      name = to_lower(text.substr(begin, at - begin));
    } else if (after_dot) {
      return call.fail(not_a_name(text, "No valid identifier after \".\"."));
    } else {
      const bool at_dot = at < text.size() && text[at] == '.';
      return call.fail(not_a_name(text, at_dot ? "No valid identifier before \".\"." : nullptr));
    }
    names.add(call.text(name));
    skip_blanks();
    if (at >= text.size()) break;
    if (text[at] != '.') {
      if (is_strict) return call.fail(not_a_name(text, nullptr));
      break;
    }
    ++at;
    after_dot = true;
  }
  return names.finish(call.arena());
}

// Parts of texts.

Value overlay(const Call& call) {
  const Bytes text = call.bytes(0);
  const std::int64_t first = call.integer(2);
  const std::int64_t length = call.values.size() > 3
                                  ? call.integer(3)
                                  : static_cast<std::int64_t>(io::length_utf8(call.bytes(1)));
  if (first <= 0) {
    return call.fail(ErrorCode::SubstringInvalid, "negative substring length not allowed");
  }
  if (first + length > INT32_MAX) {
    return call.fail(ErrorCode::NumberOverflow, "integer out of range");
  }
  const auto byte_of = [&](std::int64_t number) {
    std::size_t at = 0;
    for (std::int64_t count = 0; at < text.size(); ++at) {
      const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
      if (begins && ++count >= number) break;
    }
    return at;
  };
  return call.text(std::string(text.substr(0, byte_of(first))) + std::string(call.bytes(1)) +
                   std::string(text.substr(byte_of(first + length))));
}

std::vector<Function> make_rows() {
  constexpr Oid kText = oid::kText;
  constexpr Oid kInt4 = oid::kInt4;
  constexpr std::uint32_t kMany = kTakesNull | kVariadic;
  return {
      {"concat", takes(oid::kAny).gives(kText), kMany | kStable, &concat, "concat('a', null, 1)",
       "a1"},
      {"concat_ws", takes(kText, oid::kAny).gives(kText), kMany | kStable, &concat_with,
       "concat_ws(',', 'a', null, 1)", "a,1"},
      {"format", takes(kText).gives(kText), kStable, &format_alone, "format('100%%')", "100%"},
      {"format", takes(kText, oid::kAny).gives(kText), kMany | kStable, &format,
       "format('%I = %L, %5s|', 'a b', 'it''s', 7)", "\"a b\" = 'it''s',     7|"},
      {"num_nonnulls", takes(oid::kAny).gives(kInt4), kMany, &count_nulls<false>,
       "num_nonnulls(1, null, 2)", "2"},
      {"num_nulls", takes(oid::kAny).gives(kInt4), kMany, &count_nulls<true>,
       "num_nulls(1, null, 2)", "1"},
      {"overlay", takes(kText, kText, kInt4).gives(kText), 0, &overlay,
       "overlay('Txxxxas' placing 'hom' from 2)", "Thomxas"},
      {"overlay", takes(kText, kText, kInt4, kInt4).gives(kText), 0, &overlay,
       "overlay('Txxxxas' placing 'hom' from 2 for 4)", "Thomas"},
      {"parse_ident", takes(kText).gives(oid::kTextArray), 0, &parse_ident,
       "parse_ident('A.\"B c\"')", "{a,\"B c\"}"},
      {"parse_ident", takes(kText, oid::kBool).gives(oid::kTextArray), 0, &parse_ident,
       "parse_ident('a b', false)", "{a}"},
      {"quote_ident", takes(kText).gives(kText), 0, &quote_ident, "quote_ident('Foo bar')",
       "\"Foo bar\""},
  };
}

}  // namespace

std::span<const Function> format_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
