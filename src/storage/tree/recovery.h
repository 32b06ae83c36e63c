#pragma once

#include <optional>
#include <string>

#include "latchkey/result.h"
#include "storage/tree/checkpoint_file.h"
#include "storage/tree/clean_mark.h"
#include "storage/tree/log_reader.h"
#include "storage/tree/log_record.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

class Tree;
class TreeEngine;

/// Brings an engine's trees back to where they were: the newest whole checkpoint, then the log.
///
/// Threads:   the one that opens the engine; nothing else runs yet.
/// Errors:    Corruption naming file and position; IoError; MemoryExhausted. The engine is then of
///            no use.
/// Invariant: changes no file but unfinished checkpoints and the mark of a clean stop, so that it
/// may
///            be killed and run again at any point.
class Recovery {
 public:
  explicit Recovery(TreeEngine& engine) : engine_(engine) {}
  /// Returns where the log ends and goes on.
  Result<LogEnd> run();
  bool found_checkpoint() const { return found_; }

 private:
  Result<void> look_for_clean_stop();
  bool keeps_unlogged(const CheckpointInfo& info) const;
  Result<CheckpointInfo> load_newest_checkpoint();
  Result<CheckpointInfo> load_checkpoint(const std::string& path);
  Result<void> add_record(Tree& tree, CheckpointReader& reader, CheckpointReader::Item item);
  Result<void> replay(Lsn lsn, const LogOperation& operation);
  Result<void> replay_erase_range(Tree& tree, const LogOperation& operation, Lsn lsn);
  void forget_trees();
  void report_missing_checkpoint(const CheckpointInfo& info) const;
  void report(const std::string& line) const;

  TreeEngine& engine_;
  bool found_ = false;  ///< a checkpoint that is whole
  Lsn newest_start_{};  ///< of any checkpoint, whole or not: the log was durable up to there
  std::optional<CleanMark> mark_;
};

}  // namespace latchkey::storage::tree
