#include "env/machine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace latchkey::env {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

/// A directory that looks like the parts of /proc and /sys that are read.
class Machine : public testing::Test {
 protected:
  Machine() {
    std::string name = testing::TempDir() + "latchkey-machine-XXXXXX";
    files_.root = ::mkdtemp(name.data());
    write("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:         1000 kB\n");
  }
  ~Machine() override { std::filesystem::remove_all(files_.root); }

  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(files_.root + path).parent_path());
    std::ofstream(files_.root + path) << text;
  }

  MachineFiles files_;
};

TEST_F(Machine, HasTheMemoryThatTheKernelReports) {
  EXPECT_EQ(total_memory_bytes(files_), 8192 * kMiB);
}

TEST_F(Machine, HasOneGibibyteIfNothingCanBeRead) {
  EXPECT_EQ(total_memory_bytes({files_.root + "/nowhere"}), 1024 * kMiB);
}

TEST_F(Machine, IsAsSmallAsItsControlGroup) {
  write("/proc/self/cgroup", "0::/system.slice/latchkey.service\n");
  write("/sys/fs/cgroup/system.slice/latchkey.service/memory.max", "536870912\n");

  EXPECT_EQ(total_memory_bytes(files_), 512 * kMiB);
}

// A limit on the slice binds every service in it.
TEST_F(Machine, IsAsSmallAsAnyGroupAroundItsOwn) {
  write("/proc/self/cgroup", "0::/system.slice/latchkey.service\n");
  write("/sys/fs/cgroup/system.slice/latchkey.service/memory.max", "max\n");
  write("/sys/fs/cgroup/system.slice/memory.max", "268435456\n");

  EXPECT_EQ(total_memory_bytes(files_), 256 * kMiB);
}

// In a container the group's own directory is mounted as the top.
TEST_F(Machine, FindsTheLimitAtTheMountWhenThePathIsNotVisible) {
  write("/proc/self/cgroup", "0::/docker/0123456789abcdef\n");
  write("/sys/fs/cgroup/memory.max", "1073741824\n");

  EXPECT_EQ(total_memory_bytes(files_), 1024 * kMiB);
}

TEST_F(Machine, ReadsTheFirstVersionOfControlGroups) {
  write("/proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n");
  write("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "134217728\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "100000\n");
  write("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");

  EXPECT_EQ(total_memory_bytes(files_), 128 * kMiB);
  EXPECT_EQ(processor_count(files_), 1u);
}

TEST_F(Machine, IgnoresWhatIsNotANumber) {
  write("/proc/self/cgroup", "garbage\n0::/\n");
  write("/sys/fs/cgroup/memory.max", "lots\n");
  write("/sys/fs/cgroup/cpu.max", "max 100000\n");

  EXPECT_EQ(total_memory_bytes(files_), 8192 * kMiB);
  EXPECT_EQ(processor_count(files_), processor_count({files_.root + "/nowhere"}));
}

TEST_F(Machine, HasAtLeastOneProcessorHoweverSmallItsShare) {
  write("/proc/self/cgroup", "0::/\n");
  write("/sys/fs/cgroup/cpu.max", "20000 100000\n");

  EXPECT_EQ(processor_count(files_), 1u);
}

TEST(ThisMachine, HasMemoryAndAProcessor) {
  EXPECT_GE(total_memory_bytes(), 64 * kMiB);
  EXPECT_GE(processor_count(), 1u);
}

}  // namespace
}  // namespace latchkey::env
