#include "sql/session_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/interval_text.h"
#include "base/numbers.h"
#include "base/text.h"
#include "sql/types/date_style.h"

namespace latchkey::sql {

namespace {

enum class Kind : std::uint8_t { Text, Bool, Integer, Time, Choice, Fixed };

struct Setting {
  std::string_view name;
  Kind kind;
  std::string_view value;  ///< at the start
  std::string_view description;
  bool is_reported = false;
  std::string_view choices = {};  ///< between bars
};

constexpr Setting kSettings[] = {
    {"application_name", Kind::Text, "",
     "Sets the application name to be reported in statistics and logs.", true},
    {"bytea_output", Kind::Choice, "hex", "Sets the output format for bytea.", false, "hex|escape"},
    {"client_encoding", Kind::Choice, "UTF8", "Sets the client's character set encoding.", true,
     "utf8|unicode|utf-8|sql_ascii"},
    {"client_min_messages", Kind::Choice, "notice",
     "Sets the message levels that are sent to the client.", false,
     "debug5|debug4|debug3|debug2|debug1|debug|log|notice|warning|error"},
    {"datestyle", Kind::Text, "ISO, MDY", "Sets the display format for date and time values.",
     true},
    {"default_transaction_isolation", Kind::Choice, "read committed",
     "Sets the transaction isolation level of each new transaction.", false,
     "read uncommitted|read committed|repeatable read|serializable"},
    {"default_transaction_read_only", Kind::Bool, "off",
     "Sets the default read-only status of new transactions.", true},
    {"extra_float_digits", Kind::Integer, "1",
     "Sets the number of digits displayed for floating-point values."},
    {"idle_in_transaction_session_timeout", Kind::Time, "0",
     "Sets the maximum allowed idle time between queries, when in a transaction."},
    {"in_hot_standby", Kind::Fixed, "off", "Shows whether hot standby is currently active.", true},
    {"integer_datetimes", Kind::Fixed, "on", "Shows whether datetimes are integer based.", true},
    {"intervalstyle", Kind::Choice, "postgres", "Sets the display format for interval values.",
     true, "postgres|postgres_verbose|sql_standard|iso_8601"},
    {"is_superuser", Kind::Fixed, "on", "Shows whether the current user is a superuser.", true},
    {"lc_collate", Kind::Fixed, "C", "Shows the collation order locale."},
    {"lc_ctype", Kind::Fixed, "C",
     "Shows the character classification and case conversion locale."},
    {"lc_messages", Kind::Text, "C", "Sets the language in which messages are displayed."},
    {"lock_timeout", Kind::Time, "0", "Sets the maximum allowed duration of any wait for a lock."},
    {"max_identifier_length", Kind::Fixed, "63", "Shows the maximum identifier length."},
    {"row_security", Kind::Bool, "on", "Enable row security."},
    {"search_path", Kind::Text, "\"$user\", public",
     "Sets the schema search order for names that are not schema-qualified."},
    {"server_encoding", Kind::Fixed, "UTF8", "Shows the server (database) character set encoding.",
     true},
    {"server_version", Kind::Fixed, "15.0", "Shows the server version.", true},
    {"server_version_num", Kind::Fixed, "150000", "Shows the server version as an integer."},
    {"session_authorization", Kind::Text, "latchkey", "Sets the session user name.", true},
    {"standard_conforming_strings", Kind::Choice, "on",
     "Causes '...' strings to treat backslashes literally.", true, "on|true|yes|1"},
    {"statement_timeout", Kind::Time, "0", "Sets the maximum allowed duration of any statement."},
    {"synchronous_commit", Kind::Text, "on",
     "Sets the current transaction's synchronization level."},
    {"timezone", Kind::Text, "UTC",
     "Sets the time zone for displaying and interpreting time stamps.", true},
    {"transaction_isolation", Kind::Choice, "read committed",
     "Sets the current transaction's isolation level.", false,
     "read uncommitted|read committed|repeatable read|serializable"},
    {"transaction_read_only", Kind::Bool, "off",
     "Sets the current transaction's read-only status."},
    {"xmloption", Kind::Text, "content",
     "Sets whether XML data is to be considered as documents or fragments."},
};

/// As PostgreSQL writes them.
std::string shown_name(std::string_view name) {
  if (name == "datestyle") return "DateStyle";
  if (name == "timezone") return "TimeZone";
  if (name == "intervalstyle") return "IntervalStyle";
  return std::string(name);
}

std::string canonical(std::string_view name) {
  std::string lower = to_lower(name);
  if (lower == "time zone") lower = "timezone";
  return lower;
}

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

Error bad_value(std::string_view name, std::string_view value) {
  return Error(ErrorCode::InvalidArgument,
               fmt::format("invalid value for parameter \"{}\": \"{}\"", shown_name(name), value));
}

std::optional<std::string> bool_of(std::string_view value) {
  const std::string word = to_lower(value);
  for (const char* const yes : {"on", "true", "yes", "1", "t", "y"}) {
    if (word == yes) return "on";
  }
  for (const char* const no : {"off", "false", "no", "0", "f", "n"}) {
    if (word == no) return "off";
  }
  return std::nullopt;
}

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit kUnits[] = {
    {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

std::optional<std::int64_t> milliseconds_of(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto number = parse_int64(text.substr(0, digits));
  if (!number) return std::nullopt;
  std::string_view unit = text.substr(digits);
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (unit.empty()) return *number;
  for (const Unit& each : kUnits) {
    if (each.name == unit) return *number * each.ms;
  }
  return std::nullopt;
}

/// The largest unit that the time is whole in, as SHOW has it.
std::string shown_time(std::int64_t ms) {
  if (ms == 0) return "0";
  for (std::size_t i = std::size(kUnits); i-- > 0;) {
    if (ms % kUnits[i].ms == 0)
      return std::to_string(ms / kUnits[i].ms) + std::string(kUnits[i].name);
  }
  return std::to_string(ms);
}

/// The name of the zone as the zone has it. INTERVAL '-08:00' is what SET TIME ZONE takes, too.
Result<std::string> checked_zone(std::string_view value, TimeZones& zones) {
  constexpr std::string_view kInterval = "interval '";
  std::shared_ptr<const TimeZone> zone;
  if (equals_ignore_case(value.substr(0, kInterval.size()), kInterval) && value.ends_with('\'')) {
    const DateTimeResult<Interval> offset =
        parse_interval(value.substr(kInterval.size(), value.size() - kInterval.size() - 1));
    const bool is_offset = offset.has_value() && offset->months == 0 && offset->days == 0;
    if (is_offset) {
      zone = zones.fixed(static_cast<std::int32_t>(offset->microseconds / kMicrosPerSecond));
    }
  } else {
    zone = zones.find_for_session(value);
  }
  if (zone == nullptr) return bad_value("timezone", value);
  return zone->name();
}

/// What a setting is checked against beside its own row.
struct Checking {
  TimeZones& zones;
  std::string before;  ///< the value until now
};

Result<std::string> checked(const Setting& setting, std::string value, const Checking& checking) {
  switch (setting.kind) {
    case Kind::Fixed:
      return Error(ErrorCode::SettingFixed,
                   fmt::format("parameter \"{}\" cannot be changed", shown_name(setting.name)));
    case Kind::Bool: {
      const auto flag = bool_of(value);
      if (!flag) {
        return Error(
            ErrorCode::InvalidArgument,
            fmt::format("parameter \"{}\" requires a Boolean value", shown_name(setting.name)));
      }
      return *flag;
    }
    case Kind::Integer:
      if (!parse_int64(value)) return bad_value(setting.name, value);
      return value;
    case Kind::Time: {
      const auto ms = milliseconds_of(value);
      if (!ms || *ms < 0 || *ms > 2147483647) return bad_value(setting.name, value);
      return shown_time(*ms);
    }
    case Kind::Choice: {
      const std::string word = to_lower(value);
      const std::string choices = "|" + std::string(setting.choices) + "|";
      if (word.empty() || choices.find("|" + word + "|") == std::string::npos) {
        return bad_value(setting.name, value);
      }
      if (setting.name == "client_encoding") return std::string("UTF8");
      if (setting.name == "standard_conforming_strings") return std::string("on");
      return word;
    }
    case Kind::Text:
      if (setting.name == "datestyle") {
        LK_TRY(const DateSettings dates, DateSettings::parse(value, checking.before));
        return dates.text();
      }
      if (setting.name == "timezone") return checked_zone(value, checking.zones);
      return value;
  }
  return value;
}

}  // namespace

SessionSettings::Values& SessionSettings::change() {
  auto own = std::make_shared<Values>(*values_);
  Values& values = *own;
  values_ = std::move(own);
  ++revision_;
  return values;
}

void SessionSettings::restore(Snapshot snapshot) {
  if (values_ == snapshot) return;
  values_ = std::move(snapshot);
  ++revision_;
}

Result<void> SessionSettings::set(std::string_view name, std::string value) {
  const std::string key = canonical(name);
  const Setting* const setting = find_setting(key);
  if (setting == nullptr) {
    if (key.find('.') == std::string::npos) {
      return Error(ErrorCode::ObjectMissing,
                   fmt::format("unrecognized configuration parameter \"{}\"", name));
    }
    change()[key] = std::move(value);
    return {};
  }
  LK_TRY(std::string fitting, checked(*setting, std::move(value), {zones_, get(key)}));
  change()[key] = std::move(fitting);
  return {};
}

Result<void> SessionSettings::reset(std::string_view name) {
  const std::string key = canonical(name);
  if (find_setting(key) == nullptr && !values_->contains(key)) {
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("unrecognized configuration parameter \"{}\"", name));
  }
  const auto at_start = start_->find(key);
  if (at_start == start_->end())
    change().erase(key);
  else
    change()[key] = at_start->second;
  return {};
}

void SessionSettings::reset_all() { restore(start_); }

std::optional<std::string> SessionSettings::find(std::string_view name) const {
  const std::string key = canonical(name);
  const auto found = values_->find(key);
  if (found != values_->end()) return found->second;
  const Setting* const setting = find_setting(key);
  if (setting == nullptr) return std::nullopt;
  return std::string(setting->value);
}

std::vector<std::string> SessionSettings::list(std::string_view name) const {
  std::vector<std::string> items;
  std::string item;
  bool in_quotes = false;
  const std::string text = get(name) + ",";
  for (const char c : text) {
    if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      if (!item.empty()) items.push_back(std::move(item));
      item.clear();
    } else if (c != ' ' || in_quotes) {
      item.push_back(c);
    }
  }
  return items;
}

std::int64_t SessionSettings::milliseconds(std::string_view name) const {
  return milliseconds_of(get(name)).value_or(0);
}

std::vector<SessionSettings::Shown> SessionSettings::all() const {
  std::vector<Shown> shown;
  for (const Setting& setting : kSettings) {
    shown.push_back({shown_name(setting.name), get(setting.name), setting.description});
  }
  return shown;
}

std::vector<SettingShown> SessionSettings::shown() const {
  std::vector<SettingShown> all;
  for (const Setting& setting : kSettings) {
    SettingShown row;
    row.name = shown_name(setting.name);
    row.value = get(setting.name);
    row.start_value = setting.value;
    row.description = setting.description;
    row.type = setting.kind == Kind::Bool                                    ? "bool"
               : setting.kind == Kind::Choice                                ? "enum"
               : setting.kind == Kind::Integer || setting.kind == Kind::Time ? "integer"
                                                                             : "string";
    row.context = setting.kind == Kind::Fixed ? "internal" : "user";
    std::string_view choices = setting.choices;
    while (!choices.empty()) {
      const std::size_t bar = choices.find('|');
      row.choices.emplace_back(choices.substr(0, bar));
      choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
    }
    all.push_back(std::move(row));
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> SessionSettings::reported() const {
  std::vector<std::pair<std::string, std::string>> values;
  for (const Setting& setting : kSettings) {
    if (setting.is_reported) values.emplace_back(shown_name(setting.name), get(setting.name));
  }
  return values;
}

}  // namespace latchkey::sql
