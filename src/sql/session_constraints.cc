#include <fmt/format.h>

#include <algorithm>

#include "sql/session_impl.h"

// Foreign keys that are looked at when the transaction ends.

namespace latchkey::sql {

using parse::Node;

bool SessionImpl::is_deferred(const ForeignKey& key) const {
  if (!key.is_deferrable) return false;
  const auto found = constraint_modes_.find(value_of(key.oid));
  if (found != constraint_modes_.end()) return found->second;
  return all_constraints_.value_or(key.is_deferred);
}

Result<void> SessionImpl::run_deferred(const std::vector<Oid>* keys) {
  const auto is_wanted = [&](const exec::ForeignCheck& check) {
    return keys == nullptr || std::find(keys->begin(), keys->end(), check.key) != keys->end();
  };
  const auto look = [&]() -> Result<std::string> {
    ExecutionContext execution = make_context();
    exec::ForeignKeys& foreign_keys = execution.foreign_keys(text_settings_);
    for (const exec::ForeignCheck& check : deferred_) {
      LK_CHECK(execution.check_cancelled());
      if (is_wanted(check)) LK_CHECK(foreign_keys.run(check));
    }
    return std::string();
  };
  LK_TRY(const std::string done, with_retries(look));
  (void)done;
  std::erase_if(deferred_, is_wanted);
  return {};
}

Result<const ForeignKey*> SessionImpl::find_constraint(const Node& range_var) {
  const Bytes name = range_var.text("relname");
  const Bytes schema = range_var.text("schemaname");
  std::vector<std::string> schemas = search_path();
  if (!schema.empty()) schemas = {std::string(schema)};
  current_catalog_ = current_catalog();
  bool is_other = false;
  for (const auto& [oid, table] : catalog().tables()) {
    const Schema* const has = catalog().find_schema(table->schema);
    if (has == nullptr || std::find(schemas.begin(), schemas.end(), has->name) == schemas.end()) {
      continue;
    }
    for (const ForeignKey& key : table->foreign_keys) {
      if (key.name != name) continue;
      if (key.is_deferrable) return &key;
      is_other = true;
    }
    const auto has_name = [&](const auto& each) { return each.name == name; };
    is_other = is_other || std::any_of(table->checks.begin(), table->checks.end(), has_name) ||
               std::any_of(table->indexes.begin(), table->indexes.end(), has_name);
  }
  if (is_other) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("constraint \"{}\" is not deferrable", name));
  }
  return Error(ErrorCode::ObjectMissing, fmt::format("constraint \"{}\" does not exist", name));
}

Result<std::string> SessionImpl::run_set_constraints(const Node& node) {
  LK_CHECK(begin_transaction());
  const bool is_deferred = node.flag("deferred");
  if (node.list("constraints").empty()) {
    constraint_modes_.clear();
    all_constraints_ = is_deferred;
    if (!is_deferred) LK_CHECK(run_deferred(nullptr));
    return std::string("SET CONSTRAINTS");
  }
  std::vector<Oid> keys;
  for (const Node* const each : node.list("constraints")) {
    LK_TRY(const ForeignKey* const key, find_constraint(*each));
    keys.push_back(key->oid);
  }
  for (const Oid key : keys) constraint_modes_[value_of(key)] = is_deferred;
  if (!is_deferred) LK_CHECK(run_deferred(&keys));
  return std::string("SET CONSTRAINTS");
}

}  // namespace latchkey::sql
