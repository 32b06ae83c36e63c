#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sql/exec/routine_caller.h"
#include "sql/plpgsql/cast.h"
#include "sql/plpgsql/invocation.h"
#include "sql/plpgsql/sql_text.h"

namespace latchkey::sql::plpgsql {

class Interpreter;
class SqlFunction;
struct Program;
struct Cursor;

/// Runs the routines of one session, and keeps what it has made of their texts.
///
/// Threads:   the session's.
/// Ownership: borrows the host.
class Runner final : public RoutineCaller {
 public:
  explicit Runner(Host& host);
  ~Runner() override;

  // RoutineCaller
  Value call(const Call& call) override;
  std::unique_ptr<RowSource> rows(const Call& call, RowForm form) override;
  Result<std::vector<Value>> run_procedure(const Call& call) override;
  Result<bool> fire(const TriggerCall& call) override;

  /// DO. Errors: ObjectMissing for a language that is none.
  Result<void> run_block(const std::string& language, const std::string& text);
  /// The transaction has ended.
  void forget_cursors() { cursors_.clear(); }

 private:
  /// What a routine's text was made into for arguments of some types.
  struct Compiled {
    std::shared_ptr<const Routine> routine;
    std::shared_ptr<SqlFunction> sql;
    std::shared_ptr<Program> program;
  };
  using Key = std::pair<Oid, std::vector<Oid>>;

  Result<void> run(const Invocation& invocation);
  Result<void> run_with_settings(const Invocation& invocation);
  Result<Compiled*> compile(const Invocation& invocation);
  using TypedRowConsumer =
      FunctionRef<Result<bool>(std::span<const Value>, std::span<const RowColumn>)>;
  Result<void> invoke(const Call& call, TypedRowConsumer consumer);

  Result<Compiled*> compile_trigger(const std::shared_ptr<const Routine>& routine);
  Result<bool> holds(const TriggerCall& call);
  Result<void> set_trigger_variables(const TriggerCall& call, Program& program,
                                     Interpreter& interpreter);

  Host& host_;
  Casts casts_;
  std::map<std::string, std::shared_ptr<Cursor>, std::less<>> cursors_;
  std::map<Key, Compiled> compiled_;
  /// The WHEN of triggers, by their numbers; the texts tell whether they are still the same.
  std::map<Oid, std::shared_ptr<SqlText>> conditions_;
};

}  // namespace latchkey::sql::plpgsql
