#include "base/time_zones.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "base/time_zone_file.h"

namespace latchkey {

namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kZonesMax = 1'024;
constexpr std::size_t kFoldersMax = 256;

ZoneType type_of(const PosixZone::Clock& clock, bool is_daylight) {
  return {clock.utc_offset_seconds, is_daylight, clock.name};
}

ZoneHistory history_of(const PosixZone& zone) {
  if (!zone.daylight) return ZoneHistory::unchanging(type_of(zone.standard, false));
  if (!zone.rule->changes_ever()) return ZoneHistory::unchanging(type_of(*zone.daylight, true));
  ZoneHistory history;
  history.types = {type_of(zone.standard, false), type_of(*zone.daylight, true)};
  history.rule = zone.rule;
  return history;
}

/// <+02>-02: what is shown of it is east of Greenwich, what counts is west.
std::string name_of_fixed(std::int32_t utc_offset_seconds) {
  const std::int32_t seconds = std::abs(utc_offset_seconds);
  std::string digits;
  const auto append_two = [&digits](std::int32_t value) {
    if (value >= 100) digits += static_cast<char>('0' + value / 100);
    digits += static_cast<char>('0' + value / 10 % 10);
    digits += static_cast<char>('0' + value % 10);
  };
  append_two(seconds / 3'600);
  if (seconds % 3'600 != 0) {
    digits += ':';
    append_two(seconds / 60 % 60);
  }
  if (seconds % 60 != 0) {
    digits += ':';
    append_two(seconds % 60);
  }
  const bool west = utc_offset_seconds < 0;
  return (west ? "<-" : "<+") + digits + (west ? ">+" : ">-") + digits;
}

}  // namespace

TimeZones::TimeZones(ZoneLoader loader) : loader_(std::move(loader)) {}

std::shared_ptr<const TimeZone> TimeZones::find(Bytes name) {
  if (name.size() > kNameBytesMax || name.find('\0') != Bytes::npos) return nullptr;
  const std::string upper_name = to_upper(name);
  const std::lock_guard lock(mutex_);
  if (const auto known = zones_.find(upper_name); known != zones_.end()) return known->second;
  std::shared_ptr<const TimeZone> zone = load(name, upper_name);
  if (zone == nullptr) return nullptr;
  if (zones_.size() >= kZonesMax) zones_.clear();
  zones_.emplace(upper_name, zone);
  return zone;
}

std::shared_ptr<const TimeZone> TimeZones::find_for_session(Bytes name) {
  Bytes number = name.substr(std::min(name.find_first_not_of(' '), name.size()));
  if (number.starts_with('+') && !number.starts_with("+-")) number.remove_prefix(1);
  double hours = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), hours);
  const bool whole = read.ec == std::errc() && read.ptr == number.data() + number.size();
  if (!whole) return find(name);
  constexpr double kHoursMax = 24 * 7;
  if (!(std::abs(hours) < kHoursMax)) return nullptr;
  return fixed(static_cast<std::int32_t>(hours * 3'600));
}

std::shared_ptr<const TimeZone> TimeZones::fixed(std::int32_t utc_offset_seconds) {
  return find(name_of_fixed(utc_offset_seconds));
}

std::shared_ptr<const TimeZone> TimeZones::load(Bytes name, const std::string& upper_name) {
  if (upper_name == "GMT") {
    return std::make_shared<TimeZone>("GMT", ZoneHistory::unchanging({0, false, "GMT"}));
  }
  // UTC is there without any file.
  if (upper_name == "UTC") {
    return std::make_shared<TimeZone>("UTC", ZoneHistory::unchanging({0, false, "UTC"}));
  }
  // A colon says that what follows is a file.
  const bool is_file = name.starts_with(':');
  if (auto zone = load_file(name.substr(is_file ? 1 : 0))) return zone;
  return is_file ? nullptr : load_posix(upper_name);
}

std::shared_ptr<const TimeZone> TimeZones::load_file(Bytes name) {
  const std::optional<std::string> path = resolve(name);
  if (!path) return nullptr;
  const Result<std::string> bytes = loader_.read(*path);
  if (!bytes) return nullptr;
  std::optional<ZoneHistory> history = parse_zone_file(*bytes);
  if (!history) return nullptr;
  return std::make_shared<TimeZone>(*path, std::move(*history));
}

std::shared_ptr<const TimeZone> TimeZones::load_posix(const std::string& upper_name) {
  const std::optional<PosixZone> zone = parse_posix_zone(upper_name);
  if (!zone) return nullptr;
  return std::make_shared<TimeZone>(upper_name, history_of(*zone));
}

/// The path as the directory spells it. Each part must be the whole name of an entry, and entries
/// that begin with a dot are as if they were not there: nothing outside can be named.
std::optional<std::string> TimeZones::resolve(Bytes name) {
  std::string path;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const Bytes part = name.substr(begin, end - begin);
    if (part.empty() || part.front() == '.') return std::nullopt;
    const std::vector<std::string>* entries = entries_of(path);
    if (entries == nullptr) return std::nullopt;
    const auto entry = std::find_if(
        entries->begin(), entries->end(),
        [part](const std::string& candidate) { return equals_ignore_case(candidate, part); });
    if (entry == entries->end()) return std::nullopt;
    if (!path.empty()) path += '/';
    path += *entry;
    if (end == name.size()) return path;
    begin = end + 1;
  }
}

const std::vector<std::string>* TimeZones::entries_of(const std::string& folder) {
  const auto known = folders_.find(folder);
  if (known != folders_.end()) return &known->second;
  Result<std::vector<std::string>> entries = loader_.list(folder);
  if (!entries) return nullptr;
  if (folders_.size() >= kFoldersMax) folders_.clear();
  return &folders_.emplace(folder, std::move(entries).value()).first->second;
}

}  // namespace latchkey
