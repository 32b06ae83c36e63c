#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace latchkey {

/// A run of bytes that somebody else owns. May hold zero bytes; never assumed to be text.
using Bytes = std::string_view;

/// Reads an unaligned integer. Bytes on disk are little-endian, and so is every machine we run on.
template <typename T>
inline T load(const void* from) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
inline void store(void* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

/// As memcpy, but `from` may be empty and then point nowhere.
inline void copy_bytes(void* to, Bytes from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

/// Big-endian forms compare bytewise as the numbers do.
inline std::uint64_t load_big64(const void* from) {
  return __builtin_bswap64(load<std::uint64_t>(from));
}
inline void store_big64(void* to, std::uint64_t value) { store(to, __builtin_bswap64(value)); }
inline std::uint32_t load_big32(const void* from) {
  return __builtin_bswap32(load<std::uint32_t>(from));
}
inline void store_big32(void* to, std::uint32_t value) { store(to, __builtin_bswap32(value)); }

}  // namespace latchkey
