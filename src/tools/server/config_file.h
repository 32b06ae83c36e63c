#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "latchkey/result.h"
#include "tools/server/config.h"

namespace latchkey::server {

/// The file that is read when it stands in the working directory and no other is named.
inline constexpr std::string_view kConfigFileName = "latchkey.toml";

/// The values in a TOML text. Keys below [server.ports] are named server.ports.*; whether such a
/// setting exists is for configure() to say. `path` is how messages name the text.
/// Errors: ConfigInvalid, with line and column, if it is not TOML or a value is neither a string
///         nor an integer.
Result<std::vector<GivenValue>> parse_config_text(std::string_view text, const std::string& path);

/// The values in the file at `path`.
/// Errors: also FileMissing, IoError; ConfigInvalid for a file of more than 1 MiB.
Result<std::vector<GivenValue>> read_config_file(env::FileSystem& files, const std::string& path);

}  // namespace latchkey::server
