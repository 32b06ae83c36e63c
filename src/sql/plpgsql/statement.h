#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/plpgsql/sql_text.h"
#include "sql/types/type.h"

namespace latchkey::sql::plpgsql {

/// Names as a place in the text sees them; each block has one.
struct Names {
  const Names* outer = nullptr;
  std::string label;
  bool is_loop = false;
  std::vector<std::pair<std::string, int>> variables;
};

/// A text of SQL and the names that it sees.
struct Query {
  std::unique_ptr<SqlText> text;
  const Names* names = nullptr;

  explicit operator bool() const { return text != nullptr; }
};

/// A variable of a function, by its number; a field of a record is one, too.
enum class VariableKind : std::uint8_t { Scalar, Record, Field, Trigger };

struct Variable {
  VariableKind kind = VariableKind::Scalar;
  std::string name;
  Oid type = Oid::None;
  std::int32_t typmod = -1;
  Oid table = Oid::None;  ///< of a Record that has the columns of a table
  bool is_constant = false;
  bool is_not_null = false;
  Query initial;
  int line = 0;

  // Field
  int record = -1;

  // A cursor's query and arguments
  Query cursor_query;
  std::vector<int> cursor_arguments;
};

/// Where a value goes: a variable, a field of a record, an element of an array.
struct Target {
  int variable = -1;
  std::vector<Query> subscripts;
};

enum class StatementKind : std::uint8_t {
  Block,
  Assign,
  If,
  Case,
  Loop,
  While,
  ForInteger,
  ForQuery,
  ForEach,
  Exit,
  Return,
  ReturnNext,
  ReturnQuery,
  Raise,
  Assert,
  Sql,
  Perform,
  Execute,
  Diagnostics,
  Open,
  Fetch,
  Close,
  Null,
  Commit,
};

struct Statement;
using Statements = std::vector<std::unique_ptr<Statement>>;

struct Branch {
  Query condition;  ///< of CASE with a subject: a list of values
  Statements body;
};

struct Handler {
  struct Condition {
    std::string sqlstate;  ///< of five; XX000 ends in 000 and means its class
    bool is_others = false;
  };
  std::vector<Condition> conditions;
  Statements body;
};

enum class RaiseOption : std::uint8_t {
  ErrorCode,
  Message,
  Detail,
  Hint,
  Column,
  Constraint,
  DataType,
  Table,
  Schema,
};

enum class DiagnosticsItem : std::uint8_t {
  RowCount,
  Context,
  ReturnedSqlstate,
  Message,
  Detail,
  Hint,
  ExceptionContext,
  Column,
  Constraint,
  DataType,
  Table,
  Schema,
};

enum class FetchDirection : std::uint8_t { Forward, Backward, Absolute, Relative, First, Last };

/// One statement of PL/pgSQL. Which fields mean something depends on its kind.
struct Statement {
  StatementKind kind = StatementKind::Null;
  int line = 0;
  std::string label;  ///< of a block or loop; that EXIT and CONTINUE name

  Statements body;
  std::vector<Branch> branches;  ///< of IF and CASE
  std::optional<Statements> otherwise;
  std::vector<int> declared;  ///< variables that a block begins with
  std::vector<Handler> handlers;
  int state_variable = -1;  ///< sqlstate and sqlerrm inside of handlers
  int message_variable = -1;

  std::vector<Target> targets;
  int variable = -1;  ///< of loops; the cursor
  Query query;
  std::vector<Query>
      queries;      ///< USING, RAISE's arguments, the bounds of a FOR, a cursor's arguments
  Query condition;  ///< WHEN, WHILE, ASSERT; RAISE's subject of CASE
  bool has_into = false;
  bool is_strict = false;
  bool is_dynamic = false;   ///< query is an expression whose text is run
  bool is_reverse = false;   ///< FOR IN REVERSE
  bool is_continue = false;  ///< of Exit
  bool is_stacked = false;   ///< GET STACKED DIAGNOSTICS
  bool is_move = false;      ///< MOVE instead of FETCH
  bool is_scroll = true;
  int slice = 0;

  // Raise
  Severity severity = Severity::Notice;
  bool is_exception = false;
  std::string condition_name;  ///< or a SQLSTATE
  bool is_rethrow = false;
  std::optional<std::string> message;
  std::vector<std::pair<RaiseOption, Query>> options;

  std::vector<DiagnosticsItem> items;
  FetchDirection direction = FetchDirection::Forward;
};

/// A function's text, understood.
struct Program {
  std::deque<Variable> variables;
  std::deque<Names> scopes;
  std::unique_ptr<Statement> block;
  enum class Conflict : std::uint8_t { Error, UseVariable, UseColumn } conflict = Conflict::Error;
  bool prints_strict_params = false;
  std::vector<int> argument_variables;
  std::vector<int> output_variables;
  int found_variable = -1;
  int new_variable = -1;
  int old_variable = -1;
};

}  // namespace latchkey::sql::plpgsql
