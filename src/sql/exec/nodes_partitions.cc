#include "base/assert.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/partitioned_writer.h"

namespace latchkey::sql::exec {

namespace {

/// Reads the partitions of a table, one behind another: those that can have rows for which the
/// conditions hold.
class PartitionScan final : public Node {
 public:
  PartitionScan(const bind::RangeEntry& entry, std::vector<Comparison> comparisons,
                std::vector<AccessPath> paths, Evaluation& evaluation)
      : entry_(entry),
        comparisons_(std::move(comparisons)),
        partitions_(evaluation.context->catalog, *entry.table),
        evaluation_(evaluation) {
    LK_ASSERT(paths.size() == partitions_.all().size());
    entries_.reserve(paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      // Each is as the whole table, in the same slots.
      bind::RangeEntry& own = entries_.emplace_back(entry);
      own.table = partitions_.all()[i].table;
      own.index_exprs.clear();
      scans_.push_back(make_table_scan(own, std::move(paths[i]), evaluation));
    }
  }

  Result<void> open() override {
    conditions_.clear();
    key_arena_.reset();
    const ArenaScope scope(evaluation_, key_arena_);
    for (const Comparison& each : comparisons_) {
      const auto key = partitions_.key();
      for (std::size_t place = 0; place < key.size(); ++place) {
        if (each.column != static_cast<int>(key[place]) || !is_useful(each.op)) continue;
        const Value value = evaluate(*each.value, evaluation_);
        if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
        conditions_.push_back({place, each.op, value});
      }
    }
    at_ = 0;
    is_open_ = false;
    return {};
  }

  Result<bool> next() override {
    for (; at_ < scans_.size(); ++at_, is_open_ = false) {
      LK_CHECK(evaluation_.context->check_cancelled());
      if (!is_open_) {
        if (!partitions_.may_hold(partitions_.all()[at_], conditions_)) continue;
        LK_CHECK(scans_[at_]->open());
        is_open_ = true;
      }
      LK_TRY(const bool more, scans_[at_]->next());
      if (!more) continue;
      if (entry_.key_slot >= 0) {
        Value& key = evaluation_.slots[entry_.key_slot];
        key_ = PartitionedWriter::with_partition(entries_[at_].table->oid, key.bytes());
        key = Value::of_bytes(key_);
      }
      return true;
    }
    return false;
  }

 private:
  static bool is_useful(std::string_view op) {
    return op == "=" || op == "<" || op == "<=" || op == ">" || op == ">=";
  }

  const bind::RangeEntry& entry_;
  const std::vector<Comparison> comparisons_;
  const Partitions partitions_;
  Evaluation& evaluation_;
  std::vector<bind::RangeEntry> entries_;
  std::vector<NodePtr> scans_;
  std::vector<Partitions::Condition> conditions_;
  std::size_t at_ = 0;
  bool is_open_ = false;
  std::string key_;
  Arena key_arena_;
};

}  // namespace

NodePtr make_partition_scan(const bind::Query& query, int entry_index,
                            std::span<bind::Expr* const> conditions, const EntrySet& known,
                            Evaluation& evaluation) {
  const bind::RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  std::vector<AccessPath> paths;
  for (const Table* const partition : evaluation.context->catalog.partitions_of(entry.table->oid)) {
    paths.push_back(find_path_in(*partition, query, entry_index, conditions, known));
  }
  return std::make_unique<PartitionScan>(
      entry, comparisons_of(query, entry_index, conditions, known), std::move(paths), evaluation);
}

}  // namespace latchkey::sql::exec
