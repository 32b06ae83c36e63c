#include "sql/exec/inverted_index.h"

#include "base/assert.h"
#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_slots.h"
#include "sql/types/array.h"
#include "sql/types/jsonb_tokens.h"
#include "sql/types/key.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;
using bind::ExprKind;

JsonbTokenKinds kinds_of(const IndexColumn& column) {
  return column.operator_class == "jsonb_path_ops" ? JsonbTokenKinds::Paths
                                                   : JsonbTokenKinds::PathsAndKeys;
}

/// What entries of that token begin with.
std::string prefix_of(std::size_t part, std::uint64_t token) {
  std::string prefix(1, static_cast<char>(part));
  for (int shift = 56; shift >= 0; shift -= 8) prefix.push_back(static_cast<char>(token >> shift));
  return prefix;
}

/// Which of the tokens a row must have.
enum class Need : std::uint8_t { All, Any };

struct TokenQuery {
  JsonbTokens tokens;
  Need need = Need::All;

  /// Whether all rows may be meant.
  bool is_open() const { return tokens.empty() && need == Need::All; }
};

TokenQuery token_query(const InvertedPath& path, const Value& value) {
  TokenQuery query;
  const IndexColumn& column = path.index->columns[path.part];
  if (path.op == "@>") {
    query.tokens = jsonb_tokens_contained(JsonbReader(value.bytes()), kinds_of(column));
    return query;
  }
  if (path.op == "?") {
    query.tokens.push_back(jsonb_token_of_key(value.bytes()));
    return query;
  }
  if (path.op == "?|") query.need = Need::Any;
  ArrayReader reader(value.bytes());
  for (Value key; reader.next(key);) {
    if (!key.is_null) query.tokens.push_back(jsonb_token_of_key(key.bytes()));
  }
  return query;
}

class InvertedScan final : public Node {
 public:
  InvertedScan(const bind::RangeEntry& entry, InvertedPath path, Evaluation& evaluation)
      : entry_(entry),
        path_(path),
        evaluation_(evaluation),
        layout_(*entry.table),
        transaction_(evaluation.context->transaction) {}

  Result<void> open() override {
    cursor_.reset();
    whole_.reset();
    prefixes_.clear();
    at_ = 0;
    value_arena_.reset();
    Value value;
    {
      const ArenaScope scope(evaluation_, value_arena_);
      value = evaluate(*path_.value, evaluation_);
      if (evaluation_.failed()) return *std::exchange(evaluation_.error, std::nullopt);
    }
    if (value.is_null) return {};
    const TokenQuery query = token_query(path_, value);
    if (query.is_open()) {
      whole_ = make_table_scan(entry_, {}, evaluation_);
      return whole_->open();
    }
    for (const std::uint64_t token : query.tokens) {
      prefixes_.push_back(prefix_of(path_.part, token));
    }
    return query.need == Need::All ? keep_rarest() : Result<void>();
  }

  Result<bool> next() override {
    if (whole_ != nullptr) return whole_->next();
    for (; at_ < prefixes_.size(); ++at_, cursor_.reset()) {
      if (cursor_ == nullptr) cursor_ = scan(prefixes_[at_]);
      for (;;) {
        LK_CHECK(evaluation_.context->check_cancelled());
        LK_TRY(const bool more, cursor_->next());
        if (!more) break;
        LK_TRY(const bool is_known, was_found_before(cursor_->record().value));
        if (is_known) continue;
        LK_TRY(const bool found, read_row(cursor_->record().value));
        if (found) return true;
      }
    }
    return false;
  }

 private:
  std::unique_ptr<storage::Cursor> scan(const std::string& prefix) const {
    constexpr std::size_t kRowsAtOnce = 64;
    return transaction_.scan(path_.index->tree, {prefix, key_after_prefix(prefix)},
                             storage::Direction::Forward, kRowsAtOnce);
  }

  /// Where all tokens are needed, the rows of one are looked at: the one that fewest rows have, as
  /// far as a short look tells.
  Result<void> keep_rarest() {
    constexpr std::size_t kLook = 64;
    std::size_t fewest = kLook + 1;
    std::string rarest = prefixes_[0];
    for (const std::string& prefix : prefixes_) {
      if (prefixes_.size() == 1) break;
      std::size_t count = 0;
      const auto cursor = scan(prefix);
      for (; count < kLook; ++count) {
        LK_TRY(const bool more, cursor->next());
        if (!more) break;
      }
      if (count < fewest) {
        fewest = count;
        rarest = prefix;
      }
    }
    prefixes_ = {rarest};
    return {};
  }

