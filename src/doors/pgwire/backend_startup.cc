// The packets before the first ReadyForQuery.

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "doors/pgwire/backend.h"

namespace latchkey::pgwire {

Backend::Next Backend::handle_startup(Bytes body) {
  const std::uint32_t code = FieldReader(body).uint32();
  // Asked again, they fall through and are refused as a version that does not exist.
  if (code == kSslRequestCode && !was_asked_for_ssl_)
    return refuse_encryption(was_asked_for_ssl_, body);
  if (code == kGssRequestCode && !was_asked_for_gss_)
    return refuse_encryption(was_asked_for_gss_, body);
  auto packet = parse_startup(body);
  if (!packet.has_value()) return fatal(packet.error());
  startup_ = std::move(packet).value();
  if (startup_.must_negotiate)
    replies_.writer().negotiate_protocol_version(kProtocolVersion, startup_.unknown_options);
  if (context_.authenticator != nullptr && context_.authenticator->has_users())
    return begin_authentication();
  return open_session();
}

Backend::Next Backend::refuse_encryption(bool& was_asked, Bytes body) {
  if (body.size() != sizeof(std::uint32_t))
    return fatal(Error(ErrorCode::ProtocolError, "invalid length of startup packet"));
  was_asked = true;
  replies_.put_raw('N');
  (void)replies_.flush(Room::Take);
  return Next::Go;
}

Backend::Next Backend::begin_authentication() {
  const std::string& user = startup_.user;
  std::optional<ScramVerifier> verifier;
  if (const auto text = context_.authenticator->verifier_of(user); text.has_value())
    verifier = ScramVerifier::parse(*text);
  ScramOptions options{.verifier = verifier.has_value()
                                       ? *std::move(verifier)
                                       : ScramVerifier::of_nobody(user, context_.mock_secret),
                       .nonce = ScramExchange::make_nonce(*context_.random)};
  options.is_mock = !verifier.has_value();
  replies_.writer().authentication_sasl(ScramExchange::mechanisms(options.channel_binding));
  scram_.emplace(std::move(options));
  stage_ = Stage::Authentication;
  line_.enter(Phase::Authentication);
  (void)replies_.flush(Room::Take);
  return Next::Go;
}

Backend::Next Backend::handle_password(const Message& message) {
  LK_ASSERT(scram_.has_value());
  if (message.type == FrontendType::Terminate) return Next::Close;
  if (message.type != FrontendType::Password) {
    return fatal(
        Error(ErrorCode::ProtocolError, fmt::format("expected SASL response, got message type {}",
                                                    static_cast<unsigned char>(message.type))));
  }
  bool is_done = false;
  const auto answer = continue_authentication(message.body, is_done);
  if (!answer.has_value()) return refuse_password(answer.error());
  if (is_done) {
    replies_.writer().authentication_sasl_final(*answer);
    return open_session();
  }
  replies_.writer().authentication_sasl_continue(*answer);
  (void)replies_.flush(Room::Take);
  return Next::Go;
}

/// Returns what the client is told next.
Result<std::string> Backend::continue_authentication(Bytes body, bool& is_done) {
  if (scram_has_begun_) {
    LK_TRY(std::string last, scram_->finish(body));
    is_done = true;
    return last;
  }
  Bytes client_first = body;
  if (mechanism_.empty()) {
    LK_TRY(const SaslInitialResponse response, parse_sasl_initial_response(body));
    mechanism_ = response.mechanism;
    // A client may name the mechanism first, and begin when it is told to.
    if (!response.data.has_value()) return std::string();
    client_first = *response.data;
  }
  LK_TRY(std::string first, scram_->begin(mechanism_, client_first));
  scram_has_begun_ = true;
  return first;
}

Backend::Next Backend::refuse_password(const Error& error) {
  context_.log(net::LogLevel::Info,
               fmt::format("connection from {} refused: authentication of user \"{}\" failed: {}",
                           client_address_, escape_for_log(startup_.user), error.message()));
  if (error.code() != ErrorCode::WrongPassword) return fatal(error);
  return fatal(Error(ErrorCode::WrongPassword,
                     fmt::format("password authentication failed for user \"{}\"", startup_.user)));
}

Backend::Next Backend::open_session() {
  scram_.reset();
  replies_.writer().authentication_ok();
  auto session = context_.open_session({.user = startup_.user,
                                        .database = startup_.database,
                                        .client_address = client_address_,
                                        .settings = std::move(startup_.settings),
                                        .wake = line_.wake()});
  if (!session.has_value()) return fatal(session.error());
  session_ = std::move(session).value();
  std::array<std::byte, sizeof(std::uint32_t)> secret;
  context_.random->fill(secret);
  const CancelKey key{session_->process_id(), load<std::uint32_t>(secret.data())};
  replies_.set_session(session_.get());
  line_.publish(*session_, key);
  for (const auto& [name, value] : session_->reported_settings())
    replies_.writer().parameter_status(name, value);
  (void)session_->take_changed_settings();  // they have just been told
  replies_.writer().backend_key_data(key.process_id, key.secret);
  stage_ = Stage::Ready;
  line_.enter(Phase::Ready);
  ready();
  return Next::Go;
}

}  // namespace latchkey::pgwire
