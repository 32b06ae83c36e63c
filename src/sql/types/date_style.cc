#include "sql/types/date_style.h"

#include <cstdlib>
#include <optional>

#include "base/calendar.h"
#include "base/date_time_names.h"
#include "base/date_time_text.h"
#include "base/text.h"
#include "sql/types/date_time_value.h"

namespace latchkey::sql {

namespace {

Error bad_style(std::string_view text, std::string detail) {
  return Error(ErrorCode::InvalidArgument,
               "invalid value for parameter \"DateStyle\": \"" + std::string(text) + "\"")
      .with_detail(std::move(detail));
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Dates.

void append_number(std::string& out, std::int64_t number, std::size_t width, char behind) {
  append_padded(out, number, width);
  if (behind != '\0') out.push_back(behind);
}

std::int64_t shown_year(CivilDate date) {
  return date.year > 0 ? date.year : 1 - std::int64_t{date.year};
}

/// 01/08/1999, 08.01.1999 or 01-08-1999.
void append_numbers(std::string& out, CivilDate date, const TextSettings& settings) {
  const char separator = settings.date_style == DateStyle::Sql      ? '/'
                         : settings.date_style == DateStyle::German ? '.'
                                                                    : '-';
  const bool day_first =
      settings.date_style == DateStyle::German || settings.date_order == DateOrder::DayMonthYear;
  append_number(out, day_first ? date.day : date.month, 2, separator);
  append_number(out, day_first ? date.month : date.day, 2, separator);
  append_number(out, shown_year(date), 4, '\0');
}

void append_clock(std::string& out, const ClockTime& time) {
  append_number(out, time.hour, 2, ':');
  append_number(out, time.minute, 2, ':');
  append_number(out, time.second, 2, '\0');
  append_fraction(out, time.microsecond);
}

/// "Wed Dec 17 07:37:16 1997", or with the numbers of the style.
void append_moment(std::string& out, const CivilDateTime& civil, const TextSettings& settings) {
  if (settings.date_style != DateStyle::Postgres) {
    append_numbers(out, civil.date, settings);
    out.push_back(' ');
    append_clock(out, civil.time);
    return;
  }
  const auto day = static_cast<std::size_t>(weekday_of_julian(julian_day(civil.date)));
  const Bytes month =
      kMonthNames[static_cast<std::size_t>(civil.date.month - 1)].substr(0, kShortNameBytes);
  out += kDayNames[day].substr(0, kShortNameBytes);
  out.push_back(' ');
  if (settings.date_order == DateOrder::DayMonthYear) {
    append_number(out, civil.date.day, 2, ' ');
    out += month;
  } else {
    out += month;
    out.push_back(' ');
    append_padded(out, civil.date.day, 2);
  }
  out.push_back(' ');
  append_clock(out, civil.time);
  out.push_back(' ');
  append_padded(out, shown_year(civil.date), 4);
}

void append_era(std::string& out, CivilDate date) {
  if (date.year <= 0) out += " BC";
}

bool append_date_in_style(Oid type, const Value& value, const TextSettings& settings,
                          std::string& out) {
  if (type == oid::kDate) {
    const Date date = date_time::get<Date>(value);
    if (!date.is_finite()) return false;
    const CivilDate civil = civil_from_date(date);
    append_numbers(out, civil, settings);
    append_era(out, civil);
    return true;
  }
  if (type == oid::kTimestamp) {
    const Timestamp timestamp = date_time::get<Timestamp>(value);
    if (!timestamp.is_finite()) return false;
    const CivilDateTime civil = civil_from_micros(timestamp.microseconds);
    append_moment(out, civil, settings);
    append_era(out, civil.date);
    return true;
  }
  if (type != oid::kTimestamptz) return false;
  const TimestampTz timestamp = date_time::get<TimestampTz>(value);
  if (!timestamp.is_finite()) return false;
  const ZonedClock clock = clock_in_zone(timestamp, date_time::zone_of(settings));
  append_moment(out, clock.civil, settings);
  out.push_back(' ');
  if (clock.abbreviation.empty())
    append_utc_offset(out, clock.utc_offset_seconds);
  else
    out += clock.abbreviation;
  append_era(out, clock.civil.date);
  return true;
}

// Intervals.

/// The parts of an interval as they are shown.
struct Parts {
  std::int64_t years;
  std::int64_t months;
  std::int64_t days;
  ClockTime time;

  explicit Parts(const Interval& interval)
      : years(interval.months / kMonthsPerYear),
        months(interval.months % kMonthsPerYear),
        days(interval.days),
        time(clock_from_micros(interval.microseconds)) {}
  bool has_months() const { return years != 0 || months != 0; }
  bool has_time() const {
    return time.hour != 0 || time.minute != 0 || time.second != 0 || time.microsecond != 0;
  }
  bool is_time_negative() const {
    return time.hour < 0 || time.minute < 0 || time.second < 0 || time.microsecond < 0;
  }
};

void append_seconds(std::string& out, const ClockTime& time, std::size_t width) {
  append_padded(out, std::abs(time.second), width);
  append_fraction(out, time.microsecond);
}

/// 3:04:05, without a sign.
void append_hours(std::string& out, const ClockTime& time) {
  out += std::to_string(std::abs(time.hour));
  out.push_back(':');
  append_number(out, std::abs(time.minute), 2, ':');
  append_seconds(out, time, 2);
}

void append_sql_standard(std::string& out, const Interval& interval) {
  const Parts parts(interval);
  const bool has_negative =
      parts.years < 0 || parts.months < 0 || parts.days < 0 || parts.is_time_negative();
  const bool has_positive = parts.years > 0 || parts.months > 0 || parts.days > 0 ||
                            (parts.has_time() && !parts.is_time_negative());
  const bool has_day_time = parts.days != 0 || parts.has_time();
  const auto years = [&] {
    return std::to_string(std::abs(parts.years)) + "-" + std::to_string(std::abs(parts.months));
  };
  if (!has_negative && !has_positive) {
    out += "0";
    return;
  }
  if ((has_negative && has_positive) || (parts.has_months() && has_day_time)) {
    // Signs stand before all three, so that nothing is left to guess.
    out += (interval.months < 0 ? "-" : "+") + years() + " ";
    out += (parts.days < 0 ? "-" : "+") + std::to_string(std::abs(parts.days)) + " ";
    out.push_back(parts.is_time_negative() ? '-' : '+');
    append_hours(out, parts.time);
    return;
  }
  if (has_negative) out.push_back('-');
  if (parts.has_months()) {
    out += years();
    return;
  }
  if (parts.days != 0) out += std::to_string(std::abs(parts.days)) + " ";
  append_hours(out, parts.time);
}

void append_iso8601(std::string& out, const Interval& interval) {
  const Parts parts(interval);
  if (!parts.has_months() && parts.days == 0 && !parts.has_time()) {
    out += "PT0S";
    return;
  }
  const auto part = [&](std::int64_t number, char unit) {
    if (number == 0) return;
    out += std::to_string(number);
    out.push_back(unit);
  };
  out.push_back('P');
  part(parts.years, 'Y');
  part(parts.months, 'M');
  part(parts.days, 'D');
  if (!parts.has_time()) return;
  out.push_back('T');
  part(parts.time.hour, 'H');
  part(parts.time.minute, 'M');
  if (parts.time.second == 0 && parts.time.microsecond == 0) return;
  if (parts.time.second < 0 || parts.time.microsecond < 0) out.push_back('-');
  append_seconds(out, parts.time, 1);
  out.push_back('S');
}

/// "@ 1 year 2 mons 3 days ago": the first part decides about "ago".
void append_verbose(std::string& out, const Interval& interval) {
  const Parts parts(interval);
  bool is_first = true;
  bool is_ago = false;
  const auto part = [&](std::int64_t number, const char* unit) {
    if (number == 0) return;
    if (is_first) is_ago = number < 0;
    const std::int64_t shown = is_ago ? -number : number;
    out += " " + std::to_string(shown) + " " + unit + (shown == 1 ? "" : "s");
    is_first = false;
  };
  out.push_back('@');
  part(parts.years, "year");
  part(parts.months, "mon");
  part(parts.days, "day");
  part(parts.time.hour, "hour");
  part(parts.time.minute, "min");
  const ClockTime& time = parts.time;
  if (time.second != 0 || time.microsecond != 0) {
    const bool is_negative = time.second < 0 || time.microsecond < 0;
    if (is_first) is_ago = is_negative;
    out.push_back(' ');
    if (is_negative != is_ago) out.push_back('-');
    append_seconds(out, time, 1);
    out += std::abs(time.second) == 1 && time.microsecond == 0 ? " sec" : " secs";
    is_first = false;
  }
  if (is_first) out += " 0";
  if (is_ago) out += " ago";
}

}  // namespace

Result<DateSettings> DateSettings::parse(std::string_view text, std::string_view before) {
  DateSettings settings;
  if (!before.empty()) {
    LK_TRY(settings, parse(before, {}));
  }
  std::optional<DateStyle> style;
  std::optional<DateOrder> order;
  bool is_conflict = false;
  const auto note = [&](auto& known, auto value) {
    is_conflict = is_conflict || (known.has_value() && *known != value);
    known = value;
  };
  std::string_view rest = text;
  for (;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string word = to_lower(trimmed(rest.substr(0, comma)));
    if (word == "iso") {
      note(style, DateStyle::Iso);
    } else if (word == "sql") {
      note(style, DateStyle::Sql);
    } else if (word.starts_with("postgres")) {
      note(style, DateStyle::Postgres);
    } else if (word == "german") {
      note(style, DateStyle::German);
    } else if (word == "ymd") {
      note(order, DateOrder::YearMonthDay);
    } else if (word == "dmy" || word.starts_with("euro")) {
      note(order, DateOrder::DayMonthYear);
    } else if (word == "mdy" || word == "us" || word.starts_with("noneuro")) {
      note(order, DateOrder::MonthDayYear);
    } else if (word == "default") {
      if (!style) style = DateStyle::Iso;
      if (!order) order = DateOrder::MonthDayYear;
    } else {
      return bad_style(text, "Unrecognized key word: \"" + word + "\".");
    }
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  if (is_conflict) return bad_style(text, "Conflicting \"datestyle\" specifications.");
  if (style) settings.style = *style;
  if (style == DateStyle::German && !order) order = DateOrder::DayMonthYear;
  if (order) settings.order = *order;
  return settings;
}

std::string DateSettings::text() const {
  constexpr const char* kStyles[] = {"ISO", "SQL", "Postgres", "German"};
  constexpr const char* kOrders[] = {"MDY", "DMY", "YMD"};
  return std::string(kStyles[static_cast<std::size_t>(style)]) + ", " +
         kOrders[static_cast<std::size_t>(order)];
}

IntervalStyle interval_style_of(std::string_view text) {
  if (text == "postgres_verbose") return IntervalStyle::PostgresVerbose;
  if (text == "sql_standard") return IntervalStyle::SqlStandard;
  if (text == "iso_8601") return IntervalStyle::Iso8601;
  return IntervalStyle::Postgres;
}

bool append_in_style(Oid type, const Value& value, const TextSettings& settings, std::string& out) {
  if (type != oid::kInterval) {
    return settings.date_style != DateStyle::Iso &&
           append_date_in_style(type, value, settings, out);
  }
  const Interval interval = date_time::get<Interval>(value);
  switch (settings.interval_style) {
    case IntervalStyle::Postgres:
      return false;
    case IntervalStyle::PostgresVerbose:
      append_verbose(out, interval);
      return true;
    case IntervalStyle::SqlStandard:
      append_sql_standard(out, interval);
      return true;
    case IntervalStyle::Iso8601:
      append_iso8601(out, interval);
      return true;
  }
  return false;
}

}  // namespace latchkey::sql
