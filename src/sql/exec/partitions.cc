#include "sql/exec/partitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/exec/table_layout.h"

namespace latchkey::sql::exec {

namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t more) {
  constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;
  return hash ^ (more + kGolden + (hash << 6) + (hash >> 2));
}

}  // namespace

Partitions::Partitions(const Catalog& catalog, const Table& parent) : parent_(parent) {
  for (const std::int16_t number : parent.partition_key.columns) {
    for (std::size_t i = 0; i < parent.columns.size(); ++i) {
      if (parent.columns[i].number == number) key_.push_back(i);
    }
  }
  const auto values_of = [&](const std::vector<PartitionValue>& values, bool is_list) {
    std::vector<Bound> bounds;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Column& column = parent.columns[key_[is_list ? 0 : i]];
      Bound bound{values[i].kind, Value::null()};
      if (bound.kind == 'v') {
        const Result<Value> value =
            parse_text(column.type, column.typmod, values[i].text, kept_text_settings(), arena_);
        LK_ASSERT(value.has_value());
        const bool in_bytes = find_type(column.type)->kept == Kept::Bytes;
        bound.value = in_bytes ? arena_.keep(*value) : *value;
      }
      bounds.push_back(bound);
    }
    return bounds;
  };
  const bool is_list = parent.partition_key.strategy == 'l';
  for (const Table* const table : catalog.partitions_of(parent.oid)) {
    Partition partition;
    partition.table = table;
    partition.is_default = table->bound.is_default;
    partition.low = values_of(table->bound.low, is_list);
    partition.high = values_of(table->bound.high, is_list);
    partition.modulus = table->bound.modulus;
    partition.remainder = table->bound.remainder;
    partitions_.push_back(std::move(partition));
  }
}

/// The order of a bound and a value of the key's column.
int Partitions::compare_bound(std::size_t place, const Bound& bound, const Value& value) const {
  if (bound.kind == '<') return -1;
  if (bound.kind == '>') return 1;
  return compare(parent_.columns[key_[place]].type, bound.value, value);
}

int Partitions::compare_bounds(const std::vector<Bound>& bounds,
                               std::span<const Value> key_values) const {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const int order = compare_bound(i, bounds[i], key_values[i]);
    if (order != 0) return order;
  }
  return 0;
}

bool Partitions::holds(const Partition& partition, std::span<const Value> key_values) const {
  if (partition.is_default) {
    return std::none_of(partitions_.begin(), partitions_.end(), [&](const Partition& other) {
      return !other.is_default && holds(other, key_values);
    });
  }
  switch (parent_.partition_key.strategy) {
    case 'l':
      return std::any_of(partition.low.begin(), partition.low.end(), [&](const Bound& bound) {
        if (bound.kind == 'n' || key_values[0].is_null) {
          return bound.kind == 'n' && key_values[0].is_null;
        }
        return compare_bound(0, bound, key_values[0]) == 0;
      });
    case 'h': {
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < key_.size(); ++i) {
        if (key_values[i].is_null) continue;
        sum = mixed(sum, hash(parent_.columns[key_[i]].type, key_values[i]));
      }
      return sum % static_cast<std::uint64_t>(partition.modulus) ==
             static_cast<std::uint64_t>(partition.remainder);
    }
    default: {
      const bool has_null = std::any_of(key_values.begin(), key_values.end(),
                                        [](const Value& value) { return value.is_null; });
      return !has_null && compare_bounds(partition.low, key_values) <= 0 &&
             compare_bounds(partition.high, key_values) > 0;
    }
  }
}

const Partitions::Partition* Partitions::find(std::span<const Value> row) const {
  std::vector<Value> key_values;
  for (const std::size_t column : key_) key_values.push_back(row[column]);
  const Partition* otherwise = nullptr;
  for (const Partition& partition : partitions_) {
    if (partition.is_default) {
      otherwise = &partition;
    } else if (holds(partition, key_values)) {
      return &partition;
    }
  }
  return otherwise;
}

bool Partitions::range_may_hold(const Partition& partition, const Condition& condition) const {
  const int low = compare_bound(0, partition.low[0], condition.value);
  const int high = compare_bound(0, partition.high[0], condition.value);
  // With further columns behind it, a row may have the upper bound's own value in the first.
  const bool below_high = key_.size() > 1 ? high >= 0 : high > 0;
  if (condition.op == "=") return low <= 0 && below_high;
  if (condition.op == "<") return low < 0;
  if (condition.op == "<=") return low <= 0;
  return below_high;
}

bool Partitions::may_hold(const Partition& partition, std::span<const Condition> conditions) const {
  std::vector<Value> equal(key_.size());
  std::size_t equal_count = 0;
  for (const Condition& condition : conditions) {
    if (condition.value.is_null) return false;
    if (condition.op == "=" && equal[condition.place].is_null) {
      equal[condition.place] = condition.value;
      ++equal_count;
    }
    const bool is_range = parent_.partition_key.strategy == 'r' && !partition.is_default;
    if (is_range && condition.place == 0 && !range_may_hold(partition, condition)) return false;
  }
  return equal_count < key_.size() || holds(partition, equal);
}

std::string Partitions::shown_key(std::span<const Value> row, const TextSettings& settings) const {
  std::string names;
  std::string texts;
  for (const std::size_t column : key_) {
    names += (names.empty() ? "" : ", ") + parent_.columns[column].name;
    if (!texts.empty()) texts += ", ";
    if (row[column].is_null) {
      texts += "null";
    } else {
      append_text(parent_.columns[column].type, row[column], settings, texts);
    }
  }
  return fmt::format("({}) = ({})", names, texts);
}

}  // namespace latchkey::sql::exec
