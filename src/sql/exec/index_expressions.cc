#include "sql/exec/index_expressions.h"

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/exec/evaluate.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::exec {

namespace {

std::size_t place_of(const Table& table, std::int16_t number) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].number == number) return i;
  }
  LK_ASSERT(false);
  return 0;
}

}  // namespace

IndexExpressions::IndexExpressions(const Table& table, ExecutionContext& context,
                                   const TextSettings& settings)
    : table_(table), context_(context), settings_(settings) {}

Result<std::unique_ptr<bind::Bound>> IndexExpressions::bind_one(const std::string& text) {
  LK_TRY(const auto script, parse::parse("SELECT " + text));
  bind::BindContext bind;
  // The catalog outlives the execution.
  bind.catalog =
      std::shared_ptr<const Catalog>(std::shared_ptr<const Catalog>(), &context_.catalog);
  bind.settings = &settings_;
  bind::Binder binder(std::move(bind), {});
  const parse::Node& value = *script->statements[0].node->list("target_list")[0]->child("val");
  return binder.bind_expression(value, &table_);
}

Result<IndexExpressions::BoundIndex*> IndexExpressions::bound_of(const Index& index) {
  const auto found = bound_.find(value_of(index.oid));
  if (found != bound_.end()) return &found->second;
  BoundIndex made;
  if (!index.predicate.empty()) {
    LK_TRY(made.predicate, bind_one(index.predicate));
  }
  for (const IndexColumn& part : index.columns) {
    made.parts.emplace_back();
    if (part.column != 0) continue;
    LK_TRY(made.parts.back(), bind_one(part.expression));
  }
  return &bound_.emplace(value_of(index.oid), std::move(made)).first->second;
}

Result<Value> IndexExpressions::compute(const bind::Bound& bound, std::span<const Value> row) {
  const bind::Query& query = *bound.query;
  std::vector<Value> slots(static_cast<std::size_t>(query.slot_count));
  std::copy(row.begin(), row.end(), slots.begin() + query.entries[0].first_slot);
  Evaluation evaluation;
  evaluation.arena = &arena_;
  evaluation.context = &context_;
  evaluation.settings = &settings_;
  evaluation.slots = slots.data();
  const Value value = evaluate(*query.targets[0].expr, evaluation);
  if (evaluation.failed()) return *std::move(evaluation.error);
  return value;
}

Result<bool> IndexExpressions::covers(const Index& index, std::span<const Value> row) {
  if (index.predicate.empty()) return true;
  LK_TRY(BoundIndex* const bound, bound_of(index));
  LK_TRY(const Value value, compute(*bound->predicate, row));
  return !value.is_null && value.boolean();
}

Result<std::vector<Value>> IndexExpressions::parts_of(const Index& index,
                                                      std::span<const Value> row) {
  std::vector<Value> parts;
  constexpr std::size_t kArenaBytesMax = 1 << 16;
  if (arena_.used_bytes() > kArenaBytesMax) arena_.reset();
  for (std::size_t i = 0; i < index.columns.size(); ++i) {
    const IndexColumn& part = index.columns[i];
    if (part.column != 0) {
      parts.push_back(row[place_of(table_, part.column)]);
      continue;
    }
    LK_TRY(BoundIndex* const bound, bound_of(index));
    LK_TRY(const Value value, compute(*bound->parts[i], row));
    parts.push_back(value);
  }
  return parts;
}

}  // namespace latchkey::sql::exec
