#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "base/assert.h"
#include "sql/exec/common_rows.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_slots.h"
#include "sql/exec/subplan.h"
#include "sql/functions/pattern.h"

namespace latchkey::sql::exec {

namespace {

class OneRow final : public Node {
 public:
  Result<void> open() override {
    done_ = false;
    return {};
  }
  Result<bool> next() override { return !std::exchange(done_, true); }

 private:
  bool done_ = false;
};

class ValuesScan final : public Node {
 public:
  ValuesScan(const bind::RangeEntry& entry, Evaluation& evaluation)
      : entry_(entry), evaluation_(evaluation) {}
  Result<void> open() override {
    at_ = 0;
    return {};
  }
  Result<bool> next() override {
    if (at_ == entry_.values.size()) return false;
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    const std::vector<bind::Expr*>& row = entry_.values[at_++];
    for (std::size_t i = 0; i < row.size(); ++i) {
      evaluation_.slots[entry_.first_slot + static_cast<int>(i)] = evaluate(*row[i], evaluation_);
      if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
    }
    return true;
  }

 private:
  const bind::RangeEntry& entry_;
  Evaluation& evaluation_;
  Arena arena_;
  std::size_t at_ = 0;
};

/// What stands so many queries further out.
const Evaluation* outer_at(const Evaluation& evaluation, int level) {
  const Evaluation* at = &evaluation;
  for (; level > 0 && at != nullptr; --level) at = at->outer;
  return at;
}

class QueryScan final : public Node {
 public:
  QueryScan(const bind::RangeEntry& entry, Evaluation& evaluation)
      : entry_(entry),
        evaluation_(evaluation),
        run_(*entry.query, *evaluation.context, outer_at(evaluation, entry.query_level),
             evaluation.parameters, *evaluation.settings) {}
  Result<void> open() override { return run_.open(); }
  Result<bool> next() override {
    LK_TRY(const bool more, run_.next());
    if (!more) return false;
    int slot = entry_.first_slot;
    for (std::size_t i = 0; i < entry_.query->targets.size(); ++i) {
      if (!entry_.query->targets[i].is_hidden) evaluation_.slots[slot++] = run_.target(i);
    }
    return true;
  }

 private:
  const bind::RangeEntry& entry_;
  Evaluation& evaluation_;
  QueryRun run_;
};

/// Says that there is a row: an outer join takes that back where it finds none.
class RowMark final : public Node {
 public:
  RowMark(NodePtr scan, const bind::RangeEntry& entry, Evaluation& evaluation)
      : scan_(std::move(scan)), entry_(entry), evaluation_(evaluation) {}
  Result<void> open() override { return scan_->open(); }
  Result<bool> next() override {
    evaluation_.slots[entry_.row_slot] = Value::of_bool(true);
    return scan_->next();
  }

 private:
  NodePtr scan_;
  const bind::RangeEntry& entry_;
  Evaluation& evaluation_;
};

/// Reads what a query of WITH has found, or a round of a recursive one.
class CommonScan final : public Node {
 public:
  CommonScan(const bind::RangeEntry& entry, Evaluation& evaluation)
      : entry_(entry), evaluation_(evaluation) {}
  Result<void> open() override {
    rows_ = &evaluation_.context->common(*entry_.common);
    at_ = is_work() ? rows_->work_begin() : 0;
    return {};
  }
  Result<bool> next() override {
    LK_CHECK(evaluation_.context->check_cancelled());
    const Value* row = nullptr;
    if (!is_work()) {
      LK_TRY(row, rows_->row(at_));
    } else if (at_ < rows_->work_end()) {
      row = rows_->found_row(at_);
    }
    if (row == nullptr) return false;
    ++at_;
    std::copy(row, row + entry_.types.size(), evaluation_.slots + entry_.first_slot);
    return true;
  }

 private:
  bool is_work() const { return entry_.kind == bind::RangeEntry::Kind::Work; }

  const bind::RangeEntry& entry_;
  Evaluation& evaluation_;
  CommonRows* rows_ = nullptr;
  std::size_t at_ = 0;
};

/// Reads a table by its key, by an index, or whole.
class TableScan final : public Node {
 public:
  TableScan(const bind::RangeEntry& entry, AccessPath path, Evaluation& evaluation)
      : entry_(entry),
        path_(std::move(path)),
        evaluation_(evaluation),
        layout_(*entry.table),
        transaction_(evaluation.context->transaction) {}

