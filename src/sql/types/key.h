#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "latchkey/result.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// Keys whose bytes sort as their values do.
///
///   kept as      bytes
///   integers     as many as the type has, big-endian, the sign turned over
///   numbers      8, in the order of IEEE 754, NaN last
///   numeric      see Numeric::append_key
///   interval     16: the number by which it sorts; timetz: 16: the moment, then the zone
///   arrays       each element behind a byte 1, or a byte 2 for null; 0; the shape
///   bytes        each 00 as 00 FF, then 00 00; the last part of a key as it is
///
/// In an index each part has a byte before it that says whether it is null, and a descending part
/// has all its bits turned over.
enum class KeyPart : std::uint8_t { Inner, Last };

void append_key_part(Oid type, const Value& value, KeyPart part, std::string& out);

/// The way back, for types whose keys tell all of a value: see key_tells_value. The value's bytes
/// lie in `arena` or in `key`. Takes its bytes from the front of `key`.
/// Errors: Corruption.
Result<Value> take_key_part(Oid type, KeyPart part, Bytes& key, Arena& arena);
bool key_tells_value(Oid type);

struct IndexPart {
  Oid type;
  bool is_descending;
  bool nulls_first;
};
void append_index_part(const IndexPart& part, const Value& value, std::string& out);

/// The end of the range of keys that begin with `prefix`; empty: there is none.
std::string key_after_prefix(Bytes prefix);

}  // namespace latchkey::sql
