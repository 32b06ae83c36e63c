#include "sql/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "sql/catalog/define_parts.h"
#include "sql/session_impl.h"
#include "sql/session_routines.h"
#include "sql/types/key.h"

namespace latchkey::sql {

using parse::Node;
using parse::NodeKind;

Result<std::unique_ptr<Session>> Session::open(Database& database, SessionOptions options) {
  auto session = std::make_unique<SessionImpl>(database, std::move(options));
  LK_CHECK(session->begin());
  return std::unique_ptr<Session>(std::move(session));
}

SessionImpl::SessionImpl(Database& database, SessionOptions options)
    : database_(database),
      options_(std::move(options)),
      process_id_(database.next_process_id()),
      routines_(std::make_unique<SessionRoutines>(*this)) {
  text_settings_.objects = &names_;
}

SessionImpl::~SessionImpl() {
  database_.sessions().remove(process_id_);
  rollback();
  leave_no_temporary_tables();
}

Result<void> SessionImpl::begin() {
  LK_CHECK(settings_.set("session_authorization", options_.user));
  for (const auto& [name, value] : options_.settings) LK_CHECK(settings_.set(name, value));
  LK_CHECK(settings_.set("transaction_isolation", settings_.get("default_transaction_isolation")));
  settings_.begin();
  settings_changed();
  told_settings_ = settings_.reported();
  begin_statement_time();
  activity_.begin_session(process_id_, options_.user, text_settings_.statement_us);
  database_.sessions().add(process_id_, activity_, [this] { cancel(); });
  return {};
}

std::vector<std::string> SessionImpl::search_path() const {
  std::vector<std::string> path = settings_.list("search_path");
  for (std::string& each : path) {
    if (each == "$user") each = options_.user;
  }
  if (has_temporary_) {
    path.insert(path.begin(), definitions::temporary_schema_name(process_id_));
  }
  return path;
}

std::string SessionImpl::current_schema() const {
  const auto catalog =
      change_ != nullptr ? std::shared_ptr<const Catalog>(change_->catalog()) : database_.catalog();
  for (const std::string& each : search_path()) {
    if (each.starts_with("pg_temp_")) continue;
    if (catalog->find_schema(each) != nullptr) return each;
  }
  return "";
}

std::string SessionImpl::setting(std::string_view name, bool& found) const {
  const std::optional<std::string> value = settings_.find(name);
  found = value.has_value();
  return value.value_or(std::string());
}

Result<std::int64_t> SessionImpl::next_row_number(const Table& table,
                                                  storage::Transaction& transaction) {
  return database_.next_row_number(table.tree, [&]() -> Result<std::int64_t> {
    const auto cursor = transaction.scan(table.tree, {}, storage::Direction::Backward, 1);
    LK_TRY(const bool found, cursor->next());
    if (!found) return std::int64_t{0};
    Bytes key = cursor->key();
    Arena arena;
    LK_TRY(const Value number, take_key_part(oid::kInt8, KeyPart::Last, key, arena));
    return number.integer;
  });
}

TransactionState SessionImpl::transaction_state() const {
  if (!in_block_) return TransactionState::Idle;
  return has_failed_ ? TransactionState::Failed : TransactionState::InTransaction;
}

storage::Lsn SessionImpl::take_dependency() { return std::exchange(depends_on_, storage::Lsn{}); }

void SessionImpl::cancel() {
  cancelled_.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(wait_mutex_);
  wait_over_.notify_all();
}

std::vector<std::pair<std::string, std::string>> SessionImpl::reported_settings() const {
  return settings_.reported();
}

std::vector<std::pair<std::string, std::string>> SessionImpl::take_changed_settings() {
  if (told_revision_ == settings_.revision()) return {};
  told_revision_ = settings_.revision();
  std::vector<std::pair<std::string, std::string>> now = settings_.reported();
  std::vector<std::pair<std::string, std::string>> changed;
  for (const auto& each : now) {
    if (std::find(told_settings_.begin(), told_settings_.end(), each) == told_settings_.end()) {
      changed.push_back(each);
    }
  }
  told_settings_ = std::move(now);
  return changed;
}

bool SessionImpl::is_allowed_when_failed(const Node& node) const {
  if (!node.is(NodeKind::TransactionStmt)) return false;
  const auto kind = node.as<parse::TransactionKind>("kind");
  return kind == parse::TransactionKind::Commit || kind == parse::TransactionKind::Rollback ||
         kind == parse::TransactionKind::RollbackTo;
}

/// After an error: a block stays, failed; what was no block is undone.
void SessionImpl::fail() {
  if (in_block_) {
    has_failed_ = true;
    portals_.clear();
  } else {
    rollback();
  }
}

// The simple protocol.

Result<void> SessionImpl::run(Bytes text, ResultSink& sink) {
  cancelled_.store(false, std::memory_order_relaxed);
  // It ends the unnamed statement and portal, as at PostgreSQL.
  close_statement({});
  close_portal({});
  Planned planned = std::exchange(foreseen_, {});
  if (planned.statement == nullptr || planned.text != text) planned = plan_from_cache(text);
  const auto run_all = [&]() -> Result<void> {
    if (planned.statement != nullptr) {
      return run_one(*planned.statement, planned.parameters, true, sink);
    }
    LK_CHECK(install_mentioned(text));
    LK_TRY(const auto script, parse::parse(text));
    if (script->statements.empty()) {
      LK_CHECK(sink.empty());
      return {};
    }
    for (const parse::Script::Statement& each : script->statements) {
      LK_TRY(const auto prepared, analyze(script, each, {}));
      LK_CHECK(run_one(*prepared, {}, &each == &script->statements.back(), sink));
    }
    return {};
  };
  Result<void> result = run_all();
  if (result.has_value()) return result;
  if (would_wait_) {
    foreseen_ = std::move(planned);
    return result;
  }
  fail();
  return placed(std::move(result).error(), text);
}

/// One statement of a text of the simple protocol.
Result<void> SessionImpl::run_one(Prepared& prepared, std::span<const Value> parameters,
                                  bool is_last, ResultSink& sink) {
  if (prepared.returns_rows) LK_CHECK(sink.columns(prepared.columns));
  LK_TRY(const std::string tag, run_statement(prepared, parameters, sink, nullptr));
  // Its commit is part of the last statement, and may fail.
  if (is_last && !in_block_) LK_CHECK(commit());
  return sink.complete(tag);
}

bool SessionImpl::foresee(Bytes text) {
  // On a usual stack the parser is safe with this much, whatever it is.
  constexpr std::size_t kShortTextBytes = 4096;
  foreseen_ = {};
  if (text.size() > kShortTextBytes || has_failed_) return false;
  foreseen_ = plan(text);
  return foreseen_.statement != nullptr && is_quick(*foreseen_.statement);
}

/// Statements of the session itself are quick but for the end of a large transaction.
bool SessionImpl::is_quick(const Prepared& prepared) const {
  if (prepared.node == nullptr) return true;
  if (prepared.is_query()) return prepared.is_quick;
  const parse::Node& node = *prepared.node;
  if (node.is(parse::NodeKind::TransactionStmt)) return !has_run_long_;
  return node.is(parse::NodeKind::VariableSetStmt) || node.is(parse::NodeKind::VariableShowStmt);
}

bool SessionImpl::is_quick_portal(Bytes name) const {
  const auto found = portals_.find(name);
  return found == portals_.end() || is_quick(*found->second->statement);
}

// The extended protocol.

Result<void> SessionImpl::prepare(Bytes name, Bytes text, std::span<const Oid> parameters) {
  const UserTypesScope types = see_types();
  if (!name.empty() && statements_.contains(name)) {
    return Error(ErrorCode::PreparedDuplicate,
                 fmt::format("prepared statement \"{}\" already exists", name));
  }
  Result<std::shared_ptr<Prepared>> prepared = prepare_text(text, parameters);
  if (!prepared.has_value()) return placed(std::move(prepared).error(), text);
  statements_.insert_or_assign(std::string(name), std::move(*prepared));
  return {};
}

Result<StatementDescription> SessionImpl::describe_statement(Bytes name) {
  const UserTypesScope types = see_types();
  const auto found = statements_.find(name);
  if (found == statements_.end()) {
    return Error(ErrorCode::PreparedMissing,
                 fmt::format("prepared statement \"{}\" does not exist", name));
  }
  Prepared& prepared = *found->second;
  if (prepared.node != nullptr) LK_CHECK(refresh(prepared));
  StatementDescription description;
  if (prepared.is_query()) description.parameters = prepared.bound->parameter_types;
  description.returns_rows = prepared.returns_rows;
  description.columns = prepared.columns;
  return description;
}

Result<void> SessionImpl::bind(Bytes portal_name, Bytes statement_name,
                               std::span<const ParameterValue> parameters) {
  const UserTypesScope types = see_types();
  const auto found = statements_.find(statement_name);
  if (found == statements_.end()) {
    return Error(ErrorCode::PreparedMissing,
                 statement_name.empty()
                     ? std::string("unnamed prepared statement does not exist")
                     : fmt::format("prepared statement \"{}\" does not exist", statement_name));
  }
  if (!portal_name.empty() && portals_.contains(portal_name)) {
    return Error(ErrorCode::CursorDuplicate,
                 fmt::format("portal \"{}\" already exists", portal_name));
  }
  Prepared& prepared = *found->second;
  if (has_failed_ && prepared.node != nullptr && !is_allowed_when_failed(*prepared.node)) {
    return Error(ErrorCode::TransactionFailed);
  }
  if (prepared.node != nullptr) LK_CHECK(refresh(prepared));
  auto portal = std::make_shared<Portal>();
  portal->statement = found->second;
  const std::size_t wanted = prepared.is_query() ? prepared.bound->parameter_types.size() : 0;
  if (parameters.size() != wanted) {
    return Error(ErrorCode::ProtocolError,
                 fmt::format("bind message supplies {} parameters, but prepared statement \"{}\" "
                             "requires {}",
                             parameters.size(), statement_name, wanted));
  }
  for (std::size_t i = 0; i < wanted; ++i) {
    if (!parameters[i].bytes.has_value()) {
      portal->parameters.push_back(Value::null());
      continue;
    }
    const Oid type = prepared.bound->parameter_types[i];
    LK_TRY(const Value value,
           parameters[i].format == Format::Binary
               ? parse_binary(type, -1, *parameters[i].bytes, portal->arena)
               : parse_text(type, -1, *parameters[i].bytes, text_settings_, portal->arena));
    // Numbers need no memory; all else was copied into the arena.
    portal->parameters.push_back(value);
  }
  portals_.insert_or_assign(std::string(portal_name), std::move(portal));
  return {};
}

Result<StatementDescription> SessionImpl::describe_portal(Bytes name) {
  const auto found = portals_.find(name);
  if (found == portals_.end()) {
    return Error(ErrorCode::CursorMissing, fmt::format("portal \"{}\" does not exist", name));
  }
  StatementDescription description;
  description.returns_rows = found->second->statement->returns_rows;
  description.columns = found->second->statement->columns;
  return description;
}

Result<Executed> SessionImpl::execute(Bytes name, std::uint64_t row_limit, ResultSink& sink) {
  const UserTypesScope types = see_types();
  cancelled_.store(false, std::memory_order_relaxed);
  const auto found = portals_.find(name);
  if (found == portals_.end()) {
    return Error(ErrorCode::CursorMissing, fmt::format("portal \"{}\" does not exist", name));
  }
  // The statement may end the transaction, and with it the portals.
  const std::shared_ptr<Portal> kept = found->second;
  Portal& portal = *kept;
  const std::shared_ptr<Prepared> prepared = portal.statement;
  if (prepared->node == nullptr) {
    LK_CHECK(sink.empty());
    return Executed::Empty;
  }
  if (!portal.has_begun && (row_limit == 0 || !prepared->returns_rows)) {
    portal.has_begun = portal.is_done = true;
    Result<std::string> tag = run_statement(*prepared, portal.parameters, sink, nullptr);
    if (would_wait_) portal.has_begun = portal.is_done = false;
    if (!tag.has_value()) return placed(std::move(tag).error(), prepared->script->text());
    LK_CHECK(sink.complete(*tag));
    return Executed::Complete;
  }
  if (!portal.has_begun) {
    // All rows are found now and handed out as they are asked for.
    portal.has_begun = true;
    portal.rows = std::make_unique<WaitingRows>();
    Result<std::string> tag = run_statement(*prepared, portal.parameters, sink, portal.rows.get());
    if (would_wait_) portal.has_begun = false;
    if (!tag.has_value()) return placed(std::move(tag).error(), prepared->script->text());
    portal.tag = std::move(*tag);
  }
  std::uint64_t given = 0;
  if (portal.rows != nullptr) {
    WaitingRows& rows = *portal.rows;
    while (rows.width > 0 && rows.next < rows.values.size() &&
           (row_limit == 0 || given < row_limit)) {
      LK_CHECK(sink.row(prepared->columns, {rows.values.data() + rows.next, rows.width}));
      rows.next += rows.width;
      ++given;
    }
    if (rows.next < rows.values.size()) return Executed::Suspended;
  }
  portal.is_done = true;
  const std::size_t blank = portal.tag.rfind(' ');
  const bool is_select = portal.tag.starts_with("SELECT ");
  // A SELECT's tag counts the rows of this fetch.
  LK_CHECK(sink.complete(is_select && blank != std::string::npos ? fmt::format("SELECT {}", given)
                                                                 : portal.tag));
  return Executed::Complete;
}

void SessionImpl::close_statement(Bytes name) {
  const auto found = statements_.find(name);
  if (found != statements_.end()) statements_.erase(found);
}

void SessionImpl::close_portal(Bytes name) {
  const auto found = portals_.find(name);
  if (found != portals_.end()) portals_.erase(found);
}

Result<void> SessionImpl::sync() {
  if (in_block_) return {};
  if (has_failed_) {
    rollback();
    return {};
  }
  return commit();
}

}  // namespace latchkey::sql
