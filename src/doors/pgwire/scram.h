#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "env/env.h"
#include "latchkey/result.h"

namespace latchkey::pgwire {

inline constexpr std::string_view kScramMechanism = "SCRAM-SHA-256";
inline constexpr std::string_view kScramPlusMechanism = "SCRAM-SHA-256-PLUS";

/// Who may come in. Without users everyone may, with any name of role and database.
///
/// Threads: any; called where waiting is allowed.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual bool has_users() = 0;
  /// The text of the user's ScramVerifier, or nothing if there is no such user.
  virtual std::optional<std::string> verifier_of(const std::string& user) = 0;
};

/// What a server keeps of a password. From it neither the password follows nor what a client must
/// prove.
///
/// Threads: any.
/// Source:  RFC 5802 and RFC 7677; the text is PostgreSQL's:
///          SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, the last three in base64.
struct ScramVerifier {
  static constexpr std::uint32_t kIterations = 16'384;
  static constexpr std::size_t kSaltBytes = 16;
  static constexpr std::size_t kKeyBytes = 32;

  std::uint32_t iterations = 0;
  std::string salt;
  std::string stored_key;
  std::string server_key;

  std::string text() const;
  static std::optional<ScramVerifier> parse(Bytes text);
  /// Costs `iterations` HMACs: tens of milliseconds.
  /// The password is taken as it is. SASLprep leaves ASCII as it is; other texts are what clients
  /// send in practice, and what is not UTF-8 PostgreSQL takes as it is too.
  static ScramVerifier of_password(Bytes password, std::string salt, std::uint32_t iterations);
  static ScramVerifier of_password(Bytes password, env::Random& random);
  /// A verifier that no password fits, the same each time for one user and secret, so that a
  /// client cannot tell an unknown user from a wrong password.
  static ScramVerifier of_nobody(Bytes user, Bytes secret);
};

/// Whether `password` is the one that `verifier` was made of, for doors where it comes in plain.
/// Costs as much as of_password.
bool password_fits(Bytes password, const ScramVerifier& verifier);

struct ScramOptions {
  ScramVerifier verifier;
  /// Of an unknown user: the exchange goes its way and fails at its end.
  bool is_mock = false;
  /// Of tls-server-end-point. Empty: no TLS, so channel binding is not offered.
  std::string channel_binding = {};
  /// The server's part of the nonce, printable and without a comma; see make_nonce.
  std::string nonce = {};
};

/// The server's side of one authentication.
///
///   client: mechanism, client-first   ─► begin()  ─► server-first
///   client: client-final with a proof ─► finish() ─► server-final with the server's own proof
///
/// Threads: one at a time.
/// Errors:  ProtocolError, NotSupported, Unauthenticated in PostgreSQL's words; WrongPassword,
///          whose message the caller replaces by one that names the user. After any of them the
///          exchange has ended.
class ScramExchange {
 public:
  explicit ScramExchange(ScramOptions options) : options_(std::move(options)) {}

  /// What to offer to a client, in the order of preference.
  static std::vector<std::string_view> mechanisms(Bytes channel_binding);
  static std::string make_nonce(env::Random& random);

  Result<std::string> begin(Bytes mechanism, Bytes client_first);
  /// Requires: begin() has succeeded.
  Result<std::string> finish(Bytes client_final);

 private:
  /// Checks the part before the message proper, "n,," and the like, and takes it off `message`.
  Result<void> take_gs2_header(Bytes& message);
  Result<void> check_binding_flag(Bytes flag) const;
  bool proof_fits(Bytes proof, Bytes client_final_without_proof) const;

  ScramOptions options_;
  bool is_plus_ = false;
  std::string gs2_header_;
  std::string nonce_;  // both parts
  std::string auth_message_;
};

}  // namespace latchkey::pgwire
