#include "kv/string_value.h"

#include "kv/call.h"

namespace latchkey::kv {

Result<void> get_other_kind(Call&, Bytes) { return Call::wrong_type(); }

}  // namespace latchkey::kv
