#include "base/time_zone_file.h"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey {

namespace {

constexpr std::size_t kHeaderBytes = 44;
// The largest zone has some 250 changes; what is far beyond is no zone.
constexpr std::uint32_t kChangesMax = 2'000;
constexpr std::uint32_t kTypesMax = 253;  // two more may come from the rule
constexpr std::uint32_t kAbbreviationBytesMax = 512;
constexpr std::int32_t kOffsetSecondsMax = 7 * 86'400;

/// The sizes of one run of data.
struct Counts {
  std::uint32_t ut_indicators;
  std::uint32_t standard_indicators;
  std::uint32_t leap_seconds;
  std::uint32_t changes;
  std::uint32_t types;
  std::uint32_t abbreviation_bytes;
};

/// Hands out the bytes from the front; all() is false once more was asked for than there was.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) : rest_(bytes) {}

  Bytes take(std::size_t count) {
    complete_ = complete_ && count <= rest_.size();
    if (!complete_) return {};
    const Bytes taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  bool complete() const { return complete_; }
  Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
  bool complete_ = true;
};

std::uint8_t byte_at(Bytes bytes, std::size_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

/// Takes a header and its data apart. Nothing in it has been checked but the sizes.
struct Section {
  char version = 0;
  Counts counts{};
  std::size_t moment_bytes = 0;
  Bytes moments, change_types, types, abbreviations;
};

std::optional<Section> take_section(Cursor& cursor, std::size_t moment_bytes) {
  const Bytes header = cursor.take(kHeaderBytes);
  if (!cursor.complete() || header.substr(0, 4) != "TZif") return std::nullopt;
  Section section;
  section.version = header[4];
  section.moment_bytes = moment_bytes;
  std::array<std::uint32_t, 6> counts;
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = load_big32(&header[20 + 4 * i]);
  section.counts = {counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
  const Counts& sizes = section.counts;
  const bool plausible =
      sizes.types >= 1 && sizes.types <= kTypesMax && sizes.changes <= kChangesMax &&
      sizes.abbreviation_bytes <= kAbbreviationBytesMax && sizes.leap_seconds <= kChangesMax &&
      sizes.ut_indicators <= kTypesMax && sizes.standard_indicators <= kTypesMax;
  if (!plausible) return std::nullopt;
  section.moments = cursor.take(moment_bytes * sizes.changes);
  section.change_types = cursor.take(sizes.changes);
  section.types = cursor.take(std::size_t{6} * sizes.types);
  section.abbreviations = cursor.take(sizes.abbreviation_bytes);
  cursor.take((moment_bytes + 4) * sizes.leap_seconds);
  cursor.take(sizes.standard_indicators);
  cursor.take(sizes.ut_indicators);
  if (!cursor.complete()) return std::nullopt;
  return section;
}

bool read_types(const Section& section, ZoneHistory& history) {
  for (std::size_t i = 0; i < section.counts.types; ++i) {
    const Bytes bytes = section.types.substr(6 * i, 6);
    ZoneType type;
    type.utc_offset_seconds = static_cast<std::int32_t>(load_big32(bytes.data()));
    if (type.utc_offset_seconds < -kOffsetSecondsMax || type.utc_offset_seconds > kOffsetSecondsMax)
      return false;
    type.is_daylight = bytes[4] != 0;
    const std::size_t name = byte_at(bytes, 5);
    if (name >= section.abbreviations.size()) return false;
    const std::size_t name_end = section.abbreviations.find('\0', name);
    if (name_end == Bytes::npos) return false;
    type.abbreviation = section.abbreviations.substr(name, name_end - name);
    history.types.push_back(std::move(type));
  }
  return true;
}

bool read_changes(const Section& section, ZoneHistory& history) {
  for (std::size_t i = 0; i < section.counts.changes; ++i) {
    const char* moment = section.moments.data() + section.moment_bytes * i;
    ZoneHistory::Change change;
    change.at = section.moment_bytes == 8
                    ? static_cast<std::int64_t>(load_big64(moment))
                    : std::int64_t{static_cast<std::int32_t>(load_big32(moment))};
    change.type = byte_at(section.change_types, i);
    if (change.type >= history.types.size()) return false;
    if (!history.changes.empty() && change.at <= history.changes.back().at) return false;
    history.changes.push_back(change);
  }
  return true;
}

/// Files of our days begin with type 0. Old ones leave it to the reader: the standard time that
/// stands before the first daylight time, or else the first standard time of all.
std::uint8_t first_type_of(const ZoneHistory& history) {
  const auto is_type_zero = [](const ZoneHistory::Change& change) { return change.type == 0; };
  if (std::none_of(history.changes.begin(), history.changes.end(), is_type_zero)) return 0;
  const auto is_standard = [&](std::size_t type) { return !history.types[type].is_daylight; };
  if (!is_standard(history.changes.front().type)) {
    for (std::size_t type = history.changes.front().type; type-- > 0;) {
      if (is_standard(type)) return static_cast<std::uint8_t>(type);
    }
  }
  for (std::size_t type = 0; type < history.types.size(); ++type) {
    if (is_standard(type)) return static_cast<std::uint8_t>(type);
  }
  return 0;
}

/// Lets the rule in the last line of the file go on where the changes end.
void append_rule(Bytes footer, ZoneHistory& history) {
  if (footer.size() < 2 || footer.front() != '\n') return;
  const std::size_t line_end = footer.find('\n', 1);
  if (line_end == Bytes::npos) return;
  const auto zone = parse_posix_zone(footer.substr(1, line_end - 1));
  if (!zone) return;
  // Some writers end with changes that change nothing, which would delay the rule.
  while (history.changes.size() > 1 &&
         history.changes.back().type == history.changes[history.changes.size() - 2].type) {
    history.changes.pop_back();
  }
  if (!zone->rule || !zone->rule->changes_ever()) return;
  history.types.push_back({zone->standard.utc_offset_seconds, false, zone->standard.name});
  history.types.push_back({zone->daylight->utc_offset_seconds, true, zone->daylight->name});
  history.rule = zone->rule;
}

}  // namespace

std::optional<ZoneHistory> parse_zone_file(Bytes bytes) {
  Cursor cursor(bytes);
  std::optional<Section> section = take_section(cursor, 4);
  const bool has_second_section = section && section->version != '\0';
  if (has_second_section) section = take_section(cursor, 8);
  if (!section || section->counts.leap_seconds != 0) return std::nullopt;

  ZoneHistory history;
  if (!read_types(*section, history)) return std::nullopt;
  if (!read_changes(*section, history)) return std::nullopt;
  history.first_type = first_type_of(history);
  if (has_second_section) append_rule(cursor.rest(), history);
  return history;
}

}  // namespace latchkey
