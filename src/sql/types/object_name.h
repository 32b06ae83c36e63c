#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey::sql {

/// The parts of a name as SQL writes it: app."My Table". What is not in quotes is in small letters.
/// Nothing if it is no name.
std::vector<std::string> split_object_name(Bytes text);

}  // namespace latchkey::sql
