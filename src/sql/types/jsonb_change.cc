#include "sql/types/jsonb_change.h"

#include <string>
#include <vector>

namespace latchkey::sql {

namespace {

Error invalid(const char* message) { return Error(ErrorCode::InvalidArgument, message); }

Error null_step(std::size_t level) {
  return Error(ErrorCode::NullNotAllowed,
               "path element at position " + std::to_string(level + 1) + " is null");
}

Error no_integer(std::size_t level, Bytes step) {
  return Error(ErrorCode::InvalidText, "path element at position " + std::to_string(level + 1) +
                                           " is not an integer: \"" + std::string(step) + "\"");
}

JsonbReader item_of(JsonbReader container, std::size_t index) {
  return container.is_object() ? container.value(index) : container.element(index);
}

/// The elements or members from `begin` to before `end`.
void add_items(JsonbBuilder& builder, JsonbReader container, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (container.is_object()) builder.add_key(container.key(i));
    builder.add(item_of(container, i));
  }
}

/// All of them; a scalar adds itself.
void add_items(JsonbBuilder& builder, JsonbReader value) {
  if (value.is_scalar()) return builder.add(value);
  add_items(builder, value, 0, value.count());
}

/// As add_items, but an object stays whole: what concatenation with an array makes of it.
void add_as_elements(JsonbBuilder& builder, JsonbReader value) {
  if (value.is_object()) return builder.add(value);
  add_items(builder, value);
}

void begin_like(JsonbBuilder& builder, JsonbReader value) {
  value.is_object() ? builder.begin_object() : builder.begin_array();
}

enum class PathAction : std::uint8_t {
  Delete,
  Replace,
  ReplaceOrCreate,
  InsertBefore,
  InsertAfter
};

/// Rebuilds a value along one path, and changes what is at the path's end.
class PathChange {
 public:
  PathChange(JsonTexts path, PathAction action, JsonbReader replacement, JsonbBuilder& builder)
      : path_(path), action_(action), replacement_(replacement), builder_(builder) {}

  /// Adds `value` as it becomes.
  Result<void> apply(JsonbReader value) {
    LK_CHECK(descend(value));
    for (; !open_.empty(); open_.pop_back()) {
      const auto [container, index] = open_.back();
      add_items(builder_, container, index + 1, container.count());
      builder_.end();
    }
    return {};
  }

 private:
  /// An array or object on the path, and which of its items is on it.
  struct Open {
    JsonbReader container;
    std::size_t index;
  };

  bool creates() const { return action_ != PathAction::Delete && action_ != PathAction::Replace; }

  /// Adds everything up to the end of the path, and of the last array or object the rest.
  Result<void> descend(JsonbReader value) {
    for (std::size_t level = 0;; ++level) {
      if (!path_[level].has_value()) return null_step(level);
      if (value.is_scalar()) {
        builder_.add(value);
        return {};
      }
      begin_like(builder_, value);
      LK_TRY(const auto index, find_item(value, level));
      if (level + 1 == path_.size()) {
        LK_CHECK(value.is_object() ? change_object(value, index) : change_array(value, index));
        builder_.end();
        return {};
      }
      add_items(builder_, value, 0, index.value_or(value.count()));
      if (!index.has_value()) {
        builder_.end();
        return {};
      }
      if (value.is_object()) builder_.add_key(value.key(*index));
      open_.push_back({value, *index});
      value = item_of(value, *index);
    }
  }

  Result<std::optional<std::size_t>> find_item(JsonbReader value, std::size_t level) {
    if (value.is_object()) return value.find_index(*path_[level]);
    const auto index = parse_json_index(*path_[level]);
    if (!index.has_value()) return no_integer(level, *path_[level]);
    is_before_begin_ = *index < 0;
    return resolve_json_index(*index, value.count());
  }

  Result<void> change_object(JsonbReader object, std::optional<std::size_t> index) {
    const bool inserts = action_ == PathAction::InsertBefore || action_ == PathAction::InsertAfter;
    if (index.has_value() && inserts) {
      return invalid("cannot replace existing key")
          .with_hint("Try using the function jsonb_set to replace key value.");
    }
    const std::size_t end = index.value_or(object.count());
    add_items(builder_, object, 0, end);
    if (index.has_value() ? action_ != PathAction::Delete : creates()) {
      builder_.add_key(*path_.back());
      builder_.add(replacement_);
    }
    add_items(builder_, object, end + 1, object.count());
    return {};
  }

  Result<void> change_array(JsonbReader array, std::optional<std::size_t> index) {
    if (!index.has_value()) {
      // Outside the array the new element goes to the end that is nearer.
      if (creates() && is_before_begin_) builder_.add(replacement_);
      add_items(builder_, array);
      if (creates() && !is_before_begin_) builder_.add(replacement_);
      return {};
    }
    const JsonbReader element = array.element(*index);
    add_items(builder_, array, 0, *index);
    if (action_ == PathAction::InsertAfter) builder_.add(element);
    if (action_ != PathAction::Delete) builder_.add(replacement_);
    if (action_ == PathAction::InsertBefore) builder_.add(element);
    add_items(builder_, array, *index + 1, array.count());
    return {};
  }

