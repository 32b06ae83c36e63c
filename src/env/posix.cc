#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/assert.h"
#include "env/env.h"
#include "env/posix_file.h"

namespace latchkey::env {

namespace {

using posix_calls::Descriptor;
using posix_calls::error_from;
using posix_calls::open_descriptor;

// What a database holds is nobody else's business until its owner says so.
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

class PosixClock final : public Clock {
 public:
  std::int64_t wall_ms() override {
    const timespec now = read(CLOCK_REALTIME);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  }

  std::int64_t steady_us() override {
    const timespec now = read(CLOCK_MONOTONIC);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  }

 private:
  static timespec read(clockid_t clock) {
    timespec now{};
    const int outcome = ::clock_gettime(clock, &now);
    LK_ASSERT(outcome == 0);
    return now;
  }
};

class PosixRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override {
    std::size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t count = ::getrandom(out.data() + filled, out.size() - filled, 0);
      // Bytes that can be guessed are worse than no server: only a signal may interrupt.
      LK_ASSERT(count > 0 || errno == EINTR);
      if (count > 0) filled += static_cast<std::size_t>(count);
    }
  }
};

class PosixDirectoryLock final : public DirectoryLock {
 public:
  explicit PosixDirectoryLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;  // the kernel lets go of the lock when this is closed
};

// The empty path means the working directory, as the parent of a name without '/' does.
std::string directory_path(const std::string& path) { return path.empty() ? "." : path; }

/// The process id that the holder left in the lock file, for the reader of the error only.
std::string describe_holder(int descriptor) {
  char text[16];
  const ssize_t count = ::pread(descriptor, text, sizeof text, 0);
  std::string digits;
  for (ssize_t i = 0; i < count && text[i] >= '0' && text[i] <= '9'; ++i) digits += text[i];
  return digits.empty() ? "another process" : "process " + digits;
}

/// Best effort: a full disk must not keep the lock's owner from starting.
void leave_process_id(int descriptor) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t count = ::pwrite(descriptor, text.data(), text.size(), 0);
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    Descriptor descriptor = open_descriptor(path, flags_of(mode), kFileMode);
    if (!descriptor.is_open()) return error_from("cannot open", path, errno);
    return posix_calls::make_file(std::move(descriptor), path);
  }

  Result<bool> exists(const std::string& path) override {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return error_from("cannot look up", path, errno);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return error_from("cannot rename to " + to, from, errno);
  }

  Result<void> remove(const std::string& path) override {
    // ::remove takes files and empty directories.
    if (::remove(path.c_str()) == 0) return {};
    return error_from("cannot remove", path, errno);
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    const std::string directory = directory_path(path);
    const int number = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (number < 0) return error_from("cannot list", directory, errno);
    DIR* const stream = ::fdopendir(number);
    if (stream == nullptr) {
      const int error_number = errno;
      ::close(number);
      return error_from("cannot list", directory, error_number);
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* const entry = ::readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
      errno = 0;
    }
    const int error_number = errno;
    ::closedir(stream);
    if (error_number != 0) return error_from("cannot list", directory, error_number);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> create_directories(const std::string& path) override {
    for (std::size_t end = 0; end < path.size();) {
      end = std::min(path.find('/', end + 1), path.size());
      const std::string part = path.substr(0, end);
      if (::mkdir(part.c_str(), kDirectoryMode) == 0 || errno == EEXIST) continue;
      const int error_number = errno;
      // A parent that may not be written to but is there already is no obstacle.
      struct stat status;
      if (::stat(part.c_str(), &status) == 0) continue;
      return error_from("cannot create the directory", part, error_number);
    }
    struct stat status;
    const std::string directory = directory_path(path);
    if (::stat(directory.c_str(), &status) != 0) {
      return error_from("cannot create the directory", directory, errno);
    }
    if (!S_ISDIR(status.st_mode)) {
      return Error(ErrorCode::IoError,
                   directory + ": cannot create the directory: a file has its name");
    }
    return {};
  }

  Result<void> sync_directory(const std::string& path) override {
    const std::string directory = directory_path(path);
    const Descriptor descriptor = open_descriptor(directory, O_RDONLY | O_DIRECTORY, 0);
    if (!descriptor.is_open()) return sync_error("cannot open to sync", directory, errno);
    if (::fsync(descriptor.number()) != 0) return sync_error("cannot sync", directory, errno);
    return {};
  }

  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override {
    const std::string lock_path = directory_path(path) + "/lock";
    Descriptor descriptor = open_descriptor(lock_path, O_RDWR | O_CREAT, kFileMode);
    if (!descriptor.is_open()) return error_from("cannot open the lock file", lock_path, errno);
    while (::flock(descriptor.number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        return Error(ErrorCode::DirectoryInUse,
                     path + ": " + describe_holder(descriptor.number()) +
                         " holds the directory; stop it or choose another directory");
      }
      if (errno != EINTR) return error_from("cannot lock", lock_path, errno);
    }
    leave_process_id(descriptor.number());
    return std::unique_ptr<DirectoryLock>(
        std::make_unique<PosixDirectoryLock>(std::move(descriptor)));
  }

 private:
  static Error sync_error(const std::string& act, const std::string& directory, int error_number) {
    Error error = error_from(act, directory, error_number);
    const bool cannot = error_number == EACCES || error_number == EPERM || error_number == EINVAL ||
                        error_number == EROFS || error_number == ENOTSUP;
    return cannot ? Error(ErrorCode::NotSupported, error.message()) : error;
  }

  static int flags_of(OpenMode mode) {
    switch (mode) {
      case OpenMode::ReadOnly:
        return O_RDONLY;
      case OpenMode::ReadWrite:
        return O_RDWR;
      case OpenMode::CreateNew:
        return O_RDWR | O_CREAT | O_EXCL;
      case OpenMode::CreateOrOpen:
        return O_RDWR | O_CREAT;
    }
    LK_ASSERT(false);
    return O_RDONLY;
  }
};

}  // namespace

Env posix() {
  // Never destroyed, so that threads which outlive main() may still ask for the time.
  static PosixClock* const clock = new PosixClock;
  static PosixRandom* const random = new PosixRandom;
  static PosixFileSystem* const files = new PosixFileSystem;
  return Env{clock, random, files};
}

}  // namespace latchkey::env
