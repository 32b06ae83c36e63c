#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace latchkey {

/// The patterns of to_char, to_timestamp and to_date, taken apart.
///
/// Source: PostgreSQL 15, 9.8, tables 9.27 and 9.28.

enum class PatternKey : std::uint8_t {
  EraWithDots,      // A.D. B.C.
  Era,              // AD BC
  HalfDayWithDots,  // A.M. P.M.
  HalfDay,          // AM PM
  Century,          // CC
  DayName,          // DAY
  DayShort,         // DY
  DayOfYear,        // DDD
  DayOfMonth,       // DD
  DayOfWeek,        // D
  Fraction1,        // FF1, tenths of a second
  Fraction2,
  Fraction3,
  Fraction4,
  Fraction5,
  Fraction6,
  FixedWidth,  // FX
  Hour24,      // HH24
  Hour12,      // HH12 HH
  IsoDayOfYear,
  IsoDayOfWeek,
  IsoWeek,
  IsoYear4,
  IsoYear3,
  IsoYear2,
  IsoYear1,
  Julian,
  Minute,
  MonthNumber,
  MonthName,
  MonthShort,
  Milliseconds,
  Offset,  // OF
  Quarter,
  RomanMonth,
  SecondOfDay,
  Second,
  ZoneHours,    // TZH
  ZoneMinutes,  // TZM
  Zone,         // TZ
  Microseconds,
  WeekOfYear,   // WW
  WeekOfMonth,  // W
  YearWithComma,
  Year4,
  Year3,
  Year2,
  Year1,
};

/// How a key is spelled, which is how its words are shown.
enum class LetterCase : std::uint8_t { Upper, Lower, Capitalized };

/// To which way of counting days and weeks a key belongs; one pattern may not have two of them.
enum class DateConvention : std::uint8_t { None, Gregorian, IsoWeek };

enum class Ordinal : std::uint8_t { None, Upper, Lower };  // TH, th

struct PatternNode {
  enum class Kind : std::uint8_t { Key, Space, Separator, Text };
  Kind kind = Kind::Text;
  /// The one character that this stands for, in UTF-8, or the key as it is spelled.
  Bytes text;

  // Of keys only.
  PatternKey key = PatternKey::Era;
  LetterCase letters = LetterCase::Upper;
  DateConvention convention = DateConvention::None;
  bool is_digits = false;   // read as a number
  bool fill_mode = false;   // FM: no blanks, no zeros
  bool translated = false;  // TM: names without blanks; all of them are English
  Ordinal ordinal = Ordinal::None;
};

/// Every text is a pattern: what is no key stands for itself.
/// Ownership: the nodes are views into `pattern`.
std::vector<PatternNode> parse_pattern(Bytes pattern);

/// Printable, and neither a letter nor a digit nor a space.
bool is_separator(char c);
/// The bytes of the first character of a text in UTF-8, at least 1 and never more than there are.
/// Requires: the text is not empty.
std::size_t character_bytes(Bytes text);

}  // namespace latchkey
