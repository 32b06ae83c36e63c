#pragma once

#include <string_view>

namespace latchkey {

/// The release this program belongs to; the same number stands in CMakeLists.txt (script/tidy
/// compares them).
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace latchkey
