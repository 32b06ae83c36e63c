#pragma once

#include <span>

#include "kv/command.h"

namespace latchkey::resp {

/// The rows that this door adds to the store's table, by topic; each in the file of that name.
std::span<const kv::Command> connection_rows();
std::span<const kv::Command> client_rows();
std::span<const kv::Command> transaction_rows();
std::span<const kv::Command> pubsub_rows();
std::span<const kv::Command> command_rows();
std::span<const kv::Command> info_rows();
std::span<const kv::Command> config_rows();
std::span<const kv::Command> server_rows();
std::span<const kv::Command> diagnosis_rows();
std::span<const kv::Command> standalone_rows();

}  // namespace latchkey::resp
