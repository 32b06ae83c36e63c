#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time_zones.h"
#include "latchkey/result.h"

namespace latchkey::sql {

/// The settings of one session, as SET and SHOW know them. Names are matched in any case.
///
/// Threads: the session's.
class SessionSettings {
 public:
  /// Borrows the zones, which tell what TimeZone may be set to.
  explicit SessionSettings(TimeZones& zones) : zones_(zones) {}

  /// Errors: ObjectMissing for a name without a dot that is none, InvalidArgument for a value,
  ///         SettingFixed for what cannot be changed.
  Result<void> set(std::string_view name, std::string value);
  Result<void> reset(std::string_view name);
  void reset_all();
  /// The value as SHOW gives it.
  std::optional<std::string> find(std::string_view name) const;
  std::string get(std::string_view name) const { return find(name).value_or(std::string()); }
  /// What has been set by now is what RESET goes back to.
  void begin() { start_ = values_; }
  std::vector<std::string> list(std::string_view name) const;
  std::int64_t milliseconds(std::string_view name) const;

  /// Names, values and what they are for, in order; for SHOW ALL.
  struct Shown {
    std::string name;
    std::string value;
    std::string_view description;
  };
  std::vector<Shown> all() const;

  /// Those that clients are told of.
  std::vector<std::pair<std::string, std::string>> reported() const;

  /// What a transaction may take back.
  using Values = std::map<std::string, std::string, std::less<>>;
  const Values& values() const { return values_; }
  void restore(Values values) { values_ = std::move(values); }

 private:
  TimeZones& zones_;
  Values values_;  ///< by lower-case name; those that are not as at the start
  Values start_;   ///< what the client asked for at its start, which RESET goes back to
};

}  // namespace latchkey::sql
