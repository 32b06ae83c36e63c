#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "sql/functions/families.h"
#include "sql/types/io.h"

namespace latchkey::sql {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

unsigned char byte_at(Bytes bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

// encode and decode.

std::string base64_of(Bytes bytes) {
  constexpr std::size_t kLineLetters = 76;
  std::string out;
  std::size_t letters = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = (group << 8) | (j < count ? byte_at(bytes, i + j) : 0u);
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(j <= count ? kBase64Digits[(group >> (18 - 6 * j)) & 63] : '=');
    }
    letters += 4;
    // Also behind the last line, if it is full and nothing was padded.
    if (letters % kLineLetters == 0 && count == 3) out.push_back('\n');
  }
  return out;
}

Error damaged_base64() {
  return Error(ErrorCode::InvalidArgument, "invalid base64 end sequence")
      .with_hint("Input data is missing padding, is truncated, or is otherwise corrupted.");
}

Error bad_symbol(Bytes text, std::size_t at, const char* encoding) {
  std::size_t end = at + 1;
  while (end < text.size() && (byte_at(text, end) & 0xc0) == 0x80) ++end;
  return Error(ErrorCode::InvalidArgument, "invalid symbol \"" +
                                               std::string(text.substr(at, end - at)) +
                                               "\" found while decoding " + encoding + " sequence");
}

Result<std::string> bytes_of_base64(Bytes text) {
  std::string out;
  std::uint32_t group = 0;
  int letters = 0;
  int kept = 3;  // of the three bytes of a group
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    std::uint32_t digit = 0;
    if (c == '=') {
      if (kept == 3 && letters < 2) {
        return Error(ErrorCode::InvalidArgument, "unexpected \"=\" while decoding base64 sequence");
      }
      if (kept == 3) kept = letters - 1;
    } else {
      const char* const found = std::strchr(kBase64Digits, c);
      if (c == '\0' || found == nullptr) return bad_symbol(text, i, "base64");
      digit = static_cast<std::uint32_t>(found - kBase64Digits);
    }
    group = (group << 6) | digit;
    if (++letters < 4) continue;
    out.push_back(static_cast<char>(group >> 16));
    if (kept > 1) out.push_back(static_cast<char>(group >> 8));
    if (kept > 2) out.push_back(static_cast<char>(group));
    group = 0;
    letters = 0;
  }
  if (letters != 0) return damaged_base64();
  return out;
}

std::string hex_of(Bytes bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out.push_back(kHexDigits[byte_at(bytes, i) >> 4]);
    out.push_back(kHexDigits[byte_at(bytes, i) & 15]);
  }
  return out;
}

/// Zeros and bytes past ASCII as octal digits, backslashes twice.
std::string escape_of(Bytes bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned char c = byte_at(bytes, i);
    if (c == 0 || c >= 0x80) {
      out.push_back('\\');
      for (const int shift : {6, 3, 0}) out.push_back(static_cast<char>('0' + ((c >> shift) & 7)));
    } else {
      out.push_back(bytes[i]);
      if (c == '\\') out.push_back('\\');
    }
  }
  return out;
}

Value unknown_encoding(const Call& call, std::size_t index) {
  return call.fail(ErrorCode::InvalidArgument,
                   "unrecognized encoding: \"" + std::string(call.bytes(index)) + "\"");
}

Value encode(const Call& call) {
  const Bytes bytes = call.bytes(0);
  const std::string name = to_lower(call.bytes(1));
  if (name == "base64") return call.text(base64_of(bytes));
  if (name == "hex") return call.text(hex_of(bytes));
  if (name == "escape") return call.text(escape_of(bytes));
  return unknown_encoding(call, 1);
}

