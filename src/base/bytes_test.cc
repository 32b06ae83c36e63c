#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey {
namespace {

TEST(LoadAndStore, WorkAtAnyAddress) {
  char buffer[16] = {};
  store<std::uint32_t>(buffer + 1, 0x01020304);
  EXPECT_EQ(load<std::uint32_t>(buffer + 1), 0x01020304u);
  EXPECT_EQ(buffer[1], 4);
}

TEST(BigEndian, BytesCompareAsTheNumbersDo) {
  std::string small(8, '\0');
  std::string large(8, '\0');
  store_big64(small.data(), 255);
  store_big64(large.data(), 256);
  EXPECT_LT(small, large);
  EXPECT_EQ(load_big64(large.data()), 256u);

  store_big32(small.data(), 0x01020304);
  EXPECT_EQ(small[0], 1);
  EXPECT_EQ(load_big32(small.data()), 0x01020304u);
}

}  // namespace
}  // namespace latchkey
