// A data directory in which one file is damaged, at every kind of place and in every way.
//
// Verified:     a start either refuses and names the file, or shows exactly what was there. Of a
//               server that was killed it may cut what no mark had vouched for yet, and says so in
//               a line; unlogged trees may be empty where the clean stop cannot be proven.
// Not verified: damage to several places at once, to what is read while a server runs, and files
//               that are put back as they once were.
//
// LATCHKEY_CORRUPTION_PLACES=n tries n places of each file.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "storage/tree/checkpoint_file.h"
#include "storage/tree/log_reader.h"
#include "tests/crash/session.h"

namespace latchkey::crash {
namespace {

using env::OpenMode;
using env::SimulatedDisk;
using env::SimulatedEnv;
using env::SimulatedFileSystem;
using namespace storage;

constexpr TreeId kCatalog = Engine::kCatalogTree;
constexpr std::uint64_t kSectorBytes = 512;

std::uint64_t places_of_each_file() {
  const char* const text = std::getenv("LATCHKEY_CORRUPTION_PLACES");
  return text == nullptr ? 80 : std::max<std::uint64_t>(1, std::strtoull(text, nullptr, 10));
}

enum class Stop : std::uint8_t { Clean, Killed };

/// What a server has left, and what is promised of it.
struct Directory {
  SimulatedDisk disk;
  Promise promise;
  std::vector<std::string> names;
};

void write_some(Session& session, TreeId cache, TreeId board, int count, std::size_t value_bytes) {
  for (int i = 0; i < count; ++i) {
    const std::string key = "key:" + std::to_string(session.draw(40));
    ASSERT_TRUE(session.put(kCatalog, key, std::string(value_bytes, 'v') + key).has_value());
    ASSERT_TRUE(session.put(board, key, "").has_value());
    ASSERT_TRUE(session.put(cache, key, "cached").has_value());
    if (i % 5 == 0) {
      ASSERT_TRUE(session.erase(kCatalog, "key:" + std::to_string(i)).has_value());
    }
    if (i % 3 == 0) session.acknowledge();
  }
  session.acknowledge();
}

/// How many commits a mark vouches for. The batch behind the newest mark may look torn.
std::size_t vouched_for(SimulatedFileSystem& files, const Promise& promise) {
  const auto checkpoints = tree::list_checkpoints(files, kDirectory);
  tree::LogReadOptions options;
  options.directory = kDirectory;
  options.start = checkpoints.value().front().start;
  const auto end = tree::read_log(files, options, [](Lsn, Bytes) -> Result<void> { return {}; });
  EXPECT_TRUE(end.has_value());
  return promise.oracle->count_up_to(std::max(end.value().durable, options.start));
}

/// Two runs, three checkpoints, segments that went, came back and lie about, and a log behind it.
Directory make_directory(Stop stop) {
  SimulatedEnv machine(7);
  Session session(machine, {}, 7);
  EXPECT_TRUE(session.open().has_value());
  const TreeId cache = session.tree({.counted = false, .hashed = true, .logged = false});
  const TreeId board = session.tree({.counted = true, .hashed = false, .logged = true});
  write_some(session, cache, board, 120, 1800);
  EXPECT_TRUE(session.checkpoint().has_value());
  write_some(session, cache, board, 120, 1800);
  EXPECT_TRUE(session.checkpoint().has_value());
  EXPECT_TRUE(session.put(kCatalog, "large", std::string(90'000, 'l')).has_value());
  write_some(session, cache, board, 20, 40);
  EXPECT_TRUE(session.close().has_value());
  EXPECT_TRUE(session.open().has_value());
  write_some(session, cache, board, 70, 1000);
  const bool closed = stop == Stop::Killed || session.close().has_value();
  EXPECT_TRUE(closed);

  Directory directory;
  directory.promise = session.promise();
  if (stop == Stop::Killed) session.kill();
  EXPECT_EQ(session.violation(), std::nullopt);
  directory.disk = machine.files.snapshot();
  SimulatedFileSystem files(directory.disk);
  directory.names = files.list(kDirectory).value();
  if (stop == Stop::Killed) directory.promise.least = vouched_for(files, directory.promise);
  return directory;
}

/// One damage; `name` is the file it is done to.
struct Damage {
  std::string what;
  std::string name;
  /// So that what is gone looks as if nothing had ever stood there.
  bool may_look_unwritten = false;
  std::function<void(SimulatedFileSystem&)> inflict;
};

std::string path_of(const std::string& name) { return kDirectory + "/" + name; }

std::string read_whole(SimulatedFileSystem& files, const std::string& name) {
  const auto file = files.open(path_of(name), OpenMode::ReadOnly).value();
  std::string bytes(file->size().value(), '\0');
  EXPECT_EQ(file->read_at(0, bytes).value(), bytes.size());
  return bytes;
}

void write_at(SimulatedFileSystem& files, const std::string& name, std::uint64_t offset,
              const std::string& bytes) {
  const auto file = files.open(path_of(name), OpenMode::ReadWrite).value();
  EXPECT_TRUE(file->write_at(offset, bytes).has_value());
}

/// Offsets spread over a file: its first bytes, its last, and a draw from each stretch between.
std::vector<std::uint64_t> places_in(std::uint64_t bytes, std::uint64_t count, std::uint64_t seed) {
  env::SimulatedRandom random(seed);
  std::vector<std::uint64_t> out;
  for (std::uint64_t at = 0; at < std::min<std::uint64_t>(bytes, 8); ++at) out.push_back(at);
  const std::uint64_t stretch = bytes / count + 1;
  for (std::uint64_t at = 0; at < bytes; at += stretch)
    out.push_back(std::min(bytes - 1, at + env::below(random, stretch)));
  if (bytes > 0) out.push_back(bytes - 1);
  return out;
}

using Damages = std::vector<Damage>;

void add_flips(Damages& out, const std::string& name, const std::string& bytes) {
  for (const std::uint64_t at : places_in(bytes.size(), 2 * places_of_each_file(), 1)) {
    const std::string flipped(1, static_cast<char>(bytes[at] ^ 1 << at % 8));
    out.push_back({"a flipped bit at " + std::to_string(at), name, false,
                   [=](auto& files) { write_at(files, name, at, flipped); }});
  }
}

void add_lost_sectors(Damages& out, const std::string& name, const std::string& bytes) {
  for (const std::uint64_t place : places_in(bytes.size(), places_of_each_file(), 2)) {
    const std::uint64_t at = place / kSectorBytes * kSectorBytes;
    const std::string old = bytes.substr(at, kSectorBytes);
    const std::string zeros(old.size(), '\0');
    if (old == zeros) continue;
    out.push_back({"zeros at " + std::to_string(at), name, true,
                   [=](auto& files) { write_at(files, name, at, zeros); }});
  }
}

void add_misdirected_sectors(Damages& out, const std::string& name, const std::string& bytes) {
  const auto places = places_in(bytes.size(), places_of_each_file() / 2 + 1, 3);
  for (std::size_t i = 1; i < places.size(); ++i) {
    const std::uint64_t one = places[i - 1] / kSectorBytes * kSectorBytes;
    const std::uint64_t other = places[i] / kSectorBytes * kSectorBytes;
    const std::string first = bytes.substr(one, kSectorBytes);
    const std::string second = bytes.substr(other, kSectorBytes);
    if (first.size() != second.size() || first == second) continue;
    out.push_back({"exchanged sectors at " + std::to_string(one) + " and " + std::to_string(other),
                   name, true, [=](auto& files) {
                     write_at(files, name, one, second);
                     write_at(files, name, other, first);
                   }});
  }
}

void add_lengths(Damages& out, const std::string& name, const std::string& bytes) {
  for (const std::uint64_t length : places_in(bytes.size(), places_of_each_file() / 2 + 1, 4)) {
    out.push_back({"cut to " + std::to_string(length), name, false, [=](auto& files) {
                     const auto file = files.open(path_of(name), OpenMode::ReadWrite).value();
                     EXPECT_TRUE(file->truncate(length).has_value());
                   }});
  }
  for (const std::string& more : {std::string(1, '\0'), std::string("x"), bytes}) {
    out.push_back({"longer by " + std::to_string(more.size()), name, false,
                   [=](auto& files) { write_at(files, name, bytes.size(), more); }});
  }
}

/// Another file's bytes under this name, and the two exchanged.
void add_others(Damages& out, const std::string& name, const std::vector<std::string>& names) {
  const auto kind = [](const std::string& of) { return of.substr(0, of.find_first_of("0123")); };
  out.push_back({"missing", name, false,
                 [=](auto& files) { EXPECT_TRUE(files.remove(path_of(name)).has_value()); }});
  for (const std::string& other : names) {
    if (other == name) continue;
    out.push_back({"a copy of " + other, name, false, [=](auto& files) {
                     const std::string bytes = read_whole(files, other);
                     EXPECT_TRUE(files.remove(path_of(name)).has_value());
                     const auto file = files.open(path_of(name), OpenMode::CreateNew).value();
                     EXPECT_TRUE(file->write_at(0, bytes).has_value());
                   }});
    if (kind(other) != kind(name) || other < name) continue;
    out.push_back({"exchanged with " + other, name, false, [=](auto& files) {
                     const std::string between = kDirectory + "/between";
                     EXPECT_TRUE(files.rename(path_of(name), between).has_value());
                     EXPECT_TRUE(files.rename(path_of(other), path_of(name)).has_value());
                     EXPECT_TRUE(files.rename(between, path_of(other)).has_value());
                   }});
  }
}

Damages damages_of(const Directory& directory) {
  SimulatedFileSystem files(directory.disk);
  Damages out;
  for (const std::string& name : directory.names) {
    const std::string bytes = read_whole(files, name);
    add_flips(out, name, bytes);
    add_lost_sectors(out, name, bytes);
    add_misdirected_sectors(out, name, bytes);
    add_lengths(out, name, bytes);
    add_others(out, name, directory.names);
  }
  for (const std::string& name : directory.names) {
    if (!name.starts_with("log-0")) continue;
    out.push_back({"it and all behind it are missing", name, false, [=](auto& all_files) {
                     for (const std::string& other : directory.names) {
                       if (!other.starts_with("log-0") || other < name) continue;
                       EXPECT_TRUE(all_files.remove(path_of(other)).has_value());
                     }
                   }});
  }
  std::vector<std::string> prefixes = {"checkpoint-", "log-0", "log-", "spare-"};
  // Without the mark of a clean stop, a directory with nothing else in it is a new one.
  if (directory.promise.clean == CleanStop::Sure) prefixes.emplace_back();
  for (const std::string& prefix : prefixes) {
    out.push_back({"all that begin so are missing", prefix, false, [=](auto& all_files) {
                     for (const std::string& name : directory.names) {
                       if (!name.starts_with(prefix) || name == "clean") continue;
                       EXPECT_TRUE(all_files.remove(path_of(name)).has_value());
                     }
                   }});
  }
  return out;
}

struct Outcomes {
  std::uint64_t refused = 0;
  std::uint64_t whole = 0;
  std::uint64_t cut = 0;
};

/// Returns what is wrong with a start on the damaged directory, or nothing.
std::optional<std::string> judge(const Directory& directory, const Damage& damage,
                                 Outcomes& outcomes) {
  SimulatedEnv machine(1, directory.disk);
  damage.inflict(machine.files);
  std::string lines;
  Promise promise = directory.promise;
  // Deleting the mark of a clean stop is how an unclean one looks.
  const bool is_mark = damage.name == "clean";
  if (promise.clean == CleanStop::Sure && is_mark) promise.clean = CleanStop::Possible;
  Finding found =
      find_again(machine, {}, promise, [&](const std::string& line) { lines += line + "\n"; });
  if (found.refusal.has_value()) {
    ++outcomes.refused;
    if (found.refusal->code() != ErrorCode::Corruption) return found.violation;
    const bool names_it = found.refusal->message().find(kDirectory) != std::string::npos;
    return names_it ? std::nullopt : found.violation;
  }
  const bool told_of_unlogged = lines.find("unlogged collections are empty") != std::string::npos;
  if (found.violation.has_value() && promise.clean == CleanStop::Sure && told_of_unlogged) {
    found.engine.reset();
    promise.clean = CleanStop::Possible;
    SimulatedEnv again(1, directory.disk);
    damage.inflict(again.files);
    found = find_again(again, {}, promise);
  }
  if (found.violation.has_value()) return *found.violation + "\n" + lines;
  const bool lost = found.commits < promise.most;
  ++(lost ? outcomes.cut : outcomes.whole);
  const bool told = (lines.find("cut a torn tail") != std::string::npos ||
                     lines.find("ignored bytes") != std::string::npos) &&
                    lines.find(kDirectory + "/log-0") != std::string::npos;
  if (lost && !told && !damage.may_look_unwritten)
    return "a tail is gone and no line says so:\n" + lines;
  return std::nullopt;
}

class FileCorruption : public testing::TestWithParam<Stop> {};

TEST_P(FileCorruption, IsRefusedOrChangesNothing) {
  const Directory directory = make_directory(GetParam());
  ASSERT_GE(directory.names.size(), 8u);
  Outcomes outcomes;

  for (const Damage& damage : damages_of(directory)) {
    const auto wrong = judge(directory, damage, outcomes);
    ASSERT_EQ(wrong, std::nullopt) << damage.name << ": " << damage.what;
  }

  std::printf("  %llu refused, %llu whole, %llu with a tail cut\n",
              static_cast<unsigned long long>(outcomes.refused),
              static_cast<unsigned long long>(outcomes.whole),
              static_cast<unsigned long long>(outcomes.cut));
  EXPECT_GT(outcomes.refused, 100u);
  EXPECT_GT(outcomes.whole, 100u);
  EXPECT_EQ(outcomes.cut > 0, GetParam() == Stop::Killed);
}

INSTANTIATE_TEST_SUITE_P(Of, FileCorruption, testing::Values(Stop::Clean, Stop::Killed),
                         [](const auto& test) {
                           return std::string(test.param == Stop::Clean ? "AStoppedServer"
                                                                        : "AKilledServer");
                         });

}  // namespace
}  // namespace latchkey::crash
