#pragma once

#include <map>
#include <memory>
#include <tuple>

#include "sql/plpgsql/host.h"

namespace latchkey::sql::plpgsql {

/// Turns values into the types of the variables and results that take them, as an assignment does,
/// or through their texts where there is no such cast.
///
/// Threads: the session's.
class Casts {
 public:
  explicit Casts(Host& host) : host_(host) {}

  /// The value in `arena`, or as it is if it needs no change.
  Result<Value> convert(const Value& value, Oid from, Oid to, std::int32_t typmod, Arena& arena);

 private:
  Host& host_;
  std::map<std::tuple<Oid, Oid, std::int32_t>, std::unique_ptr<bind::Bound>> known_;
};

}  // namespace latchkey::sql::plpgsql
