#include "tools/server/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "base/text.h"

namespace latchkey::server {

namespace {

/// A flag of the table of settings and what was given for it.
struct SettingFlag {
  const Setting* setting;
  std::optional<std::string> text;
};

/// The word for a value in the help page.
std::string value_word(const Setting& setting) {
  switch (setting.kind) {
    case SettingKind::Address:
      return "ADDR";
    case SettingKind::Port:
    case SettingKind::Count:
      return "N";
    case SettingKind::Path:
      return setting.flag == "data" ? "DIR" : "PATH";
    case SettingKind::Size:
    case SettingKind::Memory:
      return "SIZE";
    case SettingKind::Duration:
      return "DURATION";
    case SettingKind::Choice:
      return std::string(setting.choices);
    case SettingKind::Secret:
      break;
  }
  return "TEXT";
}

/// The grammar of the command line, bound to the Order it fills.
class Grammar {
 public:
  Grammar() {
    app_.require_subcommand(1);
    app_.get_formatter()->column_width(38);
    CLI::App* const serve = add(app_, "serve", "Start the server.", Action::Serve);
    add_flags(*serve);
    add(app_, "version", "Print the version.", Action::Version);

    CLI::App* const config = app_.add_subcommand("config", "Look at the configuration.");
    config->require_subcommand(1);
    CLI::App* const show =
        add(*config, "show", "Print the values in force as a latchkey.toml.", Action::ConfigShow);
    show->add_flag_callback(
        "--origin", [this] { order_.show_origin = ShowOrigin::Yes; },
        "Say for each value where it comes from.");
    add_flags(*show);
    add_flags(
        *add(*config, "check", "Say whether the configuration is valid.", Action::ConfigCheck));
    add(*config, "reference", "Print the table of all settings.", Action::ConfigReference);
  }

  std::variant<Order, Ending> parse(std::span<const std::string> arguments) {
    // CLI11 takes the arguments from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      return Ending{0, help()};
    } catch (const CLI::ParseError& error) {
      if (arguments.empty()) return Ending{kExitUsage, help()};
      return Ending{kExitUsage, explain(error, arguments)};
    }
    for (const SettingFlag& flag : flags_) {
      if (!flag.text) continue;
      order_.flags.push_back({std::string(flag.setting->name), *flag.text,
                              "flag --" + std::string(flag.setting->flag)});
    }
    return order_;
  }

 private:
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& help, Action action) {
    CLI::App* const command = parent.add_subcommand(name, help);
    command->final_callback([this, action] { order_.action = action; });
    return command;
  }

  void add_flags(CLI::App& command) {
    command
        .add_option("--config", order_.config_path,
                    "Read this file instead of latchkey.toml in the working directory.")
        ->type_name("FILE");
    for (const Setting& setting : settings()) {
      if (setting.flag.empty()) continue;
      SettingFlag& flag = flags_.emplace_back(SettingFlag{&setting, std::nullopt});
      command
          .add_option_function<std::string>(
              "--" + std::string(setting.flag),
              [&flag](const std::string& text) { flag.text = text; }, std::string(setting.help))
          ->type_name(value_word(setting))
          ->default_str(std::string(setting.default_text));
    }
  }

  /// The page of the innermost command that was named.
  std::string help() const {
    const CLI::App* command = &app_;
    std::string parents;
    for (;;) {
      const std::vector<CLI::App*> chosen = command->get_subcommands();
      if (chosen.empty()) return command->help(parents);
      parents += (parents.empty() ? "" : " ") + command->get_name();
      command = chosen.front();
    }
  }

  std::string explain(const CLI::ParseError& error, std::span<const std::string> arguments) const {
    std::string text = "latchkey: " + escape_for_log(error.what(), 1024);
    std::vector<std::string_view> words = {"--config", "--origin", "--help", "serve",    "version",
                                           "config",   "show",     "check",  "reference"};
    std::vector<std::string> flags;
    for (const Setting& setting : settings()) {
      if (!setting.flag.empty()) flags.push_back("--" + std::string(setting.flag));
    }
    words.insert(words.end(), flags.begin(), flags.end());
    for (const std::string& argument : arguments) {
      const std::string word = argument.substr(0, argument.find('='));
      if (std::find(words.begin(), words.end(), word) != words.end()) continue;
      const std::string meant = suggestion(word, words);
      if (meant.empty()) continue;
      text += meant;
      break;
    }
    return text + "\nlatchkey --help lists the commands, latchkey serve --help the flags.\n";
  }

  CLI::App app_{"Latchkey: a durable key-value server that Redis clients can use.", "latchkey"};
  Order order_;
  std::deque<SettingFlag> flags_;
};

}  // namespace

std::variant<Order, Ending> parse_command_line(std::span<const std::string> arguments) {
  if (arguments.size() == 1 && arguments.front() == "--version") {
    return Order{
        .action = Action::Version, .config_path = "", .show_origin = ShowOrigin::No, .flags = {}};
  }
  return Grammar().parse(arguments);
}

}  // namespace latchkey::server
