#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::env {

/// What time it is. All of the engine's time comes from here, so that tests can move it.
///
/// Threads: any.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since 1970-01-01T00:00:00Z, as the machine believes. May step in both directions.
  virtual std::int64_t wall_ms() = 0;
  /// Microseconds on a clock that never goes back; only differences mean anything.
  virtual std::int64_t steady_us() = 0;
};

/// Unpredictable bytes.
///
/// Threads: any.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;
  std::uint64_t next();
};

/// One open file.
///
/// Threads: read_at and write_at on disjoint ranges from any thread; the rest from one at a time.
/// Errors:  IoError, DiskFull (from write_at, preallocate and truncate; the file's bytes in the
///          range are then undefined), always naming the path.
class File {
 public:
  virtual ~File() = default;
  /// Fills `out` completely, or returns how many bytes there were before the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) = 0;
  /// Writes all of `bytes`, growing the file if it ends past the end.
  virtual Result<void> write_at(std::uint64_t offset, Bytes bytes) = 0;
  /// Reserves blocks for [0, size) and sets the file's size to at least `size`; new bytes read as
  /// zero.
  virtual Result<void> preallocate(std::uint64_t size) = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  /// Everything written before the call reaches stable storage, with the size needed to read it.
  /// After an error the caller must never sync this file again: see the log.
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual const std::string& path() const = 0;
};

/// Held by the kernel for as long as the object lives; dies with the process.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

enum class OpenMode : std::uint8_t {
  ReadOnly,      ///< must exist
  ReadWrite,     ///< must exist
  CreateNew,     ///< must not exist
  CreateOrOpen,  ///< either
};

/// Names of files. Paths use '/'.
///
/// Threads: any.
/// Errors:  FileMissing, IoError, DiskFull, DirectoryInUse (lock only), always naming the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  /// Atomic in memory; on stable storage only after sync_directory of the parent.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// Names of files and directories in `path`, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  /// Makes the directory and its missing parents. Not an error if it is there.
  virtual Result<void> create_directories(const std::string& path) = 0;
  /// Creates, renames and removes of names in this directory reach stable storage. NotSupported if
  /// the directory may not be opened or its file system knows no such sync: then nothing was tried.
  virtual Result<void> sync_directory(const std::string& path) = 0;
  /// One holder per directory over all processes. DirectoryInUse if it is held.
  virtual Result<std::unique_ptr<DirectoryLock>> lock(const std::string& path) = 0;
};

/// The outside world as the engine sees it. Borrowed for the life of the engine.
struct Env {
  Clock* clock;
  Random* random;
  FileSystem* files;
};

/// The real machine. The objects live as long as the process.
Env posix();

}  // namespace latchkey::env
