#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "env/env.h"
#include "latchkey/result.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// A checkpoint is one file, `checkpoint-<start Lsn, 20 digits>`, that holds every tree's records
/// in key order. Integers are little-endian.
///
/// The first block:
///   offset  bytes  field           meaning
///        0      8  magic           "LKCHKPNT"
///        8      4  format_version  1
///       12      4  checksum        CRC-32C of the 128 bytes with this field zero
///       16      8  file_id         random; every block's checksum begins from it
///       24      8  start           replay of the log begins here
///       32      8  end             and must reach at least here
///       40      8  file_bytes      the whole file
///       48      8  clock_ms        the engine's clock, which must not go back
///       56      4  next_tree       the smallest TreeId never given
///       60      1  clean           1: written at a clean stop, with nothing in the log behind it
///       61     67  zeros
///
/// Then blocks, one behind the other:
///   offset  bytes  field     meaning
///        0      4  checksum  CRC-32C of what follows, begun from file_id and the file offset
///        4      4  word      kind in the top 8 bits, payload length in the low 24
///        8      4  tree      the tree the payload belongs to; 0 in the last block
///       12      n  payload
///
///   kind  name     payload
///   1     Tree     one byte of option flags: a new tree begins
///   2     Records  entries: varint key length, key, meta, varint value length, value
///   3     Large    one entry: varint key length, key, meta, varint value length; its value follows
///   4     Piece    the next bytes of that value
///   5     Last     u64 trees, u64 records, u64 blocks before this one; the file ends here
///   meta is one byte (kind, 0x40 = has a deadline), a varint version, the deadline as zigzag
///   varint.
struct CheckpointInfo {
  Lsn start{};
  Lsn end{};
  std::int64_t clock_ms = 0;
  TreeId next_tree{};
  bool clean = false;
};

struct CheckpointTotals {
  std::uint64_t trees = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// Writes a checkpoint beside the load, end to end, and publishes it whole or not at all.
///
/// Threads:   one at a time.
/// Ownership: borrows the environment; removes its temporary file when destroyed unpublished.
/// Errors:    DiskFull, IoError; after one only destruction is useful, and nothing was published. A
///            failed sync is told by sync_failed(): the engine then stops writing.
class CheckpointWriter {
 public:
  static Result<std::unique_ptr<CheckpointWriter>> create(const env::Env& env,
                                                          const std::string& directory, Lsn start);
  ~CheckpointWriter();
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  /// The records that follow belong to this tree. Requires: each tree once.
  Result<void> begin_tree(TreeId tree, const TreeOptions& options);
  /// Requires: keys of a tree in strictly ascending order. Nothing of `record` is kept.
  Result<void> add(Bytes key, const RecordView& record);
  /// Writes the rest, syncs, gives the file its name, and syncs the directory (P-D5).
  /// `info.start` must be the one given to create. Requires: the log is durable up to `info.end`.
  Result<CheckpointTotals> finish(const CheckpointInfo& info);

  std::uint64_t bytes_written() const { return offset_; }
  /// Whether the error that stopped this writer was a failed sync.
  bool sync_failed() const { return sync_failed_; }

 private:
  CheckpointWriter(const env::Env& env, std::string directory, Lsn start,
                   std::unique_ptr<env::File> file);

  Result<void> add_large(Bytes key, const RecordView& record);
  Result<void> flush_records();
  Result<void> write_block(std::uint8_t kind, TreeId tree, Bytes payload);
  Result<void> write_buffer();
  Result<void> sync_file();
  Result<void> publish();

  env::FileSystem& files_;
  const std::string directory_;
  const std::string temporary_path_;
  const std::string path_;
  const Lsn start_;
  const std::uint64_t file_id_;
  std::unique_ptr<env::File> file_;
  std::string records_;        ///< the payload being filled
  std::string buffer_;         ///< blocks not yet written
  std::uint64_t offset_ = 0;   ///< where the next block begins
  std::uint64_t written_ = 0;  ///< bytes in the file
  std::uint64_t synced_ = 0;   ///< of them, on the disk
  TreeId tree_{};
  CheckpointTotals totals_;
  std::uint64_t blocks_ = 0;
  bool published_ = false;
  bool sync_failed_ = false;
};

/// Reads a checkpoint from one end to the other and checks every byte.
///
///   for (;;) {
///     LK_TRY(const auto item, reader->next());
///     if (item == CheckpointReader::Item::End) break;  // only now is the whole file known good
///     ...
///   }
///
/// Threads:   one at a time.
/// Errors:    Corruption naming file and offset, for any flipped or missing byte; FileMissing;
///            IoError; NotSupported for a newer format. Records seen before an error are not to be
///            kept.
class CheckpointReader {
 public:
  enum class Item : std::uint8_t { Tree, Record, Large, End };

