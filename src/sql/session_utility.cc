#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "sql/bind/binder.h"
#include "sql/parse/deparse.h"
#include "sql/session_impl.h"
#include "sql/types/date_style.h"

namespace latchkey::sql {

namespace {

using parse::Node;
using parse::NodeKind;
using parse::TransactionKind;

ResultColumn text_column(std::string name) { return {std::move(name), oid::kText}; }

std::string value_text(const Node& node) {
  if (node.is(NodeKind::TypeCast)) return value_text(*node.child("arg"));
  if (const Node* const text = node.child("sval")) return std::string(text->text("sval"));
  if (const Node* const integer = node.child("ival"))
    return std::to_string(integer->number("ival"));
  if (const Node* const number = node.child("fval")) return std::string(number->text("fval"));
  if (const Node* const flag = node.child("boolval")) return flag->flag("boolval") ? "on" : "off";
  return {};
}

Error not_supported(const Node& node) {
  return Error(ErrorCode::NotSupported, std::string(node.name) + " is not supported yet");
}

}  // namespace

void SessionImpl::settings_changed() {
  text_settings_.zones = &database_.time_zones();
  text_settings_.zone = database_.time_zones().find_for_session(settings_.get("timezone"));
  const Result<DateSettings> dates = DateSettings::parse(settings_.get("datestyle"), {});
  LK_ASSERT(dates.has_value());
  text_settings_.date_style = dates->style;
  text_settings_.date_order = dates->order;
  text_settings_.interval_style = interval_style_of(settings_.get("intervalstyle"));
  text_settings_.bytea_escape = settings_.get("bytea_output") == "escape";
  activity_.name_application(settings_.get("application_name"));
}

/// The columns of statements that are no queries and yet return rows.
Result<std::vector<ResultColumn>> SessionImpl::utility_columns(const Node& node) const {
  std::vector<ResultColumn> columns;
  if (node.is(NodeKind::VariableShowStmt)) {
    const std::string name(node.text("name"));
    if (to_lower(name) == "all") {
      return std::vector<ResultColumn>{text_column("name"), text_column("setting"),
                                       text_column("description")};
    }
    columns.push_back(text_column(name));
  } else if (node.is(NodeKind::ExecuteStmt)) {
    const auto found = statements_.find(node.text("name"));
    if (found == statements_.end()) {
      return Error(ErrorCode::PreparedMissing,
                   fmt::format("prepared statement \"{}\" does not exist", node.text("name")));
    }
    return found->second->columns;
  }
  return columns;
}

Result<std::string> SessionImpl::run_utility(Prepared& prepared, ResultSink& sink) {
  const Node& node = *prepared.node;
  switch (node.kind) {
    case NodeKind::TransactionStmt:
      return run_transaction(node, sink);
    case NodeKind::VariableSetStmt:
      return run_set(node);
    case NodeKind::VariableShowStmt:
      return run_show(node, sink);
    case NodeKind::PrepareStmt:
      return run_prepare(node, prepared.script->text());
    case NodeKind::ExecuteStmt:
      return run_execute(node, sink);
    case NodeKind::DeallocateStmt:
      return run_deallocate(node);
    case NodeKind::DiscardStmt:
      return run_discard(node);
    case NodeKind::VacuumStmt:
      // Old versions go by themselves, and statistics are counted as rows change.
      if (in_block_ && node.flag("is_vacuumcmd")) {
        return Error(ErrorCode::TransactionActive, "VACUUM cannot run inside a transaction block");
      }
      return std::string(node.flag("is_vacuumcmd") ? "VACUUM" : "ANALYZE");
    case NodeKind::DoStmt:
      return run_do(node);
    case NodeKind::ConstraintsSetStmt:
      return run_set_constraints(node);
    case NodeKind::CheckPointStmt:
      LK_CHECK(database_.engine().checkpoint());
      return std::string("CHECKPOINT");
    default:
      return not_supported(node);
  }
}

Result<void> SessionImpl::set_isolation(const std::string& value) {
  LK_CHECK(settings_.set("transaction_isolation", value));
  return {};
}

Result<std::string> SessionImpl::run_transaction(const Node& node, ResultSink& sink) {
  const auto warn = [&](ErrorCode code, const char* message) {
    sink.notice(Severity::Warning, Error(code, message));
  };
  const std::string name(node.text("savepoint_name"));
  switch (node.as<TransactionKind>("kind")) {
    case TransactionKind::Begin:
    case TransactionKind::Start: {
      if (in_block_) {
        warn(ErrorCode::TransactionActive, "there is already a transaction in progress");
        return std::string("BEGIN");
      }
      is_read_only_ = settings_.get("default_transaction_read_only") == "on";
      for (const Node* const option : node.list("options")) {
        const Bytes what = option->text("defname");
        const Node* const arg = option->child("arg");
        if (what == "transaction_isolation" && arg != nullptr) {
          LK_CHECK(set_isolation(value_text(*arg)));
        } else if (what == "transaction_read_only" && arg != nullptr) {
          const std::string value = value_text(*arg);
          is_read_only_ = value != "0" && value != "off";
        }
      }
      // A transaction that began without a block, in the same message, goes on as one.
      if (transaction_ == nullptr) LK_CHECK(begin_transaction());
      in_block_ = true;
      return std::string("BEGIN");
    }
    case TransactionKind::Commit: {
      const bool failed = has_failed_;
      if (!in_block_) warn(ErrorCode::NoTransaction, "there is no transaction in progress");
      is_read_only_ = false;
      if (failed) {
        rollback();
        return std::string("ROLLBACK");
      }
      LK_CHECK(commit());
      return std::string("COMMIT");
    }
    case TransactionKind::Rollback:
      if (!in_block_) warn(ErrorCode::NoTransaction, "there is no transaction in progress");
      is_read_only_ = false;
      rollback();
      return std::string("ROLLBACK");
    case TransactionKind::Savepoint:
      if (!in_block_) {
        return Error(ErrorCode::NoTransaction, "SAVEPOINT can only be used in transaction blocks");
      }
      LK_CHECK(begin_transaction());
      savepoints_.push_back({name, transaction_->savepoint(),
                             change_ == nullptr ? nullptr : change_->snapshot(),
                             settings_.snapshot(), deferred_.size()});
      return std::string("SAVEPOINT");
    case TransactionKind::Release: {
      if (!in_block_) {
        return Error(ErrorCode::NoTransaction,
                     "RELEASE SAVEPOINT can only be used in transaction blocks");
      }
      for (std::size_t i = savepoints_.size(); i-- > 0;) {
        if (savepoints_[i].name != name) continue;
        savepoints_.resize(i);
        return std::string("RELEASE");
      }
      return Error(ErrorCode::SavepointMissing,
                   fmt::format("savepoint \"{}\" does not exist", name));
    }
    case TransactionKind::RollbackTo:
      return rollback_to(name);
  }
  return not_supported(node);
}

Result<std::string> SessionImpl::rollback_to(const std::string& name) {
  if (!in_block_) {
    return Error(ErrorCode::NoTransaction,
                 "ROLLBACK TO SAVEPOINT can only be used in transaction blocks");
  }
  for (std::size_t i = savepoints_.size(); i-- > 0;) {
    if (savepoints_[i].name != name) continue;
    Savepoint& savepoint = savepoints_[i];
    transaction_->rollback_to(savepoint.place);
    deferred_.resize(savepoint.deferred_count);
    // The savepoint itself stays, to be rolled back to again.
    savepoint.place = transaction_->savepoint();
    if (savepoint.catalog == nullptr) {
      change_.reset();
    } else {
      change_->restore(std::make_shared<Catalog>(*savepoint.catalog));
    }
    settings_.restore(savepoint.settings);
    settings_changed();
    savepoints_.resize(i + 1);
    has_failed_ = false;
    portals_.clear();
    return std::string("ROLLBACK");
  }
  return Error(ErrorCode::SavepointMissing, fmt::format("savepoint \"{}\" does not exist", name));
}

Result<std::string> SessionImpl::run_set(const Node& node) {
  using parse::VariableSetKind;
  const std::string name(node.text("name"));
  LK_CHECK(begin_transaction());
  switch (node.as<VariableSetKind>("kind")) {
    case VariableSetKind::Value: {
      std::string value;
      for (const Node* const arg : node.list("args")) {
        if (!value.empty()) value += ", ";
        std::string each = value_text(*arg);
        // Of constants SET TIME ZONE alone takes a cast, to interval.
        if (arg->is(NodeKind::TypeCast)) each = "INTERVAL '" + each + "'";
        value += to_lower(name) == "search_path" ? parse::quoted_name(each) : each;
      }
      if (to_lower(name) == "transaction_isolation" && in_block_) {
        return Error(ErrorCode::TransactionActive,
                     "SET TRANSACTION ISOLATION LEVEL must be called before any query");
      }
      LK_CHECK(settings_.set(name, std::move(value)));
      break;
    }
    case VariableSetKind::Default:
    case VariableSetKind::Reset:
      LK_CHECK(settings_.reset(name));
      break;
    case VariableSetKind::ResetAll:
      settings_.reset_all();
      break;
    case VariableSetKind::Multi:
      for (const Node* const option : node.list("args")) {
        const Bytes what = option->text("defname");
        const Node* const arg = option->child("arg");
        if (arg == nullptr) continue;
        const std::string prefix = name == "SESSION CHARACTERISTICS" ? "default_" : "";
        if (what == "transaction_isolation" || what == "transaction_read_only") {
          const std::string value = value_text(*arg);
          const bool is_flag = what == "transaction_read_only";
          LK_CHECK(
              settings_.set(prefix + std::string(what),
                            is_flag ? (value == "0" || value == "off" ? "off" : "on") : value));
          if (is_flag && prefix.empty()) is_read_only_ = value != "0" && value != "off";
        }
      }
      break;
    case VariableSetKind::Current:
      break;
  }
  settings_changed();
  const auto kind = node.as<VariableSetKind>("kind");
  return std::string(kind == VariableSetKind::Reset || kind == VariableSetKind::ResetAll ? "RESET"
                                                                                         : "SET");
}

Result<void> SessionImpl::give_text_row(std::span<const ResultColumn> columns,
                                        const std::vector<std::string>& texts, ResultSink& sink,
                                        WaitingRows*) {
  std::vector<Value> values;
  for (const std::string& text : texts) values.push_back(Value::of_bytes(text));
  return sink.row(columns, values);
}

Result<std::string> SessionImpl::run_show(const Node& node, ResultSink& sink) {
  const std::string name(node.text("name"));
  LK_TRY(const std::vector<ResultColumn> columns, utility_columns(node));
  if (to_lower(name) == "all") {
    for (const SessionSettings::Shown& each : settings_.all()) {
      LK_CHECK(give_text_row(columns, {each.name, each.value, std::string(each.description)}, sink,
                             nullptr));
    }
    return std::string("SHOW");
  }
  const std::optional<std::string> value = settings_.find(name);
  if (!value.has_value()) {
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("unrecognized configuration parameter \"{}\"", name));
  }
  LK_CHECK(give_text_row(columns, {*value}, sink, nullptr));
  return std::string("SHOW");
}

