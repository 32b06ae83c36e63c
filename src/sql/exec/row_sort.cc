#include "sql/exec/row_sort.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace latchkey::sql::exec {

namespace {

/// A row beside the front of its first column: most comparisons need to look no further.
struct Entry {
  std::uint64_t front;
  Value* row;
};

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

std::uint64_t front_of_number(double number) {
  if (std::isnan(number)) return ~std::uint64_t{0};
  const auto bits = std::bit_cast<std::uint64_t>(number + 0.0);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

std::uint64_t front_of_bytes(Bytes bytes) {
  std::uint64_t front = 0;
  for (std::size_t i = 0; i < sizeof front; ++i) {
    front = front << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
  }
  return front;
}

/// In the order of the values, but equal for some that are not.
class Fronts {
 public:
  explicit Fronts(const SortColumn& column) : column_(column) {
    const Type* const type = find_type(column.type);
    if (type == nullptr) return;
    if (type->kept == Kept::Integer) {
      kind_ = Kind::Integer;
    } else if (type->kept == Kept::Number) {
      kind_ = Kind::Number;
    } else if (type->oid == oid::kText || type->oid == oid::kVarchar || type->oid == oid::kBytea ||
               type->oid == oid::kUuid || type->oid == oid::kName) {
      kind_ = Kind::Bytes;
    }
  }
  std::uint64_t of(const Value& value) const {
    constexpr std::uint64_t kLast = ~std::uint64_t{0};
    if (value.is_null) return column_.nulls_first ? 0 : kLast;
    std::uint64_t front = 0;
    if (kind_ == Kind::Integer) front = static_cast<std::uint64_t>(value.integer) ^ kSignBit;
    if (kind_ == Kind::Number) front = front_of_number(value.number);
    if (kind_ == Kind::Bytes) front = front_of_bytes(value.bytes());
    if (column_.is_descending) front = ~front;
    // The ends are for nulls.
    return std::clamp<std::uint64_t>(front, 1, kLast - 1);
  }

 private:
  enum class Kind : std::uint8_t { Other, Integer, Number, Bytes };
  const SortColumn& column_;
  Kind kind_ = Kind::Other;
};

}  // namespace

int order_of(const SortColumn& column, const Value& a, const Value& b) {
  if (a.is_null || b.is_null) {
    if (a.is_null == b.is_null) return 0;
    return a.is_null == column.nulls_first ? -1 : 1;
  }
  const int order = compare(column.type, a, b);
  return column.is_descending ? -order : order;
}

int order_of(std::span<const SortColumn> columns, const Value* a, const Value* b) {
  for (const SortColumn& column : columns) {
    const int order = order_of(column, a[column.at], b[column.at]);
    if (order != 0) return order;
  }
  return 0;
}

void sort_rows(std::vector<Value*>& rows, std::span<const SortColumn> columns) {
  if (columns.empty()) return;
  const Fronts fronts(columns[0]);
  std::vector<Entry> entries;
  entries.reserve(rows.size());
  for (Value* const row : rows) entries.push_back({fronts.of(row[columns[0].at]), row});
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.front != b.front) return a.front < b.front;
    return order_of(columns, a.row, b.row) < 0;
  });
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = entries[i].row;
}

}  // namespace latchkey::sql::exec
