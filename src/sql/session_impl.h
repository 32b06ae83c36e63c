#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sql/bind/binder.h"
#include "sql/bind/bound.h"
#include "sql/catalog/catalog_change.h"
#include "sql/database.h"
#include "sql/exec/context.h"
#include "sql/exec/foreign_keys.h"
#include "sql/exec/point_read.h"
#include "sql/exec/subplan.h"
#include "sql/parse/statement.h"
#include "sql/parse/template.h"
#include "sql/seeded_random.h"
#include "sql/session.h"
#include "sql/session_settings.h"
#include "sql/system/object_names.h"

namespace latchkey::sql {

/// A statement that was parsed, and bound if it reads or writes rows.
struct Prepared {
  std::shared_ptr<const parse::Script> script;
  const parse::Node* node = nullptr;  ///< null: an empty text
  std::vector<Oid> wanted_types;      ///< as the client gave them
  Bytes text;                         ///< the statement's own part of the script
  bool from_sql = false;              ///< made by PREPARE
  std::shared_ptr<bind::Bound> bound;
  std::shared_ptr<const exec::PointRead> point_read;  ///< if it is one
  bool is_quick = false;                              ///< see exec::is_quick
  std::vector<ResultColumn> columns;
  bool returns_rows = false;
  bool is_shared = false;  ///< with other sessions, by the cache of plans: nothing may change it

  bool is_query() const { return bound != nullptr; }
};

/// Rows that wait for the client to ask for them.
struct WaitingRows {
  Arena arena;
  std::vector<Value> values;
  std::size_t width = 0;
  std::size_t next = 0;
};

/// A prepared statement with its parameters, and how far it has run.
struct Portal {
  std::shared_ptr<Prepared> statement;
  Arena arena;
  std::vector<Value> parameters;
  bool has_begun = false;
  bool is_done = false;
  std::string tag;
  /// What was found when the client asks for a few rows at a time.
  std::unique_ptr<WaitingRows> rows;
};

/// Hands a row to the client, or keeps it for later.
Result<void> give_row(std::span<const ResultColumn> columns, std::span<const Value> values,
                      ResultSink& sink, WaitingRows* rows);

class SessionRoutines;

class SessionImpl;

/// nextval and its kin in one session, which knows what it was given last.
///
/// Threads: the session's.
class SessionSequences final : public SequenceServices {
 public:
  explicit SessionSequences(SessionImpl& session) : session_(session) {}
  Result<std::int64_t> next(Oid sequence) override;
  Result<std::int64_t> current(Oid sequence) override;
  Result<std::int64_t> last() override;
  Result<void> set(Oid sequence, std::int64_t value, bool is_called) override;
  Result<State> state(Oid sequence) override;
  Result<std::optional<std::string>> owned(Bytes table, Bytes column) override;
  /// DISCARD SEQUENCES.
  void forget() { given_.clear(), last_ = Oid::None; }

 private:
  Result<const Table*> table_of(Oid sequence);
  const Table* find_table(Bytes name);
  SessionImpl& session_;
  std::map<std::uint32_t, std::int64_t> given_;
  std::shared_ptr<const Catalog> kept_catalog_;
  Oid last_ = Oid::None;
};

class SessionImpl final : public Session, private SessionServices {
 public:
  SessionImpl(Database& database, SessionOptions options);
  ~SessionImpl() override;
  Result<void> begin();

  // session.cc
  Result<void> run(Bytes text, ResultSink& sink) override;
  Result<void> prepare(Bytes name, Bytes text, std::span<const Oid> parameters) override;
  Result<StatementDescription> describe_statement(Bytes name) override;
  Result<void> bind(Bytes portal, Bytes statement,
                    std::span<const ParameterValue> parameters) override;
  Result<StatementDescription> describe_portal(Bytes portal) override;
  Result<Executed> execute(Bytes portal, std::uint64_t row_limit, ResultSink& sink) override;
  void close_statement(Bytes name) override;
  void close_portal(Bytes name) override;
  Result<void> sync() override;
  void fail() override;
  TransactionState transaction_state() const override;
  storage::Lsn take_dependency() override;
  void cancel() override;
  bool foresee(Bytes text) override;
  bool is_quick_portal(Bytes name) const override;
  bool is_quick_sync() const override { return in_block_ || !has_run_long_; }
  void set_patience(Patience patience) override { patience_ = patience; }
  bool take_would_wait() override { return std::exchange(would_wait_, false); }
  std::vector<std::pair<std::string, std::string>> reported_settings() const override;
  std::vector<std::pair<std::string, std::string>> take_changed_settings() override;
  std::vector<Notification> take_notifications() override { return {}; }
  const TextSettings& text_settings() const override { return text_settings_; }
  std::int32_t process_id() const override { return process_id_; }

