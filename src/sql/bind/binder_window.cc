#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/bind/binder.h"

namespace latchkey::sql::bind {

using parse::Node;
using parse::NodeKind;

namespace {

/// The bits of frame_options in the grammar.
enum FrameBit : std::int64_t {
  kNonDefault = 0x1,
  kRange = 0x2,
  kRows = 0x4,
  kGroups = 0x8,
  kStartUnbounded = 0x20,
  kEndUnboundedPreceding = 0x40,
  kEndUnbounded = 0x100,
  kStartCurrent = 0x200,
  kEndCurrent = 0x400,
  kStartPreceding = 0x800,
  kEndPreceding = 0x1000,
  kStartFollowing = 0x2000,
  kEndFollowing = 0x4000,
  kExcludeCurrent = 0x8000,
  kExcludeGroup = 0x10000,
  kExcludeTies = 0x20000,
};

Error windowing(std::string message, std::int32_t location) {
  return Error(ErrorCode::WindowingError, std::move(message)).at(location + 1);
}

FrameBound start_of(std::int64_t bits) {
  if ((bits & kStartPreceding) != 0) return FrameBound::Preceding;
  if ((bits & kStartFollowing) != 0) return FrameBound::Following;
  if ((bits & kStartCurrent) != 0) return FrameBound::CurrentRow;
  return FrameBound::UnboundedPreceding;
}

FrameBound end_of(std::int64_t bits) {
  if ((bits & kEndPreceding) != 0) return FrameBound::Preceding;
  if ((bits & kEndFollowing) != 0) return FrameBound::Following;
  if ((bits & kEndUnbounded) != 0) return FrameBound::UnboundedFollowing;
  return FrameBound::CurrentRow;
}

const char* mode_name(FrameMode mode) {
  return mode == FrameMode::Rows ? "ROWS" : mode == FrameMode::Range ? "RANGE" : "GROUPS";
}

bool same_lists(const std::vector<Expr*>& a, const std::vector<Expr*>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Expr* x, const Expr* y) { return same(*x, *y); });
}

bool same_window(const Window& a, const Window& b) {
  const auto same_key = [](const SortKey& x, const SortKey& y) {
    return x.is_descending == y.is_descending && x.nulls_first == y.nulls_first;
  };
  const auto same_offset = [](const Expr* x, const Expr* y) {
    return (x == nullptr) == (y == nullptr) && (x == nullptr || same(*x, *y));
  };
  return same_lists(a.partition, b.partition) && same_lists(a.order, b.order) &&
         std::equal(a.order_keys.begin(), a.order_keys.end(), b.order_keys.begin(),
                    b.order_keys.end(), same_key) &&
         a.mode == b.mode && a.start == b.start && a.end == b.end && a.exclusion == b.exclusion &&
         same_offset(a.start_offset, b.start_offset) && same_offset(a.end_offset, b.end_offset);
}

}  // namespace

/// The WINDOW clause.
Result<void> Binder::bind_windows(std::span<const Node* const> nodes, Scope& scope) {
  for (const Node* const node : nodes) {
    for (const Window& other : scope.query->windows) {
      if (other.name == node->text("name")) {
        return windowing(fmt::format("window \"{}\" is already defined", other.name),
                         node->location);
      }
    }
    LK_TRY(Window window, bind_window(*node, scope));
    window.name = node->text("name");
    scope.query->windows.push_back(std::move(window));
  }
  return {};
}

