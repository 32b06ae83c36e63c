#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "env/env.h"

/// What stands between env::posix() and the kernel. Seen by src/env and its tests only.
namespace latchkey::env::posix_calls {

/// The error for `error_number` that `what` (the path, and the act if it is not plain) met.
/// ENOENT and ENOTDIR become FileMissing, ENOSPC and EDQUOT DiskFull, all others IoError.
Error error_from(std::string_view act, const std::string& path, int error_number);

/// Closes a descriptor when its owner dies.
///
/// Threads: one at a time.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

/// open(2), O_CLOEXEC added, begun again after a signal. -1 with errno on failure.
Descriptor open_descriptor(const std::string& path, int flags, mode_t mode);

/// The shapes of pread and pwrite without their descriptor, so that tests can stand in for the
/// kernel.
using ReadCall = FunctionRef<ssize_t(char* to, std::size_t count, off_t offset)>;
using WriteCall = FunctionRef<ssize_t(const char* from, std::size_t count, off_t offset)>;

struct Transfer {
  std::size_t count = 0;
  int error_number = 0;
};

/// Calls until `out` is full, the file ends or an error comes; signals and short counts go on.
Transfer read_fully(ReadCall call, std::uint64_t offset, std::span<char> out);

/// Calls until all of `bytes` is written or an error comes. A count of 0 is an error: it would
/// otherwise repeat for ever.
Transfer write_fully(WriteCall call, std::uint64_t offset, Bytes bytes);

/// preallocate where the file system cannot reserve blocks: writes zeros from the end of the file
/// to `size`. On an error the file has its old size again. Returns 0 or an errno.
int write_zeros_to(int descriptor, std::uint64_t size);

std::unique_ptr<File> make_file(Descriptor descriptor, std::string path);

}  // namespace latchkey::env::posix_calls
