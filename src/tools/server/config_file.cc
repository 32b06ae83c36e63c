#include "tools/server/config_file.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"

namespace latchkey::server {

namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

std::string place_of(const std::string& path, const toml::source_position& position) {
  return path + ":" + std::to_string(position.line);
}

/// Collects the leaves of nested tables under their dotted names.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  Result<void> read(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (const toml::table* const inner = node.as_table()) {
        LK_CHECK(read(*inner, name + "."));
        continue;
      }
      const std::string place = place_of(path_, node.source().begin);
      std::optional<std::string> text = text_of(node);
      if (!text) {
        return Error(ErrorCode::ConfigInvalid, place + ": the value of " + escape_for_log(name) +
                                                   " must be a string or an integer");
      }
      values_.push_back({name, std::move(*text), place});
    }
    return {};
  }

  std::vector<GivenValue> take() { return std::move(values_); }

 private:
  static std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* const text = node.as_string()) return text->get();
    if (const auto* const number = node.as_integer()) return std::to_string(number->get());
    return std::nullopt;
  }

  const std::string& path_;
  std::vector<GivenValue> values_;
};

}  // namespace

Result<std::vector<GivenValue>> parse_config_text(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text, std::string_view(path));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Error(ErrorCode::ConfigInvalid,
                 place_of(path, error.source().begin) + ": column " +
                     std::to_string(error.source().begin.column) +
                     ": not TOML: " + escape_for_log(error.description()));
  }
  Reader reader(path);
  LK_CHECK(reader.read(parsed.table(), ""));
  return reader.take();
}

Result<std::vector<GivenValue>> read_config_file(env::FileSystem& files, const std::string& path) {
  LK_TRY(const std::unique_ptr<env::File> file, files.open(path, env::OpenMode::ReadOnly));
  std::string text(kFileBytesMax + 1, '\0');
  LK_TRY(const std::size_t size, file->read_at(0, text));
  if (size > kFileBytesMax) {
    return Error(ErrorCode::ConfigInvalid, path + ": the file is longer than 1 MiB");
  }
  text.resize(size);
  return parse_config_text(text, path);
}

}  // namespace latchkey::server