Result<void> Binder::inherit_window(const Node& node, const Query& query, Window& window) {
  const Bytes name = node.text("refname");
  if (name.empty()) return {};
  const auto found = std::find_if(query.windows.begin(), query.windows.end(),
                                  [&](const Window& each) { return each.name == name; });
  if (found == query.windows.end()) {
    return Error(ErrorCode::ObjectMissing, fmt::format("window \"{}\" does not exist", name))
        .at(node.location + 1);
  }
  if (!node.list("partition_clause").empty()) {
    return windowing(fmt::format("cannot override PARTITION BY clause of window \"{}\"", name),
                     node.location);
  }
  if (!node.list("order_clause").empty() && !found->order.empty()) {
    return windowing(fmt::format("cannot override ORDER BY clause of window \"{}\"", name),
                     node.location);
  }
  if (found->has_frame) {
    const bool is_bare = node.list("order_clause").empty() &&
                         (node.number("frame_options") & kNonDefault) == 0 &&
                         node.text("name").empty();
    Error error =
        windowing(fmt::format("cannot copy window \"{}\" because it has a frame clause", name),
                  node.location);
    return is_bare ? std::move(error).with_hint("Omit the parentheses in this OVER clause.")
                   : std::move(error);
  }
  window.partition = found->partition;
  window.order = found->order;
  window.order_keys = found->order_keys;
  return {};
}

Result<Window> Binder::bind_window(const Node& node, Scope& scope) {
  Window window;
  LK_CHECK(inherit_window(node, *scope.query, window));
  const bool may_window = scope.may_window;
  const std::string_view place = scope.place;
  scope.may_window = false;
  scope.place = "window definitions";
  const auto bind_part = [&](const Node& each) -> Result<Expr*> {
    LK_TRY(Expr * expr, bind_expr(each, scope));
    if (expr->type != oid::kUnknown) return expr;
    return coercion_.coerce(expr, oid::kText, -1, CastContext::Implicit);
  };
  const auto bind_parts = [&]() -> Result<void> {
    for (const Node* const each : node.list("partition_clause")) {
      LK_TRY(Expr* const expr, bind_part(*each));
      window.partition.push_back(expr);
    }
    for (const Node* const each : node.list("order_clause")) {
      LK_TRY(Expr* const expr, bind_part(*each->child("node")));
      window.order_keys.push_back(sort_key_of(*each, static_cast<int>(window.order.size())));
      window.order.push_back(expr);
    }
    return bind_frame(node, window, scope);
  };
  const Result<void> bound = bind_parts();
  scope.may_window = may_window;
  scope.place = place;
  LK_CHECK(bound);
  return window;
}

Result<void> Binder::bind_frame(const Node& node, Window& window, Scope& scope) {
  const std::int64_t bits = node.number("frame_options");
  window.has_frame = (bits & kNonDefault) != 0;
  if (!window.has_frame) return {};
  window.mode = (bits & kRows) != 0     ? FrameMode::Rows
                : (bits & kGroups) != 0 ? FrameMode::Groups
                                        : FrameMode::Range;
  window.start = start_of(bits);
  window.end = end_of(bits);
  window.exclusion = (bits & kExcludeCurrent) != 0 ? FrameExclusion::CurrentRow
                     : (bits & kExcludeGroup) != 0 ? FrameExclusion::Group
                     : (bits & kExcludeTies) != 0  ? FrameExclusion::Ties
                                                   : FrameExclusion::None;
  if (window.mode == FrameMode::Groups && window.order.empty()) {
    return windowing("GROUPS mode requires an ORDER BY clause", node.location);
  }
  const Node* const start = node.child("start_offset");
  const Node* const end = node.child("end_offset");
  if (window.mode == FrameMode::Range && (start != nullptr || end != nullptr) &&
      window.order.size() != 1) {
    return windowing("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
                     node.location);
  }
  if (start != nullptr) {
    LK_TRY(window.start_offset, bind_frame_offset(*start, window, scope));
  }
  if (end != nullptr) {
    LK_TRY(window.end_offset, bind_frame_offset(*end, window, scope));
  }
  if (window.mode != FrameMode::Range || (start == nullptr && end == nullptr)) return {};
  return bind_range_tests(window, scope, node.location);
}

