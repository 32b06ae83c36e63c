#include "doors/net/buffer.h"

#include <gtest/gtest.h>

#include <string>

#include "doors/net/test_support/engine_with_held_log.h"

namespace latchkey::net {
namespace {

struct BufferTest : testing::Test {
  test::EngineWithHeldLog engine{nullptr};
  BufferPool pool{engine};

  static void fill(Buffer& buffer, Bytes bytes) {
    ASSERT_TRUE(buffer.try_reserve(bytes.size()));
    std::memcpy(buffer.free_begin(), bytes.data(), bytes.size());
    buffer.commit(bytes.size());
  }
};

TEST_F(BufferTest, KeepsWhatIsNotConsumedWhileItGrows) {
  Buffer buffer(pool);
  fill(buffer, "abcdef");

  buffer.consume(2);
  fill(buffer, std::string(100'000, 'x'));

  EXPECT_EQ(buffer.view().substr(0, 5), "cdefx");
  EXPECT_EQ(buffer.size(), 100'004u);
}

TEST_F(BufferTest, InsertsBeforeAPosition) {
  Buffer buffer(pool);
  fill(buffer, "zabef");
  buffer.consume(1);

  ASSERT_TRUE(buffer.try_insert(2, "cd"));

  EXPECT_EQ(buffer.view(), "abcdef");
}

// A client that announces a large value pays for it with bytes, not with a promise.
TEST_F(BufferTest, GrowsByDoublingAndStopsAtTheHint) {
  Buffer buffer(pool);
  const std::size_t announced = 100 << 20;

  fill(buffer, std::string(BufferPool::kChunkBytes, 'x'));
  ASSERT_TRUE(buffer.try_reserve(1, announced));
  EXPECT_EQ(buffer.capacity(), 2 * BufferPool::kChunkBytes);
  ASSERT_TRUE(buffer.try_reserve(buffer.free_bytes() + 1, 3 * BufferPool::kChunkBytes));

  EXPECT_EQ(buffer.capacity(), 3 * BufferPool::kChunkBytes);
}

TEST_F(BufferTest, AParkedRemainderTakesLittleMemory) {
  Buffer buffer(pool);
  fill(buffer, "partial request");
  EXPECT_EQ(pool.outstanding_bytes(), BufferPool::kChunkBytes);

  buffer.park();

  EXPECT_EQ(buffer.view(), "partial request");
  EXPECT_LE(pool.outstanding_bytes(), 256u);
  fill(buffer, std::string(5000, '!'));
  EXPECT_EQ(buffer.view().substr(0, 16), "partial request!");
}

TEST_F(BufferTest, AnEmptyParkedBufferTakesNone) {
  Buffer buffer(pool);
  fill(buffer, "x");
  buffer.consume(1);

  buffer.park();

  EXPECT_EQ(pool.outstanding_bytes(), 0u);
}

TEST_F(BufferTest, RefusesToGrowPastTheBudgetAndKeepsItsBytes) {
  Buffer buffer(pool);
  fill(buffer, "kept");
  engine.refuse_memory(true);

  EXPECT_FALSE(buffer.try_reserve(64 << 20));

  EXPECT_EQ(buffer.view(), "kept");
}

TEST_F(BufferTest, WhatWasReservedIsGivenBack) {
  {
    BufferPool other(engine);
    Buffer buffer(other);
    fill(buffer, std::string(20 << 20, 'x'));
    EXPECT_GE(engine.reserved_bytes(), 20 << 20);
    buffer.release();
    EXPECT_LT(engine.reserved_bytes(), 20 << 20);
  }
  EXPECT_EQ(engine.reserved_bytes(), 0);
}

TEST_F(BufferTest, TheChunkUsedLastIsHandedOutFirst) {
  char* first = pool.take_chunk();
  char* second = pool.take_chunk();

  pool.give_back(first, BufferPool::kChunkBytes);
  pool.give_back(second, BufferPool::kChunkBytes);

  EXPECT_EQ(pool.take_chunk(), second);
  pool.give_back(second, BufferPool::kChunkBytes);
}

}  // namespace
}  // namespace latchkey::net
