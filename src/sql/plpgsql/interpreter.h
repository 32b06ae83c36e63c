#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/plpgsql/frame.h"
#include "sql/plpgsql/invocation.h"

namespace latchkey::sql::plpgsql {

/// A cursor that is open: its rows, and the one it stands on, from 1.
struct Cursor {
  explicit Cursor(Host& host) : rows(host) {}
  FoundRows rows;
  std::int64_t at = 0;
};
using Cursors = std::map<std::string, std::shared_ptr<Cursor>, std::less<>>;

/// What a trigger's function has returned.
struct TriggerResult {
  bool is_null = true;
  std::vector<RowColumn> columns;
  std::vector<Value> values;  ///< good as long as the interpreter
};

/// Runs one call of a routine in plpgsql.
///
/// Threads:   the session's.
/// Ownership: borrows the invocation; shares the program.
/// Errors:    with the line of the statement that met them.
class Interpreter {
 public:
  Interpreter(std::shared_ptr<Program> program, std::string shown_name, Host& host, Casts& casts,
              Cursors& cursors);

  /// Runs a function or a procedure and gives its rows to the invocation's consumer.
  Result<void> run(const Invocation& invocation);
  /// Runs a block of DO.
  Result<void> run_block();
  /// Runs a trigger's function, whose variables the caller has set in frame().
  Result<TriggerResult> run_trigger();
  Frame& frame() { return frame_; }

 private:
  enum class Flow : std::uint8_t { Done, Exit, Continue, Return };
  struct Evaluated {
    Value value;  ///< good until the next evaluation
    Oid type = Oid::None;
  };

  // interpreter.cc
  Result<Flow> run_body();
  Result<Flow> run_all(const Statements& statements);
  Result<Flow> run_one(const Statement& statement);
  Result<Flow> run_kind(const Statement& statement);
  Result<Flow> run_block(const Statement& block);
  Result<void> begin_block(const Statement& block);
  Result<Flow> run_guarded(const Statement& block);
  const Handler* handler_for(const Statement& block, const Error& error) const;
  Result<Flow> run_if(const Statement& statement);
  Result<Flow> run_case(const Statement& statement);
  Result<Flow> run_loop(const Statement& loop);
  Result<Flow> run_integer_loop(const Statement& loop);
  Result<Flow> run_array_loop(const Statement& loop);
  Result<Flow> run_exit(const Statement& statement);
  /// Runs a loop's body once. Returns whether the loop goes on; if not, `flow` is what it ends
  /// with.
  Result<bool> run_pass(const Statement& loop, Flow& flow);
  Error placed(Error error) const;
  std::string place() const;

  // interpreter_values.cc
  Result<Evaluated> evaluate(const Query& query);
  Result<bool> condition(const Query& query);
  Result<std::optional<std::int64_t>> integer(const Query& query, Oid type);
  Result<std::optional<std::string>> text(const Query& query);
  Result<void> assign(const Target& target, const Value& value, Oid type);
  Result<void> assign_element(const Target& target, const Value& value, Oid type);
  Result<void> assign_row(const std::vector<Target>& targets, std::span<const RowColumn> columns,
                          std::span<const Value> values);
  int record_named(const Query& query) const;
  Result<void> evaluate_row(const Query& query, FoundRows& row);
  static void unpack(const Value& record, std::vector<RowColumn>& columns,
                     std::vector<Value>& values);
  Result<void> assign_query(const Target& target, const Query& query);

  // interpreter_sql.cc
  struct Ran {
    std::uint64_t count = 0;
    bool is_query = false;
  };
  using Using = std::vector<std::pair<Oid, Value>>;
  Result<std::uint64_t> run_query(const Query& query, FoundRows* rows, std::size_t rows_max);
  Result<std::uint64_t> run_bound(const bind::Bound& bound, std::span<const Value> parameters,
                                  FoundRows* rows, std::size_t rows_max);
  Result<void> collect(const Query& query, const std::vector<Query>& arguments, bool is_dynamic,
                       FoundRows& rows);
  Result<std::uint64_t> run_dynamic(const std::string& text, const std::vector<Query>& arguments,
                                    FoundRows* rows, std::size_t rows_max, bool& is_query);
  Result<void> run_sql(const Statement& statement);
  Result<void> run_call(const Statement& statement);
  Result<void> run_perform(const Statement& statement);
  Result<void> run_execute(const Statement& statement);
  Result<void> store_into(const Statement& statement, const FoundRows& rows, bool is_change);
  Result<Flow> run_row_loop(const Statement& loop);
  Result<std::string> cursor_name(int variable) const;
  Result<void> open(const Statement& statement, int variable, const std::vector<Query>& arguments);
  Result<void> fetch(const Statement& statement);
  Result<void> close(const Statement& statement);

  // interpreter_report.cc
  Result<void> raise(const Statement& statement);
  Result<std::string> format_message(const Statement& statement);
  Result<void> check_assertion(const Statement& statement);
  Result<void> diagnostics(const Statement& statement);

  // interpreter_return.cc
  Result<void> run_return(const Statement& statement);
  Result<void> run_return_next(const Statement& statement);
  Result<void> run_return_query(const Statement& statement);
  Result<void> give(std::span<const RowColumn> columns, std::span<const Value> values,
                    std::string_view mismatch);
  Result<void> give_outputs();
  Result<void> finish(Flow flow);

  const std::shared_ptr<Program> program_;
  const std::string shown_name_;
  Host& host_;
  Casts& casts_;
  Cursors& cursors_;
  Frame frame_;
  Arena arena_;  ///< of the value that was evaluated last
  std::vector<Value> parameters_;
  const Invocation* invocation_ = nullptr;
  TriggerResult* trigger_ = nullptr;
  Arena trigger_arena_;
  const Statement* statement_ = nullptr;  ///< that runs
  int initialized_line_ = 0;              ///< of the declaration that runs, 0 for none
  std::string exit_label_;
  const Error* caught_ = nullptr;  ///< by the handler that runs
  std::uint64_t row_count_ = 0;
  bool has_returned_value_ = false;
};

/// "assignment", "IF": as the lines of where an error happened name it.
std::string_view name_of(const Statement& statement);

/// An error with a SQLSTATE of its own.
Error error_with(std::string_view sqlstate, std::string message);

}  // namespace latchkey::sql::plpgsql