Value decode(const Call& call) {
  const Bytes text = call.bytes(0);
  const std::string name = to_lower(call.bytes(1));
  if (name == "base64") {
    Result<std::string> bytes = bytes_of_base64(text);
    return bytes.has_value() ? call.text(*bytes) : call.fail(std::move(bytes).error());
  }
  if (name == "hex") return call.take(io::parse_bytea("\\x" + std::string(text), call.arena()));
  if (name == "escape") {
    // What begins as hexadecimal does is plain text here.
    if (!text.starts_with("\\x")) return call.take(io::parse_bytea(text, call.arena()));
    return call.fail(ErrorCode::InvalidText, "invalid input syntax for type bytea");
  }
  return unknown_encoding(call, 1);
}

bool is_utf8(Bytes encoding) {
  const std::string name = to_lower(encoding);
  return name == "utf8" || name == "utf-8" || name == "unicode";
}
Value unsupported_encoding(const Call& call, std::size_t index, const char* which) {
  return call.fail(ErrorCode::InvalidArgument, std::string("invalid ") + which +
                                                   " encoding name \"" +
                                                   std::string(call.bytes(index)) + "\"");
}
Value convert_from(const Call& call) {
  if (!is_utf8(call.bytes(1))) return unsupported_encoding(call, 1, "source");
  Result<void> checked = io::check_utf8(call.bytes(0));
  return checked.has_value() ? call[0] : call.fail(std::move(checked).error());
}
Value convert_to(const Call& call) {
  return is_utf8(call.bytes(1)) ? call[0] : unsupported_encoding(call, 1, "destination");
}
Value length_in_encoding(const Call& call) {
  if (!is_utf8(call.bytes(1))) {
    return call.fail(ErrorCode::InvalidArgument,
                     "invalid encoding name \"" + std::string(call.bytes(1)) + "\"");
  }
  Result<void> checked = io::check_utf8(call.bytes(0));
  if (!checked.has_value()) return call.fail(std::move(checked).error());
  return Value::of_integer(static_cast<std::int64_t>(io::length_utf8(call.bytes(0))));
}

// Digests.

template <const EVP_MD* (*kDigest)()>
std::string digest_of(Bytes bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, kDigest(), nullptr);
  return done == 1 ? std::string(reinterpret_cast<const char*>(out.data()), size) : std::string();
}

template <const EVP_MD* (*kDigest)()>
Value digest(const Call& call) {
  const std::string bytes = digest_of<kDigest>(call.bytes(0));
  if (bytes.empty()) return call.fail(ErrorCode::Internal, "could not compute the hash");
  return call.text(bytes);
}
Value md5(const Call& call) {
  const std::string bytes = digest_of<&EVP_md5>(call.bytes(0));
  if (bytes.empty()) return call.fail(ErrorCode::Internal, "could not compute MD5 hash");
  return call.text(hex_of(bytes));
}

// Single bytes and bits. The first bit is the lowest of the first byte.

bool is_index(const Call& call, std::int64_t index, std::int64_t count) {
  if (index >= 0 && index < count) return true;
  call.fail(
      ErrorCode::SubscriptInvalid,
      "index " + std::to_string(index) + " out of valid range, 0.." + std::to_string(count - 1));
  return false;
}
std::int64_t bits_of(Bytes bytes) { return static_cast<std::int64_t>(bytes.size()) * 8; }

