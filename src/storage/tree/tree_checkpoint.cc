// Checkpoints and the clean stop of the tree engine.
#include <algorithm>

#include "base/assert.h"
#include "storage/tree/checkpoint_file.h"
#include "storage/tree/clean_mark.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::size_t kRecordsPerTurn = 128;
/// The newest two stay: if one is damaged, the other and the log behind it still hold everything.
constexpr std::size_t kCheckpointsKept = 2;

}  // namespace

// The walk takes no snapshot. Between `start` and `end` it may meet records from before or after
// any write; replaying the log from `start` makes each of them what it was at `end`, because
// operations say what a record becomes, not how it changes. So nothing is copied and nobody waits.
//
// Of unlogged trees only a clean stop keeps the records; that they exist is kept by all.
Result<void> TreeEngine::write_trees(CheckpointWriter& writer, const std::vector<TreeId>& trees,
                                     bool clean) {
  for (const TreeId id : trees) {
    LeafBatch batch;
    std::string from;
    bool begun = false;
    do {
      if (log_->sealed()) return log_->seal_error();
      {
        const Gate::Shared turn(gate_);
        Tree* const tree = find_tree(id);
        if (tree == nullptr) break;  // dropped since: the log says so
        if (!begun) LK_CHECK(writer.begin_tree(id, tree->options()));
        begun = true;
        if (!tree->options().logged && !clean) break;
        tree->read_forward(from, true, kRecordsPerTurn, batch);
      }
      for (std::size_t i = 0; i < batch.entries.size(); ++i)
        LK_CHECK(writer.add(batch.entries[i].key, batch.entries[i].record));
      from = batch.next;
    } while (batch.more);
  }
  return {};
}

Result<void> TreeEngine::write_checkpoint(bool clean) {
  // Behind a failed sync nothing is synced any more: the disk may take the next for a success.
  if (log_->sealed()) return log_->seal_error();
  Lsn start{};
  std::vector<TreeId> trees;
  {
    // For this instant no write is between its log record and its leaf.
    const Gate::Exclusive alone(gate_);
    start = log_->replay_start();
    for (const Tree* tree : all_trees()) trees.push_back(tree->id());
    context_->free_retired();
  }
  LK_TRY(const auto writer, CheckpointWriter::create(env_, options_.directory, start));
  Result<CheckpointInfo> info = fill_checkpoint(*writer, start, trees, clean);
  if (!info) {
    // Whatever a failed sync was for, the disk is not to be believed any more.
    if (writer->sync_failed()) log_->seal(info.error());
    return std::move(info).error();
  }
  checkpointed_ = info->end;
  checkpoints_.fetch_add(1);
  last_checkpoint_ms_.store(info->clock_ms);
  return drop_what_is_checkpointed();
}

Result<CheckpointInfo> TreeEngine::fill_checkpoint(CheckpointWriter& writer, Lsn start,
                                                   const std::vector<TreeId>& trees, bool clean) {
  LK_CHECK(write_trees(writer, trees, clean));
  CheckpointInfo info;
  info.start = start;
  info.end = log_->appended_lsn();
  info.clock_ms = now_ms();
  info.next_tree = TreeId{next_tree_.load()};
  info.clean = clean;
  LK_CHECK(log_->sync_to(info.end));
  if (log_->sealed()) return log_->seal_error();
  Result<CheckpointTotals> totals = writer.finish(info);
  if (!totals) return std::move(totals).error();
  return info;
}

Result<void> TreeEngine::drop_what_is_checkpointed() {
  env::FileSystem& files = *env_.files;
  Result<void> removed = remove_old_checkpoints(files, options_.directory, kCheckpointsKept);
  if (!removed) {
    if (removed.error().code() == ErrorCode::LogSealed) log_->seal(removed.error());
    return removed;
  }
  LK_TRY(const std::vector<CheckpointEntry> kept, list_checkpoints(files, options_.directory));
  LK_ASSERT(!kept.empty());
  return log_->drop_before(kept.back().start);
}

Result<void> TreeEngine::checkpoint() {
  if (options_.durability == Durability::None) {
    return Error(
        ErrorCode::NotSupported,
        "with durability none nothing is kept on disk, so there is no checkpoint to write");
  }
  const std::uint64_t seen = checkpoints_.load();
  const bool was_running = checkpoint_running_.load();
  const std::lock_guard lock(checkpoint_mutex_);
  if (was_running && checkpoints_.load() != seen) return {};  // the one we waited for will do
  checkpoint_running_.store(true);
  Result<void> outcome = write_checkpoint(false);
  last_checkpoint_failed_.store(!outcome.has_value());
  checkpoint_running_.store(false);
  return outcome;
}

Result<void> TreeEngine::close() {
  if (options_.durability == Durability::None) return log_->close();
  const std::lock_guard lock(checkpoint_mutex_);
  bool has_unlogged = false;
  for (const Tree* tree : all_trees())
    has_unlogged |= !tree->options().logged && tree->record_count() > 0;
  if (!log_->sealed() && (has_unlogged || log_->appended_lsn() != checkpointed_))
    LK_CHECK(write_checkpoint(true));
  LK_CHECK(log_->close());
  LK_TRY(const auto checkpoints, list_checkpoints(*env_.files, options_.directory));
  LK_ASSERT(!checkpoints.empty());
  return write_clean_mark(*env_.files, options_.directory,
                          {checkpoints.front().start, log_->appended_lsn(), now_ms()});
}

}  // namespace latchkey::storage::tree
