#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/numeric.h"
#include "sql/types/arena.h"
#include "sql/types/json_stack.h"
#include "sql/types/jsonpath.h"
#include "sql/types/jsonpath_date_time.h"

namespace latchkey::sql {

/// One evaluation of a jsonpath over one value.
///
/// Threads:   one at a time.
/// Ownership: borrows path and arguments; owns the values it computes, which live as long as it.
/// Errors:    the first stands in error() and ends the evaluation. In silence, and inside
///            predicates, what is wrong with the data only makes an outcome Failed.
/// Source:    the behaviour of PostgreSQL 15.18, found by asking it.
class JsonPathRun {
 public:
  using Items = std::vector<JsonbReader>;
  enum class Outcome : std::uint8_t { NotFound, Found, Failed };

  JsonPathRun(const JsonPath& path, const JsonPathArguments& arguments);

  /// Adds what the path finds to `found`; or, if that is null, stops at the first thing.
  Outcome run(Items* found);
  std::optional<Error>& error() { return error_; }

 private:
  enum class Truth : std::uint8_t { False, True, Unknown };
  /// Whether a step looks into an array instead of at it: what lax mode does.
  enum class Unwrap : std::uint8_t { No, Yes };

  /// Where ids of objects count from.
  struct BaseObject {
    const char* begin = nullptr;
    std::int64_t id = 0;
  };

  /// What .** looks for.
  struct Levels {
    JsonPathIndex next;  ///< the step for what is found
    std::uint32_t first;
    std::uint32_t last;
    bool ignores_structure;
    Unwrap unwrap;
  };

  // jsonpath_run.cc: paths.
  Outcome evaluate(JsonPathIndex index, JsonbReader item, Items* found);
  Outcome evaluate(JsonPathIndex index, JsonbReader item, Items* found, Unwrap unwrap);
  Outcome evaluate_step(const JsonPathNode& node, JsonbReader item, Items* found);
  /// Goes on with the step behind `node`, or adds the item if there is none.
  Outcome go_on(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome go_on_with(JsonPathIndex next, JsonbReader item, Items* found);
  Outcome evaluate_literal(const JsonPathNode& node, Items* found);
  Outcome evaluate_root(const JsonPathNode& node, Items* found);
  Outcome evaluate_variable(const JsonPathNode& node, Items* found);
  Outcome evaluate_key(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_any_key(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_any_element(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_any_level(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_filter(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_subscript(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_range(const JsonPathNode& node, const JsonPathNode::Range& range,
                         JsonbReader item, Items* found, bool& has_enough);
  Outcome evaluate_last(const JsonPathNode& node, Items* found);
  Outcome find_index(JsonPathIndex index, JsonbReader item, std::int64_t& number);
  Outcome walk_levels(const Levels& levels, JsonbReader container, std::uint32_t level,
                      Items* found);
  Outcome visit_level(const Levels& levels, JsonbReader item, Items* found);
  Outcome walk_elements(JsonPathIndex step, JsonbReader container, Items* found, Unwrap unwrap);
  /// The results of an operand, arrays among them opened in lax mode if `unwrap` says so.
  Outcome evaluate_operand(JsonPathIndex index, JsonbReader item, Unwrap unwrap, Items* found);
  Outcome evaluate_quietly(JsonPathIndex index, JsonbReader item, Unwrap unwrap, Items* found);

  // jsonpath_methods.cc: methods and arithmetic.
  Outcome evaluate_method(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_size(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_number_method(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_double(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_date_time(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_key_value(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_arithmetic(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_pair(const JsonPathNode& node, JsonbReader item, Items* found);
  Outcome evaluate_sign(const JsonPathNode& node, JsonbReader item, Items* found);
  /// The date or time that a string is, if .datetime() made it.
  const JsonDateTime* date_time_of(JsonbReader item) const {
    if (date_times_.empty() || !item.is_string()) return nullptr;
    const auto at = date_times_.find(item.text().data());
    return at == date_times_.end() ? nullptr : &at->second;
  }
  JsonbReader number(const Numeric& value);
  JsonbReader number(std::int64_t value);

  // jsonpath_predicates.cc
  Truth evaluate_predicate(const JsonPathNode& node, JsonbReader item);
  Truth evaluate_exists(const JsonPathNode& node, JsonbReader item);
  Truth evaluate_pairs(const JsonPathNode& node, JsonbReader item);
  Truth decide(const JsonPathNode& node, JsonbReader left, JsonbReader right);
  Truth compare_date_times(const JsonPathNode& node, const JsonDateTime& left,
                           const JsonDateTime& right);
  Outcome add_truth(const JsonPathNode& node, JsonbReader item, Items* found);

  bool is_lax() const { return !path_.is_strict(); }
  Unwrap unwrap_if_lax() const { return is_lax() ? Unwrap::Yes : Unwrap::No; }
  /// Where only whether there is something matters, and there is: nothing needs to be computed.
  static bool is_enough(const JsonPathNode& node, const Items* found) {
    return node.next == 0 && found == nullptr;
  }
  /// The data are not as the path wants them.
  Outcome fail(const char* sqlstate, std::string message);
  /// The same, but lax mode takes it for nothing found.
  Outcome fail_structure(const char* sqlstate, const char* message);
  /// What is told even in silence.
  Outcome abort(Error error);
  /// Whether the evaluation may go deeper and take another step; if not it has been aborted.
  bool may_step();

  const JsonPath& path_;
  const JsonPathArguments& arguments_;
  Arena arena_;
  std::unordered_map<const char*, JsonDateTime> date_times_;  // by where their texts lie
  std::optional<Error> error_;
  JsonbReader current_;
  BaseObject base_;
  std::int64_t next_object_id_;
  std::int64_t array_size_ = -1;  // of the array whose subscripts are evaluated; -1: none
  bool ignores_structure_;
  bool tells_errors_;
  const StackGuard stack_;
  std::uint64_t steps_ = 0;
};

}  // namespace latchkey::sql
