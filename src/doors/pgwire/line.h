#pragma once

#include <string>

#include "doors/pgwire/frontend_messages.h"
#include "doors/pgwire/message_reader.h"
#include "latchkey/result.h"
#include "sql/session.h"
#include "storage/types.h"

namespace latchkey::pgwire {

/// Whether a sender stays until the client has read enough.
enum class Room : std::uint8_t {
  Wait,  ///< in the middle of a result, which may be of any size
  Take,  ///< at the end of a message's answer: what is too much holds up the next message instead
};

/// What a backend speaks through.
///
/// Threads: the one that executes for the connection.
class Line {
 public:
  virtual ~Line() = default;

  /// Hands over `bytes`, whole messages that depend on `version`, and leaves an empty string with
  /// room for more.
  /// Errors: QueryCanceled when the client has gone, or when its statement is cancelled while this
  ///         waits; MemoryExhausted.
  virtual Result<void> send(std::string& bytes, storage::Lsn version, Room room) = 0;
  /// The client's next message, waited for: for data of a COPY.
  /// Errors: QueryCanceled as above.
  virtual Result<Message> receive() = 0;
  /// Puts a message back that receive() returned: it comes next.
  virtual void unreceive(Message message) = 0;

  /// From here on the client's bytes are read as those of `phase`.
  virtual void enter(Phase phase) = 0;
  /// From here on the connection's statements can be cancelled, by whoever knows `key`. The session
  /// lives until retract() returns.
  virtual void publish(sql::Session& session, CancelKey key) = 0;
  virtual void retract() = 0;
  /// What SessionOptions::wake is to be.
  virtual std::function<void()> wake() = 0;
};

}  // namespace latchkey::pgwire
