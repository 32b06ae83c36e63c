// How a transaction of the tree engine becomes visible: checks, one log record, then the trees.
#include <algorithm>

#include "base/assert.h"
#include "storage/tree/tree_transaction.h"

namespace latchkey::storage::tree {

bool TreeTransaction::is_logged(TreeId id) const {
  for (const CreatedTree& created : created_) {
    if (created.id == id) return created.options.logged;
  }
  const Tree* const tree = engine_.find_tree(id);
  return tree != nullptr && tree->options().logged;
}

std::vector<LogOperation> TreeTransaction::operations() const {
  std::vector<LogOperation> out;
  out.reserve(created_.size() + writes_.size() + dropped_.size());
  for (const CreatedTree& created : created_)
    out.push_back(LogOperation::create_tree(created.id, created.options));
  for (const WriteSet::Write& write : writes_.writes()) {
    if (!is_logged(write.tree)) continue;
    if (write.action == WriteSet::Action::Erase) {
      out.push_back(LogOperation::erase(write.tree, write.key));
    } else {
      const NewRecord record{write.record.value, write.record.deadline_ms, write.record.kind};
      out.push_back(LogOperation::put(write.tree, write.key, record));
    }
  }
  for (const TreeId tree : dropped_) out.push_back(LogOperation::drop_tree(tree));
  // Writes to unlogged trees alone still need a version: an operation that replay ignores.
  if (out.empty()) out.push_back(LogOperation::erase(writes_.writes().front().tree, {}));
  return out;
}

Result<void> TreeTransaction::prepare_large_records() {
  large_.reserve(writes_.size());
  for (const WriteSet::Write& write : writes_.writes()) {
    const bool needed =
        write.action == WriteSet::Action::Put && needs_large(write.key, write.record.value.size());
    large_.push_back(needed ? engine_.make_large(write.key, write.record.value) : nullptr);
    if (needed && large_.back() == nullptr) return Error(ErrorCode::MemoryExhausted);
  }
  return {};
}

/// What was read must still stand: then the transaction may as well have run at this very moment.
Result<void> TreeTransaction::validate_reads() {
  for (const ReadKey& read : read_keys_)
    LK_CHECK(check_unchanged_since_snapshot(read.tree, read.key, read.hash));
  for (const ReadRange& read : read_ranges_) {
    if (engine_.versions_.changed_since(read.tree, read.range, *snapshot_))
      return Error(ErrorCode::WriteConflict);
    Tree* const tree = engine_.find_tree(read.tree);
    if (tree == nullptr || tree->last_version() <= *snapshot_) continue;
    LeafBatch batch;
    std::string from = read.range.begin;
    do {
      tree->read_forward(from, true, SIZE_MAX, batch);
      for (std::size_t i = 0; i < batch.entries.size(); ++i) {
        if (!read.range.end.empty() && batch.entries[i].key >= read.range.end) {
          batch.more = false;
          break;
        }
        if (batch.entries[i].record.version > *snapshot_) return Error(ErrorCode::WriteConflict);
      }
      from = batch.next;
      if (!read.range.end.empty() && from >= read.range.end) break;
    } while (batch.more);
  }
  return {};
}

namespace {

/// Encodes all operations but the values of puts larger than a page, which stand by themselves.
struct Encoded {
  std::string heads;
  std::vector<Bytes> pieces;
};

Encoded encode_in_pieces(const std::vector<LogOperation>& operations) {
  Encoded out;
  std::size_t head_bytes = 0;
  const auto is_long = [](const LogOperation& op) {
    return op.type == LogOperation::Type::Put && op.record.value.size() > kPageBytes;
  };
  for (const LogOperation& op : operations) {
    head_bytes +=
        is_long(op) ? encoded_put_head_bytes(op.tree, op.key, op.record) : encoded_bytes(op);
  }
  out.heads.resize(head_bytes);
  char* at = out.heads.data();
  const char* piece = at;
  for (const LogOperation& op : operations) {
    if (!is_long(op)) {
      at = encode(op, at);
      continue;
    }
    at = encode_put_head(op.tree, op.key, op.record, at);
    out.pieces.emplace_back(piece, static_cast<std::size_t>(at - piece));
    out.pieces.push_back(op.record.value);
    piece = at;
  }
  if (at != piece) out.pieces.emplace_back(piece, static_cast<std::size_t>(at - piece));
  return out;
}

}  // namespace

/// What is written must still be there: a tree may have been dropped since the write.
Result<void> TreeTransaction::check_trees() const {
  const auto is_there = [&](TreeId id) {
    const auto same = [&](const CreatedTree& created) { return created.id == id; };
    return engine_.find_tree(id) != nullptr || std::any_of(created_.begin(), created_.end(), same);
  };
  for (const WriteSet::Write& write : writes_.writes()) {
    if (!is_there(write.tree)) return Error(ErrorCode::WriteConflict);
  }
  for (const TreeId tree : dropped_) {
    if (!is_there(tree)) return Error(ErrorCode::WriteConflict);
  }
  return {};
}

void TreeTransaction::apply(Lsn version) {
  for (const CreatedTree& created : created_) engine_.add_tree(created.id, created.options);
  std::size_t index = 0;
  for (const WriteSet::Write& write : writes_.writes()) {
    LargeRecord* const large = std::exchange(large_[index++], nullptr);
    Tree* const tree = engine_.find_tree(write.tree);
    if (tree == nullptr) {
      engine_.drop_large(large);
      continue;
    }
    Tree::Place place = tree->locate(write.key, write.hash);
    if (write.action == WriteSet::Action::Put) {
      const LeafRecord record{large != nullptr ? Bytes() : Bytes(write.record.value), version,
                              write.record.deadline_ms, write.record.kind, large};
      engine_.apply_put(*tree, place, write.key, write.hash, record);
    } else if (place.found()) {
      engine_.apply_erase(*tree, place, write.key, write.hash, version);
    }
  }
  for (const TreeId tree : dropped_) {
    if (engine_.find_tree(tree) == nullptr) continue;
    engine_.note_drop(tree, version);
    engine_.remove_tree(tree);
  }
}

Result<Lsn> TreeTransaction::commit() {
  if (ended_) return Error(ErrorCode::TransactionEnded);
  struct Ending {
    TreeTransaction& transaction;
    ~Ending() { transaction.finish(); }
  } const ending{*this};
  const bool writes = !writes_.empty() || !created_.empty() || !dropped_.empty();
  const bool checks = kind_ == Kind::Interactive && isolation_ == Isolation::Serializable && writes;
  if (!writes) return Lsn{0};
  LK_CHECK(prepare_large_records());
  const std::vector<LogOperation> ops = operations();
  std::uint64_t bytes = 0;
  bool only_erases = true;
  for (const LogOperation& op : ops) {
    bytes += encoded_bytes(op);
    only_erases = only_erases && op.type != LogOperation::Type::Put;
  }
  const Purpose purpose = only_erases ? Purpose::Erase : Purpose::Write;
  Log& log = *engine_.log_;
  const bool small = bytes <= log.record_bytes_max();
  Admission admission;
  StagedRecord staged;
  if (small) {
    LK_CHECK(log.admit(bytes, purpose));
  } else {
    // The bulk goes into the log before the gate closes; it counts only once the last frame
    // follows.
    LK_TRY(admission, log.admit_large(bytes, purpose));
    const Encoded encoded = encode_in_pieces(ops);
    staged = log.stage(admission, encoded.pieces);
  }
  std::optional<Gate::Exclusive> alone;
  if (kind_ == Kind::Interactive) alone.emplace(engine_.gate_);
  LK_CHECK(check_trees());
  if (checks) LK_CHECK(validate_reads());
  drop_snapshot();  // nobody else runs; what is overwritten now need not be kept for ourselves
  const Reservation place =
      small ? log.reserve(static_cast<std::uint32_t>(bytes)) : log.reserve(staged);
  if (small && place.data != nullptr) {
    char* at = place.data;
    for (const LogOperation& op : ops) at = encode(op, at);
    LK_ASSERT(at == place.data + bytes);
  }
  log.publish(place);
  apply(place.lsn);
  return place.lsn;
}

}  // namespace latchkey::storage::tree
