#include "tools/server/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "base/numbers.h"
#include "base/text.h"

namespace latchkey::server {

namespace {

constexpr std::string_view kEnvironmentPrefix = "LATCHKEY_";

bool is_ip_address(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

/// The index of `word` among the words of a Choice.
std::optional<std::uint64_t> choice_index(const Setting& setting, std::string_view word) {
  std::string_view rest = setting.choices;
  for (std::uint64_t index = 0; !rest.empty(); ++index) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    if (equals_ignore_case(rest.substr(0, end), word)) return index;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::nullopt;
}

/// Turns the text of one value into its member of Config. Returns false if the text is not a value
/// of the setting.
class Assignment {
 public:
  Assignment(Config& config, const Setting& setting, const Machine& machine)
      : config_(config), setting_(setting), machine_(machine) {}

  bool assign(const std::string& text) const {
    return std::visit([&](auto member) { return assign_to(config_.*member, text); },
                      setting_.target);
  }

 private:
  std::optional<std::uint64_t> number(const std::string& text) const {
    switch (setting_.kind) {
      case SettingKind::Size:
        return parse_size(text);
      case SettingKind::Memory:
        return parse_size(text, machine_.memory_bytes);
      case SettingKind::Duration:
        return parse_duration_ms(text);
      default:
        return parse_uint64(text);
    }
  }

  bool assign_to(std::uint64_t& member, const std::string& text) const {
    const auto value = number(text);
    if (!value || *value < setting_.min || *value > setting_.max) return false;
    member = *value;
    return true;
  }

  bool assign_to(std::string& member, const std::string& text) const {
    if (text.find('\0') != std::string::npos) return false;
    if (setting_.kind == SettingKind::Address) {
      const std::string address = equals_ignore_case(text, "localhost") ? "127.0.0.1" : text;
      if (!is_ip_address(address)) return false;
      member = address;
      return true;
    }
    if (text.size() < setting_.min || text.size() > setting_.max) return false;
    member = text;
    return true;
  }

  template <typename Enum>
  requires std::is_enum_v<Enum>
  bool assign_to(Enum& member, const std::string& text) const {
    const auto index = choice_index(setting_, text);
    if (!index) return false;
    member = static_cast<Enum>(*index);
    return true;
  }

  Config& config_;
  const Setting& setting_;
  const Machine& machine_;
};

std::string wrong_value(const EffectiveValue& value) {
  const Setting& setting = *value.setting;
  std::string line = value.origin + ": " + std::string(setting.name);
  if (setting.kind != SettingKind::Secret) line += " = " + escape_for_log(value.text);
  line += " is not accepted; it takes " + describe_values(setting);
  if (setting.kind == SettingKind::Port && setting.max == 0)
    line += ", because this door does not exist yet";
  return line;
}

/// What each value alone cannot show.
void check_together(const Config& config, std::vector<std::string>& mistakes) {
  if (!is_loopback(config.bind) && config.password.empty()) {
    mistakes.push_back("server.bind = " + config.bind +
                       " would open the data to the network without a password; set one, as in\n"
                       "    LATCHKEY_PASSWORD='a long secret' latchkey serve --bind " +
                       config.bind + "\n  or keep to this machine with --bind 127.0.0.1");
  }
  if (config.postgres_port != 0 && (!config.password.empty() || !is_loopback(config.bind))) {
    mistakes.push_back(
        "server.ports.postgres = " + std::to_string(config.postgres_port) +
        " would let everyone in: that door knows no passwords yet. Open it without a password and\n"
        "  on this machine alone, or turn it off with --postgres-port 0");
  }
  if (config.resp_port == 0 && config.unix_socket.empty() && config.postgres_port == 0) {
    mistakes.push_back("every door is off; give --resp-port, --postgres-port or --unixsocket");
  }
}

Error all_of(const std::vector<std::string>& mistakes) {
  std::string text;
  for (const std::string& mistake : mistakes) {
    if (!text.empty()) text += '\n';
    text += mistake;
  }
  return Error(ErrorCode::ConfigInvalid, std::move(text));
}

/// The value for `setting` from the source of highest precedence that has one.
EffectiveValue value_in_force(const Setting& setting, const GivenValues& given) {
  for (const auto* source : {&given.flags, &given.environment, &given.file}) {
    const auto found = std::find_if(source->begin(), source->end(), [&](const GivenValue& value) {
      return value.name == setting.name;
    });
    if (found != source->end()) return {&setting, found->text, found->origin};
  }
  return {&setting, std::string(setting.default_text), "default"};
}

void report_unknown_names(const GivenValues& given, std::vector<std::string>& mistakes) {
  std::vector<std::string_view> names;
  for (const Setting& setting : settings()) names.push_back(setting.name);
  for (const auto* source : {&given.flags, &given.environment, &given.file}) {
    for (const GivenValue& value : *source) {
      if (find_setting(value.name) != nullptr) continue;
      mistakes.push_back(value.origin + ": there is no setting " + escape_for_log(value.name) +
                         suggestion(value.name, names));
    }
  }
}

}  // namespace

Result<Configuration> configure(const GivenValues& given, const Machine& machine) {
  Configuration result;
  std::vector<std::string> mistakes;
  report_unknown_names(given, mistakes);
  for (const Setting& setting : settings()) {
    const EffectiveValue value = value_in_force(setting, given);
    if (!Assignment(result.config, setting, machine).assign(value.text))
      mistakes.push_back(wrong_value(value));
    result.values.push_back(value);
  }
  if (mistakes.empty()) check_together(result.config, mistakes);
  if (!mistakes.empty()) return all_of(mistakes);
  if (result.config.worker_count == 0) result.config.worker_count = machine.processor_count;
  return result;
}

Result<std::vector<GivenValue>> read_environment(std::span<const std::string> variables) {
  std::vector<std::string_view> known = {"LATCHKEY_CONFIG"};
  for (const Setting& setting : settings()) known.push_back(setting.environment);

  std::vector<GivenValue> values;
  std::vector<std::string> mistakes;
  for (const std::string& variable : variables) {
    if (!variable.starts_with(kEnvironmentPrefix)) continue;
    const std::string name = variable.substr(0, variable.find('='));
    const std::string text = variable.substr(std::min(name.size() + 1, variable.size()));
    const auto setting = std::find_if(settings().begin(), settings().end(),
                                      [&](const Setting& row) { return row.environment == name; });
    if (setting != settings().end()) {
      if (!text.empty())
        values.push_back({std::string(setting->name), text, "environment " + name});
    } else if (name != known.front()) {
      mistakes.push_back("environment " + escape_for_log(name) + ": there is no such variable" +
                         suggestion(name, known));
    }
  }
  if (!mistakes.empty()) return all_of(mistakes);
  return values;
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const auto nearest = nearest_word(word, candidates);
  if (!nearest) return "";
  return "; did you mean " + std::string(*nearest) + "?";
}

}  // namespace latchkey::server
