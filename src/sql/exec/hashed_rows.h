#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "sql/exec/row_keys.h"
#include "sql/exec/row_memory.h"
#include "sql/exec/subplan.h"

namespace latchkey::sql::exec {

/// Whether equal values of these types have equal hashes.
bool hash_alike(Oid a, Oid b);

/// A set of rows of keys, to be asked whether one is in it.
class KeySet {
 public:
  KeySet(std::span<const bind::Expr* const> keys, ExecutionContext& context)
      : keys_(keys), memory_(context) {}

  void clear();
  /// Requires: no value is null.
  Result<void> add(std::span<const Value> values, std::span<const bind::Expr* const> exprs);
  bool contains(std::span<const Value> values);

 private:
  struct Entry {
    std::uint64_t hash;
    const Value* values;
  };
  std::size_t place_of(std::uint64_t hash, const Value* values, const Value* codes) const;
  void grow();

  RowKeys keys_;
  RowMemory memory_;
  Arena kept_;
  Arena code_arena_;
  std::vector<Value> codes_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> table_;
};

/// EXISTS (SELECT .. WHERE inner = outer AND ..) as a set of the inner values, found once.
///
/// The query is looked into by its rows as long as it is not asked often: that is what `is_due`
/// waits for.
class HashedExists {
 public:
  /// Null when the query cannot be run without what is around it.
  static std::unique_ptr<HashedExists> make(const bind::Expr& exists, ExecutionContext& context,
                                            const Evaluation& outer);

  bool is_due() { return ++asked_ > patience_; }
  Result<bool> contains(Evaluation& outer);

 private:
  HashedExists(const bind::Query& query, std::vector<const bind::Expr*> inner,
               std::vector<const bind::Expr*> outer_keys, std::vector<bind::Expr*> rest,
               std::deque<bind::Expr> exprs, ExecutionContext& context, const Evaluation& outer);
  Result<void> fill();

  std::deque<bind::Expr> exprs_;
  bind::Query query_;
  std::vector<const bind::Expr*> inner_;
  std::vector<const bind::Expr*> outer_keys_;
  KeySet set_;
  std::unique_ptr<QueryRun> run_;
  Arena arena_;
  std::uint64_t asked_ = 0;
  std::uint64_t patience_ = 0;
  bool is_filled_ = false;
};

}  // namespace latchkey::sql::exec
