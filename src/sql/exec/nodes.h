#pragma once

#include <functional>
#include <vector>

#include "sql/exec/access_path.h"
#include "sql/exec/node.h"
#include "sql/exec/table_layout.h"

namespace latchkey::sql::exec {

// The kinds of nodes. Each borrows the query and the evaluation it is given and owns the nodes it
// reads from. Memory for the values a node makes is its own.

/// Sets `evaluation.arena` for as long as it lives.
class ArenaScope {
 public:
  ArenaScope(Evaluation& evaluation, Arena& arena)
      : evaluation_(evaluation), before_(evaluation.arena) {
    evaluation.arena = &arena;
  }
  ~ArenaScope() { evaluation_.arena = before_; }
  ArenaScope(const ArenaScope&) = delete;
  ArenaScope& operator=(const ArenaScope&) = delete;

 private:
  Evaluation& evaluation_;
  Arena* const before_;
};

// nodes_scan.cc
NodePtr make_one_row();
NodePtr make_values(const bind::RangeEntry& entry, Evaluation& evaluation);
NodePtr make_query_scan(const bind::RangeEntry& entry, Evaluation& evaluation);
/// Sets the entry's row_slot for each row of its scan.
NodePtr make_row_mark(NodePtr scan, const bind::RangeEntry& entry, Evaluation& evaluation);
/// Of Kind::Common and Kind::Work.
NodePtr make_common_scan(const bind::RangeEntry& entry, Evaluation& evaluation);
NodePtr make_table_scan(const bind::RangeEntry& entry, AccessPath path, Evaluation& evaluation);

// nodes_partitions.cc
/// The rows of a partitioned table, of the partitions that the conditions leave.
NodePtr make_partition_scan(const bind::Query& query, int entry,
                            std::span<bind::Expr* const> conditions, const EntrySet& known,
                            Evaluation& evaluation);

// nodes_sets.cc
NodePtr make_function_scan(const bind::RangeEntry& entry, Evaluation& evaluation);
/// Each row of the input as often as its sets have rows; `calls` are of one depth.
NodePtr make_set_results(NodePtr input, std::vector<const bind::SetCall*> calls,
                         Evaluation& evaluation);

// nodes_system.cc
/// `wanted`: what the table's lookup column must be equal to, or null.
NodePtr make_system_scan(const bind::RangeEntry& entry, const bind::Expr* wanted,
                         Evaluation& evaluation);

// nodes_join.cc
enum class JoinType : std::uint8_t { Inner, Left };
/// The slots that the right side of an outer join leaves null.
using SlotRange = std::pair<int, int>;
NodePtr make_nested_loop(JoinType type, NodePtr left, NodePtr right,
                         std::vector<const bind::Expr*> conditions,
                         std::vector<SlotRange> right_slots, Evaluation& evaluation);
struct HashKeys {
  std::vector<const bind::Expr*> left;
  std::vector<const bind::Expr*> right;
};
/// `is_full` gives the rows of the right side, too, that met none of the left.
NodePtr make_hash_join(JoinType type, bool is_full, NodePtr left, NodePtr right, HashKeys keys,
                       std::vector<const bind::Expr*> conditions, std::vector<SlotRange> left_slots,
                       std::vector<SlotRange> right_slots, const bind::Query& query,
                       Evaluation& evaluation);

// nodes_rows.cc
NodePtr make_filter(NodePtr input, std::vector<const bind::Expr*> conditions,
                    Evaluation& evaluation);
/// The first row alone that has a value.
NodePtr make_first_value(NodePtr input, const bind::Expr& expr, Evaluation& evaluation);
NodePtr make_project(NodePtr input, const bind::Query& query, Evaluation& evaluation);
/// Rows whose targets are alike come once. `targets` empty: all that are not hidden.
NodePtr make_distinct(NodePtr input, const bind::Query& query, std::vector<int> targets,
                      Evaluation& evaluation);
NodePtr make_limit(NodePtr input, const bind::Query& query, Evaluation& evaluation);
NodePtr make_set_operation(const bind::Query& query, Evaluation& evaluation);

// nodes_group.cc
/// Whether the order in which an aggregate meets its values makes no difference.
bool is_order_free(const AggregateFunction& function);
NodePtr make_aggregate(NodePtr input, const bind::Query& query, Evaluation& evaluation);

// nodes_sort.cc
NodePtr make_sort(NodePtr input, const bind::Query& query, Evaluation& evaluation);

// nodes_lock.cc
NodePtr make_lock_rows(NodePtr input, const bind::Query& query, Evaluation& evaluation);

// nodes_window.cc
NodePtr make_window(NodePtr input, const bind::Query& query, Evaluation& evaluation);

/// Bytes that are equal for values that are, nulls included.
void append_group_key(Oid type, const Value& value, std::string& out);

/// A row of values that outlives its node's next().
struct KeptRow {
  std::vector<Value> values;
};
Value keep_value(Oid type, const Value& value, Arena& arena);

}  // namespace latchkey::sql::exec
