#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/time_zone.h"

namespace latchkey {

/// Reads a file of the time zone database as zic writes it, of any version.
///
///   offset  bytes  of the header, which version 2 and later repeat before their own data
///        0      4  "TZif"
///        4      1  version: 0, '2', '3' or '4'
///       20      4  UT indicators       20 to 43: six big-endian counts
///       24      4  standard indicators
///       28      4  leap seconds
///       32      4  changes
///       36      4  types
///       40      4  bytes of abbreviations
///
/// The data: the moments of all changes (4 bytes in version 0, else 8), their types (1), the types
/// (offset 4, is daylight 1, abbreviation 1), abbreviations, leap seconds and two lists of
/// indicators. From version 2 on a line follows: the rule after the last change, as
/// parse_posix_zone reads it.
///
/// Source: RFC 8536.

/// Nothing if the bytes are no such file, or count leap seconds, which SQL does not.
std::optional<ZoneHistory> parse_zone_file(Bytes bytes);

}  // namespace latchkey
