#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "env/env.h"
#include "env/posix_file.h"

namespace latchkey::env {
namespace {

using namespace posix_calls;

/// A fresh directory that goes with the test.
class PosixTest : public testing::Test {
 protected:
  PosixTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "latchkey-env-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~PosixTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  std::unique_ptr<File> open(const std::string& name, OpenMode mode) {
    return std::move(files_.open(path(name), mode)).value();
  }
  static std::string read(File& file, std::uint64_t offset, std::size_t count) {
    std::string out(count, '?');
    out.resize(file.read_at(offset, out).value());
    return out;
  }

  FileSystem& files_ = *posix().files;
  std::string root_;
};

TEST_F(PosixTest, BytesWrittenAreReadBackWhereTheyWereWritten) {
  const auto file = open("a", OpenMode::CreateNew);

  ASSERT_TRUE(file->write_at(0, "hello").has_value());
  ASSERT_TRUE(file->write_at(10, "world").has_value());
  ASSERT_TRUE(file->sync().has_value());

  EXPECT_EQ(file->size().value(), 15U);
  EXPECT_EQ(read(*file, 0, 15), (std::string("hello\0\0\0\0\0world", 15)));
  EXPECT_EQ(file->path(), path("a"));
}

TEST_F(PosixTest, AReadAcrossTheEndReturnsWhatThereIs) {
  const auto file = open("a", OpenMode::CreateNew);
  ASSERT_TRUE(file->write_at(0, "abc").has_value());

  EXPECT_EQ(read(*file, 1, 100), "bc");
  EXPECT_EQ(read(*file, 3, 1), "");
  EXPECT_EQ(read(*file, 1000, 1), "");
}

TEST_F(PosixTest, PreallocateGrowsWithZerosAndNeverShrinks) {
  const auto file = open("a", OpenMode::CreateNew);
  ASSERT_TRUE(file->write_at(0, "abc").has_value());

  ASSERT_TRUE(file->preallocate(1 << 20).has_value());
  ASSERT_TRUE(file->preallocate(10).has_value());

  EXPECT_EQ(file->size().value(), 1U << 20);
  EXPECT_EQ(read(*file, 0, 5), (std::string("abc\0\0", 5)));
  struct stat status;
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 1 << 20) << "the blocks are reserved, not only promised";
}

