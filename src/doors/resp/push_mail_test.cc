#include "doors/resp/push_mail.h"

#include <gtest/gtest.h>

namespace latchkey::resp {
namespace {

Push push_of(std::size_t bytes) {
  return {Push::Kind::Message,
          std::make_shared<const kv::Message>(kv::Message{"c", std::string(bytes, 'x'), {}}), ""};
}

TEST(PushMail, SaysWhenItsOwnerMustBeWoken) {
  PushMail mail;
  EXPECT_TRUE(mail.empty());

  EXPECT_EQ(mail.post(push_of(1), 1000), PushMail::Posted::First);
  EXPECT_EQ(mail.post(push_of(1), 1000), PushMail::Posted::More);

  EXPECT_FALSE(mail.empty());
  EXPECT_EQ(mail.take().size(), 2u);
  EXPECT_TRUE(mail.empty());
  EXPECT_EQ(mail.post(push_of(1), 1000), PushMail::Posted::First);
}

TEST(PushMail, OverflowsPastItsBound) {
  PushMail mail;
  EXPECT_EQ(mail.post(push_of(500), 1000), PushMail::Posted::First);

  EXPECT_EQ(mail.post(push_of(500), 1000), PushMail::Posted::Overflow);

  EXPECT_EQ(mail.take().size(), 1u);
  EXPECT_EQ(mail.bytes(), 0u);
}

}  // namespace
}  // namespace latchkey::resp
