#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time_zones.h"
#include "latchkey/result.h"

namespace latchkey::sql {

/// A setting as pg_settings has it.
struct SettingShown {
  std::string name;
  std::string value;
  std::string start_value;
  std::string_view description;
  std::string_view type;     ///< bool, enum, integer, string
  std::string_view context;  ///< user or internal
  std::vector<std::string> choices;
};

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
  /// Changes whenever a value does, so that others may keep what they made of them.
  std::uint64_t revision() const { return revision_; }
  std::vector<std::string> list(std::string_view name) const;
  std::int64_t milliseconds(std::string_view name) const;

  /// Names, values and what they are for, in order; for SHOW ALL.
  struct Shown {
    std::string name;
    std::string value;
    std::string_view description;
  };
  std::vector<Shown> all() const;
  /// The same with what pg_settings tells beside it.
  std::vector<SettingShown> shown() const;

  /// Those that clients are told of.
  std::vector<std::pair<std::string, std::string>> reported() const;

  /// What a transaction may take back. Shared with the settings until they change.
  using Values = std::map<std::string, std::string, std::less<>>;
  using Snapshot = std::shared_ptr<const Values>;
  const Snapshot& snapshot() const { return values_; }
  void restore(Snapshot snapshot);

 private:
  /// Makes the values its own before they change.
  Values& change();

  TimeZones& zones_;
  Snapshot values_ = std::make_shared<Values>();  ///< by lower-case name; those not as at the start
  Snapshot start_ = values_;  ///< what the client asked for at its start, which RESET goes back to
  std::uint64_t revision_ = 1;
};

}  // namespace latchkey::sql
