#include "sql/cron/schedule.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace latchkey::sql::cron {

namespace {

struct Range {
  int low;
  int high;
  std::span<const std::string_view> names;
};

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::vector<std::string> words_of(Bytes text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (c == ' ' || c == '\t') {
      if (!word.empty()) words.push_back(std::exchange(word, {}));
    } else {
      word += to_lower(c);
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

std::optional<int> number_of(std::string_view word, const Range& range) {
  constexpr std::size_t kDigitsMax = 2;
  for (std::size_t i = 0; i < range.names.size(); ++i) {
    if (word == range.names[i]) return range.low + static_cast<int>(i);
  }
  if (word.empty() || word.size() > kDigitsMax) return {};
  int number = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return {};
    number = number * 10 + (c - '0');
  }
  if (number < range.low || number > range.high) return {};
  return number;
}

/// A list of values, ranges a-b and steps */n as bits.
std::optional<std::uint64_t> bits_of(std::string_view field, const Range& range) {
  std::uint64_t bits = 0;
  while (true) {
    const std::size_t comma = field.find(',');
    std::string_view part = field.substr(0, comma);
    int step = 1;
    if (const std::size_t slash = part.find('/'); slash != std::string_view::npos) {
      const auto given = number_of(part.substr(slash + 1), {1, 99, {}});
      if (!given.has_value()) return {};
      step = *given;
      part = part.substr(0, slash);
    }
    int low = range.low;
    int high = range.high;
    if (part != "*") {
      const std::size_t dash = part.find('-');
      const auto first = number_of(part.substr(0, dash), range);
      if (!first.has_value()) return {};
      low = *first;
      high = step > 1 ? range.high : low;
      if (dash != std::string_view::npos) {
        const auto last = number_of(part.substr(dash + 1), range);
        if (!last.has_value() || *last < low) return {};
        high = *last;
      }
    }
    for (int i = low; i <= high; i += step) bits |= std::uint64_t{1} << i;
    if (comma == std::string_view::npos) return bits;
    field = field.substr(comma + 1);
  }
}

std::string_view expanded(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> kShorthands[] = {
      {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
      {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
      {"@hourly", "0 * * * *"},
  };
  for (const auto& [name, meaning] : kShorthands) {
    if (word == name) return meaning;
  }
  return word;
}

}  // namespace

std::optional<Schedule> Schedule::parse(Bytes text) {
  Schedule schedule;
  std::vector<std::string> words = words_of(text);
  constexpr int kSecondsMax = 59;
  if (words.size() == 2 && (words[1] == "seconds" || words[1] == "second")) {
    const auto seconds = number_of(words[0], {1, kSecondsMax, {}});
    if (!seconds.has_value()) return {};
    schedule.interval_seconds_ = *seconds;
    return schedule;
  }
  if (words.size() == 1) words = words_of(expanded(words[0]));
  constexpr std::size_t kFields = 5;
  if (words.size() != kFields) return {};
  constexpr int kSundayAgain = 7;
  const auto minutes = bits_of(words[0], {0, 59, {}});
  const auto hours = bits_of(words[1], {0, 23, {}});
  schedule.last_day_ = words[2] == "$";
  const auto days =
      schedule.last_day_ ? std::optional<std::uint64_t>(0) : bits_of(words[2], {1, 31, {}});
  const auto months = bits_of(words[3], {1, 12, kMonths});
  auto weekdays = bits_of(words[4], {0, kSundayAgain, kWeekdays});
  if (!minutes || !hours || !days || !months || !weekdays) return {};
  if ((*weekdays & (std::uint64_t{1} << kSundayAgain)) != 0) *weekdays |= 1;
  schedule.minutes_ = *minutes;
  schedule.hours_ = *hours;
  schedule.days_ = *days;
  schedule.months_ = *months;
  schedule.weekdays_ = *weekdays;
  schedule.any_day_ = words[2].starts_with('*');
  schedule.any_weekday_ = words[4].starts_with('*');
  return schedule;
}

bool Schedule::matches(std::int64_t minute_ms) const {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(minute_ms)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(floor<minutes>(at - day));
  const auto has = [](std::uint64_t bits, unsigned value) { return (bits >> value & 1) != 0; };
  if (!has(minutes_, static_cast<unsigned>(time.minutes().count())) ||
      !has(hours_, static_cast<unsigned>(time.hours().count())) ||
      !has(months_, static_cast<unsigned>(date.month()))) {
    return false;
  }
  const bool is_day =
      last_day_ ? date.day() == year_month_day_last(date.year(), month_day_last(date.month())).day()
                : has(days_, static_cast<unsigned>(date.day()));
  const bool is_weekday = has(weekdays_, weekday(day).c_encoding());
  // As cron has it: of two restrictions either will do.
  if (any_day_ || any_weekday_) return is_day && is_weekday;
  return is_day || is_weekday;
}

}  // namespace latchkey::sql::cron
