#include "tools/server/settings.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/numbers.h"

namespace latchkey::server {

namespace {

constexpr std::uint64_t kPortMax = 65'535;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;

constexpr std::array kSettings = {
    Setting{"server.bind", "LATCHKEY_BIND", "bind", SettingKind::Address, &Config::bind,
            "127.0.0.1", 0, 0, "",
            "The address that the doors listen on. Without a password only a loopback address is "
            "accepted."},
    Setting{"server.unixsocket", "LATCHKEY_UNIXSOCKET", "unixsocket", SettingKind::Path,
            &Config::unix_socket, "", 0, 107, "",
            "A Unix socket for Redis clients beside the port; empty for none."},
    Setting{"server.workers", "LATCHKEY_WORKERS", "workers", SettingKind::Count,
            &Config::worker_count, "0", 0, 1'024, "",
            "Threads that serve clients; 0 takes one for each processor."},
    Setting{"server.clients_max", "LATCHKEY_CLIENTS_MAX", "", SettingKind::Count,
            &Config::client_count_max, "10000", 1, 1'000'000, "",
            "Connections at one time; further ones are refused with an error."},
    Setting{"server.password", "LATCHKEY_PASSWORD", "", SettingKind::Secret, &Config::password, "",
            0, 512, "",
            "The password that clients send with AUTH; empty for none. There is no flag for it, "
            "because flags can be read by every user of the machine."},
    Setting{"server.ports.resp", "LATCHKEY_PORT_RESP", "resp-port", SettingKind::Port,
            &Config::resp_port, "7379", 0, kPortMax, "",
            "The port for Redis clients; 0 turns the door off."},
    Setting{"server.ports.postgres", "LATCHKEY_PORT_POSTGRES", "postgres-port", SettingKind::Port,
            &Config::postgres_port, "0", 0, kPortMax, "",
            "The port for PostgreSQL clients, 7432 by custom; 0 turns the door off. It is new, and "
            "speaks a part of SQL: see docs/sql.md."},
    Setting{"server.ports.http", "LATCHKEY_PORT_HTTP", "http-port", SettingKind::Port,
            &Config::http_port, "0", 0, 0, "",
            "The port for HTTP clients. This door does not exist yet: only 0 is accepted."},
    Setting{"storage.directory", "LATCHKEY_DATA", "data", SettingKind::Path,
            &Config::data_directory, "./data", 1, 4'000, "",
            "The data directory; made at the first start. One server at a time can hold it."},
    Setting{"storage.durability", "LATCHKEY_DURABILITY", "durability", SettingKind::Choice,
            &Config::durability, "sync", 0, 0, "sync|interval|none",
            "When a write is acknowledged: on stable storage (sync), before it, with at most "
            "log_interval to lose at a power cut (interval), or in memory only (none)."},
    Setting{"storage.log_interval", "LATCHKEY_LOG_INTERVAL", "", SettingKind::Duration,
            &Config::log_interval_ms, "100ms", 1, 60'000, "",
            "With durability interval: how often the log is synced."},
    Setting{"storage.log_segment", "LATCHKEY_LOG_SEGMENT", "", SettingKind::Size,
            &Config::log_segment_bytes, "64mb", kMiB, 1'024 * kMiB, "",
            "The size of one file of the log, reserved on the disk in advance."},
    Setting{"storage.key_bytes_max", "LATCHKEY_KEY_BYTES_MAX", "", SettingKind::Size,
            &Config::key_bytes_max, "65536", 1, 65'536, "",
            "Longer keys are refused with an error."},
    Setting{"storage.value_bytes_max", "LATCHKEY_VALUE_BYTES_MAX", "", SettingKind::Size,
            &Config::value_bytes_max, "512mb", 1, 512 * kMiB, "",
            "Longer values are refused with an error."},
    Setting{"memory.limit", "LATCHKEY_MEMORY_LIMIT", "memory-limit", SettingKind::Memory,
            &Config::memory_limit_bytes, "75%", 16 * kMiB, 1'024 * kTiB, "",
            "Memory for data, connections and everything else together, as a size or as a part of "
            "the machine's or container's memory. At the limit writes are refused, reads and "
            "deletes go on."},
    Setting{"log.level", "LATCHKEY_LOG_LEVEL", "log-level", SettingKind::Choice, &Config::log_level,
            "info", 0, 0, "debug|info|warning|error",
            "The least important lines that are written to stderr."},
};

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"", "kb", "mb", "gb", "tb"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes).append(kUnits[unit]);
}

}  // namespace

std::span<const Setting> settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  const auto found = std::find_if(kSettings.begin(), kSettings.end(),
                                  [&](const Setting& setting) { return setting.name == name; });
  return found == kSettings.end() ? nullptr : &*found;
}

std::string describe_values(const Setting& setting) {
  const std::string min = std::to_string(setting.min);
  const std::string max = std::to_string(setting.max);
  switch (setting.kind) {
    case SettingKind::Address:
      return "an IP address or localhost";
    case SettingKind::Port:
      return setting.max == 0 ? "0" : "a port from " + min + " to " + max;
    case SettingKind::Path:
      return "a path";
    case SettingKind::Secret:
      return "up to " + max + " bytes";
    case SettingKind::Count:
      return "a number from " + min + " to " + max;
    case SettingKind::Size:
      return "a size from " + size_text(setting.min) + " to " + size_text(setting.max);
    case SettingKind::Memory:
      return "a size of at least " + size_text(setting.min) + ", or a percentage";
    case SettingKind::Duration:
      return "a duration from " + min + "ms to " + max + "ms";
    case SettingKind::Choice: {
      std::string words(setting.choices);
      for (std::size_t at = 0; (at = words.find('|', at)) != std::string::npos; at += 4) {
        words.replace(at, 1, words.find('|', at + 1) == std::string::npos ? " or " : ", ");
      }
      return words;
    }
  }
  LK_ASSERT(false);
  return {};
}

}  // namespace latchkey::server
