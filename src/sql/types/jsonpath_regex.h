#pragma once

#include <memory>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace re2 {
class RE2;
}

namespace latchkey::sql {

/// The flags of like_regex, as XQuery has them.
struct JsonPathRegexFlags {
  bool ignore_case = false;  ///< i
  bool dot_all = false;      ///< s: a dot takes newlines too
  bool multi_line = false;   ///< m: ^ and $ match at lines
  bool expanded = false;     ///< x: only known together with q
  bool quoted = false;       ///< q: the pattern is plain text
};

/// The pattern of a like_regex predicate.
///
/// Threads:   matches() from any.
/// Ownership: copies share one compiled pattern.
class JsonPathRegex {
 public:
  JsonPathRegex() = default;
  /// Errors: RegexInvalid; NotSupported for x without q.
  static Result<JsonPathRegex> compile(Bytes pattern, JsonPathRegexFlags flags);

  /// Whether the pattern is found anywhere in `text`.
  /// Requires: compiled.
  bool matches(Bytes text) const;
  const JsonPathRegexFlags& flags() const { return flags_; }

 private:
  std::shared_ptr<const re2::RE2> regex_;
  JsonPathRegexFlags flags_;
};

}  // namespace latchkey::sql
