#pragma once

#include <string>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/functions/regex.h"

namespace latchkey::sql {

/// An advanced regular expression in the words of RE2.
struct TranslatedRegex {
  std::string pattern;
  RegexFlags flags;        ///< with those that stood in the expression itself
  bool is_longest = true;  ///< the longest match is wanted, not the first one
};

/// Errors: RegexInvalid, in PostgreSQL's words.
Result<TranslatedRegex> translate_regex(Bytes pattern, RegexFlags flags);

}  // namespace latchkey::sql