Result<std::string> SessionImpl::run_prepare(const Node& node, Bytes text) {
  const Bytes name = node.text("name");
  if (statements_.contains(name)) {
    return Error(ErrorCode::PreparedDuplicate,
                 fmt::format("prepared statement \"{}\" already exists", name));
  }
  std::vector<Oid> types;
  for (const Node* const each : node.list("argtypes")) {
    LK_TRY(const bind::Binder::NamedType type, bind::Binder(names_context(), {}).named_type(*each));
    types.push_back(type.type);
  }
  // The statement's nodes belong to this script; parsed again they belong to the statement alone.
  LK_TRY(const auto script, parse::parse(text));
  for (const parse::Script::Statement& each : script->statements) {
    if (!each.node->is(NodeKind::PrepareStmt) || each.node->text("name") != name) continue;
    LK_TRY(auto prepared, analyze(script, {each.node->child("query"), each.text}, types));
    statements_.emplace(std::string(name), std::move(prepared));
    return std::string("PREPARE");
  }
  return Error(ErrorCode::Internal, "a PREPARE was not found in its own text");
}

Result<std::string> SessionImpl::run_execute(const Node& node, ResultSink& sink) {
  const auto found = statements_.find(node.text("name"));
  if (found == statements_.end()) {
    return Error(ErrorCode::PreparedMissing,
                 fmt::format("prepared statement \"{}\" does not exist", node.text("name")));
  }
  const std::shared_ptr<Prepared> prepared = found->second;
  const auto arguments = node.list("params");
  const std::size_t wanted = prepared->is_query() ? prepared->bound->parameter_types.size() : 0;
  if (arguments.size() != wanted) {
    return Error(ErrorCode::SyntaxError,
                 fmt::format("wrong number of parameters for prepared statement \"{}\"",
                             node.text("name")))
        .with_detail(fmt::format("Expected {} parameters but got {}.", wanted, arguments.size()));
  }
  Arena arena;
  std::vector<Value> values;
  for (std::size_t i = 0; i < wanted; ++i) {
    // An argument is an expression, and becomes a value as an assignment does.
    bind::BindContext context;
    context.catalog = current_catalog();
    context.search_path = search_path();
    context.settings = &text_settings_;
    bind::Binder binder(std::move(context), {});
    LK_TRY(const std::string text, parse::deparse(*arguments[i]));
    const Type* const type = find_type(prepared->bound->parameter_types[i]);
    LK_ASSERT(type != nullptr);
    LK_TRY(const auto script, parse::parse(fmt::format("SELECT CAST({} AS pg_catalog.{})", text,
                                                       parse::quoted_name(type->name))));
    LK_TRY(const auto bound,
           binder.bind_expression(*script->statements[0].node->list("target_list")[0]->child("val"),
                                  nullptr));
    LK_CHECK(begin_transaction());
    ExecutionContext execution = make_context();
    exec::QueryRun run(*bound->query, execution, nullptr, {}, text_settings_);
    LK_CHECK(run.open());
    LK_TRY(const bool has_row, run.next());
    LK_ASSERT(has_row);
    const bool in_bytes = type->kept == Kept::Bytes;
    values.push_back(in_bytes ? arena.keep(run.target(0)) : run.target(0));
  }
  return run_statement(*prepared, values, sink, nullptr);
}

