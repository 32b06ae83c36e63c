#include "sql/types/jsonpath_date_time.h"

#include <fmt/format.h>

#include "base/date_time_convert.h"
#include "sql/types/date_time_value.h"

namespace latchkey::sql {

namespace {

constexpr std::int32_t kYearMax = 5'874'897;
constexpr std::int32_t kTimestampYearMax = 294'276;
constexpr std::int32_t kYearMin = -4'713;
constexpr std::int32_t kZoneHoursMax = 15;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Reads the parts of a date and time from left to right. Each take_* says whether it was there.
class Scanner {
 public:
  explicit Scanner(Bytes text) : rest_(text) { skip_blanks(); }

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Blanks, a sign and digits.
  bool take_number(std::int64_t& number) {
    skip_blanks();
    const bool is_negative = take('-');
    if (!is_negative) take('+');
    constexpr std::size_t kDigitsMax = 9;
    std::size_t digits = 0;
    number = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); rest_.remove_prefix(1)) {
      if (++digits > kDigitsMax) return false;
      number = number * 10 + (rest_[0] - '0');
    }
    if (is_negative) number = -number;
    return digits > 0;
  }
  bool take_between(std::int64_t low, std::int64_t high, std::int32_t& number) {
    std::int64_t found = 0;
    if (!take_number(found) || found < low || found > high) return false;
    number = static_cast<std::int32_t>(found);
    return true;
  }
  /// At least one blank, or a T alone.
  bool take_separator() {
    if (take('T')) return true;
    if (rest_.empty() || !is_blank(rest_[0])) return false;
    skip_blanks();
    return true;
  }
  /// The digits behind the point of a second.
  bool take_fraction(std::int32_t& microsecond) {
    constexpr std::size_t kDigitsMax = 6;
    std::size_t digits = 0;
    microsecond = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); rest_.remove_prefix(1)) {
      if (++digits > kDigitsMax) return false;
      microsecond = microsecond * 10 + (rest_[0] - '0');
    }
    for (std::size_t i = digits; i < kDigitsMax; ++i) microsecond *= 10;
    return digits > 0;
  }
  bool is_at_end() {
    skip_blanks();
    return rest_.empty();
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
  }
  Bytes rest_;
};

bool take_date(Scanner& scanner, CivilDate& date) {
  std::int64_t year = 0;
  if (!scanner.take_number(year)) return false;
  // Year 0 is 1 BC, and so is every year before it one further back.
  date.year = static_cast<std::int32_t>(year < 0 ? year + 1 : year);
  if (year > kYearMax || year < kYearMin) return false;
  if (!scanner.take('-') || !scanner.take_between(0, 12, date.month)) return false;
  if (!scanner.take('-') || !scanner.take_between(0, 31, date.day)) return false;
  if (date.month == 0) date.month = 1;
  if (date.day == 0) date.day = 1;
  return date.day <= days_of_month(date.year, date.month) && is_countable(date);
}

bool take_time(Scanner& scanner, ClockTime& time) {
  std::int32_t hour = 0;
  if (!scanner.take_between(0, 23, hour) || !scanner.take(':')) return false;
  time.hour = hour;
  if (!scanner.take_between(0, 59, time.minute) || !scanner.take(':')) return false;
  if (!scanner.take_between(0, 59, time.second)) return false;
  return !scanner.take('.') || scanner.take_fraction(time.microsecond);
}

/// "+03", "-03:30", " +3"
bool take_zone(Scanner& scanner, std::int32_t& utc_offset_seconds) {
  const bool is_west = scanner.take('-');
  if (!is_west && !scanner.take('+') && !scanner.take(' ')) return false;
  std::int32_t hours = 0;
  std::int32_t minutes = 0;
  if (!scanner.take_between(0, kZoneHoursMax, hours)) return false;
  if (scanner.take(':') && !scanner.take_between(0, 59, minutes)) return false;
  utc_offset_seconds = (hours * 60 + minutes) * 60 * (is_west ? -1 : 1);
  return true;
}

