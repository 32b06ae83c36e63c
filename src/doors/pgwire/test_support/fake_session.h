#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "doors/pgwire/backend.h"
#include "sql/session.h"

namespace latchkey::pgwire::test {

class FakeSession;

using Settings = std::vector<std::pair<std::string, std::string>>;

/// What the sessions of one test share, and what the test sees of them.
///
/// Threads: any.
class FakeDatabase {
 public:
  OpenSession opener();

  std::atomic<int> opened{0};
  std::atomic<int> ended{0};
  std::atomic<int> cancelled{0};  ///< statements that ended by cancel
  std::atomic<int> sleeping{0};   ///< statements that wait to be cancelled
  std::atomic<int> inserted{0};   ///< statements that ran to their end
  std::atomic<std::size_t> rows_told{0};
  std::atomic<std::size_t> copied_bytes{0};
  std::atomic<int> copies_ended{0};
  std::atomic<std::uint64_t> version{0};  ///< what results depend on

  sql::SessionOptions last_options() {
    const std::lock_guard lock(mutex_);
    return last_options_;
  }
  void notify_all(const sql::Notification& notification);

 private:
  friend class FakeSession;
  std::mutex mutex_;
  sql::SessionOptions last_options_;
  std::vector<FakeSession*> sessions_;
};

/// A session that understands a few words in the place of SQL. Statements are parted by semicolons.
///
///   say WORD..         one row with a text; $1 stands for the first parameter
///   rows N SIZE        N rows (number, text of SIZE bytes)
///   insert             INSERT 0 1; changes FakeDatabase::version's dependency
///   begin commit rollback
///   set NAME VALUE     reported to the client
///   error TEXT         42601 with all fields; fatal TEXT: 57P01
///   notice TEXT        a notice, then NOTICED
///   sleep              until it is cancelled
///   copyin  copyout N SIZE
///   notify CHANNEL PAYLOAD
///   failcommit         the next sync fails
class FakeSession final : public sql::Session {
 public:
  FakeSession(FakeDatabase& database, sql::SessionOptions options)
      : database_(database), options_(std::move(options)) {
    const std::lock_guard lock(database_.mutex_);
    process_id_ = 1000 + database_.opened++;
    database_.last_options_ = options_;
    database_.sessions_.push_back(this);
  }
  ~FakeSession() override {
    const std::lock_guard lock(database_.mutex_);
    std::erase(database_.sessions_, this);
    ++database_.ended;
  }

  Result<void> run(Bytes text, sql::ResultSink& sink) override {
    begin_statement();
    const auto ran = run_all(text, sink);
    if (!ran.has_value()) fail();
    return ran;
  }

