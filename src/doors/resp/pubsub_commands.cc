#include <optional>
#include <string>

#include "base/text.h"
#include "doors/resp/client.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"
#include "doors/resp/subcommands.h"
#include "kv/call.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::exactly;
using kv::kNoKeys;
using Kind = Client::Kind;

/// The answer to one name of SUBSCRIBE or UNSUBSCRIBE; without a name, to an UNSUBSCRIBE that had
/// nothing to end.
void confirm(Call& call, Bytes action, std::optional<Bytes> name, std::size_t count) {
  call.reply.push(3);
  call.reply.bulk(action);
  if (name.has_value()) {
    call.reply.bulk(*name);
  } else {
    call.reply.null();
  }
  call.reply.integer(static_cast<std::int64_t>(count));
}

template <Kind kKind>
Result<void> subscribe(Call& call) {
  constexpr Bytes kActions[] = {"subscribe", "psubscribe", "ssubscribe"};
  Client& client = Client::of(call);
  for (std::size_t i = 1; i < call.argument_count(); ++i) {
    client.subscribe(kKind, call.argument(i));
    confirm(call, kActions[static_cast<std::size_t>(kKind)], call.argument(i),
            client.subscription_count(kKind));
  }
  return {};
}

template <Kind kKind>
Result<void> unsubscribe(Call& call) {
  constexpr Bytes kActions[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};
  const Bytes action = kActions[static_cast<std::size_t>(kKind)];
  Client& client = Client::of(call);
  std::vector<std::string> names;
  if (call.argument_count() > 1) {
    for (const Bytes name : call.arguments.subspan(1)) names.emplace_back(name);
  } else {
    names = client.subscriptions(kKind);
  }
  for (const std::string& name : names) {
    client.unsubscribe(kKind, name);
    confirm(call, action, name, client.subscription_count(kKind));
  }
  if (names.empty()) confirm(call, action, std::nullopt, client.subscription_count(kKind));
  return {};
}

template <Kind kKind>
Result<void> publish(Call& call) {
  kv::Hub& hub = kKind == Kind::Shard ? Client::of(call).door().shard_hub : call.store.hub();
  const std::size_t receiver_count = call.publish(hub, call.argument(1), call.argument(2));
  call.reply.integer(static_cast<std::int64_t>(receiver_count));
  return {};
}

template <Kind kKind>
Result<void> list_channels(Call& call) {
  if (call.argument_count() > 3) return wrong_subcommand_use(call);
  const kv::Hub& hub = kKind == Kind::Shard ? Client::of(call).door().shard_hub : call.store.hub();
  const std::vector<std::string> channels =
      hub.channels(call.argument_count() > 2 ? std::string(call.argument(2)) : std::string("*"));
  call.reply.array(channels.size());
  for (const std::string& channel : channels) call.reply.bulk(channel);
  return {};
}

template <Kind kKind>
Result<void> count_subscribers(Call& call) {
  const kv::Hub& hub = kKind == Kind::Shard ? Client::of(call).door().shard_hub : call.store.hub();
  call.reply.array(2 * (call.argument_count() - 2));
  for (const Bytes channel : call.arguments.subspan(2)) {
    call.reply.bulk(channel);
    call.reply.integer(static_cast<std::int64_t>(hub.subscriber_count(channel)));
  }
  return {};
}

Result<void> count_patterns(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.store.hub().pattern_count()));
  return {};
}

constexpr Subcommand kSubcommands[] = {
    {"pubsub|channels", at_least(2), &list_channels<Kind::Channel>, "CHANNELS [<pattern>]",
     "Return the channels that have subscribers (default: all of them)."},
    {"pubsub|numpat", exactly(2), &count_patterns, "NUMPAT",
     "Return the number of subscriptions to patterns."},
    {"pubsub|numsub", at_least(2), &count_subscribers<Kind::Channel>, "NUMSUB [<channel> ...]",
     "Return the number of subscribers of each channel, patterns not counted."},
    {"pubsub|shardchannels", at_least(2), &list_channels<Kind::Shard>, "SHARDCHANNELS [<pattern>]",
     "Return the shard channels that have subscribers (default: all of them)."},
    {"pubsub|shardnumsub", at_least(2), &count_subscribers<Kind::Shard>,
     "SHARDNUMSUB [<channel> ...]", "Return the number of subscribers of each shard channel."},
};

Result<void> check_pubsub(kv::Arguments arguments) {
  return check_subcommand(arguments, kSubcommands);
}

Result<void> pubsub(Call& call) { return run_subcommand(call, kSubcommands); }

constexpr std::uint32_t kFlags = kv::kPubSub | kv::kLoading;

constexpr kv::Command kRows[] = {
    {"PSUBSCRIBE", at_least(2), kNoKeys, kFlags, &subscribe<Kind::Pattern>, "pubsub", "n, patterns",
     "Listens to the channels that match patterns."},
    // PUBLISH is about channels, and yet a RESP2 subscriber may not use it.
    {"PUBLISH", exactly(3), kNoKeys, kv::kFast | kv::kLoading, &publish<Kind::Channel>, "pubsub",
     "n + m, n subscribers, m patterns", "Sends a message to a channel."},
    {"PUBSUB", at_least(2), kNoKeys, kv::kLoading, &pubsub, "pubsub", "n, channels",
     "Tells about channels and their subscribers.", &check_pubsub},
    {"PUNSUBSCRIBE", at_least(1), kNoKeys, kFlags, &unsubscribe<Kind::Pattern>, "pubsub",
     "n, patterns", "Stops listening to patterns."},
    {"SPUBLISH", exactly(3), kNoKeys, kv::kFast | kv::kLoading, &publish<Kind::Shard>, "pubsub",
     "n, subscribers", "Sends a message to a shard channel."},
    {"SSUBSCRIBE", at_least(2), kNoKeys, kFlags, &subscribe<Kind::Shard>, "pubsub", "n, channels",
     "Listens to shard channels."},
    {"SUBSCRIBE", at_least(2), kNoKeys, kFlags, &subscribe<Kind::Channel>, "pubsub", "n, channels",
     "Listens to channels."},
    {"SUNSUBSCRIBE", at_least(1), kNoKeys, kFlags, &unsubscribe<Kind::Shard>, "pubsub",
     "n, channels", "Stops listening to shard channels."},
    {"UNSUBSCRIBE", at_least(1), kNoKeys, kFlags, &unsubscribe<Kind::Channel>, "pubsub",
     "n, channels", "Stops listening to channels."},
};

}  // namespace

std::span<const kv::Command> pubsub_rows() { return kRows; }

}  // namespace latchkey::resp
