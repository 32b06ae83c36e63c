#pragma once

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::resp {

struct DoorState;

/// The version of Redis whose commands, replies and error texts this door gives.
inline constexpr Bytes kRedisVersion = "7.2.0";

/// Whether the pair is right; takes as long for a wrong one as for a right one. Without a password
/// the one user "default" is let in with any.
/// Errors: WrongPassword.
Result<void> check_credentials(DoorState& door, Bytes user, Bytes password);

/// Whether a client may call itself so: printable, without blanks. The empty name takes a name
/// away.
bool is_client_name(Bytes name);

}  // namespace latchkey::resp
