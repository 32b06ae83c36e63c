#include "doors/resp/request_parser.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/numbers.h"
#include "base/text.h"

namespace latchkey::resp {

namespace {

/// Reads digits up to "\r\n". Returns the place after them, or null for all but a short, plain,
/// whole number: the careful parser then says what it is.
inline const char* read_count(const char* at, const char* end, std::size_t& count) {
  std::size_t value = 0;
  const char* const begin = at;
  while (at < end && static_cast<unsigned char>(*at - '0') < 10)
    value = value * 10 + static_cast<std::size_t>(*at++ - '0');
  const auto digits = at - begin;
  if (digits == 0 || digits > 9 || (digits > 1 && *begin == '0')) return nullptr;
  if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return nullptr;
  count = value;
  return at + 2;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = to_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

/// Takes the rest of a word that a double quote has opened. Returns the place after the closing
/// quote, or npos.
std::size_t take_double_quoted(Bytes line, std::size_t at, std::string& text) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == '"') return at + 1;
    if (c == '\\' && at + 3 < line.size() && line[at + 1] == 'x' && hex_value(line[at + 2]) >= 0 &&
        hex_value(line[at + 3]) >= 0) {
      text.push_back(static_cast<char>(hex_value(line[at + 2]) * 16 + hex_value(line[at + 3])));
      at += 4;
    } else if (c == '\\' && at + 1 < line.size()) {
      text.push_back(unescape(line[at + 1]));
      at += 2;
    } else {
      text.push_back(c);
      ++at;
    }
  }
  return Bytes::npos;
}

std::size_t take_single_quoted(Bytes line, std::size_t at, std::string& text) {
  while (at < line.size()) {
    if (line[at] == '\'') return at + 1;
    if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '\'') ++at;
    text.push_back(line[at++]);
  }
  return Bytes::npos;
}

/// The first word of a request that a browser or a proxy sends; Redis closes on the first two.
bool is_http_line(Bytes line) {
  const std::size_t word_end = std::min(line.find(' '), line.size());
  const Bytes word = line.substr(0, word_end);
  if (equals_ignore_case(word, "POST") || equals_ignore_case(word, "Host:")) return true;
  const std::size_t last_blank = line.rfind(' ');
  return last_blank != Bytes::npos && line.substr(last_blank + 1).starts_with("HTTP/");
}

/// A PostgreSQL client begins with a length and one of these codes, big-endian.
bool is_postgres_start(Bytes input) {
  constexpr std::uint32_t kProtocol3 = 3u << 16;
  constexpr std::uint32_t kCancelToGssRequest = 1234u << 16;  // and 5678 to 5680 below
  if (input.size() < 8 || load_big32(input.data()) > 10'000) return false;
  const std::uint32_t code = load_big32(input.data() + 4);
  return (code & 0xffff0000u) == kProtocol3 || (code & 0xffff0000u) == kCancelToGssRequest;
}

}  // namespace

std::size_t RequestParser::parse_whole(Bytes input, const RequestLimits& limits,
                                       std::vector<Bytes>& arguments) {
  const char* at = input.data();
  const char* const end = at + input.size();
  if (input.size() < 4 || *at != '*') return 0;
  std::size_t count;
  at = read_count(at + 1, end, count);
  if (at == nullptr || count == 0 || count > limits.arguments_max) return 0;
  // A request of this many arguments is at least so long: no room is made for what has not come.
  if (static_cast<std::size_t>(end - at) / 5 < count) return 0;
  const std::size_t first = arguments.size();
  arguments.resize(first + count);
  for (Bytes* argument = arguments.data() + first; count > 0; --count, ++argument) {
    std::size_t size;
    if (at >= end || *at != '$' || (at = read_count(at + 1, end, size)) == nullptr ||
        size > limits.argument_bytes_max || static_cast<std::size_t>(end - at) < size + 2) {
      arguments.resize(first);
      return 0;
    }
    *argument = Bytes(at, size);
    at += size + 2;
  }
  return static_cast<std::size_t>(at - input.data());
}

RequestParser::Outcome RequestParser::parse(Bytes input, const RequestLimits& limits,
                                            std::vector<Bytes>& arguments) {
  if (input.empty()) return Outcome::Incomplete;
  wanted_ = 0;
  if (input[0] == '*') return parse_multibulk(input, limits, arguments);
  if (input[0] == '\x16') {
    if (input.size() == 1) return Outcome::Incomplete;
    if (input[1] == '\x03') return other_protocol("TLS");
  }
  if (input[0] == '\0') {
    if (input.size() < 8) return Outcome::Incomplete;
    if (is_postgres_start(input)) return other_protocol("PostgreSQL");
  }
  return parse_inline(input, arguments);
}

RequestParser::Outcome RequestParser::parse_multibulk(Bytes input, const RequestLimits& limits,
                                                      std::vector<Bytes>& arguments) {
  if (arguments_left_ < 0) {
    if (const Outcome outcome = parse_count(input, limits); outcome != Outcome::Request)
      return outcome;
    if (arguments_left_ == 0) return Outcome::Request;
  }
  while (arguments_left_ > 0) {
    if (bulk_bytes_ < 0) {
      if (const Outcome outcome = parse_bulk_header(input, limits); outcome != Outcome::Request)
        return outcome;
    }
    const auto size = static_cast<std::size_t>(bulk_bytes_);
    if (input.size() - position_ < size + 2) {
      wanted_ = position_ + size + 2;
      return Outcome::Incomplete;
    }
    slices_.push_back({static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(size)});
    position_ += size + 2;
    bulk_bytes_ = -1;
    --arguments_left_;
  }
  for (const Slice& slice : slices_) arguments.push_back(input.substr(slice.offset, slice.size));
  return Outcome::Request;
}

