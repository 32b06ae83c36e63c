#pragma once

#include <deque>

#include "sql/plpgsql/cast.h"
#include "sql/plpgsql/invocation.h"
#include "sql/plpgsql/sql_text.h"

namespace latchkey::sql::plpgsql {

/// A routine in the language sql: its statements, run one after another; the last one's rows are
/// its result.
///
/// Threads: the session's.
class SqlFunction {
 public:
  /// Parses the body.
  static Result<std::shared_ptr<SqlFunction>> compile(std::shared_ptr<const Routine> routine,
                                                      std::span<const Oid> argument_types);

  Result<void> run(const Invocation& invocation, Host& host, Casts& casts);
  /// Binds everything and looks whether the last statement gives what the routine returns.
  Result<void> check(const bind::BindContext& context, std::span<const RowColumn> columns);

 private:
  class Names;
  SqlFunction(std::shared_ptr<const Routine> routine, std::span<const Oid> argument_types)
      : routine_(std::move(routine)),
        argument_types_(argument_types.begin(), argument_types.end()) {}
  Result<void> check_result(const bind::Bound* last, std::span<const RowColumn> columns,
                            const TextSettings& settings) const;
  Result<void> run_last(const bind::Bound& bound, const Invocation& invocation, Host& host,
                        Casts& casts);

  const std::shared_ptr<const Routine> routine_;
  const std::vector<Oid> argument_types_;
  std::deque<SqlText> statements_;
};

}  // namespace latchkey::sql::plpgsql
