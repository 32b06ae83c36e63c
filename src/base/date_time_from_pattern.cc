#include "base/date_time_from_pattern.h"

#include <array>
#include <limits>
#include <optional>

#include "base/date_time_precision.h"
#include "base/date_time_scan.h"
#include "base/date_time_values.h"

namespace latchkey {

namespace {

constexpr std::int32_t kZoneHoursMax = 15;

/// A moment as it was read, before it is known which moment it is.
struct Composed {
  CivilDateTime civil;
  std::optional<std::int32_t> utc_offset_seconds;
  std::int32_t fraction_digits = 0;
};

/// Makes a date and a time of what was found. Of several ways to say the same the one that tells
/// most wins, in the order in which they are asked here.
class Composer {
 public:
  Composer(const ScannedFields& fields, Bytes text) : fields_(fields), text_(text) {}

  DateTimeResult<Composed> run() {
    if (fields_.second_of_day != 0) {
      parts_.time = {.hour = fields_.second_of_day / 3'600,
                     .minute = fields_.second_of_day / 60 % 60,
                     .second = fields_.second_of_day % 60,
                     .microsecond = 0};
    }
    if (fields_.second != 0) parts_.time.second = fields_.second;
    if (fields_.minute != 0) parts_.time.minute = fields_.minute;
    if (fields_.hour != 0) parts_.time.hour = fields_.hour;
    if (fields_.is_12_hour_clock && !apply_half_of_day()) {
      return DateTimeError(DateTimeFault::BadFormat, "hour \"" + std::to_string(parts_.time.hour) +
                                                         "\" is invalid for the 12-hour clock")
          .with_hint("Use the 24-hour clock, or give an hour between 1 and 12.");
    }
    if (!compose_year()) return out_of_range();
    compose_week();
    if (day_of_year_ != 0 && (parts_.date.month <= 1 || parts_.date.day <= 1)) {
      if (parts_.date.year == 0 && fields_.is_before_christ == 0) {
        return DateTimeError(DateTimeFault::BadFormat,
                             "cannot calculate day of year without year information");
      }
      compose_day_of_year();
    }
    const std::int64_t microsecond =
        std::int64_t{fields_.milliseconds} * 1'000 + fields_.microseconds;
    if (microsecond < 0 || microsecond >= kMicrosPerSecond) return out_of_range();
    parts_.time.microsecond = static_cast<std::int32_t>(microsecond);
    if (validate_date(known_, YearForm::Counted, parts_) != DecodeOutcome::Fine)
      return out_of_range();
    const ClockTime& time = parts_.time;
    const bool time_fits = time.hour >= 0 && time.hour < 24 && time.minute >= 0 &&
                           time.minute < 60 && time.second >= 0 && time.second < 60;
    if (!time_fits) return out_of_range();
    return with_zone();
  }

 private:
  DateTimeError out_of_range() const { return field_out_of_range({"timestamp", text_}); }

  bool apply_half_of_day() {
    std::int64_t& hour = parts_.time.hour;
    if (hour < 1 || hour > 12) return false;
    hour = hour % 12 + (fields_.is_pm != 0 ? 12 : 0);
    return true;
  }

  bool set_year(std::int64_t year) {
    parts_.date.year = static_cast<std::int32_t>(year);
    known_ |= field::kYear;
    // The Julian day takes the place of the year.
    return parts_.date.year == year || fields_.julian != 0;
  }

  /// Returns false if there is no such year.
  bool compose_year() {
    const bool is_before_christ = fields_.is_before_christ != 0;
    const std::int64_t century =
        is_before_christ ? -std::int64_t{fields_.century} : fields_.century;
    if (fields_.year != 0 && fields_.century != 0 && fields_.year_digits <= 2) {
      // The 21st century is 2001 to 2100, the 6th BC is 600 to 501.
      const std::int64_t year = fields_.year % 100;
      if (year == 0) return set_year(century * 100 + (century >= 0 ? 0 : 1));
      return set_year(century >= 0 ? (century - 1) * 100 + year : (century + 1) * 100 - year + 1);
    }
    if (fields_.year != 0) {
      const std::int64_t year = is_before_christ ? -std::int64_t{fields_.year} : fields_.year;
      return set_year(year < 0 ? year + 1 : year);
    }
    if (fields_.century == 0) return true;
    return set_year(century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1);
  }