 private:
  friend class SessionRoutines;
  friend class SessionSequences;
  struct Savepoint {
    std::string name;
    std::size_t place;
    std::shared_ptr<Catalog> catalog;  ///< null: the catalog was not changed yet
    SessionSettings::Snapshot settings;
    std::size_t deferred_count = 0;
  };
  /// What of the settings every statement asks for.
  struct UsualSettings {
    std::uint64_t revision = 0;
    storage::Isolation isolation = storage::Isolation::ReadCommitted;
    bool isolation_is_default = true;
    std::int64_t statement_timeout_ms = 0;
    std::string plan_context;  ///< what the meaning of a text depends on
  };

  /// A statement that is ready to run, with its constants.
  struct Planned {
    std::string text;
    std::shared_ptr<Prepared> statement;
    std::unique_ptr<Arena> arena;
    std::vector<Value> parameters;
  };
  Result<void> run_one(Prepared& prepared, std::span<const Value> parameters, bool is_last,
                       ResultSink& sink);
  bool is_quick(const Prepared& prepared) const;

  // session_execute.cc
  Result<std::shared_ptr<Prepared>> analyze(std::shared_ptr<const parse::Script> script,
                                            const parse::Script::Statement& statement,
                                            std::span<const Oid> parameters);
  bind::BindContext names_context();
  Result<void> bind_again(Prepared& prepared);
  Result<void> refresh(Prepared& prepared);
  /// Runs the whole statement and returns its tag.
  Result<std::string> run_statement(Prepared& prepared, std::span<const Value> parameters,
                                    ResultSink& sink, WaitingRows* rows);
  Result<std::string> run_query(const Prepared& prepared, std::span<const Value> parameters,
                                ResultSink& sink, WaitingRows* rows);
  Result<std::string> run_point_read(const Prepared& prepared, std::span<const Value> parameters,
                                     ResultSink& sink, WaitingRows* rows);
  Result<std::string> run_select(const Prepared& prepared, std::span<const Value> parameters,
                                 ResultSink& sink, WaitingRows* rows);
  Result<std::string> run_definition(const parse::Node& node, Bytes text, ResultSink& sink);
  /// Tries `attempt` again as long as others are in its way, undoing what it did.
  Result<std::string> with_retries(FunctionRef<Result<std::string>()> attempt);
  Result<void> wait_for_lock(const storage::RowLockWait& wait);
  ExecutionContext make_context();
  Result<void> begin_transaction();
  Result<void> commit();
  void rollback();
  void forget_constraints();
  void end_local_settings();
  void note_read();
  void begin_statement_time();
  const UsualSettings& usual_settings();
  void end_isolation();
  Error placed(Error error, Bytes text) const;
  /// The types that users made, for as long as a call runs on this thread.
  UserTypesScope see_types() { return UserTypesScope(current_catalog()->value_types()); }
  const Catalog& catalog() const { return *current_catalog_; }
  std::shared_ptr<const Catalog> current_catalog();
  bool is_allowed_when_failed(const parse::Node& node) const;

  // session_plan.cc
  Planned plan(Bytes text);
  Planned plan_from_cache(Bytes text);
  bool take_literals(const parse::Template& made, Planned& planned);
  std::shared_ptr<Prepared> make_plan(const parse::Template& made, const Prepared& original);
  Result<std::shared_ptr<Prepared>> prepare_text(Bytes text, std::span<const Oid> parameters);
  bool may_share_plans();

  // session_utility.cc
  Result<std::string> run_utility(Prepared& prepared, ResultSink& sink);
  Result<std::string> run_transaction(const parse::Node& node, ResultSink& sink);
  Result<std::string> rollback_to(const std::string& name);
  Result<std::string> run_set(const parse::Node& node);
  Result<std::string> run_show(const parse::Node& node, ResultSink& sink);
  Result<std::string> run_prepare(const parse::Node& node, Bytes text);
  Result<std::string> run_execute(const parse::Node& node, ResultSink& sink);
  Result<std::string> run_deallocate(const parse::Node& node);
  Result<std::string> run_discard(const parse::Node& node);
  Result<std::vector<ResultColumn>> utility_columns(const parse::Node& node) const;
  Result<void> set_isolation(const std::string& value);
  void settings_changed();
  Result<void> give_text_row(std::span<const ResultColumn> columns,
                             const std::vector<std::string>& texts, ResultSink& sink,
                             WaitingRows* rows);

  // session_routines.cc
  Result<std::string> run_call(const Prepared& prepared, std::span<const Value> parameters,
                               ResultSink& sink, WaitingRows* rows);
  Result<std::string> run_do(const parse::Node& node);
  Result<void> install_mentioned(Bytes text);
  RoutineCaller& routines() override;

