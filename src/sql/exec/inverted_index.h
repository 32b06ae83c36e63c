#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sql/exec/access_path.h"
#include "sql/exec/node.h"
#include "sql/exec/table_layout.h"

namespace latchkey::sql::exec {

/// Indexes by parts of jsonb values: CREATE INDEX .. USING gin. See jsonb_tokens.h.
///
///   an entry   bytes  meaning
///        0         1  which column of the index
///        1         8  a token, big-endian
///        9            the row's key, which is the entry's value too
bool is_inverted(const Index& index);

/// The entries that a row has in an inverted index, in order and each once.
std::vector<std::string> inverted_entries(const TableLayout& layout, const Index& index,
                                          std::span<const Value> values, Bytes key);

/// How an inverted index finds the rows for which `column op value` holds, and perhaps others.
struct InvertedPath {
  const Index* index = nullptr;
  std::size_t part = 0;  ///< of the index
  std::string_view op;   ///< @> ? ?| ?&
  const bind::Expr* value = nullptr;
};
std::optional<InvertedPath> find_inverted_path(const bind::Query& query, int entry,
                                               std::span<bind::Expr* const> conditions,
                                               const EntrySet& known);

/// The rows that the path finds; who asks tests the condition again.
NodePtr make_inverted_scan(const bind::RangeEntry& entry, InvertedPath path,
                           Evaluation& evaluation);

}  // namespace latchkey::sql::exec
