#include "sql/session_routines.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "sql/catalog/define.h"
#include "sql/cron/install.h"
#include "sql/exec/change.h"
#include "sql/exec/common_rows.h"
#include "sql/exec/evaluate.h"

namespace latchkey::sql {

using parse::Node;
using parse::NodeKind;

struct SessionRoutines::Execution {
  explicit Execution(SessionImpl& session)
      : catalog(session.current_catalog()),
        context(*session.transaction_, session.database_.engine(), *catalog, session,
                {session.cancelled_, *session.database_.environment().clock,
                 session.statement_deadline_us_}) {}
  std::shared_ptr<const Catalog> catalog;
  ExecutionContext context;
};

/// Where statements inside of routines tell their results: nowhere but for their notices.
class SessionRoutines::Sink final : public ResultSink {
 public:
  explicit Sink(SessionRoutines& routines) : routines_(routines) {}
  Result<void> columns(std::span<const ResultColumn>) override { return {}; }
  Result<void> row(std::span<const ResultColumn>, std::span<const Value>) override { return {}; }
  Result<void> complete(Bytes) override { return {}; }
  Result<void> empty() override { return {}; }
  void notice(Severity severity, const Error& notice) override {
    routines_.notice(severity, notice);
  }
  Result<void> copy_out_begin(const CopyShape&) override { return no_copy(); }
  Result<void> copy_out(Bytes) override { return no_copy(); }
  Result<void> copy_out_end() override { return no_copy(); }
  Result<void> copy_in_begin(const CopyShape&) override { return no_copy(); }
  Result<std::optional<std::string>> copy_in() override { return no_copy(); }