Result<std::string> SessionImpl::run_deallocate(const Node& node) {
  const Bytes name = node.text("name");
  if (name.empty()) {
    statements_.clear();
    return std::string("DEALLOCATE ALL");
  }
  if (!statements_.contains(name)) {
    return Error(ErrorCode::PreparedMissing,
                 fmt::format("prepared statement \"{}\" does not exist", name));
  }
  close_statement(name);
  return std::string("DEALLOCATE");
}

Result<std::string> SessionImpl::run_discard(const Node& node) {
  switch (node.as<parse::DiscardKind>("target")) {
    case parse::DiscardKind::All:
      if (in_block_) {
        return Error(ErrorCode::TransactionActive,
                     "DISCARD ALL cannot run inside a transaction block");
      }
      statements_.clear();
      settings_.reset_all();
      settings_changed();
      sequences_.forget();
      LK_CHECK(begin_transaction());
      LK_CHECK(drop_temporary_tables());
      return std::string("DISCARD ALL");
    case parse::DiscardKind::Plans:
      return std::string("DISCARD PLANS");
    case parse::DiscardKind::Sequences:
      sequences_.forget();
      return std::string("DISCARD SEQUENCES");
    case parse::DiscardKind::Temp:
      LK_CHECK(begin_transaction());
      LK_CHECK(drop_temporary_tables());
      return std::string("DISCARD TEMP");
  }
  return not_supported(node);
}

}  // namespace latchkey::sql
