#include <array>

#include "sql/exec/evaluate.h"
#include "sql/exec/nodes.h"
#include "sql/exec/row_keys.h"
#include "sql/exec/row_memory.h"

namespace latchkey::sql::exec {

namespace {

using bind::Expr;

/// The types of the slots that a side of a join sets.
std::vector<Oid> types_of(const std::vector<SlotRange>& ranges, const bind::Query& query) {
  std::vector<Oid> types;
  for (const auto& [first, count] : ranges) {
    for (const bind::RangeEntry& entry : query.entries) {
      if (entry.key_slot == first) types.push_back(oid::kBytea);
      if (entry.version_slot == first) types.push_back(oid::kInt8);
      if (entry.row_slot == first) types.push_back(oid::kBool);
      if (entry.first_slot != first || entry.types.empty()) continue;
      types.insert(types.end(), entry.types.begin(), entry.types.end());
    }
  }
  return types;
}

/// Joins by equal keys. It reads both sides by turns; the one that ends first is the smaller one,
/// and kept in memory by its keys. The rows of the other look up theirs one after another.
class HashJoin final : public Node {
 public:
  HashJoin(JoinType type, bool is_full, NodePtr left, NodePtr right, HashKeys keys,
           std::vector<const Expr*> conditions, std::vector<SlotRange> left_slots,
           std::vector<SlotRange> right_slots, const bind::Query& query, Evaluation& evaluation)
      : keys_(keys.left),
        sides_{Side(std::move(left), std::move(keys.left), std::move(left_slots), query),
               Side(std::move(right), std::move(keys.right), std::move(right_slots), query)},
        conditions_(std::move(conditions)),
        evaluation_(evaluation),
        memory_(*evaluation.context) {
    sides_[0].keeps_unmatched = type == JoinType::Left || is_full;
    sides_[1].keeps_unmatched = is_full;
  }

  Result<void> open() override {
    for (Side& side : sides_) {
      side.rows.clear();
      side.kept.reset();
      side.is_done = false;
      side.read = 0;
      LK_CHECK(side.input->open());
    }
    memory_.give_back();
    has_probe_ = false;
    is_at_rest_ = false;
    unmatched_ = 0;
    LK_CHECK(choose_side());
    make_table();
    return {};
  }

