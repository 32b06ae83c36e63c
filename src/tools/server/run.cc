#include "tools/server/run.h"

#include <utility>
#include <variant>

#include "base/version.h"
#include "tools/server/command_line.h"
#include "tools/server/config_file.h"
#include "tools/server/config_text.h"

namespace latchkey::server {

namespace {

constexpr std::string_view kConfigVariable = "LATCHKEY_CONFIG=";

/// The file to read: the one of --config, of LATCHKEY_CONFIG, or latchkey.toml if it is there.
Result<std::string> config_path(const Order& order, std::span<const std::string> variables,
                                env::FileSystem& files) {
  if (!order.config_path.empty()) return order.config_path;
  for (const std::string& variable : variables) {
    const bool names_file =
        variable.starts_with(kConfigVariable) && variable.size() > kConfigVariable.size();
    if (names_file) return variable.substr(kConfigVariable.size());
  }
  LK_TRY(const bool exists, files.exists(std::string(kConfigFileName)));
  return exists ? std::string(kConfigFileName) : std::string();
}

Result<Configuration> gather(Order order, std::span<const std::string> variables,
                             const Surroundings& surroundings) {
  GivenValues given;
  given.flags = std::move(order.flags);
  LK_TRY(given.environment, read_environment(variables));
  LK_TRY(const std::string path, config_path(order, variables, surroundings.files));
  if (!path.empty()) {
    LK_TRY(given.file, read_config_file(surroundings.files, path));
  }
  return configure(given, surroundings.machine);
}

int fail(const Error& error, std::ostream& err) {
  err << "latchkey: " << error.message() << "\n";
  return kExitFailure;
}

}  // namespace

int run(std::span<const std::string> arguments, std::span<const std::string> variables,
        const Surroundings& surroundings) {
  auto parsed = parse_command_line(arguments);
  if (const auto* const ending = std::get_if<Ending>(&parsed)) {
    (ending->exit_code == 0 ? surroundings.out : surroundings.err) << ending->text;
    return ending->exit_code;
  }
  const Order& order = std::get<Order>(parsed);
  if (order.action == Action::Version) {
    surroundings.out << "latchkey " << kVersion << "\n";
    return 0;
  }
  if (order.action == Action::ConfigReference) {
    surroundings.out << settings_reference();
    return 0;
  }

  const Result<Configuration> configuration = gather(order, variables, surroundings);
  if (!configuration) return fail(configuration.error(), surroundings.err);
  if (order.action == Action::ConfigShow) {
    surroundings.out << show_configuration(*configuration, order.show_origin);
  } else if (order.action == Action::ConfigCheck) {
    surroundings.out << "the configuration is valid\n";
  } else if (const Result<void> served = surroundings.serve(*configuration); !served) {
    return fail(served.error(), surroundings.err);
  }
  return 0;
}

}  // namespace latchkey::server
