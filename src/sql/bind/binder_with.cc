#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/bind/recursion.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

namespace {

/// What ctematerialized says.
enum class Materialize : std::uint8_t { Default = 1, Always, Never };

bool changes_rows(const Node& node) {
  return node.is(NodeKind::InsertStmt) || node.is(NodeKind::UpdateStmt) ||
         node.is(NodeKind::DeleteStmt);
}

}  // namespace

Result<Query*> Binder::bind_statement(const Node& node, Scope* outer) {
  switch (node.kind) {
    case NodeKind::InsertStmt:
      return bind_insert(node, outer);
    case NodeKind::UpdateStmt:
      return bind_update(node, outer);
    case NodeKind::DeleteStmt:
      return bind_delete(node, outer);
    case NodeKind::SelectStmt:
      break;
    default:
      return Error(ErrorCode::NotSupported, std::string(node.name) + " is not supported here");
  }
  if (node.as<parse::SetKind>("op") != parse::SetKind::None) return bind_set_operation(node, outer);
  if (!node.list("values_lists").empty()) return bind_values(node, outer);
  return bind_select(node, outer);
}

Result<Query*> Binder::bind_query(const Node& node, Scope* outer) {
  const Node* const with = node.child("with_clause");
  if (with == nullptr) return bind_statement(node, outer);
  Scope scope;
  scope.outer = outer;
  LK_CHECK(bind_with(*with, scope));
  LK_TRY(Query* const query, bind_statement(node, &scope));
  query->commons = scope.commons;
  for (CommonTable* const common : scope.commons) {
    query->parent_levels = std::max(query->parent_levels, common->query->parent_levels);
    if (common->step != nullptr) {
      query->parent_levels = std::max(query->parent_levels, common->step->parent_levels);
    }
  }
  put_in_place(*query);
  return query;
}

Result<void> Binder::bind_with(const Node& with, Scope& scope) {
  const bool is_recursive = with.flag("recursive");
  for (const Node* const cte : with.list("ctes")) {
    const std::string name(cte->text("ctename"));
    for (const auto& other : scope.ctes) {
      if (other.name != name) continue;
      return Error(ErrorCode::AliasDuplicate,
                   fmt::format("WITH query name \"{}\" specified more than once", name))
          .at(cte->location + 1);
    }
    if (changes_rows(*cte->child("ctequery")) && &with != top_with_) {
      return Error(ErrorCode::NotSupported,
                   "WITH clause containing a data-modifying statement must be at the top level")
          .at(cte->location + 1);
    }
    if (cte->child("search_clause") != nullptr || cte->child("cycle_clause") != nullptr) {
      return Error(ErrorCode::NotSupported, "SEARCH and CYCLE clauses are not supported")
          .at(cte->location + 1);
    }
    scope.ctes.push_back({name, cte});
    if (is_recursive) continue;
    // It sees those before it: itself it does not.
    scope.ctes.back().is_hidden = true;
    LK_CHECK(bind_cte(scope, scope.ctes.size() - 1));
    scope.ctes.back().is_hidden = false;
  }
  if (!is_recursive) return {};
  for (std::size_t i = 0; i < scope.ctes.size(); ++i) {
    if (scope.ctes[i].common == nullptr) LK_CHECK(bind_cte(scope, i));
  }
  return {};
}

Result<void> Binder::bind_cte(Scope& scope, std::size_t index) {
  const Node& cte = *scope.ctes[index].node;
  const Node& body = *cte.child("ctequery");
  CommonTable& common = bound_->commons.emplace_back();
  common.name = scope.ctes[index].name;
  common.must_keep_rows = cte.as<Materialize>("ctematerialized") == Materialize::Always;
  scope.ctes[index].common = &common;
  scope.ctes[index].state = Scope::CteState::Binding;
  const bool recurses = !scope.ctes[index].is_hidden && refers_to_itself(body, common.name);
  if (recurses) {
    LK_CHECK(check_recursion(body, common.name));
    LK_CHECK(bind_recursive(cte, common, scope, index));
  } else {
    LK_TRY(common.query, bind_query(body, &scope));
    if (common.changes_rows()) {
      bound_->changes_rows = true;
      common.must_keep_rows = true;
    }
    LK_CHECK(describe(cte, common));
  }
  scope.ctes[index].state = Scope::CteState::Bound;
  scope.commons.push_back(&common);
  return {};
}

Result<void> Binder::describe(const Node& cte, CommonTable& common) {
  const std::vector<std::string> aliases = parse::texts_of(cte.list("aliascolnames"));
  const bool has_rows = common.query->returns_rows;
  for (const Target& target : common.query->targets) {
    if (target.is_hidden || !has_rows) continue;
    const std::size_t at = common.names.size();
    common.names.push_back(at < aliases.size()   ? aliases[at]
                           : target.name.empty() ? "?column?"
                                                 : target.name);
    common.types.push_back(target.expr->type);
    common.typmods.push_back(target.expr->typmod);
  }
  if (aliases.size() <= common.names.size() || !has_rows) return {};
  return Error(ErrorCode::ColumnReferenceInvalid,
               fmt::format("WITH query \"{}\" has {} columns available but {} columns specified",
                           common.name, common.names.size(), aliases.size()))
      .at(cte.location + 1);
}

