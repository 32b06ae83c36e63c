#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace latchkey {

/// What a run of characters in a date, a time or an interval looks like, before it is known which
/// of the three it belongs to.
enum class FieldKind : std::uint8_t {
  Number,   // 12  20200101  .5  10.30
  Date,     // 1999-01-08  8/1/99  jan-8-1999  europe/berlin
  Time,     // 10:30:00.5
  Signed,   // +05:30  -8  -1.5  -1-2
  Word,     // pst  january
  Special,  // -infinity
};

struct Field {
  FieldKind kind;
  Bytes text;  // in lower case
};

/// How much text a type takes; more is refused, as by PostgreSQL.
enum class FieldBytesMax : std::uint16_t { Date = 129, Timestamp = 153, Interval = 256 };

/// A text cut into fields.
///
/// Ownership: the fields are views into the list, which is therefore neither copied nor moved.
class FieldList {
 public:
  static constexpr std::size_t kFieldsMax = 25;

  FieldList() = default;
  FieldList(const FieldList&) = delete;
  FieldList& operator=(const FieldList&) = delete;

  /// Returns whether `text` can be cut at all.
  /// Requires: called once.
  bool split(Bytes text, FieldBytesMax bytes_max);

  std::size_t size() const { return size_; }
  const Field& operator[](std::size_t index) const { return fields_[index]; }

 private:
  class Splitter;

  std::array<char, static_cast<std::size_t>(FieldBytesMax::Interval)> buffer_;
  std::array<Field, kFieldsMax> fields_;
  std::size_t size_ = 0;
};

/// The classes of characters that fields are made of; bytes outside ASCII are in none.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_punctuation(char c) {
  return c > ' ' && c <= '~' && !is_digit(c) && !is_letter(c);
}

}  // namespace latchkey
