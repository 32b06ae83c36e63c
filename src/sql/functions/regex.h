#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace re2 {
class RE2;
}

namespace latchkey::sql {

/// What the letters behind a regular expression ask for.
struct RegexFlags {
  bool ignore_case = false;       ///< i
  bool is_global = false;         ///< g, which only some functions know
  bool is_literal = false;        ///< q: no character means anything but itself
  bool is_expanded = false;       ///< x: blanks and comments mean nothing
  bool dot_spares_line = false;   ///< n, p: . and [^x] do not match the end of a line
  bool anchors_at_lines = false;  ///< n, w: ^ and $ match at lines as well
  /// Quantifiers prefer as each is written, not as the whole expression does: of SUBSTRING ..
  /// SIMILAR.
  bool as_written = false;

  friend bool operator==(const RegexFlags&, const RegexFlags&) = default;
  /// Errors: InvalidArgument for a letter that is none.
  static Result<RegexFlags> parse(Bytes letters);
};

/// PostgreSQL's advanced regular expressions, matched in a time that grows with the text alone.
///
/// An expression is translated to the syntax of RE2. The match is the longest one, or the shortest
/// if the first quantifier says so, as in PostgreSQL. What cannot be matched in linear time is
/// refused: back references, and looking ahead or behind.
///
/// Threads:   any; immutable.
/// Ownership: copies share the compiled form.
/// Source:    PostgreSQL 15, 9.7.3. Where we differ: \m and \M are both a boundary of a word.
class Regex {
 public:
  /// From a store of those that were used last, if it is there.
  /// Errors: RegexInvalid.
  static Result<Regex> compile(Bytes pattern, const RegexFlags& flags);

  /// The groups of a match; the first is the whole. A group that took no part has no data.
  using Groups = std::vector<Bytes>;
  bool matches(Bytes text) const;
  /// The first match that begins at `from` or later.
  bool find(Bytes text, std::size_t from, Groups& groups) const;
  /// How many groups in parentheses there are.
  int group_count() const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

/// The pattern of SIMILAR TO as a regular expression. `escape` is one character or empty.
/// Errors: EscapeInvalid.
Result<std::string> regex_of_similar(Bytes pattern, Bytes escape);

}  // namespace latchkey::sql
