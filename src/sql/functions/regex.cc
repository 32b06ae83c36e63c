#include "sql/functions/regex.h"

#include <re2/re2.h>

#include <list>
#include <mutex>

#include "sql/functions/regex_translate.h"

namespace latchkey::sql {

namespace {

// What one compiled expression may take, and how many are kept.
constexpr std::int64_t kRegexBytesMax = 8 << 20;
constexpr std::size_t kKept = 64;

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

/// Those that were used last, the newest in front.
///
/// Threads: any. Each thread has the one that it used last at hand.
class Store {
 public:
  struct Entry {
    std::string pattern;
    RegexFlags flags;
    std::shared_ptr<const re2::RE2> compiled;
    bool is(Bytes wanted, const RegexFlags& wanted_flags) const {
      return compiled != nullptr && pattern == wanted && flags == wanted_flags;
    }
  };

  std::shared_ptr<const re2::RE2> find(Bytes pattern, const RegexFlags& flags) {
    if (last().is(pattern, flags)) return last().compiled;
    const std::lock_guard lock(mutex_);
    for (auto each = entries_.begin(); each != entries_.end(); ++each) {
      if (!each->is(pattern, flags)) continue;
      entries_.splice(entries_.begin(), entries_, each);
      last() = *each;
      return each->compiled;
    }
    return nullptr;
  }
  void keep(Entry entry) {
    last() = entry;
    const std::lock_guard lock(mutex_);
    entries_.push_front(std::move(entry));
    if (entries_.size() > kKept) entries_.pop_back();
  }

 private:
  static Entry& last() {
    thread_local Entry entry;
    return entry;
  }
  std::mutex mutex_;
  std::list<Entry> entries_;
};

Store& store() {
  static Store kStore;
  return kStore;
}

re2::StringPiece piece(Bytes text) { return {text.data(), text.size()}; }

}  // namespace

Result<RegexFlags> RegexFlags::parse(Bytes letters) {
  RegexFlags flags;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    switch (letters[i]) {
      case 'g':
        flags.is_global = true;
        break;
      case 'c':
        flags.ignore_case = false;
        break;
      case 'i':
        flags.ignore_case = true;
        break;
      case 'm':
      case 'n':
        flags.dot_spares_line = flags.anchors_at_lines = true;
        break;
      case 'p':
        flags.dot_spares_line = true;
        flags.anchors_at_lines = false;
        break;
      case 'q':
        flags.is_literal = true;
        break;
      case 's':
        flags.dot_spares_line = flags.anchors_at_lines = false;
        break;
      case 't':
        flags.is_expanded = false;
        break;
      case 'w':
        flags.dot_spares_line = false;
        flags.anchors_at_lines = true;
        break;
      case 'x':
        flags.is_expanded = true;
        break;
      default: {
        std::size_t end = i + 1;
        while (end < letters.size() && (static_cast<unsigned char>(letters[end]) & 0xc0) == 0x80) {
          ++end;
        }
        return Error(ErrorCode::InvalidArgument, "invalid regular expression option: \"" +
                                                     std::string(letters.substr(i, end - i)) +
                                                     "\"");
      }
    }
  }
  return flags;
}

Result<Regex> Regex::compile(Bytes pattern, const RegexFlags& flags) {
  if (auto kept = store().find(pattern, flags)) return Regex(std::move(kept));
  LK_TRY(const TranslatedRegex translated, translate_regex(pattern, flags));
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexBytesMax);
  options.set_case_sensitive(!translated.flags.ignore_case);
  options.set_literal(translated.flags.is_literal);
  options.set_longest_match(translated.is_longest);
  options.set_dot_nl(!translated.flags.dot_spares_line);
  const bool at_lines = translated.flags.anchors_at_lines && !translated.flags.is_literal;
  auto compiled =
      std::make_shared<const re2::RE2>((at_lines ? "(?m)" : "") + translated.pattern, options);
  if (!compiled->ok()) {
    return Error(ErrorCode::RegexInvalid,
                 "invalid regular expression: " + std::string(message_of(compiled->error_code())));
  }
  store().keep({std::string(pattern), flags, compiled});
  return Regex(std::move(compiled));
}

bool Regex::matches(Bytes text) const {
  return compiled_->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

int Regex::group_count() const { return compiled_->NumberOfCapturingGroups(); }

bool Regex::find(Bytes text, std::size_t from, Groups& groups) const {
  std::vector<re2::StringPiece> found(static_cast<std::size_t>(group_count()) + 1);
  if (!compiled_->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, found.data(),
                        static_cast<int>(found.size()))) {
    return false;
  }
  groups.clear();
  for (const re2::StringPiece& each : found) groups.emplace_back(each.data(), each.size());
  return true;
}

// The parts between two marks of the escape character and a quote are those that SUBSTRING gives.
Result<std::string> regex_of_similar(Bytes pattern, Bytes escape) {
  constexpr int kMarksMax = 2;
  std::string out = "^(?:";
  bool is_escaped = false;
  bool in_brackets = false;
  int marks = 0;
  for (std::size_t i = 0; i < pattern.size();) {
    std::size_t size = 1;
    while (i + size < pattern.size() &&
           (static_cast<unsigned char>(pattern[i + size]) & 0xc0) == 0x80) {
      ++size;
    }
    const Bytes character = pattern.substr(i, size);
    i += size;
    const char c = character[0];
    if (is_escaped) {
      is_escaped = false;
      if (c != '"' || in_brackets) {
        if (size == 1) out.push_back('\\');
        out += character;
        continue;
      }
      if (++marks > kMarksMax) {
        return Error(ErrorCode::EscapeInvalid,
                     "SQL regular expression may not contain more than two escape-double-quote "
                     "separators")
            .with([](ErrorDetails& details) { details.sqlstate = "2200C"; });
      }
      out += marks == 1 ? "){1,1}?(" : "){1,1}(?:";
    } else if (!escape.empty() && character == escape) {
      is_escaped = true;
    } else if (in_brackets) {
      if (c == '\\') out.push_back('\\');
      out += character;
      in_brackets = c != ']';
    } else if (c == '[') {
      out.push_back(c);
      in_brackets = true;
    } else if (c == '%') {
      out += ".*";
    } else if (c == '_') {
      out.push_back('.');
    } else if (c == '(') {
      out += "(?:";
    } else {
      if (c == '\\' || c == '.' || c == '^' || c == '$') out.push_back('\\');
      out += character;
    }
  }
  return out + ")$";
}

}  // namespace latchkey::sql
