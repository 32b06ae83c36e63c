#include <fmt/format.h>

#include "base/numbers.h"
#include "base/text.h"
#include "doors/resp/client.h"
#include "doors/resp/collection_counts.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"
#include "doors/resp/subcommands.h"
#include "kv/call.h"
#include "kv/members.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::exactly;
using kv::kNoKeys;

Error invalid(std::string text) { return Error(ErrorCode::InvalidArgument, std::move(text)); }

Result<void> slowlog_get(Call& call) {
  constexpr std::int64_t kShown = 10;
  std::int64_t count = kShown;
  if (call.argument_count() > 3) return wrong_subcommand_use(call);
  if (call.argument_count() == 3) {
    const auto asked = parse_int64(call.argument(2));
    if (!asked.has_value() || *asked < -1)
      return invalid("count should be greater than or equal to -1");
    count = *asked;
  }
  const SlowLog& log = Client::of(call).door().slow_log;
  const auto entries = log.newest(count < 0 ? log.size() : static_cast<std::size_t>(count));
  call.reply.array(entries.size());
  for (const SlowLog::Entry& entry : entries) {
    call.reply.array(6);
    call.reply.integer(static_cast<std::int64_t>(entry.id));
    call.reply.integer(entry.time_s);
    call.reply.integer(entry.duration_us);
    call.reply.array(entry.arguments.size());
    for (const std::string& argument : entry.arguments) call.reply.bulk(argument);
    call.reply.bulk(entry.client_address);
    call.reply.bulk(entry.client_name);
  }
  return {};
}

Result<void> slowlog_len(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(Client::of(call).door().slow_log.size()));
  return {};
}

Result<void> slowlog_reset(Call& call) {
  Client::of(call).door().slow_log.reset();
  call.reply.ok();
  return {};
}

constexpr Subcommand kSlowlog[] = {
    {"slowlog|get", at_least(2), &slowlog_get, "GET [<count>]",
     "Return the newest slow commands (default: 10, -1 for all)."},
    {"slowlog|len", exactly(2), &slowlog_len, "LEN", "Return how many there are."},
    {"slowlog|reset", exactly(2), &slowlog_reset, "RESET", "Forget them."},
};

Result<void> check_slowlog(kv::Arguments arguments) {
  return check_subcommand(arguments, kSlowlog);
}

Result<void> slowlog(Call& call) { return run_subcommand(call, kSlowlog); }

Result<void> latency_latest(Call& call) {
  const auto events = Client::of(call).door().latency_log.events();
  call.reply.array(events.size());
  for (const LatencyLog::Event& event : events) {
    call.reply.array(4);
    call.reply.bulk(event.name);
    call.reply.integer(event.latest.time_s);
    call.reply.integer(event.latest.latency_ms);
    call.reply.integer(event.latency_ms_max);
  }
  return {};
}

Result<void> latency_history(Call& call) {
  const auto samples = Client::of(call).door().latency_log.history(std::string(call.argument(2)));
  call.reply.array(samples.size());
  for (const LatencyLog::Sample& sample : samples) {
    call.reply.array(2);
    call.reply.integer(sample.time_s);
    call.reply.integer(sample.latency_ms);
  }
  return {};
}

Result<void> latency_reset(Call& call) {
  LatencyLog& log = Client::of(call).door().latency_log;
  std::size_t count = 0;
  if (call.argument_count() == 2) count = log.reset("");
  for (const Bytes event : call.arguments.subspan(2))
    count += event.empty() ? 0 : log.reset(std::string(event));
  call.reply.integer(static_cast<std::int64_t>(count));
  return {};
}

Result<void> latency_doctor(Call& call) {
  const LatencyLog& log = Client::of(call).door().latency_log;
  std::string text;
  if (log.threshold_ms() == 0) {
    text =
        "Latency monitoring is off. Turn it on with CONFIG SET latency-monitor-threshold "
        "<milliseconds>, and ask "
        "again after a while.\n";
  } else if (log.events().empty()) {
    text = fmt::format("Nothing took {} milliseconds or longer so far.\n", log.threshold_ms());
  }
  for (const LatencyLog::Event& event : log.events()) {
    text += fmt::format(
        "{}: the worst took {} ms, the latest {} ms. SLOWLOG GET may name the commands.\n",
        event.name, event.latency_ms_max, event.latest.latency_ms);
  }
  call.reply.verbatim("txt", text);
  return {};
}

/// Calls of one command by duration, over all workers.
std::vector<std::uint64_t> histogram_of(const DoorState& door, std::size_t number) {
  std::vector<std::uint64_t> counts(CommandStatistics::kBuckets);
  for (const auto& worker : door.workers) {
    for (std::size_t i = 0; i < counts.size(); ++i)
      counts[i] += worker->statistics.commands[number].buckets[i].get();
  }
  return counts;
}

