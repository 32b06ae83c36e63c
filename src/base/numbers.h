#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace latchkey {

/// Numbers as clients write and read them: the rules of Redis 7.2, byte for byte, because keys
/// written by one client are compared as text by another.
///
/// Threads: any; nothing here depends on the locale or allocates, except where std::string is
/// named.

/// The longest text of an int64 and of a double, without a terminating zero.
inline constexpr std::size_t kInt64TextMax = 20;
inline constexpr std::size_t kDoubleTextMax = 32;

/// The number if `text` is its canonical form: an optional '-', no '+', no leading zeros, no "-0",
/// no spaces, within range. So format_int64 gives back exactly `text`.
std::optional<std::int64_t> parse_int64(Bytes text);

/// The same without a sign, to 2^64 - 1.
std::optional<std::uint64_t> parse_uint64(Bytes text);

/// Whether parse_int64 would succeed: such a value may be kept as an integer.
inline bool is_canonical_int64(Bytes text) { return parse_int64(text).has_value(); }

/// A whole decimal or hexadecimal number, or inf, infinity (any case, signed). Nothing for NaN,
/// spaces, an empty text, and numbers that are too large or too near zero for a double.
std::optional<double> parse_double(Bytes text);

/// The same in the machine's widest format, which INCRBYFLOAT and HINCRBYFLOAT compute in.
std::optional<long double> parse_long_double(Bytes text);

/// Writes the canonical form and returns its end.
/// Requires: room for kInt64TextMax bytes at `out`.
char* format_int64(char* out, std::int64_t value);
void append_int64(std::string& out, std::int64_t value);
void append_uint64(std::string& out, std::uint64_t value);

/// Writes the shortest text that parse_double turns back into `value`, and returns its end.
/// Integers up to 2^62 have no exponent (1e+15 is 1000000000000000); infinities are inf and -inf.
/// Redis 7.0 writes seventeen digits instead (0.10000000000000001 for 0.1); 7.2 and we do not.
/// Requires: room for kDoubleTextMax bytes at `out`.
char* format_double(char* out, double value);
void append_double(std::string& out, double value);

/// A sum as INCRBYFLOAT shows it: never an exponent, at most 17 digits after the point, no
/// trailing zeros, never "-0".
void append_long_double_human(std::string& out, long double value);
inline std::string format_long_double_human(long double value) {
  std::string text;
  append_long_double_human(text, value);
  return text;
}

}  // namespace latchkey
