#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "storage/types.h"

/// Whole numbers in as few bytes as they need: seven bits a byte, low bits first, the top bit set
/// on all but the last. Used by the log's records and the checkpoint files.
namespace latchkey::storage::tree {

inline constexpr std::size_t kVarintBytesMax = 10;

constexpr std::size_t varint_bytes(std::uint64_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

inline char* put_varint(char* to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

/// Moves `at` past the number. False, with `at` anywhere up to `end`, when the bytes end before it
/// does, it does not fit 64 bits, or it has a shorter form (so that each number has one form only).
inline bool take_varint(const char*& at, const char* end, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; at < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    if (shift == 63 && byte > 1) return false;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return byte != 0 || shift == 0;
  }
  return false;
}

/// Small negative numbers as small as small positive ones.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

/// A varint length and as many bytes. The length is held against what is there.
inline bool take_bytes(const char*& at, const char* end, Bytes& bytes) {
  std::uint64_t length;
  if (!take_varint(at, end, length) || length > static_cast<std::uint64_t>(end - at)) return false;
  bytes = Bytes(at, length);
  at += length;
  return true;
}

inline char* put_bytes(char* to, Bytes bytes) {
  to = put_varint(to, bytes.size());
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}
constexpr std::uint64_t bytes_bytes(Bytes bytes) {
  return varint_bytes(bytes.size()) + bytes.size();
}

inline constexpr unsigned kCountedFlag = 1;
inline constexpr unsigned kHashedFlag = 2;
inline constexpr unsigned kLoggedFlag = 4;
inline constexpr unsigned kTreeFlagsMax = 7;

/// Tree options as one byte: counted 1, hashed 2, logged 4. Shared by log and checkpoint.
constexpr unsigned char tree_flags(const TreeOptions& options) {
  return static_cast<unsigned char>((options.counted ? kCountedFlag : 0) |
                                    (options.hashed ? kHashedFlag : 0) |
                                    (options.logged ? kLoggedFlag : 0));
}
/// False for bits that mean nothing.
constexpr bool take_tree_flags(unsigned char flags, TreeOptions& options) {
  if (flags > kTreeFlagsMax) return false;
  options.counted = (flags & kCountedFlag) != 0;
  options.hashed = (flags & kHashedFlag) != 0;
  options.logged = (flags & kLoggedFlag) != 0;
  return true;
}

}  // namespace latchkey::storage::tree
