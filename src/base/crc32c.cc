#include "base/crc32c.h"

#include <array>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#define LK_CRC32C_TARGET __attribute__((target("sse4.2")))
#endif

namespace latchkey {

namespace {

constexpr std::uint32_t kPolynomialReflected = 0x82f63b78;

/// tables[k][b]: what byte b contributes when k more bytes follow it in the same step of eight.
using SliceTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr SliceTables make_slice_tables() {
  SliceTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) state = state >> 1 ^ (state & 1 ? kPolynomialReflected : 0);
    tables[0][byte] = state;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t shorter = tables[k - 1][byte];
      tables[k][byte] = shorter >> 8 ^ tables[0][shorter & 0xff];
    }
  }
  return tables;
}

constexpr SliceTables kSliceTables = make_slice_tables();

std::uint32_t step_byte(std::uint32_t state, char byte) {
  return state >> 8 ^ kSliceTables[0][(state ^ static_cast<unsigned char>(byte)) & 0xff];
}

/// The state after `byte_count` zero bytes is a linear map of the state before: four tables of 256
/// entries, one per byte of the state. It joins checksums of blocks computed side by side.
using ShiftTables = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr ShiftTables make_shift_tables(std::size_t byte_count) {
  std::array<std::uint32_t, 32> image_of_bit{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    std::uint32_t state = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < byte_count; ++i) state = state >> 8 ^ kSliceTables[0][state & 0xff];
    image_of_bit[bit] = state;
  }
  ShiftTables tables{};
  for (std::size_t place = 0; place < 4; ++place) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      for (std::size_t bit = 0; bit < 8; ++bit) {
        if (byte >> bit & 1) tables[place][byte] ^= image_of_bit[place * 8 + bit];
      }
    }
  }
  return tables;
}

std::uint32_t shift(const ShiftTables& tables, std::uint32_t state) {
  return tables[0][state & 0xff] ^ tables[1][state >> 8 & 0xff] ^ tables[2][state >> 16 & 0xff] ^
         tables[3][state >> 24];
}

#if defined(__x86_64__)
// The crc32 instruction takes three cycles but starts one each cycle, so three go side by side.
constexpr std::size_t kLongBlockBytes = 2048;
constexpr std::size_t kShortBlockBytes = 256;

const ShiftTables kLongShift = make_shift_tables(kLongBlockBytes);
const ShiftTables kShortShift = make_shift_tables(kShortBlockBytes);

LK_CRC32C_TARGET std::uint32_t step_three_blocks(std::uint32_t state, const char*& at,
                                                 std::size_t block_bytes,
                                                 const ShiftTables& tables) {
  std::uint64_t first = state;
  std::uint64_t second = 0;
  std::uint64_t third = 0;
  for (std::size_t i = 0; i < block_bytes; i += 8) {
    first = _mm_crc32_u64(first, load<std::uint64_t>(at + i));
    second = _mm_crc32_u64(second, load<std::uint64_t>(at + block_bytes + i));
    third = _mm_crc32_u64(third, load<std::uint64_t>(at + 2 * block_bytes + i));
  }
  at += 3 * block_bytes;
  const std::uint32_t two =
      shift(tables, static_cast<std::uint32_t>(first)) ^ static_cast<std::uint32_t>(second);
  return shift(tables, two) ^ static_cast<std::uint32_t>(third);
}

LK_CRC32C_TARGET std::uint32_t extend_hardware(std::uint32_t before, const char* at,
                                               std::size_t byte_count) {
  std::uint32_t state = ~before;
  while (byte_count >= 3 * kLongBlockBytes) {
    state = step_three_blocks(state, at, kLongBlockBytes, kLongShift);
    byte_count -= 3 * kLongBlockBytes;
  }
  while (byte_count >= 3 * kShortBlockBytes) {
    state = step_three_blocks(state, at, kShortBlockBytes, kShortShift);
    byte_count -= 3 * kShortBlockBytes;
  }
  for (; byte_count >= 8; byte_count -= 8, at += 8) {
    state = static_cast<std::uint32_t>(_mm_crc32_u64(state, load<std::uint64_t>(at)));
  }
  if (byte_count >= 4) {
    state = _mm_crc32_u32(state, load<std::uint32_t>(at));
    byte_count -= 4;
    at += 4;
  }
  for (; byte_count > 0; --byte_count, ++at)
    state = _mm_crc32_u8(state, static_cast<unsigned char>(*at));
  return ~state;
}
#endif

}  // namespace

bool crc32c_has_hardware() {
#if defined(__SSE4_2__)
  return true;
#elif defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
#else
  return false;
#endif
}

std::uint32_t crc32c_extend_portable(std::uint32_t before, const void* bytes,
                                     std::size_t byte_count) {
  const char* at = static_cast<const char*>(bytes);
  std::uint32_t state = ~before;
  for (; byte_count >= 8; byte_count -= 8, at += 8) {
    const std::uint64_t step = load<std::uint64_t>(at) ^ state;
    state = 0;
    for (std::size_t i = 0; i < 8; ++i) state ^= kSliceTables[7 - i][step >> (8 * i) & 0xff];
  }
  for (; byte_count > 0; --byte_count, ++at) state = step_byte(state, *at);
  return ~state;
}

std::uint32_t crc32c_extend_hardware(std::uint32_t before, const void* bytes,
                                     std::size_t byte_count) {
#if defined(__x86_64__)
  return extend_hardware(before, static_cast<const char*>(bytes), byte_count);
#else
  return crc32c_extend_portable(before, bytes, byte_count);
#endif
}

std::uint32_t crc32c_extend(std::uint32_t before, const void* bytes, std::size_t byte_count) {
  return crc32c_has_hardware() ? crc32c_extend_hardware(before, bytes, byte_count)
                               : crc32c_extend_portable(before, bytes, byte_count);
}

#if !defined(__SSE4_2__)
std::uint32_t crc32c_extend64(std::uint32_t before, std::uint64_t value) {
  return crc32c_extend(before, &value, sizeof value);
}
#endif

}  // namespace latchkey
