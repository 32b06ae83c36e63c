#include "kv/waiting_commands.h"

#include <algorithm>

#include "base/assert.h"

namespace latchkey::kv {

WaitingCommand::WaitingCommand(const Session& session, const Command& command, Arguments arguments,
                               RecordedReply::Typed typed, std::function<void()> wake)
    : command_(command),
      words_(arguments.begin(), arguments.end()),
      arguments_(words_.begin(), words_.end()),
      reply_(typed),
      wake_(std::move(wake)) {
  session_.id = session.id;
  session_.collection_name = session.collection_name;
  session_.collection = session.collection;
  session_.user = session.user;
  for (const std::string& word : words_)
    bytes_ += word.size() + sizeof(std::string) + sizeof(Bytes);
  struct Collect {
    WaitingCommand& command;
    std::vector<Bytes> keys;
  } collect{*this, {}};
  const auto take = [](void* context, std::size_t index) {
    auto& to = *static_cast<Collect*>(context);
    to.keys.push_back(to.command.arguments_[index]);
  };
  for_each_key(command, arguments_, take, &collect);
  std::sort(collect.keys.begin(), collect.keys.end());
  collect.keys.erase(std::unique(collect.keys.begin(), collect.keys.end()), collect.keys.end());
  for (const Bytes key : collect.keys) {
    places_.push_back({{std::string(key), session_.collection_name}, {}});
    constexpr std::size_t kNodesBytes = 160;  // of the queue, and of its place in the table
    bytes_ += sizeof(Place) + 2 * (key.size() + session_.collection_name.size()) + kNodesBytes;
  }
}

void WaitingCommands::add(WaitingCommand& command) {
  const std::lock_guard lock(mutex_);
  for (WaitingCommand::Place& place : command.places_) {
    WaitingCommand::Queue& queue = queues_[place.name];
    place.position = queue.insert(queue.end(), &command);
  }
  count_.fetch_add(1, std::memory_order_seq_cst);
}

void WaitingCommands::take_out(WaitingCommand& command) {
  for (const WaitingCommand::Place& place : command.places_) {
    const auto queue = queues_.find(place.name);
    LK_ASSERT(queue != queues_.end());
    queue->second.erase(place.position);
    if (queue->second.empty()) queues_.erase(queue);
  }
  command.places_.clear();
  count_.fetch_sub(1, std::memory_order_seq_cst);
}

bool WaitingCommands::remove(WaitingCommand& command) {
  const std::lock_guard lock(mutex_);
  if (command.places_.empty()) return false;
  take_out(command);
  return true;
}

void WaitingCommands::answer(WaitingCommand& command) {
  take_out(command);
  command.answered_.store(true, std::memory_order_release);
  command.wake_();
}

void WaitingCommands::serve(Bytes key, Run run) {
  const std::lock_guard lock(mutex_);
  WaitingCommand::Name name(std::string(key), {});
  auto queue = queues_.lower_bound(name);
  while (queue != queues_.end() && queue->first.first == key) {
    WaitingCommand& first = *queue->second.front();
    if (run(first) == Tried::Waits) {
      ++queue;
      continue;
    }
    // The queue may go with its last place.
    name = queue->first;
    answer(first);
    queue = queues_.lower_bound(name);
  }
}

void WaitingCommands::serve(WaitingCommand& command, Run run) {
  const std::lock_guard lock(mutex_);
  if (!command.places_.empty() && run(command) == Tried::Answered) answer(command);
}

std::size_t WaitingCommands::key_count() const {
  const std::lock_guard lock(mutex_);
  return queues_.size();
}

}  // namespace latchkey::kv
