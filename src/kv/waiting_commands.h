#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/function_ref.h"
#include "kv/command.h"
#include "kv/recorded_reply.h"
#include "kv/session.h"
#include "storage/types.h"

namespace latchkey::kv {

/// A command that found nothing to take, and waits until one of its keys has it (BZPOPMIN).
///
/// It is not woken to try again: who brings something executes the waiting command too, at once and
/// in its place. So the first who waited is served first, and what was brought for it is seen by
/// few others, if any.
///
/// Threads: answered() and what follows it by any; the rest is the table's.
class WaitingCommand : public std::enable_shared_from_this<WaitingCommand> {
 public:
  /// `wake` is called from any thread when answered() or must_retry() has become true; it must not
  /// wait, and not call back.
  WaitingCommand(const Session& session, const Command& command, Arguments arguments,
                 RecordedReply::Typed typed, std::function<void()> wake);

  bool answered() const { return answered_.load(std::memory_order_acquire); }
  /// Once answered.
  const RecordedReply& reply() const { return reply_; }
  storage::Lsn depends_on() const { return session_.depends_on; }
  /// What it holds, roughly.
  std::size_t bytes() const { return bytes_; }

  /// A row it needed was locked, and is not any more: whoever waits calls Store::retry.
  bool take_must_retry() { return must_retry_.exchange(false, std::memory_order_acq_rel); }

 private:
  friend class WaitingCommands;
  friend class Store;
  using Name = std::pair<std::string, std::string>;  // key, collection
  using Queue = std::list<WaitingCommand*>;
  struct Place {
    Name name;
    Queue::iterator position;
  };

  Session session_;
  const Command& command_;
  const std::vector<std::string> words_;
  std::vector<Bytes> arguments_;  // of words_
  RecordedReply reply_;
  const std::function<void()> wake_;
  std::size_t bytes_ = sizeof(WaitingCommand);
  std::vector<Place> places_;
  std::atomic<bool> answered_{false};
  std::atomic<bool> must_retry_{false};
};

/// Who waits for which key, in the order in which they came.
///
/// Threads:   any. `run` is called with the table locked, and so one at a time; it must not come
///            back here.
/// Ownership: borrows the commands; whoever waits removes its own before it goes.
class WaitingCommands {
 public:
  /// How one try to execute a waiting command ended.
  enum class Tried : std::uint8_t { Answered, Waits };
  using Run = FunctionRef<Tried(WaitingCommand&)>;

  /// Puts it behind those that wait for the same keys.
  void add(WaitingCommand& command);
  /// Whether it still waited.
  bool remove(WaitingCommand& command);

  /// Lets those who wait for `key`, in whatever collection, be run until one finds nothing.
  void serve(Bytes key, Run run);
  /// Lets one be run, if it waits.
  void serve(WaitingCommand& command, Run run);

  /// Whether nobody waits. Behind a commit that brought something this may miss only a command that
  /// will see that commit when it tries once more, as it does after add(): both lock the row.
  bool empty() const { return count_.load(std::memory_order_seq_cst) == 0; }
  /// How many keys are waited for.
  std::size_t key_count() const;

 private:
  void take_out(WaitingCommand& command);
  void answer(WaitingCommand& command);

  mutable std::mutex mutex_;
  std::map<WaitingCommand::Name, WaitingCommand::Queue> queues_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace latchkey::kv
