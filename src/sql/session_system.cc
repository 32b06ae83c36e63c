#include "sql/session_impl.h"

// What the session tells the system's tables about itself.

namespace latchkey::sql {

Result<std::string> SessionImpl::set_setting(std::string_view name, std::string value,
                                             bool is_local) {
  if (is_local && in_block_ && !local_settings_.has_value()) local_settings_ = settings_.snapshot();
  LK_CHECK(settings_.set(name, std::move(value)));
  settings_changed();
  return settings_.get(name);
}

std::vector<PreparedShown> SessionImpl::prepared_statements() const {
  std::vector<PreparedShown> shown;
  for (const auto& [name, prepared] : statements_) {
    if (name.empty()) continue;
    PreparedShown row;
    row.name = name;
    row.text = prepared->text;
    if (prepared->bound != nullptr) row.parameters = prepared->bound->parameter_types;
    row.from_sql = prepared->from_sql;
    shown.push_back(std::move(row));
  }
  return shown;
}

StatementShown::StatementShown(SessionImpl& session, Bytes text) : session_(session) {
  const TextSettings& settings = session_.text_settings_;
  session_.activity_.begin_statement(text, settings.transaction_us, settings.statement_us);
}

StatementShown::~StatementShown() {
  const TransactionState state = session_.transaction_state();
  const char* const name = state == TransactionState::Idle ? "idle"
                           : state == TransactionState::InTransaction
                               ? "idle in transaction"
                               : "idle in transaction (aborted)";
  const TextSettings& settings = session_.text_settings_;
  session_.activity_.end_statement(
      name, state == TransactionState::Idle ? 0 : settings.transaction_us, settings.statement_us);
}

}  // namespace latchkey::sql
