#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <map>
#include <set>
#include <string>

#include "base/text.h"
#include "doors/resp/client.h"
#include "doors/resp/collection_counts.h"
#include "doors/resp/credentials.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"
#include "kv/call.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::kNoKeys;

/// Lines of one section.
class Section {
 public:
  template <typename Value>
  void line(const char* name, const Value& value) {
    text_ += fmt::format("{}:{}\r\n", name, value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string human_bytes(std::uint64_t bytes) {
  constexpr double kKilo = 1024;
  const auto size = static_cast<double>(bytes);
  if (size < kKilo) return fmt::format("{}B", bytes);
  if (size < kKilo * kKilo) return fmt::format("{:.2f}K", size / kKilo);
  if (size < kKilo * kKilo * kKilo) return fmt::format("{:.2f}M", size / kKilo / kKilo);
  return fmt::format("{:.2f}G", size / kKilo / kKilo / kKilo);
}

void server_section(Call& call, DoorState& door, Section& out) {
  const std::int64_t uptime_s = (door.now_us() - door.started_us) / 1'000'000;
  out.line("redis_version", kRedisVersion);
  out.line("latchkey_version", door.options.version);
  out.line("redis_git_sha1", "00000000");
  out.line("redis_git_dirty", 0);
  out.line("redis_build_id", "0");
  out.line("redis_mode", "standalone");
  out.line("os", "Linux");
  out.line("arch_bits", 64);
  out.line("multiplexing_api", "epoll");
  out.line("process_id", ::getpid());
  out.line("run_id", door.run_id);
  out.line("tcp_port", door.port.load());
  out.line("server_time_usec", door.wall_ms() * 1000);
  out.line("uptime_in_seconds", uptime_s);
  out.line("uptime_in_days", uptime_s / 86'400);
  out.line("hz", 10);
  out.line("configured_hz", 10);
  out.line("executable", "latchkey");
  out.line("config_file", door.options.config_file);
  out.line("io_threads_active", door.server.worker_count());
}

void clients_section(Call& call, DoorState& door, Section& out) {
  std::uint64_t blocked = 0;
  std::uint64_t input_max = 0;
  std::uint64_t output_max = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t watching = 0;
  door.clients.for_each([&](ClientInfo& info) {
    blocked += info.blocked ? 1 : 0;
    subscribers += info.channels + info.patterns + info.shard_channels > 0 ? 1 : 0;
    watching += info.watched > 0 ? 1 : 0;
    input_max = std::max(input_max, info.input_bytes.load());
    output_max = std::max(output_max, info.output_bytes.load());
  });
  out.line("connected_clients", door.clients.size());
  out.line("cluster_connections", 0);
  out.line("maxclients", door.server.connections_max());
  out.line("client_recent_max_input_buffer", input_max);
  out.line("client_recent_max_output_buffer", output_max);
  out.line("blocked_clients", blocked);
  out.line("tracking_clients", 0);
  out.line("pubsub_clients", subscribers);
  out.line("watching_clients", watching);
  out.line("clients_in_timeout_table", 0);
  out.line("total_blocking_keys", door.store.awaited_key_count());
}

void memory_section(Call& call, DoorState& door, Section& out) {
  const storage::EngineStats stats = door.store.engine().stats();
  const std::uint64_t resident = resident_bytes();
  out.line("used_memory", stats.memory_used_bytes);
  out.line("used_memory_human", human_bytes(stats.memory_used_bytes));
  out.line("used_memory_rss", resident);
  out.line("used_memory_rss_human", human_bytes(resident));
  out.line("used_memory_dataset", stats.page_bytes + stats.large_value_bytes);
  out.line("used_memory_pages", stats.page_bytes);
  out.line("used_memory_large_values", stats.large_value_bytes);
  out.line("used_memory_directory", stats.directory_bytes);
  out.line("used_memory_old_versions", stats.old_version_bytes);
  out.line("used_memory_client_buffers", door.server.stats().buffer_bytes);
  out.line("number_of_cached_scripts", 0);
  out.line("number_of_functions", 0);
  out.line("number_of_libraries", 0);
  out.line("maxmemory", stats.memory_limit_bytes);
  out.line("maxmemory_human", human_bytes(stats.memory_limit_bytes));
  out.line("maxmemory_policy", "noeviction");
  const double used = static_cast<double>(std::max<std::uint64_t>(stats.memory_used_bytes, 1));
  out.line("mem_fragmentation_ratio", fmt::format("{:.2f}", static_cast<double>(resident) / used));
  out.line("mem_allocator", "jemalloc");
  out.line("lazyfree_pending_objects", 0);
}

void persistence_section(Call& call, DoorState& door, Section& out) {
  const storage::EngineStats stats = door.store.engine().stats();
  const bool logged = door.options.durability != storage::Durability::None;
  const bool sealed = door.store.engine().log_sealed();
  out.line("loading", 0);
  out.line("async_loading", 0);
  out.line("rdb_changes_since_last_save", 0);
  out.line("rdb_bgsave_in_progress", stats.checkpoint_running ? 1 : 0);
  out.line("rdb_last_save_time", stats.last_checkpoint_ms > 0 ? stats.last_checkpoint_ms / 1000
                                                              : door.last_save_s.load());
  out.line("rdb_last_bgsave_status", stats.last_checkpoint_failed ? "err" : "ok");
  out.line("rdb_last_bgsave_time_sec", -1);
  out.line("rdb_current_bgsave_time_sec", -1);
  out.line("rdb_saves", stats.checkpoints);
  out.line("aof_enabled", logged ? 1 : 0);
  out.line("aof_rewrite_in_progress", 0);
  out.line("aof_last_bgrewrite_status", "ok");
  out.line("aof_last_write_status", sealed || stats.disk_full ? "err" : "ok");
  out.line("aof_current_size", stats.log_bytes_on_disk);
  out.line("log_syncs", stats.log_syncs);
  out.line("log_bytes_written", stats.log_bytes_written);
  out.line("log_sealed", sealed ? 1 : 0);
  out.line("disk_full", stats.disk_full ? 1 : 0);
  out.line("appended_lsn", storage::value_of(door.store.engine().appended_lsn()));
  out.line("stable_lsn", storage::value_of(door.store.engine().stable_lsn()));
}

void stats_section(Call& call, DoorState& door, Section& out) {
  const net::ServerStats stats = door.server.stats();
  std::uint64_t executed = 0;
  std::uint64_t errors = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  for (const auto& worker : door.workers) {
    executed += worker->statistics.executed.get();
    hits += worker->statistics.hits.get();
    misses += worker->statistics.misses.get();
    for (std::size_t code = 0; code < Writer::kErrorCodes; ++code) {
      errors += worker->writer.error_count(static_cast<ErrorCode>(code));
    }
  }
  out.line("total_connections_received", stats.connections_accepted);
  out.line("total_commands_processed", executed);
  out.line("instantaneous_ops_per_sec", door.rate.per_second(executed, door.now_us()));
  out.line("total_net_input_bytes", stats.bytes_received);
  out.line("total_net_output_bytes", stats.bytes_sent);
  out.line("rejected_connections", stats.connections_refused);
  out.line("other_protocol_connections", door.other_protocol_count.load());
  out.line("sync_full", 0);
  out.line("sync_partial_ok", 0);
  out.line("sync_partial_err", 0);
  out.line("expired_keys", door.store.expired_count() - door.expired_before.load());
  out.line("evicted_keys", 0);
  out.line("keyspace_hits", hits);
  out.line("keyspace_misses", misses);
  out.line("pubsub_channels", door.store.hub().channels("*").size());
  out.line("pubsub_patterns", door.store.hub().pattern_count());
  out.line("pubsubshard_channels", door.shard_hub.channels("").size());
  out.line("latest_fork_usec", 0);
  out.line("total_error_replies", errors);
}

void replication_section(Call& call, DoorState& door, Section& out) {
  out.line("role", "master");
  out.line("connected_slaves", 0);
  out.line("master_failover_state", "no-failover");
  out.line("master_replid", door.run_id);
  out.line("master_replid2", "0000000000000000000000000000000000000000");
  out.line("master_repl_offset", 0);
  out.line("second_repl_offset", -1);
  out.line("repl_backlog_active", 0);
  out.line("repl_backlog_size", 0);
  out.line("repl_backlog_first_byte_offset", 0);
  out.line("repl_backlog_histlen", 0);
}

void cpu_section(Call&, DoorState&, Section& out) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return fmt::format("{}.{:06}", time.tv_sec, time.tv_usec);
  };
  out.line("used_cpu_sys", seconds(used.ru_stime));
  out.line("used_cpu_user", seconds(used.ru_utime));
  out.line("used_cpu_sys_children", "0.000000");
  out.line("used_cpu_user_children", "0.000000");
}

void modules_section(Call&, DoorState&, Section&) {}

void errorstats_section(Call& call, DoorState& door, Section& out) {
  std::map<std::string, std::uint64_t> by_prefix;
  constexpr std::size_t kCodes = static_cast<std::size_t>(ErrorCode::Internal) + 1;
  for (const auto& worker : door.workers) {
    for (std::size_t code = 0; code < kCodes; ++code) {
      const std::uint64_t count = worker->writer.error_count(static_cast<ErrorCode>(code));
      if (count > 0)
        by_prefix[std::string(error_class(static_cast<ErrorCode>(code)).resp_prefix)] += count;
    }
  }
  for (const auto& [prefix, count] : by_prefix) {
    out.line(("errorstat_" + prefix).c_str(), fmt::format("count={}", count));
  }
}

void commandstats_section(Call& call, DoorState& door, Section& out) {
  for (std::size_t number = 0; number < door.index.size(); ++number) {
    std::uint64_t calls = 0;
    std::uint64_t spent = 0;
    std::uint64_t failed = 0;
    std::uint64_t rejected = 0;
    for (const auto& worker : door.workers) {
      const CommandStatistics& statistics = worker->statistics.commands[number];
      calls += statistics.calls.get();
      spent += statistics.ticks.get();
      failed += statistics.failed.get();
      rejected += statistics.rejected.get();
    }
    if (calls + rejected == 0) continue;
    const double spent_us = static_cast<double>(spent) * door.us_per_tick;
    out.line(
        ("cmdstat_" + door.index.at(number).lower_name).c_str(),
        fmt::format("calls={},usec={:.0f},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
                    calls, spent_us, calls == 0 ? 0.0 : spent_us / static_cast<double>(calls),
                    rejected, failed));
  }
}

void cluster_section(Call&, DoorState&, Section& out) { out.line("cluster_enabled", 0); }

void keyspace_section(Call& call, DoorState& door, Section& out) {
  std::uint64_t deadlines = door.store.engine().stats().deadlines;
  for (const CollectionCount& count : count_collections(call)) {
    if (count.keys == 0) continue;
    const bool is_default = count.name == "default";
    // The engine counts deadlines over all collections: shown once, with the first that has keys.
    const std::uint64_t expires = std::min(deadlines, count.keys);
    deadlines -= expires;
    out.line(("db" + (is_default ? "0" : count.name)).c_str(),
             fmt::format("keys={},expires={},avg_ttl=0", count.keys, expires));
  }
}

struct NamedSection {
  const char* name;
  const char* title;
  void (*write)(Call&, DoorState&, Section&);
  bool by_default;
};

constexpr NamedSection kSections[] = {
    {"server", "Server", &server_section, true},
    {"clients", "Clients", &clients_section, true},
    {"memory", "Memory", &memory_section, true},
    {"persistence", "Persistence", &persistence_section, true},
    {"stats", "Stats", &stats_section, true},
    {"replication", "Replication", &replication_section, true},
    {"cpu", "CPU", &cpu_section, true},
    {"modules", "Modules", &modules_section, true},
    {"errorstats", "Errorstats", &errorstats_section, true},
    {"commandstats", "Commandstats", &commandstats_section, false},
    {"cluster", "Cluster", &cluster_section, true},
    {"keyspace", "Keyspace", &keyspace_section, true},
};

bool is_asked_for(const NamedSection& section, kv::Arguments words) {
  if (words.empty()) return section.by_default;
  for (const Bytes word : words) {
    if (equals_ignore_case(word, section.name) || equals_ignore_case(word, "all") ||
        equals_ignore_case(word, "everything") ||
        (equals_ignore_case(word, "default") && section.by_default)) {
      return true;
    }
  }
  return false;
}

Result<void> info(Call& call) {
  DoorState& door = Client::of(call).door();
  std::string text;
  for (const NamedSection& section : kSections) {
    if (!is_asked_for(section, call.arguments.subspan(1))) continue;
    Section lines;
    section.write(call, door, lines);
    if (!text.empty()) text += "\r\n";
    text += fmt::format("# {}\r\n{}", section.title, lines.take());
  }
  call.reply.verbatim("txt", text);
  return {};
}

constexpr kv::Command kRows[] = {
    {"INFO", at_least(1), kNoKeys, kv::kLoading, &info, "server", "n, clients and collections",
     "Tells about the server, in sections."},
};

}  // namespace

std::span<const kv::Command> info_rows() { return kRows; }

}  // namespace latchkey::resp
