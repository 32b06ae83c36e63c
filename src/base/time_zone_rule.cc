#include "base/time_zone_rule.h"

#include <algorithm>

#include "base/calendar.h"

namespace latchkey {

namespace {

// Of a text without rules: those of the United States since 2007.
constexpr Bytes kDefaultRules = "M3.2.0,M11.1.0";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads a text from its front. Each function leaves the text after what it has read.
class Reader {
 public:
  explicit Reader(Bytes text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  struct Limits {
    std::int32_t min;
    std::int32_t max;
  };
  std::optional<std::int32_t> number(Limits limits) {
    if (at_end() || !is_digit(rest_.front())) return std::nullopt;
    std::int32_t value = 0;
    for (; !at_end() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
      value = value * 10 + (rest_.front() - '0');
      if (value > limits.max) return std::nullopt;
    }
    if (value < limits.min) return std::nullopt;
    return value;
  }

  /// [+-]hours[:minutes[:seconds]] as seconds.
  std::optional<std::int32_t> duration() {
    constexpr std::int32_t kHoursMax = 24 * 7 - 1;
    const bool negative = take('-');
    if (!negative) take('+');
    const auto hours = number({0, kHoursMax});
    if (!hours) return std::nullopt;
    std::int32_t seconds = *hours * 3'600;
    if (take(':')) {
      const auto minutes = number({0, 59});
      if (!minutes) return std::nullopt;
      seconds += *minutes * 60;
      if (take(':')) {
        const auto last = number({0, 60});
        if (!last) return std::nullopt;
        seconds += *last;
      }
    }
    return negative ? -seconds : seconds;
  }

  /// A name, in angle brackets if it is more than letters.
  std::optional<std::string> name() {
    const bool quoted = take('<');
    const auto ends = [quoted](char c) {
      return quoted ? c == '>' : is_digit(c) || c == ',' || c == '-' || c == '+';
    };
    const auto end = std::find_if(rest_.begin(), rest_.end(), ends);
    std::string found(rest_.begin(), end);
    rest_.remove_prefix(found.size());
    if (quoted && !take('>')) return std::nullopt;
    return found;
  }

  std::optional<YearlyMoment> yearly_moment() {
    YearlyMoment moment;
    std::optional<std::int32_t> day;
    if (take('J')) {
      moment.kind = YearlyMoment::Kind::DayWithoutLeap;
      day = number({1, 365});
    } else if (take('M')) {
      const auto month = number({1, 12});
      if (!month || !take('.')) return std::nullopt;
      const auto week = number({1, 5});
      if (!week || !take('.')) return std::nullopt;
      moment.month = *month;
      moment.week = *week;
      day = number({0, 6});
    } else {
      moment.kind = YearlyMoment::Kind::DayWithLeap;
      day = number({0, 365});
    }
    if (!day) return std::nullopt;
    moment.day = *day;
    if (take('/')) {
      const auto seconds = duration();
      if (!seconds) return std::nullopt;
      moment.seconds = *seconds;
    }
    return moment;
  }

 private:
  Bytes rest_;
};

std::int64_t day_of_week_in_month(const YearlyMoment& moment, std::int64_t year) {
  const CivilDate first{static_cast<std::int32_t>(year), moment.month, 1};
  const int weekday_of_first = weekday_of_julian(julian_day(first));
  int day = (moment.day - weekday_of_first + 7) % 7;
  for (int week = 1; week < moment.week; ++week) {
    if (day + 7 >= days_of_month(year, moment.month)) break;
    day += 7;
  }
  return julian_day(first) + day;
}

}  // namespace

std::int64_t YearlyMoment::in_year(std::int64_t year) const {
  const std::int64_t new_year = julian_day({static_cast<std::int32_t>(year), 1, 1});
  std::int64_t julian = 0;
  switch (kind) {
    case Kind::MonthWeekDay:
      julian = day_of_week_in_month(*this, year);
      break;
    case Kind::DayWithoutLeap:
      julian = new_year + day - 1 + (is_leap_year(year) && day >= 60 ? 1 : 0);
      break;
    case Kind::DayWithLeap:
      julian = new_year + day;
      break;
  }
  return (julian - kJulianOfUnixEpoch) * kSecondsPerDay + seconds;
}

DaylightRule::Changes DaylightRule::changes_in_year(std::int64_t year) const {
  const Change to_daylight{begin.in_year(year) - standard_offset_seconds, true};
  const Change to_standard{end.in_year(year) - daylight_offset_seconds, false};
  if (to_standard.at < to_daylight.at) return {{to_standard, to_daylight}, 2};
  const std::int64_t year_seconds = (is_leap_year(year) ? 366 : 365) * kSecondsPerDay;
  const std::int64_t jump = daylight_offset_seconds - standard_offset_seconds;
  const std::int64_t length = to_standard.at - to_daylight.at;
  if (length == 0 || length >= year_seconds + jump) return {};
  return {{to_daylight, to_standard}, 2};
}

bool DaylightRule::changes_ever() const {
  // The calendar repeats after 400 years, so these show all that can happen.
  constexpr std::int64_t kYearFirst = 1770;
  for (std::int64_t year = kYearFirst; year < kYearFirst + 400; ++year) {
    if (changes_in_year(year).count != 0) return true;
  }
  return false;
}

std::optional<PosixZone> parse_posix_zone(Bytes text) {
  Reader reader(text);
  PosixZone zone;
  const auto standard_name = reader.name();
  if (!standard_name) return std::nullopt;
  const auto standard_west = reader.duration();
  if (!standard_west) return std::nullopt;
  zone.standard = {*standard_name, -*standard_west};
  if (reader.at_end()) return zone;

  const auto daylight_name = reader.name();
  if (!daylight_name || daylight_name->empty()) return std::nullopt;
  zone.daylight = {*daylight_name, zone.standard.utc_offset_seconds + 3'600};
  const auto rules_follow = [&reader] { return reader.take(',') || reader.take(';'); };
  bool has_rules = rules_follow();
  if (!has_rules && !reader.at_end()) {
    const auto daylight_west = reader.duration();
    if (!daylight_west) return std::nullopt;
    zone.daylight->utc_offset_seconds = -*daylight_west;
    has_rules = rules_follow();
  }
  if (!has_rules && !reader.at_end()) return std::nullopt;
  if (!has_rules) reader = Reader(kDefaultRules);

  const auto begin = reader.yearly_moment();
  if (!begin || !reader.take(',')) return std::nullopt;
  const auto end = reader.yearly_moment();
  if (!end || !reader.at_end()) return std::nullopt;
  zone.rule = DaylightRule{*begin, *end, zone.standard.utc_offset_seconds,
                           zone.daylight->utc_offset_seconds};
  return zone;
}

}  // namespace latchkey
