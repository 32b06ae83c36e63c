#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/date_time_error.h"
#include "base/date_time_pattern.h"

namespace latchkey {

/// The numbers that to_timestamp finds in a text where its pattern names them. 0 is a number that
/// has not been found, or was 0: the two are the same. Nothing is in range yet.
struct ScannedFields {
  DateConvention convention = DateConvention::None;

  std::int32_t hour = 0;
  std::int32_t is_pm = 0;
  bool is_12_hour_clock = false;
  std::int32_t minute = 0;
  std::int32_t second = 0;
  std::int32_t second_of_day = 0;
  std::int32_t milliseconds = 0;
  std::int32_t microseconds = 0;
  std::int32_t fraction_digits = 0;  // of FF1 to FF6

  std::int32_t century = 0;
  std::int32_t year = 0;
  std::int32_t year_digits = 0;  // that the pattern gives it
  std::int32_t is_before_christ = 0;
  std::int32_t month = 0;
  std::int32_t day = 0;
  std::int32_t day_of_year = 0;
  std::int32_t day_of_week = 0;  // 1 is Sunday
  std::int32_t week = 0;         // of the year
  std::int32_t week_of_month = 0;
  std::int32_t julian = 0;

  std::int32_t zone_sign = 0;  // 0 if there is no zone
  std::int32_t zone_hours = 0;
  std::int32_t zone_minutes = 0;
};

/// Reads `text` by the pattern, as far as both go. Blanks may stand before and after each field,
/// unless the pattern says FX; a character of the pattern that is no key passes over one of the
/// text, whichever it is.
///
/// Threads: any.
/// Errors:  BadFormat, OutOfRange for a number that does not fit, NotSupported.
DateTimeResult<ScannedFields> scan_by_pattern(Bytes text, Bytes pattern);

}  // namespace latchkey
