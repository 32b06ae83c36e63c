#include <gtest/gtest.h>

#include <map>

#include "doors/pgwire/backend.h"
#include "doors/pgwire/test_support/fake_line.h"
#include "doors/pgwire/test_support/scram_client.h"

namespace latchkey::pgwire {
namespace {

using test::Lines;
using test::ScramClient;
using test::TestBackend;

class Users final : public Authenticator {
 public:
  bool has_users() override { return !verifiers.empty(); }
  std::optional<std::string> verifier_of(const std::string& user) override {
    const auto found = verifiers.find(user);
    if (found == verifiers.end()) return std::nullopt;
    return found->second;
  }
  std::map<std::string, std::string> verifiers;
};

Users ada() {
  Users users;
  users.verifiers["ada"] = ScramVerifier::of_password("pencil", "salt", 16).text();
  return users;
}

std::string initial_response(const std::string& mechanism, const std::string& data) {
  return test::message(
      'p', test::cstring(mechanism) + test::big32(static_cast<std::uint32_t>(data.size())) + data);
}

/// The data of an authentication message as describe_reply shows it.
std::string data_of(const std::string& line) { return line.substr(5); }

/// What a client with this password reads in the end.
Lines authenticate(TestBackend& test, const std::string& user, const std::string& password) {
  EXPECT_EQ(test.packet(test::startup({{"user", user}})),
            (Lines{"R 10 " + test::cstring("SCRAM-SHA-256") + '\0'}));
  ScramClient client(password);
  const Lines first = test.ask(initial_response("SCRAM-SHA-256", client.first()));
  if (first.size() != 1 || !first[0].starts_with("R 11 ")) return first;
  Lines last = test.ask(test::message('p', client.final(data_of(first[0]))));
  if (last[0].starts_with("R 12 ")) {
    EXPECT_TRUE(client.trusts(data_of(last[0])));
    last.erase(last.begin());
  }
  return last;
}

const Lines kWelcome = {"R 0", "S server_version=15.1", "S TimeZone=UTC", "K 1000", "Z I"};

TEST(BackendStartup, WithoutUsersEveryoneComesIn) {
  TestBackend test;

  EXPECT_EQ(test.packet(test::startup({{"user", "anyone"}, {"database", "any"}})), kWelcome);

  EXPECT_EQ(test.line.phase, Phase::Ready);
  const sql::SessionOptions options = test.database.last_options();
  EXPECT_EQ(options.user, "anyone");
  EXPECT_EQ(options.database, "any");
  EXPECT_EQ(options.client_address, "10.0.0.1:5");
}

TEST(BackendStartup, SettingsReachTheSession) {
  TestBackend test;
  const Lines replies = test.packet(
      test::startup({{"user", "ada"}, {"application_name", "x"}, {"options", "-c geqo=off"}}));

  EXPECT_EQ(test.database.last_options().settings,
            (test::Settings{{"geqo", "off"}, {"application_name", "x"}}));
  EXPECT_EQ(replies[4], "S application_name=x");
}

TEST(BackendStartup, EncryptionIsDeclinedOnceEach) {
  TestBackend test;
  EXPECT_EQ(test.packet(test::ssl_request()), (Lines{"rest: N"}));
  EXPECT_EQ(test.packet(test::gss_request()), (Lines{"rest: N"}));
  EXPECT_FALSE(test.is_closed);
  EXPECT_EQ(test.packet(test::startup()), kWelcome);

  TestBackend again;
  (void)again.packet(test::ssl_request());
  EXPECT_EQ(again.packet(test::ssl_request()),
            (Lines{"E FATAL 0A000 unsupported frontend protocol 1234.5679: server supports 3.0 to "
                   "3.0"}));
  EXPECT_TRUE(again.is_closed);
}

TEST(BackendStartup, ARequestForEncryptionHasNothingElse) {
  TestBackend test;
  EXPECT_EQ(test.packet(test::packet(test::big32(80877103) + "x")),
            (Lines{"E FATAL 08P01 invalid length of startup packet"}));
  EXPECT_TRUE(test.is_closed);
}

TEST(BackendStartup, NewerClientsAreToldWhatIsSpoken) {
  TestBackend test;
  const std::string body =
      test::startup_body({{"user", "ada"}, {"_pq_.compression", "zstd"}}, (3 << 16) + 2);

  Lines replies = test.packet(test::packet(body));

  EXPECT_EQ(replies[0], "v");
  replies.erase(replies.begin());
  EXPECT_EQ(replies, kWelcome);
}

TEST(BackendStartup, PacketsOfNoKindAreRefused) {
  for (const std::string& body : {std::string(), std::string("abc"), test::big32(0),
                                  test::big32(2 << 16), test::big32(3 << 16)}) {
    TestBackend test;
    const Lines replies = test.packet(test::packet(body));
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_TRUE(replies[0].starts_with("E FATAL ")) << replies[0];
    EXPECT_TRUE(test.is_closed);
  }
}

TEST(BackendStartup, ASessionThatCannotBeOpenedEndsTheConnection) {
  TestBackend test;
  EXPECT_EQ(test.packet(test::startup({{"user", "ada"}, {"database", "missing"}})),
            (Lines{"R 0", "E FATAL 3D000 database \"missing\" does not exist"}));
  EXPECT_TRUE(test.is_closed);
}

TEST(BackendStartup, TwoConnectionsHaveTwoSecrets) {
  const auto first = TestBackend::ready();
  const auto second = TestBackend::ready();
  EXPECT_NE(first->line.key->secret, second->line.key->secret);
}

TEST(BackendStartup, ThePasswordLetsIn) {
  Users users = ada();
  TestBackend test(&users);
  EXPECT_EQ(authenticate(test, "ada", "pencil"), kWelcome);
  EXPECT_EQ(test.line.phase, Phase::Ready);
}

TEST(BackendStartup, AWrongPasswordAndAnUnknownUserLookAlike) {
  Users users = ada();
  users.verifiers["broken"] = "not a verifier";
  for (const std::string user : {"ada", "bob", "broken"}) {
    TestBackend test(&users);
    EXPECT_EQ(authenticate(test, user, "pen"),
              (Lines{"E FATAL 28P01 password authentication failed for user \"" + user + "\""}));
    EXPECT_TRUE(test.is_closed);
    EXPECT_EQ(test.database.opened, 0);
  }
}

TEST(BackendStartup, AnAuthenticatorWithoutUsersAsksNobody) {
  Users nobody;
  TestBackend test(&nobody);
  EXPECT_EQ(test.packet(test::startup()), kWelcome);
}

TEST(BackendStartup, TheMechanismMayComeAlone) {
  Users users = ada();
  TestBackend test(&users);
  ScramClient client("pencil");
  (void)test.packet(test::startup());

  EXPECT_EQ(test.ask(test::message('p', test::cstring("SCRAM-SHA-256") + test::big32(0xffffffff))),
            (Lines{"R 11"}));
  const Lines first = test.ask(test::message('p', client.first()));
  const Lines last = test.ask(test::message('p', client.final(data_of(first[0]))));

  EXPECT_EQ(last.back(), "Z I");
}

TEST(BackendStartup, OtherAnswersThanAPasswordAreRefused) {
  Users users = ada();
  const auto answer = [&](const std::string& message) {
    TestBackend test(&users);
    (void)test.packet(test::startup());
    const Lines replies = test.ask(message);
    EXPECT_TRUE(test.is_closed);
    EXPECT_EQ(test.database.opened, 0);
    return replies;
  };
  EXPECT_EQ(answer(test::query("insert")),
            (Lines{"E FATAL 08P01 expected SASL response, got message type 81"}));
  EXPECT_EQ(answer(test::terminate()), Lines{});
  EXPECT_EQ(answer(test::message('p', "garbage")),
            (Lines{"E FATAL 08P01 invalid string in message"}));
  EXPECT_EQ(answer(initial_response("MD5", "x")),
            (Lines{"E FATAL 08P01 client selected an invalid SASL authentication mechanism"}));
  EXPECT_EQ(answer(initial_response("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,n=,r=x")),
            (Lines{"E FATAL 08P01 client selected an invalid SASL authentication mechanism"}));
  EXPECT_EQ(answer(initial_response("SCRAM-SHA-256", "garbage")),
            (Lines{"E FATAL 08P01 malformed SCRAM message"}));
}

}  // namespace
}  // namespace latchkey::pgwire
