#include "base/time_zone.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace latchkey {

namespace {

// A change of a rule lies within a few days of its year; a rule that has no change in common years
// has one in the next leap year, which is at most eight years away.
constexpr std::int64_t kYearsBetweenChangesMax = 9;

// Clocks are at most a day off UTC and do not change twice within two days, as in PostgreSQL.
constexpr std::int64_t kSearchSecondsBefore = kSecondsPerDay;

std::int64_t year_of(std::int64_t unix_seconds) {
  return civil_from_julian(floor_divide(unix_seconds, kSecondsPerDay) + kJulianOfUnixEpoch).year;
}

/// Changes after `unix_seconds`, if any, start where this points.
auto first_after(const std::vector<ZoneHistory::Change>& changes, std::int64_t unix_seconds) {
  return std::upper_bound(
      changes.begin(), changes.end(), unix_seconds,
      [](std::int64_t moment, const ZoneHistory::Change& change) { return moment < change.at; });
}

}  // namespace

TimeZone::TimeZone(std::string name, ZoneHistory history)
    : name_(std::move(name)), history_(std::move(history)) {
  LK_ASSERT(!history_.types.empty());
  LK_ASSERT(history_.first_type < history_.types.size());
  for (const Change& change : history_.changes) LK_ASSERT(change.type < history_.types.size());
  LK_ASSERT(!history_.rule || history_.types.size() >= 2);
}

const TimeZone& TimeZone::utc() {
  static const TimeZone zone("UTC", ZoneHistory::unchanging({0, false, "UTC"}));
  return zone;
}

TimeZone::Change TimeZone::as_listed(const DaylightRule::Change& change) const {
  const std::size_t type = history_.types.size() - (change.to_daylight ? 1 : 2);
  return {change.at, static_cast<std::uint8_t>(type)};
}

std::optional<TimeZone::Change> TimeZone::last_change_of_rule(std::int64_t unix_seconds) const {
  if (!history_.rule || !is_after_list(unix_seconds)) return std::nullopt;
  const std::int64_t year = year_of(unix_seconds);
  std::optional<Change> last;
  for (std::int64_t back = -1; back <= kYearsBetweenChangesMax; ++back) {
    for (const DaylightRule::Change& change : history_.rule->changes_in_year(year - back)) {
      if (change.at > unix_seconds || !is_after_list(change.at)) continue;
      // Of two at the same moment the one of the later year comes after the other.
      if (!last || change.at > last->at) last = as_listed(change);
    }
    if (last && back >= 1) break;
  }
  return last;
}

std::optional<TimeZone::Change> TimeZone::next_change_of_rule(std::int64_t unix_seconds) const {
  if (!history_.rule) return std::nullopt;
  std::int64_t after = unix_seconds;
  if (!is_after_list(after)) after = history_.changes.back().at;
  const std::int64_t year = year_of(after);
  std::optional<Change> next;
  for (std::int64_t forth = -1; forth <= kYearsBetweenChangesMax; ++forth) {
    for (const DaylightRule::Change& change : history_.rule->changes_in_year(year + forth)) {
      if (change.at <= after) continue;
      if (!next || change.at < next->at) next = as_listed(change);
    }
    if (next && forth >= 1) break;
  }
  return next;
}

std::uint8_t TimeZone::type_index_at(std::int64_t unix_seconds) const {
  if (const auto change = last_change_of_rule(unix_seconds)) return change->type;
  const auto after = first_after(history_.changes, unix_seconds);
  return after == history_.changes.begin() ? history_.first_type : std::prev(after)->type;
}

const ZoneType& TimeZone::type_at(std::int64_t unix_seconds) const {
  return history_.types[type_index_at(unix_seconds)];
}

std::optional<TimeZone::Change> TimeZone::next_change(std::int64_t unix_seconds) const {
  const auto after = first_after(history_.changes, unix_seconds);
  if (after != history_.changes.end()) return *after;
  return next_change_of_rule(unix_seconds);
}

