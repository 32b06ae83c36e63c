#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/log.h"
#include "storage/types.h"

namespace latchkey::server {

/// What the server runs with. The defaults stand in the table of settings, not here.
struct Config {
  std::string bind;             ///< an IP address
  std::uint64_t resp_port = 0;  ///< 0: the door is off
  std::uint64_t postgres_port = 0;
  std::uint64_t http_port = 0;
  std::string unix_socket;  ///< empty: none
  std::uint64_t worker_count = 0;
  std::uint64_t client_count_max = 0;
  std::string password;  ///< empty: none is asked for
  std::string data_directory;
  storage::Durability durability = storage::Durability::Sync;
  std::uint64_t log_interval_ms = 0;
  std::uint64_t log_segment_bytes = 0;
  std::uint64_t key_bytes_max = 0;
  std::uint64_t value_bytes_max = 0;
  std::uint64_t memory_limit_bytes = 0;
  LogLevel log_level = LogLevel::Info;
};

enum class SettingKind : std::uint8_t {
  Address,  ///< an IP address, or localhost
  Port,     ///< 0 turns the door off
  Path,
  Secret,  ///< never shown
  Count,
  Size,      ///< in bytes: 64mb
  Memory,    ///< a size, or a part of the machine's memory: 75%
  Duration,  ///< 100ms
  Choice,    ///< one word of `choices`
};

/// One row of the table of settings: all that parsing, `config show`, the reference page and the
/// flags know about it.
struct Setting {
  using Target = std::variant<std::string Config::*, std::uint64_t Config::*,
                              storage::Durability Config::*, LogLevel Config::*>;

  std::string_view name;         ///< in latchkey.toml: table.key
  std::string_view environment;  ///< the variable
  std::string_view flag;         ///< without dashes; empty: none
  SettingKind kind;
  Target target;
  std::string_view default_text;
  std::uint64_t min;  ///< of numbers, sizes in bytes and durations in milliseconds
  std::uint64_t max;
  std::string_view choices;  ///< of a Choice, in the order of its enum, separated by '|'
  std::string_view help;     ///< one sentence
};

/// Every setting, in the order in which pages and `config show` list them.
std::span<const Setting> settings();

/// The row with this name in latchkey.toml, or null.
const Setting* find_setting(std::string_view name);

/// How the values of this setting are written, in words: "7379, 0 to 65535".
std::string describe_values(const Setting& setting);

}  // namespace latchkey::server
