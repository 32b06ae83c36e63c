#include "tools/server/config_text.h"

#include <algorithm>
#include <string_view>

#include "base/numbers.h"

namespace latchkey::server {

namespace {

constexpr std::size_t kOriginColumn = 44;

std::string_view table_of(std::string_view name) { return name.substr(0, name.rfind('.')); }
std::string_view key_of(std::string_view name) { return name.substr(name.rfind('.') + 1); }

/// A TOML basic string, or the bare number if it is one.
std::string toml_value(std::string_view text) {
  if (is_canonical_int64(text)) return std::string(text);
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < ' ' || byte == 0x7f) {
      quoted += "\\u00";
      quoted += kHexDigits[byte >> 4];
      quoted += kHexDigits[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string line_of(const EffectiveValue& value) {
  const std::string key(key_of(value.setting->name));
  if (value.setting->kind == SettingKind::Secret) {
    return "# " + key + (value.text.empty() ? " is not set" : " is set and not shown");
  }
  return key + " = " + toml_value(value.text);
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

}  // namespace

std::string show_configuration(const Configuration& configuration, ShowOrigin show_origin) {
  std::string page;
  std::string_view table;
  for (const EffectiveValue& value : configuration.values) {
    if (table_of(value.setting->name) != table) {
      table = table_of(value.setting->name);
      if (!page.empty()) page += '\n';
      page.append("[").append(table).append("]\n");
    }
    std::string line = line_of(value);
    if (show_origin == ShowOrigin::Yes) {
      line.resize(std::max(line.size() + 2, kOriginColumn), ' ');
      line += "# " + value.origin;
    }
    page += line + '\n';
  }
  return page;
}

std::string settings_reference() {
  std::string page =
      "| In latchkey.toml | Environment | Flag | Default | Values |\n"
      "|---|---|---|---|---|\n";
  for (const Setting& setting : settings()) {
    page += "| " + code(setting.name) + " | " + code(setting.environment) + " | ";
    page += setting.flag.empty() ? std::string("none") : code("--" + std::string(setting.flag));
    page +=
        " | " + (setting.default_text.empty() ? std::string("empty") : code(setting.default_text));
    page += " | " + describe_values(setting) + " |\n";
  }
  page += "\n";
  for (const Setting& setting : settings()) {
    page += "- " + code(setting.name) + ": " + std::string(setting.help) + "\n";
  }
  return page;
}

}  // namespace latchkey::server
