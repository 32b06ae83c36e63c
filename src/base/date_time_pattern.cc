#include "base/date_time_pattern.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/date_time_fields.h"
#include "base/text.h"

namespace latchkey {

namespace {

enum class Spelling : std::uint8_t {
  UpperOrLower,
  Name,  // also with a capital letter only
};

struct Row {
  Bytes name;
  PatternKey key;
  DateConvention convention;
  bool is_digits;
  Spelling spelling = Spelling::UpperOrLower;
};

constexpr DateConvention kNone = DateConvention::None;
constexpr DateConvention kGregorian = DateConvention::Gregorian;
constexpr DateConvention kIsoWeek = DateConvention::IsoWeek;

// Of names that begin alike the longer stands first.
constexpr std::array kRows = {
    Row{"A.D.", PatternKey::EraWithDots, kNone, false},
    Row{"A.M.", PatternKey::HalfDayWithDots, kNone, false},
    Row{"AD", PatternKey::Era, kNone, false},
    Row{"AM", PatternKey::HalfDay, kNone, false},
    Row{"B.C.", PatternKey::EraWithDots, kNone, false},
    Row{"BC", PatternKey::Era, kNone, false},
    Row{"CC", PatternKey::Century, kNone, true},
    Row{"DAY", PatternKey::DayName, kNone, false, Spelling::Name},
    Row{"DDD", PatternKey::DayOfYear, kGregorian, true},
    Row{"DD", PatternKey::DayOfMonth, kGregorian, true},
    Row{"DY", PatternKey::DayShort, kNone, false, Spelling::Name},
    Row{"D", PatternKey::DayOfWeek, kGregorian, true},
    Row{"FF1", PatternKey::Fraction1, kNone, true},
    Row{"FF2", PatternKey::Fraction2, kNone, true},
    Row{"FF3", PatternKey::Fraction3, kNone, true},
    Row{"FF4", PatternKey::Fraction4, kNone, true},
    Row{"FF5", PatternKey::Fraction5, kNone, true},
    Row{"FF6", PatternKey::Fraction6, kNone, true},
    Row{"FX", PatternKey::FixedWidth, kNone, false},
    Row{"HH24", PatternKey::Hour24, kNone, true},
    Row{"HH12", PatternKey::Hour12, kNone, true},
    Row{"HH", PatternKey::Hour12, kNone, true},
    Row{"IDDD", PatternKey::IsoDayOfYear, kIsoWeek, true},
    Row{"ID", PatternKey::IsoDayOfWeek, kIsoWeek, true},
    Row{"IW", PatternKey::IsoWeek, kIsoWeek, true},
    Row{"IYYY", PatternKey::IsoYear4, kIsoWeek, true},
    Row{"IYY", PatternKey::IsoYear3, kIsoWeek, true},
    Row{"IY", PatternKey::IsoYear2, kIsoWeek, true},
    Row{"I", PatternKey::IsoYear1, kIsoWeek, true},
    Row{"J", PatternKey::Julian, kNone, true},
    Row{"MI", PatternKey::Minute, kNone, true},
    Row{"MM", PatternKey::MonthNumber, kGregorian, true},
    Row{"MONTH", PatternKey::MonthName, kGregorian, false, Spelling::Name},
    Row{"MON", PatternKey::MonthShort, kGregorian, false, Spelling::Name},
    Row{"MS", PatternKey::Milliseconds, kNone, true},
    Row{"OF", PatternKey::Offset, kNone, false},
    Row{"P.M.", PatternKey::HalfDayWithDots, kNone, false},
    Row{"PM", PatternKey::HalfDay, kNone, false},
    Row{"Q", PatternKey::Quarter, kNone, true},
    Row{"RM", PatternKey::RomanMonth, kGregorian, false},
    Row{"SSSSS", PatternKey::SecondOfDay, kNone, true},
    Row{"SSSS", PatternKey::SecondOfDay, kNone, true},
    Row{"SS", PatternKey::Second, kNone, true},
    Row{"TZH", PatternKey::ZoneHours, kNone, false},
    Row{"TZM", PatternKey::ZoneMinutes, kNone, true},
    Row{"TZ", PatternKey::Zone, kNone, false},
    Row{"US", PatternKey::Microseconds, kNone, true},
    Row{"WW", PatternKey::WeekOfYear, kGregorian, true},
    Row{"W", PatternKey::WeekOfMonth, kGregorian, true},
    Row{"Y,YYY", PatternKey::YearWithComma, kGregorian, true},
    Row{"YYYY", PatternKey::Year4, kGregorian, true},
    Row{"YYY", PatternKey::Year3, kGregorian, true},
    Row{"YY", PatternKey::Year2, kGregorian, true},
    Row{"Y", PatternKey::Year1, kGregorian, true},
};

/// How `text`, which is as long as the name, spells it; nothing if it is another word.
std::optional<LetterCase> spelling_of(Bytes text, const Row& row) {
  if (text == row.name) return LetterCase::Upper;
  const auto is_lower_of = [](char c, char upper) { return c == to_lower(upper); };
  if (std::equal(text.begin(), text.end(), row.name.begin(), is_lower_of)) return LetterCase::Lower;
  const bool is_capitalized =
      row.spelling == Spelling::Name && text.front() == row.name.front() &&
      std::equal(text.begin() + 1, text.end(), row.name.begin() + 1, is_lower_of);
  if (is_capitalized) return LetterCase::Capitalized;
  return std::nullopt;
}

std::optional<PatternNode> find_key(Bytes pattern) {
  if (pattern.empty() || !is_letter(pattern.front())) return std::nullopt;
  for (const Row& row : kRows) {
    if (to_upper(pattern.front()) != row.name.front()) continue;
    if (pattern.size() < row.name.size()) continue;
    const Bytes text = pattern.substr(0, row.name.size());
    const std::optional<LetterCase> letters = spelling_of(text, row);
    if (!letters) continue;
    PatternNode node;
    node.kind = PatternNode::Kind::Key;
    node.text = text;
    node.key = row.key;
    node.letters = *letters;
    node.convention = row.convention;
    node.is_digits = row.is_digits;
    return node;
  }
  return std::nullopt;
}

class PatternParser {
 public:
  explicit PatternParser(Bytes pattern) : rest_(pattern) {}

