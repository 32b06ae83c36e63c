#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/numeric_decimal.h"
#include "latchkey/result.h"

namespace latchkey {

/// The type `numeric(precision, scale)`: digits in all and digits after the point. A negative scale
/// rounds before the point; a scale above the precision leaves zeros behind it.
struct NumericType {
  int precision;  // 1 to 1000
  int scale;      // -1000 to 1000
};

/// An exact decimal number, or NaN, Infinity or -Infinity: PostgreSQL 15's `numeric`, equal to it
/// in every printed digit.
///
/// Threads:   as a value. Numbers of up to eight groups of four digits, every int64 among them,
///            are added, subtracted and compared without allocating.
/// Errors:    NumberOverflow, `value overflows numeric format`, where a result has more than
///            131072 digits before the point; the others stand with their functions. Texts are
///            PostgreSQL's.
/// Units:     a scale counts decimal digits after the point. It is part of the number: 1.0 and 1.00
///            are equal, and print as they were written.
/// Invariant: -32768 <= weight <= 32767 and 0 <= scale <= 16383; no digit lies beyond the scale.
/// Source:    the behaviour of PostgreSQL 15.18. Scales, guard digits and series are those of its
///            numeric.c; the code is not.
///
/// The functions of one NaN give NaN, and those of two give NaN if either is, unless they say
/// otherwise. Infinities follow IEEE 754, but division by zero is an error.
///
/// Cost is linear in the digits for sums, quadratic for products, quotients and roots, and a dozen
/// products for a power: 0.1 s for a product of two numbers of 131072 digits, and 1 s for a power
/// as long. The gcd of two such numbers takes as many quotients as they have digits: about a
/// minute.
class Numeric {
 public:
  /// Zero with scale 0.
  Numeric() = default;

  static Numeric from_int64(std::int64_t value);
  /// The nearest number of 15 significant digits, or of 6: what the casts from float8 and float4
  /// give. No zeros trail after the point.
  static Numeric from_double(double value);
  static Numeric from_float(float value);
  static Numeric nan() { return Numeric(Kind::NaN); }
  static Numeric infinity() { return Numeric(Kind::PositiveInfinity); }
  static Numeric negative_infinity() { return Numeric(Kind::NegativeInfinity); }

  /// Digits with an optional sign, point and exponent, or NaN, Infinity, inf in any case, with
  /// spaces around it. The scale is the number of digits after the point.
  /// Errors: InvalidText.
  static Result<Numeric> parse(Bytes text);
  /// Never with an exponent.
  void append_text(std::string& out) const;
  std::string text() const;

  /// The bytes of PostgreSQL's binary protocol. Integers are big-endian, two bytes each.
  ///
  ///   offset  bytes  field        meaning
  ///        0      2  group_count  n, at most 36864
  ///        2      2  weight       signed: the first group is worth 10000^weight
  ///        4      2  sign         0x0000 positive or zero, 0x4000 negative, 0xC000 NaN,
  ///                               0xD000 Infinity, 0xF000 -Infinity
  ///        6      2  scale        digits to show after the point; 32 for the infinities
  ///        8    2 n  groups       four digits each, 0 to 9999, most significant first
  void append_packed(std::string& out) const;
  /// As PostgreSQL receives it: digits beyond the scale are cut, zeros around the digits dropped.
  /// Errors: Corruption.
  static Result<Numeric> unpack(Bytes packed);

  /// Bytes whose order is the order of the numbers. Equal numbers have equal bytes, and no number's
  /// bytes begin another's, so that more columns may follow.
  ///
  ///   first byte    then                       number
  ///   0x0F                                     -Infinity
  ///   0x1D to 0x7E  as above zero              below zero: all bytes of -number inverted
  ///   0x80                                     zero
  ///   0x81          weight (2), groups (2 n)   weight below -32
  ///   0x82 to 0xE1  groups (2 n)               weight -32 to 63, that is, the byte less 0xA2
  ///   0xE2          weight (2), groups (2 n)   weight above 63
  ///   0xF0                                     Infinity
  ///   0xF8                                     NaN
  ///
  /// A weight is big-endian with its sign bit inverted. A group g of four digits is the big-endian
  /// 2 g + 1, the last group of a number 2 g: it ends the key and sorts before every longer one.
  void append_key(std::string& out) const;
  /// Takes the number off the front of `keys`. Its scale is the smallest that shows it.
  /// Errors: Corruption; then `keys` is unchanged.
  static Result<Numeric> take_key(Bytes& keys);

  /// The nearest integer, halves away from zero.
  /// Errors: NumberOverflow, `bigint out of range`; NotSupported for NaN and the infinities.
  Result<std::int64_t> to_int64() const;
  /// The nearest double: infinite where the number is too large for one, 0 where it is too small.
  double to_double() const;
  /// The casts to float8 and float4, which refuse what is too large or too small.
  /// Errors: NumberOverflow.
  Result<double> to_double_checked() const;
  Result<float> to_float_checked() const;