Result<void> Binder::bind_recursive(const Node& cte, CommonTable& common, Scope& scope,
                                    std::size_t index) {
  const Node& body = *cte.child("ctequery");
  common.must_keep_rows = true;
  common.keeps_duplicates = body.flag("all");
  // WITH inside of the body is seen by both of its sides.
  Scope inner;
  inner.outer = &scope;
  Scope* around = &scope;
  if (const Node* const with = body.child("with_clause")) {
    LK_CHECK(bind_with(*with, inner));
    around = &inner;
  }
  LK_TRY(common.query, bind_query(*body.child("larg"), around));
  LK_CHECK(describe(cte, common));
  scope.ctes[index].state = Scope::CteState::Recursing;
  keeps_unknown_ = true;
  LK_TRY(common.step, bind_query(*body.child("rarg"), around));
  keeps_unknown_ = false;
  common.query->commons.insert(common.query->commons.begin(), inner.commons.begin(),
                               inner.commons.end());
  if (!common.step->aggregates.empty() || common.step->is_grouped) {
    bool reads_itself = false;
    for (const RangeEntry& entry : common.step->entries) {
      reads_itself = reads_itself || entry.kind == RangeEntry::Kind::Work;
    }
    if (reads_itself && !common.step->aggregates.empty()) {
      return Error(ErrorCode::RecursionInvalid,
                   "aggregate functions are not allowed in a recursive query's recursive term");
    }
  }
  std::vector<Target*> targets;
  for (Target& target : common.step->targets) {
    if (!target.is_hidden) targets.push_back(&target);
  }
  if (targets.size() != common.types.size()) {
    return Error(ErrorCode::SyntaxError, "each UNION query must have the same number of columns");
  }
  std::size_t column = 0;
  for (Target& first : common.query->targets) {
    if (first.is_hidden) continue;
    Expr* const sides[] = {first.expr, targets[column]->expr};
    LK_TRY(const Oid type, coercion_.common_type(sides, "UNION"));
    if (type != common.types[column]) {
      return Error(ErrorCode::TypeMismatch,
                   fmt::format("recursive query \"{}\" column {} has type {} in non-recursive term "
                               "but type {} overall",
                               common.name, column + 1, type_text(common.types[column]),
                               type_text(type)))
          .with_hint("Cast the output of the non-recursive term to the correct type.")
          .at(first.expr->location + 1);
    }
    LK_TRY(targets[column]->expr,
           coercion_.coerce(targets[column]->expr, type, -1, CastContext::Implicit));
    ++column;
  }
  return {};
}

/// A name in FROM that WITH gives a meaning to. Null: there is no such.
Result<FromNode*> Binder::find_common(const Node& range_var, Scope& scope,
                                      std::vector<ScopeColumn>& columns) {
  if (!range_var.text("schemaname").empty()) return static_cast<FromNode*>(nullptr);
  const Bytes name = range_var.text("relname");
  int level = 0;
  for (Scope* at = &scope; at != nullptr; at = at->outer) {
    for (std::size_t i = at->ctes.size(); i-- > 0;) {
      if (at->ctes[i].name != name || at->ctes[i].is_hidden) continue;
      return use_common(range_var, scope, *at, i, level, columns);
    }
    if (at->query != nullptr) ++level;
  }
  return static_cast<FromNode*>(nullptr);
}

Result<FromNode*> Binder::use_common(const Node& range_var, Scope& scope, Scope& owner,
                                     std::size_t index, int level,
                                     std::vector<ScopeColumn>& columns) {
  if (owner.ctes[index].common == nullptr) LK_CHECK(bind_cte(owner, index));
  if (owner.ctes[index].state == Scope::CteState::Binding) {
    return Error(ErrorCode::NotSupported, "mutual recursion between WITH items is not implemented")
        .at(owner.ctes[index].node->location + 1);
  }
  CommonTable& common = *owner.ctes[index].common;
  const bool is_work = owner.ctes[index].state == Scope::CteState::Recursing;
  if (common.names.empty() && !common.query->returns_rows) {
    return Error(ErrorCode::NotSupported,
                 fmt::format("WITH query \"{}\" does not have a RETURNING clause", common.name))
        .at(range_var.location + 1);
  }
  // What the query looks at outside of itself, whoever reads it looks at, too.
  if (common.query->parent_levels > 0) {
    int between = level + common.query->parent_levels - 1;
    for (Scope* inner = &scope; inner != &owner; inner = inner->outer) {
      if (inner->query == nullptr) continue;
      inner->query->parent_levels = std::max(inner->query->parent_levels, between--);
    }
  }
  RangeEntry entry;
  entry.kind = is_work ? RangeEntry::Kind::Work : RangeEntry::Kind::Common;
  entry.alias = range_var.text("relname");
  entry.common = &common;
  entry.query_level = level;
  entry.names = common.names;
  entry.types = common.types;
  entry.typmods = common.typmods;
  common.uses.push_back({scope.query, static_cast<int>(scope.query->entries.size())});
  return add_entry(std::move(entry), range_var.child("alias"), scope, columns);
}

/// What is read once and has no effects is computed where it is read.
void Binder::put_in_place(Query& query) {
  for (CommonTable* const common : query.commons) {
    if (common->uses.size() != 1 || common->must_keep_rows || common->step != nullptr) continue;
    if (is_volatile(*common->query)) continue;
    RangeEntry& entry =
        common->uses[0].query->entries[static_cast<std::size_t>(common->uses[0].entry)];
    entry.kind = RangeEntry::Kind::Query;
    entry.query = common->query;
  }
}

}  // namespace latchkey::sql::bind
