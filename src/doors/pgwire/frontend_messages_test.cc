#include "doors/pgwire/frontend_messages.h"

#include <gtest/gtest.h>

#include "doors/pgwire/test_support/frontend.h"

namespace latchkey::pgwire {
namespace {

using test::big16;
using test::big32;
using test::cstring;
using test::Settings;
using test::startup_body;

std::string body_of(const std::string& message) { return message.substr(5); }

template <typename T>
std::string failure(const Result<T>& result) {
  if (result.has_value()) return "";
  return std::string(result.error().sqlstate()) + " " + result.error().message();
}

TEST(ParseStartup, TakesUserDatabaseAndSettings) {
  const auto packet = parse_startup(startup_body(
      {{"user", "ada"}, {"DateStyle", "ISO"}, {"database", "shop"}, {"client_encoding", "UTF8"}}));

  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->user, "ada");
  EXPECT_EQ(packet->database, "shop");
  EXPECT_EQ(packet->settings, (Settings{{"DateStyle", "ISO"}, {"client_encoding", "UTF8"}}));
  EXPECT_FALSE(packet->must_negotiate);
}

TEST(ParseStartup, TheDatabaseIsNamedLikeTheUserUnlessItHasAName) {
  EXPECT_EQ(parse_startup(startup_body({{"user", "ada"}}))->database, "ada");
  EXPECT_EQ(parse_startup(startup_body({{"user", "ada"}, {"database", ""}}))->database, "ada");
}

TEST(ParseStartup, OptionsAreSettingsThatComeFirst) {
  const auto packet =
      parse_startup(startup_body({{"user", "ada"},
                                  {"application_name", "x"},
                                  {"options",
                                   "-c geqo=off --statement-timeout=5s -cwork_mem=1MB "
                                   "-c search_path=a\\ b,\\\\c"}}));

  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->settings, (Settings{{"geqo", "off"},
                                        {"statement_timeout", "5s"},
                                        {"work_mem", "1MB"},
                                        {"search_path", "a b,\\c"},
                                        {"application_name", "x"}}));
}

TEST(ParseStartup, OptionsThatAreNoSettingsAreRefused) {
  const auto with = [](const std::string& options) {
    return failure(parse_startup(startup_body({{"user", "ada"}, {"options", options}})));
  };
  EXPECT_EQ(with("-e"), "42601 invalid command-line argument for server process: -e");
  EXPECT_EQ(with("x=1"), "42601 invalid command-line argument for server process: x=1");
  EXPECT_EQ(with("-c geqo"), "42601 -c geqo requires a value");
  EXPECT_EQ(with("--geqo"), "42601 --geqo requires a value");
  EXPECT_EQ(with("-c"), "42601 -c  requires a value");
  EXPECT_EQ(with("-c =1"), "42601 -c =1 requires a value");
  EXPECT_EQ(with("  "), "");
}

TEST(ParseStartup, NewerMinorVersionsAndUnknownOptionsAreNegotiated) {
  const auto newer = parse_startup(startup_body({{"user", "ada"}}, (3 << 16) + 2));
  const auto option = parse_startup(startup_body({{"user", "ada"}, {"_pq_.trace", "on"}}));

  ASSERT_TRUE(newer.has_value());
  EXPECT_TRUE(newer->must_negotiate);
  EXPECT_TRUE(newer->unknown_options.empty());
  ASSERT_TRUE(option.has_value());
  EXPECT_TRUE(option->must_negotiate);
  EXPECT_EQ(option->unknown_options, (std::vector<std::string>{"_pq_.trace"}));
  EXPECT_TRUE(option->settings.empty());
}

TEST(ParseStartup, OtherMajorVersionsAreRefused) {
  EXPECT_EQ(failure(parse_startup(startup_body({{"user", "ada"}}, 2 << 16))),
            "0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.0");
  EXPECT_EQ(failure(parse_startup(startup_body({{"user", "ada"}}, (4 << 16) + 1))),
            "0A000 unsupported frontend protocol 4.1: server supports 3.0 to 3.0");
}

