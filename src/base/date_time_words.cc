#include "base/date_time_words.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace latchkey {

namespace {

constexpr std::size_t kLettersCompared = 10;

struct DateRow {
  Bytes name;
  DateWord word;
};

consteval DateWord unit(TimeUnit unit) {
  return {DateWordKind::Unit, static_cast<std::int32_t>(unit)};
}
consteval DateWord month(std::int32_t month) { return {DateWordKind::Month, month}; }
consteval DateWord weekday(std::int32_t weekday) { return {DateWordKind::Weekday, weekday}; }
consteval DateWord word(DateWordKind kind, std::int32_t value = 0) { return {kind, value}; }

constexpr std::array kDateRows = {
    DateRow{"-infinity", word(DateWordKind::MinusInfinity)},
    DateRow{"ad", word(DateWordKind::Era, 0)},
    DateRow{"allballs", word(DateWordKind::MidnightUtc)},
    DateRow{"am", word(DateWordKind::HalfOfDay, 0)},
    DateRow{"apr", month(4)},
    DateRow{"april", month(4)},
    DateRow{"at", word(DateWordKind::Ignored)},
    DateRow{"aug", month(8)},
    DateRow{"august", month(8)},
    DateRow{"bc", word(DateWordKind::Era, 1)},
    DateRow{"d", unit(TimeUnit::Day)},
    DateRow{"dec", month(12)},
    DateRow{"december", month(12)},
    DateRow{"dow", unit(TimeUnit::DayOfWeek)},
    DateRow{"doy", unit(TimeUnit::DayOfYear)},
    DateRow{"dst", word(DateWordKind::Daylight, 3'600)},
    DateRow{"epoch", word(DateWordKind::Epoch)},
    DateRow{"feb", month(2)},
    DateRow{"february", month(2)},
    DateRow{"fri", weekday(5)},
    DateRow{"friday", weekday(5)},
    DateRow{"h", unit(TimeUnit::Hour)},
    DateRow{"infinity", word(DateWordKind::Infinity)},
    DateRow{"isodow", unit(TimeUnit::IsoDayOfWeek)},
    DateRow{"isoyear", unit(TimeUnit::IsoYear)},
    DateRow{"j", unit(TimeUnit::Julian)},
    DateRow{"jan", month(1)},
    DateRow{"january", month(1)},
    DateRow{"jd", unit(TimeUnit::Julian)},
    DateRow{"jul", month(7)},
    DateRow{"julian", unit(TimeUnit::Julian)},
    DateRow{"july", month(7)},
    DateRow{"jun", month(6)},
    DateRow{"june", month(6)},
    DateRow{"m", unit(TimeUnit::Month)},
    DateRow{"mar", month(3)},
    DateRow{"march", month(3)},
    DateRow{"may", month(5)},
    DateRow{"mm", unit(TimeUnit::Minute)},
    DateRow{"mon", weekday(1)},
    DateRow{"monday", weekday(1)},
    DateRow{"nov", month(11)},
    DateRow{"november", month(11)},
    DateRow{"now", word(DateWordKind::Now)},
    DateRow{"oct", month(10)},
    DateRow{"october", month(10)},
    DateRow{"on", word(DateWordKind::Ignored)},
    DateRow{"pm", word(DateWordKind::HalfOfDay, 1)},
    DateRow{"s", unit(TimeUnit::Second)},
    DateRow{"sat", weekday(6)},
    DateRow{"saturday", weekday(6)},
    DateRow{"sep", month(9)},
    DateRow{"sept", month(9)},
    DateRow{"september", month(9)},
    DateRow{"sun", weekday(0)},
    DateRow{"sunday", weekday(0)},
    DateRow{"t", word(DateWordKind::IsoTime)},
    DateRow{"thu", weekday(4)},
    DateRow{"thur", weekday(4)},
    DateRow{"thurs", weekday(4)},
    DateRow{"thursday", weekday(4)},
    DateRow{"today", word(DateWordKind::Today)},
    DateRow{"tomorrow", word(DateWordKind::Tomorrow)},
    DateRow{"tue", weekday(2)},
    DateRow{"tues", weekday(2)},
    DateRow{"tuesday", weekday(2)},
    DateRow{"wed", weekday(3)},
    DateRow{"wednesday", weekday(3)},
    DateRow{"weds", weekday(3)},
    DateRow{"y", unit(TimeUnit::Year)},
    DateRow{"yesterday", word(DateWordKind::Yesterday)},
};

struct IntervalRow {
  Bytes name;
  IntervalWord word;
};

consteval IntervalRow counts(Bytes name, TimeUnit unit) {
  return {name, {IntervalWordKind::Unit, unit}};
}

constexpr std::array kIntervalRows = {
    IntervalRow{"@", {IntervalWordKind::Ignored}},
    IntervalRow{"ago", {IntervalWordKind::Ago}},
    counts("c", TimeUnit::Century),
    counts("cent", TimeUnit::Century),
    counts("centuries", TimeUnit::Century),
    counts("century", TimeUnit::Century),
    counts("d", TimeUnit::Day),
    counts("day", TimeUnit::Day),
    counts("days", TimeUnit::Day),
    counts("dec", TimeUnit::Decade),
    counts("decade", TimeUnit::Decade),
    counts("decades", TimeUnit::Decade),
    counts("decs", TimeUnit::Decade),
    counts("h", TimeUnit::Hour),
    counts("hour", TimeUnit::Hour),
    counts("hours", TimeUnit::Hour),
    counts("hr", TimeUnit::Hour),
    counts("hrs", TimeUnit::Hour),
    counts("m", TimeUnit::Minute),
    counts("microsecon", TimeUnit::Microsecond),
    counts("mil", TimeUnit::Millennium),
    counts("millennia", TimeUnit::Millennium),
    counts("millennium", TimeUnit::Millennium),
    counts("millisecon", TimeUnit::Millisecond),
    counts("mils", TimeUnit::Millennium),
    counts("min", TimeUnit::Minute),
    counts("mins", TimeUnit::Minute),
    counts("minute", TimeUnit::Minute),
    counts("minutes", TimeUnit::Minute),
    counts("mon", TimeUnit::Month),
    counts("mons", TimeUnit::Month),
    counts("month", TimeUnit::Month),
    counts("months", TimeUnit::Month),
    counts("ms", TimeUnit::Millisecond),
    counts("msec", TimeUnit::Millisecond),
    counts("mseconds", TimeUnit::Millisecond),
    counts("msecs", TimeUnit::Millisecond),
    counts("qtr", TimeUnit::Quarter),
    counts("quarter", TimeUnit::Quarter),
    counts("s", TimeUnit::Second),
    counts("sec", TimeUnit::Second),
    counts("second", TimeUnit::Second),
    counts("seconds", TimeUnit::Second),
    counts("secs", TimeUnit::Second),
    counts("timezone", TimeUnit::Zone),
    counts("timezone_h", TimeUnit::ZoneHour),
    counts("timezone_m", TimeUnit::ZoneMinute),
    counts("us", TimeUnit::Microsecond),
    counts("usec", TimeUnit::Microsecond),
    counts("useconds", TimeUnit::Microsecond),
    counts("usecs", TimeUnit::Microsecond),
    counts("w", TimeUnit::Week),
    counts("week", TimeUnit::Week),
    counts("weeks", TimeUnit::Week),
    counts("y", TimeUnit::Year),
    counts("year", TimeUnit::Year),
    counts("years", TimeUnit::Year),
    counts("yr", TimeUnit::Year),
    counts("yrs", TimeUnit::Year),
};

template <typename Rows>
constexpr bool is_sorted_by_name(const Rows& rows) {
  return std::is_sorted(rows.begin(), rows.end(),
                        [](const auto& left, const auto& right) { return left.name < right.name; });
}
static_assert(is_sorted_by_name(kDateRows));
static_assert(is_sorted_by_name(kIntervalRows));

template <typename Rows>
auto find_word(const Rows& rows, Bytes name) -> std::optional<decltype(rows.front().word)> {
  const Bytes compared = name.substr(0, kLettersCompared);
  const auto row =
      std::lower_bound(rows.begin(), rows.end(), compared,
                       [](const auto& left, Bytes right) { return left.name < right; });
  if (row == rows.end() || row->name != compared) return std::nullopt;
  return row->word;
}

}  // namespace

std::optional<DateWord> find_date_word(Bytes word) { return find_word(kDateRows, word); }

std::optional<IntervalWord> find_interval_word(Bytes word) {
  return find_word(kIntervalRows, word);
}

std::optional<TimeUnit> find_unit_to_truncate(Bytes name) {
  const auto found = find_interval_word(to_lower(name.substr(0, kLettersCompared)));
  if (!found || found->kind != IntervalWordKind::Unit) return std::nullopt;
  return found->unit;
}

std::optional<TimeUnit> find_field_to_extract(Bytes name) {
  const std::string lower_name = to_lower(name.substr(0, kLettersCompared));
  if (const auto found = find_interval_word(lower_name)) {
    if (found->kind != IntervalWordKind::Unit) return std::nullopt;
    return found->unit;
  }
  const auto found = find_date_word(lower_name);
  if (!found) return std::nullopt;
  switch (found->kind) {
    case DateWordKind::Unit:
      return found->unit();
    case DateWordKind::Epoch:
      return TimeUnit::Epoch;
    case DateWordKind::Now:
    case DateWordKind::Today:
    case DateWordKind::Tomorrow:
    case DateWordKind::Yesterday:
    case DateWordKind::MidnightUtc:
    case DateWordKind::Infinity:
    case DateWordKind::MinusInfinity:
      return TimeUnit::Special;
    default:
      return std::nullopt;
  }
}

}  // namespace latchkey
