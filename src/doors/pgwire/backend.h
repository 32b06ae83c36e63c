#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doors/net/server.h"
#include "doors/pgwire/frontend_messages.h"
#include "doors/pgwire/line.h"
#include "doors/pgwire/message_reader.h"
#include "doors/pgwire/message_writer.h"
#include "doors/pgwire/reply_sink.h"
#include "doors/pgwire/scram.h"
#include "env/env.h"
#include "latchkey/result.h"
#include "sql/session.h"

namespace latchkey::pgwire {

using OpenSession =
    std::function<Result<std::unique_ptr<sql::Session>>(sql::SessionOptions options)>;

/// What the backends of a door share.
///
/// Threads:   any.
/// Ownership: borrows the authenticator and the randomness.
struct BackendContext {
  OpenSession open_session;
  Authenticator* authenticator = nullptr;  ///< null: there are no users
  env::Random* random = nullptr;
  /// Makes the salts of unknown users.
  std::string mock_secret = {};
  net::LogSink log = [](net::LogLevel, const std::string&) {};
};

/// The server's side of one connection: from the first packet to Terminate, message by message.
///
///   Startup ──► Authentication ──► Ready ◄──► Ready, skipping to Sync
///      │  without users  ▲
///      └─────────────────┘
///
/// Threads:   one at a time, which may wait; any.
/// Ownership: owns the session; borrows the context and the line.
/// Invariant: every reply is a whole message, and is flushed when the client may wait for it.
/// Source:    PostgreSQL 15's documentation, chapter 55, and the behaviour of its server.
class Backend {
 public:
  Backend(const BackendContext& context, Line& line, std::string client_address);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// Whether the connection goes on.
  enum class Next : std::uint8_t { Go, Close, Wait };
  /// Does what `message` asks and says so.
  Next handle(const Message& message);
  /// Whether `message` asks for what ends soon and needs no deep stack.
  bool is_quick(const Message& message);
  /// Does what a quick `message` asks, unless that would wait: then it has done nothing, returns
  /// Wait, and the message is to be handled by a thread that may.
  Next handle_quick(const Message& message);
  /// Tells an idle client of notifications. Others are told before the next ReadyForQuery.
  void notify();
  /// Ends the session, and with it its transaction.
  void end();

 private:
  enum class Stage : std::uint8_t { Startup, Authentication, Ready };
  /// What Bind is checked against.
  struct StatementShape {
    std::size_t parameter_count = 0;
    std::optional<std::size_t> column_count;  // nothing: it returns no rows
  };
  /// More statements than these are described anew: a client may name ever new ones.
  static constexpr std::size_t kShapesMax = 1000;

  // backend.cc
  Next handle_command(const Message& message);
  Next query(Bytes body);
  Next sync();
  Next refuse_function_call();
  Next report(const Error& error);
  Next end_simple(const Error& error);
  Next fatal(const Error& error);
  Next lose_synchronization();
  void ready();
  void write_notifications();

  // backend_startup.cc
  Next handle_startup(Bytes body);
  Next refuse_encryption(bool& was_asked, Bytes body);
  Next begin_authentication();
  Next handle_password(const Message& message);
  Result<std::string> continue_authentication(Bytes body, bool& is_done);
  Next refuse_password(const Error& error);
  Next open_session();

  // backend_extended.cc
  Next handle_extended(const Message& message);
  Next fail_extended(const Error& error);
  Result<void> run_extended(const Message& message);
  Result<void> parse(Bytes body);
  Result<void> bind(Bytes body);
  Result<void> check_counts(const BindMessage& message);
  Result<void> describe(Bytes body);
  Result<void> execute(Bytes body);
  Result<void> close(Bytes body);
  Result<StatementShape> describe_shape(Bytes statement);
  void keep_shape(Bytes statement, const sql::StatementDescription& description);
  std::span<const sql::Format> formats_of(Bytes portal) const;

  const BackendContext& context_;
  Line& line_;
  const std::string client_address_;
  Replies replies_;
  Stage stage_ = Stage::Startup;
  bool was_asked_for_ssl_ = false;
  bool was_asked_for_gss_ = false;
  StartupPacket startup_;
  std::string mechanism_;
  std::optional<ScramExchange> scram_;
  bool scram_has_begun_ = false;
  std::unique_ptr<sql::Session> session_;
  bool skips_to_sync_ = false;
  bool lost_synchronization_ = false;
  bool awaits_command_ = false;  // the last that was said is ReadyForQuery
  std::map<std::string, StatementShape, std::less<>> shapes_;
  /// Of portals whose results are not all text.
  std::map<std::string, std::vector<sql::Format>, std::less<>> formats_;
};

}  // namespace latchkey::pgwire
