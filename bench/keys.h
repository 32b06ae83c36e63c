#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace latchkey::bench {

/// A fast generator of numbers that look random; equal seeds give equal runs.
///
/// Threads: one at a time.
/// Source:  Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// A number below `limit`, which must fit 32 bits. The bias is far below what can be seen.
  std::uint64_t below(std::uint64_t limit) { return ((next() >> 32) * limit) >> 32; }

 private:
  std::uint64_t state_;
};

inline constexpr std::size_t kKeyBytes = 16;

/// Writes `count` characters (6 random bits each) that need no escaping anywhere. None of them is
/// '*', by which the null responder counts requests.
inline void write_letters(Numbers& numbers, char* out, std::size_t count) {
  static constexpr char kLetters[] =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 10 == 0) bits = numbers.next();
    out[i] = kLetters[bits & 63];
    bits >>= 6;
  }
}

/// The key of number `index` in key space `space`: 16 characters without any order.
inline void write_key(std::uint64_t space, std::uint64_t index, char* out) {
  Numbers numbers((space + 1) * 0xD1342543DE82EF95u + index * 0x2545F4914F6CDD1Du);
  write_letters(numbers, out, kKeyBytes);
}

}  // namespace latchkey::bench
