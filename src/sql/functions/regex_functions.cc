#include <algorithm>
#include <optional>

#include "sql/functions/families.h"
#include "sql/functions/regex.h"
#include "sql/types/array.h"
#include "sql/types/io.h"

namespace latchkey::sql {

namespace {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 29;

/// The expression of argument `index`, or nothing and the call has failed.
std::optional<Regex> regex_argument(const Call& call, std::size_t index, const RegexFlags& flags) {
  Result<Regex> regex = Regex::compile(call.bytes(index), flags);
  if (regex.has_value()) return *std::move(regex);
  call.fail(std::move(regex).error());
  return std::nullopt;
}
std::optional<RegexFlags> flags_argument(const Call& call, std::size_t index) {
  if (index >= call.values.size()) return RegexFlags{};
  Result<RegexFlags> flags = RegexFlags::parse(call.bytes(index));
  if (flags.has_value()) return *flags;
  call.fail(std::move(flags).error());
  return std::nullopt;
}
/// The same for functions that cannot be asked for all matches.
std::optional<RegexFlags> flags_without_global(const Call& call, std::size_t index,
                                               const char* function, const char* hint = nullptr) {
  std::optional<RegexFlags> flags = flags_argument(call, index);
  if (!flags || !flags->is_global) return flags;
  Error error(ErrorCode::InvalidArgument,
              std::string(function) + "() does not support the \"global\" option");
  call.fail(hint == nullptr ? std::move(error) : std::move(error).with_hint(hint));
  return std::nullopt;
}
/// A number from 1 on, or nothing and the call has failed.
std::optional<std::int64_t> positive_argument(const Call& call, std::size_t index, const char* name,
                                              std::int64_t least = 1) {
  if (index >= call.values.size()) return 1;
  if (call.integer(index) >= least) return call.integer(index);
  call.fail(ErrorCode::InvalidArgument, "invalid value for parameter \"" + std::string(name) +
                                            "\": " + std::to_string(call.integer(index)));
  return std::nullopt;
}

/// The byte at which the character of that number begins, counted from 1; past the text if there
/// is none.
std::size_t byte_of_character(Bytes text, std::int64_t number) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (begins && --number == 0) return at;
  }
  return number == 1 ? text.size() : text.size() + 1;
}
std::int64_t characters_before(Bytes text, const char* end) {
  const auto size = static_cast<std::size_t>(end - text.data());
  return static_cast<std::int64_t>(io::length_utf8(text.substr(0, size)));
}

/// Walks over the matches of a text from left to right. After one that took nothing it goes on a
/// character further.
class Matches {
 public:
  Matches(const Regex& regex, Bytes text, std::size_t from)
      : regex_(regex), text_(text), from_(from) {}
  bool next() {
    if (from_ > text_.size() || !regex_.find(text_, from_, groups_)) return false;
    const auto begin = static_cast<std::size_t>(whole().data() - text_.data());
    from_ = begin + whole().size();
    if (whole().empty()) {
      ++from_;
      while (from_ < text_.size() && (static_cast<unsigned char>(text_[from_]) & 0xc0) == 0x80) {
        ++from_;
      }
    }
    return true;
  }
  Bytes whole() const { return groups_[0]; }
  const Regex::Groups& groups() const { return groups_; }

 private:
  const Regex& regex_;
  const Bytes text_;
  std::size_t from_;
  Regex::Groups groups_;
};

// Operators.

template <bool kWanted, bool kIgnoreCase>
Value test(const Call& call) {
  RegexFlags flags;
  flags.ignore_case = kIgnoreCase;
  const auto regex = regex_argument(call, 1, flags);
  return regex ? Value::of_bool(regex->matches(call.bytes(0)) == kWanted) : Value::null();
}

Value like(const Call& call) {
  const auto flags = flags_without_global(call, 2, "regexp_like");
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  return regex ? Value::of_bool(regex->matches(call.bytes(0))) : Value::null();
}

// Parts that match.

/// The groups as an array, or the whole match if there are none.
Value groups_value(const Regex::Groups& groups, Arena& arena) {
  ArrayWriter writer(oid::kText);
  for (std::size_t i = groups.size() > 1 ? 1 : 0; i < groups.size(); ++i) {
    writer.add(groups[i].data() == nullptr ? Value::null() : Value::of_bytes(groups[i]));
  }
  return writer.finish(arena);
}

