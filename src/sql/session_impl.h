#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/catalog/catalog_change.h"
#include "sql/database.h"
#include "sql/exec/context.h"
#include "sql/exec/subplan.h"
#include "sql/parse/statement.h"
#include "sql/session.h"
#include "sql/session_settings.h"

namespace latchkey::sql {

/// A statement that was parsed, and bound if it reads or writes rows.
struct Prepared {
  std::shared_ptr<const parse::Script> script;
  const parse::Node* node = nullptr;  ///< null: an empty text
  std::vector<Oid> wanted_types;      ///< as the client gave them
  std::shared_ptr<bind::Bound> bound;
  std::vector<ResultColumn> columns;
  bool returns_rows = false;

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
  std::vector<std::pair<std::string, std::string>> reported_settings() const override;
  std::vector<std::pair<std::string, std::string>> take_changed_settings() override;
  std::vector<Notification> take_notifications() override { return {}; }
  const TextSettings& text_settings() const override { return text_settings_; }
  std::int32_t process_id() const override { return process_id_; }

 private:
  friend class SessionRoutines;
  struct Savepoint {
    std::string name;
    std::size_t place;
    std::shared_ptr<Catalog> catalog;  ///< null: the catalog was not changed yet
    SessionSettings::Values settings;
  };

  // session_execute.cc
  Result<std::shared_ptr<Prepared>> analyze(std::shared_ptr<const parse::Script> script,
                                            const parse::Script::Statement& statement,
                                            std::span<const Oid> parameters);
  Result<void> bind_again(Prepared& prepared);
  Result<void> refresh(Prepared& prepared);
  /// Runs the whole statement and returns its tag.
  Result<std::string> run_statement(Prepared& prepared, std::span<const Value> parameters,
                                    ResultSink& sink, WaitingRows* rows);
  Result<std::string> run_query(const Prepared& prepared, std::span<const Value> parameters,
                                ResultSink& sink, WaitingRows* rows);
  Result<std::string> run_select(const Prepared& prepared, std::span<const Value> parameters,
                                 ResultSink& sink, WaitingRows* rows);
  Result<void> lock_rows(const bind::Query& query, exec::QueryRun& run, ExecutionContext& context,
                         bool& is_skipped);
  Result<std::string> run_definition(const parse::Node& node, Bytes text, ResultSink& sink);
  /// Tries `attempt` again as long as others are in its way, undoing what it did.
  Result<std::string> with_retries(FunctionRef<Result<std::string>()> attempt);
  Result<void> wait_for_lock(const storage::RowLockWait& wait);
  ExecutionContext make_context();
  Result<void> begin_transaction();
  Result<void> commit();
  void rollback();
  void note_read();
  void begin_statement_time();
  Error placed(Error error, Bytes text) const;
  const Catalog& catalog() const { return *current_catalog_; }
  std::shared_ptr<const Catalog> current_catalog();
  bool is_allowed_when_failed(const parse::Node& node) const;

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
  RoutineCaller& routines() override;

  // SessionServices
  std::string current_user() const override { return options_.user; }
  std::string session_user() const override { return options_.user; }
  std::string current_database() const override { return options_.database; }
  std::string current_schema() const override;
  std::uint64_t random() override { return database_.environment().random->next(); }
  std::int64_t clock_us() const override;
  Result<void> sleep_us(std::int64_t microseconds) override;
  std::string setting(std::string_view name, bool& found) const override;
  Result<std::int64_t> next_row_number(const Table& table,
                                       storage::Transaction& transaction) override;
  std::vector<std::string> search_path() const;

  Database& database_;
  const SessionOptions options_;
  const std::int32_t process_id_;
  SessionSettings settings_{database_.time_zones()};
  TextSettings text_settings_;
  std::vector<std::pair<std::string, std::string>> told_settings_;

  std::unique_ptr<storage::Transaction> transaction_;
  std::unique_ptr<CatalogChange> change_;
  storage::Isolation isolation_ = storage::Isolation::ReadCommitted;
  std::shared_ptr<const Catalog> current_catalog_;
  bool in_block_ = false;
  bool has_failed_ = false;
  bool is_read_only_ = false;
  std::vector<Savepoint> savepoints_;
  SessionSettings::Values settings_before_;  ///< of the transaction
  storage::Lsn depends_on_{};
  std::int64_t statement_deadline_us_ = 0;

  std::map<std::string, std::shared_ptr<Prepared>, std::less<>> statements_;
  std::map<std::string, std::shared_ptr<Portal>, std::less<>> portals_;

  std::unique_ptr<SessionRoutines> routines_;

  std::atomic<bool> cancelled_{false};
  std::mutex wait_mutex_;
  std::condition_variable wait_over_;
};

}  // namespace latchkey::sql
