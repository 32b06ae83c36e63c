// The storage engine alone, in one thread and without sockets: what get, put, scan and rank cost
// and what a key takes. Keys and values lie in flat arrays in the order of use, so the benchmark
// adds no cache misses of its own.
//
//   storage --keys 1000000 --log interval,none --work get,put

#include <stdlib.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/keys.h"
#include "bench/process_cpu.h"
#include "env/env.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::bench {
namespace {

using storage::Decision;
using storage::Durability;
using storage::Engine;
using storage::KeyRef;
using storage::Lsn;
using storage::RecordView;
using storage::TreeId;
using storage::tree::TreeEngine;

constexpr std::size_t kValueBytes = 16;
constexpr std::size_t kBatchMax = 64;

struct Options {
  std::vector<std::uint64_t> key_counts{100'000, 1'000'000, 10'000'000};
  std::vector<std::string> logs{"interval", "none"};
  std::vector<std::string> works;  ///< empty: all
  std::uint64_t operations = 2'000'000;
  std::uint32_t batch = 16;
  std::uint32_t turn = 64;
  std::string directory = "/tmp";

  bool wants(const std::string& work) const {
    return works.empty() || std::find(works.begin(), works.end(), work) != works.end();
  }
};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "storage: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

/// Nanoseconds on three clocks: this thread, the whole process (the log's thread included), the
/// wall.
struct Times {
  std::uint64_t thread = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  std::uint64_t process = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  std::uint64_t wall = clock_ns(CLOCK_MONOTONIC);
};

/// A directory that goes when the object goes.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::string& parent) : path_(parent + "/lk-storage-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) stop("cannot make a directory in " + parent);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Keys and values side by side, in the order in which they will be used.
class Script {
 public:
  /// Every key once. They have no order, so this is random insertion.
  static Script each(std::uint64_t key_count) {
    return Script(key_count, [](std::uint64_t i) { return i; });
  }
  static Script random(std::uint64_t key_count, std::uint64_t operations, std::uint64_t seed) {
    Numbers numbers(seed);
    return Script(operations, [&](std::uint64_t) { return numbers.below(key_count); });
  }

  std::uint64_t size() const { return bytes_.size() / kStride; }
  Bytes key(std::uint64_t i) const { return {bytes_.data() + i * kStride, kKeyBytes}; }
  Bytes value(std::uint64_t i) const {
    return {bytes_.data() + i * kStride + kKeyBytes, kValueBytes};
  }

 private:
  static constexpr std::size_t kStride = kKeyBytes + kValueBytes;

  Script(std::uint64_t count, const std::function<std::uint64_t(std::uint64_t)>& index_of)
      : bytes_(count * kStride, '\0') {
    Numbers values(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      char* const at = bytes_.data() + i * kStride;
      write_key(0, index_of(i), at);
      write_letters(values, at + kKeyBytes, kValueBytes);
    }
  }

  std::string bytes_;
};

enum class Ahead : std::uint8_t { No, Prefetched };
enum class Act : std::uint8_t { Get, Put, Mixed };

/// Runs the works on one engine and prints a line for each.
class Bench {
 public:
  Bench(const Options& options, std::uint64_t key_count, const std::string& log)
      : options_(options), key_count_(key_count), log_(log), directory_(options.directory) {
    resident_before_ = resident_bytes();
    storage::tree::TreeEngineOptions engine_options;
    engine_options.directory = directory_.path();
    engine_options.durability = log == "interval" ? Durability::Interval
                                : log == "sync"   ? Durability::Sync
                                                  : Durability::None;
    engine_options.memory_limit_bytes = std::uint64_t{64} << 30;
    engine_ = must(TreeEngine::open(env::posix(), engine_options));
    const auto txn = engine_->begin(storage::Isolation::ReadCommitted);
    tree_ = must(txn->create_tree({}));
    counted_ = must(txn->create_tree({.counted = true, .hashed = false}));
    must(txn->commit());
  }

  void run() {
    fill(tree_, "put, new");
    print_memory("memory");
    const Script some = Script::random(key_count_, options_.operations, 7);
    if (options_.wants("get")) {
      measure("get", some.size(), [&] { walk(tree_, some, 0, some.size(), Act::Get, Ahead::No); });
      measure("get, in batches", some.size(),
              [&] { walk(tree_, some, 0, some.size(), Act::Get, Ahead::Prefetched); });
    }
    if (options_.wants("put")) {
      measure("put, again", some.size(),
              [&] { walk(tree_, some, 0, some.size(), Act::Put, Ahead::No); });
      measure("put, again, in batches", some.size(),
              [&] { walk(tree_, some, 0, some.size(), Act::Put, Ahead::Prefetched); });
    }
    if (options_.wants("mixed")) {
      measure("mixed 4:1, in batches", some.size(),
              [&] { walk(tree_, some, 0, some.size(), Act::Mixed, Ahead::Prefetched); });
    }
    if (options_.wants("scan")) measure("scan, a record", key_count_, [&] { scan(); });
    if (options_.wants("rank")) {
      fill(counted_, "counted put, new");
      measure("counted rank", some.size(), [&] { rank(some); });
    }
  }

 private:
  void measure(const std::string& what, std::uint64_t count, const std::function<void()>& work) {
    const Times before;
    work();
    const Times after;
    const auto each = [&](std::uint64_t from, std::uint64_t to) {
      return static_cast<double>(to - from) / static_cast<double>(count);
    };
    std::printf("%-9s %10llu  %-26s %10.1f %10.1f %10.1f\n", log_.c_str(),
                static_cast<unsigned long long>(key_count_), what.c_str(),
                each(before.thread, after.thread), each(before.process, after.process),
                each(before.wall, after.wall));
    std::fflush(stdout);
  }

