#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "latchkey/result.h"
#include "tools/server/settings.h"

namespace latchkey::server {

/// What the machine offers to settings that depend on it.
struct Machine {
  std::uint64_t memory_bytes = 0;
  std::uint64_t processor_count = 0;
};

/// A value that somebody wrote: `name` is the setting's in latchkey.toml, `origin` says where.
struct GivenValue {
  std::string name;
  std::string text;
  std::string origin;  ///< "flag --bind", "environment LATCHKEY_BIND", "latchkey.toml:3"
};

/// Everything that was written, in the order of precedence: flags win over the environment, that
/// over the file, and the file over the defaults.
struct GivenValues {
  std::vector<GivenValue> flags;
  std::vector<GivenValue> environment;
  std::vector<GivenValue> file;
};

/// The value in force for one setting.
struct EffectiveValue {
  const Setting* setting;
  std::string text;
  std::string origin;  ///< also "default"
};

/// A complete, checked configuration and where each of its values comes from.
struct Configuration {
  Config config;
  std::vector<EffectiveValue> values;  ///< in the order of the table of settings
};

/// Applies the values in their order and checks each, and then what they mean together.
/// Errors: ConfigInvalid, one line for every mistake, each with its origin and what would be right.
Result<Configuration> configure(const GivenValues& given, const Machine& machine);

/// The settings among `variables` ("NAME=value"); other names that begin with LATCHKEY_ are errors,
/// except LATCHKEY_CONFIG, which names the file. Empty values count as not given.
Result<std::vector<GivenValue>> read_environment(std::span<const std::string> variables);

/// Whether only this machine can reach the address.
bool is_loopback(std::string_view address);

/// ": did you mean server.bind?", or nothing.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace latchkey::server
