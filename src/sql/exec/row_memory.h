#pragma once

#include <cstdint>
#include <utility>

#include "sql/exec/context.h"

namespace latchkey::sql::exec {

/// Memory of rows that wait, asked for from the one budget in steps.
class RowMemory {
 public:
  explicit RowMemory(ExecutionContext& context) : context_(context) {}
  ~RowMemory() { give_back(); }
  RowMemory(const RowMemory&) = delete;
  RowMemory& operator=(const RowMemory&) = delete;

  /// Tells how much is in use now.
  /// Errors: MemoryExhausted.
  Result<void> use(std::size_t bytes) {
    constexpr std::int64_t kStep = 1 << 20;
    const auto used = static_cast<std::int64_t>(bytes);
    if (used < reserved_ + kStep) [[likely]]
      return {};
    if (!context_.engine.reserve_memory(used - reserved_)) {
      return Error(ErrorCode::MemoryExhausted, "out of memory")
          .with_detail("The rows to be sorted or grouped do not fit the memory limit.");
    }
    reserved_ = used;
    return {};
  }
  void give_back() {
    if (reserved_ > 0) context_.engine.reserve_memory(-reserved_);
    reserved_ = 0;
  }

 private:
  ExecutionContext& context_;
  std::int64_t reserved_ = 0;
};

/// What an evaluation has met, taken out of it.
inline Result<void> failure_of(Evaluation& evaluation) {
  if (!evaluation.failed()) [[likely]]
    return {};
  return *std::exchange(evaluation.error, std::nullopt);
}

}  // namespace latchkey::sql::exec
