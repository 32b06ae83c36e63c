#pragma once

#include <span>
#include <vector>

#include "sql/bind/bound.h"
#include "sql/exec/row_sort.h"

namespace latchkey::sql::exec {

/// Where the rows of one part of a window begin and end, and who is alike in its order.
struct WindowPart {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::size_t> group_of;     ///< of each row, counted from the part's begin
  std::vector<std::size_t> group_begin;  ///< of each group of alike rows; one more at the end

  std::size_t size() const { return end - begin; }
  std::size_t peers_begin(std::size_t row) const { return group_begin[group_of[row - begin]]; }
  std::size_t peers_end(std::size_t row) const { return group_begin[group_of[row - begin] + 1]; }
};

/// Half open; the excluded rows lie within.
struct Frame {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t excluded_begin = 0;
  std::size_t excluded_end = 0;
  std::size_t kept = 0;  ///< of the excluded: the one that stays, if has_kept
  bool has_kept = false;

  bool has_exclusion() const { return excluded_begin < excluded_end; }
  bool contains(std::size_t row) const {
    if (row < begin || row >= end) return false;
    if (row < excluded_begin || row >= excluded_end) return true;
    return has_kept && row == kept;
  }
};

/// Finds the frame of one row after another.
///
/// Source: PostgreSQL's rules, among them those for nulls in RANGE.
class FrameFinder {
 public:
  FrameFinder(const bind::Window& window, Evaluation& evaluation)
      : window_(window), evaluation_(evaluation) {}

  /// Reads the offsets.
  /// Errors: NullNotAllowed, and 22013 for one that is negative.
  Result<void> begin_query();
  /// `order` is the only column of RANGE with an offset.
  void begin_part(const WindowPart& part, std::span<Value* const> rows, const SortColumn* order);
  /// Requires: the rows of a part one after another.
  Result<Frame> frame_of(std::size_t row);

 private:
  Result<std::size_t> start_of(std::size_t row);
  Result<std::size_t> end_of(std::size_t row);
  Result<std::size_t> range_start(std::size_t row);
  Result<std::size_t> range_end(std::size_t row);
  Result<Value> offset_of(const bind::Expr& expr, const char* which);
  Result<bool> test(const bind::Expr& expr, std::size_t current, std::size_t other);

  const bind::Window& window_;
  Evaluation& evaluation_;
  Value start_offset_;
  Value end_offset_;
  Arena offsets_;
  Arena arena_;
  const WindowPart* part_ = nullptr;
  std::span<Value* const> rows_;
  const SortColumn* order_ = nullptr;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

}  // namespace latchkey::sql::exec
