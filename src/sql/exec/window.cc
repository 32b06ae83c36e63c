#include "sql/exec/window.h"

#include <algorithm>

#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_memory.h"

namespace latchkey::sql::exec {

namespace {

using bind::FrameBound;
using bind::FrameExclusion;
using bind::FrameMode;

bool is_negative(Oid type, const Value& value) {
  const Type* const found = find_type(type);
  if (found != nullptr && found->kept == Kept::Integer) return value.integer < 0;
  if (found != nullptr && found->kept == Kept::Number) return value.number < 0;
  if (type != oid::kNumeric) return false;
  std::string text;
  append_text(type, value, TextSettings(), text);
  return text.starts_with('-');
}

/// So many steps from one place to another, or to the end of a part.
std::size_t steps(const Value& offset, std::size_t most) {
  return static_cast<std::uint64_t>(offset.integer) < most
             ? static_cast<std::size_t>(offset.integer)
             : most;
}

}  // namespace

Result<Value> FrameFinder::offset_of(const bind::Expr& expr, const char* which) {
  const Value value = evaluate(expr, evaluation_);
  LK_CHECK(failure_of(evaluation_));
  if (value.is_null) {
    return Error(ErrorCode::NullNotAllowed,
                 std::string("frame ") + which + " offset must not be null");
  }
  if (is_negative(expr.type, value)) {
    const bool is_range = window_.mode == FrameMode::Range;
    return Error(ErrorCode::InvalidArgument,
                 is_range ? "invalid preceding or following size in window function"
                          : std::string("frame ") + which + " offset must not be negative")
        .with([](ErrorDetails& details) { details.sqlstate = "22013"; });
  }
  return value;
}

Result<void> FrameFinder::begin_query() {
  offsets_.reset();
  const ArenaScope scope(evaluation_, offsets_);
  if (window_.start_offset != nullptr) {
    LK_TRY(start_offset_, offset_of(*window_.start_offset, "starting"));
    if (window_.start_slot >= 0) evaluation_.slots[window_.start_slot] = start_offset_;
  }
  if (window_.end_offset != nullptr) {
    LK_TRY(end_offset_, offset_of(*window_.end_offset, "ending"));
    if (window_.end_slot >= 0) evaluation_.slots[window_.end_slot] = end_offset_;
  }
  return {};
}

void FrameFinder::begin_part(const WindowPart& part, std::span<Value* const> rows,
                             const SortColumn* order) {
  part_ = &part;
  rows_ = rows;
  order_ = order;
  head_ = part.begin;
  tail_ = part.begin;
}

Result<bool> FrameFinder::test(const bind::Expr& expr, std::size_t current, std::size_t other) {
  arena_.reset();
  const ArenaScope scope(evaluation_, arena_);
  evaluation_.slots[window_.current_slot] = rows_[current][order_->at];
  evaluation_.slots[window_.other_slot] = rows_[other][order_->at];
  const bool held = holds(expr, evaluation_);
  LK_CHECK(failure_of(evaluation_));
  return held;
}

/// The first row that is not before the start; it only moves on from row to row.
Result<std::size_t> FrameFinder::range_start(std::size_t row) {
  const bool is_null = rows_[row][order_->at].is_null;
  for (; head_ < part_->end; ++head_) {
    const bool head_null = rows_[head_][order_->at].is_null;
    if (is_null || head_null) {
      if (order_->nulls_first ? !head_null || is_null : head_null || !is_null) break;
      continue;
    }
    LK_TRY(const bool reached, test(*window_.start_test, row, head_));
    if (reached) break;
  }
  return head_;
}

/// The first row behind the end.
Result<std::size_t> FrameFinder::range_end(std::size_t row) {
  const bool is_null = rows_[row][order_->at].is_null;
  for (; tail_ < part_->end; ++tail_) {
    const bool tail_null = rows_[tail_][order_->at].is_null;
    if (is_null || tail_null) {
      if (order_->nulls_first ? !tail_null : !is_null) break;
      continue;
    }
    LK_TRY(const bool within, test(*window_.end_test, row, tail_));
    if (!within) break;
  }
  return tail_;
}

Result<std::size_t> FrameFinder::start_of(std::size_t row) {
  const WindowPart& part = *part_;
  const std::size_t group = part.group_of[row - part.begin];
  switch (window_.start) {
    case FrameBound::UnboundedPreceding:
      return part.begin;
    case FrameBound::CurrentRow:
      return window_.mode == FrameMode::Rows ? row : part.peers_begin(row);
    case FrameBound::UnboundedFollowing:
      return part.end;
    default:
      break;
  }
  if (window_.mode == FrameMode::Range) return range_start(row);
  const bool is_back = window_.start == FrameBound::Preceding;
  if (window_.mode == FrameMode::Rows) {
    return is_back ? row - steps(start_offset_, row - part.begin)
                   : row + steps(start_offset_, part.end - row);
  }
  const std::size_t last = part.group_begin.size() - 1;
  return part.group_begin[is_back ? group - steps(start_offset_, group)
                                  : group + steps(start_offset_, last - group)];
}

Result<std::size_t> FrameFinder::end_of(std::size_t row) {
  const WindowPart& part = *part_;
  const std::size_t group = part.group_of[row - part.begin];
  switch (window_.end) {
    case FrameBound::UnboundedFollowing:
      return part.end;
    case FrameBound::CurrentRow:
      return window_.mode == FrameMode::Rows ? row + 1 : part.peers_end(row);
    case FrameBound::UnboundedPreceding:
      return part.begin;
    default:
      break;
  }
  if (window_.mode == FrameMode::Range) return range_end(row);
  const bool is_back = window_.end == FrameBound::Preceding;
  if (window_.mode == FrameMode::Rows) {
    const std::size_t next = row + 1;
    return is_back ? next - steps(end_offset_, next - part.begin)
                   : next + steps(end_offset_, part.end - next);
  }
  const std::size_t last = part.group_begin.size() - 1;
  return part.group_begin[is_back ? group + 1 - steps(end_offset_, group + 1)
                                  : group + 1 + steps(end_offset_, last - group - 1)];
}

Result<Frame> FrameFinder::frame_of(std::size_t row) {
  Frame frame;
  LK_TRY(frame.begin, start_of(row));
  LK_TRY(frame.end, end_of(row));
  frame.end = std::max(frame.begin, frame.end);
  if (window_.exclusion == FrameExclusion::None) return frame;
  const bool is_group = window_.exclusion != FrameExclusion::CurrentRow;
  frame.excluded_begin = std::max(frame.begin, is_group ? part_->peers_begin(row) : row);
  frame.excluded_end = std::min(frame.end, is_group ? part_->peers_end(row) : row + 1);
  frame.kept = row;
  frame.has_kept = window_.exclusion == FrameExclusion::Ties;
  return frame;
}

}  // namespace latchkey::sql::exec
