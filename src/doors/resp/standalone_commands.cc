// Commands about what this server does not have: a cluster, replicas, modules, scripts, other
// users. Clients ask anyway, and expect the answers of a Redis that stands alone.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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

Error invalid(std::string text) { return Error(ErrorCode::InvalidArgument, std::move(text)); }

Result<void> no_cluster(Call&) { return invalid("This instance has cluster support disabled"); }

constexpr Subcommand kCluster[] = {
    {"cluster|countkeysinslot", exactly(3), &no_cluster, "", ""},
    {"cluster|getkeysinslot", exactly(4), &no_cluster, "", ""},
    {"cluster|info", exactly(2), &no_cluster, "INFO", "Refused: this server stands alone."},
    {"cluster|keyslot", exactly(3), &no_cluster, "KEYSLOT <key>",
     "Refused: this server stands alone."},
    {"cluster|myid", exactly(2), &no_cluster, "MYID", "Refused: this server stands alone."},
    {"cluster|nodes", exactly(2), &no_cluster, "NODES", "Refused: this server stands alone."},
    {"cluster|shards", exactly(2), &no_cluster, "SHARDS", "Refused: this server stands alone."},
    {"cluster|slots", exactly(2), &no_cluster, "SLOTS", "Refused: this server stands alone."},
};

Result<void> check_cluster(kv::Arguments arguments) {
  return check_subcommand(arguments, kCluster);
}

Result<void> cluster(Call& call) { return run_subcommand(call, kCluster); }

Result<void> readonly(Call& call) { return no_cluster(call); }

Result<void> role(Call& call) {
  call.reply.array(3);
  call.reply.bulk("master");
  call.reply.integer(0);
  call.reply.array(0);
  return {};
}

Result<void> replicaof(Call& call) {
  if (equals_ignore_case(call.argument(1), "NO") && equals_ignore_case(call.argument(2), "ONE")) {
    call.reply.ok();
    return {};
  }
  return Error(ErrorCode::NotSupported, "replication is not supported");
}

Result<void> failover(Call&) { return invalid("FAILOVER requires connected replicas."); }

Result<void> module_list(Call& call) {
  call.reply.array(0);
  return {};
}

constexpr Subcommand kModule[] = {
    {"module|list", exactly(2), &module_list, "LIST", "Return the modules: none."},
};

Result<void> check_module(kv::Arguments arguments) { return check_subcommand(arguments, kModule); }

Result<void> module(Call& call) { return run_subcommand(call, kModule); }