  Result<void> open() override {
    evaluation_.error.reset();
    key_arena_.reset();
    keys_.clear();
    next_key_ = 0;
    const ArenaScope scope(evaluation_, key_arena_);
    if (path_.choices == nullptr) {
      choice_ = Value::null();
      return begin_range();
    }
    LK_CHECK(find_choices());
    return begin_choice();
  }

  Result<bool> next() override {
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool found, next_of_range());
      if (found) return true;
      if (path_.choices == nullptr || next_key_ == keys_.size()) return false;
      const ArenaScope scope(evaluation_, key_arena_);
      LK_CHECK(begin_choice());
    }
  }

 private:
  /// The values of the choices, each once, in the order of their keys.
  Result<void> find_choices() {
    std::vector<Value> values;
    choice_values(path_, entry_, evaluation_, values);
    if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
    std::map<std::string, Value> by_key;
    for (const Value& value : values) {
      if (value.is_null || !fits(type_at(path_.choice_at), value)) continue;
      std::string key;
      append_part(path_.choice_at, value, key);
      by_key.emplace(std::move(key), value);
    }
    for (const auto& each : by_key) keys_.push_back(each.second);
    return {};
  }

  Result<void> begin_choice() {
    is_empty_ = true;
    point_.reset();
    if (next_key_ == keys_.size()) return {};
    choice_ = keys_[next_key_++];
    return begin_range();
  }

  Result<void> begin_range() {
    cursor_.reset();
    point_.reset();
    is_empty_ = false;
    LK_CHECK(find_range());
    if (is_empty_ || point_.has_value()) return {};
    const storage::TreeId tree = path_.index == nullptr ? entry_.table->tree : path_.index->tree;
    constexpr std::size_t kFewRows = 16;
    constexpr std::size_t kManyRows = 256;
    cursor_ =
        transaction_.scan(tree, range_, path_.direction, path_.is_useful() ? kFewRows : kManyRows);
    return {};
  }

