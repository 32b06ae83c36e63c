#pragma once

#include <span>
#include <string_view>

#include "sql/bind/bound.h"

namespace latchkey::sql::bind {

/// Types by PostgreSQL's rules: which cast applies, which function is meant.
///
/// Threads: one at a time.
class Coercion {
 public:
  Coercion(Bound& bound, const TextSettings& settings) : bound_(bound), settings_(settings) {}

  /// Whether a value of `from` may stand where `to` is wanted.
  bool can_coerce(Oid from, Oid to, CastContext context) const;

  /// `expr` as `to`, or an error CannotCast or TypeMismatch. Constants of unknown type are read,
  /// parameters of unknown type get the type.
  Result<Expr*> coerce(Expr* expr, Oid to, std::int32_t typmod, CastContext context);
  /// The same for an assignment to a column, whose name the error tells.
  Result<Expr*> coerce_to_column(Expr* expr, const Column& column);
  /// To bool, for WHERE and the like; `place` names it in the error.
  Result<Expr*> coerce_to_bool(Expr* expr, std::string_view place);

  /// The type for values that must be of one: UNION, CASE, ARRAY, VALUES.
  Result<Oid> common_type(std::span<Expr* const> exprs, std::string_view place) const;

  /// Calls of the best function or operator for these arguments, which are cast as needed.
  /// Errors: FunctionMissing, FunctionAmbiguous.
  Result<Expr*> call_function(std::string_view name, std::vector<Expr*> args, std::int32_t location,
                              bool is_variadic = false);
  Result<Expr*> call_operator(std::string_view name, std::vector<Expr*> args,
                              std::int32_t location);
  /// One of several routines and functions of a name, by how it is called.
  struct RoutineChoice {
    const Routine* routine = nullptr;    ///< or
    const Function* function = nullptr;  ///< one of ours
    std::vector<int> places;             ///< which input each argument is for
    bool gathers = false;                ///< the last ones become the array of VARIADIC
  };
  struct RoutineCallShape {
    std::string_view name;
    std::span<const std::string> argument_names;  ///< of the last arguments: f(1, a => 2)
    bool is_variadic = false;                     ///< written with VARIADIC
    bool wants_procedure = false;
    bool sees_functions = true;  ///< ours, too
    std::int32_t location = -1;
  };
  /// `routines` in the order of the search path.
  /// Errors: FunctionMissing, FunctionAmbiguous, WrongObjectKind.
  Result<RoutineChoice> choose_routine(const RoutineCallShape& shape,
                                       std::span<const std::shared_ptr<const Routine>> routines,
                                       std::span<Expr* const> args) const;
  /// Casts `args` to the types of a signature; returns the type of its result, polymorphic types
  /// resolved.
  Result<Oid> fit_arguments(std::span<const Oid> wanted, Oid result, std::vector<Expr*>& args,
                            CallTypes& types);
  Result<Expr*> finish_call(const Function& function, std::vector<Expr*> args,
                            std::int32_t location, bool is_variadic = false);

  /// The same for an aggregate, if there is one of that name.
  Result<const AggregateFunction*> choose_aggregate(std::string_view name, std::vector<Expr*>& args,
                                                    CallTypes& types, std::int32_t location);

  /// And for a function that needs OVER.
  Result<const WindowFunction*> choose_window(std::string_view name, std::vector<Expr*>& args,
                                              CallTypes& types, std::int32_t location);

  Expr* make(ExprKind kind, Oid type, std::int32_t location = -1);
  Expr* constant(Oid type, Value value, std::int32_t location = -1);

 private:
  struct Candidate {
    std::span<const Oid> types;
    bool is_variadic = false;
    const void* row = nullptr;
  };
  Result<const Candidate*> choose(std::span<const Candidate> candidates,
                                  std::span<Expr* const> args, bool& is_ambiguous) const;
  /// What anyelement and its kin stand for in a call, and what anycompatible and its kin do.
  /// Errors: FunctionMissing if the arguments do not agree.
  struct Meaning {
    Oid any = Oid::None;
    bool is_any_known = false;  ///< else it is text, for want of better
    Oid compatible = Oid::None;
  };
  Result<Meaning> meaning_of(std::span<const Oid> wanted_types, std::span<Expr* const> args) const;
  Result<Expr*> read_constant(Expr* expr, Oid to, std::int32_t typmod);
  Result<Expr*> fit(Expr* expr, std::int32_t typmod, CastContext context);

  Bound& bound_;
  const TextSettings& settings_;
};

}  // namespace latchkey::sql::bind
