#include "base/assert.h"
#include "sql/functions/aggregate.h"

namespace latchkey::sql {

namespace {

// Our own numbers, behind those of other functions.
constexpr std::uint32_t kFirstOid = 15'500;

}  // namespace

Oid oid_of(const AggregateFunction& function) {
  const std::span<const AggregateFunction> all = all_aggregates();
  LK_ASSERT(&function >= all.data());
  LK_ASSERT(&function < all.data() + all.size());
  return Oid{kFirstOid + static_cast<std::uint32_t>(&function - all.data())};
}

const AggregateFunction* find_aggregate(Oid oid) {
  const std::span<const AggregateFunction> all = all_aggregates();
  const std::uint32_t number = value_of(oid);
  if (number < kFirstOid || number - kFirstOid >= all.size()) return nullptr;
  return &all[number - kFirstOid];
}

}  // namespace latchkey::sql