Result<void> latency_histogram(Call& call) {
  DoorState& door = Client::of(call).door();
  std::vector<const IndexedCommand*> chosen;
  if (call.argument_count() == 2) {
    for (std::size_t i = 0; i < door.index.size(); ++i) chosen.push_back(&door.index.at(i));
  }
  for (const Bytes name : call.arguments.subspan(2)) {
    if (const IndexedCommand* indexed = door.index.find(name); indexed != nullptr)
      chosen.push_back(indexed);
  }
  std::vector<std::pair<const IndexedCommand*, std::vector<std::uint64_t>>> shown;
  for (const IndexedCommand* indexed : chosen) {
    std::vector<std::uint64_t> counts = histogram_of(door, indexed->number);
    std::uint64_t calls = 0;
    for (const std::uint64_t count : counts) calls += count;
    if (calls > 0) shown.emplace_back(indexed, std::move(counts));
  }
  call.reply.map(shown.size());
  for (const auto& [indexed, counts] : shown) {
    std::size_t filled = 0;
    std::uint64_t calls = 0;
    for (const std::uint64_t count : counts) {
      calls += count;
      filled += count > 0 ? 1 : 0;
    }
    call.reply.bulk(indexed->lower_name);
    call.reply.map(2);
    call.reply.bulk("calls");
    call.reply.integer(static_cast<std::int64_t>(calls));
    call.reply.bulk("histogram_usec");
    call.reply.map(filled);
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      so_far += counts[i];
      call.reply.integer(std::int64_t{1} << i);
      call.reply.integer(static_cast<std::int64_t>(so_far));
    }
  }
  return {};
}

constexpr Subcommand kLatency[] = {
    {"latency|doctor", exactly(2), &latency_doctor, "DOCTOR", "Return what was slow, in words."},
    {"latency|histogram", at_least(2), &latency_histogram, "HISTOGRAM [<command> ...]",
     "Return how many calls took up to how many microseconds."},
    {"latency|history", exactly(3), &latency_history, "HISTORY <event>",
     "Return times and latencies of an event."},
    {"latency|latest", exactly(2), &latency_latest, "LATEST",
     "Return the latest and worst latency of each event."},
    {"latency|reset", at_least(2), &latency_reset, "RESET [<event> ...]",
     "Forget events (default: all)."},
};

Result<void> check_latency(kv::Arguments arguments) {
  return check_subcommand(arguments, kLatency);
}

Result<void> latency(Call& call) { return run_subcommand(call, kLatency); }

Result<void> memory_usage(Call& call) {
  if (call.argument_count() != 3) {
    const bool is_samples = equals_ignore_case(call.argument(3), "SAMPLES");
    if (!is_samples || call.argument_count() == 4) return Call::syntax_error();
    const auto samples = parse_int64(call.argument(4));
    if (!samples.has_value()) return Call::not_an_integer();
    if (*samples < 0 || call.argument_count() > 5) return Call::syntax_error();
  }
  // What one record takes in its leaf beside key and value: slot, header, fingerprint, and its
  // share of the directory and of the room that splits leave.
  constexpr std::uint64_t kRecordOverhead = 32;
  // A member stands in one tree or two; its usual size is not worth a walk over all of them.
  constexpr std::uint64_t kMemberBytes = 64;
  std::uint64_t bytes = 0;
  LK_TRY(const bool exists,
         call.read_record(call.argument(2), [&](const storage::RecordView& record) {
           bytes = call.argument(2).size() + record.value.size() + kRecordOverhead;
           if (!kv::has_members(static_cast<kv::RecordKind>(record.kind))) return;
           const Result<kv::MembersHeader> members = kv::MembersHeader::decode(record.value);
           if (members.has_value()) bytes += members->count * kMemberBytes;
         }));
  if (exists) {
    call.reply.integer(static_cast<std::int64_t>(bytes));
  } else {
    call.reply.null();
  }
  return {};
}