TimeZone::Reading TimeZone::read(const CivilDateTime& clock) const {
  // As in PostgreSQL a date that cannot be counted is read as UTC; who asked then finds it out of
  // range.
  if (!is_countable(clock.date)) return {};
  const std::int64_t days = julian_day(clock.date) - kJulianOfUnixEpoch;
  const std::int64_t local = days * kSecondsPerDay + clock.time.seconds();

  const std::int64_t begin = local - kSearchSecondsBefore;
  const std::int32_t before = type_at(begin).utc_offset_seconds;
  const Reading reading_before{local - before, before};
  const auto change = next_change(begin);
  if (!change) return reading_before;
  const std::int32_t after = history_.types[change->type].utc_offset_seconds;
  const Reading reading_after{local - after, after};

  const bool may_be_before = reading_before.unix_seconds < change->at;
  const bool may_be_after = reading_after.unix_seconds >= change->at;
  if (may_be_before && !may_be_after) return reading_before;
  if (may_be_after && reading_before.unix_seconds > change->at) return reading_after;
  return reading_before.unix_seconds > reading_after.unix_seconds ? reading_before : reading_after;
}

std::optional<std::int32_t> TimeZone::only_offset() const {
  const std::int32_t offset = history_.types.front().utc_offset_seconds;
  for (const ZoneType& type : history_.types) {
    if (type.utc_offset_seconds != offset) return std::nullopt;
  }
  return offset;
}

std::optional<std::int32_t> TimeZone::offset_of_abbreviation(Bytes abbreviation,
                                                             std::int64_t unix_seconds) const {
  const auto uses = [&](const Change& change) {
    return history_.types[change.type].abbreviation == abbreviation;
  };
  const auto offset = [&](const Change& change) {
    return history_.types[change.type].utc_offset_seconds;
  };
  // Two changes of a rule in either direction show both of its types.
  auto change = last_change_of_rule(unix_seconds);
  for (int seen = 0; change && seen < 2; ++seen) {
    if (uses(*change)) return offset(*change);
    change = last_change_of_rule(change->at - 1);
  }
  const auto after = first_after(history_.changes, unix_seconds);
  const auto earlier =
      std::find_if(std::make_reverse_iterator(after), history_.changes.rend(), uses);
  if (earlier != history_.changes.rend()) return offset(*earlier);
  const auto later = std::find_if(after, history_.changes.end(), uses);
  if (later != history_.changes.end()) return offset(*later);
  change = next_change_of_rule(unix_seconds);
  for (int seen = 0; change && seen < 2; ++seen) {
    if (uses(*change)) return offset(*change);
    change = next_change_of_rule(change->at);
  }
  return std::nullopt;
}

ZonedClock clock_in_zone(TimestampTz moment, const TimeZone& zone) {
  const std::int64_t unix_seconds =
      floor_divide(moment.microseconds, kMicrosPerSecond) - kUnixEpochSeconds;
  const ZoneType& type = zone.type_at(unix_seconds);
  const CivilDateTime utc = civil_from_micros(moment.microseconds);
  // The offset is added to seconds, because the last moments have no room for it as microseconds.
  const std::int64_t local_seconds = unix_seconds + type.utc_offset_seconds;
  const std::int64_t local_days = floor_divide(local_seconds, kSecondsPerDay);
  ClockTime time =
      clock_from_micros((local_seconds - local_days * kSecondsPerDay) * kMicrosPerSecond);
  time.microsecond = utc.time.microsecond;
  return {{civil_from_julian(local_days + kJulianOfUnixEpoch), time},
          type.utc_offset_seconds,
          type.abbreviation};
}

std::optional<TimestampTz> moment_of_clock(const CivilDateTime& clock, const TimeZone& zone) {
  const auto microseconds = micros_from_civil(clock, zone.offset_of_clock(clock));
  if (!microseconds) return std::nullopt;
  return TimestampTz{*microseconds};
}

}  // namespace latchkey
