#include "kv/recorded_reply.h"

#include <gtest/gtest.h>

#include "kv/test_support/test_reply.h"

namespace latchkey::kv {
namespace {

using test::TestReply;

/// One of each kind.
void say_all(Reply& reply) {
  reply.array(12);
  reply.null();
  reply.null_array();
  reply.status("OK");
  reply.integer(-7);
  reply.bulk(Bytes("a\0b", 3));
  reply.number(-0.5);
  reply.boolean(true);
  reply.verbatim("txt", "text");
  reply.error(Error(ErrorCode::KeyWrongType, "another kind"));
  reply.map(1);
  reply.bulk("key");
  reply.set(1);
  reply.integer(1);
  const std::size_t mark = reply.open_array();
  reply.push(0);
  reply.boolean(false);
  reply.close_array(mark, 2);
  reply.number(1e300);
}

TEST(RecordedReply, SaysAgainWhatWasSaid) {
  for (const bool typed : {false, true}) {
    TestReply direct(typed ? TestReply::Typed::Yes : TestReply::Typed::No);
    TestReply replayed(typed ? TestReply::Typed::Yes : TestReply::Typed::No);
    RecordedReply recorded(typed ? RecordedReply::Typed::Yes : RecordedReply::Typed::No);

    say_all(direct);
    say_all(recorded);
    recorded.replay(replayed);

    EXPECT_EQ(recorded.typed(), typed);
    EXPECT_EQ(replayed.text(), direct.text());
  }
}

TEST(RecordedReply, ForgetsWhatIsTakenBack) {
  RecordedReply recorded(RecordedReply::Typed::No);
  recorded.integer(1);
  const std::size_t mark = recorded.mark();
  recorded.bulk("gone");
  recorded.rewind(mark);

  TestReply replayed;
  recorded.replay(replayed);

  EXPECT_EQ(replayed.text(), ":1");
}

}  // namespace
}  // namespace latchkey::kv
