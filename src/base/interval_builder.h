#pragma once

#include <cstdint>
#include <optional>

#include "base/date_time.h"
#include "base/date_time_words.h"

namespace latchkey {

/// A number in a text: what is before the point, and what is behind it with the same sign.
struct IntervalNumber {
  std::int64_t whole = 0;
  double fraction = 0;  // above -1 and below 1
};

/// Adds up an interval from its fields. A fraction of a field goes on into smaller fields: of years
/// and longer into whole months, of months and weeks into days and then into microseconds, of days
/// into microseconds.
///
/// Threads: one at a time.
/// Errors:  functions return false when a part would overflow; the sum is then of no use.
class IntervalBuilder {
 public:
  /// Requires: the unit is one of a length, Microsecond to Millennium without Quarter.
  bool add(TimeUnit unit, IntervalNumber number);
  bool add_microseconds(std::int64_t count, std::int64_t microseconds_each);
  /// A part of a unit, rounded to a microsecond.
  bool add_fraction_of(std::int64_t microseconds, double fraction);

  /// Forgets the microseconds that were added before.
  void set_microseconds(std::int64_t microseconds) { microseconds_ = microseconds; }
  bool negate();

  /// Nothing if years and months are too many together.
  std::optional<Interval> build() const;

 private:
  bool add_days(std::int64_t count, std::int32_t days_each);
  bool add_fraction_of_days(double fraction, std::int32_t days);
  bool add_months(std::int64_t count);
  bool add_years(IntervalNumber number, std::int32_t years_each);

  std::int64_t microseconds_ = 0;
  std::int32_t days_ = 0;
  std::int32_t months_ = 0;
  std::int32_t years_ = 0;
};

}  // namespace latchkey