  bool is_nan() const { return kind_ == Kind::NaN; }
  bool is_infinite() const {
    return kind_ == Kind::PositiveInfinity || kind_ == Kind::NegativeInfinity;
  }
  bool is_finite() const { return kind_ == Kind::Finite; }
  /// -1, 0 or 1 with scale 0, or NaN.
  Numeric sign() const;

  /// Digits shown after the point, and how many of them are needed. Nothing, SQL's NULL, unless the
  /// number is finite.
  std::optional<int> scale() const;
  std::optional<int> min_scale() const;
  /// The same number with its min_scale.
  Numeric trim_scale() const;

  /// The order of PostgreSQL: NaN equals itself and is above Infinity. Scales do not matter.
  std::weak_ordering compare(const Numeric& other) const;
  friend std::weak_ordering operator<=>(const Numeric& left, const Numeric& right) {
    return left.compare(right);
  }
  friend bool operator==(const Numeric& left, const Numeric& right) {
    return left.compare(right) == 0;
  }
  /// Equal numbers have equal hashes. For this process only (see base/hash.h).
  std::uint64_t hash() const;

  Numeric negate() const;
  Numeric abs() const;

  Result<Numeric> add(const Numeric& other) const;
  Result<Numeric> subtract(const Numeric& other) const;
  Result<Numeric> multiply(const Numeric& other) const;
  /// Rounded to at least 16 significant digits, and to no smaller scale than either side has.
  /// Errors: DivisionByZero; so for the next two.
  Result<Numeric> divide(const Numeric& divisor) const;
  /// The quotient cut to an integer: div().
  Result<Numeric> quotient(const Numeric& divisor) const;
  /// What the integer quotient leaves, with this number's sign: mod() and %.
  Result<Numeric> modulo(const Numeric& divisor) const;

  /// Halves go away from zero. Below scale 0 digits before the point are cut.
  Result<Numeric> round(int scale) const;
  Result<Numeric> trunc(int scale) const;
  Result<Numeric> ceil() const;
  Result<Numeric> floor() const;
  /// The number as a column of this type holds it.
  /// Errors: NumberOverflow, `numeric field overflow`, with PostgreSQL's detail behind it.
  Result<Numeric> apply_typmod(NumericType type) const;

  /// Errors of these: PowerInvalid and LogarithmInvalid where no real number is the result.
  Result<Numeric> sqrt() const;
  Result<Numeric> exp() const;
  Result<Numeric> ln() const;
  /// Errors: DivisionByZero for the base 1.
  Result<Numeric> log(const Numeric& base) const;
  /// 1 to any power and anything to the power 0 are 1, NaN included.
  Result<Numeric> power(const Numeric& exponent) const;

  /// Errors: NumberOverflow for negative numbers and those above 32177.
  static Result<Numeric> factorial(std::int64_t number);
  /// The largest number that both are whole multiples of; never negative, NaN for infinities.
  Numeric gcd(const Numeric& other) const;
  /// The smallest number that is a whole multiple of both; never negative, NaN for infinities.
  Result<Numeric> lcm(const Numeric& other) const;

  /// `bucket_count` buckets of one width from `first`, which is in, to `last`, which is not; last
  /// may be the lower one.
  struct Histogram;
  /// The bucket of this number, from 1; 0 before `first`, bucket_count + 1 from `last` on.
  /// Errors: InvalidArgument for a histogram without width or buckets; NumberOverflow.
  Result<std::int32_t> width_bucket(const Histogram& histogram) const;

 private:
  /// In ascending order.
  enum class Kind : std::uint8_t { NegativeInfinity, Finite, PositiveInfinity, NaN };

  explicit Numeric(Kind kind) : kind_(kind) {}
  /// Requires: `finite` is within the limits.
  explicit Numeric(Decimal&& finite);

  /// `finite`, if it is within the limits.
  static Result<Numeric> checked(Decimal&& finite);
  static Numeric zero() { return Numeric(); }
  static Numeric infinity_of(int sign) { return sign < 0 ? negative_infinity() : infinity(); }
  static std::optional<Numeric> parse_special(Bytes text);
  template <typename Floating>
  static Numeric from_floating(Floating value, int digits);
  template <typename Floating>
  Result<Floating> to_floating(const char* type_name) const;

  bool is_integer() const { return is_infinite() || (is_finite() && decimal_.is_integer()); }
  /// -1, 0 or 1. Requires: not NaN.
  int signum() const;
  Result<Numeric> add_special(const Numeric& other) const;
  Result<Numeric> divide_special(const Numeric& divisor) const;
  Result<Numeric> power_special(const Numeric& exponent) const;
  /// Requires: one side is infinite, the other no NaN, and neither side decides alone.
  Numeric power_infinite(const Numeric& exponent) const;

  Decimal decimal_;  // zero unless finite
  Kind kind_ = Kind::Finite;
};

struct Numeric::Histogram {
  Numeric first;
  Numeric last;
  std::int32_t bucket_count;
};

}  // namespace latchkey
