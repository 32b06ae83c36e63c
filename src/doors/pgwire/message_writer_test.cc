#include "doors/pgwire/message_writer.h"

#include <gtest/gtest.h>

#include <array>

#include "doors/pgwire/test_support/frontend.h"

namespace latchkey::pgwire {
namespace {

using test::big16;
using test::big32;
using test::cstring;
using test::message;

template <typename Write>
std::string written(Write write) {
  std::string out = "before";
  MessageWriter writer(out);
  write(writer);
  EXPECT_TRUE(out.starts_with("before"));
  return out.substr(6);
}

const std::vector<sql::ResultColumn> kColumns = {{"n", sql::oid::kInt4, -1, sql::Oid{9}, 2},
                                                 {"t", sql::oid::kText, 24, sql::Oid::None, 0}};

TEST(MessageWriter, WritesTheMessagesOfAuthentication) {
  EXPECT_EQ(written([](MessageWriter& writer) { writer.authentication_ok(); }),
            message('R', big32(0)));
  const std::array<std::string_view, 2> mechanisms = {"A", "B"};
  EXPECT_EQ(written([&](MessageWriter& writer) { writer.authentication_sasl(mechanisms); }),
            message('R', big32(10) + cstring("A") + cstring("B") + '\0'));
  EXPECT_EQ(written([](MessageWriter& writer) { writer.authentication_sasl_continue("x"); }),
            message('R', big32(11) + "x"));
  EXPECT_EQ(written([](MessageWriter& writer) { writer.authentication_sasl_final("y"); }),
            message('R', big32(12) + "y"));
}

TEST(MessageWriter, WritesTheMessagesOfTheStart) {
  const std::vector<std::string> options = {"_pq_.a"};
  EXPECT_EQ(
      written([&](MessageWriter& writer) { writer.negotiate_protocol_version(3 << 16, options); }),
      message('v', big32(3 << 16) + big32(1) + cstring("_pq_.a")));
  EXPECT_EQ(written([](MessageWriter& writer) { writer.backend_key_data(7, 0xfedcba98); }),
            message('K', big32(7) + big32(0xfedcba98)));
  EXPECT_EQ(written([](MessageWriter& writer) { writer.parameter_status("TimeZone", "UTC"); }),
            message('S', cstring("TimeZone") + cstring("UTC")));
  EXPECT_EQ(
      written([](MessageWriter& writer) { writer.ready_for_query(sql::TransactionState::Failed); }),
      message('Z', "E"));
}

TEST(MessageWriter, AnErrorHasAllItsFields) {
  const Error error = Error(ErrorCode::UniqueViolation, "text").with([](ErrorDetails& details) {
    details = {"detail", "hint",       "schema",  "table", "column",
               "type",   "constraint", "context", "",      12};
  });

  EXPECT_EQ(
      written([&](MessageWriter& writer) { writer.error(Gravity::Error, error); }),
      message('E', cstring("SERROR") + cstring("VERROR") + cstring("C23505") + cstring("Mtext") +
                       cstring("Ddetail") + cstring("Hhint") + cstring("P12") +
                       cstring("Wcontext") + cstring("sschema") + cstring("ttable") +
                       cstring("ccolumn") + cstring("dtype") + cstring("nconstraint") + '\0'));
}

TEST(MessageWriter, AnErrorHasNoFieldsThatSayNothing) {
  EXPECT_EQ(written([](MessageWriter& writer) {
              writer.error(Gravity::Fatal, Error(ErrorCode::ProtocolError, "x"));
            }),
            message('E', cstring("SFATAL") + cstring("VFATAL") + cstring("C08P01") + cstring("Mx") +
                             '\0'));
}

TEST(MessageWriter, AnErrorAlwaysHasAMessage) {
  const std::string bytes = written(
      [](MessageWriter& writer) { writer.error(Gravity::Error, Error(ErrorCode::Internal, "")); });
  EXPECT_EQ(test::describe_replies(bytes), (test::Lines{"E ERROR XX000 an internal error"}));
}

TEST(MessageWriter, TheStateOfAnErrorMayBeItsOwn) {
  const Error raised =
      Error(ErrorCode::Raised, "x").with([](ErrorDetails& details) { details.sqlstate = "ABCDE"; });
  const std::string bytes =
      written([&](MessageWriter& writer) { writer.notice(sql::Severity::Warning, raised); });
  EXPECT_EQ(test::describe_replies(bytes), (test::Lines{"N WARNING ABCDE x"}));
}

TEST(MessageWriter, TextsCannotEndEarly) {
  const std::string name("a\0b", 3);
  EXPECT_EQ(written([&](MessageWriter& writer) { writer.parameter_status(name, "x"); }),
            message('S', cstring("a b") + cstring("x")));
}

TEST(MessageWriter, DescribesRows) {
  const auto expect = [](std::vector<sql::Format> formats, int first, int second) {
    EXPECT_EQ(written([&](MessageWriter& writer) { writer.row_description(kColumns, formats); }),
              message('T', big16(2) + cstring("n") + big32(9) + big16(2) + big32(23) + big16(4) +
                               big32(0xffffffff) + big16(first) + cstring("t") + big32(0) +
                               big16(0) + big32(25) + big16(-1) + big32(24) + big16(second)));
  };
  expect({}, 0, 0);
  expect({sql::Format::Binary}, 1, 1);
  expect({sql::Format::Text, sql::Format::Binary}, 0, 1);
}

TEST(MessageWriter, TypesOfUsersVaryInSize) {
  const std::vector<sql::ResultColumn> columns = {{"e", sql::Oid{100'000}, -1, sql::Oid::None, 0}};
  EXPECT_EQ(written([&](MessageWriter& writer) { writer.row_description(columns, {}); }),
            message('T', big16(1) + cstring("e") + big32(0) + big16(0) + big32(100'000) +
                             big16(-1) + big32(0xffffffff) + big16(0)));
}

TEST(MessageWriter, WritesRowsInTheFormatsOfTheirColumns) {
  const sql::Value values[] = {sql::Value::of_integer(7), sql::Value::of_bytes("ab")};
  const std::array formats = {sql::Format::Binary, sql::Format::Text};
  const auto row = [&](std::span<const sql::Format> of) {
    return written([&](MessageWriter& writer) {
      EXPECT_TRUE(writer.data_row(kColumns, values, of, {}).has_value());
    });
  };

  EXPECT_EQ(row({}), message('D', big16(2) + big32(1) + "7" + big32(2) + "ab"));
  EXPECT_EQ(row(formats), message('D', big16(2) + big32(4) + big32(7) + big32(2) + "ab"));
}

TEST(MessageWriter, ANullIsNeitherEmptyNorText) {
  const sql::Value values[] = {sql::Value::null(), sql::Value::of_bytes("")};
  EXPECT_EQ(written([&](MessageWriter& writer) {
              EXPECT_TRUE(writer.data_row(kColumns, values, {}, {}).has_value());
            }),
            message('D', big16(2) + big32(0xffffffff) + big32(0)));
}

TEST(MessageWriter, WritesTheMessagesOfCopy) {
  EXPECT_EQ(written([](MessageWriter& writer) {
              writer.copy_in_response({sql::Format::Text, 2});
            }),
            message('G', std::string(1, '\0') + big16(2) + big16(0) + big16(0)));
  EXPECT_EQ(written([](MessageWriter& writer) {
              writer.copy_out_response({sql::Format::Binary, 1});
            }),
            message('H', "\1" + big16(1) + big16(1)));
  EXPECT_EQ(written([](MessageWriter& writer) { writer.copy_data("abc"); }), message('d', "abc"));
}

TEST(MessageWriter, WritesTheRest) {
  const std::array parameters = {sql::oid::kInt4, sql::oid::kText};
  EXPECT_EQ(written([&](MessageWriter& writer) { writer.parameter_description(parameters); }),
            message('t', big16(2) + big32(23) + big32(25)));
  EXPECT_EQ(written([](MessageWriter& writer) { writer.command_complete("INSERT 0 1"); }),
            message('C', cstring("INSERT 0 1")));
  EXPECT_EQ(written([](MessageWriter& writer) {
              writer.notification({7, "c", "p"});
            }),
            message('A', big32(7) + cstring("c") + cstring("p")));
  EXPECT_EQ(written([](MessageWriter& writer) { writer.plain(Plain::ParseComplete); }),
            message('1'));
}

}  // namespace
}  // namespace latchkey::pgwire
