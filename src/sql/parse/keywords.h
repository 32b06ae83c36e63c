#pragma once

#include "base/bytes.h"

namespace latchkey::sql::parse {

/// Whether the word, in lower case, cannot name everything without quotes around it.
bool is_reserved(Bytes word);

}  // namespace latchkey::sql::parse