Value get_byte(const Call& call) {
  const Bytes bytes = call.bytes(0);
  if (!is_index(call, call.integer(1), static_cast<std::int64_t>(bytes.size())))
    return Value::null();
  return Value::of_integer(byte_at(bytes, static_cast<std::size_t>(call.integer(1))));
}
Value set_byte(const Call& call) {
  std::string bytes(call.bytes(0));
  if (!is_index(call, call.integer(1), static_cast<std::int64_t>(bytes.size())))
    return Value::null();
  bytes[static_cast<std::size_t>(call.integer(1))] = static_cast<char>(call.integer(2));
  return call.text(bytes);
}
Value get_bit(const Call& call) {
  const Bytes bytes = call.bytes(0);
  const std::int64_t index = call.integer(1);
  if (!is_index(call, index, bits_of(bytes))) return Value::null();
  return Value::of_integer(byte_at(bytes, static_cast<std::size_t>(index / 8)) >> (index % 8) & 1);
}
Value set_bit(const Call& call) {
  std::string bytes(call.bytes(0));
  const std::int64_t index = call.integer(1);
  if (!is_index(call, index, bits_of(bytes))) return Value::null();
  const std::int64_t bit = call.integer(2);
  if (bit != 0 && bit != 1) return call.fail(ErrorCode::InvalidArgument, "new bit must be 0 or 1");
  char& byte = bytes[static_cast<std::size_t>(index / 8)];
  const int mask = 1 << (index % 8);
  byte = static_cast<char>(bit == 1 ? byte | mask : byte & ~mask);
  return call.text(bytes);
}
Value bit_count(const Call& call) {
  std::int64_t count = 0;
  for (const char c : call.bytes(0)) count += __builtin_popcount(static_cast<unsigned char>(c));
  return Value::of_integer(count);
}

// Parts.

/// The part that begins at `first`, counted from 1 and maybe before the beginning.
Bytes part(Bytes bytes, std::int64_t first, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  const std::int64_t begin = std::clamp<std::int64_t>(first, 1, size + 1);
  const std::int64_t stop = std::clamp<std::int64_t>(end, begin, size + 1);
  return bytes.substr(static_cast<std::size_t>(begin - 1), static_cast<std::size_t>(stop - begin));
}
Value substring_from(const Call& call) {
  return Value::of_bytes(part(call.bytes(0), call.integer(1), INT64_MAX));
}
Value substring_for(const Call& call) {
  if (call.integer(2) < 0) {
    return call.fail(ErrorCode::SubstringInvalid, "negative substring length not allowed");
  }
  return Value::of_bytes(part(call.bytes(0), call.integer(1), call.integer(1) + call.integer(2)));
}
Value overlay(const Call& call) {
  const Bytes bytes = call.bytes(0);
  const std::int64_t first = call.integer(2);
  const std::int64_t length =
      call.values.size() > 3 ? call.integer(3) : static_cast<std::int64_t>(call[1].size);
  if (first <= 0) {
    return call.fail(ErrorCode::SubstringInvalid, "negative substring length not allowed");
  }
  if (first + length > INT32_MAX) {
    return call.fail(ErrorCode::NumberOverflow, "integer out of range");
  }
  return call.text(std::string(part(bytes, 1, first)) + std::string(call.bytes(1)) +
                   std::string(part(bytes, first + length, INT64_MAX)));
}
Value position(const Call& call) {
  const std::size_t found = call.bytes(0).find(call.bytes(1));
  return Value::of_integer(found == Bytes::npos ? 0 : static_cast<std::int64_t>(found) + 1);
}

enum class Side : std::uint8_t { Left, Right, Both };
template <Side kSide>
Value trim(const Call& call) {
  Bytes bytes = call.bytes(0);
  const Bytes set = call.bytes(1);
  if (kSide != Side::Right) {
    while (!bytes.empty() && set.find(bytes.front()) != Bytes::npos) bytes.remove_prefix(1);
  }
  if (kSide != Side::Left) {
    while (!bytes.empty() && set.find(bytes.back()) != Bytes::npos) bytes.remove_suffix(1);
  }
  return Value::of_bytes(bytes);
}

