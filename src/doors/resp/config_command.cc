#include <fmt/format.h>

#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/glob.h"
#include "base/numbers.h"
#include "base/text.h"
#include "doors/resp/client.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"
#include "doors/resp/subcommands.h"
#include "kv/call.h"
#include "kv/notify_flags.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::exactly;
using kv::kNoKeys;

Error invalid(std::string text) { return Error(ErrorCode::InvalidArgument, std::move(text)); }

/// A setting by the name that Redis has for it. `set` checks and applies, or says what is wrong;
/// without it the setting is fixed at start. One that is kept has neither: a hint about memory
/// layouts that only Redis has, a number or yes or no like its default.
struct Setting {
  const char* name;
  std::string (*get)(DoorState&);
  Result<void> (*set)(DoorState&, Bytes) = nullptr;
  const char* kept = nullptr;
  const char* kept_as = nullptr;  ///< an older name of this setting's

  std::string value(DoorState& door) const {
    return kept != nullptr ? door.settings.kept(kept_as != nullptr ? kept_as : name, kept)
                           : get(door);
  }
  Result<void> change(DoorState& door, Bytes to) const;
};

constexpr Setting kept(const char* name, const char* value, const char* kept_as = nullptr) {
  return {name, nullptr, nullptr, value, kept_as};
}

std::string yes_no(bool value) { return value ? "yes" : "no"; }

/// A number within bounds, or Redis' words for what is wrong with it.
Result<std::int64_t> read_number(Bytes text, std::int64_t least, std::int64_t most) {
  const auto number = parse_int64(text);
  if (!number.has_value()) return invalid("argument couldn't be parsed into an integer");
  if (*number < least || *number > most) {
    return invalid(fmt::format("argument must be between {} and {} inclusive", least, most));
  }
  return *number;
}

Result<std::uint64_t> read_size(Bytes text) {
  const auto size = parse_size(text);
  if (!size.has_value()) return invalid("argument must be a memory value");
  return *size;
}

Result<void> Setting::change(DoorState& door, Bytes to) const {
  if (set != nullptr) return set(door, to);
  if (kept == nullptr) return invalid("can't set immutable config");
  const bool is_word = parse_int64(kept) == std::nullopt;
  if (is_word && !equals_ignore_case(to, "yes") && !equals_ignore_case(to, "no"))
    return invalid("argument must be 'yes' or 'no'");
  if (!is_word) LK_CHECK(read_size(to.starts_with('-') ? to.substr(1) : to));
  door.settings.keep(kept_as != nullptr ? kept_as : name, to_lower(to));
  return {};
}

/// Accepts only the value in force: what Latchkey does not vary, it does not pretend to.
template <auto kGet>
Result<void> set_nothing_else(DoorState& door, Bytes value) {
  if (equals_ignore_case(value, kGet(door))) return {};
  return invalid(fmt::format("this server keeps it at '{}'", kGet(door)));
}

std::string get_durability(DoorState& door) {
  switch (door.options.durability) {
    case storage::Durability::Sync:
      return "always";
    case storage::Durability::Interval:
      return "everysec";
    case storage::Durability::None:
      return "no";
  }
  return "no";
}

std::string get_appendonly(DoorState& door) {
  return yes_no(door.options.durability != storage::Durability::None);
}
std::string get_noeviction(DoorState&) { return "noeviction"; }
std::string get_empty(DoorState&) { return ""; }
std::string get_no(DoorState&) { return "no"; }

constexpr std::int64_t kMany = std::int64_t{1} << 31;

