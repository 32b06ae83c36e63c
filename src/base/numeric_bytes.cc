#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"
#include "base/numeric.h"

namespace latchkey {

namespace {

using decimal::kGroupBase;
using decimal::kScaleMax;
using decimal::kWeightMax;

constexpr std::size_t kPackedHeaderBytes = 8;

constexpr std::uint16_t kPackedNegative = 0x4000;
constexpr std::uint16_t kPackedNan = 0xC000;
constexpr std::uint16_t kPackedInfinity = 0xD000;
constexpr std::uint16_t kPackedNegativeInfinity = 0xF000;
constexpr int kPackedInfinityScale = 32;

constexpr int kKeyNegativeInfinity = 0x0F;
constexpr int kKeyZero = 0x80;
constexpr int kKeyWeightBelow = 0x81;
constexpr int kKeyWeightZero = 0xA2;
constexpr int kKeyWeightAbove = 0xE2;
constexpr int kKeyInfinity = 0xF0;
constexpr int kKeyNan = 0xF8;

constexpr int kWeightBias = 0x8000;

void append_big16(std::string& out, int value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

int big16_at(Bytes bytes, std::size_t offset) {
  return static_cast<unsigned char>(bytes[offset]) << 8 |
         static_cast<unsigned char>(bytes[offset + 1]);
}

Error corrupt(const char* what) {
  return Error(ErrorCode::Corruption, std::string("numeric: ") + what);
}

/// Reads a key byte by byte, each inverted if the number is negative.
class KeyReader {
 public:
  explicit KeyReader(Bytes key) : key_(key) {}

  bool has(std::size_t count) const { return key_.size() - offset_ >= count; }
  std::size_t offset() const { return offset_; }
  void invert() { mask_ = 0xFF; }

  /// Requires: has(1).
  int byte() { return static_cast<unsigned char>(key_[offset_++]) ^ mask_; }
  /// Requires: has(2).
  int big16() {
    const int high = byte();
    return high << 8 | byte();
  }

 private:
  Bytes key_;
  std::size_t offset_ = 0;
  int mask_ = 0;
};

/// The groups up to the one that is marked as the last.
Result<void> read_key_groups(KeyReader& reader, Decimal& number) {
  bool more = true;
  while (more) {
    if (!reader.has(2)) return corrupt("the key ends within a number");
    const int marked = reader.big16();
    more = (marked & 1) != 0;
    if (marked >> 1 >= kGroupBase) return corrupt("a key holds a group of five digits");
    number.groups.push_back(static_cast<std::int16_t>(marked >> 1));
  }
  if (number.groups.front() == 0 || number.groups.back() == 0) {
    return corrupt("a key begins or ends with zeros");
  }
  return {};
}

/// The number behind the first byte of a key, which is `first` when read as a positive one's.
Result<Decimal> read_key_number(KeyReader& reader, int first) {
  Decimal number;
  if (first == kKeyWeightBelow || first == kKeyWeightAbove) {
    if (!reader.has(2)) return corrupt("the key ends within a weight");
    number.weight = reader.big16() - kWeightBias;
    const bool is_direct = number.weight > kKeyWeightBelow - kKeyWeightZero &&
                           number.weight < kKeyWeightAbove - kKeyWeightZero;
    if (is_direct) return corrupt("a key spells out a short weight");
  } else {
    number.weight = first - kKeyWeightZero;
  }
  LK_CHECK(read_key_groups(reader, number));
  return number;
}

}  // namespace

void Numeric::append_packed(std::string& out) const {
  int sign = decimal_.negative ? kPackedNegative : 0;
  int scale = decimal_.scale;
  switch (kind_) {
    case Kind::Finite:
      break;
    case Kind::NaN:
      sign = kPackedNan;
      break;
    case Kind::PositiveInfinity:
      sign = kPackedInfinity;
      scale = kPackedInfinityScale;
      break;
    case Kind::NegativeInfinity:
      sign = kPackedNegativeInfinity;
      scale = kPackedInfinityScale;
      break;
  }
  append_big16(out, static_cast<int>(decimal_.groups.size()));
  append_big16(out, decimal_.weight);
  append_big16(out, sign);
  append_big16(out, scale);
  for (const std::int16_t group : decimal_.groups) append_big16(out, group);
}

Result<Numeric> Numeric::unpack(Bytes packed) {
  if (packed.size() < kPackedHeaderBytes) return corrupt("the header is cut short");
  const auto group_count = static_cast<std::size_t>(big16_at(packed, 0));
  if (packed.size() != kPackedHeaderBytes + 2 * group_count) return corrupt("wrong length");
  const int sign = big16_at(packed, 4);
  if (sign == kPackedNan) return nan();
  if (sign == kPackedInfinity) return infinity();
  if (sign == kPackedNegativeInfinity) return negative_infinity();
  if (sign != 0 && sign != kPackedNegative) return corrupt("invalid sign");
  const int scale = big16_at(packed, 6);
  if (scale > kScaleMax) return corrupt("invalid scale");

  Decimal number;
  number.weight = static_cast<std::int16_t>(big16_at(packed, 2));
  number.negative = sign == kPackedNegative;
  number.groups.reserve(group_count);
  for (std::size_t at = kPackedHeaderBytes; at < packed.size(); at += 2) {
    const int group = big16_at(packed, at);
    if (group >= kGroupBase) return corrupt("invalid digit");
    number.groups.push_back(static_cast<std::int16_t>(group));
  }
  decimal::truncate(number, scale);
  return Numeric(std::move(number));
}

void Numeric::append_key(std::string& out) const {
  if (!is_finite() || decimal_.is_zero()) {
    out += static_cast<char>(is_nan()       ? kKeyNan
                             : !is_finite() ? (signum() < 0 ? kKeyNegativeInfinity : kKeyInfinity)
                                            : kKeyZero);
    return;
  }
  const std::size_t begin = out.size();
  const int direct = kKeyWeightZero + decimal_.weight;
  if (direct > kKeyWeightBelow && direct < kKeyWeightAbove) {
    out += static_cast<char>(direct);
  } else {
    out += static_cast<char>(decimal_.weight < 0 ? kKeyWeightBelow : kKeyWeightAbove);
    append_big16(out, decimal_.weight + kWeightBias);
  }
  for (const std::int16_t group : decimal_.groups) append_big16(out, 2 * group + 1);
  out.back() = static_cast<char>(out.back() - 1);  // the last group
  if (!decimal_.negative) return;
  for (std::size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

Result<Numeric> Numeric::take_key(Bytes& keys) {
  if (keys.empty()) return corrupt("the key is empty");
  KeyReader reader(keys);
  int first = reader.byte();
  Numeric result;
  if (first == kKeyNan) {
    result = nan();
  } else if (first == kKeyInfinity || first == kKeyNegativeInfinity) {
    result = infinity_of(first == kKeyInfinity ? 1 : -1);
  } else if (first != kKeyZero) {
    const bool negative = first < kKeyZero;
    if (negative) {
      reader.invert();
      first ^= 0xFF;
    }
    if (first < kKeyWeightBelow || first > kKeyWeightAbove) {
      return corrupt("invalid first byte of a key");
    }
    LK_TRY(result.decimal_, read_key_number(reader, first));
    result.decimal_.negative = negative;
    result.decimal_.scale = *result.min_scale();
    if (result.decimal_.scale > kScaleMax) return corrupt("a key has digits beyond the scale");
  }
  keys.remove_prefix(reader.offset());
  return result;
}

std::uint64_t Numeric::hash() const {
  // The groups say all but where the point is, what the sign is and what kind of number it is.
  const auto weight = static_cast<std::uint64_t>(decimal_.weight + kWeightBias);
  const std::uint64_t space = weight << 3 | static_cast<std::uint64_t>(kind_) << 1 |
                              static_cast<std::uint64_t>(decimal_.negative);
  const auto* const groups = reinterpret_cast<const char*>(decimal_.groups.data());
  return hash_bytes(Bytes(groups, decimal_.groups.size() * sizeof(std::int16_t)), space);
}

}  // namespace latchkey
