#include "sql/functions/pattern.h"

namespace latchkey::sql {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool LikePattern::is_valid() const {
  for (std::size_t i = 0; i < pattern_.size(); ++i) {
    if (pattern_[i] != '\\') continue;
    if (++i == pattern_.size()) return false;
  }
  return true;
}

bool LikePattern::same(char a, char b) const {
  return a == b || (ignores_case_ && small(a) == small(b));
}

// After the last % everything before it is settled: a mismatch tries one character further there.
bool LikePattern::matches(Bytes text) const {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t retry_pattern = Bytes::npos;
  std::size_t retry_text = 0;
  while (at < text.size() || in_pattern < pattern_.size()) {
    if (in_pattern < pattern_.size()) {
      const char c = pattern_[in_pattern];
      if (c == '%') {
        retry_pattern = ++in_pattern;
        retry_text = at;
        continue;
      }
      if (at < text.size()) {
        if (c == '_') {
          ++in_pattern;
          ++at;
          while (at < text.size() && continues(text[at])) ++at;
          continue;
        }
        const bool escaped = c == '\\' && in_pattern + 1 < pattern_.size();
        if (same(pattern_[in_pattern + (escaped ? 1 : 0)], text[at])) {
          in_pattern += escaped ? 2 : 1;
          ++at;
          continue;
        }
      }
    }
    if (retry_pattern == Bytes::npos || retry_text >= text.size()) return false;
    ++retry_text;
    while (retry_text < text.size() && continues(text[retry_text])) ++retry_text;
    at = retry_text;
    in_pattern = retry_pattern;
  }
  return true;
}

LikePattern::Prefix LikePattern::prefix() const {
  Prefix found;
  for (std::size_t i = 0; i < pattern_.size(); ++i) {
    if (pattern_[i] == '%' || pattern_[i] == '_') return found;
    if (pattern_[i] == '\\' && i + 1 < pattern_.size()) ++i;
    found.text.push_back(pattern_[i]);
  }
  found.is_whole = true;
  return found;
}

}  // namespace latchkey::sql
