#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "doors/net/buffer.h"
#include "doors/net/output.h"
#include "doors/net/waker.h"
#include "storage/types.h"

namespace latchkey::net {

/// Above this much unsent output no further request of a connection is read or executed.
inline constexpr std::size_t kOutputSoftBytes = std::size_t{1} << 20;

/// How a conversation left its turn.
enum class Progress : std::uint8_t {
  Idle,     ///< wants more bytes from the client
  More,     ///< stopped by its own cap with work left; call again after the others had their turn
  Waiting,  ///< does nothing until it is woken; nothing is read meanwhile
  Parked,   ///< as Waiting, maybe for ever: when the peer ends its side meanwhile, so do we
  Close,    ///< the connection ends once all output has been sent
  Drop,     ///< the connection ends now, unsent output is lost
};

struct TurnResult {
  Progress progress = Progress::Idle;
  /// The newest version that anything written in this turn shows: see Output.
  storage::Lsn depends_on{};
};

/// What a conversation can ask of its connection.
///
/// Threads: the worker's, but for the values marked const, which never change, and waker().
class Channel {
 public:
  virtual ~Channel() = default;
  virtual std::uint64_t id() const = 0;
  virtual std::size_t worker_index() const = 0;
  virtual const std::string& peer_address() const = 0;
  virtual const std::string& local_address() const = 0;
  virtual int socket() const = 0;
  virtual Output& output() = 0;
  virtual Buffer& input() = 0;
  virtual std::uint64_t bytes_received() const = 0;
  virtual std::uint64_t bytes_sent() const = 0;
  /// The steady clock, read when this connection's turn began.
  virtual std::int64_t turn_us() const = 0;
  /// Calls converse again at about this time on the steady clock, and maybe before.
  virtual void wake_at(std::int64_t steady_us) = 0;
  /// A handle that any thread may keep and use, also after the connection has gone.
  virtual Waker waker() const = 0;
};

/// One client's side of a protocol. A door implements it; the connection drives it.
///
/// Threads:   the worker's.
/// Ownership: owned by its connection; the channel outlives it.
class Conversation {
 public:
  virtual ~Conversation() = default;

  /// Works on what has arrived: consumes whole requests from channel.input(), appends to
  /// channel.output(). Called when bytes have come, when woken, and after More; so it may be
  /// called with nothing to do. Must return within about a millisecond, and with More once its
  /// output has passed kOutputSoftBytes.
  virtual TurnResult converse() = 0;

  /// When several connections have something to read, each is asked to foresee what its turn will
  /// touch, and then fetch_foreseen() is called on each before the first of their turns: the
  /// conversations of one worker may so begin their memory reads together. Both are only hints and
  /// must neither consume nor write.
  virtual void foresee() {}
  virtual void fetch_foreseen() {}

  /// How many bytes the request now arriving will have in the end, if that is known; else 0.
  virtual std::size_t wanted_bytes() const { return 0; }
  /// More unread input than this ends the connection.
  virtual std::size_t input_bytes_max() const = 0;
};

/// A door's protocol, from which conversations come.
///
/// Threads: any.
class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual std::unique_ptr<Conversation> open(Channel& channel) = 0;
  /// What a client reads who finds the server full.
  virtual Bytes refusal() const = 0;
  /// What a client reads whose request no memory is left for; the connection then ends.
  virtual Bytes out_of_memory() const = 0;
};

}  // namespace latchkey::net