  Result<void> prepare(Bytes name, Bytes text, std::span<const sql::Oid> types) override {
    if (text.starts_with("badparse")) return Error(ErrorCode::SyntaxError, "no such word");
    if (state_ == sql::TransactionState::Failed && text != "rollback")
      return Error(ErrorCode::TransactionFailed);
    Statement statement{std::string(text), {types.begin(), types.end()}};
    const auto count = static_cast<std::size_t>(std::count(text.begin(), text.end(), '$'));
    while (statement.parameters.size() < count) statement.parameters.push_back(sql::oid::kText);
    statements_.insert_or_assign(std::string(name), std::move(statement));
    return {};
  }
  Result<sql::StatementDescription> describe_statement(Bytes name) override {
    ++describe_count;
    const auto found = statements_.find(std::string(name));
    if (found == statements_.end()) {
      return Error(ErrorCode::PreparedMissing,
                   name.empty()
                       ? "unnamed prepared statement does not exist"
                       : "prepared statement \"" + std::string(name) + "\" does not exist");
    }
    sql::StatementDescription description;
    description.parameters = found->second.parameters;
    description.columns = columns_of(found->second.text);
    description.returns_rows = !description.columns.empty();
    return description;
  }
  Result<void> bind(Bytes portal, Bytes statement,
                    std::span<const sql::ParameterValue> parameters) override {
    LK_CHECK(describe_statement(statement));
    --describe_count;
    Portal made{statements_.at(std::string(statement)).text, {}, 0};
    for (const sql::ParameterValue& parameter : parameters) {
      std::string shown = parameter.bytes ? std::string(*parameter.bytes) : "null";
      if (parameter.format == sql::Format::Binary) shown += "(binary)";
      made.parameters.push_back(std::move(shown));
    }
    portals_.insert_or_assign(std::string(portal), std::move(made));
    return {};
  }
  Result<sql::StatementDescription> describe_portal(Bytes name) override {
    const auto found = portals_.find(std::string(name));
    if (found == portals_.end()) return missing_portal(name);
    sql::StatementDescription description;
    description.columns = columns_of(found->second.text);
    description.returns_rows = !description.columns.empty();
    return description;
  }
  Result<sql::Executed> execute(Bytes name, std::uint64_t row_limit,
                                sql::ResultSink& sink) override {
    begin_statement();
    const auto found = portals_.find(std::string(name));
    if (found == portals_.end()) return missing_portal(name);
    Portal& portal = found->second;
    if (portal.text.empty()) return sql::Executed::Empty;
    std::string text = portal.text;
    for (std::size_t i = 0; i < portal.parameters.size(); ++i) {
      const std::string mark = "$" + std::to_string(i + 1);
      if (const std::size_t at = text.find(mark); at != std::string::npos)
        text.replace(at, mark.size(), portal.parameters[i]);
    }
    if (!text.starts_with("rows ")) {
      LK_CHECK(run_one(text, sink));
      return sql::Executed::Complete;
    }
    return tell_rows(text, row_limit, portal.position, sink);
  }
  void close_statement(Bytes name) override { statements_.erase(std::string(name)); }
  void close_portal(Bytes name) override { portals_.erase(std::string(name)); }
  Result<void> sync() override {
    if (state_ == sql::TransactionState::Idle) portals_.clear();
    if (std::exchange(fails_to_commit_, false))
      return Error(ErrorCode::WriteConflict, "another transaction committed first");
    return {};
  }
  void fail() override {
    ++fail_count;
    if (state_ == sql::TransactionState::InTransaction) state_ = sql::TransactionState::Failed;
  }

  sql::TransactionState transaction_state() const override { return state_; }
  storage::Lsn take_dependency() override { return std::exchange(dependency_, storage::Lsn{}); }
  // Nothing is quick: statements run on threads, as those do that wait.
  bool foresee(Bytes) override { return false; }
  bool is_quick_portal(Bytes) const override { return false; }
  bool is_quick_sync() const override { return false; }
  void set_patience(Patience) override {}
  bool take_would_wait() override { return false; }
  void cancel() override {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
    changed_.notify_all();
  }
  Settings reported_settings() const override {
    Settings settings = {{"server_version", "15.1"}, {"TimeZone", "UTC"}};
    for (const auto& setting : options_.settings) settings.push_back(setting);
    return settings;
  }
  Settings take_changed_settings() override { return std::exchange(changed_settings_, {}); }
  std::vector<sql::Notification> take_notifications() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(notifications_, {});
  }
  const sql::TextSettings& text_settings() const override { return text_settings_; }
  std::int32_t process_id() const override { return process_id_; }

  void deliver(const sql::Notification& notification) {
    {
      const std::lock_guard lock(mutex_);
      notifications_.push_back(notification);
    }
    options_.wake();
  }
  /// As DEALLOCATE and PREPARE would.
  void replace_statement(const std::string& name, const std::string& text) {
    statements_.at(name) = {text, {}};
  }

  int describe_count = 0;
  int fail_count = 0;

 private:
  struct Statement {
    std::string text;
    std::vector<sql::Oid> parameters;
  };
  struct Portal {
    std::string text;
    std::vector<std::string> parameters;
    std::size_t position;
  };