TEST(ParseStartup, NeedsAUserAndATerminator) {
  const std::string layout =
      "08P01 invalid startup packet layout: expected terminator as last byte";
  EXPECT_EQ(failure(parse_startup(startup_body({{"database", "x"}}))),
            "28000 no PostgreSQL user name specified in startup packet");
  EXPECT_EQ(failure(parse_startup(startup_body({{"user", "ada"}}) + "x")), layout);
  const std::string whole = startup_body({{"user", "ada"}});
  for (std::size_t size = 4; size < whole.size(); ++size)
    EXPECT_EQ(failure(parse_startup(whole.substr(0, size))), layout) << size;
}

TEST(ParseStartup, RefusesReplicationInWords) {
  const auto with = [](const std::string& value) {
    return failure(parse_startup(startup_body({{"user", "ada"}, {"replication", value}})));
  };
  EXPECT_EQ(with("database"), "0A000 replication connections are not supported");
  EXPECT_EQ(with("true"), "0A000 replication connections are not supported");
  EXPECT_EQ(with("off"), "");
}

TEST(ParseCancelRequest, TakesKeysOfOurLengthOnly) {
  const auto key = parse_cancel_request(big32(kCancelRequestCode) + big32(7) + big32(0xfedcba98));
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->process_id, 7);
  EXPECT_EQ(key->secret, 0xfedcba98);
  EXPECT_FALSE(parse_cancel_request(big32(kCancelRequestCode) + big32(7) + std::string(32, 'k'))
                   .has_value());
  EXPECT_FALSE(parse_cancel_request(big32(kCancelRequestCode) + big32(7)).has_value());
}

TEST(ParseParse, TakesNameTextAndTypes) {
  const std::string body = body_of(test::parse("s", "select $1", {23, 0}));
  const auto message = parse_parse(body);

  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->statement, "s");
  EXPECT_EQ(message->text, "select $1");
  EXPECT_EQ(message->parameters, (std::vector<sql::Oid>{sql::Oid{23}, sql::Oid::None}));
}

TEST(ParseBind, TakesParametersNullsAndFormats) {
  const std::string body = body_of(test::bind({.portal = "p",
                                               .statement = "s",
                                               .formats = {0, 1, 0},
                                               .parameters = {"a", std::string("\0b", 2), {}},
                                               .result_formats = {1, 0}}));
  const auto message = parse_bind(body);

  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->portal, "p");
  EXPECT_EQ(message->statement, "s");
  ASSERT_EQ(message->parameters.size(), 3u);
  EXPECT_EQ(message->parameters[0].bytes, "a");
  EXPECT_EQ(message->parameters[0].format, sql::Format::Text);
  EXPECT_EQ(message->parameters[1].bytes, Bytes("\0b", 2));
  EXPECT_EQ(message->parameters[1].format, sql::Format::Binary);
  EXPECT_FALSE(message->parameters[2].bytes.has_value());
  EXPECT_EQ(message->result_formats,
            (std::vector<sql::Format>{sql::Format::Binary, sql::Format::Text}));
}

TEST(ParseBind, OneFormatIsThatOfAllParameters) {
  const std::string body = body_of(test::bind({.formats = {1}, .parameters = {"a", "b"}}));
  const auto message = parse_bind(body);

  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->parameters[0].format, sql::Format::Binary);
  EXPECT_EQ(message->parameters[1].format, sql::Format::Binary);
}

TEST(ParseBind, ChecksItsCounts) {
  EXPECT_EQ(failure(parse_bind(body_of(test::bind({.formats = {0, 1}, .parameters = {"a"}})))),
            "08P01 bind message has 2 parameter formats but 1 parameters");
  EXPECT_EQ(failure(parse_bind(body_of(test::bind({.formats = {2}, .parameters = {"a"}})))),
            "22023 unsupported format code: 2");
  EXPECT_EQ(failure(parse_bind(body_of(test::bind({.result_formats = {7}})))),
            "22023 unsupported format code: 7");
}