  static Result<std::unique_ptr<CheckpointReader>> open(env::FileSystem& files,
                                                        const std::string& path);
  const CheckpointInfo& info() const { return info_; }

  Result<Item> next();

  /// The tree of the current item, and its options.
  TreeId tree() const { return tree_; }
  const TreeOptions& tree_options() const { return tree_options_; }
  /// Record, Large: views that the next call ends. A Large record's `value` is empty: see
  /// read_value.
  Bytes key() const { return key_; }
  const RecordView& record() const { return record_; }
  /// Large: how long the value is; the file is at least as long as that.
  std::uint64_t value_bytes() const { return value_bytes_; }
  /// Large: fills `out` with the value, straight from the file. Requires: out.size() ==
  /// value_bytes(), once per item. A value that is not asked for is checked and skipped by next().
  Result<void> read_value(std::span<char> out);

  const CheckpointTotals& totals() const { return totals_; }

 private:
  struct Block {
    std::uint8_t kind;
    TreeId tree;
    std::uint32_t payload_bytes;
    std::uint32_t checksum;
    std::uint32_t seed;  ///< what the checksum of the payload goes on from
  };

  CheckpointReader(std::unique_ptr<env::File> file, CheckpointInfo info, std::uint64_t file_id,
                   std::uint64_t file_bytes);

  Result<Item> next_block();
  Result<Item> begin_tree(const Block& block);
  Result<Item> begin_large();
  Result<Item> next_record();
  Result<Item> end_file();
  Result<void> skip_value();
  Result<Block> read_block_header();
  Result<void> read_payload(const Block& block, char* to);
  Result<void> read_exactly(std::uint64_t offset, std::span<char> out);
  bool take_entry_head(std::uint64_t& value_bytes);
  Result<void> count_record();
  Error damaged(std::string_view why) const;

  std::unique_ptr<env::File> file_;
  const CheckpointInfo info_;
  const std::uint64_t file_id_;
  const std::uint64_t file_bytes_;
  std::string window_;  ///< file bytes read ahead
  std::uint64_t window_offset_ = 0;
  std::uint64_t offset_;            ///< of the next block
  std::uint64_t block_offset_ = 0;  ///< of the current one, for messages
  std::string payload_;
  const char* at_ = nullptr;  ///< the next entry in payload_
  std::string last_key_;
  bool tree_is_open_ = false;
  bool tree_has_records_ = false;
  bool value_is_pending_ = false;
  bool ended_ = false;
  TreeId tree_{};
  TreeOptions tree_options_;
  Bytes key_;
  RecordView record_{};
  std::uint64_t value_bytes_ = 0;
  CheckpointTotals totals_;
  std::uint64_t blocks_ = 0;
};

std::string checkpoint_name(Lsn start);

/// A checkpoint in a directory, by its name alone.
struct CheckpointEntry {
  Lsn start{};
  std::string path;
};

/// Every checkpoint in `directory`, newest first. To start: load the first; if it says Corruption,
/// the next, whose log may still be there.
Result<std::vector<CheckpointEntry>> list_checkpoints(env::FileSystem& files,
                                                      const std::string& directory);
/// Removes what unfinished writers left. Requires: none is at work.
Result<void> remove_unfinished_checkpoints(env::FileSystem& files, const std::string& directory);
/// Removes all but the newest `keep`, and syncs the directory. Errors: LogSealed if that sync
/// fails.
Result<void> remove_old_checkpoints(env::FileSystem& files, const std::string& directory,
                                    std::size_t keep);
/// Reads all of it and keeps nothing.
Result<CheckpointTotals> verify_checkpoint(env::FileSystem& files, const std::string& path);

}  // namespace latchkey::storage::tree