  /// The first half alone, the second in batches: both see a tree that grows.
  void fill(TreeId tree, const std::string& what) {
    const Script all = Script::each(key_count_);
    const std::uint64_t half = all.size() / 2;
    measure(what, half, [&] { walk(tree, all, 0, half, Act::Put, Ahead::No); });
    measure(what + ", in batches", all.size() - half,
            [&] { walk(tree, all, half, all.size(), Act::Put, Ahead::Prefetched); });
  }

  /// Runs operations [from, to). Every `turn` of them the log is asked to keep its promise, as a
  /// server does before it lets the replies of one turn go.
  void walk(TreeId tree, const Script& script, std::uint64_t from, std::uint64_t to, Act act,
            Ahead ahead) {
    std::array<KeyRef, kBatchMax> refs;
    const std::uint64_t step = ahead == Ahead::Prefetched ? options_.batch : 1;
    std::uint64_t since_stable = 0;
    for (std::uint64_t at = from; at < to; at += step) {
      const std::uint64_t count = std::min(step, to - at);
      {
        const Engine::Turn turn(*engine_);
        for (std::uint64_t i = 0; i < count; ++i) {
          refs[i] = engine_->key_ref(tree, script.key(at + i));
        }
        if (ahead == Ahead::Prefetched) engine_->prefetch({refs.data(), count});
        for (std::uint64_t i = 0; i < count; ++i) {
          const bool puts = act == Act::Put || (act == Act::Mixed && (at + i) % 5 == 0);
          puts ? put(refs[i], script.value(at + i)) : get(refs[i]);
        }
      }
      since_stable += count;
      if (since_stable >= options_.turn) {
        since_stable = 0;
        engine_->make_stable(written_);
        now_ms_ = engine_->now_ms();
      }
    }
  }

  void get(const KeyRef& key) {
    const bool found = must(engine_->read(key, now_ms_, [&](const RecordView& record) {
      sum_ += static_cast<unsigned char>(record.value[3]);
    }));
    if (!found) stop("a key that was put is not there");
  }

  void put(const KeyRef& key, Bytes value) {
    const auto decide = [&](const RecordView*, const RecordView*) -> Result<Decision> {
      return Decision::put({.value = value});
    };
    written_ = must(engine_->update(key, now_ms_, decide));
  }

  void scan() {
    const auto txn = engine_->begin(storage::Isolation::ReadCommitted);
    const auto cursor = txn->scan(tree_, {}, storage::Direction::Forward);
    std::uint64_t count = 0;
    while (must(cursor->next())) {
      sum_ += static_cast<unsigned char>(cursor->key()[0]);
      ++count;
    }
    if (count != key_count_) stop("the scan met " + std::to_string(count) + " keys");
  }

  void rank(const Script& script) {
    const auto txn = engine_->begin(storage::Isolation::ReadCommitted);
    for (std::uint64_t i = 0; i < script.size(); ++i) {
      sum_ += must(txn->rank(counted_, script.key(i)));
    }
  }

  void print_memory(const char* what) {
    const storage::EngineStats stats = engine_->stats();
    const auto each = [&](std::uint64_t bytes) {
      return static_cast<double>(bytes) / static_cast<double>(key_count_);
    };
    std::printf(
        "%-9s %10llu  %-26s %.1f bytes a key in pages, %.1f directory, %.1f counted in "
        "all; resident set grew by %.1f\n",
        log_.c_str(), static_cast<unsigned long long>(key_count_), what, each(stats.page_bytes),
        each(stats.directory_bytes), each(stats.memory_used_bytes),
        each(resident_bytes() - std::min(resident_bytes(), resident_before_)));
  }

  const Options& options_;
  std::uint64_t key_count_;
  std::string log_;
  TemporaryDirectory directory_;
  std::unique_ptr<Engine> engine_;
  TreeId tree_{};
  TreeId counted_{};
  std::int64_t now_ms_ = 1;
  Lsn written_{};
  std::uint64_t resident_before_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace
}  // namespace latchkey::bench

int main(int argument_count, char** arguments) {
  latchkey::bench::Options options;
  CLI::App app("Measures the storage engine in one thread: nanoseconds of processor time.");
  app.add_option("--keys", options.key_counts, "how many keys; several with commas")
      ->delimiter(',')
      ->check(CLI::Range(1'000, 1'000'000'000));
  app.add_option("--log", options.logs, "interval, sync or none; several with commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"interval", "sync", "none"}));
  app.add_option("--work", options.works, "get, put, mixed, scan, rank; several with commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"get", "put", "mixed", "scan", "rank"}));
  app.add_option("--ops", options.operations, "operations of each work")
      ->check(CLI::Range(1'000, 1'000'000'000));
  app.add_option("--batch", options.batch, "keys prefetched together")->check(CLI::Range(1, 64));
  app.add_option("--turn", options.turn, "operations between two promises of the log");
  app.add_option("--directory", options.directory, "where the temporary data directory is made");
  CLI11_PARSE(app, argument_count, arguments);
  std::printf("%-9s %10s  %-26s %10s %10s %10s\n", "log", "keys", "work", "thread ns", "process ns",
              "wall ns");
  for (const std::string& log : options.logs) {
    for (const std::uint64_t key_count : options.key_counts) {
      latchkey::bench::Bench(options, key_count, log).run();
    }
  }
  return 0;
}
