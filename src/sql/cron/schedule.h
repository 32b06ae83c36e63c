#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace latchkey::sql::cron {

/// When a job runs: the five fields of cron, @hourly and its kin, or '30 seconds'. In UTC.
class Schedule {
 public:
  /// Nothing if the text is no schedule.
  static std::optional<Schedule> parse(Bytes text);

  /// Of a schedule in seconds; 0 for the others.
  std::int64_t interval_seconds() const { return interval_seconds_; }
  /// Whether it runs in the minute that begins at this time, in milliseconds since 1970.
  bool matches(std::int64_t minute_ms) const;

 private:
  /// One bit for each value that a field allows.
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;      ///< 1 to 31
  std::uint64_t months_ = 0;    ///< 1 to 12
  std::uint64_t weekdays_ = 0;  ///< 0 to 6, from Sunday
  bool any_day_ = false;
  bool any_weekday_ = false;
  bool last_day_ = false;  ///< $: the last day of the month
  std::int64_t interval_seconds_ = 0;
};

}  // namespace latchkey::sql::cron