TEST(ParseBind, LengthsBelowZeroAreNoNulls) {
  const std::string body = cstring("") + cstring("") + big16(0) + big16(1) + big32(0xfffffffe);
  EXPECT_EQ(failure(parse_bind(body)), "08P01 insufficient data left in message");
}

// 65,535 of anything may be announced in two bytes.
TEST(ParseBind, AnnouncedCountsAreNotBelieved) {
  const std::string head = cstring("") + cstring("");
  EXPECT_EQ(failure(parse_bind(head + big16(0xffff))), "08P01 insufficient data left in message");
  EXPECT_EQ(failure(parse_bind(head + big16(0) + big16(0xffff))),
            "08P01 insufficient data left in message");
  EXPECT_EQ(failure(parse_parse(head + big16(0xffff))), "08P01 insufficient data left in message");
}

TEST(FrontendMessages, EveryCutAndEveryTailIsRefused) {
  const auto check = [](const std::string& message, auto parse) {
    const std::string body = message.substr(5);
    EXPECT_TRUE(parse(body).has_value());
    EXPECT_EQ(failure(parse(body + "x")), "08P01 invalid message format");
    for (std::size_t size = 0; size < body.size(); ++size) {
      const std::string text = failure(parse(body.substr(0, size)));
      EXPECT_TRUE(text.starts_with("08P01 ")) << size << " " << text;
    }
  };
  check(test::parse("s", "t", {1, 2}), [](Bytes body) { return parse_parse(body); });
  check(test::bind({"p", "s", {1}, {"a", {}}, {1, 0}}),
        [](Bytes body) { return parse_bind(body); });
  check(test::describe('S', "s"), [](Bytes body) { return parse_named_object(body, "DESCRIBE"); });
  check(test::execute("p", 5), [](Bytes body) { return parse_execute(body); });
  check(test::query("q"), [](Bytes body) { return parse_text_message(body); });
  check(test::message('p', cstring("SCRAM-SHA-256") + big32(2) + "ab"),
        [](Bytes body) { return parse_sasl_initial_response(body); });
}

TEST(ParseNamedObject, KnowsStatementsAndPortals) {
  const std::string statement = body_of(test::describe('S', "s"));
  const std::string portal = body_of(test::describe('P', "p"));
  EXPECT_EQ(parse_named_object(statement, "DESCRIBE")->kind, NamedObject::Kind::Statement);
  EXPECT_EQ(parse_named_object(portal, "DESCRIBE")->kind, NamedObject::Kind::Portal);
  EXPECT_EQ(parse_named_object(portal, "DESCRIBE")->name, "p");
  EXPECT_EQ(failure(parse_named_object(body_of(test::describe('X')), "DESCRIBE")),
            "08P01 invalid DESCRIBE message subtype 88");
  EXPECT_EQ(failure(parse_named_object(body_of(test::close('X')), "CLOSE")),
            "08P01 invalid CLOSE message subtype 88");
}

TEST(ParseExecute, NoLimitAndNegativeOnesMeanAllRows) {
  EXPECT_EQ(parse_execute(body_of(test::execute("", 0)))->row_limit, 0u);
  EXPECT_EQ(parse_execute(body_of(test::execute("", -5)))->row_limit, 0u);
  EXPECT_EQ(parse_execute(body_of(test::execute("", 5)))->row_limit, 5u);
}

TEST(ParseSaslInitialResponse, MayComeWithoutData) {
  const std::string body = cstring("SCRAM-SHA-256") + big32(0xffffffff);
  const auto response = parse_sasl_initial_response(body);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->mechanism, "SCRAM-SHA-256");
  EXPECT_FALSE(response->data.has_value());
}

}  // namespace
}  // namespace latchkey::pgwire
