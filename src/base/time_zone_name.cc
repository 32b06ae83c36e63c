#include "base/time_zone_name.h"

#include "base/text.h"
#include "base/time_zone_abbreviations.h"

namespace latchkey {

namespace {

std::int64_t unix_seconds_of(TimestampTz moment) {
  return floor_divide(moment.microseconds, kMicrosPerSecond) - kUnixEpochSeconds;
}

}  // namespace

DateTimeResult<NamedZone> NamedZone::find(Bytes name, TimeZones& zones) {
  NamedZone found;
  const auto abbreviation = find_zone_abbreviation(name);
  if (abbreviation && abbreviation->zone.empty()) return fixed(abbreviation->utc_offset_seconds);
  if (abbreviation) found.abbreviation_ = to_upper(name);
  found.zone_ = zones.find(abbreviation ? abbreviation->zone : name);
  if (found.zone_ == nullptr) return unknown_time_zone(abbreviation ? abbreviation->zone : name);
  return found;
}

NamedZone NamedZone::fixed(std::int32_t utc_offset_seconds) {
  NamedZone zone;
  zone.fixed_offset_seconds_ = utc_offset_seconds;
  return zone;
}

std::int32_t NamedZone::offset_at(TimestampTz moment) const {
  if (zone_ == nullptr) return fixed_offset_seconds_;
  const std::int64_t unix_seconds = unix_seconds_of(moment);
  const std::int32_t offset = zone_->type_at(unix_seconds).utc_offset_seconds;
  if (abbreviation_.empty()) return offset;
  return zone_->offset_of_abbreviation(abbreviation_, unix_seconds).value_or(offset);
}

std::int32_t NamedZone::offset_of_clock(const CivilDateTime& clock) const {
  if (zone_ == nullptr) return fixed_offset_seconds_;
  const TimeZone::Reading reading = zone_->read(clock);
  if (abbreviation_.empty()) return reading.utc_offset_seconds;
  return zone_->offset_of_abbreviation(abbreviation_, reading.unix_seconds)
      .value_or(reading.utc_offset_seconds);
}

std::shared_ptr<const TimeZone> NamedZone::whole_zone(TimeZones& zones) const {
  return zone_ != nullptr ? zone_ : zones.fixed(fixed_offset_seconds_);
}

}  // namespace latchkey
