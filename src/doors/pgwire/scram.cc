#include "doors/pgwire/scram.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/assert.h"
#include "base/numbers.h"
#include "doors/pgwire/base64.h"

namespace latchkey::pgwire {

namespace {

constexpr std::size_t kNonceBytes = 18;

const unsigned char* unsigned_data(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string sha256(Bytes bytes) {
  std::string digest(ScramVerifier::kKeyBytes, '\0');
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()),
                 nullptr, EVP_sha256(), nullptr);
  LK_ASSERT(done == 1);
  return digest;
}

std::string hmac(Bytes key, Bytes bytes) {
  std::string digest(ScramVerifier::kKeyBytes, '\0');
  unsigned size = 0;
  const unsigned char* const done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), unsigned_data(bytes),
           bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  LK_ASSERT(done != nullptr);
  LK_ASSERT(size == digest.size());
  return digest;
}

std::string salted_password(Bytes password, Bytes salt, std::uint32_t iterations) {
  std::string key(ScramVerifier::kKeyBytes, '\0');
  const int done =
      PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), unsigned_data(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                        static_cast<int>(key.size()), reinterpret_cast<unsigned char*>(key.data()));
  LK_ASSERT(done == 1);
  return key;
}

/// In a time that does not depend on the contents.
bool equal_secretly(Bytes left, Bytes right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string random_bytes(env::Random& random, std::size_t count) {
  std::string bytes(count, '\0');
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

Error malformed(std::string detail) {
  return Error(ErrorCode::ProtocolError, "malformed SCRAM message").with_detail(std::move(detail));
}

/// For a detail of an error: the client's own character, if it can be shown.
std::string shown(Bytes text) {
  if (text.empty()) return "end of message";
  const char c = text[0];
  return c > ' ' && c < 0x7f ? fmt::format("\"{}\"", c)
                             : fmt::format("0x{:02x}", static_cast<unsigned char>(c));
}

/// Takes "<name>=<value>" off the front of `message`, with the comma behind it if there is one.
Result<Bytes> take_attribute(Bytes& message, char name, Bytes message_name) {
  if (message.size() < 2 || message[0] != name || message[1] != '=') {
    return malformed(fmt::format("Expected attribute \"{}\" but found {} in {}.", name,
                                 shown(message), message_name));
  }
  message.remove_prefix(2);
  const std::size_t size = std::min(message.find(','), message.size());
  const Bytes value = message.substr(0, size);
  message.remove_prefix(std::min(size + 1, message.size()));
  return value;
}

bool is_printable(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

std::string ScramVerifier::text() const {
  return fmt::format("{}${}:{}${}:{}", kScramMechanism, iterations, encode_base64(salt),
                     encode_base64(stored_key), encode_base64(server_key));
}

std::optional<ScramVerifier> ScramVerifier::parse(Bytes text) {
  // Each part up to the character that ends it.
  const auto part = [&text](char end) {
    const std::size_t size = std::min(text.find(end), text.size());
    const Bytes taken = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    return taken;
  };
  if (part('$') != kScramMechanism) return std::nullopt;
  const std::optional<std::uint64_t> iterations = parse_uint64(part(':'));
  const std::optional<std::string> salt = decode_base64(part('$'));
  const std::optional<std::string> stored_key = decode_base64(part(':'));
  const std::optional<std::string> server_key = decode_base64(text);
  constexpr std::uint64_t kIterationsMax = 0x7fffffff;
  if (!iterations.has_value() || *iterations == 0 || *iterations > kIterationsMax)
    return std::nullopt;
  if (!salt.has_value() || salt->empty()) return std::nullopt;
  if (!stored_key.has_value() || stored_key->size() != kKeyBytes) return std::nullopt;
  if (!server_key.has_value() || server_key->size() != kKeyBytes) return std::nullopt;
  return ScramVerifier{static_cast<std::uint32_t>(*iterations), *salt, *stored_key, *server_key};
}

ScramVerifier ScramVerifier::of_password(Bytes password, std::string salt,
                                         std::uint32_t iterations) {
  LK_ASSERT(iterations > 0);
  const std::string salted = salted_password(password, salt, iterations);
  return {iterations, std::move(salt), sha256(hmac(salted, "Client Key")),
          hmac(salted, "Server Key")};
}

ScramVerifier ScramVerifier::of_password(Bytes password, env::Random& random) {
  return of_password(password, random_bytes(random, kSaltBytes), kIterations);
}

ScramVerifier ScramVerifier::of_nobody(Bytes user, Bytes secret) {
  const std::string salt = hmac(secret, std::string("salt ").append(user)).substr(0, kSaltBytes);
  return {kIterations, salt, hmac(secret, std::string("stored key ").append(user)),
          hmac(secret, std::string("server key ").append(user))};
}

bool password_fits(Bytes password, const ScramVerifier& verifier) {
  const ScramVerifier made =
      ScramVerifier::of_password(password, verifier.salt, verifier.iterations);
  return equal_secretly(made.stored_key, verifier.stored_key);
}

std::vector<std::string_view> ScramExchange::mechanisms(Bytes channel_binding) {
  if (channel_binding.empty()) return {kScramMechanism};
  return {kScramPlusMechanism, kScramMechanism};
}

std::string ScramExchange::make_nonce(env::Random& random) {
  return encode_base64(random_bytes(random, kNonceBytes));
}

Result<std::string> ScramExchange::begin(Bytes mechanism, Bytes client_first) {
  is_plus_ = mechanism == kScramPlusMechanism && !options_.channel_binding.empty();
  if (!is_plus_ && mechanism != kScramMechanism) {
    return Error(ErrorCode::ProtocolError,
                 "client selected an invalid SASL authentication mechanism");
  }
  if (client_first.find('\0') != Bytes::npos) return malformed("The message holds a zero byte.");
  LK_CHECK(take_gs2_header(client_first));
  const std::string client_first_bare(client_first);
  if (client_first.starts_with("m=")) {
    return Error(ErrorCode::NotSupported, "client requires an unsupported SCRAM extension");
  }
  // The name counts that came at the start of the connection; PostgreSQL ignores this one too.
  LK_CHECK(take_attribute(client_first, 'n', "client-first-message"));
  LK_TRY(const Bytes client_nonce, take_attribute(client_first, 'r', "client-first-message"));
  if (client_nonce.empty() || !is_printable(client_nonce)) {
    return Error(ErrorCode::ProtocolError, "non-printable characters in SCRAM nonce");
  }
  nonce_ = std::string(client_nonce) + options_.nonce;
  std::string server_first =
      fmt::format("r={},s={},i={}", nonce_, encode_base64(options_.verifier.salt),
                  options_.verifier.iterations);
  auth_message_ = client_first_bare + "," + server_first + ",";
  return server_first;
}

Result<void> ScramExchange::take_gs2_header(Bytes& message) {
  const Bytes whole = message;
  const std::size_t flag_size = message.find(',');
  if (flag_size == Bytes::npos)
    return malformed("Comma expected, but found the end of the message.");
  const Bytes flag = message.substr(0, flag_size);
  message.remove_prefix(flag_size + 1);
  LK_CHECK(check_binding_flag(flag));
  if (message.starts_with("a=")) {
    return Error(ErrorCode::NotSupported,
                 "client uses authorization identity, but it is not supported");
  }
  if (!message.starts_with(",")) {
    return malformed(
        fmt::format("Unexpected attribute {} in client-first-message.", shown(message)));
  }
  message.remove_prefix(1);
  gs2_header_ = whole.substr(0, whole.size() - message.size());
  return {};
}

/// n: the client knows no channel binding. y: it does, and believes that we do not. p: it uses one.
Result<void> ScramExchange::check_binding_flag(Bytes flag) const {
  constexpr Bytes kBinding = "p=tls-server-end-point";
  if (flag == "n" || flag == "y") {
    if (is_plus_) {
      return malformed(
          "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel "
          "binding data.");
    }
    // We do offer it over TLS: somebody between us has taken the offer away.
    if (flag == "y" && !options_.channel_binding.empty()) {
      return Error(ErrorCode::Unauthenticated, "SCRAM channel binding negotiation error")
          .with_detail(
              "The client supports SCRAM channel binding but thinks the server does not.  However, "
              "this server does support channel binding.");
    }
    return {};
  }
  if (!flag.starts_with("p=")) {
    return malformed(fmt::format("Unexpected channel-binding flag {}.", shown(flag)));
  }
  if (!is_plus_) {
    return malformed(
        "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes "
        "channel binding data.");
  }
  if (flag != kBinding) {
    return Error(ErrorCode::ProtocolError,
                 fmt::format("unsupported SCRAM channel-binding type \"{}\"",
                             is_printable(flag) ? flag.substr(2) : "?"));
  }
  return {};
}

Result<std::string> ScramExchange::finish(Bytes client_final) {
  LK_ASSERT(!auth_message_.empty());
  if (client_final.find('\0') != Bytes::npos) return malformed("The message holds a zero byte.");
  // The proof comes last, and what stands before it is what it proves.
  const std::size_t proof_at = client_final.rfind(",p=");
  if (proof_at == Bytes::npos)
    return malformed("Expected attribute \"p\" in client-final-message.");
  const Bytes without_proof = client_final.substr(0, proof_at);
  Bytes message = without_proof;
  LK_TRY(const Bytes binding, take_attribute(message, 'c', "client-final-message"));
  const std::string expected =
      encode_base64(gs2_header_ + (is_plus_ ? options_.channel_binding : std::string()));
  if (!equal_secretly(binding, expected)) {
    if (is_plus_) return Error(ErrorCode::Unauthenticated, "SCRAM channel binding check failed");
    return Error(ErrorCode::ProtocolError,
                 "unexpected SCRAM channel-binding attribute in client-final-message");
  }
  LK_TRY(const Bytes nonce, take_attribute(message, 'r', "client-final-message"));
  if (!equal_secretly(nonce, nonce_)) {
    return Error(ErrorCode::ProtocolError, "invalid SCRAM response")
        .with_detail("Nonce does not match.");
  }
  const std::optional<std::string> proof = decode_base64(client_final.substr(proof_at + 3));
  if (!proof.has_value() || proof->size() != ScramVerifier::kKeyBytes)
    return malformed("Malformed proof in client-final-message.");
  const std::string signed_message = auth_message_ + std::string(without_proof);
  // The server's own proof is computed in either case, so that both take the same time.
  const bool fits = proof_fits(*proof, signed_message);
  const std::string signature = hmac(options_.verifier.server_key, signed_message);
  if (!fits || options_.is_mock) return Error(ErrorCode::WrongPassword);
  return "v=" + encode_base64(signature);
}

/// The proof is the client's key, hidden under a signature that only holders of StoredKey can make.
bool ScramExchange::proof_fits(Bytes proof, Bytes auth_message) const {
  std::string client_key = hmac(options_.verifier.stored_key, auth_message);
  for (std::size_t i = 0; i < client_key.size(); ++i)
    client_key[i] = static_cast<char>(client_key[i] ^ proof[i]);
  return equal_secretly(sha256(client_key), options_.verifier.stored_key);
}

}  // namespace latchkey::pgwire
