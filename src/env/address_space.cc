#include "env/address_space.h"

#include <sys/mman.h>

#include <cstdint>

namespace latchkey::env {

namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

std::size_t round_up(std::size_t value) {
  return (value + kHugePageBytes - 1) & ~(kHugePageBytes - 1);
}

}  // namespace

AddressSpace::AddressSpace(std::size_t bytes) : bytes_(round_up(bytes)) {
  mapping_bytes_ = bytes_ + kHugePageBytes;
  void* const mapping = ::mmap(nullptr, mapping_bytes_, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return;
  mapping_ = static_cast<char*>(mapping);
  begin_ = reinterpret_cast<char*>(round_up(reinterpret_cast<std::uintptr_t>(mapping_)));
  // Advice only: without huge pages everything works, at more cost per random read.
  (void)::madvise(begin_, bytes_, MADV_HUGEPAGE);
}

AddressSpace::~AddressSpace() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapping_bytes_);
}

}  // namespace latchkey::env
