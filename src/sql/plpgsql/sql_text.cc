#include "sql/plpgsql/sql_text.h"

#include <algorithm>

#include "base/assert.h"

namespace latchkey::sql::plpgsql {

namespace {

using parse::Node;
using parse::NodeKind;

/// Whether a SELECT has a list of targets and nothing else.
bool is_bare(const Node& select) {
  for (const char* const list : {"from_clause", "group_clause", "sort_clause", "values_lists",
                                 "distinct_clause", "locking_clause", "window_clause"}) {
    if (!select.list(list).empty()) return false;
  }
  for (const char* const child : {"where_clause", "having_clause", "with_clause", "limit_count",
                                  "limit_offset", "into_clause", "larg"}) {
    if (select.child(child) != nullptr) return false;
  }
  const auto targets = select.list("target_list");
  if (targets.size() != 1) return false;
  const Node& value = *targets[0]->child("val");
  const auto fields = value.list("fields");
  return !value.is(NodeKind::ColumnRef) || fields.empty() || !fields.back()->is(NodeKind::AStar);
}

}  // namespace

SqlText SqlText::expression(std::string text) {
  SqlText expression(std::move(text));
  expression.is_expression_ = true;
  return expression;
}

SqlText::SqlText(std::shared_ptr<const parse::Script> script, const Node* node, Bytes text)
    : text_(text), script_(std::move(script)), node_(node) {}

Result<void> SqlText::parse() {
  if (node_ != nullptr) return {};
  Result<std::shared_ptr<const parse::Script>> script =
      parse::parse(is_expression_ ? "SELECT " + text_ : text_);
  if (!script.has_value()) return std::move(script).error();
  if ((*script)->statements.size() != 1) {
    return Error(ErrorCode::SyntaxError, "query must be one statement: " + text_);
  }
  script_ = std::move(*script);
  node_ = script_->statements[0].node;
  is_simple_ = is_expression_ && node_->is(NodeKind::SelectStmt) && is_bare(*node_);
  return {};
}

bool SqlText::is_query() const {
  LK_ASSERT(node_ != nullptr);
  return node_->is(NodeKind::SelectStmt) || node_->is(NodeKind::InsertStmt) ||
         node_->is(NodeKind::UpdateStmt) || node_->is(NodeKind::DeleteStmt) ||
         node_->is(NodeKind::CallStmt);
}

Result<std::shared_ptr<const bind::Bound>> SqlText::bind(Host& host, bind::NameSource* names,
                                                         std::uint64_t shape) {
  const std::uint64_t stamp = host.stamp();
  if (bound_ != nullptr && bound_stamp_ == stamp && bound_shape_ == shape) return bound_;
  LK_TRY(bound_, bind_in(host.bind_context(), names));
  bound_stamp_ = stamp;
  bound_shape_ = shape;
  return bound_;
}

Result<std::shared_ptr<const bind::Bound>> SqlText::bind_in(bind::BindContext context,
                                                            bind::NameSource* names) {
  LK_CHECK(parse());
  context.names = names;
  const TextSettings& settings = *context.settings;
  if (!is_simple_) {
    bind::Binder binder(std::move(context), {});
    LK_TRY(auto bound, binder.bind(*node_));
    return std::shared_ptr<const bind::Bound>(std::move(bound));
  }
  bind::Binder binder(context, {});
  Result<std::unique_ptr<bind::Bound>> bound =
      binder.bind_expression(*node_->list("target_list")[0]->child("val"), nullptr);
  if (!bound.has_value()) {
    // What an expression may not hold, a query may: an aggregate, a set.
    const ErrorCode code = bound.error().code();
    if (code != ErrorCode::GroupingError && code != ErrorCode::NotSupported) {
      return std::move(bound).error();
    }
    is_simple_ = false;
    return bind_in(std::move(context), names);
  }
  bind::Query& query = *(*bound)->query;
  if (query.targets[0].expr->type == oid::kUnknown) {
    bind::Coercion coercion(**bound, settings);
    LK_TRY(query.targets[0].expr,
           coercion.coerce(query.targets[0].expr, oid::kText, -1, CastContext::Implicit));
  }
  return std::shared_ptr<const bind::Bound>(std::move(*bound));
}

}  // namespace latchkey::sql::plpgsql
