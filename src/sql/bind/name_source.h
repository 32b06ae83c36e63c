#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "latchkey/result.h"
#include "sql/types/type.h"

namespace latchkey::sql::bind {

/// The names that mean values from outside of a statement: arguments and variables of a routine.
/// Their values stand among the statement's parameters.
///
/// Threads: one at a time.
class NameSource {
 public:
  struct Found {
    int parameter = 0;  ///< from 0
    Oid type = Oid::None;
    std::int32_t typmod = -1;
  };
  /// What happens when a name is that of a column, too.
  enum class Conflict : std::uint8_t { Error, UseVariable, UseColumn };

  virtual ~NameSource() = default;
  /// What a name of one or more parts means; nothing if it is none of this source.
  /// Errors: those of a variable that has no such field, or no value yet.
  virtual Result<std::optional<Found>> find(std::span<const std::string> names) = 0;
  /// The parameter $n, from 1.
  virtual std::optional<Found> parameter(std::int64_t number) = 0;
  /// The fields of a variable that is a row, for v.*; nothing if there is none of the name.
  struct Field {
    std::string name;
    Found value;
  };
  virtual Result<std::optional<std::vector<Field>>> fields(std::span<const std::string> names) = 0;
  virtual Conflict conflict() const = 0;
};

}  // namespace latchkey::sql::bind
