#include <fmt/format.h>

#include <chrono>

#include "base/assert.h"
#include "sql/bind/binder.h"
#include "sql/catalog/define.h"
#include "sql/catalog/define_parts.h"
#include "sql/exec/change.h"
#include "sql/exec/common_rows.h"
#include "sql/session_impl.h"
#include "sql/session_routines.h"

namespace latchkey::sql {

namespace {

using parse::Node;
using parse::NodeKind;

constexpr std::int64_t kMsFrom1970To2000 = 946'684'800'000;
// A statement that others have overtaken so often gives up.
constexpr int kTriesMax = 1000;

bool is_query_node(const Node& node) {
  return node.is(NodeKind::SelectStmt) || node.is(NodeKind::InsertStmt) ||
         node.is(NodeKind::UpdateStmt) || node.is(NodeKind::DeleteStmt) ||
         node.is(NodeKind::CallStmt);
}

std::string tag_of(const bind::Query& query, std::uint64_t count) {
  switch (query.kind) {
    case bind::QueryKind::Insert:
      return fmt::format("INSERT 0 {}", count);
    case bind::QueryKind::Update:
      return fmt::format("UPDATE {}", count);
    case bind::QueryKind::Delete:
      return fmt::format("DELETE {}", count);
    default:
      return fmt::format("SELECT {}", count);
  }
}

std::vector<ResultColumn> columns_of(const bind::Query& query) {
  std::vector<ResultColumn> columns;
  if (!query.returns_rows) return columns;
  for (const bind::Target& target : query.targets) {
    if (target.is_hidden) continue;
    columns.push_back({target.name.empty() ? "?column?" : target.name, target.expr->type,
                       target.expr->typmod, target.expr->origin_table, target.expr->origin_number});
  }
  return columns;
}

}  // namespace

Result<void> give_row(std::span<const ResultColumn> columns, std::span<const Value> values,
                      ResultSink& sink, WaitingRows* rows) {
  if (rows == nullptr) return sink.row(columns, values);
  rows->width = values.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Type* const type = find_type(columns[i].type);
    const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
    rows->values.push_back(in_bytes ? rows->arena.keep(values[i]) : values[i]);
  }
  return {};
}

std::shared_ptr<const Catalog> SessionImpl::current_catalog() {
  if (change_ != nullptr) return change_->catalog();
  return database_.catalog();
}

/// Positions are bytes while they are passed up; clients count characters.
Error SessionImpl::placed(Error error, Bytes text) const {
  const std::int32_t position = error.details().position;
  if (position <= 0) return error;
  return std::move(error).with(
      [&](ErrorDetails& details) { details.position = parse::position_of(text, position - 1); });
}

Result<std::shared_ptr<Prepared>> SessionImpl::analyze(std::shared_ptr<const parse::Script> script,
                                                       const parse::Script::Statement& statement,
                                                       std::span<const Oid> parameters) {
  const UserTypesScope types = see_types();
  auto prepared = std::make_shared<Prepared>();
  prepared->script = std::move(script);
  prepared->node = statement.node;
  prepared->text = statement.text;
  prepared->wanted_types.assign(parameters.begin(), parameters.end());
  if (has_failed_ && !is_allowed_when_failed(*statement.node)) {
    return Error(ErrorCode::TransactionFailed);
  }
  if (is_query_node(*statement.node)) {
    LK_CHECK(bind_again(*prepared));
  } else {
    LK_TRY(prepared->columns, utility_columns(*statement.node));
    prepared->returns_rows = !prepared->columns.empty();
  }
  return prepared;
}

bind::BindContext SessionImpl::names_context() {
  bind::BindContext context;
  context.catalog = current_catalog();
  context.search_path = search_path();
  context.settings = &text_settings_;
  context.user = options_.user;
  context.database = options_.database;
  return context;
}

Result<void> SessionImpl::bind_again(Prepared& prepared) {
  bind::BindContext context = names_context();
  begin_statement_time();
  bind::Binder binder(std::move(context), prepared.wanted_types);
  LK_TRY(auto bound, binder.bind(*prepared.node));
  prepared.columns = columns_of(*bound->query);
  prepared.returns_rows = bound->query->returns_rows;
  prepared.bound = std::move(bound);
  prepared.is_quick = exec::is_quick(*prepared.bound->query);
  prepared.point_read = exec::PointRead::make(*prepared.bound->query);
  return {};
}

