#pragma once

#include <memory>

#include "latchkey/result.h"
#include "sql/exec/context.h"

namespace latchkey::sql::exec {

/// One step of a running query. Each puts what it finds into the query's slots.
///
/// Threads:   the execution's.
/// Invariant: what next() has put into slots stays good until it is called again.
class Node {
 public:
  virtual ~Node() = default;
  /// Begins, or begins anew, with the slots that others have set as they are now.
  virtual Result<void> open() = 0;
  /// Whether there was another row.
  virtual Result<bool> next() = 0;
};

using NodePtr = std::unique_ptr<Node>;

}  // namespace latchkey::sql::exec