Result<Expr*> Binder::bind_frame_offset(const Node& node, const Window& window, Scope& scope) {
  std::vector<ScopeColumn> hidden = std::move(scope.columns);
  scope.columns.clear();
  const bool may_aggregate = std::exchange(scope.may_aggregate, false);
  Result<Expr*> offset = bind_expr(node, scope);
  scope.columns = std::move(hidden);
  scope.may_aggregate = may_aggregate;
  if (!offset.has_value()) {
    if (offset.error().code() != ErrorCode::ColumnMissing) return offset;
    return Error(ErrorCode::ColumnReferenceInvalid,
                 fmt::format("argument of {} must not contain variables", mode_name(window.mode)))
        .at(node.location + 1);
  }
  Oid wanted = oid::kInt8;
  const Oid given = (*offset)->type;
  if (window.mode == FrameMode::Range) {
    const Type* const key = find_type(window.order[0]->type);
    const char category = key == nullptr ? 'U' : key->category;
    if (category == 'D' || category == 'T') {
      wanted = oid::kInterval;
    } else if (category == 'N' && key->kept == Kept::Integer) {
      wanted = oid::kInt8;
    } else if (category == 'N') {
      wanted = key->kept == Kept::Number ? oid::kFloat8 : oid::kNumeric;
    } else {
      return Error(ErrorCode::NotSupported,
                   fmt::format("RANGE with offset PRECEDING/FOLLOWING is not supported for column "
                               "type {}",
                               type_text(window.order[0]->type)))
          .at(node.location + 1);
    }
    if (given != oid::kUnknown && !coercion_.can_coerce(given, wanted, CastContext::Implicit)) {
      return Error(ErrorCode::NotSupported,
                   fmt::format("RANGE with offset PRECEDING/FOLLOWING is not supported for column "
                               "type {} and offset type {}",
                               type_text(window.order[0]->type), type_text(given)))
          .with_hint("Cast the offset value to an appropriate type.")
          .at(node.location + 1);
    }
  } else if (!coercion_.can_coerce(given, wanted, CastContext::Implicit)) {
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("argument of {} must be type bigint, not type {}",
                             mode_name(window.mode), type_text(given)))
        .at(node.location + 1);
  }
  return coercion_.coerce(*offset, wanted, -1, CastContext::Implicit);
}

Result<void> Binder::bind_range_tests(Window& window, Scope& scope, std::int32_t location) {
  Query& query = *scope.query;
  const Oid key_type = window.order[0]->type;
  window.current_slot = query.slot_count++;
  window.other_slot = query.slot_count++;
  Expr* const current = column_expr(query, window.current_slot, key_type, -1);
  Expr* const other = column_expr(query, window.other_slot, key_type, -1);
  const bool is_descending = window.order_keys[0].is_descending;
  const auto test = [&](const Expr& offset, int& slot, bool is_start,
                        FrameBound bound) -> Result<Expr*> {
    slot = query.slot_count++;
    Expr* const amount = column_expr(query, slot, offset.type, -1);
    const bool subtracts = (bound == FrameBound::Preceding) != is_descending;
    Expr* key = current;
    const Type* const type = find_type(key_type);
    if (type != nullptr && type->kept == Kept::Integer && type->category == 'N') {
      // Wider, so that few sums overflow.
      LK_TRY(key, coercion_.coerce(key, oid::kInt8, -1, CastContext::Implicit));
    }
    LK_TRY(Expr* const limit,
           coercion_.call_operator(subtracts ? "-" : "+", {key, amount}, location));
    const bool at_least = is_start != is_descending;
    return coercion_.call_operator(at_least ? ">=" : "<=", {other, limit}, location);
  };
  if (window.start_offset != nullptr) {
    LK_TRY(window.start_test, test(*window.start_offset, window.start_slot, true, window.start));
  }
  if (window.end_offset != nullptr) {
    LK_TRY(window.end_test, test(*window.end_offset, window.end_slot, false, window.end));
  }
  return {};
}