/// Binds anew when the catalog has changed since.
Result<void> SessionImpl::refresh(Prepared& prepared) {
  if (!prepared.is_query() || prepared.is_shared) return {};
  if (prepared.bound->catalog == current_catalog()) return {};
  const std::vector<ResultColumn> before = prepared.columns;
  LK_CHECK(bind_again(prepared));
  bool is_same = before.size() == prepared.columns.size();
  for (std::size_t i = 0; is_same && i < before.size(); ++i) {
    is_same = before[i].type == prepared.columns[i].type;
  }
  if (!is_same) {
    return Error(ErrorCode::NotSupported, "cached plan must not change result type");
  }
  return {};
}

void SessionImpl::begin_statement_time() {
  text_settings_.statement_us = clock_us();
  if (transaction_ == nullptr) text_settings_.transaction_us = text_settings_.statement_us;
}

std::int64_t SessionImpl::clock_us() const {
  return (database_.environment().clock->wall_ms() - kMsFrom1970To2000) * 1000;
}

const SessionImpl::UsualSettings& SessionImpl::usual_settings() {
  if (usual_settings_.revision == settings_.revision()) return usual_settings_;
  const std::string isolation = settings_.get("transaction_isolation");
  usual_settings_.isolation = isolation == "serializable"      ? storage::Isolation::Serializable
                              : isolation == "repeatable read" ? storage::Isolation::RepeatableRead
                                                               : storage::Isolation::ReadCommitted;
  usual_settings_.isolation_is_default =
      isolation == settings_.get("default_transaction_isolation");
  usual_settings_.statement_timeout_ms = settings_.milliseconds("statement_timeout");
  usual_settings_.plan_context = options_.user + '\n' + settings_.get("search_path") + '\n';
  usual_settings_.revision = settings_.revision();
  return usual_settings_;
}

/// The isolation of a transaction ends with it.
void SessionImpl::end_isolation() {
  if (usual_settings().isolation_is_default) return;
  (void)settings_.set("transaction_isolation", settings_.get("default_transaction_isolation"));
}

Result<void> SessionImpl::begin_transaction() {
  if (transaction_ != nullptr) return {};
  isolation_ = usual_settings().isolation;
  transaction_ = database_.engine().begin(isolation_);
  text_settings_.transaction_us = (transaction_->now_ms() - kMsFrom1970To2000) * 1000;
  settings_before_ = settings_.snapshot();
  return {};
}

Result<void> SessionImpl::commit() {
  if (transaction_ != nullptr && !deferred_.empty()) {
    Result<void> checked = run_deferred(nullptr);
    if (!checked.has_value()) {
      rollback();
      return checked;
    }
  }
  if (transaction_ != nullptr) {
    Result<void> ended = end_temporary_tables();
    if (!ended.has_value()) {
      rollback();
      return ended;
    }
  }
  forget_constraints();
  portals_.clear();
  routines_->runner().forget_cursors();
  savepoints_.clear();
  in_block_ = false;
  has_failed_ = false;
  has_run_long_ = false;
  if (transaction_ == nullptr) return {};
  Result<storage::Lsn> committed = storage::Lsn{};
  if (change_ != nullptr) {
    const std::lock_guard lock(database_.catalog_mutex());
    committed = transaction_->commit();
    if (committed.has_value()) database_.publish(change_->catalog());
  } else {
    committed = transaction_->commit();
  }
  change_.reset();
  transaction_.reset();
  end_isolation();
  if (!committed.has_value()) {
    settings_.restore(std::move(settings_before_));
    settings_changed();
    if (committed.error().code() == ErrorCode::WriteConflict) {
      return Error(ErrorCode::WriteConflict,
                   "could not serialize access due to read/write dependencies among transactions")
          .with_hint("The transaction might succeed if retried.");
    }
    return std::move(committed).error();
  }
  end_local_settings();
  if (depends_on_ < *committed) depends_on_ = *committed;
  return {};
}

