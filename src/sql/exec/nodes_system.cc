#include "base/assert.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/system/rows.h"

namespace latchkey::sql::exec {

namespace {

/// Reads a table of the system, whose rows are made from the catalog when they are asked for.
class SystemScan final : public Node {
 public:
  SystemScan(const bind::RangeEntry& entry, const bind::Expr* wanted, Evaluation& evaluation)
      : entry_(entry), wanted_(wanted), evaluation_(evaluation) {}
  ~SystemScan() override { give_back(); }

  Result<void> open() override {
    at_ = 0;
    ExecutionContext& context = *evaluation_.context;
    const std::uint32_t table = value_of(entry_.table->oid);
    if (wanted_ == nullptr) {
      if (const auto found = context.system_rows.find(table); found != context.system_rows.end()) {
        rows_ = found->second;
        return {};
      }
    }
    LK_TRY(const std::optional<std::int64_t> wanted, wanted_value());
    LK_TRY(rows_, system::rows_of(*entry_.table, evaluation_, wanted));
    LK_CHECK(reserve());
    if (wanted_ == nullptr) context.system_rows[table] = rows_;
    return {};
  }

  Result<bool> next() override {
    LK_CHECK(evaluation_.context->check_cancelled());
    if (at_ == rows_->count()) return false;
    const std::span<const Value> row = rows_->row(at_++);
    if (entry_.table_oid_slot >= 0) {
      evaluation_.slots[entry_.table_oid_slot] = Value::of_integer(value_of(entry_.table->oid));
    }
    if (entry_.inserted_by_slot >= 0) {
      evaluation_.slots[entry_.inserted_by_slot] = Value::of_integer(0);
    }
    std::copy(row.begin(), row.end(), evaluation_.slots + entry_.first_slot);
    return true;
  }

 private:
  /// A null is equal to nothing; the filter above says so, whatever is read here.
  Result<std::optional<std::int64_t>> wanted_value() {
    if (wanted_ == nullptr) return std::optional<std::int64_t>();
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    const Value value = evaluate(*wanted_, evaluation_);
    if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
    return std::optional<std::int64_t>(value.is_null ? -1 : value.integer);
  }

  Result<void> reserve() {
    give_back();
    const auto bytes = static_cast<std::int64_t>(rows_->memory_bytes());
    if (!evaluation_.context->engine.reserve_memory(bytes)) {
      return Error(ErrorCode::MemoryExhausted, "out of memory")
          .with_detail("The rows of the system's tables do not fit the memory limit.");
    }
    reserved_ = bytes;
    return {};
  }
  void give_back() {
    if (reserved_ > 0) evaluation_.context->engine.reserve_memory(-reserved_);
    reserved_ = 0;
  }

  const bind::RangeEntry& entry_;
  const bind::Expr* const wanted_;
  Evaluation& evaluation_;
  std::shared_ptr<const system::RowSet> rows_;
  std::size_t at_ = 0;
  std::int64_t reserved_ = 0;
  Arena arena_;
};

}  // namespace

NodePtr make_system_scan(const bind::RangeEntry& entry, const bind::Expr* wanted,
                         Evaluation& evaluation) {
  return std::make_unique<SystemScan>(entry, wanted, evaluation);
}

}  // namespace latchkey::sql::exec