  // session_constraints.cc
  Result<std::string> run_set_constraints(const parse::Node& node);
  /// Looks at the checks that waited for the end of the transaction: all, or those of some keys.
  Result<void> run_deferred(const std::vector<Oid>* keys);
  Result<const ForeignKey*> find_constraint(const parse::Node& range_var);
  bool is_deferred(const ForeignKey& key) const override;
  void defer(exec::ForeignCheck check) override { deferred_.push_back(std::move(check)); }
  bool has_fixed_snapshot() const override {
    return isolation_ != storage::Isolation::ReadCommitted;
  }

  // session_temporary.cc
  std::vector<const Table*> temporary_tables();
  Result<void> delete_rows_of(const Table& table);
  /// ON COMMIT DELETE ROWS and DROP.
  Result<void> end_temporary_tables();
  Result<void> drop_temporary_tables();
  void leave_no_temporary_tables();

  // SessionServices
  std::string current_user() const override { return options_.user; }
  std::string session_user() const override { return options_.user; }
  std::string current_database() const override { return options_.database; }
  std::string current_schema() const override;
  std::uint64_t random() override { return database_.environment().random->next(); }
  double random_fraction() override;
  void seed_random(double seed) override;
  std::int64_t clock_us() const override;
  Result<void> sleep_us(std::int64_t microseconds) override;
  std::string setting(std::string_view name, bool& found) const override;
  SequenceServices& sequences() override { return sequences_; }
  Result<std::int64_t> next_row_number(const Table& table,
                                       storage::Transaction& transaction) override;
  std::vector<std::string> search_path() const override;
  std::vector<SettingShown> settings() const override { return settings_.shown(); }
  Result<std::string> set_setting(std::string_view name, std::string value, bool is_local) override;
  std::vector<PreparedShown> prepared_statements() const override;
  std::vector<SessionShown> sessions() const override { return database_.sessions().all(); }
  bool cancel_session(std::int32_t process_id) override {
    return database_.sessions().cancel(process_id);
  }
  friend class StatementShown;

  Database& database_;
  const SessionOptions options_;
  const std::int32_t process_id_;
  SessionSettings settings_{database_.time_zones()};
  UsualSettings usual_settings_;
  TextSettings text_settings_;
  const system::CatalogNames names_{{[this] { return current_catalog(); },
                                     [this] { return search_path(); },
                                     [this] { return current_user(); }}};
  std::vector<std::pair<std::string, std::string>> told_settings_;
  std::uint64_t told_revision_ = 0;

  std::unique_ptr<storage::Transaction> transaction_;
  std::unique_ptr<CatalogChange> change_;
  storage::Isolation isolation_ = storage::Isolation::ReadCommitted;
  std::shared_ptr<const Catalog> current_catalog_;
  SessionSequences sequences_{*this};
  std::vector<exec::ForeignCheck> deferred_;
  /// What SET CONSTRAINTS said of foreign keys, and of all others: true if they wait.
  std::map<std::uint32_t, bool> constraint_modes_;
  std::optional<bool> all_constraints_;
  bool has_temporary_ = false;  ///< whether it may have temporary tables
  bool in_block_ = false;
  bool has_failed_ = false;
  bool is_read_only_ = false;
  std::vector<Savepoint> savepoints_;
  SessionSettings::Snapshot settings_before_;  ///< of the transaction
  /// What settings go back to when the transaction ends, if any was set for it alone.
  std::optional<SessionSettings::Snapshot> local_settings_;
  storage::Lsn depends_on_{};
  std::int64_t statement_deadline_us_ = 0;
  std::optional<SeededRandom> seeded_random_;  ///< after setseed()

  std::map<std::string, std::shared_ptr<Prepared>, std::less<>> statements_;
  std::map<std::string, std::shared_ptr<Portal>, std::less<>> portals_;

  std::unique_ptr<SessionRoutines> routines_;
  Patience patience_ = Patience::Waits;
  bool would_wait_ = false;
  bool has_run_long_ = false;  ///< the transaction holds more than quick statements
  Planned foreseen_;

  SessionActivity activity_;
  std::atomic<bool> cancelled_{false};
  std::mutex wait_mutex_;
  std::condition_variable wait_over_;
};

/// Shows that the session runs a statement, for as long as it lives.
class StatementShown {
 public:
  StatementShown(SessionImpl& session, Bytes text);
  ~StatementShown();
  StatementShown(const StatementShown&) = delete;
  StatementShown& operator=(const StatementShown&) = delete;

 private:
  SessionImpl& session_;
};

}  // namespace latchkey::sql