void SessionImpl::forget_constraints() {
  deferred_.clear();
  constraint_modes_.clear();
  all_constraints_.reset();
}

void SessionImpl::end_local_settings() {
  if (!local_settings_.has_value()) return;
  settings_.restore(*std::exchange(local_settings_, std::nullopt));
  settings_changed();
}

void SessionImpl::rollback() {
  forget_constraints();
  portals_.clear();
  routines_->runner().forget_cursors();
  savepoints_.clear();
  in_block_ = false;
  has_failed_ = false;
  has_run_long_ = false;
  if (transaction_ == nullptr) return;
  transaction_->rollback();
  change_.reset();
  transaction_.reset();
  local_settings_.reset();
  settings_.restore(std::move(settings_before_));
  end_isolation();
  settings_changed();
}

/// What was read may be of commits that are not on disk yet.
void SessionImpl::note_read() {
  const storage::Lsn newest = database_.engine().appended_lsn();
  if (depends_on_ < newest) depends_on_ = newest;
}

ExecutionContext SessionImpl::make_context() {
  current_catalog_ = current_catalog();
  return ExecutionContext(*transaction_, database_.engine(), *current_catalog_, *this,
                          {cancelled_, *database_.environment().clock, statement_deadline_us_});
}

Result<std::string> SessionImpl::with_retries(FunctionRef<Result<std::string>()> attempt) {
  LK_CHECK(begin_transaction());
  for (int tries = 1;; ++tries) {
    const std::size_t savepoint = transaction_->savepoint();
    const std::size_t deferred_count = deferred_.size();
    const std::shared_ptr<Catalog> catalog = change_ == nullptr ? nullptr : change_->snapshot();
    transaction_->begin_statement();
    routines_->forget_notices();
    Result<std::string> result = attempt();
    if (result.has_value()) return result;
    const ErrorCode code = result.error().code();
    std::optional<storage::RowLockWait> wait;
    if (code == ErrorCode::RowLocked) wait = transaction_->blocked_on();
    transaction_->rollback_to(savepoint);
    deferred_.resize(deferred_count);
    if (catalog == nullptr) {
      change_.reset();
    } else {
      change_->restore(catalog);
    }
    const bool may_restart = isolation_ == storage::Isolation::ReadCommitted && tries < kTriesMax;
    if (wait.has_value() && patience_ == Patience::GivesUp) {
      would_wait_ = true;
      return result;
    }
    if (wait.has_value()) {
      LK_CHECK(wait_for_lock(*wait));
    } else if (code != ErrorCode::WriteConflict || !may_restart) {
      if (code != ErrorCode::WriteConflict) return result;
      return Error(ErrorCode::WriteConflict, "could not serialize access due to concurrent update");
    }
  }
}

Result<void> SessionImpl::wait_for_lock(const storage::RowLockWait& wait) {
  struct Wait {
    std::mutex mutex;
    bool is_over = false;
    SessionImpl* session;
  };
  // The engine may call back when nobody waits any more.
  const auto state = std::make_shared<Wait>();
  state->session = this;
  database_.engine().when_unlocked(wait, [state] {
    const std::lock_guard lock(state->mutex);
    state->is_over = true;
    if (state->session == nullptr) return;
    const std::lock_guard session_lock(state->session->wait_mutex_);
    state->session->wait_over_.notify_all();
  });
  env::Clock& clock = *database_.environment().clock;
  const std::int64_t lock_timeout_ms = settings_.milliseconds("lock_timeout");
  const std::int64_t lock_deadline_us =
      lock_timeout_ms == 0 ? 0 : clock.steady_us() + lock_timeout_ms * 1000;
  Result<void> outcome;
  {
    std::unique_lock lock(wait_mutex_);
    const auto is_over = [&] {
      const std::lock_guard state_lock(state->mutex);
      return state->is_over;
    };
    for (;;) {
      lock.unlock();
      const bool over = is_over();
      lock.lock();
      if (over) break;
      if (cancelled_.load(std::memory_order_relaxed)) {
        outcome = Error(ErrorCode::QueryCanceled, "canceling statement due to user request");
        break;
      }
      const std::int64_t now_us = clock.steady_us();
      if (statement_deadline_us_ != 0 && now_us >= statement_deadline_us_) {
        outcome = Error(ErrorCode::QueryCanceled, "canceling statement due to statement timeout");
        break;
      }
      if (lock_deadline_us != 0 && now_us >= lock_deadline_us) {
        outcome = Error(ErrorCode::RowLocked, "canceling statement due to lock timeout");
        break;
      }
      // The wake-up may come between the look and the wait; so no wait is long.
      constexpr auto kLookAgain = std::chrono::milliseconds(10);
      wait_over_.wait_for(lock, kLookAgain);
    }
  }
  const std::lock_guard lock(state->mutex);
  state->session = nullptr;
  return outcome;
}

