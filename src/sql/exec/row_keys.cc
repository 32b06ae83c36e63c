#include "sql/exec/row_keys.h"

#include <bit>
#include <cmath>

#include "base/hash.h"
#include "sql/exec/nodes.h"

namespace latchkey::sql::exec {

RowKeys::Kind RowKeys::kind_of(Oid type) {
  const Type* const found = find_type(type);
  if (found == nullptr) return Kind::Encoded;
  if (found->kept == Kept::Integer) return Kind::Integer;
  if (found->kept == Kept::Number) return Kind::Number;
  const bool is_plain = type == oid::kText || type == oid::kVarchar || type == oid::kName ||
                        type == oid::kBytea || type == oid::kUuid;
  return is_plain ? Kind::Bytes : Kind::Encoded;
}

RowKeys::RowKeys(std::span<const bind::Expr* const> exprs) {
  for (const bind::Expr* const expr : exprs) {
    kinds_.push_back(kind_of(expr->type));
    types_.push_back(expr->type);
    has_codes_ = has_codes_ || kinds_.back() == Kind::Encoded;
  }
}

Value RowKeys::code_of(std::size_t index, const Value& value, Arena& arena) {
  if (kinds_[index] != Kind::Encoded || value.is_null) return Value::null();
  code_.clear();
  append_group_key(types_[index], value, code_);
  return Value::of_bytes(arena.copy(code_));
}

std::uint64_t RowKeys::hash(const Value* values, const Value* codes, std::uint64_t seed) const {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
  constexpr std::uint64_t kStep = 0x100000001b3;
  std::uint64_t hash = seed;
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const Value& value = values[i];
    std::uint64_t part = kMix;
    if (!value.is_null && (kinds_[i] == Kind::Integer || kinds_[i] == Kind::Number)) {
      const std::uint64_t bits =
          kinds_[i] == Kind::Integer ? static_cast<std::uint64_t>(value.integer)
          : std::isnan(value.number) ? 1
                                     : std::bit_cast<std::uint64_t>(value.number + 0.0);
      part = (bits + 1) * kMix;
      part ^= part >> 32;
    } else if (!value.is_null) {
      part = hash_bytes(kinds_[i] == Kind::Bytes ? value.bytes() : codes[i].bytes());
    }
    hash = std::rotl(hash, 5) * kStep ^ part;
  }
  return hash ^ hash >> 29;
}

bool RowKeys::same(const Value* values, const Value* codes, const Value* other_values,
                   const Value* other_codes) const {
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    const Value& a = values[i];
    const Value& b = other_values[i];
    if (a.is_null || b.is_null) {
      if (a.is_null != b.is_null) return false;
      continue;
    }
    bool is_same = false;
    switch (kinds_[i]) {
      case Kind::Integer:
        is_same = a.integer == b.integer;
        break;
      case Kind::Number:
        is_same = a.number == b.number || (std::isnan(a.number) && std::isnan(b.number));
        break;
      case Kind::Bytes:
        is_same = a.bytes() == b.bytes();
        break;
      case Kind::Encoded:
        is_same = codes[i].bytes() == other_codes[i].bytes();
        break;
    }
    if (!is_same) return false;
  }
  return true;
}

}  // namespace latchkey::sql::exec
