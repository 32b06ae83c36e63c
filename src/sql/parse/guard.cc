#include <cstdint>
#include <vector>

#include "sql/parse/statement.h"

namespace latchkey::sql::parse {

namespace {

constexpr std::size_t kTextBytesMax = std::size_t{256} << 20;

// The parser recurses once for every operator of a chain such as 1+1+1.., about 400 bytes a step,
// and what follows it somewhat more. So many words without a comma between them fit a stack of
// 128 MiB several times over.
constexpr std::uint32_t kWordsMax = 40'000;
constexpr std::size_t kNestingMax = 5'000;

bool begins_word(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80 ||
         (c >= '0' && c <= '9') || c == '$';
}

/// Walks over the words of a text, without knowing their meaning.
class Words {
 public:
  explicit Words(Bytes text) : text_(text) {}

  /// The first byte of the next word, a letter for any name, keyword or constant; 0 at the end.
  char next() {
    skip_blanks();
    if (at_ >= text_.size()) return 0;
    const char c = text_[at_];
    if (c == '\'' || c == '"') {
      skip_quoted(c);
      return 'q';
    }
    if (c == '$' && skip_dollar_quoted()) return 'q';
    if (begins_word(static_cast<unsigned char>(c))) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && begins_word(static_cast<unsigned char>(text_[at_]))) ++at_;
      // E'..' has backslashes in it.
      const bool is_escaped =
          at_ - begin == 1 && (c == 'e' || c == 'E') && at_ < text_.size() && text_[at_] == '\'';
      if (is_escaped) skip_escaped();
      return 'w';
    }
    ++at_;
    return c;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        ++at_;
      } else if (text_.substr(at_, 2) == "--") {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (text_.substr(at_, 2) == "/*") {
        skip_comment();
      } else {
        return;
      }
    }
  }
  void skip_comment() {
    std::size_t depth = 0;
    do {
      if (text_.substr(at_, 2) == "/*") {
        ++depth;
        at_ += 2;
      } else if (text_.substr(at_, 2) == "*/") {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < text_.size());
  }
  void skip_quoted(char quote) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != quote) ++at_;
    if (at_ < text_.size()) ++at_;
  }
  void skip_escaped() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '\'') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ < text_.size()) ++at_;
  }
  bool skip_dollar_quoted() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '$' &&
           begins_word(static_cast<unsigned char>(text_[end]))) {
      ++end;
    }
    if (end >= text_.size() || text_[end] != '$') return false;
    if (end > at_ + 1 && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9') return false;
    const Bytes tag = text_.substr(at_, end + 1 - at_);
    const std::size_t close = text_.find(tag, end + 1);
    at_ = close == Bytes::npos ? text_.size() : close + tag.size();
    return true;
  }

  Bytes text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<void> check_depth(Bytes text) {
  if (text.size() > kTextBytesMax) {
    return Error(ErrorCode::LimitExceeded, "the statement is longer than 256 MB");
  }
  const Error too_deep = Error(ErrorCode::TooComplex, "stack depth limit exceeded")
                             .with_hint(
                                 "Cut the statement into smaller ones, or write a long chain "
                                 "of operators as a list.");
  // For each open parenthesis the words since its last comma, and their sum.
  std::vector<std::uint32_t> open(1, 0);
  std::uint32_t sum = 0;
  Words words(text);
  for (char word = words.next(); word != 0; word = words.next()) {
    if (word == '(' || word == '[') {
      open.push_back(0);
      if (open.size() > kNestingMax) return too_deep;
    } else if ((word == ')' || word == ']') && open.size() > 1) {
      sum -= open.back();
      open.pop_back();
    } else if (word == ',' || (word == ';' && open.size() == 1)) {
      sum -= open.back();
      open.back() = 0;
    }
    ++open.back();
    if (++sum > kWordsMax) return too_deep;
  }
  return {};
}

}  // namespace latchkey::sql::parse
