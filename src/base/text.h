#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace latchkey {

/// Small work on words that people write: settings, command names, log lines.
///
/// Threads: any. Only the letters of ASCII have a case here, whatever the locale.

inline char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
inline char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}
std::string to_lower(Bytes text);
std::string to_upper(Bytes text);
bool equals_ignore_case(Bytes left, Bytes right);

/// How many letters must be added, removed, replaced or swapped with their neighbour to turn one
/// word into the other. Only the first 64 bytes of each are looked at.
std::size_t edit_distance(Bytes left, Bytes right);

/// The candidate that `word` was most probably meant to be, in any case of letters; nothing if none
/// is near enough to be worth suggesting.
std::optional<std::string_view> nearest_word(Bytes word,
                                             std::span<const std::string_view> candidates);

/// Bytes from "1024", "64kb", "512mb", "1g" or "2.5gb"; in any case. As in Redis, k, m, g and t are
/// powers of 1000 and kb, mb, gb and tb powers of 1024 (as are kib, mib, gib, tib). "75%" is that
/// part of `whole`. Nothing if the text is no size, is past 2^63, or is a percentage (0 to 100) and
/// `whole` is 0.
std::optional<std::uint64_t> parse_size(Bytes text, std::uint64_t whole = 0);

/// Milliseconds from "100ms", "1s", "5m", "1h", "2d" or "1w"; 0 needs no unit.
/// Nothing if the text is no duration or is past 2^63.
std::optional<std::int64_t> parse_duration_ms(Bytes text);

/// `bytes` made safe for a line of the log: what is not printable ASCII becomes \xNN, a backslash
/// is doubled, and what is past `bytes_max` is cut and counted: "abc...(12 more bytes)".
std::string escape_for_log(Bytes bytes, std::size_t bytes_max = 256);

}  // namespace latchkey