  Result<bool> next_of_range() {
    if (is_empty_) return false;
    if (point_.has_value()) {
      is_empty_ = true;
      return read_row(*point_);
    }
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      LK_TRY(const bool more, cursor_->next());
      if (!more) {
        is_empty_ = true;
        return false;
      }
      if (path_.index == nullptr) {
        arena_.reset();
        const storage::RecordView& record = cursor_->record();
        LK_CHECK(put_row(cursor_->key(), record.value, record.version));
        return true;
      }
      LK_TRY(const bool found, read_row(cursor_->record().value));
      if (found) return true;
    }
  }

  Result<void> put_row(Bytes key, Bytes row, storage::Lsn version) {
    return put_in_slots({key, row, version}, entry_, layout_, evaluation_, arena_);
  }

  Result<bool> read_row(Bytes key) {
    arena_.reset();
    const Bytes kept_key = arena_.copy(key);
    Bytes row;
    storage::Lsn version{};
    const auto look = [&](const storage::RecordView& record) {
      row = arena_.copy(record.value);
      version = record.version;
    };
    LK_TRY(const bool found, transaction_.read(entry_.table->tree, kept_key, look));
    if (!found) return false;
    LK_CHECK(put_row(kept_key, row, version));
    return true;
  }

  /// Turns the path's values of this moment into a range of keys, or a single key.
  Result<void> find_range() {
    range_ = {};
    if (!path_.is_useful()) return {};
    std::string prefix;
    for (std::size_t i = 0; i < path_.equal.size(); ++i) {
      LK_TRY(const bool fits, append_value(i, *path_.equal[i], prefix));
      if (!fits) {
        is_empty_ = true;
        return {};
      }
    }
    if (path_.is_point) {
      if (path_.index == nullptr) {
        point_ = std::move(prefix);
        return {};
      }
      LK_TRY(const bool found,
             transaction_.read(path_.index->tree, prefix, [&](const storage::RecordView& record) {
               point_ = std::string(record.value);
             }));
      is_empty_ = !found;
      return {};
    }
    range_.begin = prefix;
    range_.end = key_after_prefix(prefix);
    return narrow(prefix);
  }

  Result<void> narrow(const std::string& prefix) {
    const std::size_t part = path_.equal.size();
    if (path_.like != nullptr) {
      const Value pattern = evaluate(*path_.like, evaluation_);
      if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
      if (pattern.is_null) {
        is_empty_ = true;
        return {};
      }
      const LikePattern::Prefix begins = LikePattern(pattern.bytes()).prefix();
      if (!begins.text.empty()) {
        std::string low = prefix;
        append_text_prefix(begins.text, low);
        range_.begin = low;
        range_.end = key_after_prefix(low);
      }
    }
    if (path_.low != nullptr) {
      std::string low = prefix;
      LK_TRY(const bool fits, append_value(part, *path_.low, low));
      if (!fits) return bound_out_of_range(*path_.low, true);
      range_.begin = path_.low_inclusive ? low : after(low, part);
    }
    if (path_.high != nullptr) {
      std::string high = prefix;
      LK_TRY(const bool fits, append_value(part, *path_.high, high));
      if (!fits) return bound_out_of_range(*path_.high, false);
      range_.end = path_.high_inclusive ? after(high, part) : high;
    }
    return {};
  }

  /// Behind all keys that begin with this value.
  std::string after(const std::string& key, std::size_t part) const {
    const bool is_whole_text = path_.index == nullptr &&
                               part + 1 == entry_.table->key_columns.size() &&
                               find_type(type_at(part))->kept == Kept::Bytes;
    return is_whole_text ? key + '\0' : key_after_prefix(key);
  }

  void append_text_prefix(Bytes text, std::string& out) const {
    if (path_.index != nullptr) out.push_back(1);
    for (const char c : text) {
      out.push_back(c);
      const bool is_last =
          path_.index == nullptr && path_.equal.size() + 1 == entry_.table->key_columns.size();
      if (c == '\0' && !is_last) out.push_back('\xff');
    }
  }

  Oid type_at(std::size_t part) const {
    if (path_.index == nullptr) return layout_.type_of(layout_.key_columns()[part]);
    return layout_.index_part(path_.index->columns[part]).type;
  }

  /// A number past what the column's type can hold: nothing is equal to it.
  static bool fits(Oid type, const Value& value) {
    if (type == oid::kInt2) return value.integer >= -32768 && value.integer <= 32767;
    if (type == oid::kInt4) {
      return value.integer >= std::numeric_limits<std::int32_t>::min() &&
             value.integer <= std::numeric_limits<std::int32_t>::max();
    }
    return true;
  }

  /// Whether the value can be in a key at all.
  Result<bool> append_value(std::size_t part, const bind::Expr& expr, std::string& out) {
    const bool is_choice =
        path_.choices != nullptr && part == path_.choice_at && &expr == path_.choices;
    const Value value = is_choice ? choice_ : evaluate(expr, evaluation_);
    if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
    if (value.is_null || !fits(type_at(part), value)) return false;
    append_part(part, value, out);
    return true;
  }

  void append_part(std::size_t part, const Value& value, std::string& out) const {
    if (path_.index == nullptr) {
      append_key_part(type_at(part), value,
                      TableLayout::part_of(part, layout_.key_columns().size()), out);
    } else {
      append_index_part(layout_.index_part(path_.index->columns[part]), value, out);
    }
  }

  /// column > more than there is: nothing; column > less than there is: all.
  Result<void> bound_out_of_range(const bind::Expr& expr, bool is_low) {
    const Value value = evaluate(expr, evaluation_);
    if (value.is_null || (value.integer > 0) == is_low) is_empty_ = true;
    return {};
  }

  const bind::RangeEntry& entry_;
  const AccessPath path_;
  Evaluation& evaluation_;
  const TableLayout layout_;
  storage::Transaction& transaction_;
  std::unique_ptr<storage::Cursor> cursor_;
  storage::KeyRange range_;
  std::optional<std::string> point_;
  bool is_empty_ = false;
  std::vector<Value> keys_;  ///< of the path's choices
  std::size_t next_key_ = 0;
  Value choice_;
  Arena arena_;
  Arena key_arena_;
};

}  // namespace

NodePtr make_one_row() { return std::make_unique<OneRow>(); }
NodePtr make_values(const bind::RangeEntry& entry, Evaluation& evaluation) {
  return std::make_unique<ValuesScan>(entry, evaluation);
}
NodePtr make_query_scan(const bind::RangeEntry& entry, Evaluation& evaluation) {
  return std::make_unique<QueryScan>(entry, evaluation);
}
NodePtr make_row_mark(NodePtr scan, const bind::RangeEntry& entry, Evaluation& evaluation) {
  return std::make_unique<RowMark>(std::move(scan), entry, evaluation);
}
NodePtr make_common_scan(const bind::RangeEntry& entry, Evaluation& evaluation) {
  return std::make_unique<CommonScan>(entry, evaluation);
}
NodePtr make_table_scan(const bind::RangeEntry& entry, AccessPath path, Evaluation& evaluation) {
  return std::make_unique<TableScan>(entry, std::move(path), evaluation);
}

}  // namespace latchkey::sql::exec
