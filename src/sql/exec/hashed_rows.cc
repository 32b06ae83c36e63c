#include "sql/exec/hashed_rows.h"

#include <algorithm>

#include "sql/exec/access_path.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"

namespace latchkey::sql::exec {

using bind::Expr;
using bind::ExprKind;
using bind::Query;
using bind::RangeEntry;

void KeySet::clear() {
  entries_.clear();
  table_.clear();
  kept_.reset();
  memory_.give_back();
}

std::size_t KeySet::place_of(std::uint64_t hash, const Value* values, const Value* codes) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash & mask;
  for (; table_[at] != 0; at = (at + 1) & mask) {
    const Entry& entry = entries_[table_[at] - 1];
    if (entry.hash == hash &&
        keys_.same(entry.values, entry.values + keys_.size(), values, codes)) {
      break;
    }
  }
  return at;
}

void KeySet::grow() {
  constexpr std::size_t kSlotsMin = 64;
  table_.assign(std::max(kSlotsMin, table_.size() * 2), 0);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t at = entries_[i].hash & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

Result<void> KeySet::add(std::span<const Value> values, std::span<const Expr* const> exprs) {
  if ((entries_.size() + 1) * 2 > table_.size()) grow();
  code_arena_.reset();
  codes_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    codes_.push_back(keys_.code_of(i, values[i], code_arena_));
  }
  const std::uint64_t hash = keys_.hash(values.data(), codes_.data(), 0);
  const std::size_t at = place_of(hash, values.data(), codes_.data());
  if (table_[at] != 0) return {};
  auto* const kept = reinterpret_cast<Value*>(kept_.allocate(2 * values.size() * sizeof(Value)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    new (&kept[i]) Value(keep_value(exprs[i]->type, values[i], kept_));
    new (&kept[values.size() + i]) Value(kept_.keep(codes_[i]));
  }
  entries_.push_back({hash, kept});
  table_[at] = static_cast<std::uint32_t>(entries_.size());
  return memory_.use(kept_.used_bytes() + entries_.size() * 4 * sizeof(Entry));
}

bool KeySet::contains(std::span<const Value> values) {
  if (entries_.empty()) return false;
  code_arena_.reset();
  codes_.clear();
  for (std::size_t i = 0; i < values.size(); ++i) {
    codes_.push_back(keys_.code_of(i, values[i], code_arena_));
  }
  const std::uint64_t hash = keys_.hash(values.data(), codes_.data(), 0);
  return table_[place_of(hash, values.data(), codes_.data())] != 0;
}

bool hash_alike(Oid a, Oid b) {
  if (a == b) return true;
  const Type* const left = find_type(a);
  const Type* const right = find_type(b);
  return left != nullptr && right != nullptr && left->kept == right->kept &&
         left->kept != Kept::Bytes && left->category == 'N' && right->category == 'N';
}

namespace {

/// Whether the query alone, without its WHERE, looks at anything around it.
bool stands_alone(const Query& query) {
  if (query.kind != bind::QueryKind::Select || query.is_grouped || query.limit != nullptr ||
      query.offset != nullptr || !query.set_calls.empty() || !query.window_calls.empty() ||
      !query.commons.empty() || query.from == nullptr || query.lock != parse::LockStrength::None) {
    return false;
  }
  for (const RangeEntry& entry : query.entries) {
    if (!entry.functions.empty() || !entry.values.empty()) return false;
    // What a query of WITH gives may change with what is around the WITH.
    if (entry.common != nullptr && entry.common->query->parent_levels > 0) return false;
    if (entry.kind == RangeEntry::Kind::Work) return false;
    if (entry.query != nullptr &&
        (entry.query_level > 1 || entry.query->parent_levels > 1 - entry.query_level)) {
      return false;
    }
  }
  const auto walk = [&](auto&& self, const bind::FromNode* node) -> bool {
    if (node == nullptr) return true;
    if (node->condition != nullptr && bind::highest_level(*node->condition) > 0) return false;
    return self(self, node->left) && self(self, node->right);
  };
  return walk(walk, query.from);
}

/// The expression as the query around sees it. Null: it has parts that cannot be moved.
Expr* moved_out(const Expr& expr, std::deque<Expr>& exprs) {
  if (expr.query != nullptr || (expr.kind == ExprKind::Column && expr.level == 0)) return nullptr;
  Expr& copy = exprs.emplace_back(expr);
  if (copy.kind == ExprKind::Column) --copy.level;
  for (Expr*& arg : copy.args) {
    arg = moved_out(*arg, exprs);
    if (arg == nullptr) return nullptr;
  }
  return &copy;
}

/// How often rows are looked up one by one before it pays to read them all.
std::uint64_t patience_of(const Query& query, const std::vector<const Expr*>& inner) {
  constexpr std::uint64_t kWithIndex = 5'000;
  constexpr std::uint64_t kWithout = 16;
  for (const Expr* const key : inner) {
    for (const RangeEntry& entry : query.entries) {
      const int column = key->slot - entry.first_slot;
      if (key->kind != ExprKind::Column || entry.table == nullptr || column < 0 ||
          column >= static_cast<int>(entry.names.size())) {
        continue;
      }
      const std::int16_t number = key->origin_number;
      const auto& keys = entry.table->key_columns;
      if (!keys.empty() && keys[0] == number) return kWithIndex;
      for (const Index& index : entry.table->indexes) {
        if (index.predicate.empty() && index.columns[0].column == number) return kWithIndex;
      }
    }
  }
  return kWithout;
}

}  // namespace

std::unique_ptr<HashedExists> HashedExists::make(const Expr& exists, ExecutionContext& context,
                                                 const Evaluation& outer) {
  const Query& query = *exists.query;
  if (query.parent_levels == 0 || !stands_alone(query)) return nullptr;
  std::vector<Expr*> parts;
  split_conjunction(query.where, parts);
  std::vector<const Expr*> inner;
  std::vector<const Expr*> outer_keys;
  std::vector<Expr*> rest;
  std::deque<Expr> exprs;
  for (Expr* const part : parts) {
    if (bind::highest_level(*part) <= 0) {
      rest.push_back(part);
      continue;
    }
    const bool is_equality = part->kind == ExprKind::Call && part->args.size() == 2 &&
                             part->function->is(kOperator) && part->function->name == "=" &&
                             hash_alike(part->args[0]->type, part->args[1]->type);
    if (!is_equality) return nullptr;
    Expr* moved = nullptr;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      if (moved != nullptr || bind::highest_level(*part->args[side]) != 0) continue;
      moved = moved_out(*part->args[1 - side], exprs);
      if (moved != nullptr) inner.push_back(part->args[side]);
    }
    if (moved == nullptr) return nullptr;
    outer_keys.push_back(moved);
  }
  if (inner.empty()) return nullptr;
  return std::unique_ptr<HashedExists>(new HashedExists(query, std::move(inner),
                                                        std::move(outer_keys), std::move(rest),
                                                        std::move(exprs), context, outer));
}