constexpr Bytes kCategories[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting"};

Result<void> acl_cat(Call& call) {
  if (call.argument_count() == 2) {
    call.reply.array(std::size(kCategories));
    for (const Bytes category : kCategories) call.reply.bulk(category);
    return {};
  }
  const Bytes category = call.argument(2);
  const bool known =
      std::find_if(std::begin(kCategories), std::end(kCategories), [&](Bytes known_one) {
        return equals_ignore_case(known_one, category);
      }) != std::end(kCategories);
  if (!known) return invalid(fmt::format("Unknown category '{}'", category.substr(0, 128)));
  // The same names as COMMAND LIST FILTERBY ACLCAT gives.
  const Bytes words[] = {"COMMAND", "LIST", "FILTERBY", "ACLCAT", category};
  const kv::Command& command = *call.store.commands().find("COMMAND");
  Call inner(call.store, call.session, command, words, call.reply, call.now_ms(), nullptr);
  return command.handler(inner);
}

Result<void> acl_whoami(Call& call) {
  call.reply.bulk(call.session.user);
  return {};
}

Result<void> acl_users(Call& call) {
  call.reply.array(1);
  call.reply.bulk("default");
  return {};
}

Result<void> acl_list(Call& call) {
  const bool has_password = Client::of(call).door().settings.has_password();
  call.reply.array(1);
  // The password's hash, which Redis shows here, is nobody's business.
  call.reply.bulk(has_password ? "user default on ~* &* +@all"
                               : "user default on nopass ~* &* +@all");
  return {};
}

Result<void> acl_getuser(Call& call) {
  if (call.argument(2) != "default") {
    call.reply.null();
    return {};
  }
  const bool has_password = Client::of(call).door().settings.has_password();
  kv::Reply& reply = call.reply;
  reply.map(6);
  reply.bulk("flags");
  reply.set(has_password ? 1 : 2);
  reply.bulk("on");
  if (!has_password) reply.bulk("nopass");
  reply.bulk("passwords");
  reply.array(0);
  reply.bulk("commands");
  reply.bulk("+@all");
  reply.bulk("keys");
  reply.bulk("~*");
  reply.bulk("channels");
  reply.bulk("&*");
  reply.bulk("selectors");
  reply.array(0);
  return {};
}

constexpr Subcommand kAcl[] = {
    {"acl|cat", at_least(2), &acl_cat, "CAT [<category>]",
     "Return the categories, or the commands of one."},
    {"acl|getuser", exactly(3), &acl_getuser, "GETUSER <name>", "Return what a user may do."},
    {"acl|list", exactly(2), &acl_list, "LIST", "Return the users as rules."},
    {"acl|users", exactly(2), &acl_users, "USERS", "Return the users' names."},
    {"acl|whoami", exactly(2), &acl_whoami, "WHOAMI", "Return this connection's user."},
};

Result<void> check_acl(kv::Arguments arguments) { return check_subcommand(arguments, kAcl); }

Result<void> acl(Call& call) { return run_subcommand(call, kAcl); }

Result<void> none(Call& call) {
  call.reply.array(0);
  return {};
}

/// FLUSH [ASYNC|SYNC], of scripts or functions.
Result<void> flush_none(Call& call) {
  const bool plain = call.argument_count() == 2;
  const bool known =
      plain || (call.argument_count() == 3 && (equals_ignore_case(call.argument(2), "ASYNC") ||
                                               equals_ignore_case(call.argument(2), "SYNC")));
  if (!known) {
    return invalid(fmt::format("{} FLUSH only supports SYNC|ASYNC option", call.command.name));
  }
  call.reply.ok();
  return {};
}

Result<void> function_delete(Call&) { return invalid("Library not found"); }

Result<void> no_scripts(Call&) {
  return Error(ErrorCode::NotSupported,
               "scripts and functions are not supported; MULTI and EXEC run commands as one step");
}

constexpr Subcommand kFunction[] = {
    {"function|delete", exactly(3), &function_delete, "DELETE <library>",
     "Refused: there are no functions."},
    {"function|flush", at_least(2), &flush_none, "FLUSH [ASYNC|SYNC]",
     "Forget all functions: there are none."},
    {"function|list", at_least(2), &none, "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
     "Return the functions: none."},
    {"function|load", at_least(3), &no_scripts, "", ""},
};

Result<void> check_function(kv::Arguments arguments) {
  return check_subcommand(arguments, kFunction);
}

Result<void> function(Call& call) { return run_subcommand(call, kFunction); }

Result<void> script_exists(Call& call) {
  call.reply.array(call.argument_count() - 2);
  for (std::size_t i = 2; i < call.argument_count(); ++i) call.reply.integer(0);
  return {};
}

constexpr Subcommand kScript[] = {
    {"script|exists", at_least(3), &script_exists, "EXISTS <sha1> ...",
     "Return which scripts are known: none."},
    {"script|flush", at_least(2), &flush_none, "FLUSH [ASYNC|SYNC]",
     "Forget all scripts: there are none."},
    {"script|load", exactly(3), &no_scripts, "", ""},
};

Result<void> check_script(kv::Arguments arguments) { return check_subcommand(arguments, kScript); }

Result<void> script(Call& call) { return run_subcommand(call, kScript); }

constexpr std::uint32_t kFlags = kv::kLoading;

constexpr kv::Command kRows[] = {
    {"ACL", at_least(2), kNoKeys, kFlags, &acl, "server", "n, commands",
     "Tells about users and what they may do.", &check_acl},
    {"CLUSTER", at_least(2), kNoKeys, kFlags, &cluster, "cluster", "constant",
     "Refused: this server stands alone.", &check_cluster},
    {"FAILOVER", at_least(1), kNoKeys, kv::kAdmin, &failover, "server", "constant",
     "Refused: there are no replicas."},
    {"FUNCTION", at_least(2), kNoKeys, kFlags, &function, "scripting", "constant",
     "Tells about functions: there are none.", &check_function},
    {"MODULE", at_least(2), kNoKeys, kFlags, &module, "server", "constant",
     "Tells about modules: there are none.", &check_module},
    {"READONLY", exactly(1), kNoKeys, kFlags | kv::kFast, &readonly, "cluster", "constant",
     "Refused: this server stands alone."},
    {"READWRITE", exactly(1), kNoKeys, kFlags | kv::kFast, &readonly, "cluster", "constant",
     "Refused: this server stands alone."},
    {"REPLICAOF", exactly(3), kNoKeys, kv::kAdmin, &replicaof, "server", "constant",
     "Refused, except NO ONE: there is no replication."},
    {"ROLE", exactly(1), kNoKeys, kFlags | kv::kFast, &role, "server", "constant",
     "Returns the role in replication: master."},
    {"SCRIPT", at_least(2), kNoKeys, kFlags, &script, "scripting", "constant",
     "Tells about scripts: there are none.", &check_script},
    {"SLAVEOF", exactly(3), kNoKeys, kv::kAdmin, &replicaof, "server", "constant",
     "Refused, except NO ONE: there is no replication."},
};

}  // namespace

std::span<const kv::Command> standalone_rows() { return kRows; }

}  // namespace latchkey::resp
