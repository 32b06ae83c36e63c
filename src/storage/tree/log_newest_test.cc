#include "storage/tree/log_newest.h"

#include <gtest/gtest.h>

#include "storage/tree/log_testing.h"

namespace latchkey::storage::tree {
namespace {

using namespace testing;

class NewestSegmentFileTest : public ::testing::Test {
 protected:
  NewestSegmentFileTest() { EXPECT_TRUE(files_.create_directories(kDirectory).has_value()); }

  void write(const NewestSegment& segment) {
    auto file = NewestSegmentFile::open(files_, kDirectory);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write(segment).has_value());
  }
  std::uint64_t start() {
    const auto newest = read_newest_segment(files_, kDirectory);
    return newest.has_value() && newest->has_value() ? (*newest)->start : UINT64_MAX;
  }
  const std::string path_ = kDirectory + "/" + std::string(kNewestName);
  env::SimulatedFileSystem files_;
};

TEST_F(NewestSegmentFileTest, SaysNothingWhereNothingWasWritten) {
  EXPECT_EQ(start(), UINT64_MAX);
  ASSERT_TRUE(NewestSegmentFile::open(files_, kDirectory).has_value());
  EXPECT_EQ(start(), UINT64_MAX);
}

TEST_F(NewestSegmentFileTest, GivesTheNewestLineOverManyOpenings) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    write({1 + i / 2, i * 65536});
    EXPECT_EQ(start(), i * 65536);
  }
}

// A later epoch may begin at an earlier position.
TEST_F(NewestSegmentFileTest, OrdersByEpochFirst) {
  write({7, 900'000});
  write({8, 100'000});

  EXPECT_EQ(start(), 100'000u);
}

TEST_F(NewestSegmentFileTest, KeepsTheLineBeforeWhenTheNewestIsTornOrDamaged) {
  write({1, 65536});
  write({1, 131072});
  const std::string bytes = read_file(files_, path_);

  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at > 100 && at < 4096) continue;  // between the lines
    const char changed = static_cast<char>(bytes[at] ^ 4);
    write_file(files_, path_, at, Bytes(&changed, 1));
    const std::uint64_t found = start();
    ASSERT_TRUE(found == 65536 || found == 131072) << at;
    write_file(files_, path_, at, Bytes(&bytes[at], 1));
  }
}

TEST_F(NewestSegmentFileTest, AFailedSyncIsNotTriedAgain) {
  auto file = NewestSegmentFile::open(files_, kDirectory);
  ASSERT_TRUE(file.has_value());
  files_.inject({.effect = env::FaultEffect::FailedSync});

  const Result<void> outcome = file->write({1, 0});

  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code(), ErrorCode::LogSealed);
}

}  // namespace
}  // namespace latchkey::storage::tree
