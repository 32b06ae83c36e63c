#include "env/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "base/assert.h"

namespace latchkey::env::posix_calls {

namespace {

// Offsets beyond this do not fit into the kernel's signed type.
constexpr std::uint64_t kOffsetMax = std::numeric_limits<off_t>::max();

bool fits_offset(std::uint64_t offset, std::uint64_t length) {
  return length <= kOffsetMax && offset <= kOffsetMax - length;
}

/// Runs a call that answers 0 or -1 until no signal interrupts it. Returns 0 or an errno.
template <typename Call>
int without_interrupts(Call call) {
  while (call() != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {
    LK_ASSERT(descriptor_.is_open());
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    const auto call = [this](char* to, std::size_t count, off_t at) {
      return ::pread(descriptor_.number(), to, count, at);
    };
    const Transfer transfer = read_fully(call, offset, out);
    if (transfer.error_number != 0) {
      return error_from("cannot read at offset " + std::to_string(offset), path_,
                        transfer.error_number);
    }
    return transfer.count;
  }

  Result<void> write_at(std::uint64_t offset, Bytes bytes) override {
    const auto call = [this](const char* from, std::size_t count, off_t at) {
      return ::pwrite(descriptor_.number(), from, count, at);
    };
    const Transfer transfer = write_fully(call, offset, bytes);
    if (transfer.error_number != 0) {
      return error_from("cannot write " + std::to_string(bytes.size()) + " bytes at offset " +
                            std::to_string(offset),
                        path_, transfer.error_number);
    }
    LK_ASSERT(transfer.count == bytes.size());
    return {};
  }

  Result<void> preallocate(std::uint64_t size_wanted) override {
    const std::string act = "cannot reserve " + std::to_string(size_wanted) + " bytes";
    if (!fits_offset(0, size_wanted)) return error_from(act, path_, EFBIG);
    if (size_wanted == 0) return {};
    int error_number = without_interrupts([this, size_wanted] {
      return ::fallocate(descriptor_.number(), 0, 0, static_cast<off_t>(size_wanted));
    });
    if (error_number == EOPNOTSUPP || error_number == ENOSYS) {
      error_number = write_zeros_to(descriptor_.number(), size_wanted);
    }
    if (error_number != 0) return error_from(act, path_, error_number);
    return {};
  }

  Result<void> truncate(std::uint64_t size_wanted) override {
    const std::string act = "cannot set the size to " + std::to_string(size_wanted);
    if (!fits_offset(0, size_wanted)) return error_from(act, path_, EFBIG);
    const int error_number = without_interrupts([this, size_wanted] {
      return ::ftruncate(descriptor_.number(), static_cast<off_t>(size_wanted));
    });
    if (error_number != 0) return error_from(act, path_, error_number);
    return {};
  }

  Result<void> sync() override {
    // A sync that a signal interrupted may already have cleaned pages, so it counts as failed.
    if (::fdatasync(descriptor_.number()) != 0) return error_from("cannot sync", path_, errno);
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat status;
    if (::fstat(descriptor_.number(), &status) != 0) {
      return error_from("cannot read the size", path_, errno);
    }
    return static_cast<std::uint64_t>(status.st_size);
  }

  const std::string& path() const override { return path_; }

 private:
  Descriptor descriptor_;
  std::string path_;
};

}  // namespace

Error error_from(std::string_view act, const std::string& path, int error_number) {
  ErrorCode code = ErrorCode::IoError;
  if (error_number == ENOENT || error_number == ENOTDIR) code = ErrorCode::FileMissing;
  if (error_number == ENOSPC || error_number == EDQUOT) code = ErrorCode::DiskFull;
  std::string message = path;
  message.append(": ").append(act).append(": ");
  message.append(std::generic_category().message(error_number));
  return Error(code, std::move(message));
}

Descriptor::~Descriptor() {
  // Nothing may hang on close succeeding: what must last has been synced before.
  if (number_ >= 0) ::close(number_);
}

Descriptor open_descriptor(const std::string& path, int flags, mode_t mode) {
  for (;;) {
    const int number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (number >= 0 || errno != EINTR) return Descriptor(number);
  }
}

Transfer read_fully(ReadCall call, std::uint64_t offset, std::span<char> out) {
  Transfer transfer;
  if (!fits_offset(offset, out.size())) return {0, EINVAL};
  while (transfer.count < out.size()) {
    const ssize_t count = call(out.data() + transfer.count, out.size() - transfer.count,
                               static_cast<off_t>(offset + transfer.count));
    if (count == 0) break;
    if (count > 0) {
      transfer.count += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      transfer.error_number = errno;
      break;
    }
  }
  LK_ASSERT(transfer.count <= out.size());
  return transfer;
}

Transfer write_fully(WriteCall call, std::uint64_t offset, Bytes bytes) {
  Transfer transfer;
  if (!fits_offset(offset, bytes.size())) return {0, EFBIG};
  while (transfer.count < bytes.size()) {
    const ssize_t count = call(bytes.data() + transfer.count, bytes.size() - transfer.count,
                               static_cast<off_t>(offset + transfer.count));
    if (count > 0) {
      transfer.count += static_cast<std::size_t>(count);
    } else if (count == 0) {
      transfer.error_number = EIO;
      break;
    } else if (errno != EINTR) {
      transfer.error_number = errno;
      break;
    }
  }
  LK_ASSERT(transfer.count <= bytes.size());
  return transfer;
}

int write_zeros_to(int descriptor, std::uint64_t size) {
  static constexpr char kZeros[64 * 1024] = {};
  struct stat status;
  if (::fstat(descriptor, &status) != 0) return errno;
  const auto old_size = static_cast<std::uint64_t>(status.st_size);
  const auto call = [descriptor](const char* from, std::size_t count, off_t at) {
    return ::pwrite(descriptor, from, count, at);
  };
  for (std::uint64_t at = old_size; at < size;) {
    const std::size_t count = std::min<std::uint64_t>(sizeof kZeros, size - at);
    const Transfer transfer = write_fully(call, at, Bytes(kZeros, count));
    if (transfer.error_number != 0) {
      // Give the half back, so that a full disk does not stay fuller than it was.
      without_interrupts(
          [descriptor, old_size] { return ::ftruncate(descriptor, static_cast<off_t>(old_size)); });
      return transfer.error_number;
    }
    at += count;
  }
  return 0;
}

std::unique_ptr<File> make_file(Descriptor descriptor, std::string path) {
  return std::make_unique<PosixFile>(std::move(descriptor), std::move(path));
}

}  // namespace latchkey::env::posix_calls
