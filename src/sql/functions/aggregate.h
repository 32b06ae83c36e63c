#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sql/functions/function.h"

namespace latchkey::sql {

/// What an aggregate has gathered. Its bytes and values live as long as `arena`.
struct AggregateState {
  Value value;
  std::int64_t count = 0;
  void* more = nullptr;  ///< what else it needs, in `arena`
  Arena* arena = nullptr;
};

/// One row of the table of aggregates.
struct AggregateFunction {
  std::string_view name;
  Signature signature;
  bool takes_null = false;  ///< count(*) and array_agg do; others skip nulls
  void (*step)(AggregateState& state, const Call& call);
  Value (*finish)(AggregateState& state, const Call& call);

  Oid result() const { return signature.result; }
};

std::vector<const AggregateFunction*> find_aggregates(std::string_view name);

/// Rows by family; aggregates.cc puts them together.
std::span<const AggregateFunction> date_aggregates();

}  // namespace latchkey::sql
