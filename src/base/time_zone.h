#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/calendar.h"
#include "base/time_zone_rule.h"

namespace latchkey {

/// What the clocks of a zone do between two of its changes.
struct ZoneType {
  std::int32_t utc_offset_seconds = 0;  // east of Greenwich is positive
  bool is_daylight = false;
  std::string abbreviation;
};

/// What is known of a zone, from a file or from a text such as "CET-1CEST".
///
/// Invariant: `changes` ascend, each has a type; all indexes are below types.size(), which is not
/// 0.
struct ZoneHistory {
  struct Change {
    std::int64_t at = 0;  // seconds since 1970-01-01 00:00 UTC
    std::uint8_t type = 0;
  };
  std::vector<ZoneType> types;
  std::vector<Change> changes;
  /// Holds before the first change.
  std::uint8_t first_type = 0;
  /// Goes on after the last change, or for all time if there is none. Its two types are the last
  /// two.
  std::optional<DaylightRule> rule;

  static ZoneHistory unchanging(ZoneType type) {
    ZoneHistory history;
    history.types.push_back(std::move(type));
    return history;
  }
};

/// A time zone: which offset from UTC its clocks have, at any moment.
///
/// Threads: any; immutable.
class TimeZone {
 public:
  /// Requires: the invariant of ZoneHistory, and that the rule changes the clocks at all.
  TimeZone(std::string name, ZoneHistory history);

  /// The zone in which nothing ever changes and there is nothing to add.
  static const TimeZone& utc();

  /// As SHOW TimeZone prints it.
  const std::string& name() const { return name_; }

  /// What the clocks do at the given moment, in seconds since 1970-01-01 00:00 UTC.
  const ZoneType& type_at(std::int64_t unix_seconds) const;

  /// The reading of a clock, understood. A reading that a jump forward skipped is taken as before
  /// the jump; one that a jump back repeats is taken as after it.
  struct Reading {
    std::int64_t unix_seconds = 0;
    std::int32_t utc_offset_seconds = 0;
  };
  Reading read(const CivilDateTime& clock) const;
  std::int32_t offset_of_clock(const CivilDateTime& clock) const {
    return read(clock).utc_offset_seconds;
  }

  /// The offset, if the zone never had another one.
  std::optional<std::int32_t> only_offset() const;

  /// The offset for which the zone used `abbreviation` last before the moment, or first after it.
  std::optional<std::int32_t> offset_of_abbreviation(Bytes abbreviation,
                                                     std::int64_t unix_seconds) const;

 private:
  using Change = ZoneHistory::Change;

  std::uint8_t type_index_at(std::int64_t unix_seconds) const;
  /// The first change after the moment.
  std::optional<Change> next_change(std::int64_t unix_seconds) const;
  /// The last change of the rule up to the moment, and the first one after it. The rule begins
  /// where the list of changes ends.
  std::optional<Change> last_change_of_rule(std::int64_t unix_seconds) const;
  std::optional<Change> next_change_of_rule(std::int64_t unix_seconds) const;
  Change as_listed(const DaylightRule::Change& change) const;
  bool is_after_list(std::int64_t unix_seconds) const {
    return history_.changes.empty() || unix_seconds > history_.changes.back().at;
  }

  std::string name_;
  ZoneHistory history_;
};

/// A moment as the clocks of a zone show it.
struct ZonedClock {
  CivilDateTime civil;
  std::int32_t utc_offset_seconds = 0;
  Bytes abbreviation;  // of the zone
};
ZonedClock clock_in_zone(TimestampTz moment, const TimeZone& zone);

/// The moment at which the clocks of the zone show `clock`; nothing if it is outside the range of
/// timestamps.
std::optional<TimestampTz> moment_of_clock(const CivilDateTime& clock, const TimeZone& zone);

}  // namespace latchkey
