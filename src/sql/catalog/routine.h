#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sql/types/type.h"

namespace latchkey::sql {

/// How an argument of a routine is used; the letters are PostgreSQL's.
enum class ArgumentMode : char { In = 'i', Out = 'o', InOut = 'b', Variadic = 'v', Table = 't' };

struct RoutineArgument {
  std::string name;
  Oid type = Oid::None;
  ArgumentMode mode = ArgumentMode::In;
  bool has_default = false;
  std::string default_text = {};

  bool is_input() const { return mode != ArgumentMode::Out && mode != ArgumentMode::Table; }
  bool is_output() const { return mode != ArgumentMode::In && mode != ArgumentMode::Variadic; }
};

/// A setting that holds while a routine runs.
struct RoutineSetting {
  std::string name;
  std::string value;
};

enum class RoutineKind : char { Function = 'f', Procedure = 'p' };
enum class Volatility : char { Immutable = 'i', Stable = 's', Volatile = 'v' };

/// A function or procedure that a user has made.
///
/// Invariant: immutable once it is in a Catalog.
struct Routine {
  Oid oid = Oid::None;
  Oid schema = Oid::None;
  std::string name;
  std::string owner = {};
  RoutineKind kind = RoutineKind::Function;
  std::string language;
  std::vector<RoutineArgument> arguments;
  Oid result = Oid::None;        ///< of a function; record for several columns
  Oid result_table = Oid::None;  ///< the table whose rows it gives
  bool returns_set = false;
  Volatility volatility = Volatility::Volatile;
  bool is_strict = false;
  bool is_definer = false;  ///< SECURITY DEFINER
  bool is_leakproof = false;
  char parallel = 'u';
  std::string cost = {};
  std::string rows = {};
  std::vector<RoutineSetting> settings;
  std::string body;
  bool is_sql_body = false;  ///< BEGIN ATOMIC or RETURN, not a text

  std::vector<Oid> input_types() const;
  std::vector<const RoutineArgument*> inputs() const;
  std::vector<const RoutineArgument*> outputs() const;
  bool is_procedure() const { return kind == RoutineKind::Procedure; }
  /// f(integer, text): as errors name it.
  std::string signature() const;
  const char* kind_name() const { return is_procedure() ? "procedure" : "function"; }
};

std::string signature_of(std::string_view name, std::span<const Oid> types);

enum class TriggerTiming : char { Before = 'b', After = 'a', Instead = 'i' };

/// What makes a trigger run; a set of these.
enum TriggerEvent : std::uint8_t {
  kOnInsert = 1,
  kOnDelete = 2,
  kOnUpdate = 4,
  kOnTruncate = 8,
};

/// A trigger of a table, which holds it.
struct Trigger {
  Oid oid = Oid::None;
  std::string name;
  Oid routine = Oid::None;
  TriggerTiming timing = TriggerTiming::After;
  std::int16_t events = 0;  ///< of TriggerEvent
  bool for_each_row = false;
  bool is_enabled = true;
  std::vector<std::int16_t> columns;  ///< of UPDATE OF
  std::string condition = {};         ///< of WHEN
  std::vector<std::string> arguments;

  bool is_on(TriggerEvent event) const { return (events & event) != 0; }
};

}  // namespace latchkey::sql