  /// Days and weeks, and the Julian day.
  void compose_week() {
    CivilDate& date = parts_.date;
    day_of_year_ = fields_.day_of_year;
    if (fields_.julian != 0) {
      date = civil_from_julian(fields_.julian);
      known_ |= field::kDate;
    }
    if (fields_.week != 0 && fields_.convention == DateConvention::IsoWeek) {
      std::int64_t julian = julian_of_iso_week(date.year, fields_.week);
      // Sunday is the first day of the week as it was read, and the last of these weeks.
      if (fields_.day_of_week > 1) julian += fields_.day_of_week - 2;
      if (fields_.day_of_week == 1) julian += 6;
      if (fields_.day_of_week < 0) julian += 6;
      date = civil_from_julian(julian);
      known_ |= field::kDate;
    } else if (fields_.week != 0) {
      day_of_year_ = (std::int64_t{fields_.week} - 1) * 7 + 1;
    }
    std::int64_t day = fields_.day;
    if (fields_.week_of_month != 0) day = (std::int64_t{fields_.week_of_month} - 1) * 7 + 1;
    if (day != 0) {
      // No day is outside 32 bits and within a month.
      date.day = day == static_cast<std::int32_t>(day) ? static_cast<std::int32_t>(day) : -1;
      known_ |= field::kDay;
    }
    if (fields_.month != 0) {
      date.month = fields_.month;
      known_ |= field::kMonth;
    }
  }

  void compose_day_of_year() {
    CivilDate& date = parts_.date;
    if (fields_.convention == DateConvention::IsoWeek) {
      date = civil_from_julian(julian_of_iso_week(date.year, 1) - 1 + day_of_year_);
      known_ |= field::kDate;
      return;
    }
    std::int64_t day = day_of_year_;
    std::int32_t month = 1;
    for (; month <= kMonthsPerYear && day > days_of_month(date.year, month); ++month)
      day -= days_of_month(date.year, month);
    if (date.month <= 1) date.month = month;
    if (date.day <= 1)
      date.day = day == static_cast<std::int32_t>(day) ? static_cast<std::int32_t>(day) : -1;
    known_ |= field::kMonth | field::kDay;
  }

  DateTimeResult<Composed> with_zone() const {
    Composed composed{{parts_.date, parts_.time}, std::nullopt, fields_.fraction_digits};
    if (fields_.zone_sign == 0) return composed;
    const bool fits = fields_.zone_hours >= 0 && fields_.zone_hours <= kZoneHoursMax &&
                      fields_.zone_minutes >= 0 && fields_.zone_minutes < 60;
    if (!fits) {
      return DateTimeError(DateTimeFault::BadDisplacement,
                           "time zone displacement out of range: \"" + std::string(text_) + '"');
    }
    composed.utc_offset_seconds =
        fields_.zone_sign * (fields_.zone_hours * 60 + fields_.zone_minutes) * 60;
    return composed;
  }

  const ScannedFields& fields_;
  const Bytes text_;
  FieldSet known_ = 0;
  DateTimeParts parts_{.date = {.year = 0, .month = 1, .day = 1}, .time = {}};
  std::int64_t day_of_year_ = 0;
};

DateTimeResult<Composed> compose(Bytes text, Bytes pattern) {
  LK_TRY(const ScannedFields fields, scan_by_pattern(text, pattern));
  return Composer(fields, text).run();
}

}  // namespace

DateTimeResult<TimestampTz> to_timestamp(Bytes text, Bytes pattern, const TimeZone& zone) {
  LK_TRY(const Composed composed, compose(text, pattern));
  const std::int32_t utc_offset_seconds =
      composed.utc_offset_seconds.value_or(zone.offset_of_clock(composed.civil));
  const auto microseconds = micros_from_civil(composed.civil, utc_offset_seconds);
  if (!microseconds) return timestamp_out_of_range();
  const TimestampTz timestamp{*microseconds};
  if (composed.fraction_digits == 0) return timestamp;
  return round_timestamptz(timestamp, static_cast<SecondDigits>(composed.fraction_digits));
}

DateTimeResult<Date> to_date(Bytes text, Bytes pattern) {
  LK_TRY(const Composed composed, compose(text, pattern));
  const std::optional<Date> date = date_from_civil(composed.civil.date);
  if (!date) {
    return DateTimeError(DateTimeFault::OutOfRange,
                         "date out of range: \"" + std::string(text) + '"');
  }
  return *date;
}

}  // namespace latchkey
