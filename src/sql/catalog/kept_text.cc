#include "sql/catalog/kept_text.h"

#include <algorithm>
#include <set>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/parse/query_text.h"

namespace latchkey::sql::definitions {

std::string TextEdits::apply(std::string text) {
  std::sort(edits_.begin(), edits_.end(),
            [](const Edit& a, const Edit& b) { return a.begin > b.begin; });
  std::size_t next = std::string::npos;
  for (const Edit& edit : edits_) {
    // A query that is named twice, as a CTE may be, has told of its names twice.
    if (edit.begin == next) continue;
    next = edit.begin;
    LK_ASSERT(edit.begin <= edit.end && edit.end <= text.size());
    text.replace(edit.begin, edit.end - edit.begin, edit.text);
  }
  return text;
}

std::string with_settled_names(std::string text, const bind::NamesUsed& names,
                               const Catalog& catalog) {
  TextEdits edits;
  for (const bind::NamesUsed::TableName& each : names.tables) {
    const Table* const table = catalog.find_table(each.table);
    if (table == nullptr || each.location < 0) continue;
    const auto begin = static_cast<std::size_t>(each.location);
    edits.replace(begin, parse::end_of_name(text, begin, each.parts), full_name(catalog, *table));
  }
  for (const bind::NamesUsed::Star& each : names.stars) {
    if (each.location < 0) continue;
    const auto begin = static_cast<std::size_t>(each.location);
    edits.replace(begin, parse::end_of_name(text, begin, each.parts), each.columns);
  }
  return edits.apply(std::move(text));
}

std::vector<Table::Use> uses_of(const bind::NamesUsed& names) {
  std::set<std::pair<std::uint32_t, std::int16_t>> used;
  for (const bind::NamesUsed::TableName& each : names.tables) {
    used.insert({value_of(each.table), std::int16_t{0}});
  }
  for (const bind::NamesUsed::ColumnName& each : names.columns) {
    used.insert({value_of(each.table), each.column});
  }
  std::vector<Table::Use> uses;
  for (const auto& [table, column] : used) uses.push_back({Oid{table}, column});
  return uses;
}

}  // namespace latchkey::sql::definitions