  Result<bool> next() override {
    Side& built = sides_[built_];
    Side& probing = sides_[1 - built_];
    for (;;) {
      LK_CHECK(evaluation_.context->check_cancelled());
      if (is_at_rest_) return next_unmatched();
      if (!has_probe_) {
        LK_TRY(has_probe_, next_probe(probing));
        if (!has_probe_) {
          is_at_rest_ = true;
          continue;
        }
        has_matched_ = false;
        at_ = probe_has_key_ ? table_[probe_hash_ & mask_] : kNone;
      }
      while (at_ != kNone) {
        Row& row = built.rows[at_];
        at_ = row.next;
        if (row.hash != probe_hash_ || !row.has_key) continue;
        if (!keys_.same(keys_at(built, row), codes_at(built, row), probe_keys_.data(),
                        probe_codes_.data())) {
          continue;
        }
        show(built, row);
        LK_TRY(const bool fits, conditions_hold());
        if (!fits) continue;
        has_matched_ = true;
        row.is_matched = true;
        return true;
      }
      has_probe_ = false;
      if (probing.keeps_unmatched && !has_matched_) {
        set_null(built);
        return true;
      }
    }
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  /// A row that waits: the values of its slots, then its keys, then their codes.
  struct Row {
    Value* values;
    std::uint64_t hash;
    std::uint32_t next = kNone;
    bool has_key = true;
    bool is_matched = false;
  };
  struct Side {
    Side(NodePtr the_input, std::vector<const Expr*> the_keys, std::vector<SlotRange> the_slots,
         const bind::Query& query)
        : input(std::move(the_input)),
          keys(std::move(the_keys)),
          slots(std::move(the_slots)),
          types(types_of(slots, query)) {}
    NodePtr input;
    std::vector<const Expr*> keys;
    std::vector<SlotRange> slots;
    std::vector<Oid> types;
    std::vector<Row> rows;
    Arena kept;
    bool keeps_unmatched = false;
    bool is_done = false;
    std::size_t read = 0;  ///< of the rows that waited while the sides were compared
  };

  const Value* keys_at(const Side& side, const Row& row) const {
    return row.values + side.types.size();
  }
  const Value* codes_at(const Side& side, const Row& row) const {
    return row.values + side.types.size() + keys_.size();
  }

  /// The keys of the row that stands in the slots. Whether it can be equal to any.
  Result<bool> read_keys(Side& side) {
    probe_keys_.clear();
    probe_codes_.clear();
    bool has_key = true;
    for (std::size_t i = 0; i < side.keys.size(); ++i) {
      probe_keys_.push_back(evaluate(*side.keys[i], evaluation_));
      probe_codes_.push_back(keys_.code_of(i, probe_keys_.back(), key_arena_));
      has_key = has_key && !probe_keys_.back().is_null;
    }
    LK_CHECK(failure_of(evaluation_));
    probe_hash_ = has_key ? keys_.hash(probe_keys_.data(), probe_codes_.data(), 0) : 0;
    return has_key;
  }

  Result<bool> read_row(Side& side) {
    LK_CHECK(evaluation_.context->check_cancelled());
    LK_TRY(const bool more, side.input->next());
    if (!more) {
      side.is_done = true;
      return false;
    }
    key_arena_.reset();
    const ArenaScope scope(evaluation_, key_arena_);
    LK_TRY(const bool has_key, read_keys(side));
    // A row that is equal to none is not kept, unless it is shown all the same.
    if (!has_key && !side.keeps_unmatched) return true;
    const std::size_t width = side.types.size() + keys_.size() * (keys_.has_codes() ? 2 : 1);
    auto* const values = reinterpret_cast<Value*>(
        side.kept.allocate(std::max<std::size_t>(width, 1) * sizeof(Value)));
    std::size_t at = 0;
    for (const auto& [first, count] : side.slots) {
      for (int i = 0; i < count; ++i, ++at) {
        new (&values[at])
            Value(keep_value(side.types[at], evaluation_.slots[first + i], side.kept));
      }
    }
    for (std::size_t i = 0; i < keys_.size(); ++i, ++at) {
      new (&values[at]) Value(keep_value(side.keys[i]->type, probe_keys_[i], side.kept));
    }
    for (std::size_t i = 0; keys_.has_codes() && i < keys_.size(); ++i, ++at) {
      new (&values[at]) Value(side.kept.keep(probe_codes_[i]));
    }
    side.rows.push_back({values, probe_hash_, kNone, has_key, false});
    LK_CHECK(memory_.use(sides_[0].kept.used_bytes() + sides_[1].kept.used_bytes() +
                         (sides_[0].rows.size() + sides_[1].rows.size()) * 2 * sizeof(Row)));
    return true;
  }

  /// Reads until one side has ended. An empty one that nothing of the other is shown without ends
  /// it all.
  Result<void> choose_side() {
    for (std::size_t turn = 1;; turn = 1 - turn) {
      constexpr int kRowsOfTurn = 256;
      for (int i = 0; i < kRowsOfTurn; ++i) {
        LK_TRY(const bool more, read_row(sides_[turn]));
        if (more) continue;
        built_ = turn;
        return {};
      }
    }
  }

  void make_table() {
    Side& built = sides_[built_];
    std::size_t size = 16;
    while (size < built.rows.size() * 2) size *= 2;
    table_.assign(size, kNone);
    mask_ = size - 1;
    // From the end, so that rows of equal keys come in their order.
    for (std::size_t i = built.rows.size(); i-- > 0;) {
      Row& row = built.rows[i];
      if (!row.has_key) continue;
      std::uint32_t& head = table_[row.hash & mask_];
      row.next = head;
      head = static_cast<std::uint32_t>(i);
    }
  }

  /// The next row of the side that looks up: first those that waited.
  Result<bool> next_probe(Side& side) {
    if (side.read < side.rows.size()) {
      const Row& row = side.rows[side.read++];
      show(side, row);
      probe_has_key_ = row.has_key;
      probe_hash_ = row.hash;
      probe_keys_.assign(keys_at(side, row), keys_at(side, row) + keys_.size());
      if (keys_.has_codes()) {
        probe_codes_.assign(codes_at(side, row), codes_at(side, row) + keys_.size());
      }
      return true;
    }
    if (side.is_done) return false;
    if (sides_[built_].rows.empty() && !side.keeps_unmatched) return false;
    LK_TRY(const bool more, side.input->next());
    if (!more) return false;
    key_arena_.reset();
    const ArenaScope scope(evaluation_, key_arena_);
    LK_TRY(probe_has_key_, read_keys(side));
    return true;
  }

  void show(const Side& side, const Row& row) {
    std::size_t at = 0;
    for (const auto& [first, count] : side.slots) {
      for (int i = 0; i < count; ++i) evaluation_.slots[first + i] = row.values[at++];
    }
  }
  void set_null(const Side& side) {
    for (const auto& [first, count] : side.slots) {
      for (int i = 0; i < count; ++i) evaluation_.slots[first + i] = Value::null();
    }
  }

  Result<bool> conditions_hold() {
    if (conditions_.empty()) return true;
    arena_.reset();
    const ArenaScope scope(evaluation_, arena_);
    for (const Expr* const each : conditions_) {
      const bool held = holds(*each, evaluation_);
      LK_CHECK(failure_of(evaluation_));
      if (!held) return false;
    }
    return true;
  }

  Result<bool> next_unmatched() {
    Side& built = sides_[built_];
    if (!built.keeps_unmatched) return false;
    while (unmatched_ < built.rows.size() && built.rows[unmatched_].is_matched) ++unmatched_;
    if (unmatched_ == built.rows.size()) return false;
    show(built, built.rows[unmatched_++]);
    set_null(sides_[1 - built_]);
    return true;
  }

  RowKeys keys_;
  std::array<Side, 2> sides_;
  const std::vector<const Expr*> conditions_;
  Evaluation& evaluation_;
  RowMemory memory_;
  std::vector<std::uint32_t> table_;
  std::uint64_t mask_ = 0;
  Arena arena_;
  Arena key_arena_;
  std::vector<Value> probe_keys_;
  std::vector<Value> probe_codes_;
  std::uint64_t probe_hash_ = 0;
  std::uint32_t at_ = kNone;
  std::size_t unmatched_ = 0;
  std::size_t built_ = 1;
  bool probe_has_key_ = false;
  bool has_probe_ = false;
  bool has_matched_ = false;
  bool is_at_rest_ = false;
};

}  // namespace

NodePtr make_hash_join(JoinType type, bool is_full, NodePtr left, NodePtr right, HashKeys keys,
                       std::vector<const Expr*> conditions, std::vector<SlotRange> left_slots,
                       std::vector<SlotRange> right_slots, const bind::Query& query,
                       Evaluation& evaluation) {
  return std::make_unique<HashJoin>(type, is_full, std::move(left), std::move(right),
                                    std::move(keys), std::move(conditions), std::move(left_slots),
                                    std::move(right_slots), query, evaluation);
}

}  // namespace latchkey::sql::exec
