#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sql/types/json.h"
#include "sql/types/jsonb_access.h"

namespace latchkey::sql {

/// Numbers that stand for parts of jsonb values in an inverted index: for each scalar one that
/// tells it and the keys on the way to it, arrays not counted; and for each key of a root object,
/// and string of a root array or alone, one that tells that it is there.
///
/// Two parts may have the same number: who finds a value by its numbers looks at it again. They are
/// the same in every process, since indexes are kept.
///
/// Threads: any.
using JsonbTokens = std::vector<std::uint64_t>;

enum class JsonbTokenKinds : std::uint8_t {
  Paths,        ///< as jsonb_path_ops: for @> alone
  PathsAndKeys  ///< as jsonb_ops: for ? and its kin too
};

/// Those of a value, in order and each once.
JsonbTokens jsonb_tokens(JsonbReader value, JsonbTokenKinds kinds);

/// Those that all values have for which `value @> part`. None: nothing is known of them.
JsonbTokens jsonb_tokens_contained(JsonbReader part, JsonbTokenKinds kinds);
/// The one that all values have for which `value ? key`.
std::uint64_t jsonb_token_of_key(Bytes key);

}  // namespace latchkey::sql
