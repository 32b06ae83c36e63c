#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/parse/statement.h"

// What stands in the place of values that an INSERT does not give.

namespace latchkey::sql::bind {

using parse::Node;

namespace {

/// Sequences without a schema are those of public.
std::string with_public_sequences(std::string text) {
  for (const std::string_view call : {"nextval('", "nextval(('"}) {
    for (std::size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
      const std::size_t name = at + call.size();
      if (text.find('.', name) > text.find('\'', name)) text.insert(name, "public.");
    }
  }
  return text;
}

}  // namespace

/// An expression that the catalog keeps as text. Its names were found when it was written, so the
/// schemas that are there for all are looked through behind those of the session.
Result<Expr*> Binder::bind_kept(const std::string& text, Scope& scope) {
  const std::vector<std::string> path = context_.search_path;
  const bool sees_public = std::find(path.begin(), path.end(), "public") != path.end();
  LK_TRY(const auto script,
         parse::parse("SELECT " + (sees_public ? text : with_public_sequences(text))));
  const auto targets = script->statements[0].node->list("target_list");
  LK_ASSERT(targets.size() == 1);
  if (!sees_public) context_.search_path.emplace_back("public");
  Result<Expr*> expr = bind_expr(*targets[0]->child("val"), scope);
  context_.search_path = path;
  return expr;
}

Result<Expr*> Binder::next_of_identity(const Column& column) {
  Expr* const sequence = coercion_.constant(
      oid::kRegclass, Value::of_integer(static_cast<std::int64_t>(value_of(column.sequence))));
  LK_TRY(Expr* const next, coercion_.call_function("nextval", {sequence}, -1));
  return coercion_.coerce_to_column(next, column);
}

Result<Expr*> Binder::fit_domain(Expr* expr, Oid domain_oid) {
  const UserType* const domain =
      domain_oid == Oid::None ? nullptr : context_.catalog->find_user_type(domain_oid);
  if (domain == nullptr) return expr;
  const auto wrap = [&](Expr* value, Expr* holds, const std::string* check) -> Result<Expr*> {
    Expr* const name =
        check == nullptr ? coercion_.constant(oid::kText, Value::null()) : text_constant(*check);
    return coercion_.call_function("latchkey_checked_domain",
                                   {value, holds, text_constant(domain->name), name}, -1);
  };
  Expr* checked = expr;
  if (domain->not_null) {
    Expr* const is_there = coercion_.make(ExprKind::IsNotNull, oid::kBool);
    is_there->args = {expr};
    LK_TRY(checked, wrap(checked, is_there, nullptr));
  }
  for (const CheckConstraint& check : domain->checks) {
    // The check says VALUE where the value stands.
    Query& query = new_query(QueryKind::Select);
    Scope scope;
    scope.query = &query;
    scope.place = "check constraints";
    // In a shell, so that it is taken as it is and not as a column of this scope.
    Expr* const shell = coercion_.make(ExprKind::Relabel, expr->type);
    shell->typmod = expr->typmod;
    shell->args = {expr};
    scope.columns.push_back({"", "value", shell});
    LK_TRY(Expr* const condition, bind_kept(check.expression, scope));
    LK_TRY(Expr* const holds, coercion_.coerce_to_bool(condition, "CHECK"));
    LK_TRY(checked, wrap(checked, holds, &check.name));
  }
  return checked;
}

/// A default is kept as it was written, and means the same wherever it is bound.
Result<Expr*> Binder::bind_column_default(const Column& column) {
  if (column.identity != 0) return next_of_identity(column);
  const UserType* const domain =
      column.domain == Oid::None ? nullptr : context_.catalog->find_user_type(column.domain);
  const std::string& text =
      column.default_text.empty() && domain != nullptr ? domain->default_text : column.default_text;
  if (text.empty()) {
    if (domain == nullptr || !domain->not_null) return static_cast<Expr*>(nullptr);
    return fit_domain(coercion_.constant(column.type, Value::null()), column.domain);
  }
  Query& query = new_query(QueryKind::Select);
  Scope scope;
  scope.query = &query;
  scope.place = "DEFAULT expressions";
  LK_TRY(Expr* const expr, bind_kept(text, scope));
  LK_TRY(Expr* const fitted, coercion_.coerce_to_column(expr, column));
  return fit_domain(fitted, column.domain);
}

Result<std::unique_ptr<Bound>> Binder::bind_default(const Node& node, const Column& column,
                                                    const Table* table) {
  LK_TRY(auto bound, bind_expression(node, table));
  Target& target = bound->query->targets[0];
  // The bound expression has moved out of this binder; it is coerced where it is now.
  Coercion coercion(*bound, *context_.settings);
  if (!coercion.can_coerce(target.expr->type, column.type, CastContext::Assignment)) {
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("column \"{}\" is of type {} but {} expression is of type {}",
                             column.name, type_text(column.type),
                             column.is_generated ? "generation" : "default",
                             type_text(target.expr->type)))
        .with_hint("You will need to rewrite or cast the expression.");
  }
  LK_TRY(target.expr, coercion.coerce_to_column(target.expr, column));
  return bound;
}

Result<Expr*> Binder::bind_given(Expr* given, const Column& column, Expr* otherwise,
                                 parse::OverridingKind overriding) {
  if (otherwise == nullptr || column.is_generated) {
    otherwise = coercion_.constant(column.type, Value::null());
  }
  if (given->kind == ExprKind::Default) return otherwise;
  const auto refuse = [&](const char* what) {
    return Error(ErrorCode::GeneratedAlways,
                 fmt::format("cannot insert a non-DEFAULT value into column \"{}\"", column.name))
        .with_detail(fmt::format("Column \"{}\" is {}.", column.name, what));
  };
  if (column.is_generated) return refuse("a generated column");
  if (column.identity != 0) {
    if (overriding == parse::OverridingKind::UserValue) return otherwise;
    if (column.identity == 'a' && overriding != parse::OverridingKind::SystemValue) {
      return refuse("an identity column defined as GENERATED ALWAYS")
          .with_hint("Use OVERRIDING SYSTEM VALUE to override.");
    }
  }
  LK_TRY(Expr* const fitted, coercion_.coerce_to_column(given, column));
  return fit_domain(fitted, column.domain);
}

}  // namespace latchkey::sql::bind