  std::vector<PatternNode> run() && {
    while (!rest_.empty()) {
      if (!take_key()) take_text();
    }
    return std::move(nodes_);
  }

 private:
  bool take(Bytes word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  /// Before a key may stand FM or TM, but not both; after it TH, or SP, which never had a meaning.
  bool take_key() {
    const bool fill_mode = take("FM") || take("fm");
    const bool translated = !fill_mode && (take("TM") || take("tm"));
    std::optional<PatternNode> node = find_key(rest_);
    if (!node) return false;
    rest_.remove_prefix(node->text.size());
    node->fill_mode = fill_mode;
    node->translated = translated;
    if (take("TH")) {
      node->ordinal = Ordinal::Upper;
    } else if (take("th")) {
      node->ordinal = Ordinal::Lower;
    } else {
      take("SP");
    }
    nodes_.push_back(*node);
    return true;
  }

  void take_text() {
    if (rest_.empty()) return;
    if (take("\"")) {
      take_quoted();
      return;
    }
    if (rest_.starts_with("\\\"")) rest_.remove_prefix(1);
    const char first = rest_.front();
    const auto kind = is_separator(first) ? PatternNode::Kind::Separator
                      : is_space(first)   ? PatternNode::Kind::Space
                                          : PatternNode::Kind::Text;
    take_character(kind);
  }

  void take_quoted() {
    while (!rest_.empty() && !take("\"")) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      take_character(PatternNode::Kind::Text);
    }
  }

  void take_character(PatternNode::Kind kind) {
    PatternNode node;
    node.kind = kind;
    node.text = rest_.substr(0, character_bytes(rest_));
    rest_.remove_prefix(node.text.size());
    nodes_.push_back(node);
  }

  Bytes rest_;
  std::vector<PatternNode> nodes_;
};

}  // namespace

std::vector<PatternNode> parse_pattern(Bytes pattern) { return PatternParser(pattern).run(); }

bool is_separator(char c) { return is_punctuation(c); }

std::size_t character_bytes(Bytes text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return std::min(bytes, text.size());
}

}  // namespace latchkey
