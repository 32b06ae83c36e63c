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
  /// Is written with WITHIN GROUP (ORDER BY ..), whose value comes before the other arguments.
  bool is_ordered = false;

  Oid result() const { return signature.result; }
};

/// Rows by family; aggregates.cc puts them together.
std::span<const AggregateFunction> json_aggregates();

std::vector<const AggregateFunction*> find_aggregates(std::string_view name);
std::span<const AggregateFunction> all_aggregates();
/// The number by which pg_proc knows it.
Oid oid_of(const AggregateFunction& function);
const AggregateFunction* find_aggregate(Oid oid);

/// Rows by family; aggregates.cc puts them together.
std::span<const AggregateFunction> array_aggregates();
std::span<const AggregateFunction> date_aggregates();
std::span<const AggregateFunction> ordered_aggregates();
std::span<const AggregateFunction> statistics_aggregates();

}  // namespace latchkey::sql