double SessionImpl::random_fraction() {
  const std::uint64_t bits = seeded_random_ ? seeded_random_->next() : random();
  // 53 bits make every double between 0 and 1 that a double can tell apart.
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

void SessionImpl::seed_random(double seed) { seeded_random_.emplace(seed); }

Result<void> SessionImpl::sleep_us(std::int64_t microseconds) {
  env::Clock& clock = *database_.environment().clock;
  const std::int64_t begin_us = clock.steady_us();
  std::unique_lock lock(wait_mutex_);
  for (;;) {
    if (cancelled_.load(std::memory_order_relaxed)) {
      return Error(ErrorCode::QueryCanceled, "canceling statement due to user request");
    }
    const std::int64_t now_us = clock.steady_us();
    if (statement_deadline_us_ != 0 && now_us >= statement_deadline_us_) {
      return Error(ErrorCode::QueryCanceled, "canceling statement due to statement timeout");
    }
    const std::int64_t left_us = microseconds - (now_us - begin_us);
    if (left_us <= 0) return {};
    // The clock may be a test's, which only others move: so no wait is long.
    constexpr std::int64_t kLookAgainUs = 10'000;
    wait_over_.wait_for(lock, std::chrono::microseconds(std::min(left_us, kLookAgainUs)));
  }
}

Result<std::string> SessionImpl::run_statement(Prepared& prepared,
                                               std::span<const Value> parameters, ResultSink& sink,
                                               WaitingRows* rows) {
  const UserTypesScope types = see_types();
  const Node& node = *prepared.node;
  const NoticeFlush flush(*routines_, sink);
  if (has_failed_ && !is_allowed_when_failed(node)) return Error(ErrorCode::TransactionFailed);
  const std::int64_t timeout_ms = usual_settings().statement_timeout_ms;
  statement_deadline_us_ =
      timeout_ms == 0 ? 0 : database_.environment().clock->steady_us() + timeout_ms * 1000;
  begin_statement_time();
  would_wait_ = false;
  const StatementShown shown(*this, prepared.text);
  if (prepared.is_query()) {
    LK_CHECK(refresh(prepared));
    const bool may_read_point = prepared.point_read != nullptr && transaction_ == nullptr &&
                                usual_settings().isolation == storage::Isolation::ReadCommitted;
    if (may_read_point) return run_point_read(prepared, parameters, sink, rows);
    has_run_long_ = has_run_long_ || !prepared.is_quick;
    LK_TRY(std::string tag,
           with_retries([&] { return run_query(prepared, parameters, sink, rows); }));
    note_read();
    return tag;
  }
  if (is_definition(node)) {
    has_run_long_ = true;
    return with_retries([&] { return run_definition(node, prepared.script->text(), sink); });
  }
  return run_utility(prepared, sink);
}

Result<std::string> SessionImpl::run_query(const Prepared& prepared,
                                           std::span<const Value> parameters, ResultSink& sink,
                                           WaitingRows* rows) {
  const bind::Query& query = *prepared.bound->query;
  const bool is_select =
      query.kind == bind::QueryKind::Select || query.kind == bind::QueryKind::SetOperation;
  if (is_select && !prepared.bound->changes_rows) {
    return run_select(prepared, parameters, sink, rows);
  }
  if (query.kind == bind::QueryKind::Call) return run_call(prepared, parameters, sink, rows);
  if (is_read_only_) {
    return Error(ErrorCode::ReadOnlyTransaction,
                 "cannot execute a statement that writes in a read-only transaction");
  }
  if (is_select) return run_select(prepared, parameters, sink, rows);
  // Nothing is told before all is done: the statement may yet have to start over.
  WaitingRows own;
  ExecutionContext context = make_context();
  std::vector<Value> values(prepared.columns.size());
  const auto give = [&](Evaluation& evaluation) -> Result<void> {
    std::size_t next = 0;
    for (const bind::Target& target : query.targets) {
      if (!target.is_hidden) values[next++] = evaluation.slots[target.slot];
    }
    return give_row(prepared.columns, values, sink, &own);
  };
  LK_TRY(const std::uint64_t count,
         exec::run_change(query, context, parameters, text_settings_, give));
  for (std::size_t at = 0; own.width > 0 && at < own.values.size(); at += own.width) {
    LK_CHECK(give_row(prepared.columns, {own.values.data() + at, own.width}, sink, rows));
  }
  return tag_of(query, count);
}

/// A statement that is a transaction of its own and reads one row.
Result<std::string> SessionImpl::run_point_read(const Prepared& prepared,
                                                std::span<const Value> parameters, ResultSink& sink,
                                                WaitingRows* rows) {
  Arena arena;
  std::vector<Value> values(prepared.columns.size());
  LK_TRY(const auto version,
         prepared.point_read->run(database_.engine(), parameters, text_settings_, arena, values));
  if (!version.has_value()) {
    // That there is no row may be of a commit that is not on disk yet.
    note_read();
    return std::string("SELECT 0");
  }
  if (depends_on_ < *version) depends_on_ = *version;
  LK_CHECK(give_row(prepared.columns, values, sink, rows));
  return std::string("SELECT 1");
}

Result<std::string> SessionImpl::run_select(const Prepared& prepared,
                                            std::span<const Value> parameters, ResultSink& sink,
                                            WaitingRows* rows) {
  const bind::Query& query = *prepared.bound->query;
  const bool changes_rows = prepared.bound->changes_rows;
  WaitingRows own;
  ExecutionContext context = make_context();
  exec::QueryRun run(query, context, nullptr, parameters, text_settings_);
  LK_CHECK(run.open());
  std::vector<Value> values(prepared.columns.size());
  std::uint64_t count = 0;
  for (;;) {
    LK_CHECK(context.check_cancelled());
    LK_TRY(const bool more, run.next());
    if (!more) break;
    std::size_t next = 0;
    for (std::size_t i = 0; i < query.targets.size(); ++i) {
      if (!query.targets[i].is_hidden) values[next++] = run.target(i);
    }
    ++count;
    const bool may_start_over = changes_rows || prepared.bound->may_start_over;
    LK_CHECK(give_row(prepared.columns, values, sink, may_start_over ? &own : rows));
  }
  if (changes_rows) {
    LK_CHECK(exec::apply_read_changes(query, context));
    LK_CHECK(exec::apply_other_changes(query, context));
  }
  for (std::size_t at = 0; own.width > 0 && at < own.values.size(); at += own.width) {
    LK_CHECK(give_row(prepared.columns, {own.values.data() + at, own.width}, sink, rows));
  }
  return tag_of(query, count);
}

Result<std::string> SessionImpl::run_definition(const Node& node, Bytes text, ResultSink& sink) {
  if (is_read_only_) {
    return Error(ErrorCode::ReadOnlyTransaction,
                 "cannot execute a statement that writes in a read-only transaction");
  }
  if (change_ == nullptr) {
    LK_TRY(change_, CatalogChange::begin(database_, *transaction_));
  }
  ExecutionContext execution = make_context();
  DefineContext context{*change_,
                        execution,
                        text_settings_,
                        search_path(),
                        options_.user,
                        process_id_,
                        in_block_,
                        text,
                        [&](const Error& notice) { sink.notice(Severity::Notice, notice); }};
  Result<std::string> tag = define(node, context);
  has_temporary_ =
      has_temporary_ ||
      change_->catalog()->find_schema(definitions::temporary_schema_name(process_id_)) != nullptr;
  return tag;
}

}  // namespace latchkey::sql
