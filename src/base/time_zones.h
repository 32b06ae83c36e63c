#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/time_zone.h"
#include "latchkey/result.h"

namespace latchkey {

/// The caller's way to the time zone database, usually /usr/share/zoneinfo: this layer opens no
/// files. Paths are below the directory; none has a part that begins with a dot, so they do not
/// leave it.
///
/// Threads: whichever asks TimeZones, one at a time.
struct ZoneLoader {
  /// The bytes of the file; an error if it is a folder.
  std::function<Result<std::string>(const std::string& path)> read;
  /// The names of all entries of the folder; "" is the directory itself.
  std::function<Result<std::vector<std::string>>(const std::string& path)> list;
};

/// All time zones that a text can name:
///
///   Europe/Berlin, europe/berlin   a file of the database
///   CET-1CEST, <+02>-02, UTC+3     the clocks themselves, as POSIX writes them, so that positive
///                                  is west of Greenwich: UTC+3 is 3 hours behind UTC
///
/// Threads:   any.
/// Ownership: zones are shared; one stays valid for who holds it, also when it is forgotten here.
/// Source:    PostgreSQL 15, appendix B.5. Zones that count leap seconds (right/...) are refused.
class TimeZones {
 public:
  explicit TimeZones(ZoneLoader loader);

  /// The zone of this name, in any case of letters, or null.
  std::shared_ptr<const TimeZone> find(Bytes name);

  /// As SET TimeZone takes it: hours east of Greenwich, too, as in -7 or 5.5.
  std::shared_ptr<const TimeZone> find_for_session(Bytes name);

  /// The zone of clocks that are always this far ahead of UTC; null if that is past a week.
  std::shared_ptr<const TimeZone> fixed(std::int32_t utc_offset_seconds);

 private:
  std::shared_ptr<const TimeZone> load(Bytes name, const std::string& upper_name);
  std::shared_ptr<const TimeZone> load_file(Bytes name);
  static std::shared_ptr<const TimeZone> load_posix(const std::string& upper_name);
  std::optional<std::string> resolve(Bytes name);
  const std::vector<std::string>* entries_of(const std::string& folder);

  const ZoneLoader loader_;
  std::mutex mutex_;
  // By name in upper case. Emptied when it is full: zones are few, names that a client can make up
  // are not.
  std::unordered_map<std::string, std::shared_ptr<const TimeZone>> zones_;
  std::unordered_map<std::string, std::vector<std::string>> folders_;
};

/// What a text means that leaves something to the session: "now", "today", a time without a zone.
///
/// Ownership: borrows both; who makes it holds the zone.
struct DateTimeSession {
  TimestampTz transaction_start;
  const TimeZone& zone;
  TimeZones& zones;
  DateOrder order = DateOrder::MonthDayYear;
};

}  // namespace latchkey
