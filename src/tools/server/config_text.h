#pragma once

#include <string>

#include "tools/server/config.h"

namespace latchkey::server {

enum class ShowOrigin : bool { No, Yes };

/// The values in force as a latchkey.toml that would give the same ones, with the origin of each as
/// a comment on request. Secrets are left out.
std::string show_configuration(const Configuration& configuration, ShowOrigin show_origin);

/// The table of settings in Markdown: the middle of docs/configuration.md.
std::string settings_reference();

}  // namespace latchkey::server
