#include "sql/plpgsql/cast.h"

namespace latchkey::sql::plpgsql {

namespace {

Result<std::unique_ptr<bind::Bound>> bind_cast(Oid from, Oid to, std::int32_t typmod,
                                               const TextSettings& settings) {
  auto bound = std::make_unique<bind::Bound>();
  bound->parameter_types = {from};
  bind::Coercion coercion(*bound, settings);
  bind::Expr* expr = coercion.make(bind::ExprKind::Parameter, from);
  expr->index = 0;
  if (from != to && !coercion.can_coerce(from, to, CastContext::Assignment)) {
    bind::Expr* const read = coercion.make(bind::ExprKind::ByText, to);
    read->args = {expr};
    expr = read;
  }
  LK_TRY(expr, coercion.coerce(expr, to, typmod, CastContext::Assignment));
  bind::Query& query = bound->queries.emplace_back();
  query.targets.push_back({expr, "", false, query.slot_count++});
  bound->query = &query;
  return bound;
}

}  // namespace

Result<Value> Casts::convert(const Value& value, Oid from, Oid to, std::int32_t typmod,
                             Arena& arena) {
  if (from == oid::kUnknown) from = oid::kText;  // it is kept as one
  if (value.is_null || (from == to && typmod < 0)) return value;
  std::unique_ptr<bind::Bound>& bound = known_[{from, to, typmod}];
  if (bound == nullptr) {
    LK_TRY(bound, bind_cast(from, to, typmod, host_.text_settings()));
  }
  return host_.evaluate(*bound->query, *bound->query->targets[0].expr, {&value, 1}, arena);
}

}  // namespace latchkey::sql::plpgsql