HashedExists::HashedExists(const Query& query, std::vector<const Expr*> inner,
                           std::vector<const Expr*> outer_keys, std::vector<Expr*> rest,
                           std::deque<Expr> exprs, ExecutionContext& context,
                           const Evaluation& outer)
    : exprs_(std::move(exprs)),
      query_(query),
      inner_(std::move(inner)),
      outer_keys_(std::move(outer_keys)),
      set_(inner_, context) {
  Expr& where = exprs_.emplace_back();
  where.kind = ExprKind::And;
  where.type = oid::kBool;
  where.args = std::move(rest);
  query_.where = where.args.empty() ? nullptr : &where;
  query_.parent_levels = 0;
  query_.is_distinct = false;
  query_.distinct_on.clear();
  query_.sort.clear();
  query_.targets.clear();
  for (const Expr* const key : inner_) {
    // The plan only reads it.
    query_.targets.push_back({const_cast<Expr*>(key), "", false, query_.slot_count++});
  }
  patience_ = patience_of(query, inner_);
  run_ = std::make_unique<QueryRun>(query_, context, &outer, outer.parameters, *outer.settings);
}

Result<void> HashedExists::fill() {
  LK_CHECK(run_->open());
  std::vector<Value> values(inner_.size());
  for (;;) {
    LK_TRY(const bool more, run_->next());
    if (!more) break;
    bool has_null = false;
    for (std::size_t i = 0; i < inner_.size(); ++i) {
      values[i] = run_->target(i);
      has_null = has_null || values[i].is_null;
    }
    if (!has_null) LK_CHECK(set_.add(values, inner_));
  }
  is_filled_ = true;
  return {};
}

Result<bool> HashedExists::contains(Evaluation& outer) {
  if (!is_filled_) LK_CHECK(fill());
  arena_.reset();
  const ArenaScope scope(outer, arena_);
  std::vector<Value> values;
  for (const Expr* const key : outer_keys_) {
    values.push_back(evaluate(*key, outer));
    LK_CHECK(failure_of(outer));
    if (values.back().is_null) return false;
  }
  return set_.contains(values);
}

}  // namespace latchkey::sql::exec
