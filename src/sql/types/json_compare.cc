#include <algorithm>

#include "base/hash.h"
#include "sql/types/json.h"
#include "sql/types/json_number.h"

namespace latchkey::sql {

namespace {

int sign_of(int order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_counts(std::size_t left, std::size_t right) {
  return left == right ? 0 : left < right ? -1 : 1;
}

int compare_values(JsonbReader left, JsonbReader right);

/// The longer array is the greater; of arrays of one length the first difference decides. So for
/// objects, whose keys stand in their own order.
int compare_containers(JsonbReader left, JsonbReader right) {
  const std::size_t count = left.count();
  if (const int order = compare_counts(count, right.count()); order != 0) return order;
  for (std::size_t i = 0; i < count; ++i) {
    if (left.is_array()) {
      const int order = compare_values(left.element(i), right.element(i));
      if (order != 0) return order;
      continue;
    }
    if (const int order = left.key(i).compare(right.key(i)); order != 0) return sign_of(order);
    if (const int order = compare_values(left.value(i), right.value(i)); order != 0) return order;
  }
  return 0;
}

int compare_values(JsonbReader left, JsonbReader right) {
  if (left.kind() != right.kind()) return left.kind() < right.kind() ? -1 : 1;
  switch (left.kind()) {
    case JsonKind::String:
      return sign_of(left.text().compare(right.text()));
    case JsonKind::Number:
      return compare_json_numbers(left.text(), right.text());
    case JsonKind::Array:
    case JsonKind::Object:
      return compare_containers(left, right);
    case JsonKind::Null:
    case JsonKind::False:
    case JsonKind::True:
      return 0;
  }
  return 0;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t next) {
  constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15u;
  return (hash ^ (next + kMultiplier + (hash << 6) + (hash >> 2))) * kMultiplier;
}

}  // namespace

int compare_jsonb(JsonbReader left, JsonbReader right) {
  // PostgreSQL keeps a scalar by itself as an array of one, and lengths are compared first.
  const bool is_scalar_and_array =
      (left.is_scalar() && right.is_array()) || (left.is_array() && right.is_scalar());
  if (is_scalar_and_array) {
    const std::size_t left_count = left.is_scalar() ? 1 : left.count();
    const std::size_t right_count = right.is_scalar() ? 1 : right.count();
    if (left_count != right_count) return compare_counts(left_count, right_count);
    return left.is_scalar() ? -1 : 1;
  }
  return compare_values(left, right);
}

bool equal_jsonb(JsonbReader left, JsonbReader right) {
  // Equal bytes are the common case; other bytes may still differ in zeros only.
  if (left.kind() == right.kind() && left.payload() == right.payload()) return true;
  return compare_values(left, right) == 0;
}

std::uint64_t hash_jsonb(JsonbReader value) {
  const auto space = static_cast<std::uint64_t>(value.kind());
  if (value.is_number()) return hash_bytes(trim_json_number(value.text()), space);
  if (value.is_scalar()) return hash_bytes(value.text(), space);
  std::uint64_t hash = mix(space, value.count());
  for (std::size_t i = 0; i < value.count(); ++i) {
    if (value.is_object()) hash = mix(hash, hash_bytes(value.key(i), space));
    hash = mix(hash, hash_jsonb(value.is_array() ? value.element(i) : value.value(i)));
  }
  return hash;
}

}  // namespace latchkey::sql