  /// Whether the row has one of the tokens whose rows have been given.
  Result<bool> was_found_before(Bytes key) {
    for (std::size_t i = 0; i < at_; ++i) {
      LK_TRY(const bool found, transaction_.read(path_.index->tree, prefixes_[i] + std::string(key),
                                                 [](const storage::RecordView&) {}));
      if (found) return true;
    }
    return false;
  }

  Result<bool> read_row(Bytes key) {
    arena_.reset();
    const Bytes kept_key = arena_.copy(key);
    Bytes row;
    storage::Lsn version{};
    LK_TRY(const bool found,
           transaction_.read(entry_.table->tree, kept_key, [&](const storage::RecordView& record) {
             row = arena_.copy(record.value);
             version = record.version;
           }));
    if (!found) return false;
    LK_CHECK(put_in_slots({kept_key, row, version}, entry_, layout_, evaluation_, arena_));
    return true;
  }

  const bind::RangeEntry& entry_;
  const InvertedPath path_;
  Evaluation& evaluation_;
  const TableLayout layout_;
  storage::Transaction& transaction_;
  NodePtr whole_;
  std::vector<std::string> prefixes_;
  std::size_t at_ = 0;
  std::unique_ptr<storage::Cursor> cursor_;
  Arena arena_;
  Arena value_arena_;
};

/// The part of the index that the condition is about, if the index knows its operator.
std::optional<std::size_t> part_for(const Index& index, std::int16_t column, std::string_view op) {
  const bool is_about_keys = op == "?" || op == "?|" || op == "?&";
  if (op != "@>" && !is_about_keys) return std::nullopt;
  for (std::size_t i = 0; i < index.columns.size(); ++i) {
    if (index.columns[i].column != column) continue;
    if (is_about_keys && kinds_of(index.columns[i]) == JsonbTokenKinds::Paths) continue;
    return i;
  }
  return std::nullopt;
}

}  // namespace

bool is_inverted(const Index& index) { return index.method == "gin"; }

std::vector<std::string> inverted_entries(const TableLayout& layout, const Index& index,
                                          std::span<const Value> values, Bytes key) {
  std::vector<std::string> entries;
  for (std::size_t part = 0; part < index.columns.size(); ++part) {
    const IndexColumn& column = index.columns[part];
    const int at = layout.column_at(column.column);
    const Value& value = values[static_cast<std::size_t>(at)];
    // A column whose type has changed since has no parts.
    if (value.is_null || layout.type_of(at) != oid::kJsonb) continue;
    for (const std::uint64_t token : jsonb_tokens(JsonbReader(value.bytes()), kinds_of(column))) {
      entries.push_back(prefix_of(part, token).append(key));
    }
  }
  return entries;
}

std::optional<InvertedPath> find_inverted_path(const bind::Query& query, int entry_index,
                                               std::span<Expr* const> conditions,
                                               const EntrySet& known) {
  const bind::RangeEntry& entry = query.entries[static_cast<std::size_t>(entry_index)];
  for (const Index& index : entry.table->indexes) {
    if (!is_inverted(index) || !index.predicate.empty()) continue;
    for (const Expr* const condition : conditions) {
      if (condition->kind != ExprKind::Call || condition->args.size() != 2) continue;
      if (!condition->function->is(kOperator)) continue;
      // part <@ column is column @> part.
      const bool is_turned = condition->function->name == "<@";
      const Expr& column = *condition->args[is_turned ? 1 : 0];
      const Expr& value = *condition->args[is_turned ? 0 : 1];
      if (column.kind != ExprKind::Column || column.level != 0 || column.type != oid::kJsonb) {
        continue;
      }
      const int at = column.slot - entry.first_slot;
      if (at < 0 || at >= static_cast<int>(entry.table->columns.size())) continue;
      if ((entries_of(value, query) & ~known).any()) continue;
      const std::string_view op = is_turned ? "@>" : condition->function->name;
      const auto part =
          part_for(index, entry.table->columns[static_cast<std::size_t>(at)].number, op);
      if (part.has_value()) return InvertedPath{&index, *part, op, &value};
    }
  }
  return std::nullopt;
}

NodePtr make_inverted_scan(const bind::RangeEntry& entry, InvertedPath path,
                           Evaluation& evaluation) {
  return std::make_unique<InvertedScan>(entry, path, evaluation);
}

}  // namespace latchkey::sql::exec