 private:
  static Error no_copy() {
    return Error(ErrorCode::NotSupported, "cannot COPY to/from client in PL/pgSQL");
  }
  SessionRoutines& routines_;
};

void SessionRoutines::flush_notices(ResultSink& sink) {
  std::vector<std::pair<Severity, Error>> all = std::move(notices_);
  notices_.clear();
  for (const auto& [severity, notice] : all) sink.notice(severity, notice);
}

bind::BindContext SessionRoutines::bind_context() { return session_.names_context(); }

std::uint64_t SessionRoutines::stamp() {
  std::shared_ptr<const Catalog> catalog = session_.current_catalog();
  std::string path = session_.settings_.get("search_path");
  if (catalog != stamped_catalog_ || path != stamped_path_) {
    stamped_catalog_ = std::move(catalog);
    stamped_path_ = std::move(path);
    ++stamp_;
  }
  return stamp_;
}

Result<std::uint64_t> SessionRoutines::run_query(const bind::Bound& bound,
                                                 std::span<const Value> parameters,
                                                 plpgsql::RowConsumer consumer) {
  const bind::Query& query = *bound.query;
  Execution execution(session_);
  if (query.kind == bind::QueryKind::Call) {
    return run_call(query, execution.context, parameters, consumer);
  }
  if (query.kind == bind::QueryKind::Select || query.kind == bind::QueryKind::SetOperation) {
    return run_select(query, execution.context, parameters, consumer);
  }
  if (session_.is_read_only_) {
    return Error(ErrorCode::ReadOnlyTransaction,
                 "cannot execute a statement that writes in a read-only transaction");
  }
  std::vector<Value> values;
  bool wants_more = true;
  const auto give = [&](Evaluation& evaluation) -> Result<void> {
    if (!wants_more) return {};
    values.clear();
    for (const bind::Target& target : query.targets) {
      if (!target.is_hidden) values.push_back(evaluation.slots[target.slot]);
    }
    LK_TRY(wants_more, consumer(values));
    return {};
  };
  return exec::run_change(query, execution.context, parameters, session_.text_settings_, give);
}

Result<std::uint64_t> SessionRoutines::run_select(const bind::Query& query,
                                                  ExecutionContext& context,
                                                  std::span<const Value> parameters,
                                                  plpgsql::RowConsumer consumer) {
  exec::QueryRun run(query, context, nullptr, parameters, session_.text_settings_);
  LK_CHECK(run.open());
  std::vector<Value> values;
  std::uint64_t count = 0;
  // What its WITH changes is done when all is read.
  const auto finished = [&]() -> Result<std::uint64_t> {
    LK_CHECK(exec::apply_read_changes(query, context));
    LK_CHECK(exec::apply_other_changes(query, context));
    return count;
  };
  for (;;) {
    LK_CHECK(context.check_cancelled());
    LK_TRY(const bool more, run.next());
    if (!more) return finished();
    values.clear();
    for (std::size_t i = 0; i < query.targets.size(); ++i) {
      if (!query.targets[i].is_hidden) values.push_back(run.target(i));
    }
    ++count;
    LK_TRY(const bool wants_more, consumer(values));
    if (!wants_more) return finished();
  }
}

Result<std::uint64_t> SessionRoutines::run_call(const bind::Query& query, ExecutionContext& context,
                                                std::span<const Value> parameters,
                                                plpgsql::RowConsumer consumer) {
  Arena arena;
  std::vector<Value> slots(static_cast<std::size_t>(query.slot_count));
  Evaluation evaluation;
  evaluation.arena = &arena;
  evaluation.context = &context;
  evaluation.settings = &session_.text_settings_;
  evaluation.parameters = parameters;
  evaluation.slots = slots.data();
  std::vector<Value> arguments;
  for (const bind::Expr* const arg : query.call->args) {
    arguments.push_back(exec::evaluate(*arg, evaluation));
    if (evaluation.failed()) return *std::move(evaluation.error);
  }
  LK_TRY(const std::vector<Value> outputs,
         runner_.run_procedure(Call{evaluation, arguments, query.call->types}));
  if (query.returns_rows) LK_CHECK(consumer(outputs));
  return std::uint64_t{0};
}

bool SessionRoutines::checks_assertions() {
  return session_.settings_.find("plpgsql.check_asserts").value_or("on") != "off";
}

Result<Value> SessionRoutines::evaluate(const bind::Query& query, const bind::Expr& expr,
                                        std::span<const Value> parameters, Arena& arena) {
  Execution execution(session_);
  std::vector<Value> slots(static_cast<std::size_t>(query.slot_count));
  Evaluation evaluation;
  evaluation.arena = &arena;
  evaluation.context = &execution.context;
  evaluation.settings = &session_.text_settings_;
  evaluation.parameters = parameters;
  evaluation.slots = slots.data();
  const Value value = exec::evaluate(expr, evaluation);
  if (evaluation.failed()) return *std::move(evaluation.error);
  // A subquery's value goes with its execution.
  const Type* const type = find_type(expr.type);
  const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
  return in_bytes ? arena.keep(value) : value;
}

Result<void> SessionRoutines::run_other(const std::shared_ptr<const parse::Script>& script,
                                        const Node& node) {
  if (node.is(NodeKind::TransactionStmt)) {
    return Error(ErrorCode::NotSupported, "unsupported transaction command in PL/pgSQL");
  }
  Sink sink(*this);
  if (is_definition(node)) {
    LK_CHECK(session_.run_definition(node, script->text(), sink));
    return {};
  }
  Prepared prepared;
  prepared.script = script;
  prepared.node = &node;
  LK_CHECK(session_.run_utility(prepared, sink));
  return {};
}

plpgsql::Host::Mark SessionRoutines::mark() {
  Mark mark;
  mark.savepoint = session_.transaction_->savepoint();
  mark.has_catalog = session_.change_ != nullptr;
  if (mark.has_catalog) mark.catalog = session_.change_->snapshot();
  return mark;
}

void SessionRoutines::return_to(const Mark& mark) {
  session_.transaction_->rollback_to(mark.savepoint);
  if (!mark.has_catalog) {
    session_.change_.reset();
  } else {
    session_.change_->restore(std::make_shared<Catalog>(*mark.catalog));
  }
}

bool SessionRoutines::starts_over(const Error& error) const {
  if (error.code() == ErrorCode::RowLocked) return true;
  return error.code() == ErrorCode::WriteConflict &&
         session_.isolation_ == storage::Isolation::ReadCommitted;
}

void SessionRoutines::notice(Severity severity, Error notice) {
  const auto rank_of = [](std::string_view level) {
    return level.starts_with("debug") ? 0
           : level == "log"           ? 1
           : level == "notice"        ? 2
           : level == "warning"       ? 3
                                      : 4;
  };
  const int rank = severity == Severity::Debug     ? 0
                   : severity == Severity::Log     ? 1
                   : severity == Severity::Notice  ? 2
                   : severity == Severity::Warning ? 3
                                                   : 5;
  if (rank < rank_of(session_.settings_.get("client_min_messages"))) return;
  notices_.emplace_back(severity, std::move(notice));
}

Result<void> SessionRoutines::check_cancelled() {
  if (session_.cancelled_.load(std::memory_order_relaxed)) {
    return Error(ErrorCode::QueryCanceled, "canceling statement due to user request");
  }
  const std::int64_t deadline_us = session_.statement_deadline_us_;
  if (deadline_us != 0 && session_.database_.environment().clock->steady_us() >= deadline_us) {
    return Error(ErrorCode::QueryCanceled, "canceling statement due to statement timeout");
  }
  return {};
}

bool SessionRoutines::reserve_memory(std::int64_t bytes) {
  return session_.database_.engine().reserve_memory(bytes);
}

Result<void> SessionRoutines::set(const std::string& name, const std::string& value) {
  LK_CHECK(session_.settings_.set(name, value));
  session_.settings_changed();
  return {};
}

std::shared_ptr<const void> SessionRoutines::save_settings() {
  return session_.settings_.snapshot();
}

void SessionRoutines::restore_settings(const std::shared_ptr<const void>& saved) {
  session_.settings_.restore(std::static_pointer_cast<const SessionSettings::Values>(saved));
  session_.settings_changed();
}

// What the session itself does with routines.

RoutineCaller& SessionImpl::routines() { return routines_->runner(); }

Result<std::string> SessionImpl::run_call(const Prepared& prepared,
                                          std::span<const Value> parameters, ResultSink& sink,
                                          WaitingRows* rows) {
  // Nothing is told before all is done: the statement may yet have to start over.
  std::vector<Value> outputs;
  Arena arena;
  const auto keep = [&](std::span<const Value> values) -> Result<bool> {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Type* const type = find_type(prepared.columns[i].type);
      const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
      outputs.push_back(in_bytes ? arena.keep(values[i]) : values[i]);
    }
    return false;
  };
  LK_CHECK(routines_->run_query(*prepared.bound, parameters, keep));
  if (prepared.returns_rows) LK_CHECK(give_row(prepared.columns, outputs, sink, rows));
  return std::string("CALL");
}

/// The schema cron comes with the first statement that names it.
Result<void> SessionImpl::install_mentioned(Bytes text) {
  const bool may_install = change_ == nullptr && !has_failed_ && cron::mentions_cron(text);
  if (!may_install || current_catalog()->find_schema("cron") != nullptr) return {};
  return cron::install(database_);
}

Result<std::string> SessionImpl::run_do(const Node& node) {
  std::string language = "plpgsql";
  std::string text;
  for (const Node* const option : node.list("args")) {
    const Node* const arg = option->child("arg");
    if (arg == nullptr) continue;
    (option->text("defname") == "language" ? language : text) = arg->text("sval");
  }
  return with_retries([&]() -> Result<std::string> {
    LK_CHECK(routines_->runner().run_block(language, text));
    return std::string("DO");
  });
}

}  // namespace latchkey::sql
