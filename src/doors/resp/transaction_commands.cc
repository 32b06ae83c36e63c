#include "doors/resp/client.h"
#include "doors/resp/door_rows.h"
#include "kv/call.h"

namespace latchkey::resp {

namespace {

using kv::at_least;
using kv::Call;
using kv::exactly;
using kv::kNoKeys;

/// These steer the connection's own queue (see Client::execute) and never run from within it.
Result<void> connection_does_it(Call&) {
  return Error(ErrorCode::Internal, "a command that steers transactions ran inside one");
}

Result<void> unwatch(Call& call) {
  call.session.watches.clear();
  call.reply.ok();
  return {};
}

constexpr std::uint32_t kFlags = kv::kFast | kv::kLoading;

constexpr kv::Command kRows[] = {
    {"DISCARD", exactly(1), kNoKeys, kFlags, &connection_does_it, "transactions",
     "n, queued commands", "Forgets the queued commands."},
    {"EXEC", exactly(1), kNoKeys, kv::kLoading, &connection_does_it, "transactions",
     "that of the queued commands", "Executes the queued commands as one step."},
    {"MULTI", exactly(1), kNoKeys, kFlags, &connection_does_it, "transactions", "constant",
     "Begins to queue commands."},
    {"UNWATCH", exactly(1), kNoKeys, kFlags, &unwatch, "transactions", "constant",
     "Forgets all watched keys."},
    {"WATCH", at_least(2), kv::kAllKeys, kFlags, &connection_does_it, "transactions", "n, keys",
     "Makes the next EXEC depend on keys staying as they are."},
};

}  // namespace

std::span<const kv::Command> transaction_rows() { return kRows; }

}  // namespace latchkey::resp
