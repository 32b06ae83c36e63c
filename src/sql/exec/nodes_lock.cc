#include <fmt/format.h>

#include <deque>

#include "sql/exec/nodes.h"
#include "sql/exec/table_writer.h"

namespace latchkey::sql::exec {

namespace {

/// FOR UPDATE and its kin: locks the rows that a row of the result was made of. All strengths lock
/// alike: nobody else may lock or change the row.
class LockRows final : public Node {
 public:
  LockRows(NodePtr input, const bind::Query& query, Evaluation& evaluation)
      : input_(std::move(input)), query_(query), evaluation_(evaluation) {
    for (const bind::RangeEntry& entry : query.entries) {
      if (entry.key_slot < 0) continue;
      tables_.push_back(&entry);
      writers_.emplace_back(*entry.table, *evaluation.context, *evaluation.settings);
    }
  }

  Result<void> open() override { return input_->open(); }

  Result<bool> next() override {
    for (;;) {
      LK_TRY(const bool more, input_->next());
      if (!more) return false;
      LK_TRY(const bool is_locked, lock_all());
      if (is_locked) return true;
    }
  }

 private:
  /// False: a row is locked by others, and to be skipped.
  Result<bool> lock_all() {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const bind::RangeEntry& entry = *tables_[i];
      const Value& key = evaluation_.slots[entry.key_slot];
      if (key.is_null) continue;
      Result<std::optional<TableWriter::Current>> current = writers_[i].lock(key.bytes());
      if (!current.has_value()) {
        if (current.error().code() != ErrorCode::RowLocked) return std::move(current).error();
        if (query_.lock_wait == parse::LockWait::Skip) return false;
        if (query_.lock_wait == parse::LockWait::Error) return not_waiting(entry);
        return std::move(current).error();
      }
      const bool is_same =
          current->has_value() && static_cast<std::int64_t>(value_of((*current)->version)) ==
                                      evaluation_.slots[entry.version_slot].integer;
      if (!is_same) {
        return Error(ErrorCode::WriteConflict,
                     "could not serialize access due to concurrent update");
      }
    }
    return true;
  }

  /// Of a code that nobody waits for.
  static Error not_waiting(const bind::RangeEntry& entry) {
    return Error(ErrorCode::ObjectState,
                 fmt::format("could not obtain lock on row in relation \"{}\"", entry.table->name))
        .with([](ErrorDetails& details) { details.sqlstate = "55P03"; });
  }

  NodePtr input_;
  const bind::Query& query_;
  Evaluation& evaluation_;
  std::vector<const bind::RangeEntry*> tables_;
  std::deque<TableWriter> writers_;
};

}  // namespace

NodePtr make_lock_rows(NodePtr input, const bind::Query& query, Evaluation& evaluation) {
  return std::make_unique<LockRows>(std::move(input), query, evaluation);
}

}  // namespace latchkey::sql::exec
