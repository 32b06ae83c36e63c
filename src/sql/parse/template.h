#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey::sql::parse {

/// A constant as it stands in a text.
struct Literal {
  enum class Kind : char { Int4 = 'i', Int8 = 'l', Numeric = 'n', Text = 's' };
  Kind kind = Kind::Int4;
  std::int64_t integer = 0;  ///< of Int4 and Int8
  std::string text;          ///< of the others, unquoted
};

/// A statement without its constants: texts that differ in constants alone have the same plan.
struct Template {
  std::string text;  ///< with $1, $2 .. in the place of the constants
  std::vector<Literal> literals;

  /// One letter for each literal's kind: part of what tells plans apart.
  std::string kinds() const;
};

/// The template of a text that is one SELECT, INSERT, UPDATE or DELETE without parameters of its
/// own; nothing for any other, and where a constant may mean more than its value (ORDER BY 1).
///
/// Cost: one pass; no statement is so long that it matters, see kTemplateBytesMax.
std::optional<Template> make_template(Bytes text);
inline constexpr std::size_t kTemplateBytesMax = 4096;

/// Whether the text holds a constant that means another moment each time, such as 'now'.
bool names_a_moment(Bytes text);

}  // namespace latchkey::sql::parse
