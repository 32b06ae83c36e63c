#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/session.h"

namespace latchkey::pgwire {

/// What stands in the bodies of a client's messages, checked.
///
/// Threads:   any.
/// Ownership: Bytes are views into the body.
/// Errors:    ProtocolError in PostgreSQL's words, unless said otherwise.

/// The first number of a packet before authentication.
inline constexpr std::uint32_t kSslRequestCode = 80877103;
inline constexpr std::uint32_t kGssRequestCode = 80877104;
inline constexpr std::uint32_t kCancelRequestCode = 80877102;
/// Protocol 3.0, the newest that is spoken here.
inline constexpr std::uint32_t kProtocolVersion = 3 << 16;

/// Names a connection to CancelRequest, which comes on a connection of its own.
struct CancelKey {
  std::int32_t process_id = 0;
  std::uint32_t secret = 0;
};

/// The key of a CancelRequest, or nothing for one that cannot be ours: newer minor versions of the
/// protocol have longer secrets.
std::optional<CancelKey> parse_cancel_request(Bytes body);

struct StartupPacket {
  std::string user;
  std::string database;
  /// In the order in which they came; those of "options" before the others, as in PostgreSQL.
  std::vector<std::pair<std::string, std::string>> settings;
  /// Whether the client asked for what protocol 3.0 has not: it is told of all that.
  bool must_negotiate = false;
  std::vector<std::string> unknown_options;
};

/// Errors: NotSupported for other major versions and for replication, Unauthenticated without a
///         user, SyntaxError for options that are no settings.
Result<StartupPacket> parse_startup(Bytes body);

struct ParseMessage {
  Bytes statement;
  Bytes text;
  std::vector<sql::Oid> parameters;
};
Result<ParseMessage> parse_parse(Bytes body);

struct BindMessage {
  Bytes portal;
  Bytes statement;
  std::vector<sql::ParameterValue> parameters;
  /// Empty: all text. One: all in that form. Else one for each column.
  std::vector<sql::Format> result_formats;
};
/// Errors: also InvalidArgument for an unknown format.
Result<BindMessage> parse_bind(Bytes body);

/// What Describe and Close name.
struct NamedObject {
  enum class Kind : std::uint8_t { Statement, Portal };
  Kind kind = Kind::Statement;
  Bytes name;
};
/// `message` is DESCRIBE or CLOSE, for the error's text.
Result<NamedObject> parse_named_object(Bytes body, Bytes message);

struct ExecuteMessage {
  Bytes portal;
  std::uint64_t row_limit = 0;  ///< 0: all
};
Result<ExecuteMessage> parse_execute(Bytes body);

/// The text of a Query, a CopyFail or the reason of a client.
Result<Bytes> parse_text_message(Bytes body);

struct SaslInitialResponse {
  Bytes mechanism;
  std::optional<Bytes> data;
};
Result<SaslInitialResponse> parse_sasl_initial_response(Bytes body);

}  // namespace latchkey::pgwire
