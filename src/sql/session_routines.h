#pragma once

#include <memory>

#include "sql/plpgsql/host.h"
#include "sql/plpgsql/runner.h"
#include "sql/session_impl.h"

namespace latchkey::sql {

/// What the routines of a session see of it.
///
/// Threads:   the session's.
/// Ownership: belongs to the session.
class SessionRoutines final : public plpgsql::Host {
 public:
  explicit SessionRoutines(SessionImpl& session) : session_(session), runner_(*this) {}

  plpgsql::Runner& runner() { return runner_; }
  /// Tells the notices of a statement that will not start over any more.
  void flush_notices(ResultSink& sink);
  void forget_notices() { notices_.clear(); }

  // Host
  bind::BindContext bind_context() override;
  std::uint64_t stamp() override;
  const TextSettings& text_settings() override { return session_.text_settings_; }
  Result<std::uint64_t> run_query(const bind::Bound& bound, std::span<const Value> parameters,
                                  plpgsql::RowConsumer consumer) override;
  Result<Value> evaluate(const bind::Query& query, const bind::Expr& expr,
                         std::span<const Value> parameters, Arena& arena) override;
  bool checks_assertions() override;
  Result<void> run_other(const std::shared_ptr<const parse::Script>& script,
                         const parse::Node& node) override;
  Mark mark() override;
  void return_to(const Mark& mark) override;
  bool starts_over(const Error& error) const override;
  void notice(Severity severity, Error notice) override;
  Result<void> check_cancelled() override;
  bool reserve_memory(std::int64_t bytes) override;
  Result<void> set(const std::string& name, const std::string& value) override;
  std::shared_ptr<const void> save_settings() override;
  void restore_settings(const std::shared_ptr<const void>& saved) override;

 private:
  class Sink;
  /// A catalog that stays while a statement looks at it, though the routine may change it.
  struct Execution;

  Result<std::uint64_t> run_select(const bind::Query& query, ExecutionContext& context,
                                   std::span<const Value> parameters,
                                   plpgsql::RowConsumer consumer);
  Result<std::uint64_t> run_call(const bind::Query& query, ExecutionContext& context,
                                 std::span<const Value> parameters, plpgsql::RowConsumer consumer);

  SessionImpl& session_;
  plpgsql::Runner runner_;
  std::vector<std::pair<Severity, Error>> notices_;
  std::uint64_t stamp_ = 0;
  std::shared_ptr<const Catalog> stamped_catalog_;
  std::string stamped_path_;
};

/// Tells a statement's notices when it has ended.
class NoticeFlush {
 public:
  NoticeFlush(SessionRoutines& routines, ResultSink& sink) : routines_(routines), sink_(sink) {}
  ~NoticeFlush() { routines_.flush_notices(sink_); }
  NoticeFlush(const NoticeFlush&) = delete;
  NoticeFlush& operator=(const NoticeFlush&) = delete;

 private:
  SessionRoutines& routines_;
  ResultSink& sink_;
};

}  // namespace latchkey::sql