Result<void> memory_stats(Call& call) {
  DoorState& door = Client::of(call).door();
  const storage::EngineStats stats = door.store.engine().stats();
  std::uint64_t keys = 0;
  for (const CollectionCount& count : count_collections(call)) keys += count.keys;
  const std::uint64_t data = stats.page_bytes + stats.large_value_bytes;
  const std::pair<const char*, std::uint64_t> figures[] = {
      {"total.allocated", stats.memory_used_bytes},
      {"limit", stats.memory_limit_bytes},
      {"clients.normal", door.server.stats().buffer_bytes},
      {"dataset.bytes", data},
      {"pages.bytes", stats.page_bytes},
      {"large-values.bytes", stats.large_value_bytes},
      {"directory.bytes", stats.directory_bytes},
      {"old-versions.bytes", stats.old_version_bytes},
      {"keys.count", keys},
      {"keys.bytes-per-key", keys == 0 ? 0 : stats.memory_used_bytes / keys},
      {"allocator.resident", resident_bytes()},
  };
  call.reply.map(std::size(figures));
  for (const auto& [name, value] : figures) {
    call.reply.bulk(name);
    call.reply.integer(static_cast<std::int64_t>(value));
  }
  return {};
}

Result<void> memory_doctor(Call& call) {
  const storage::EngineStats stats = call.store.engine().stats();
  const auto share = [&](std::uint64_t part) {
    return stats.memory_limit_bytes == 0 ? 0 : 100 * part / stats.memory_limit_bytes;
  };
  std::string text;
  if (share(stats.memory_used_bytes) >= 90) {
    text += fmt::format("{} % of the memory limit is used; at the limit, writes are refused.\n",
                        share(stats.memory_used_bytes));
  }
  if (share(stats.old_version_bytes) >= 10) {
    text += fmt::format("{} % of the limit holds old versions for {} open snapshots.\n",
                        share(stats.old_version_bytes), stats.open_snapshots);
  }
  call.reply.verbatim("txt", text.empty() ? "No memory problem was found.\n" : text);
  return {};
}

Result<void> memory_purge(Call& call) {
  call.reply.ok();
  return {};
}

Result<void> memory_malloc_stats(Call& call) {
  call.reply.verbatim("txt",
                      "The allocator's own statistics are not collected; see MEMORY STATS.\n");
  return {};
}

constexpr Subcommand kMemory[] = {
    {"memory|doctor", exactly(2), &memory_doctor, "DOCTOR", "Return memory problems, in words."},
    {"memory|malloc-stats", exactly(2), &memory_malloc_stats, "MALLOC-STATS",
     "Return where to look instead."},
    {"memory|purge", exactly(2), &memory_purge, "PURGE",
     "Accepted; memory is given back by itself."},
    {"memory|stats", exactly(2), &memory_stats, "STATS", "Return what memory is used for."},
    {"memory|usage", at_least(3), &memory_usage, "USAGE <key> [SAMPLES <count>]",
     "Return about how many bytes a key's record takes."},
};

Result<void> check_memory(kv::Arguments arguments) { return check_subcommand(arguments, kMemory); }

Result<void> memory(Call& call) { return run_subcommand(call, kMemory); }

Result<void> debug_sleep(Call& call) {
  Client& client = Client::of(call);
  constexpr double kSecondsMax = 1e9;
  const auto seconds = parse_double(call.argument(2));
  if (!seconds.has_value() || *seconds < 0 || *seconds > kSecondsMax) return Call::not_a_float();
  if (client.in_exec() || *seconds == 0) {
    call.reply.ok();
    return {};
  }
  client.answer_at(client.door().now_us() + static_cast<std::int64_t>(*seconds * 1e6));
  return {};
}

Result<void> debug_set_active_expire(Call& call) {
  if (call.argument(2) != "0" && call.argument(2) != "1") return Call::not_an_integer();
  call.reply.ok();
  return {};
}

constexpr Subcommand kDebug[] = {
    {"debug|set-active-expire", exactly(3), &debug_set_active_expire, "SET-ACTIVE-EXPIRE (0|1)",
     "Accepted; expired keys are always removed in time."},
    {"debug|sleep", exactly(3), &debug_sleep, "SLEEP <seconds>",
     "Answer this connection after a while; others are served meanwhile."},
};

Result<void> debug(Call& call) { return run_subcommand(call, kDebug); }

constexpr kv::Command kRows[] = {
    {"DEBUG", at_least(2), kNoKeys, kv::kAdmin | kv::kLoading, &debug, "server", "constant",
     "Helps tests."},
    {"LATENCY", at_least(2), kNoKeys, kv::kAdmin | kv::kLoading, &latency, "server", "n, events",
     "Tells what took long.", &check_latency},
    {"MEMORY", at_least(2), kNoKeys, kv::kRead, &memory, "server", "n, collections",
     "Tells what memory is used for.", &check_memory},
    {"SLOWLOG", at_least(2), kNoKeys, kv::kAdmin | kv::kLoading, &slowlog, "server", "n, entries",
     "Shows commands that took long.", &check_slowlog},
};

}  // namespace

std::span<const kv::Command> diagnosis_rows() { return kRows; }

}  // namespace latchkey::resp
