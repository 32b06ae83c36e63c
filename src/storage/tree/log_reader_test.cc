#include "storage/tree/log_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "env/simulated.h"
#include "storage/tree/log_testing.h"

namespace latchkey::storage::tree {
namespace {

using namespace testing;
using env::SimulatedDisk;
using env::SimulatedFileSystem;

/// A log of some batches, each a few records and the mark that vouches for the batch before.
struct WrittenLog {
  Records records;
  std::vector<Lsn> batch_ends;
  SimulatedDisk disk;
};

enum class Stop { Clean, Killed };

WrittenLog write_log(Stop stop, int batches = 4) {
  env::SimulatedEnv sim(11);
  WrittenLog written;
  const auto log = open_log(sim.env());
  for (int batch = 0; batch < batches; ++batch) {
    for (int i = 0; i < 3; ++i) {
      const std::string body = text(batch * 10 + i, 20 + i * 13);
      written.records.emplace_back(append(*log, body).value(), body);
    }
    EXPECT_TRUE(log->make_stable(log->appended_lsn()));
    written.batch_ends.push_back(log->appended_lsn());
  }
  if (stop == Stop::Clean) {
    EXPECT_TRUE(log->close().has_value());
  }
  written.disk = sim.files.snapshot();
  return written;
}

std::uint64_t offset_of(Lsn lsn) { return kSegmentHeaderBytes + value_of(lsn); }

void flip(SimulatedFileSystem& files, const std::string& path, std::uint64_t bit) {
  const std::string bytes = read_file(files, path);
  const char changed = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  write_file(files, path, bit / 8, Bytes(&changed, 1));
}

bool is_prefix(const Records& part, const Records& whole) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

TEST(LogReader, ANewDatabaseHasAnEmptyLogAndAnOldOneMustHaveOne) {
  SimulatedFileSystem files;
  ASSERT_TRUE(files.create_directories(kDirectory).has_value());

  const auto fresh = recover(files);
  const auto missing = recover(files, {.directory = {}, .start = Lsn{800}});
  const auto not_needed = recover(
      files, {.directory = {}, .start = Lsn{800}, .expect = LogReadOptions::Expect::Nothing});

  EXPECT_EQ(fresh->end.end, Lsn{0});
  EXPECT_EQ(missing.error().code(), ErrorCode::Corruption);
  EXPECT_EQ(not_needed->end.end, Lsn{800});
}

TEST(LogReader, BeginsBehindTheCheckpoint) {
  const WrittenLog written = write_log(Stop::Clean);
  SimulatedFileSystem files(written.disk);

  const auto recovered = recover(files, {.directory = {}, .start = written.records[4].first});

  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  EXPECT_EQ(recovered->records, Records(written.records.begin() + 5, written.records.end()));
}

TEST(LogReader, ALogThatEndsBeforeTheCheckpointIsDamaged) {
  const WrittenLog written = write_log(Stop::Clean);
  SimulatedFileSystem files(written.disk);
  const Lsn beyond{value_of(written.records.back().first) + 4096};

  const auto recovered = recover(files, {.directory = {}, .start = {}, .must_reach = beyond});

  EXPECT_EQ(recovered.error().code(), ErrorCode::Corruption);
}

TEST(LogReader, ATornTailIsCutAtEveryByte) {
  env::SimulatedEnv sim(5);
  Records records;
  const auto log = open_log(sim.env(), small_options(Durability::Interval));
  for (int i = 0; i < 8; ++i)
    records.emplace_back(write(*log, text(i, 10 + i * 9)), text(i, 10 + i * 9));
  const SimulatedDisk disk = sim.files.snapshot();
  const std::uint64_t length = value_of(records.back().first);

  for (std::uint64_t kept = 0; kept <= length; ++kept) {
    SimulatedFileSystem files(disk);
    write_file(files, segment_path(0), kSegmentHeaderBytes + kept,
               std::string(length - kept, '\0'));
    const auto recovered = recover(files);
    ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
    ASSERT_TRUE(is_prefix(recovered->records, records));
    // Zeros at the end of a record may be its own padding or, rarely, its own bytes.
    const auto whole = std::count_if(records.begin(), records.end(), [kept](const auto& record) {
      return value_of(record.first) <= kept + 7;
    });
    ASSERT_LE(recovered->records.size(), static_cast<std::size_t>(whole));
    ASSERT_GE(recovered->records.size() + 1, static_cast<std::size_t>(whole));
    const bool has_whole_header = kept >= value_of(recovered->end.end) + kFrameHeaderBytes;
    if (has_whole_header) {
      ASSERT_EQ(recovered->end.cut_file, segment_path(0)) << kept;
    }
  }
}

TEST(LogReader, ACutTailIsReportedWithItsPlace) {
  const WrittenLog written = write_log(Stop::Killed);
  SimulatedFileSystem files(written.disk);
  flip(files, segment_path(0),
       (offset_of(written.records[10].first) - 1 - 8) * 8);  // inside record 10, last batch

  const auto recovered = recover(files);

  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  EXPECT_EQ(recovered->records.size(), 10u);
  EXPECT_EQ(recovered->end.end, written.records[9].first);
  EXPECT_EQ(recovered->end.cut_file, segment_path(0));
  EXPECT_EQ(recovered->end.cut_offset, offset_of(written.records[9].first));
  EXPECT_EQ(recovered->end.cut_bytes,
            value_of(written.batch_ends.back()) - value_of(written.records[9].first));
  EXPECT_FALSE(recovered->end.sealed);
}

// The bar of P-D6 on a small scale: after a clean stop no flip anywhere loses a record unnoticed.
TEST(LogReader, EveryFlippedBitOfASealedLogIsDetectedOrLosesNothing) {
  const WrittenLog written = write_log(Stop::Clean);
  const Lsn last_mark = written.batch_ends.back();
  const std::uint64_t end = offset_of(last_mark) + frame_bytes(kMarkBodyBytes);

  for (std::uint64_t bit = kSegmentHeaderBytes * 8; bit < end * 8; ++bit) {
    SimulatedFileSystem files(written.disk);
    flip(files, segment_path(0), bit);
    const auto recovered = recover(files);
    if (bit < offset_of(last_mark) * 8) {
      ASSERT_FALSE(recovered.has_value()) << "bit " << bit;
      ASSERT_EQ(recovered.error().code(), ErrorCode::Corruption);
      ASSERT_NE(recovered.error().message().find(segment_path(0) + " at offset "),
                std::string::npos);
    } else {
      ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
      ASSERT_EQ(recovered->records, written.records);
    }
  }
}

// Killed before the mark of the last batch: that batch is the honest limit, no earlier one.
TEST(LogReader, OnlyTheNewestBatchOfAKilledLogCanPassForATornTail) {
  const WrittenLog written = write_log(Stop::Killed);
  const Lsn vouched = written.batch_ends[written.batch_ends.size() - 2];
  const std::uint64_t end = offset_of(written.batch_ends.back());

  for (std::uint64_t bit = kSegmentHeaderBytes * 8; bit < end * 8; ++bit) {
    SimulatedFileSystem files(written.disk);
    flip(files, segment_path(0), bit);
    const auto recovered = recover(files);
    if (bit < offset_of(vouched) * 8) {
      ASSERT_FALSE(recovered.has_value()) << "bit " << bit;
    } else {
      ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
      ASSERT_TRUE(is_prefix(recovered->records, written.records));
      ASSERT_GE(recovered->end.end, vouched);
    }
  }
}

TEST(LogReader, EveryZeroedSectorOfASealedLogIsDetectedOrLosesNothing) {
  const WrittenLog written = write_log(Stop::Clean, 60);
  const std::uint64_t end = offset_of(written.records.back().first);

  for (std::uint64_t sector = 0; sector + 512 <= end; sector += 512) {
    SimulatedFileSystem files(written.disk);
    write_file(files, segment_path(0), sector, std::string(512, '\0'));
    const auto recovered = recover(files);
    if (sector >= 512 && sector < kSegmentHeaderBytes) continue;  // zeros already
    ASSERT_FALSE(recovered.has_value()) << sector;
  }
}

TEST(LogReader, SectorsThatChangedPlacesAreDetected) {
  const WrittenLog written = write_log(Stop::Clean, 60);
  const std::uint64_t end = offset_of(written.records.back().first);

  for (std::uint64_t sector = kSegmentHeaderBytes; sector + 1024 <= end; sector += 512) {
    SimulatedFileSystem files(written.disk);
    const std::string bytes = read_file(files, segment_path(0));
    write_file(files, segment_path(0), sector,
               bytes.substr(sector + 512, 512) + bytes.substr(sector, 512));
    ASSERT_FALSE(recover(files).has_value()) << sector;
  }
}

/// Several full segments; the last in use.
SimulatedDisk write_segments(Records& records) {
  env::SimulatedEnv sim(3);
  const auto log = open_log(sim.env());
  for (int i = 0; i < 120; ++i) records.emplace_back(write(*log, text(i, 2000)), text(i, 2000));
  EXPECT_TRUE(log->close().has_value());
  return sim.files.snapshot();
}

TEST(LogReader, AMissingShortenedSwappedOrHeadlessSegmentIsDamage) {
  Records records;
  const SimulatedDisk disk = write_segments(records);
  constexpr std::uint64_t kSegment = 64u << 10;
  const std::string middle = segment_path(kSegment);

  const auto damage = [&](auto how) {
    SimulatedFileSystem files(disk);
    how(files);
    const auto recovered = recover(files);
    EXPECT_FALSE(recovered.has_value());
    return recovered.has_value() ? std::string() : recovered.error().message();
  };

  EXPECT_NE(
      damage([&](auto& files) { ASSERT_TRUE(files.remove(middle).has_value()); }).find("missing"),
      std::string::npos);
  damage([&](auto& files) { ASSERT_TRUE(files.remove(segment_path(0)).has_value()); });
  damage([&](auto& files) { flip(files, middle, 20 * 8); });
  damage([&](auto& files) {
    ASSERT_TRUE(files.open(middle, env::OpenMode::ReadWrite).value()->truncate(30'000).has_value());
  });
  damage([&](auto& files) {
    ASSERT_TRUE(files.open(middle, env::OpenMode::ReadWrite).value()->truncate(0).has_value());
  });
  damage([&](auto& files) {
    ASSERT_TRUE(files.rename(middle, "x").has_value());
    ASSERT_TRUE(files.rename(segment_path(2 * kSegment), middle).has_value());
    ASSERT_TRUE(files.rename("x", segment_path(2 * kSegment)).has_value());
  });
}

// It ends where a segment ends, so nothing but its name in log-newest is missing.
TEST(LogReader, AMissingNewestSegmentIsDamage) {
  Records records;
  const SimulatedDisk disk = write_segments(records);
  SimulatedFileSystem files(disk);
  std::vector<std::string> segments;
  const auto names = files.list(kDirectory).value();
  for (const std::string& name : names) {
    if (parse_segment_name(name)) segments.push_back(kDirectory + "/" + name);
  }

  while (!segments.empty()) {
    ASSERT_TRUE(files.remove(segments.back()).has_value());
    segments.pop_back();
    const auto recovered = recover(files);
    ASSERT_FALSE(recovered.has_value()) << segments.size();
    EXPECT_EQ(recovered.error().code(), ErrorCode::Corruption);
  }
}

TEST(LogReader, AMissingSegmentOfTheNewestRunIsDamage) {
  env::SimulatedEnv sim(4);
  write(*open_log(sim.env()), "first run");
  write(*open_log(sim.env()), "second run");
  const auto is_segment = [](const std::string& name) { return parse_segment_name(name); };
  const auto names = sim.files.list(kDirectory).value();
  const auto last = std::find_if(names.rbegin(), names.rend(), is_segment);
  ASSERT_TRUE(sim.files.remove(kDirectory + "/" + *last).has_value());

  const auto recovered = recover(sim.files);

  ASSERT_FALSE(recovered.has_value());
  EXPECT_NE(recovered.error().message().find(*last), std::string::npos);
}

// Behind a mark that speaks of all before it stands one record that is damaged: that is a torn tail
// in a file that was zero before, and may be anything in one that was not.
TEST(LogReader, ATornRecordBehindAMarkIsCountedInAFreshFile) {
  env::SimulatedEnv sim(6);
  const auto log = open_log(sim.env());
  write(*log, "marked");
  ASSERT_TRUE(log->settle().has_value());
  const Lsn begin = log->appended_lsn();
  write(*log, "the newest batch");
  const std::string block = read_file(sim.files, segment_path(0)).substr(0, kSegmentHeaderBytes);
  for (const bool used_before : {false, true}) {
    SimulatedFileSystem files(sim.files.snapshot());
    std::string_view why;
    SegmentHeader header = decode_segment_header(block, why).value();
    header.used_before = used_before;
    write_file(files, segment_path(0), 0, encode_segment_header(header));
    flip(files, segment_path(0), (offset_of(begin) + 9) * 8);

    const auto recovered = recover(files);

    ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
    EXPECT_EQ(recovered->records.size(), 1u);
    EXPECT_EQ(recovered->end.cut_bytes > 0, !used_before);
    EXPECT_EQ(recovered->end.cut_file, segment_path(0));
    EXPECT_EQ(recovered->end.cut_offset, offset_of(begin));
  }
}

TEST(LogReader, GarbageBehindASegmentDoesNoHarm) {
  Records records;
  const SimulatedDisk disk = write_segments(records);
  SimulatedFileSystem files(disk);
  const std::uint64_t size = read_file(files, segment_path(0)).size();

  write_file(files, segment_path(0), size, text(1, 5000));

  const auto recovered = recover(files);
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  EXPECT_EQ(recovered->records, records);
}

TEST(LogReader, DamageBehindWhichALaterRunBeganIsNeverATail) {
  env::SimulatedEnv sim(4);
  {
    const auto log = open_log(sim.env(), small_options(Durability::Interval));
    write(*log, "first run, never marked");
  }
  const auto log = open_log(sim.env());
  flip(sim.files, segment_path(0), (kSegmentHeaderBytes + 12) * 8);

  const auto recovered = recover(sim.files);

  ASSERT_FALSE(recovered.has_value());
  EXPECT_NE(recovered.error().message().find("a later run"), std::string::npos);
}

TEST(LogReader, StaleBytesOfAnotherEpochOrPlaceAreNoRecords) {
  const WrittenLog written = write_log(Stop::Killed);
  SimulatedFileSystem files(written.disk);
  const std::string bytes = read_file(files, segment_path(0));
  const std::uint64_t length = value_of(written.records.back().first);

  // The same frames again behind the end, as a recycled file would have them, marks and all.
  write_file(files, segment_path(0), kSegmentHeaderBytes + length,
             bytes.substr(kSegmentHeaderBytes, length));

  const auto recovered = recover(files);
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
  EXPECT_EQ(recovered->records, written.records);
}

// The same place, another run: as after a cut tail, or in a file that was used before.
TEST(LogReader, StaleBytesOfTheSamePlaceInAnotherEpochAreNoRecords) {
  const WrittenLog written = write_log(Stop::Clean);
  SimulatedFileSystem old_files(written.disk);
  const std::string old_bytes = read_file(old_files, segment_path(0));
  for (const std::uint64_t old_epoch : {0u, 1u}) {
    env::SimulatedEnv sim(12);
    ASSERT_TRUE(sim.files.create_directories(kDirectory).has_value());
    LogEnd nothing;
    nothing.epoch =
        old_epoch;  // 0: the new epoch has the old one's number, and only its salt differs
    ASSERT_TRUE(Log::open(sim.env(), small_options(), nothing).has_value());

    write_file(sim.files, segment_path(0), kSegmentHeaderBytes,
               Bytes(old_bytes).substr(kSegmentHeaderBytes));

    const auto recovered = recover(sim.files);
    ASSERT_TRUE(recovered.has_value()) << recovered.error().message();
    EXPECT_TRUE(recovered->records.empty());
  }
}

TEST(LogReader, TheVisitorsErrorStopsTheReading) {
  const WrittenLog written = write_log(Stop::Clean);
  SimulatedFileSystem files(written.disk);
  int visits = 0;

  const auto outcome = read_log(files, {.directory = kDirectory}, [&](Lsn, Bytes) -> Result<void> {
    ++visits;
    return Error(ErrorCode::MemoryExhausted);
  });

  EXPECT_EQ(visits, 1);
  EXPECT_EQ(outcome.error().code(), ErrorCode::MemoryExhausted);
}

TEST(LogReader, AReadErrorIsNotTheEndOfTheLog) {
  const WrittenLog written = write_log(Stop::Clean);
  for (std::uint64_t nth = 1; nth <= 3; ++nth) {
    SimulatedFileSystem files(written.disk);
    files.inject(
        {.effect = env::FaultEffect::IoError, .nth = nth, .kind = env::OperationKind::Read});
    const auto recovered = recover(files);
    if (files.faults_fired() == 0) break;
    ASSERT_FALSE(recovered.has_value());
    EXPECT_EQ(recovered.error().code(), ErrorCode::IoError);
  }
}

TEST(LogReader, LeftoversOfACrashAreNamedAndIgnored) {
  const WrittenLog written = write_log(Stop::Clean);
  SimulatedFileSystem files(written.disk);
  write_file(files, kDirectory + "/log-unfinished", 0, "half");
  write_file(files, kDirectory + "/" + spare_name(3), 0, "old");
  write_file(files, kDirectory + "/notes.txt", 0, "not ours");

  const auto recovered = recover(files);

  ASSERT_TRUE(recovered.has_value());
  EXPECT_EQ(recovered->end.leftovers, std::vector<std::string>{kDirectory + "/log-unfinished"});
  EXPECT_EQ(recovered->end.spares, std::vector<std::string>{kDirectory + "/" + spare_name(3)});
}

}  // namespace
}  // namespace latchkey::storage::tree
