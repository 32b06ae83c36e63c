#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sql/exec/routine_caller.h"
#include "sql/plpgsql/cast.h"
#include "sql/plpgsql/invocation.h"

namespace latchkey::sql::plpgsql {

class SqlFunction;

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
  std::unique_ptr<RowSource> rows(const Call& call) override;
  Result<std::vector<Value>> run_procedure(const Call& call) override;
  Result<bool> fire(const TriggerCall& call, ExecutionContext& context) override;

  /// DO. Errors: ObjectMissing for a language that is none.
  Result<void> run_block(const std::string& language, const std::string& text);

 private:
  /// What a routine's text was made into for arguments of some types.
  struct Compiled {
    std::shared_ptr<const Routine> routine;
    std::shared_ptr<SqlFunction> sql;
  };
  using Key = std::pair<Oid, std::vector<Oid>>;

  Result<void> run(const Invocation& invocation);
  Result<void> run_with_settings(const Invocation& invocation);
  Result<Compiled*> compile(const Invocation& invocation);
  using TypedRowConsumer =
      FunctionRef<Result<bool>(std::span<const Value>, std::span<const RowColumn>)>;
  Result<void> invoke(const Call& call, TypedRowConsumer consumer, bool wants_rows);

  Host& host_;
  Casts casts_;
  std::map<Key, Compiled> compiled_;
};

}  // namespace latchkey::sql::plpgsql
