#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "latchkey/result.h"
#include "sql/types/arena.h"
#include "sql/types/type.h"
#include "sql/types/value.h"

namespace latchkey::sql {

class ExecutionContext;
struct CallTypes;

/// What an expression is evaluated in: where its columns stand, where its results may lie.
///
/// Ownership: borrows everything. Results are good until the arena is reset.
struct Evaluation {
  Arena* arena = nullptr;
  ExecutionContext* context = nullptr;
  const TextSettings* settings = nullptr;
  std::span<const Value> parameters;
  Value* slots = nullptr;             ///< the columns of this query
  const Evaluation* outer = nullptr;  ///< of the query around this one
  /// The first error. Whoever sees it stops; what was computed behind it means nothing.
  std::optional<Error> error;

  bool failed() const { return error.has_value(); }
  void fail(Error failure) {
    if (!error.has_value()) error = std::move(failure);
  }
};

/// The arguments of one call: values, and the types the call was bound with.
struct Call {
  Evaluation& evaluation;
  std::span<const Value> values;
  const CallTypes& types;

  const Value& operator[](std::size_t index) const { return values[index]; }
  std::int64_t integer(std::size_t index) const { return values[index].integer; }
  double number(std::size_t index) const { return values[index].number; }
  Bytes bytes(std::size_t index) const { return values[index].bytes(); }
  Arena& arena() const { return *evaluation.arena; }
  const TextSettings& settings() const { return *evaluation.settings; }
  Value fail(ErrorCode code, std::string message) const {
    evaluation.fail(Error(code, std::move(message)));
    return Value::null();
  }
  Value fail(Error error) const {
    evaluation.fail(std::move(error));
    return Value::null();
  }
  Value text(Bytes bytes) const { return Value::of_bytes(arena().copy(bytes)); }
  /// A value or the failure in its place.
  Value take(Result<Value> result) const {
    return result.has_value() ? *result : fail(std::move(result).error());
  }
};

/// A column of what a call in FROM gives, as the query lists them: AS x(a int, b text).
struct RowColumn {
  std::string name;
  Oid type = Oid::None;
  std::int32_t typmod = -1;
};

/// The types at the place of a call, for functions that take any.
struct CallTypes {
  std::vector<Oid> arguments;
  Oid result = Oid::None;
  std::vector<RowColumn> row;       ///< of a function that returns record
  Oid routine = Oid::None;          ///< which one a user has made is called
  bool has_variadic_array = false;  ///< VARIADIC stands before the last argument
};

using FunctionBody = Value (*)(const Call& call);

/// The rows that one call of a function gives.
///
/// Threads:   the execution's.
/// Ownership: may keep views of the call's arguments, which live as long.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// Puts the next row into `columns`. False at the end, or when the evaluation has failed. The
  /// values may lie in the evaluation's arena and are good until the next call.
  virtual bool next(Evaluation& evaluation, std::span<Value> columns) = 0;
};

/// Begins the rows of a call; null: there are none, or the call has failed.
using SetBody = std::unique_ptr<RowSource> (*)(const Call& call);

/// A column of a function that gives several.
struct OutColumn {
  std::string_view name;
  Oid type = Oid::None;
};

enum FunctionFlag : std::uint32_t {
  kTakesNull = 1u << 0,   ///< is called with nulls; others give null for a null
  kVolatile = 1u << 1,    ///< may give another result at each call
  kStable = 1u << 2,      ///< gives the same within a statement
  kVariadic = 1u << 3,    ///< the last argument may come any number of times
  kReturnsSet = 1u << 4,  ///< gives rows by its set_body
  kOperator = 1u << 5,    ///< is written between or before its arguments
};

constexpr std::size_t kFunctionArgumentsMax = 8;

struct Signature {
  Oid result = Oid::None;
  std::array<Oid, kFunctionArgumentsMax> arguments{};
  std::uint8_t argument_count = 0;
  constexpr std::span<const Oid> all() const { return {arguments.data(), argument_count}; }
};
/// takes(oid::kInt4, oid::kInt4).gives(oid::kInt4)
struct Takes {
  Signature signature;
  constexpr Signature gives(Oid result) const {
    Signature whole = signature;
    whole.result = result;
    return whole;
  }
};
template <typename... Types>
constexpr Takes takes(Types... types) {
  static_assert(sizeof...(Types) <= kFunctionArgumentsMax);
  return {{Oid::None, {types...}, sizeof...(Types)}};
}

/// One row of the table of functions and operators.
struct Function {
  std::string_view name;
  Signature signature;
  std::uint32_t flags;
  FunctionBody body;
  /// An expression and its result as text, which a test evaluates: "length('abc')", "3".
  std::string_view example;
  std::string_view expected;
  SetBody set_body = nullptr;
  /// What its rows consist of; empty: one column of the result's type, named as the function.
  std::span<const OutColumn> columns = {};

  Oid result() const { return signature.result; }
  std::span<const Oid> arguments() const { return signature.all(); }
  bool is(FunctionFlag flag) const { return (flags & flag) != 0; }
};

/// All functions, or operators, of a name.
std::vector<const Function*> find_functions(std::string_view name);
std::vector<const Function*> find_operators(std::string_view name);
std::span<const Function* const> all_functions();
/// The number by which pg_proc and regproc know it.
Oid oid_of(const Function& function);
const Function* find_function(Oid oid);

/// How a cast is done.
enum class CastMethod : std::uint8_t { Function, ByText, Relabel };
/// Where it happens unasked.
enum class CastContext : std::uint8_t { Explicit, Assignment, Implicit };

struct Cast {
  Oid from;
  Oid to;
  CastContext context;
  CastMethod method;
  FunctionBody body;  ///< of Function
};

/// The cast from one type to another, or null; those by text that every type has are not rows.
const Cast* find_cast(Oid from, Oid to);
std::span<const Cast> all_casts();

/// Rows by family; function.cc puts them together.
std::span<const Function> comparison_functions();
std::span<const Function> number_functions();
std::span<const Function> numeric_functions();
std::span<const Function> text_functions();
std::span<const Function> session_functions();
std::span<const Function> set_functions();
std::span<const Function> json_functions();
std::span<const Function> date_functions();
std::span<const Function> date_arithmetic_functions();
std::span<const Function> date_part_functions();
std::span<const Function> sequence_functions();
std::span<const Function> enum_functions();
std::span<const Cast> number_casts();
std::span<const Cast> numeric_casts();
std::span<const Cast> text_casts();
std::span<const Cast> date_casts();
std::span<const Cast> json_casts();
std::span<const Cast> object_casts();

/// CURRENT_DATE, CURRENT_TIME, CURRENT_TIMESTAMP, LOCALTIME or LOCALTIMESTAMP, by its type.
const Function& current_moment(Oid type);
/// Of src/sql/system: what asks the catalog.
std::span<const Function> object_functions();
std::span<const Function> definition_functions();
std::span<const Function> privilege_functions();
std::span<const Function> server_functions();
std::span<const Function> acl_functions();

}  // namespace latchkey::sql
