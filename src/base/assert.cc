#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace latchkey {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "latchkey: invariant broken: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace latchkey
