#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/types/arena.h"

namespace latchkey::sql::exec {

/// Tells whether the values of several columns are equal, and hashes them.
///
/// Most types are told apart by their values as they are, the others by the bytes of their keys,
/// which stand beside them as codes.
class RowKeys {
 public:
  explicit RowKeys(std::span<const bind::Expr* const> exprs);

  std::size_t size() const { return kinds_.size(); }
  bool has_codes() const { return has_codes_; }
  /// The code of a value, in `arena`; null if its type needs none, or the value is null.
  Value code_of(std::size_t index, const Value& value, Arena& arena);
  std::uint64_t hash(const Value* values, const Value* codes, std::uint64_t seed) const;
  /// Nulls are equal to each other.
  bool same(const Value* values, const Value* codes, const Value* other_values,
            const Value* other_codes) const;

 private:
  enum class Kind : std::uint8_t { Integer, Number, Bytes, Encoded };
  static Kind kind_of(Oid type);

  std::vector<Kind> kinds_;
  std::vector<Oid> types_;
  bool has_codes_ = false;
  std::string code_;
};

}  // namespace latchkey::sql::exec
