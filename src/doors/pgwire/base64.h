#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"

namespace latchkey::pgwire {

/// Base64 with padding and without line ends, as SCRAM has it.
///
/// Threads: any.
/// Source:  RFC 4648, section 4.
std::string encode_base64(Bytes bytes);
/// Nothing if `text` is not the one encoding of some bytes.
std::optional<std::string> decode_base64(Bytes text);

}  // namespace latchkey::pgwire
