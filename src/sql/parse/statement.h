#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "latchkey/result.h"
#include "sql/parse/node.h"
#include "sql/types/arena.h"

namespace latchkey::sql::parse {

/// The statements of one text, as PostgreSQL 15's grammar reads them.
///
/// Ownership: owns the text and all nodes.
class Script {
 public:
  struct Statement {
    const Node* node;
    Bytes text;  ///< the statement's own part of the text
  };
  std::vector<Statement> statements;

  explicit Script(Bytes text) : text_(text) {}
  Bytes text() const { return text_; }
  Arena& arena() { return arena_; }

 private:
  std::string text_;
  Arena arena_;
};

/// Parses `text`, which is UTF-8.
///
/// Requires: a deep stack (see QueryThreads); the guards keep to what kParseStackBytes hold.
/// Errors:   SyntaxError with its position; TooComplex, LimitExceeded; BadEncoding for a text that
/// is
///           not UTF-8 or holds a zero byte.
Result<std::shared_ptr<const Script>> parse(Bytes text);

/// Refuses what would drive a recursive parser too deep, by counting words between commas.
Result<void> check_depth(Bytes text);

/// Where byte `offset` stands, in characters from 1, as errors tell it.
std::int32_t position_of(Bytes text, std::int32_t offset);

}  // namespace latchkey::sql::parse