const Setting kSettings[] = {
    kept("activerehashing", "yes"),
    {"appendfsync", &get_durability, &set_nothing_else<&get_durability>},
    {"appendonly", &get_appendonly, &set_nothing_else<&get_appendonly>},
    {"bind",
     [](DoorState& door) {
       std::string all;
       for (const std::string& address : door.options.addresses)
         all += (all.empty() ? "" : " ") + address;
       return all;
     }},
    {"client-query-buffer-limit",
     [](DoorState& door) { return std::to_string(door.settings.input_bytes_max); },
     [](DoorState& door, Bytes value) -> Result<void> {
       constexpr std::uint64_t kLeast = 1 << 20;
       LK_TRY(const std::uint64_t size, read_size(value));
       if (size < kLeast) return invalid("argument must be at least 1mb");
       door.settings.input_bytes_max = size;
       return {};
     }},
    {"daemonize", &get_no},
    {"databases", [](DoorState&) -> std::string { return "16"; }},
    {"dir", [](DoorState& door) { return door.options.data_directory; }},
    kept("hash-max-listpack-entries", "512"),
    kept("hash-max-listpack-value", "64"),
    kept("hash-max-ziplist-entries", "512", "hash-max-listpack-entries"),
    kept("hash-max-ziplist-value", "64", "hash-max-listpack-value"),
    kept("hz", "10"),
    {"io-threads", [](DoorState& door) { return std::to_string(door.server.worker_count()); }},
    {"latency-monitor-threshold",
     [](DoorState& door) { return std::to_string(door.latency_log.threshold_ms()); },
     [](DoorState& door, Bytes value) -> Result<void> {
       LK_TRY(const std::int64_t threshold_ms, read_number(value, 0, kMany));
       door.latency_log.set_threshold_ms(threshold_ms);
       return {};
     }},
    {"lazyfree-lazy-user-flush", [](DoorState&) -> std::string { return "yes"; }},
    kept("list-compress-depth", "0"),
    kept("list-max-listpack-size", "-2"),
    kept("list-max-ziplist-size", "-2", "list-max-listpack-size"),
    {"maxclients", [](DoorState& door) { return std::to_string(door.server.connections_max()); },
     [](DoorState& door, Bytes value) -> Result<void> {
       LK_TRY(const std::int64_t count, read_number(value, 1, 1'000'000));
       door.server.set_connections_max(static_cast<std::size_t>(count));
       return {};
     }},
    {"maxmemory",
     [](DoorState& door) { return std::to_string(door.store.engine().stats().memory_limit_bytes); },
     [](DoorState& door, Bytes value) -> Result<void> {
       LK_TRY(const std::uint64_t size, read_size(value));
       return door.store.engine().set_memory_limit(size);
     }},
    {"maxmemory-policy", &get_noeviction, &set_nothing_else<&get_noeviction>},
    {"notify-keyspace-events",
     [](DoorState& door) { return kv::format_notify_flags(door.store.notify_flags); },
     [](DoorState& door, Bytes value) -> Result<void> {
       const auto flags = kv::parse_notify_flags(value);
       if (!flags.has_value())
         return invalid("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
       door.store.notify_flags = *flags;
       return {};
     }},
    {"port", [](DoorState& door) { return std::to_string(door.port); }},
    {"proto-max-bulk-len",
     [](DoorState& door) { return std::to_string(door.settings.argument_bytes_max); },
     [](DoorState& door, Bytes value) -> Result<void> {
       constexpr std::uint64_t kLeast = 1 << 20;
       LK_TRY(const std::uint64_t size, read_size(value));
       if (size < kLeast || size > RequestLimits::kArgumentBytesMax) {
         return invalid("argument must be between 1mb and 512mb");
       }
       door.settings.argument_bytes_max = size;
       return {};
     }},
    {"replicaof", &get_empty},
    {"requirepass", [](DoorState& door) { return door.settings.password(); },
     [](DoorState& door, Bytes value) -> Result<void> {
       door.settings.set_password(std::string(value));
       return {};
     }},
    {"save", &get_empty, &set_nothing_else<&get_empty>},
    kept("set-max-intset-entries", "512"),
    {"slaveof", &get_empty},
    {"slowlog-log-slower-than",
     [](DoorState& door) { return std::to_string(door.slow_log.threshold_us()); },
     [](DoorState& door, Bytes value) -> Result<void> {
       LK_TRY(const std::int64_t threshold_us, read_number(value, -1, std::int64_t{1} << 60));
       door.slow_log.set_threshold_us(threshold_us);
       return {};
     }},
    {"slowlog-max-len", [](DoorState& door) { return std::to_string(door.slow_log.length_max()); },
     [](DoorState& door, Bytes value) -> Result<void> {
       LK_TRY(const std::int64_t length, read_number(value, 0, 100'000));
       door.slow_log.set_length_max(static_cast<std::size_t>(length));
       return {};
     }},
    kept("stream-node-max-bytes", "4096"),
    kept("stream-node-max-entries", "100"),
    {"tcp-backlog", [](DoorState&) -> std::string { return "1024"; }},
    {"tcp-keepalive", [](DoorState&) -> std::string { return "60"; }},
    {"timeout", [](DoorState& door) { return std::to_string(door.settings.idle_timeout_s); },
     [](DoorState& door, Bytes value) -> Result<void> {
       LK_TRY(const std::int64_t timeout_s, read_number(value, 0, kMany));
       door.settings.idle_timeout_s = timeout_s;
       if (timeout_s > 0) door.wake_all();
       return {};
     }},
    {"unixsocket", [](DoorState& door) { return door.options.local_path; }},
    kept("zset-max-listpack-entries", "128"),
    kept("zset-max-listpack-value", "64"),
    kept("zset-max-ziplist-entries", "128", "zset-max-listpack-entries"),
    kept("zset-max-ziplist-value", "64", "zset-max-listpack-value"),
};

const Setting* find_setting(Bytes name) {
  for (const Setting& setting : kSettings) {
    if (equals_ignore_case(setting.name, name)) return &setting;
  }
  return nullptr;
}

Result<void> config_get(Call& call) {
  DoorState& door = Client::of(call).door();
  std::vector<const Setting*> matches;
  for (const Setting& setting : kSettings) {
    for (const Bytes pattern : call.arguments.subspan(2)) {
      if (!glob_match(pattern, setting.name, LetterCase::Ignore)) continue;
      matches.push_back(&setting);
      break;
    }
  }
  call.reply.map(matches.size());
  for (const Setting* setting : matches) {
    call.reply.bulk(setting->name);
    call.reply.bulk(setting->value(door));
  }
  return {};
}

/// Sets all or none: when one fails, those before it get their old values back.
Result<void> config_set(Call& call) {
  if (call.argument_count() % 2 != 0) return Call::syntax_error();
  DoorState& door = Client::of(call).door();
  std::vector<std::pair<const Setting*, std::string>> undo;
  for (std::size_t i = 2; i < call.argument_count(); i += 2) {
    const Setting* setting = find_setting(call.argument(i));
    if (setting == nullptr) {
      return invalid(fmt::format("Unknown option or number of arguments for CONFIG SET - '{}'",
                                 call.argument(i).substr(0, 128)));
    }
    for (const auto& [earlier, value] : undo) {
      if (earlier == setting) {
        return invalid(fmt::format(
            "CONFIG SET failed (possibly related to argument '{}') - duplicate parameter",
            setting->name));
      }
    }
    undo.emplace_back(setting, setting->value(door));
  }
  for (std::size_t i = 2; i < call.argument_count(); i += 2) {
    const std::size_t number = i / 2 - 1;
    const Setting& setting = *undo[number].first;
    const Result<void> done = setting.change(door, call.argument(i + 1));
    if (done.has_value()) continue;
    for (std::size_t back = number; back-- > 0;) {
      // An old value was accepted once and is again.
      [[maybe_unused]] const Result<void> undone =
          undo[back].first->change(door, undo[back].second);
    }
    return invalid(fmt::format("CONFIG SET failed (possibly related to argument '{}') - {}",
                               setting.name, done.error().message()));
  }
  call.reply.ok();
  return {};
}

Result<void> config_resetstat(Call& call) {
  DoorState& door = Client::of(call).door();
  door.reset_statistics();
  call.reply.ok();
  return {};
}

Result<void> config_rewrite(Call&) {
  return Error(ErrorCode::NotSupported,
               "CONFIG REWRITE is not supported: change latchkey.toml instead");
}

constexpr Subcommand kSubcommands[] = {
    {"config|get", at_least(3), &config_get, "GET <pattern> ...",
     "Return settings that match the patterns."},
    {"config|resetstat", exactly(2), &config_resetstat, "RESETSTAT",
     "Begin the statistics of INFO anew."},
    {"config|rewrite", exactly(2), &config_rewrite, "REWRITE", "Refused: the file is the user's."},
    {"config|set", at_least(4), &config_set, "SET <name> <value> ...",
     "Change settings until the next start."},
};

Result<void> check_config(kv::Arguments arguments) {
  return check_subcommand(arguments, kSubcommands);
}

Result<void> config(Call& call) { return run_subcommand(call, kSubcommands); }

constexpr kv::Command kRows[] = {
    {"CONFIG", at_least(2), kNoKeys, kv::kAdmin | kv::kLoading, &config, "server", "n, settings",
     "Shows and changes settings.", &check_config},
};

}  // namespace

std::span<const kv::Command> config_rows() { return kRows; }

}  // namespace latchkey::resp