Value first_match(const Call& call) {
  const auto flags =
      flags_without_global(call, 2, "regexp_match", "Use the regexp_matches function instead.");
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  Regex::Groups groups;
  if (!regex || !regex->find(call.bytes(0), 0, groups)) return Value::null();
  return groups_value(groups, call.arena());
}

class MatchRows final : public RowSource {
 public:
  MatchRows(Regex regex, Bytes text, bool is_global)
      : regex_(std::move(regex)), matches_(regex_, text, 0), is_global_(is_global) {}
  bool next(Evaluation& evaluation, std::span<Value> columns) override {
    if ((!is_first_ && !is_global_) || !matches_.next()) return false;
    is_first_ = false;
    columns[0] = groups_value(matches_.groups(), *evaluation.arena);
    return true;
  }

 private:
  const Regex regex_;
  Matches matches_;
  const bool is_global_;
  bool is_first_ = true;
};
std::unique_ptr<RowSource> match_rows(const Call& call) {
  const auto flags = flags_argument(call, 2);
  auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  if (!regex) return nullptr;
  return std::make_unique<MatchRows>(*std::move(regex), call.bytes(0), flags->is_global);
}

/// The first group of the match, or all of it if there are none.
Value first_part(const Regex& regex, Bytes text) {
  Regex::Groups groups;
  if (!regex.find(text, 0, groups)) return Value::null();
  const Bytes part = groups[groups.size() > 1 ? 1 : 0];
  return part.data() == nullptr ? Value::null() : Value::of_bytes(part);
}
Value substring_of(const Call& call) {
  const auto regex = regex_argument(call, 1, {});
  return regex ? first_part(*regex, call.bytes(0)) : Value::null();
}

// SIMILAR TO.

bool is_escape(const Call& call, std::size_t index) {
  if (io::length_utf8(call.bytes(index)) <= 1) return true;
  call.fail(Error(ErrorCode::EscapeInvalid, "invalid escape string")
                .with_hint("Escape string must be empty or one character."));
  return false;
}
Value similar_to_escape(const Call& call) {
  const bool has_escape = call.values.size() > 1;
  if (has_escape && !is_escape(call, 1)) return Value::null();
  Result<std::string> regex =
      regex_of_similar(call.bytes(0), has_escape ? call.bytes(1) : Bytes("\\"));
  return regex.has_value() ? call.text(*regex) : call.fail(std::move(regex).error());
}
Value substring_similar(const Call& call) {
  if (!is_escape(call, 2)) return Value::null();
  Result<std::string> pattern = regex_of_similar(call.bytes(1), call.bytes(2));
  if (!pattern.has_value()) return call.fail(std::move(pattern).error());
  RegexFlags flags;
  flags.as_written = true;
  Result<Regex> regex = Regex::compile(*pattern, flags);
  if (!regex.has_value()) return call.fail(std::move(regex).error());
  return first_part(*regex, call.bytes(0));
}

// Replacing.

/// \1 to \9 stand for groups, \& for the whole match and \\ for a backslash.
void append_replacement(std::string& out, Bytes replacement, const Regex::Groups& groups) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
    if (c != '\\' || next == '\0') {
      out.push_back(c);
    } else if (next == '&') {
      out += groups[0];
      ++i;
    } else if (next >= '1' && next <= '9') {
      const auto group = static_cast<std::size_t>(next - '0');
      if (group < groups.size()) out += groups[group];
      ++i;
    } else {
      out.push_back('\\');
      if (next == '\\') ++i;
    }
  }
}

