#pragma once

#include <string>
#include <vector>

#include "sql/bind/binder.h"
#include "sql/catalog/catalog.h"

/// Queries that the catalog keeps as text, and what becomes of their names.
namespace latchkey::sql::definitions {

/// Replacements in a text, made together.
class TextEdits {
 public:
  void replace(std::size_t begin, std::size_t end, std::string text) {
    edits_.push_back({begin, end, std::move(text)});
  }
  std::string apply(std::string text);

 private:
  struct Edit {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };
  std::vector<Edit> edits_;
};

/// The text with the schema at every table's name and with columns in the place of stars: it then
/// means the same under any search path, and after columns were added.
std::string with_settled_names(std::string text, const bind::NamesUsed& names,
                               const Catalog& catalog);

/// The tables and columns that were used, each once.
std::vector<Table::Use> uses_of(const bind::NamesUsed& names);

}  // namespace latchkey::sql::definitions