std::vector<Function> make_rows() {
  constexpr Oid kBytea = oid::kBytea;
  constexpr Oid kText = oid::kText;
  constexpr Oid kInt4 = oid::kInt4;
  constexpr Oid kInt8 = oid::kInt8;
  const Signature trimmed = takes(kBytea, kBytea).gives(kBytea);
  const Signature digested = takes(kBytea).gives(kBytea);
  return {
      {"encode", takes(kBytea, kText).gives(kText), 0, &encode, "encode('abc', 'base64')", "YWJj"},
      {"decode", takes(kText, kText).gives(kBytea), 0, &decode, "decode('YWJj', 'base64')",
       "\\x616263"},
      {"convert_from", takes(kBytea, oid::kName).gives(kText), kStable, &convert_from,
       "convert_from('abc', 'UTF8')", "abc"},
      {"convert_to", takes(kText, oid::kName).gives(kBytea), kStable, &convert_to,
       "convert_to('abc', 'UTF8')", "\\x616263"},
      {"length", takes(kBytea, oid::kName).gives(kInt4), kStable, &length_in_encoding,
       "length('abc'::bytea, 'UTF8')", "3"},
      {"md5", takes(kText).gives(kText), 0, &md5, "md5('abc')", "900150983cd24fb0d6963f7d28e17f72"},
      {"md5", takes(kBytea).gives(kText), 0, &md5, "md5('abc'::bytea)",
       "900150983cd24fb0d6963f7d28e17f72"},
      {"sha224", digested, 0, &digest<&EVP_sha224>, "length(sha224('abc'))", "28"},
      {"sha256", digested, 0, &digest<&EVP_sha256>, "encode(sha256('abc'), 'hex')",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"sha384", digested, 0, &digest<&EVP_sha384>, "length(sha384('abc'))", "48"},
      {"sha512", digested, 0, &digest<&EVP_sha512>, "length(sha512('abc'))", "64"},
      {"get_byte", takes(kBytea, kInt4).gives(kInt4), 0, &get_byte, "get_byte('abc', 1)", "98"},
      {"set_byte", takes(kBytea, kInt4, kInt4).gives(kBytea), 0, &set_byte,
       "set_byte('abc', 1, 65)", "\\x614163"},
      {"get_bit", takes(kBytea, kInt8).gives(kInt4), 0, &get_bit, "get_bit('abc', 0)", "1"},
      {"set_bit", takes(kBytea, kInt8, kInt4).gives(kBytea), 0, &set_bit, "set_bit('abc', 1, 1)",
       "\\x636263"},
      {"bit_count", takes(kBytea).gives(kInt8), 0, &bit_count, "bit_count('abc')", "10"},
      {"substring", takes(kBytea, kInt4).gives(kBytea), 0, &substring_from,
       "substring('abc'::bytea from 2)", "\\x6263"},
      {"substring", takes(kBytea, kInt4, kInt4).gives(kBytea), 0, &substring_for,
       "substring('abc'::bytea from 2 for 1)", "\\x62"},
      {"substr", takes(kBytea, kInt4).gives(kBytea), 0, &substring_from, "substr('abc'::bytea, 2)",
       "\\x6263"},
      {"substr", takes(kBytea, kInt4, kInt4).gives(kBytea), 0, &substring_for,
       "substr('abc'::bytea, 2, 1)", "\\x62"},
      {"overlay", takes(kBytea, kBytea, kInt4).gives(kBytea), 0, &overlay,
       "overlay('abc'::bytea placing 'X' from 2)", "\\x615863"},
      {"overlay", takes(kBytea, kBytea, kInt4, kInt4).gives(kBytea), 0, &overlay,
       "overlay('abc'::bytea placing 'X' from 2 for 2)", "\\x6158"},
      {"position", takes(kBytea, kBytea).gives(kInt4), 0, &position,
       "position('c'::bytea in 'abc'::bytea)", "3"},
      {"btrim", trimmed, 0, &trim<Side::Both>, "btrim('abca'::bytea, 'a')", "\\x6263"},
      {"ltrim", trimmed, 0, &trim<Side::Left>, "ltrim('abca'::bytea, 'a')", "\\x626361"},
      {"rtrim", trimmed, 0, &trim<Side::Right>, "rtrim('abca'::bytea, 'a')", "\\x616263"},
  };
}

}  // namespace

std::span<const Function> binary_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