  const JsonTexts path_;
  const PathAction action_;
  const JsonbReader replacement_;
  JsonbBuilder& builder_;
  std::vector<Open> open_;
  bool is_before_begin_ = false;  // the last index was negative
};

Result<Value> change_path(JsonbReader value, JsonTexts path, PathAction action,
                          JsonbReader replacement, Arena& arena) {
  if (path.empty()) return copy_jsonb(value, arena);
  JsonbBuilder builder;
  LK_CHECK(PathChange(path, action, replacement, builder).apply(value));
  return builder.finish(arena);
}

/// Rebuilds a value for an assignment to one of its parts.
class PathAssignment {
 public:
  PathAssignment(JsonTexts path, JsonbReader replacement, JsonbBuilder& builder)
      : path_(path), replacement_(replacement), builder_(builder) {}

  Result<void> apply(JsonbReader value) {
    std::size_t level = 0;
    bool exists = true;
    for (; level < path_.size() && exists; ++level) {
      if (value.is_scalar()) {
        return invalid("cannot replace existing key")
            .with_detail("The path assumes key is a composite object, but it is a scalar value.");
      }
      begin_like(builder_, value);
      LK_TRY(const std::size_t index,
             value.is_object() ? enter_object(value, level) : enter_array(value, level));
      open_.push_back({value, index});
      exists = index < value.count();
      if (exists) value = item_of(value, index);
    }
    LK_CHECK(add_new(level));
    for (; !open_.empty(); open_.pop_back()) {
      const auto [container, index] = open_.back();
      add_items(builder_, container, index + 1, container.count());
      builder_.end();
    }
    return {};
  }

 private:
  struct Open {
    JsonbReader container;
    std::size_t index;  ///< of the item on the path; the count of all if it is new
  };

  /// Adds what stands before the item on the path, and says where that is.
  Result<std::size_t> enter_object(JsonbReader object, std::size_t level) {
    const Bytes key = *path_[level];
    const std::size_t index = object.find_index(key).value_or(object.count());
    add_items(builder_, object, 0, index);
    builder_.add_key(key);
    return index;
  }
  Result<std::size_t> enter_array(JsonbReader array, std::size_t level) {
    const auto wanted = parse_json_index(*path_[level]);
    if (!wanted.has_value()) return no_integer(level, *path_[level]);
    const auto count = static_cast<std::int64_t>(array.count());
    const std::int64_t index = *wanted < 0 ? *wanted + count : *wanted;
    if (index < 0) {
      return Error(ErrorCode::InvalidArgument, "path element at position " +
                                                   std::to_string(level + 1) +
                                                   " is out of range: " + std::to_string(*wanted));
    }
    if (index < count) {
      add_items(builder_, array, 0, static_cast<std::size_t>(index));
      return static_cast<std::size_t>(index);
    }
    add_items(builder_, array);
    LK_CHECK(add_nulls(index - count));
    return array.count();
  }

  Result<void> add_nulls(std::int64_t count) {
    // Each takes four bytes of the value, and more while it is made.
    constexpr std::int64_t kNullsMax = 10'000'000;
    if (count > kNullsMax) {
      return Error(ErrorCode::LimitExceeded,
                   "number of jsonb array elements exceeds the maximum allowed (" +
                       std::to_string(kNullsMax) + ")");
    }
    for (std::int64_t i = 0; i < count; ++i) builder_.add_null();
    return {};
  }

  /// Adds the replacement inside the arrays and objects that the rest of the path speaks of.
  Result<void> add_new(std::size_t first) {
    for (std::size_t level = first; level < path_.size() && !builder_.failed(); ++level) {
      const auto index = parse_json_index(*path_[level]);
      if (index.has_value()) {
        builder_.begin_array();
        LK_CHECK(add_nulls(*index));
      } else {
        builder_.begin_object();
        builder_.add_key(*path_[level]);
      }
    }
    builder_.add(replacement_);
    for (std::size_t level = first; level < path_.size() && !builder_.failed(); ++level) {
      builder_.end();
    }
    return {};
  }

  const JsonTexts path_;
  const JsonbReader replacement_;
  JsonbBuilder& builder_;
  std::vector<Open> open_;
};

bool is_among(Bytes text, JsonTexts texts) {
  for (const std::optional<Bytes>& each : texts) {
    if (each.has_value() && *each == text) return true;
  }
  return false;
}

void add_without_nulls(JsonbBuilder& builder, JsonbReader value) {
  if (value.is_scalar()) return builder.add(value);
  begin_like(builder, value);
  for (std::size_t i = 0; i < value.count(); ++i) {
    if (value.is_array()) {
      add_without_nulls(builder, value.element(i));
    } else if (!value.value(i).is_null()) {
      builder.add_key(value.key(i));
      add_without_nulls(builder, value.value(i));
    }
  }
  builder.end();
}

}  // namespace

