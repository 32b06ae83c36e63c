#pragma once

namespace latchkey {

/// Writes the condition and its place to stderr and stops the process.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace latchkey

/// A broken invariant of our own stops the process, in release too. Bytes from disk or wire are
/// never asserted: they are checked into an error.
#define LK_ASSERT(condition)          \
  (__builtin_expect(!!(condition), 1) \
       ? void(0)                      \
       : ::latchkey::assertion_failed(#condition, __FILE__, __LINE__))

#ifdef LATCHKEY_SLOW_ASSERTS
#define LK_ASSERT_SLOW(condition) LK_ASSERT(condition)
#else
#define LK_ASSERT_SLOW(condition) void(0)
#endif