/// A time, and perhaps a zone, up to the end of the text.
bool take_time_and_zone(Scanner scanner, JsonDateTime& to) {
  if (!take_time(scanner, to.clock.time)) return false;
  Scanner behind = scanner;
  if (take_zone(behind, to.utc_offset_seconds) && behind.is_at_end()) {
    to.type = to.type == oid::kDate ? oid::kTimestamptz : oid::kTimetz;
    return true;
  }
  to.utc_offset_seconds = 0;
  to.type = to.type == oid::kDate ? oid::kTimestamp : oid::kTime;
  return scanner.is_at_end();
}

/// The moment in microseconds, of a date its beginning.
Int128 moment_of(const JsonDateTime& value, std::int64_t utc_offset_seconds) {
  const std::int64_t seconds = value.clock.time.seconds() - utc_offset_seconds;
  return (Int128{julian_day(value.clock.date)} * kSecondsPerDay + seconds) * kMicrosPerSecond +
         value.clock.time.microsecond;
}

TimeTz time_of(const JsonDateTime& value, const TextSettings* session) {
  const TimeOfDay time{micros_from_clock(value.clock.time)};
  if (value.has_zone() || session == nullptr) {
    return {time.microseconds, value.utc_offset_seconds};
  }
  return timetz_of(time, date_time::session_of(*session));
}

std::strong_ordering order_of(Int128 left, Int128 right) {
  return left < right   ? std::strong_ordering::less
         : right < left ? std::strong_ordering::greater
                        : std::strong_ordering::equal;
}

}  // namespace

std::string JsonDateTime::text() const {
  std::string text;
  const bool is_before_christ = has_date() && clock.date.year <= 0;
  if (has_date()) {
    text +=
        fmt::format("{:04}-{:02}-{:02}", is_before_christ ? 1 - clock.date.year : clock.date.year,
                    clock.date.month, clock.date.day);
  }
  if (has_date() && has_time()) text.push_back('T');
  if (has_time()) {
    text += fmt::format("{:02}:{:02}:{:02}", clock.time.hour, clock.time.minute, clock.time.second);
    std::string fraction = fmt::format(".{:06}", clock.time.microsecond);
    while (fraction.back() == '0') fraction.pop_back();
    if (fraction != ".") text += fraction;
  }
  if (has_zone()) {
    const std::int32_t minutes = std::abs(utc_offset_seconds) / 60;
    text += fmt::format("{}{:02}:{:02}", utc_offset_seconds < 0 ? '-' : '+', minutes / 60,
                        minutes % 60);
  }
  if (is_before_christ) text += " BC";
  return text;
}

std::optional<JsonDateTime> parse_json_date_time(Bytes text) {
  JsonDateTime found;
  Scanner scanner(text);
  if (take_date(scanner, found.clock.date)) {
    found.type = oid::kDate;
    Scanner behind = scanner;
    if (behind.take_separator() && take_time_and_zone(behind, found)) {
      if (found.clock.date.year > kTimestampYearMax) return std::nullopt;
      return found;
    }
    found = {oid::kDate, {found.clock.date, {}}, 0};
    return scanner.is_at_end() ? std::optional(found) : std::nullopt;
  }
  found = {};
  if (take_time_and_zone(Scanner(text), found)) return found;
  return std::nullopt;
}

JsonDateTimeOrder compare(const JsonDateTime& left, const JsonDateTime& right,
                          const TextSettings* session) {
  if (left.has_date() != right.has_date()) return {};
  const bool needs_zone = left.has_zone() != right.has_zone();
  if (needs_zone && session == nullptr) {
    const JsonDateTime& without = left.has_zone() ? right : left;
    JsonDateTimeOrder order;
    order.from_type = find_type(without.type)->name;
    order.to_type = find_type(left.has_zone() ? left.type : right.type)->name;
    return order;
  }
  if (!left.has_date()) {
    const TextSettings* const zone = needs_zone ? session : nullptr;
    return {time_of(left, zone) <=> time_of(right, zone)};
  }
  const auto offset_of = [&](const JsonDateTime& value) -> std::int64_t {
    if (value.has_zone() || !needs_zone) return value.utc_offset_seconds;
    return date_time::zone_of(*session).offset_of_clock(value.clock);
  };
  return {order_of(moment_of(left, offset_of(left)), moment_of(right, offset_of(right)))};
}

}  // namespace latchkey::sql