struct Replacing {
  std::size_t from = 0;
  std::int64_t which = 1;  ///< 0: all
};
Value replaced(const Call& call, const Regex& regex, Replacing replacing) {
  const Bytes text = call.bytes(0);
  Matches matches(regex, text, replacing.from);
  std::string out;
  std::size_t copied = 0;
  for (std::int64_t number = 1; matches.next(); ++number) {
    if (replacing.which > 0 && number < replacing.which) continue;
    const auto begin = static_cast<std::size_t>(matches.whole().data() - text.data());
    out += text.substr(copied, begin - copied);
    append_replacement(out, call.bytes(2), matches.groups());
    copied = begin + matches.whole().size();
    if (out.size() > kTextBytesMax) {
      return call.fail(ErrorCode::LimitExceeded, "requested length too large");
    }
    if (replacing.which > 0) break;
  }
  out += text.substr(copied);
  return call.text(out);
}
Value replace(const Call& call) {
  const bool looks_like_start = call.values.size() > 3 && call[3].size > 0 &&
                                call.bytes(3)[0] >= '0' && call.bytes(3)[0] <= '9';
  if (looks_like_start) {
    return call.fail(Error(ErrorCode::InvalidArgument, "invalid regular expression option: \"" +
                                                           std::string(call.bytes(3).substr(0, 1)) +
                                                           "\"")
                         .with_hint("If you meant to use regexp_replace() with a start parameter, "
                                    "cast the fourth argument to integer explicitly."));
  }
  const auto flags = flags_argument(call, 3);
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  if (!regex) return Value::null();
  return replaced(call, *regex, {0, flags->is_global ? 0 : 1});
}
Value replace_from(const Call& call) {
  const auto start = positive_argument(call, 3, "start");
  const auto which = start ? positive_argument(call, 4, "n", 0) : std::nullopt;
  const auto flags = which ? flags_argument(call, 5) : std::nullopt;
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  if (!regex) return Value::null();
  const bool takes_all = call.values.size() < 5 && flags->is_global;
  return replaced(call, *regex, {byte_of_character(call.bytes(0), *start), takes_all ? 0 : *which});
}

// Splitting. A match of nothing at an end of the text, or right behind another one, splits nothing.

std::optional<std::vector<Bytes>> split(const Call& call, const char* function) {
  const auto flags = flags_without_global(call, 2, function);
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  if (!regex) return std::nullopt;
  const Bytes text = call.bytes(0);
  std::vector<Bytes> parts;
  std::size_t begin = 0;
  for (Matches matches(*regex, text, 0); matches.next();) {
    const auto at = static_cast<std::size_t>(matches.whole().data() - text.data());
    const std::size_t end = at + matches.whole().size();
    if (at >= text.size() || end <= begin) continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = end;
  }
  parts.push_back(text.substr(begin));
  return parts;
}
Value split_to_array(const Call& call) {
  const auto parts = split(call, "regexp_split_to_array");
  if (!parts) return Value::null();
  ArrayWriter writer(oid::kText);
  for (const Bytes part : *parts) writer.add(Value::of_bytes(part));
  return writer.finish(call.arena());
}
class Parts final : public RowSource {
 public:
  explicit Parts(std::vector<Bytes> parts) : parts_(std::move(parts)) {}
  bool next(Evaluation&, std::span<Value> columns) override {
    if (at_ == parts_.size()) return false;
    columns[0] = Value::of_bytes(parts_[at_++]);
    return true;
  }

 private:
  const std::vector<Bytes> parts_;
  std::size_t at_ = 0;
};
std::unique_ptr<RowSource> split_to_table(const Call& call) {
  auto parts = split(call, "regexp_split_to_table");
  if (!parts) return nullptr;
  return std::make_unique<Parts>(*std::move(parts));
}

// Counting and finding.

Value count(const Call& call) {
  const auto start = positive_argument(call, 2, "start");
  const auto flags = start ? flags_without_global(call, 3, "regexp_count") : std::nullopt;
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  if (!regex) return Value::null();
  std::int64_t found = 0;
  Matches matches(*regex, call.bytes(0), byte_of_character(call.bytes(0), *start));
  while (matches.next()) ++found;
  return Value::of_integer(found);
}

/// Group `group` of match `which` from `start` on, without data if there is none.
std::optional<Bytes> nth_match(const Call& call, const Regex& regex, std::int64_t start,
                               std::int64_t which, std::int64_t group) {
  Matches matches(regex, call.bytes(0), byte_of_character(call.bytes(0), start));
  for (std::int64_t number = 1; matches.next(); ++number) {
    if (number != which) continue;
    if (group >= static_cast<std::int64_t>(matches.groups().size())) return std::nullopt;
    const Bytes found = matches.groups()[static_cast<std::size_t>(group)];
    return found.data() == nullptr ? std::nullopt : std::optional(found);
  }
  return std::nullopt;
}
std::optional<std::int64_t> group_argument(const Call& call, std::size_t index) {
  if (index >= call.values.size()) return 0;
  return positive_argument(call, index, "subexpr", 0);
}

