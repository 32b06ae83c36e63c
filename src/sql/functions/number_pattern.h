#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::sql {

/// A pattern of to_char and to_number for numbers: "FM999,990.00", "S9.99EEEE".
///
/// Threads:   values.
/// Ownership: borrows the pattern's text.
/// Source:    PostgreSQL 15, 9.8, table 9.30, with the separators of its "C" locale.
class NumberPattern {
 public:
  /// Errors: SyntaxError for keys that do not go together.
  static Result<NumberPattern> parse(Bytes pattern);

  int digits_before() const { return digits_before_; }
  int digits_behind() const { return digits_behind_; }
  /// How many places V moves the point.
  int digits_moved() const { return digits_moved_; }
  bool is_roman() const { return is_roman_; }
  bool is_scientific() const { return is_scientific_; }

  /// `digits` are those of the number without its sign, rounded to digits_behind().
  struct Digits {
    std::string text;
    bool is_negative = false;
    /// As the pattern, but for floating numbers that have no more digits to show.
    int digits_behind = 0;
  };
  std::string format(Digits digits) const;
  std::string format_roman(std::int64_t number) const;

  /// The number that the text shows: its text, a blank or a sign first, and how many digits of it
  /// stand behind the point.
  struct Read {
    std::string text;
    int digits_behind = 0;
  };
  Read read(Bytes text) const;

 private:
  friend class NumberWriter;
  friend class NumberReader;
  enum class Key : std::uint8_t {
    Text,
    Comma,
    Point,
    Zero,
    Nine,
    Blank,
    Currency,  // C, which shows nothing
    Decimal,
    Scientific,
    Fill,
    Group,
    Money,
    Minus,
    Plus,
    Brackets,
    Roman,
    Sign,    // SG
    Space,   // SP, which shows nothing
    Locale,  // S
    Ordinal,
    Moved,
  };
  struct Node {
    Key key;
    Bytes text;
    bool is_lower = false;
  };
  enum class SignPlace : std::uint8_t { None, Before, Behind };

  static Node take_node(Bytes& rest);
  Result<void> note(const Node& node);
  Result<void> note_sign(Key key);

  std::vector<Node> nodes_;
  int digits_before_ = 0;
  int digits_behind_ = 0;
  int digits_moved_ = 0;
  int zero_begin_ = 0;  ///< from which digit on zeros are shown
  int zero_end_ = 0;
  int digits_before_sign_ = 0;
  SignPlace sign_place_ = SignPlace::None;
  bool has_point_ = false;
  bool has_zero_ = false;
  bool fills_ = false;
  bool has_sign_ = false;  // S
  bool has_brackets_ = false;
  bool has_minus_ = false;
  bool has_plus_ = false;
  bool is_roman_ = false;
  bool is_moved_ = false;
  bool is_blank_ = false;
  bool is_scientific_ = false;
};

}  // namespace latchkey::sql