Result<Value> jsonb_concat(JsonbReader left, JsonbReader right, Arena& arena) {
  JsonbBuilder builder;
  if (left.is_object() && right.is_object()) {
    builder.begin_object();
    add_items(builder, left);
    add_items(builder, right);
  } else {
    builder.begin_array();
    add_as_elements(builder, left);
    add_as_elements(builder, right);
  }
  builder.end();
  return builder.finish(arena);
}

Result<Value> jsonb_delete(JsonbReader value, Bytes key, Arena& arena) {
  const std::optional<Bytes> keys[] = {key};
  return jsonb_delete(value, keys, arena);
}

Result<Value> jsonb_delete(JsonbReader value, JsonTexts keys, Arena& arena) {
  if (value.is_scalar()) return invalid("cannot delete from scalar");
  JsonbBuilder builder;
  begin_like(builder, value);
  for (std::size_t i = 0; i < value.count(); ++i) {
    if (value.is_object()) {
      if (is_among(value.key(i), keys)) continue;
      builder.add_key(value.key(i));
      builder.add(value.value(i));
    } else {
      const JsonbReader element = value.element(i);
      if (!element.is_string() || !is_among(element.text(), keys)) builder.add(element);
    }
  }
  builder.end();
  return builder.finish(arena);
}

Result<Value> jsonb_delete(JsonbReader value, std::int32_t index, Arena& arena) {
  if (value.is_scalar()) return invalid("cannot delete from scalar");
  if (value.is_object()) return invalid("cannot delete from object using integer index");
  const auto at = resolve_json_index(index, value.count());
  if (!at.has_value()) return copy_jsonb(value, arena);
  JsonbBuilder builder;
  builder.begin_array();
  add_items(builder, value, 0, *at);
  add_items(builder, value, *at + 1, value.count());
  builder.end();
  return builder.finish(arena);
}

Result<Value> jsonb_delete_path(JsonbReader value, JsonTexts path, Arena& arena) {
  if (value.is_scalar()) return invalid("cannot delete path in scalar");
  if (value.count() == 0) return copy_jsonb(value, arena);
  return change_path(value, path, PathAction::Delete, {}, arena);
}

Result<Value> jsonb_set(JsonbReader value, JsonTexts path, JsonbReader replacement,
                        JsonbMissing missing, Arena& arena) {
  if (value.is_scalar()) return invalid("cannot set path in scalar");
  const bool creates = missing == JsonbMissing::Create;
  if (value.count() == 0 && !creates) return copy_jsonb(value, arena);
  return change_path(value, path, creates ? PathAction::ReplaceOrCreate : PathAction::Replace,
                     replacement, arena);
}

Result<Value> jsonb_set_lax(JsonbReader value, JsonTexts path,
                            std::optional<JsonbReader> replacement, JsonbMissing missing,
                            std::optional<Bytes> null_treatment, Arena& arena) {
  const bool is_known = null_treatment == "delete_key" || null_treatment == "return_target" ||
                        null_treatment == "use_json_null" || null_treatment == "raise_exception";
  if (!null_treatment.has_value() || (!replacement.has_value() && !is_known)) {
    return invalid(
        "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or "
        "\"raise_exception\"");
  }
  if (replacement.has_value()) return jsonb_set(value, path, *replacement, missing, arena);
  if (null_treatment == "use_json_null") return jsonb_set(value, path, {}, missing, arena);
  if (null_treatment == "delete_key") return jsonb_delete_path(value, path, arena);
  if (null_treatment == "return_target") return copy_jsonb(value, arena);
  return Error(ErrorCode::NullNotAllowed, "JSON value must not be null")
      .with_detail("Exception was raised because null_value_treatment is \"raise_exception\".")
      .with_hint(
          "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL "
          "is not passed.");
}

Result<Value> jsonb_insert(JsonbReader value, JsonTexts path, JsonbReader addition, JsonbSide side,
                           Arena& arena) {
  if (value.is_scalar()) return invalid("cannot set path in scalar");
  return change_path(value, path,
                     side == JsonbSide::After ? PathAction::InsertAfter : PathAction::InsertBefore,
                     addition, arena);
}

Result<Value> jsonb_assign(JsonbReader value, JsonTexts path, JsonbReader replacement,
                           Arena& arena) {
  JsonbBuilder builder;
  LK_CHECK(PathAssignment(path, replacement, builder).apply(value));
  return builder.finish(arena);
}

Result<Value> jsonb_strip_nulls(JsonbReader value, Arena& arena) {
  JsonbBuilder builder;
  add_without_nulls(builder, value);
  return builder.finish(arena);
}

}  // namespace latchkey::sql
