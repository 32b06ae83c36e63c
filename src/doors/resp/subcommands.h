#pragma once

#include <span>

#include "kv/call.h"

namespace latchkey::resp {

/// One word after a command that has subcommands: CLIENT LIST is "client|list".
struct Subcommand {
  Bytes full_name;  ///< lower case
  kv::Arity arity;  ///< both names counted
  kv::Handler handler;
  Bytes usage;  ///< for HELP: "LIST [TYPE <type>]"; empty: HELP does not show it
  Bytes summary;
};

/// Whether argument 1 names one of them, or HELP, and it takes that many arguments.
Result<void> check_subcommand(kv::Arguments arguments, std::span<const Subcommand> rows);

/// For a handler that meets more arguments than its subcommand has use for.
Error wrong_subcommand_use(const kv::Call& call);

/// Runs the one that argument 1 names; HELP is answered from the rows. Unknown ones and wrong
/// counts of arguments get Redis' errors.
Result<void> run_subcommand(kv::Call& call, std::span<const Subcommand> rows);

}  // namespace latchkey::resp