Value position(const Call& call) {
  const auto start = positive_argument(call, 2, "start");
  const auto which = start ? positive_argument(call, 3, "n") : std::nullopt;
  if (!which) return Value::null();
  const std::int64_t end_option = call.values.size() > 4 ? call.integer(4) : 0;
  if (end_option != 0 && end_option != 1) {
    return call.fail(ErrorCode::InvalidArgument,
                     "invalid value for parameter \"endoption\": " + std::to_string(end_option));
  }
  const auto group = group_argument(call, 6);
  const auto flags = group ? flags_without_global(call, 5, "regexp_instr") : std::nullopt;
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  if (!regex) return Value::null();
  const auto found = nth_match(call, *regex, *start, *which, *group);
  if (!found) return Value::of_integer(0);
  const char* const place = found->data() + (end_option == 1 ? found->size() : 0);
  return Value::of_integer(characters_before(call.bytes(0), place) + 1);
}

Value part(const Call& call) {
  const auto start = positive_argument(call, 2, "start");
  const auto which = start ? positive_argument(call, 3, "n") : std::nullopt;
  const auto group = which ? group_argument(call, 5) : std::nullopt;
  const auto flags = group ? flags_without_global(call, 4, "regexp_substr") : std::nullopt;
  const auto regex = flags ? regex_argument(call, 1, *flags) : std::nullopt;
  if (!regex) return Value::null();
  const auto found = nth_match(call, *regex, *start, *which, *group);
  return found ? Value::of_bytes(*found) : Value::null();
}

constexpr Oid kText = oid::kText;
constexpr Oid kInt4 = oid::kInt4;
constexpr Oid kTexts = oid::kTextArray;

