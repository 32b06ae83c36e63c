#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/types/type.h"
#include "sql/types/value.h"
#include "storage/types.h"

namespace latchkey::sql {

class Database;

/// A column of a result, as RowDescription tells it.
struct ResultColumn {
  std::string name;
  Oid type = Oid::None;
  std::int32_t typmod = -1;
  Oid table = Oid::None;    ///< where it comes from, if it is a table's column
  std::int16_t number = 0;  ///< and its number there
};

enum class Format : std::uint8_t { Text = 0, Binary = 1 };

/// A parameter as a client sends it.
struct ParameterValue {
  std::optional<Bytes> bytes;  ///< nothing: null
  Format format = Format::Text;
};

/// What COPY moves, told to the door before it begins.
struct CopyShape {
  Format format = Format::Text;
  std::size_t column_count = 0;
};

enum class Severity : std::uint8_t { Notice, Warning, Info, Log, Debug };

/// Where a statement's results go.
///
/// Threads: called on the thread that executes, one call at a time.
/// Errors:  an error from here ends the statement: the client has gone, or wants no more.
class ResultSink {
 public:
  virtual ~ResultSink() = default;

  /// Before the first row of a statement that returns rows, in the simple protocol.
  virtual Result<void> columns(std::span<const ResultColumn> columns) = 0;
  /// The values are good until the call returns. May wait until the client has read.
  virtual Result<void> row(std::span<const ResultColumn> columns,
                           std::span<const Value> values) = 0;
  /// "SELECT 1", "INSERT 0 1". After the last row.
  virtual Result<void> complete(Bytes tag) = 0;
  /// The text held no statement at all.
  virtual Result<void> empty() = 0;

  virtual void notice(Severity severity, const Error& notice) = 0;

  virtual Result<void> copy_out_begin(const CopyShape& shape) = 0;
  virtual Result<void> copy_out(Bytes data) = 0;
  virtual Result<void> copy_out_end() = 0;
  virtual Result<void> copy_in_begin(const CopyShape& shape) = 0;
  /// The next data of the client; nothing at its end. Waits for the client.
  /// Errors: QueryCanceled with the client's reason when it gives up.
  virtual Result<std::optional<std::string>> copy_in() = 0;
};

struct StatementDescription {
  std::vector<Oid> parameters;
  bool returns_rows = false;
  std::vector<ResultColumn> columns;
};

/// How the execution of a portal ended.
enum class Executed : std::uint8_t { Complete, Suspended, Empty };

/// As ReadyForQuery tells it.
enum class TransactionState : char { Idle = 'I', InTransaction = 'T', Failed = 'E' };

struct SessionOptions {
  std::string user = "latchkey";
  std::string database = "latchkey";
  std::string client_address;
  /// What the client asked for at its start: application_name, TimeZone, DateStyle ...
  std::vector<std::pair<std::string, std::string>> settings;
  /// Called from any thread when there is a notification for an idle client.
  std::function<void()> wake = [] {};
};

struct Notification {
  std::int32_t process_id;
  std::string channel;
  std::string payload;
};

/// One client of SQL: its settings, its transaction, its prepared statements and portals.
///
/// After an error in a transaction everything but its end is refused (TransactionFailed). The door
/// skips the client's messages up to the next Sync by itself.
///
/// Threads: one at a time, and any: calls wait for locks and for clients, so they belong on a
/// thread
///          that may wait and has a deep stack (see QueryThreads). cancel() from any thread.
class Session {
 public:
  /// Errors: InvalidArgument and others for settings that cannot be.
  static Result<std::unique_ptr<Session>> open(Database& database, SessionOptions options);
  virtual ~Session() = default;

  /// The simple protocol: all statements of `text`, one after another, as one transaction unless
  /// they say otherwise. On an error those before it have told the sink what they did, and what is
  /// not in a transaction block of the client's is undone.
  virtual Result<void> run(Bytes text, ResultSink& sink) = 0;

  // The extended protocol. An empty name is the unnamed statement or portal.
  virtual Result<void> prepare(Bytes name, Bytes text, std::span<const Oid> parameters) = 0;
  virtual Result<StatementDescription> describe_statement(Bytes name) = 0;
  virtual Result<void> bind(Bytes portal, Bytes statement,
                            std::span<const ParameterValue> parameters) = 0;
  virtual Result<StatementDescription> describe_portal(Bytes portal) = 0;
  /// At most `row_limit` rows, 0 for all.
  virtual Result<Executed> execute(Bytes portal, std::uint64_t row_limit, ResultSink& sink) = 0;
  /// It is no error if there is none.
  virtual void close_statement(Bytes name) = 0;
  virtual void close_portal(Bytes name) = 0;
  /// Ends the transaction that statements outside of a block ran in.
  /// Errors: what the commit met.
  virtual Result<void> sync() = 0;
  /// After an error in the extended protocol, before the messages up to Sync are skipped.
  virtual void fail() = 0;

  virtual TransactionState transaction_state() const = 0;
  /// The newest version that anything told to a sink depends on, since the last call: to be sent
  /// once it is stable.
  virtual storage::Lsn take_dependency() = 0;

  // For a thread that must not be held up. What is quick ends soon and needs no deep stack; it may
  // still meet a lock, where without patience it undoes itself and says that it would wait.

  /// Prepares `text` if it is short and a single statement. Returns whether run() of it is quick.
  virtual bool foresee(Bytes text) = 0;
  virtual bool is_quick_portal(Bytes portal) const = 0;
  virtual bool is_quick_sync() const = 0;
  enum class Patience : std::uint8_t { Waits, GivesUp };
  virtual void set_patience(Patience patience) = 0;
  /// Whether the last call failed because it would have had to wait. It has changed nothing and may
  /// be made again, by a thread that may wait.
  virtual bool take_would_wait() = 0;

  /// The statement that runs ends with QueryCanceled as soon as it can. From any thread.
  virtual void cancel() = 0;

  /// Settings that clients are told of (server_version, TimeZone ...), all of them, and those that
  /// have changed since the last call.
  virtual std::vector<std::pair<std::string, std::string>> reported_settings() const = 0;
  virtual std::vector<std::pair<std::string, std::string>> take_changed_settings() = 0;
  virtual std::vector<Notification> take_notifications() = 0;
  virtual const TextSettings& text_settings() const = 0;
  virtual std::int32_t process_id() const = 0;
};

}  // namespace latchkey::sql
