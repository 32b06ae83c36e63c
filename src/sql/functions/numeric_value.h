#pragma once

#include "base/numeric.h"
#include "sql/functions/function.h"

namespace latchkey::sql {

/// A numeric from its packed bytes and back.
inline Result<Numeric> numeric_of(const Value& value) { return Numeric::unpack(value.bytes()); }
inline Value value_of_numeric(const Numeric& number, Arena& arena) {
  std::string packed;
  number.append_packed(packed);
  return Value::of_bytes(arena.copy(packed));
}

}  // namespace latchkey::sql