  static Error missing_portal(Bytes name) {
    return Error(ErrorCode::CursorMissing, "portal \"" + std::string(name) + "\" does not exist");
  }
  static std::vector<sql::ResultColumn> columns_of(const std::string& text) {
    if (text.starts_with("say")) return {{"word", sql::oid::kText, -1, sql::Oid::None, 0}};
    if (text.starts_with("rows")) {
      return {{"n", sql::oid::kInt4, -1, sql::Oid{7}, 1},
              {"t", sql::oid::kText, -1, sql::Oid{7}, 2}};
    }
    return {};
  }

  void begin_statement() {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = false;
  }
  bool is_cancelled() {
    const std::lock_guard lock(mutex_);
    return is_cancelled_;
  }
  Error cancelled_error() {
    ++database_.cancelled;
    return Error(ErrorCode::QueryCanceled);
  }

  Result<void> run_all(Bytes text, sql::ResultSink& sink) {
    bool was_empty = true;
    std::stringstream statements{std::string(text)};
    for (std::string one; std::getline(statements, one, ';');) {
      one.erase(0, one.find_first_not_of(" \n"));
      if (one.empty()) continue;
      was_empty = false;
      if (const auto columns = columns_of(one); !columns.empty()) LK_CHECK(sink.columns(columns));
      std::size_t position = 0;
      if (one.starts_with("rows ")) {
        LK_CHECK(tell_rows(one, 0, position, sink));
      } else {
        LK_CHECK(run_one(one, sink));
      }
    }
    return was_empty ? sink.empty() : Result<void>();
  }

  Result<sql::Executed> tell_rows(const std::string& text, std::size_t row_limit,
                                  std::size_t& position, sql::ResultSink& sink) {
    std::stringstream words(text.substr(5));
    std::string first, second;
    words >> first >> second;
    const std::size_t count = number_of(first), size = number_of(second);
    const auto columns = columns_of("rows");
    const std::string filler(size, 'x');
    std::size_t told = 0;
    for (; position < count; ++position, ++told) {
      if (row_limit != 0 && told == row_limit) return sql::Executed::Suspended;
      if (is_cancelled()) return cancelled_error();
      const sql::Value values[] = {sql::Value::of_integer(static_cast<std::int64_t>(position) + 1),
                                   sql::Value::of_bytes(filler)};
      if (auto told_one = sink.row(columns, values); !told_one.has_value()) {
        ++database_.cancelled;
        return std::move(told_one).error();
      }
      ++database_.rows_told;
    }
    LK_CHECK(sink.complete("SELECT " + std::to_string(told)));
    return sql::Executed::Complete;
  }

  Result<void> run_one(const std::string& text, sql::ResultSink& sink) {
    std::stringstream words(text);
    std::string verb, first, second;
    words >> verb >> first >> second;
    if (state_ == sql::TransactionState::Failed && verb != "rollback" && verb != "commit")
      return Error(ErrorCode::TransactionFailed);
    if (verb == "say") {
      const std::string word = text.size() > 4 ? text.substr(4) : "";
      const sql::Value values[] = {sql::Value::of_bytes(word)};
      LK_CHECK(sink.row(columns_of("say"), values));
      return sink.complete("SELECT 1");
    }
    if (verb == "insert") {
      dependency_ = storage::Lsn{database_.version.load()};
      ++database_.inserted;
      return sink.complete("INSERT 0 1");
    }
    if (verb == "begin") return change_state(sql::TransactionState::InTransaction, "BEGIN", sink);
    if (verb == "commit") return change_state(sql::TransactionState::Idle, "COMMIT", sink);
    if (verb == "rollback") return change_state(sql::TransactionState::Idle, "ROLLBACK", sink);
    if (verb == "set") {
      changed_settings_.emplace_back(first, second);
      return sink.complete("SET");
    }
    if (verb == "error") return full_error(text.size() > 6 ? text.substr(6) : "");
    if (verb == "fatal")
      return Error(ErrorCode::ShuttingDown, text.size() > 6 ? text.substr(6) : "");
    if (verb == "notice") {
      sink.notice(sql::Severity::Notice, full_error(text.size() > 7 ? text.substr(7) : ""));
      return sink.complete("NOTICED");
    }
    if (verb == "sleep") return sleep();
    if (verb == "copyin") return copy_in(sink);
    if (verb == "copyout") return copy_out(number_of(first), number_of(second), sink);
    if (verb == "notify") {
      database_.notify_all({process_id_, first, second});
      return sink.complete("NOTIFY");
    }
    if (verb == "failcommit") {
      fails_to_commit_ = true;
      return sink.complete("OK");
    }
    return Error(ErrorCode::SyntaxError, "no such word: " + verb).at(1);
  }

