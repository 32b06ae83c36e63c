#pragma once

#include <span>
#include <vector>

#include "sql/bind/bound.h"

namespace latchkey::sql::exec {

/// One column that rows are put in order by.
struct SortColumn {
  std::size_t at = 0;  ///< index into a row
  Oid type = Oid::None;
  bool is_descending = false;
  bool nulls_first = false;

  friend bool operator==(const SortColumn&, const SortColumn&) = default;
};

/// Less than, equal or greater than zero.
int order_of(const SortColumn& column, const Value& a, const Value& b);
int order_of(std::span<const SortColumn> columns, const Value* a, const Value* b);

/// Equal rows stay in the order they had.
void sort_rows(std::vector<Value*>& rows, std::span<const SortColumn> columns);

}  // namespace latchkey::sql::exec