// What preallocate does where fallocate is not supported.
TEST_F(PosixTest, ZerosAreWrittenFromTheEndOfTheFileOnly) {
  const auto file = open("a", OpenMode::CreateNew);
  ASSERT_TRUE(file->write_at(0, "abc").has_value());
  const Descriptor descriptor = open_descriptor(path("a"), O_RDWR, 0);

  EXPECT_EQ(write_zeros_to(descriptor.number(), 200'000), 0);
  EXPECT_EQ(write_zeros_to(descriptor.number(), 10), 0);

  EXPECT_EQ(file->size().value(), 200'000U);
  EXPECT_EQ(read(*file, 0, 4), (std::string("abc\0", 4)));
  struct stat status;
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 196'000);
}

TEST_F(PosixTest, TruncateCutsAndGrows) {
  const auto file = open("a", OpenMode::CreateNew);
  ASSERT_TRUE(file->write_at(0, "abcdef").has_value());

  ASSERT_TRUE(file->truncate(2).has_value());
  ASSERT_TRUE(file->truncate(4).has_value());

  EXPECT_EQ(read(*file, 0, 10), (std::string("ab\0\0", 4)));
}

TEST_F(PosixTest, OpenModesSayWhetherTheFileMustExist) {
  EXPECT_EQ(files_.open(path("a"), OpenMode::ReadOnly).error().code(), ErrorCode::FileMissing);
  EXPECT_EQ(files_.open(path("a"), OpenMode::ReadWrite).error().code(), ErrorCode::FileMissing);
  EXPECT_TRUE(files_.open(path("a"), OpenMode::CreateNew).has_value());
  EXPECT_EQ(files_.open(path("a"), OpenMode::CreateNew).error().code(), ErrorCode::IoError);
  EXPECT_TRUE(files_.open(path("a"), OpenMode::CreateOrOpen).has_value());
  EXPECT_TRUE(files_.open(path("b"), OpenMode::CreateOrOpen).has_value());
  EXPECT_FALSE(open("a", OpenMode::ReadOnly)->write_at(0, "x").has_value());
}

TEST_F(PosixTest, OpenedFilesAreClosedInChildPrograms) {
  const Descriptor descriptor = open_descriptor(path("a"), O_RDWR | O_CREAT, 0600);

  EXPECT_NE(::fcntl(descriptor.number(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PosixTest, ErrorsNameThePathAndTheReason) {
  const Error missing = files_.open(path("none"), OpenMode::ReadOnly).error();
  const Error below_a_file = files_.open("/dev/null/x", OpenMode::ReadOnly).error();

  EXPECT_NE(missing.message().find(path("none")), std::string::npos) << missing.message();
  EXPECT_NE(missing.message().find("No such file or directory"), std::string::npos);
  EXPECT_EQ(below_a_file.code(), ErrorCode::FileMissing);
  EXPECT_EQ(error_from("cannot write", "f", ENOSPC).code(), ErrorCode::DiskFull);
  EXPECT_EQ(error_from("cannot write", "f", EDQUOT).code(), ErrorCode::DiskFull);
  EXPECT_EQ(error_from("cannot write", "f", EIO).code(), ErrorCode::IoError);
  EXPECT_EQ(error_from("cannot write", "f", EIO).message(), "f: cannot write: Input/output error");
}

TEST(PosixFullDisk, IsADiskFullError) {
  auto opened = posix().files->open("/dev/full", OpenMode::ReadWrite);
  if (!opened) GTEST_SKIP() << "there is no /dev/full here";

  const auto outcome = (*opened)->write_at(0, "x");

  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code(), ErrorCode::DiskFull);
  EXPECT_NE(outcome.error().message().find("/dev/full"), std::string::npos);
}

TEST_F(PosixTest, OffsetsTheKernelCannotHoldAreErrors) {
  const auto file = open("a", OpenMode::CreateNew);
  std::array<char, 1> out{};

  EXPECT_FALSE(file->read_at(~std::uint64_t{0}, out).has_value());
  EXPECT_FALSE(file->write_at(~std::uint64_t{0}, "x").has_value());
  EXPECT_FALSE(file->truncate(~std::uint64_t{0}).has_value());
  EXPECT_FALSE(file->preallocate(~std::uint64_t{0}).has_value());
}

TEST_F(PosixTest, ListsFollowCreateRenameAndRemove) {
  ASSERT_TRUE(files_.create_directories(path("d/e")).has_value());
  open("d/c", OpenMode::CreateNew);
  open("d/b", OpenMode::CreateNew);
  open("d/a", OpenMode::CreateNew);

  ASSERT_TRUE(files_.rename(path("d/c"), path("d/b")).has_value());
  ASSERT_TRUE(files_.remove(path("d/a")).has_value());
  ASSERT_TRUE(files_.sync_directory(path("d")).has_value());

  EXPECT_EQ(files_.list(path("d")).value(), (std::vector<std::string>{"b", "e"}));
  EXPECT_FALSE(files_.exists(path("d/c")).value());
  EXPECT_TRUE(files_.exists(path("d/b")).value());
  EXPECT_FALSE(files_.exists(path("d/b/x")).value());
}

TEST_F(PosixTest, ListsAreSorted) {
  std::vector<std::string> names;
  for (char letter = 'a'; letter <= 'z'; ++letter) names.emplace_back(1, letter);
  for (const std::string& name : names) open(name, OpenMode::CreateNew);

  EXPECT_EQ(files_.list(root_).value(), names);
}

TEST_F(PosixTest, MissingNamesAreFileMissing) {
  EXPECT_EQ(files_.rename(path("x"), path("y")).error().code(), ErrorCode::FileMissing);
  EXPECT_EQ(files_.remove(path("x")).error().code(), ErrorCode::FileMissing);
  EXPECT_EQ(files_.list(path("x")).error().code(), ErrorCode::FileMissing);
  EXPECT_EQ(files_.sync_directory(path("x")).error().code(), ErrorCode::FileMissing);
  EXPECT_EQ(files_.lock(path("x")).error().code(), ErrorCode::FileMissing);
}

TEST_F(PosixTest, CreateDirectoriesMakesParentsAndAcceptsWhatIsThere) {
  EXPECT_TRUE(files_.create_directories(path("p/q/r/")).has_value());
  EXPECT_TRUE(files_.create_directories(path("p/q/r")).has_value());
  EXPECT_TRUE(files_.exists(path("p/q/r")).value());

  open("file", OpenMode::CreateNew);
  EXPECT_FALSE(files_.create_directories(path("file")).has_value());
  EXPECT_FALSE(files_.create_directories(path("file/below")).has_value());
}

TEST_F(PosixTest, OneHandleHoldsADirectory) {
  auto first = files_.lock(root_);
  ASSERT_TRUE(first.has_value());

  const auto second = files_.lock(root_);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::DirectoryInUse);
  EXPECT_NE(second.error().message().find(root_), std::string::npos);
  EXPECT_NE(second.error().message().find(std::to_string(::getpid())), std::string::npos);

  first.value().reset();
  EXPECT_TRUE(files_.lock(root_).has_value());
}

TEST_F(PosixTest, OneProcessHoldsADirectoryAndItsDeathFreesIt) {
  int ready[2];
  int finish[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(finish), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(finish[1]);
    const auto held = files_.lock(root_);
    char byte = held.has_value() ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    [[maybe_unused]] const ssize_t ended = ::read(finish[0], &byte, 1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');

  EXPECT_EQ(files_.lock(root_).error().code(), ErrorCode::DirectoryInUse);

  for (const int end : {ready[0], ready[1], finish[0], finish[1]}) ::close(end);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(files_.lock(root_).has_value());
}

TEST(PosixTransfer, WritesGoOnAfterSignalsAndShortCounts) {
  std::string written;
  int calls = 0;
  const auto kernel = [&](const char* from, std::size_t count, off_t offset) -> ssize_t {
    if (++calls % 2 == 0) {
      errno = EINTR;
      return -1;
    }
    EXPECT_EQ(static_cast<std::size_t>(offset), 100 + written.size());
    const std::size_t taken = std::min<std::size_t>(count, 3);
    written.append(from, taken);
    return static_cast<ssize_t>(taken);
  };

  const Transfer transfer = write_fully(kernel, 100, "abcdefgh");

  EXPECT_EQ(transfer.error_number, 0);
  EXPECT_EQ(written, "abcdefgh");
}

TEST(PosixTransfer, AWriteOfNothingIsAnErrorAndNotALoop) {
  const auto kernel = [](const char*, std::size_t, off_t) -> ssize_t { return 0; };

  EXPECT_EQ(write_fully(kernel, 0, "abc").error_number, EIO);
}

TEST(PosixTransfer, AnErrorAfterAShortWriteIsReported) {
  int calls = 0;
  const auto kernel = [&](const char*, std::size_t, off_t) -> ssize_t {
    if (++calls == 1) return 1;
    errno = ENOSPC;
    return -1;
  };

  const Transfer transfer = write_fully(kernel, 0, "abc");

  EXPECT_EQ(transfer.error_number, ENOSPC);
  EXPECT_EQ(transfer.count, 1U);
}

TEST(PosixTransfer, ReadsGoOnAfterSignalsAndShortCountsUntilTheEnd) {
  const std::string content = "abcdefgh";
  int calls = 0;
  const auto kernel = [&](char* to, std::size_t count, off_t offset) -> ssize_t {
    if (++calls % 2 == 0) {
      errno = EINTR;
      return -1;
    }
    return static_cast<ssize_t>(
        content.copy(to, std::min<std::size_t>(count, 3), static_cast<std::size_t>(offset)));
  };
  std::array<char, 20> out{};

  const Transfer transfer = read_fully(kernel, 2, out);

  EXPECT_EQ(transfer.error_number, 0);
  EXPECT_EQ(std::string(out.data(), transfer.count), "cdefgh");
}

TEST(PosixClock, SteadyTimeNeverGoesBackAndWallTimeIsRecent) {
  Clock& clock = *posix().clock;

  const std::int64_t before_us = clock.steady_us();
  ::usleep(2000);
  const std::int64_t after_us = clock.steady_us();

  EXPECT_GE(after_us - before_us, 2000);
  EXPECT_GT(clock.wall_ms(), std::int64_t{1'600'000'000'000});
  EXPECT_LT(clock.wall_ms(), std::int64_t{10'000'000'000'000});
}

TEST(PosixRandom, NumbersDoNotRepeatAndFillReachesEveryByte) {
  Random& random = *posix().random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.next());
  EXPECT_EQ(seen.size(), 1000U);

  std::array<std::byte, 1000> bytes{};
  std::array<bool, 1000> touched{};
  for (int round = 0; round < 8; ++round) {
    random.fill(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) touched[i] |= bytes[i] != std::byte{0};
  }
  EXPECT_EQ(std::count(touched.begin(), touched.end(), true), 1000);
}

}  // namespace
}  // namespace latchkey::env
