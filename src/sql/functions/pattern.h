#pragma once

#include <string>

#include "base/bytes.h"

namespace latchkey::sql {

enum class IgnoreCase : bool { No, Yes };

/// A LIKE pattern: % for any text, _ for one character, \ before what means itself.
///
/// Cost: the length of the text times the number of %, at most; it never goes back past one.
class LikePattern {
 public:
  explicit LikePattern(Bytes pattern, IgnoreCase ignore_case = IgnoreCase::No)
      : pattern_(pattern), ignores_case_(ignore_case == IgnoreCase::Yes) {}
  /// False if it ends in the middle of an escape.
  bool is_valid() const;
  bool matches(Bytes text) const;
  /// What every match begins with, unescaped; all of it if there are no wildcards.
  struct Prefix {
    std::string text;
    bool is_whole = false;
  };
  Prefix prefix() const;

 private:
  bool same(char a, char b) const;
  Bytes pattern_;
  bool ignores_case_;
};

}  // namespace latchkey::sql
