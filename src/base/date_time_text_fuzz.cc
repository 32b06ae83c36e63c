// Verified: no crash and no read outside the input in any reader of dates, times, intervals, zones
// and patterns; what is read is shown as a text that is read back as the same value. Not verified:
// that the value is the right one, for which the tests have recorded answers of PostgreSQL.

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/assert.h"
#include "base/date_time_arithmetic.h"
#include "base/date_time_extract.h"
#include "base/date_time_format.h"
#include "base/date_time_from_pattern.h"
#include "base/date_time_trunc.h"
#include "base/interval_arithmetic.h"
#include "base/test_support/date_time_texts.h"
#include "base/time_zone_file.h"

namespace latchkey {
namespace {

void read_moments(Bytes text) {
  const DateTimeSession& session = test::session();
  if (const auto date = parse_date(text, session))
    LK_ASSERT(*parse_date(format_date(*date), session) == *date);
  if (const auto time = parse_time(text, session))
    LK_ASSERT(*parse_time(format_time(*time), session) == *time);
  // A zone such as "X50" is further from UTC than a text may say in hours.
  const auto timetz = parse_timetz(text, session);
  if (timetz && std::abs(timetz->utc_offset_seconds) < 16 * 3'600)
    LK_ASSERT(*parse_timetz(format_timetz(*timetz), session) == *timetz);
  if (const auto timestamp = parse_timestamp(text, session))
    LK_ASSERT(*parse_timestamp(format_timestamp(*timestamp), session) == *timestamp);
  if (const auto moment = parse_timestamptz(text, session))
    LK_ASSERT(*parse_timestamptz(test::shown(*moment), session) == *moment);
}

void read_interval(Bytes text, Bytes name) {
  const auto interval = parse_interval(text);
  if (!interval) return;
  // The smallest number of microseconds has no text that is read.
  if (interval->microseconds != std::numeric_limits<std::int64_t>::min())
    LK_ASSERT(parse_interval(format_interval(*interval))->same_parts(*interval));
  (void)extract(name, *interval).has_value();
  (void)truncate(name, *interval).has_value();
  (void)to_char(*interval, name).has_value();
  (void)justify_interval(*interval).has_value();
  (void)multiply(*interval, 1.0 / 3).has_value();
  (void)divide(*interval, 1e-3).has_value();
  (void)add(test::session().transaction_start, *interval, test::session().zone).has_value();
}

void use_name(Bytes text, Bytes name) {
  const TimestampTz now = test::session().transaction_start;
  if (const auto zone = test::zones().find(name)) {
    (void)format_timestamptz(now, *zone);
    (void)zone->offset_of_clock({{2100, 7, 1}, {}});
  }
  (void)to_timestamp(text, name, test::session().zone).has_value();
  (void)to_date(text, name).has_value();
  (void)to_char(now, name, test::session().zone);
  (void)extract(name, now, test::session().zone).has_value();
  (void)truncate(name, now, test::session().zone).has_value();
}

void read_zone_file(Bytes bytes) {
  const auto history = parse_zone_file(bytes);
  if (!history) return;
  const TimeZone zone("fuzz", *history);
  for (const std::int64_t seconds : {INT64_C(-1) << 50, INT64_C(0), INT64_C(1) << 50})
    (void)zone.type_at(seconds);
  (void)zone.offset_of_abbreviation("CET", 0);
  (void)zone.offset_of_clock({{2100, 7, 1}, {}});
}

}  // namespace
}  // namespace latchkey

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  // Copies of exactly the bytes, so that a look past them is found.
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = data[0] % (input.size() + 1);
  const std::string text = input.substr(0, cut);
  const std::string name = input.substr(cut);
  latchkey::read_moments(input);
  latchkey::read_interval(text, name);
  latchkey::use_name(text, name);
  latchkey::read_zone_file(input);
  return 0;
}