std::vector<Function> make_rows() {
  const Signature tested = takes(kText, kText).gives(oid::kBool);
  return {
      {"~", tested, kOperator, &test<true, false>, "'abc' ~ 'B'", "f"},
      {"!~", tested, kOperator, &test<false, false>, "'abc' !~ 'b'", "f"},
      {"~*", tested, kOperator, &test<true, true>, "'abc' ~* 'B'", "t"},
      {"!~*", tested, kOperator, &test<false, true>, "'abc' !~* 'd'", "t"},
      {"regexp_like", tested, 0, &like, "regexp_like('abc', 'b')", "t"},
      {"regexp_like", takes(kText, kText, kText).gives(oid::kBool), 0, &like,
       "regexp_like('abc', 'B', 'i')", "t"},
      {"regexp_match", takes(kText, kText).gives(kTexts), 0, &first_match,
       "regexp_match('foobarbequebaz', '(bar)(beque)')", "{bar,beque}"},
      {"regexp_match", takes(kText, kText, kText).gives(kTexts), 0, &first_match,
       "regexp_match('ABC', 'b', 'i')", "{B}"},
      {"regexp_matches", takes(kText, kText).gives(kTexts), kReturnsSet, nullptr,
       "array(SELECT regexp_matches('abab', 'a(b)'))", "{{b}}", match_rows},
      {"regexp_matches", takes(kText, kText, kText).gives(kTexts), kReturnsSet, nullptr,
       "(SELECT count(*) FROM regexp_matches('abab', 'a(b)', 'g'))", "2", match_rows},
      {"substring", takes(kText, kText).gives(kText), 0, &substring_of,
       "substring('Thomas' from '...$')", "mas"},
      {"substring", takes(kText, kText, kText).gives(kText), 0, &substring_similar,
       "substring('foobar' similar '%#\"o_b#\"%' escape '#')", "oob"},
      {"similar_to_escape", takes(kText).gives(kText), 0, &similar_to_escape,
       "'abc' SIMILAR TO '%(b|d)%'", "t"},
      {"similar_to_escape", takes(kText, kText).gives(kText), 0, &similar_to_escape,
       "'a_c' SIMILAR TO 'a#_c' ESCAPE '#'", "t"},
      {"regexp_replace", takes(kText, kText, kText).gives(kText), 0, &replace,
       "regexp_replace('Thomas', '.[mN]a.', 'M')", "ThM"},
      {"regexp_replace", takes(kText, kText, kText, kText).gives(kText), 0, &replace,
       "regexp_replace('foobarbaz', 'b(..)', 'X\\1Y', 'g')", "fooXarYXazY"},
      {"regexp_replace", takes(kText, kText, kText, kInt4).gives(kText), 0, &replace_from,
       "regexp_replace('aaa', 'a', 'X', 2)", "aXa"},
      {"regexp_replace", takes(kText, kText, kText, kInt4, kInt4).gives(kText), 0, &replace_from,
       "regexp_replace('aaa', 'a', 'X', 1, 3)", "aaX"},
      {"regexp_replace", takes(kText, kText, kText, kInt4, kInt4, kText).gives(kText), 0,
       &replace_from, "regexp_replace('aAa', 'A', 'X', 1, 0, 'i')", "XXX"},
      {"regexp_split_to_array", takes(kText, kText).gives(kTexts), 0, &split_to_array,
       "regexp_split_to_array('hello world', '\\s+')", "{hello,world}"},
      {"regexp_split_to_array", takes(kText, kText, kText).gives(kTexts), 0, &split_to_array,
       "regexp_split_to_array('aXb', 'x', 'i')", "{a,b}"},
      {"regexp_split_to_table", takes(kText, kText).gives(kText), kReturnsSet, nullptr,
       "array(SELECT regexp_split_to_table('hello world', '\\s+'))", "{hello,world}",
       split_to_table},
      {"regexp_split_to_table", takes(kText, kText, kText).gives(kText), kReturnsSet, nullptr,
       "array(SELECT regexp_split_to_table('aXb', 'x', 'i'))", "{a,b}", split_to_table},
      {"regexp_count", takes(kText, kText).gives(kInt4), 0, &count, "regexp_count('abcb', 'b')",
       "2"},
      {"regexp_count", takes(kText, kText, kInt4).gives(kInt4), 0, &count,
       "regexp_count('abcb', 'b', 3)", "1"},
      {"regexp_count", takes(kText, kText, kInt4, kText).gives(kInt4), 0, &count,
       "regexp_count('aBcb', 'B', 1, 'i')", "2"},
      {"regexp_instr", takes(kText, kText).gives(kInt4), 0, &position, "regexp_instr('abcb', 'b')",
       "2"},
      {"regexp_instr", takes(kText, kText, kInt4).gives(kInt4), 0, &position,
       "regexp_instr('abcb', 'b', 3)", "4"},
      {"regexp_instr", takes(kText, kText, kInt4, kInt4).gives(kInt4), 0, &position,
       "regexp_instr('abcb', 'b', 1, 2)", "4"},
      {"regexp_instr", takes(kText, kText, kInt4, kInt4, kInt4).gives(kInt4), 0, &position,
       "regexp_instr('abcb', 'b', 1, 1, 1)", "3"},
      {"regexp_instr", takes(kText, kText, kInt4, kInt4, kInt4, kText).gives(kInt4), 0, &position,
       "regexp_instr('abcb', 'B', 1, 1, 0, 'i')", "2"},
      {"regexp_instr", takes(kText, kText, kInt4, kInt4, kInt4, kText, kInt4).gives(kInt4), 0,
       &position, "regexp_instr('abcb', 'a(b)', 1, 1, 0, '', 1)", "2"},
      {"regexp_substr", takes(kText, kText).gives(kText), 0, &part, "regexp_substr('abcb', 'b.')",
       "bc"},
      {"regexp_substr", takes(kText, kText, kInt4).gives(kText), 0, &part,
       "regexp_substr('abcb', '.', 3)", "c"},
      {"regexp_substr", takes(kText, kText, kInt4, kInt4).gives(kText), 0, &part,
       "regexp_substr('abcb', '.', 1, 3)", "c"},
      {"regexp_substr", takes(kText, kText, kInt4, kInt4, kText).gives(kText), 0, &part,
       "regexp_substr('abcb', 'B', 1, 1, 'i')", "b"},
      {"regexp_substr", takes(kText, kText, kInt4, kInt4, kText, kInt4).gives(kText), 0, &part,
       "regexp_substr('abcb', 'a(b)', 1, 1, '', 1)", "b"},
  };
}

}  // namespace

std::span<const Function> regex_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
