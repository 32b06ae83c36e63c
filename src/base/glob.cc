#include "base/glob.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace latchkey {

namespace {

/// One element of a pattern other than '*': how many pattern bytes it takes, and whether it
/// matches.
struct Element {
  std::size_t length;
  bool matches;
};

class Matcher {
 public:
  Matcher(Bytes pattern, LetterCase letter_case) : pattern_(pattern), letter_case_(letter_case) {}

  bool matches(Bytes text);

 private:
  char fold(char c) const { return letter_case_ == LetterCase::Ignore ? to_lower(c) : c; }
  Element element_at(std::size_t at, char c) const;
  Element set_at(std::size_t at, char c) const;

  Bytes pattern_;
  LetterCase letter_case_;
};

/// `at` stands on '['.
Element Matcher::set_at(std::size_t at, char c) const {
  const std::size_t begin = at++;
  const bool inverted = at < pattern_.size() && pattern_[at] == '^';
  if (inverted) ++at;
  const auto wanted = static_cast<unsigned char>(fold(c));
  bool found = false;
  while (at < pattern_.size() && pattern_[at] != ']') {
    if (pattern_[at] == '\\' && at + 1 < pattern_.size()) {
      found |= static_cast<unsigned char>(fold(pattern_[at + 1])) == wanted;
      at += 2;
    } else if (at + 2 < pattern_.size() && pattern_[at + 1] == '-') {
      auto low = static_cast<unsigned char>(fold(pattern_[at]));
      auto high = static_cast<unsigned char>(fold(pattern_[at + 2]));
      if (low > high) std::swap(low, high);
      found |= low <= wanted && wanted <= high;
      at += 3;
    } else {
      found |= static_cast<unsigned char>(fold(pattern_[at])) == wanted;
      ++at;
    }
  }
  const std::size_t end = std::min(at + 1, pattern_.size());
  return {end - begin, found != inverted};
}

Element Matcher::element_at(std::size_t at, char c) const {
  switch (pattern_[at]) {
    case '?':
      return {1, true};
    case '[':
      return set_at(at, c);
    case '\\':
      if (at + 1 < pattern_.size()) return {2, fold(pattern_[at + 1]) == fold(c)};
      [[fallthrough]];
    default:
      return {1, fold(pattern_[at]) == fold(c)};
  }
}

/// Every element but '*' takes exactly one byte, so the earliest match of what stands between two
/// stars is as good as any later one: on a mismatch only the last star has to take one byte more.
bool Matcher::matches(Bytes text) {
  struct Retry {
    std::size_t pattern_at;
    std::size_t text_at;
  };
  std::optional<Retry> retry;
  std::size_t at = 0;
  std::size_t text_at = 0;
  std::size_t steps = 0;
  while (text_at < text.size()) {
    if (at < pattern_.size() && pattern_[at] == '*') {
      retry = Retry{++at, text_at};
      if (at == pattern_.size()) return true;
      continue;
    }
    const Element element =
        at < pattern_.size() ? element_at(at, text[text_at]) : Element{1, false};
    steps += element.length;
    if (steps > kGlobStepsMax) return false;
    if (element.matches) {
      at += element.length;
      ++text_at;
    } else if (retry) {
      at = retry->pattern_at;
      text_at = ++retry->text_at;
    } else {
      return false;
    }
  }
  while (at < pattern_.size() && pattern_[at] == '*') ++at;
  return at == pattern_.size();
}

}  // namespace

bool glob_match(Bytes pattern, Bytes text, LetterCase letter_case) {
  return Matcher(pattern, letter_case).matches(text);
}

std::string literal_prefix(Bytes pattern) {
  std::string prefix;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '*' || c == '?' || c == '[') break;
    const bool escape = c == '\\' && at + 1 < pattern.size();
    prefix += escape ? pattern[++at] : c;
  }
  return prefix;
}

}  // namespace latchkey
