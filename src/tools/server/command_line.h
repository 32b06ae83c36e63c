#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tools/server/config.h"
#include "tools/server/config_text.h"

namespace latchkey::server {

enum class Action : std::uint8_t { Serve, Version, ConfigShow, ConfigCheck, ConfigReference };

/// What the user asked for, not yet checked beyond its form.
struct Order {
  Action action = Action::Serve;
  std::string config_path;  ///< of --config; empty: latchkey.toml if it is there
  ShowOrigin show_origin = ShowOrigin::No;
  std::vector<GivenValue> flags;
};

/// The program ends at once with this text: help that was asked for, or what is wrong.
struct Ending {
  int exit_code;
  std::string text;
};

/// Exit codes: the request could not be understood, and it could not be done.
inline constexpr int kExitUsage = 2;
inline constexpr int kExitFailure = 1;

/// Reads the arguments after the program's name. Flags of settings come from the table of settings.
std::variant<Order, Ending> parse_command_line(std::span<const std::string> arguments);

}  // namespace latchkey::server