RequestParser::Outcome RequestParser::parse_count(Bytes input, const RequestLimits& limits) {
  position_ = 0;
  if (const Outcome outcome = need_line(input, "too big mbulk count string");
      outcome != Outcome::Request)
    return outcome;
  const auto count = parse_int64(input.substr(1, line_searched_ - 1));
  if (!count.has_value() || *count > static_cast<std::int64_t>(RequestLimits::kArgumentsMax)) {
    return invalid("Protocol error: invalid multibulk length");
  }
  if (*count > static_cast<std::int64_t>(limits.arguments_max)) {
    return invalid("Protocol error: unauthenticated multibulk length");
  }
  position_ = line_searched_ + 2;
  line_searched_ = position_;
  arguments_left_ = std::max<std::int64_t>(*count, 0);
  return Outcome::Request;
}

RequestParser::Outcome RequestParser::parse_bulk_header(Bytes input, const RequestLimits& limits) {
  if (const Outcome outcome = need_line(input, "too big bulk count string");
      outcome != Outcome::Request)
    return outcome;
  if (input[position_] != '$') {
    return invalid(std::string("Protocol error: expected '$', got '") + input[position_] + "'");
  }
  const auto size = parse_int64(input.substr(position_ + 1, line_searched_ - position_ - 1));
  const std::size_t bytes_max =
      limits.authenticated ? limits.argument_bytes_max : RequestLimits::kArgumentBytesMax;
  if (!size.has_value() || *size < 0 || *size > static_cast<std::int64_t>(bytes_max)) {
    return invalid("Protocol error: invalid bulk length");
  }
  if (!limits.authenticated && *size > static_cast<std::int64_t>(limits.argument_bytes_max)) {
    return invalid("Protocol error: unauthenticated bulk length");
  }
  position_ = line_searched_ + 2;
  line_searched_ = position_;
  bulk_bytes_ = *size;
  return Outcome::Request;
}

/// Leaves line_searched_ at the '\r' of a line from position_ whose end has come.
RequestParser::Outcome RequestParser::need_line(Bytes input, const char* error_text) {
  const std::size_t from = std::max(line_searched_, position_);
  const void* found =
      input.size() > from ? std::memchr(input.data() + from, '\r', input.size() - from) : nullptr;
  if (found == nullptr) {
    line_searched_ = input.size();
    if (input.size() - position_ > kLineBytesMax)
      return invalid(std::string("Protocol error: ") + error_text);
    return Outcome::Incomplete;
  }
  line_searched_ = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
  return line_searched_ + 2 <= input.size() ? Outcome::Request : Outcome::Incomplete;
}

RequestParser::Outcome RequestParser::parse_inline(Bytes input, std::vector<Bytes>& arguments) {
  const std::size_t newline = input.find('\n', line_searched_);
  if (newline == Bytes::npos) {
    line_searched_ = input.size();
    if (input.size() > kLineBytesMax) return invalid("Protocol error: too big inline request");
    return Outcome::Incomplete;
  }
  position_ = newline + 1;
  Bytes line = input.substr(0, newline);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (is_http_line(line)) return other_protocol("HTTP");
  inline_text_.clear();
  std::vector<std::size_t> sizes;
  if (!split_inline(line, inline_text_, sizes))
    return invalid("Protocol error: unbalanced quotes in request");
  std::size_t offset = 0;
  for (const std::size_t size : sizes) {
    arguments.push_back(Bytes(inline_text_).substr(offset, size));
    offset += size;
  }
  return Outcome::Request;
}

RequestParser::Outcome RequestParser::invalid(std::string text) {
  error_ = std::move(text);
  return Outcome::Invalid;
}

RequestParser::Outcome RequestParser::other_protocol(const char* name) {
  error_ = name;
  return Outcome::OtherProtocol;
}

void RequestParser::reset() {
  constexpr std::size_t kSlicesKept = 64;
  constexpr std::size_t kTextKept = 256;
  position_ = line_searched_ = wanted_ = 0;
  arguments_left_ = bulk_bytes_ = -1;
  slices_.clear();
  if (slices_.capacity() > kSlicesKept) slices_.shrink_to_fit();
  if (inline_text_.capacity() > kTextKept) std::string().swap(inline_text_);
}

bool split_inline(Bytes line, std::string& text, std::vector<std::size_t>& sizes) {
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && is_blank(line[at])) ++at;
    // Redis works on C strings, so a zero byte ends the line.
    if (at >= line.size() || line[at] == '\0') return true;
    const std::size_t began = text.size();
    while (at < line.size() && !is_blank(line[at]) && line[at] != '\0') {
      const char c = line[at];
      if (c != '"' && c != '\'') {
        text.push_back(c);
        ++at;
        continue;
      }
      at = c == '"' ? take_double_quoted(line, at + 1, text)
                    : take_single_quoted(line, at + 1, text);
      if (at == Bytes::npos) return false;
      if (at < line.size() && !is_blank(line[at]) && line[at] != '\0') return false;
    }
    sizes.push_back(text.size() - began);
  }
}

}  // namespace latchkey::resp