/// The window that OVER names or describes.
Result<int> Binder::window_of(const Node& over, Scope& scope) {
  Query& query = *scope.query;
  const Bytes name = over.text("name");
  if (!name.empty()) {
    for (std::size_t i = 0; i < query.windows.size(); ++i) {
      if (query.windows[i].name == name) return static_cast<int>(i);
    }
    return Error(ErrorCode::ObjectMissing, fmt::format("window \"{}\" does not exist", name))
        .at(over.location + 1);
  }
  LK_TRY(Window window, bind_window(over, scope));
  for (std::size_t i = 0; i < query.windows.size(); ++i) {
    if (same_window(query.windows[i], window)) return static_cast<int>(i);
  }
  query.windows.push_back(std::move(window));
  return static_cast<int>(query.windows.size() - 1);
}

Result<Expr*> Binder::bind_window_call(const Node& node, Scope& scope) {
  if (scope.place == "an aggregate") {
    return Error(ErrorCode::GroupingError,
                 "aggregate function calls cannot contain window function calls")
        .at(node.location + 1);
  }
  if (scope.place == "a window function") {
    return windowing("window function calls cannot be nested", node.location);
  }
  if (!scope.may_window) {
    return windowing(fmt::format("window functions are not allowed in {}", scope.place),
                     node.location);
  }
  const std::string_view place = scope.place;
  scope.may_window = false;
  scope.place = "a window function";
  Result<Expr*> call = bind_window_body(node, scope);
  scope.may_window = true;
  scope.place = place;
  return call;
}

Result<Expr*> Binder::bind_window_body(const Node& node, Scope& scope) {
  const std::string name = parse::texts_of(node.list("funcname")).back();
  const auto refuse = [&](const char* what) -> Error {
    return Error(ErrorCode::NotSupported, what).at(node.location + 1);
  };
  WindowCall call;
  LK_TRY(call.args, bind_all(node.list("args"), scope));
  LK_TRY(call.function, coercion_.choose_window(name, call.args, call.types, node.location));
  if (call.function == nullptr) {
    LK_TRY(call.aggregate, coercion_.choose_aggregate(name, call.args, call.types, node.location));
  }
  if (call.function == nullptr && call.aggregate == nullptr) {
    LK_CHECK(coercion_.call_function(name, call.args, node.location));
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("OVER specified, but {} is not a window function nor an aggregate "
                             "function",
                             name))
        .at(node.location + 1);
  }
  if (node.flag("agg_distinct")) return refuse("DISTINCT is not implemented for window functions");
  if (!node.list("agg_order").empty()) {
    return refuse("aggregate ORDER BY is not implemented for window functions");
  }
  if (const Node* const filter = node.child("agg_filter")) {
    if (call.function != nullptr) {
      return refuse("FILTER is not implemented for non-aggregate window functions");
    }
    LK_TRY(Expr* const condition, bind_expr(*filter, scope));
    LK_TRY(call.filter, coercion_.coerce_to_bool(condition, "FILTER"));
  }
  LK_TRY(call.window, window_of(*node.child("over"), scope));
  call.type = call.types.result;
  Query& query = *scope.query;
  for (const WindowCall& other : query.window_calls) {
    const bool same_filter = (other.filter == nullptr) == (call.filter == nullptr) &&
                             (call.filter == nullptr || same(*other.filter, *call.filter));
    if (other.function != call.function || other.aggregate != call.aggregate ||
        other.window != call.window || !same_filter || !same_lists(other.args, call.args)) {
      continue;
    }
    Expr* const again = column_expr(query, other.slot, call.type, -1);
    again->location = node.location;
    return again;
  }
  call.slot = query.slot_count++;
  Expr* const result = column_expr(query, call.slot, call.type, -1);
  result->location = node.location;
  query.window_calls.push_back(std::move(call));
  return result;
}

}  // namespace latchkey::sql::bind
