#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "doors/net/conversation.h"
#include "doors/resp/background_job.h"
#include "doors/resp/clients.h"
#include "doors/resp/command_index.h"
#include "doors/resp/push_mail.h"
#include "doors/resp/request_parser.h"
#include "doors/resp/writer.h"
#include "kv/call.h"
#include "kv/hub.h"
#include "kv/session.h"

namespace latchkey::resp {

struct DoorState;
struct WorkerState;

/// One client of this door: its session and protocol state, and the loop that parses, executes and
/// answers what has arrived.
///
/// A turn parses up to kBatch requests ahead, starts the memory reads of their keys, and executes
/// them in order. It ends after kTurnCommands or kTurnUs, so that nobody starves.
///
/// Threads:   the worker's, but for deliver() and push_line().
/// Ownership: owned by its connection; borrows the door.
/// Invariant: a request is consumed from the input when its reply has been written or its wait has
///            begun; one that met a locked row stays there and is executed again.
class Client final : public net::Conversation, public kv::Subscriber {
 public:
  Client(DoorState& door, net::Channel& channel);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The client behind a call of one of this door's handlers.
  static Client& of(kv::Call& call) { return *static_cast<Client*>(call.session.door); }

  net::TurnResult converse() override;
  void foresee() override;
  void fetch_foreseen() override;
  std::size_t wanted_bytes() const override { return parser_.wanted_bytes(); }
  std::size_t input_bytes_max() const override;
  void deliver(const std::shared_ptr<const kv::Message>& message,
               const std::string& pattern) override;

  // What handlers ask and tell.
  DoorState& door() { return door_; }
  kv::Session& session() { return session_; }
  ClientInfo& info() { return info_; }
  net::Channel& channel() { return channel_; }
  Writer& writer() { return *writer_; }
  Version version() const { return version_; }
  void set_version(Version version);
  void authenticate() { session_.authenticated = true; }
  void select(std::string collection_name);
  void reset();

  enum class ReplyMode : std::uint8_t { On, Off, SkipNext, Skip };
  void set_reply_mode(ReplyMode mode) { reply_mode_ = mode; }
  void set_monitor(bool on);
  /// A line for a client of MONITOR. From any thread.
  void push_line(const std::shared_ptr<const kv::Message>& line) {
    post({Push::Kind::MonitorLine, line, {}});
  }

  /// This command is answered later: after `steady_us` with OK, or with the outcome of a job.
  void answer_at(std::int64_t steady_us);
  void answer_after(std::shared_ptr<BackgroundJob> job);
  /// Never answered: the server stops.
  void wait_for_shutdown() { wait_ = Wait::Shutdown; }

  /// Brings info() up to date, for whoever describes this very client.
  void publish_info();
  bool in_exec() const { return in_exec_; }
  void close_after_reply() { closing_ = true; }

  // Subscriptions, by kind; each kind's confirmations count its own.
  enum class Kind : std::uint8_t { Channel, Pattern, Shard };
  bool subscribe(Kind kind, Bytes name);
  bool unsubscribe(Kind kind, const std::string& name);
  std::vector<std::string> subscriptions(Kind kind) const;
  /// What confirmations show: channels and patterns together, or shard channels.
  std::size_t subscription_count(Kind kind) const;
  bool listens() const { return info_.channels + info_.patterns + info_.shard_channels > 0; }

 private:
  static constexpr std::size_t kBatch = 32;
  static constexpr std::size_t kTurnCommands = 256;
  static constexpr std::int64_t kTurnUs = 1000;
  /// After a command that took so long the rest of its batch is told the time anew.
  static constexpr std::int64_t kTimeIsStaleUs = 200;
  static constexpr std::int64_t kAuthenticationUs = 10'000'000;
  static constexpr std::size_t kUnauthenticatedBytesMax = 64 * 1024;

  enum class Wait : std::uint8_t { None, Lock, Pause, Time, Job, Keys, Shutdown };
  /// What becomes of the batch after one request.
  enum class Next : std::uint8_t { Go, Wait, Close };

  struct Request {
    const IndexedCommand* indexed;  // null: there is no such command
    std::size_t first;              // of its arguments
    std::size_t count;
    std::size_t end;                       // in the input
    const storage::KeyRef* key = nullptr;  // where it was foreseen
  };
  struct Transaction {
    std::vector<kv::QueuedCommand> queue;
    std::size_t bytes = 0;
    bool failed = false;
  };
  struct Subscriptions {
    std::set<std::string, std::less<>> names[3];
  };
  struct ShardListener;
  struct Pending;

  // client.cc
  bool expired();
  void write_pushes();
  void write_push(const Push& push);
  void post(Push push);
  bool wait_is_over();
  bool wait_for_keys_is_over();
  void end_wait_for_keys();
  void count_subscriptions();
  RequestLimits limits() const;

  // client_serve.cc
  net::Progress serve();
  net::Progress take_batch(WorkerState& worker, Request (&requests)[kBatch], std::size_t& count);
  void prefetch(WorkerState& worker, std::span<Request> requests, storage::KeyRef (&refs)[kBatch]);
  Next run(WorkerState& worker, const IndexedCommand* indexed, kv::Arguments arguments);
  Next run_known(WorkerState& worker, const IndexedCommand& indexed, kv::Arguments arguments);
  Next execute(const IndexedCommand& indexed, kv::Arguments arguments);
  bool refuse(WorkerState& worker, const IndexedCommand& indexed, kv::Arguments arguments);
  void reject(const Error& error);
  bool must_pause(const IndexedCommand& indexed) const;
  void queue_command(const IndexedCommand& indexed, kv::Arguments arguments);
  Next run_exec(kv::Arguments arguments);
  void show_exec(std::span<const kv::QueuedCommand* const> ran, kv::Arguments exec);
  void end_transaction();
  void watch(kv::Arguments arguments);
  void note(WorkerState& worker, const IndexedCommand& indexed, kv::Arguments arguments,
            std::uint64_t spent);
  void note_pending();
  void show_to_monitors(kv::Arguments arguments);
  Next wait_for_lock();
  Next wait_for_keys(const kv::Command& command, kv::Arguments arguments);
  static std::string full_name(const IndexedCommand& indexed, kv::Arguments arguments);

  DoorState& door_;
  net::Channel& channel_;
  Writer* const writer_;
  kv::Session session_;
  RequestParser parser_;
  ClientInfo info_;
  PushMail mail_;
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<Subscriptions> subscriptions_;
  std::unique_ptr<ShardListener> shard_listener_;
  std::unique_ptr<Pending> pending_;
  std::optional<storage::Engine::Turn> turn_;
  Version version_ = Version::Two;
  ReplyMode reply_mode_ = ReplyMode::On;
  Wait wait_ = Wait::None;
  std::int64_t idle_alarm_us_ = 0;
  bool closing_ = false;
  bool in_exec_ = false;
};

}  // namespace latchkey::resp
