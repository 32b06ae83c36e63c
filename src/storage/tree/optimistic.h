#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "storage/tree/page.h"

#if defined(__SANITIZE_THREAD__)
#define LK_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LK_THREAD_SANITIZER 1
#endif
#endif

namespace latchkey::storage::tree {

// Reading a page without its latch, while another thread may be changing it.
//
//   reader                                  writer, under the structure latch
//   version = begin_read(page)   (even)     begin_change(page)   version becomes odd
//   read_racing(..) ..                      .. plain stores ..
//   still_valid(page, version)?             end_change(page)     version becomes even, another one
//
// What was read counts for nothing until still_valid says so; until then it may only be compared,
// counted with, and used as an address of memory that is surely there.
//
// Source: Leis et al., The ART of Practical Synchronization (2016); optimistic lock coupling.

/// Reads the version of an inner page, waiting while it is being changed.
inline std::uint64_t begin_read(const Page& page) {
  for (;;) {
    const std::uint64_t version = page.header.version.load(std::memory_order_acquire);
    if ((version & 1) == 0) return version;
    spin_pause();
  }
}

/// Whether the page is still as it was at begin_read.
inline bool still_valid(const Page& page, std::uint64_t version) {
  // Loads are not reordered with loads on x86-64, so keeping the compiler in order is enough; the
  // sanitizer does not model fences.
  std::atomic_signal_fence(std::memory_order_acquire);
  return page.header.version.load(std::memory_order_acquire) == version;
}

void begin_change(Page& page);
void end_change(Page& page);

/// Copies bytes that may be changing: the one thing that the thread sanitizer is told to skip.
#ifdef LK_THREAD_SANITIZER
void copy_racing(void* to, const void* from, std::size_t bytes);
#else
inline void copy_racing(void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}
#endif

template <typename T>
requires(std::is_trivially_copyable_v<T>) inline T read_racing(const void* from) {
  T value;
  copy_racing(&value, from, sizeof value);
  return value;
}

}  // namespace latchkey::storage::tree
