#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "doors/resp/client.h"
#include "kv/waiting_commands.h"

namespace latchkey::resp {

/// The client's ear at the hub of shard channels, which must be another than its ear at the
/// store's.
struct Client::ShardListener final : kv::Subscriber {
  explicit ShardListener(Client& the_client) : client(the_client) {}
  void deliver(const std::shared_ptr<const kv::Message>& message, const std::string&) override {
    client.post({Push::Kind::ShardMessage, message, {}});
  }
  Client& client;
};

/// What a waiting client waits for; the member of its Wait is set.
struct Client::Pending {
  std::shared_ptr<std::atomic<bool>> unlocked;
  std::shared_ptr<BackgroundJob> job;
  std::int64_t until_us = 0;
  std::shared_ptr<kv::WaitingCommand> waiting;
  /// The reply was turned off for this command.
  bool is_silent = false;
  /// Of a command that is answered later: what is noted of it then.
  const IndexedCommand* command = nullptr;
  std::vector<std::string> arguments;
  std::uint64_t began = 0;
  /// How long it had run when it began to wait for its keys: that wait itself is no work.
  std::uint64_t ran = 0;
};

}  // namespace latchkey::resp
