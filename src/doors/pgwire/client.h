#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "doors/net/conversation.h"
#include "doors/pgwire/exchange.h"
#include "doors/pgwire/message_reader.h"

namespace latchkey::pgwire {

struct DoorState;
class Link;

/// The worker's side of a connection: cuts messages out of the input and hands them over, and moves
/// replies to the output. It executes nothing and waits for nobody.
///
///   input ─► MessageReader ─► Exchange ─► executor
///   output ◄──────────────── Exchange ◄── executor
///
/// A CancelRequest is all that it does by itself.
///
/// Threads:   the worker's.
/// Ownership: owned by its connection; shares the link with the executor, which may outlive it.
/// Invariant: it is Idle, and so read, only while another message may be put.
class Client final : public net::Conversation {
 public:
  Client(DoorState& door, net::Channel& channel);
  /// Hangs up.
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  net::TurnResult converse() override;
  std::size_t input_bytes_max() const override { return kInputBytesMax; }

 private:
  /// What is read is taken out of the input at once, so it holds no more than a receive or two.
  static constexpr std::size_t kInputBytesMax = std::size_t{8} << 20;
  /// A larger reply goes to the output in parts, so that no turn is long.
  static constexpr std::size_t kPartBytesMax = std::size_t{1} << 20;

  /// Why nothing more is read.
  enum class Deaf : std::uint8_t {
    No,
    AfterTerminate,  ///< the client has said all it had to say
    AfterCancelRequest,
    AfterFault,  ///< where the next message would begin is not known
  };

  bool is_late();
  storage::Lsn move_replies();
  void read_messages();
  void cancel_other(Bytes request);
  net::Progress progress(bool has_more);

  DoorState& door_;
  net::Channel& channel_;
  const std::shared_ptr<Link> link_;
  MessageReader reader_;
  Reply reply_;  // the one that is being moved
  std::size_t reply_moved_ = 0;
  std::int64_t deadline_us_;  // to authenticate; 0: it has
  Deaf deaf_ = Deaf::No;
  // As the last Intake said.
  bool may_put_ = true;
  Phase phase_ = Phase::Startup;
};

}  // namespace latchkey::pgwire
