#include "doors/pgwire/scram.h"

#include <gtest/gtest.h>

#include "doors/pgwire/base64.h"
#include "doors/pgwire/test_support/scram_client.h"
#include "env/env.h"

namespace latchkey::pgwire {
namespace {

using test::ScramClient;

std::string failure(const Result<std::string>& result) {
  if (result.has_value()) return "";
  const std::string& detail = result.error().details().detail;
  return std::string(result.error().sqlstate()) + " " + result.error().message() +
         (detail.empty() ? "" : " (" + detail + ")");
}

ScramVerifier pencil() {
  return ScramVerifier::of_password("pencil", *decode_base64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
}

ScramExchange exchange(std::string channel_binding = {}) {
  return ScramExchange(
      {.verifier = pencil(), .channel_binding = std::move(channel_binding), .nonce = "server"});
}

// RFC 7677, section 3.
TEST(ScramExchange, AgreesWithTheExampleOfItsSpecification) {
  ScramExchange scram({.verifier = pencil(), .nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"});

  const auto first = scram.begin("SCRAM-SHA-256", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  ASSERT_EQ(failure(first), "");
  EXPECT_EQ(
      *first,
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const auto last = scram.finish(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  ASSERT_EQ(failure(last), "");
  EXPECT_EQ(*last, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(ScramVerifier, HasPostgresText) {
  const ScramVerifier verifier = pencil();
  EXPECT_EQ(
      verifier.text(),
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
      ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");

  const auto parsed = ScramVerifier::parse(verifier.text());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->text(), verifier.text());
}

TEST(ScramVerifier, TakesNoOtherText) {
  const std::string good = pencil().text();
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(ScramVerifier::parse(good.substr(0, size)).has_value()) << size;
  const std::string keys = good.substr(good.find(":W22"));
  EXPECT_FALSE(ScramVerifier::parse(good + "=").has_value());
  EXPECT_FALSE(ScramVerifier::parse("SCRAM-SHA-256$0" + keys).has_value());
  EXPECT_FALSE(ScramVerifier::parse("SCRAM-SHA-256$-1" + keys).has_value());
  EXPECT_FALSE(ScramVerifier::parse("SCRAM-SHA-256$4294967296" + keys).has_value());
  EXPECT_FALSE(ScramVerifier::parse("SCRAM-SHA-1$4096" + keys).has_value());
  EXPECT_FALSE(ScramVerifier::parse("md5d41d8cd98f00b204e9800998ecf8427e").has_value());
}

TEST(ScramVerifier, OfOnePasswordIsAnotherEachTime) {
  env::Random& random = *env::posix().random;
  const ScramVerifier first = ScramVerifier::of_password("pencil", random);
  const ScramVerifier second = ScramVerifier::of_password("pencil", random);

  EXPECT_NE(first.text(), second.text());
  EXPECT_EQ(first.iterations, ScramVerifier::kIterations);
  EXPECT_TRUE(password_fits("pencil", first));
  EXPECT_FALSE(password_fits("pencil ", second));
}

TEST(ScramVerifier, OfNobodyIsTheSameEachTime) {
  const std::string ada = ScramVerifier::of_nobody("ada", "secret").text();
  EXPECT_EQ(ada, ScramVerifier::of_nobody("ada", "secret").text());
  EXPECT_NE(ada, ScramVerifier::of_nobody("bob", "secret").text());
  EXPECT_NE(ada, ScramVerifier::of_nobody("ada", "other").text());
  EXPECT_TRUE(ScramVerifier::parse(ada).has_value());
}

TEST(ScramExchange, LetsInWhoKnowsThePassword) {
  for (const char* password : {"pencil", "", "p\xc3\xa4ssw\xc3\xb6rd", "not \xff utf-8"}) {
    const ScramVerifier verifier = ScramVerifier::of_password(password, "salt", 10);
    ScramExchange scram({.verifier = verifier, .nonce = "server"});
    ScramClient client(password);

    const auto first = scram.begin("SCRAM-SHA-256", client.first());
    ASSERT_EQ(failure(first), "");
    const auto last = scram.finish(client.final(*first));

    ASSERT_EQ(failure(last), "");
    EXPECT_TRUE(client.trusts(*last));
  }
}

TEST(ScramExchange, RefusesWhoDoesNot) {
  ScramExchange scram = exchange();
  ScramClient client("pencils");

  const auto first = scram.begin("SCRAM-SHA-256", client.first());
  const auto last = scram.finish(client.final(*first));

  ASSERT_FALSE(last.has_value());
  EXPECT_EQ(last.error().code(), ErrorCode::WrongPassword);
}

// Even a client that knows the keys that the mock was made of must not come in.
TEST(ScramExchange, NoPasswordIsThatOfNobody) {
  ScramExchange scram({.verifier = pencil(), .is_mock = true, .nonce = "server"});
  ScramClient client("pencil");

  const auto first = scram.begin("SCRAM-SHA-256", client.first());
  const auto last = scram.finish(client.final(*first));

  ASSERT_FALSE(last.has_value());
  EXPECT_EQ(last.error().code(), ErrorCode::WrongPassword);
}

TEST(ScramExchange, BindsTheChannelWhereThereIsOne) {
  EXPECT_EQ(ScramExchange::mechanisms(""), (std::vector<std::string_view>{"SCRAM-SHA-256"}));
  EXPECT_EQ(ScramExchange::mechanisms("hash"),
            (std::vector<std::string_view>{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"}));
  const std::string certificate("\0certificate hash", 17);
  ScramExchange scram = exchange(certificate);
  ScramClient client("pencil", "p=tls-server-end-point", certificate);

  const auto first = scram.begin("SCRAM-SHA-256-PLUS", client.first());
  ASSERT_EQ(failure(first), "");
  const auto last = scram.finish(client.final(*first));

  ASSERT_EQ(failure(last), "");
  EXPECT_TRUE(client.trusts(*last));
}

TEST(ScramExchange, AnotherChannelIsNoticed) {
  ScramExchange scram = exchange("our certificate");
  ScramClient client("pencil", "p=tls-server-end-point", "another certificate");

  const auto first = scram.begin("SCRAM-SHA-256-PLUS", client.first());

  EXPECT_EQ(failure(scram.finish(client.final(*first))),
            "28000 SCRAM channel binding check failed");
}

TEST(ScramExchange, SaysYesOnlyWhereNothingWasOffered) {
  ScramExchange without = exchange();
  ScramClient client("pencil", "y");
  const auto first = without.begin("SCRAM-SHA-256", client.first());
  EXPECT_EQ(failure(without.finish(client.final(*first))), "");

  EXPECT_EQ(failure(exchange("hash").begin("SCRAM-SHA-256", "y,,n=,r=x")),
            "28000 SCRAM channel binding negotiation error (The client supports SCRAM channel "
            "binding but thinks the server does not.  However, this server does support channel "
            "binding.)");
  EXPECT_EQ(failure(exchange("hash").begin("SCRAM-SHA-256", "n,,n=,r=x")), "");
}

TEST(ScramExchange, RefusesOtherFirstMessages) {
  const auto begin = [](const std::string& message, const std::string& binding = "",
                        const std::string& mechanism = "SCRAM-SHA-256") {
    return failure(exchange(binding).begin(mechanism, message));
  };
  const std::string bad = "08P01 malformed SCRAM message ";
  EXPECT_EQ(begin("n,,n=,r=x", "", "SCRAM-SHA-1"),
            "08P01 client selected an invalid SASL authentication mechanism");
  EXPECT_EQ(begin("n,,n=,r=x", "", "SCRAM-SHA-256-PLUS"),
            "08P01 client selected an invalid SASL authentication mechanism");
  EXPECT_EQ(begin("p=tls-server-end-point,,n=,r=x"),
            bad +
                "(The client selected SCRAM-SHA-256 without channel binding, but the SCRAM "
                "message includes channel binding data.)");
  EXPECT_EQ(begin("n,,n=,r=x", "hash", "SCRAM-SHA-256-PLUS"),
            bad +
                "(The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include "
                "channel binding data.)");
  EXPECT_EQ(begin("p=tls-unique,,n=,r=x", "hash", "SCRAM-SHA-256-PLUS"),
            "08P01 unsupported SCRAM channel-binding type \"tls-unique\"");
  EXPECT_EQ(begin("x,,n=,r=x"), bad + "(Unexpected channel-binding flag \"x\".)");
  EXPECT_EQ(begin(""), bad + "(Comma expected, but found the end of the message.)");
  EXPECT_EQ(begin(std::string("n,,n=\0,r=x", 10)), bad + "(The message holds a zero byte.)");
  EXPECT_EQ(begin("n,a=bob,n=,r=x"),
            "0A000 client uses authorization identity, but it is not supported");
  EXPECT_EQ(begin("n,b=bob,n=,r=x"), bad + "(Unexpected attribute \"b\" in client-first-message.)");
  EXPECT_EQ(begin("n,,m=x,n=,r=x"), "0A000 client requires an unsupported SCRAM extension");
  EXPECT_EQ(begin("n,,r=x"),
            bad + "(Expected attribute \"n\" but found \"r\" in client-first-message.)");
  EXPECT_EQ(begin("n,,n=u"),
            bad + "(Expected attribute \"r\" but found end of message in client-first-message.)");
  EXPECT_EQ(begin("n,,n=u,r="), "08P01 non-printable characters in SCRAM nonce");
  EXPECT_EQ(begin("n,,n=u,r=a b"), "08P01 non-printable characters in SCRAM nonce");
}

TEST(ScramExchange, RefusesOtherFinalMessages) {
  const std::string nonce = "client-nonceserver";
  const std::string proof = ",p=" + encode_base64(std::string(32, 'p'));
  const auto finish = [](const std::string& message) {
    ScramExchange scram = exchange();
    EXPECT_EQ(failure(scram.begin("SCRAM-SHA-256", "n,,n=,r=client-nonce")), "");
    return failure(scram.finish(message));
  };
  const std::string bad = "08P01 malformed SCRAM message ";
  EXPECT_EQ(finish(""), bad + "(Expected attribute \"p\" in client-final-message.)");
  EXPECT_EQ(finish("c=biws,r=" + nonce),
            bad + "(Expected attribute \"p\" in client-final-message.)");
  EXPECT_EQ(finish("c=eSws,r=" + nonce + proof),
            "08P01 unexpected SCRAM channel-binding attribute in client-final-message");
  EXPECT_EQ(finish("c=biws,r=client-nonce" + proof),
            "08P01 invalid SCRAM response (Nonce does not match.)");
  EXPECT_EQ(finish("c=biws,r=" + nonce + ",p=AAAA"),
            bad + "(Malformed proof in client-final-message.)");
  EXPECT_EQ(finish("c=biws,r=" + nonce + proof + "!"),
            bad + "(Malformed proof in client-final-message.)");
  EXPECT_EQ(finish("r=" + nonce + proof),
            bad + "(Expected attribute \"c\" but found \"r\" in client-final-message.)");
  EXPECT_EQ(finish(std::string("c=biws\0", 7) + proof), bad + "(The message holds a zero byte.)");
  EXPECT_TRUE(finish("c=biws,r=" + nonce + proof).starts_with("28P01"));
}

TEST(ScramExchange, NoncesArePrintableAndDiffer) {
  env::Random& random = *env::posix().random;
  const std::string nonce = ScramExchange::make_nonce(random);
  EXPECT_EQ(nonce.size(), 24u);
  EXPECT_EQ(nonce.find(','), std::string::npos);
  EXPECT_NE(nonce, ScramExchange::make_nonce(random));
}

}  // namespace
}  // namespace latchkey::pgwire
