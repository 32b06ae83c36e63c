#include "sql/types/jsonpath_regex.h"

#include <re2/re2.h>

#include <string>
#include <string_view>

#include "base/assert.h"

namespace latchkey::sql {

namespace {

// What one compiled pattern may take.
constexpr std::int64_t kRegexBytesMax = 8 << 20;

/// What PostgreSQL says of the same fault.
std::string_view message_of(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
    case re2::RE2::ErrorTrailingBackslash:
      return "invalid escape \\ sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character range";
    case re2::RE2::ErrorMissingBracket:
      return "brackets [] not balanced";
    case re2::RE2::ErrorMissingParen:
    case re2::RE2::ErrorUnexpectedParen:
      return "parentheses () not balanced";
    case re2::RE2::ErrorRepeatArgument:
    case re2::RE2::ErrorRepeatOp:
      return "quantifier operand invalid";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repetition count(s)";
    case re2::RE2::ErrorPatternTooLarge:
      return "regular expression is too complex";
    default:
      return "invalid regexp (reg version 0.8)";
  }
}

}  // namespace

Result<JsonPathRegex> JsonPathRegex::compile(Bytes pattern, JsonPathRegexFlags flags) {
  if (flags.expanded && !flags.quoted) {
    return Error(ErrorCode::NotSupported,
                 "XQuery \"x\" flag (expanded regular expressions) is not implemented");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexBytesMax);
  options.set_case_sensitive(!flags.ignore_case);
  options.set_literal(flags.quoted);
  options.set_dot_nl(flags.dot_all);
  std::string source(pattern);
  if (flags.multi_line && !flags.quoted) source.insert(0, "(?m)");
  JsonPathRegex regex;
  regex.flags_ = flags;
  regex.regex_ = std::make_shared<const re2::RE2>(source, options);
  if (!regex.regex_->ok()) {
    return Error(ErrorCode::RegexInvalid, "invalid regular expression: " +
                                              std::string(message_of(regex.regex_->error_code())));
  }
  return regex;
}

bool JsonPathRegex::matches(Bytes text) const {
  LK_ASSERT(regex_ != nullptr);
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex_);
}

}  // namespace latchkey::sql
