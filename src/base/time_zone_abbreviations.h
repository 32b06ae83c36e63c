#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace latchkey {

/// What an abbreviation such as PST or CEST means.
///
/// Source: the names and offsets are those of PostgreSQL 15's set "Default", which it took from the
///         time zone database and from usage. Where two countries share one, IST among them, the
///         set has chosen.
struct ZoneAbbreviation {
  std::int32_t utc_offset_seconds = 0;  // east of Greenwich is positive
  bool is_daylight = false;
  /// Where it has meant different offsets over the years: the zone that knows which when; else
  /// empty, and then the offset above holds.
  Bytes zone;
};

/// Case does not matter, and nothing after the tenth letter does, as for all words in dates.
std::optional<ZoneAbbreviation> find_zone_abbreviation(Bytes name);

}  // namespace latchkey
