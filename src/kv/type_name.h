#pragma once

#include "base/bytes.h"
#include "storage/types.h"

namespace latchkey::kv {

/// What TYPE says: string, hash or zset.
Bytes type_name(const storage::RecordView& record);

/// What OBJECT ENCODING says. Clients and their tests ask for Redis' names, so each of our forms
/// answers with the name of the one in Redis that serves the same end.
Bytes encoding_name(const storage::RecordView& record);

}  // namespace latchkey::kv
