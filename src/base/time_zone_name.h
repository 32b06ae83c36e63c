#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/date_time.h"
#include "base/date_time_error.h"
#include "base/time_zones.h"

namespace latchkey {

/// A zone as AT TIME ZONE and its like name it: an abbreviation first of all, then a zone of
/// TimeZones. So "EST" is always five hours behind UTC, although there is a zone of that name.
///
/// Threads: any; immutable.
class NamedZone {
 public:
  /// Errors: BadArgument if nothing has this name.
  static DateTimeResult<NamedZone> find(Bytes name, TimeZones& zones);
  /// Clocks that are always this far ahead of UTC.
  static NamedZone fixed(std::int32_t utc_offset_seconds);

  std::int32_t offset_at(TimestampTz moment) const;
  std::int32_t offset_of_clock(const CivilDateTime& clock) const;

  /// The zone without regard to what its abbreviation said of summer, as date_trunc takes it.
  std::shared_ptr<const TimeZone> whole_zone(TimeZones& zones) const;

 private:
  NamedZone() = default;

  // Null for clocks that never change.
  std::shared_ptr<const TimeZone> zone_;
  std::int32_t fixed_offset_seconds_ = 0;
  // Not empty if it tells which of the zone's offsets is meant, in upper case.
  std::string abbreviation_;
};

}  // namespace latchkey