  /// 0 if it is none; never more than the tests need.
  static std::size_t number_of(const std::string& text) {
    constexpr std::size_t kMax = 100'000'000;
    return std::min<std::size_t>(kMax, std::strtoul(text.c_str(), nullptr, 10));
  }

  Result<void> change_state(sql::TransactionState state, Bytes tag, sql::ResultSink& sink) {
    state_ = state;
    return sink.complete(tag);
  }

  static Error full_error(const std::string& text) {
    return Error(ErrorCode::SyntaxError, text).with([](ErrorDetails& details) {
      details = {"detail", "hint",       "schema",  "table", "column",
                 "type",   "constraint", "context", "",      3};
    });
  }

  Result<void> sleep() {
    std::unique_lock lock(mutex_);
    ++database_.sleeping;
    changed_.wait(lock, [&] { return is_cancelled_; });
    --database_.sleeping;
    return cancelled_error();
  }

  Result<void> copy_in(sql::ResultSink& sink) {
    LK_CHECK(sink.copy_in_begin({sql::Format::Text, 2}));
    const auto copied = copy_all(sink);
    ++database_.copies_ended;
    LK_TRY(const std::size_t pieces, copied);
    return sink.complete("COPY " + std::to_string(pieces));
  }
  Result<std::size_t> copy_all(sql::ResultSink& sink) {
    for (std::size_t pieces = 0;; ++pieces) {
      LK_TRY(const std::optional<std::string> data, sink.copy_in());
      if (!data.has_value()) return pieces;
      if (*data == "bad\n") return Error(ErrorCode::BadCopyFormat, "this line is bad");
      database_.copied_bytes += data->size();
    }
  }
  Result<void> copy_out(std::size_t count, std::size_t size, sql::ResultSink& sink) {
    LK_CHECK(sink.copy_out_begin({sql::Format::Binary, 1}));
    for (std::size_t i = 0; i < count; ++i) LK_CHECK(sink.copy_out(std::string(size, 'c')));
    LK_CHECK(sink.copy_out_end());
    return sink.complete("COPY " + std::to_string(count));
  }

  FakeDatabase& database_;
  const sql::SessionOptions options_;
  std::int32_t process_id_ = 0;
  sql::TransactionState state_ = sql::TransactionState::Idle;
  storage::Lsn dependency_{};
  Settings changed_settings_;
  sql::TextSettings text_settings_;
  std::map<std::string, Statement> statements_;
  std::map<std::string, Portal> portals_;
  bool fails_to_commit_ = false;
  std::mutex mutex_;  // of the two below
  std::condition_variable changed_;
  bool is_cancelled_ = false;
  std::vector<sql::Notification> notifications_;
};

inline OpenSession FakeDatabase::opener() {
  return [this](sql::SessionOptions options) -> Result<std::unique_ptr<sql::Session>> {
    if (options.database == "missing")
      return Error(ErrorCode::CatalogNameInvalid, "database \"missing\" does not exist");
    return std::unique_ptr<sql::Session>(new FakeSession(*this, std::move(options)));
  };
}

inline void FakeDatabase::notify_all(const sql::Notification& notification) {
  const std::lock_guard lock(mutex_);
  for (FakeSession* const session : sessions_) session->deliver(notification);
}

}  // namespace latchkey::pgwire::test
