#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/engine.h"

namespace latchkey::crash {

/// What one commit did to one thing, in the words of the workload that asked for it.
struct Change {
  enum class Kind : std::uint8_t { Put, Erase, CreateTree, DropTree };
  Kind kind{};
  storage::TreeId tree{};
  std::string key;                           ///< of a put or erase
  std::shared_ptr<const std::string> value;  ///< of a put
  std::int64_t deadline_ms = storage::kNoDeadline;
  std::uint8_t record_kind = 0;
  storage::TreeOptions options;  ///< of CreateTree

  static Change put(storage::TreeId tree, std::string key, std::string value,
                    std::int64_t deadline_ms = storage::kNoDeadline, std::uint8_t kind = 0);
  static Change erase(storage::TreeId tree, std::string key);
};

struct ModelRecord {
  std::shared_ptr<const std::string> value;
  storage::Lsn version{};
  std::int64_t deadline_ms = storage::kNoDeadline;
  std::uint8_t kind = 0;
};

struct ModelTree {
  storage::TreeOptions options;
  std::map<std::string, ModelRecord> records;
};

/// All that a database holds, the catalog's tree included.
struct ModelState {
  ModelState() { trees[storage::Engine::kCatalogTree] = {}; }

  void apply(const Change& change, storage::Lsn version);
  /// What an unclean stop does.
  void empty_unlogged_trees();
  bool has_unlogged_records() const;

  std::map<storage::TreeId, ModelTree> trees;
};

/// What was asked of one engine between its opening and its end, in commit order, kept outside of
/// it.
///
/// Threads: one at a time.
class Oracle {
 public:
  explicit Oracle(ModelState base) { states_.push_back(std::move(base)); }

  /// A commit is on its way: from now on a crash may show it.
  void declare(std::vector<Change> changes);
  void confirm(storage::Lsn version);
  /// It was refused: nobody may ever see it.
  void withdraw();

  /// Commits that a crash may show by now, the one on its way included.
  std::size_t declared() const { return commits_.size(); }
  /// Commits whose version is at or before `lsn`. One on its way counts once it is confirmed.
  std::size_t count_up_to(storage::Lsn lsn) const;
  storage::Lsn last_version() const;
  /// After the first `count` commits, unlogged trees as nobody has stopped.
  const ModelState& state(std::size_t count) const;
  const ModelState& newest() const { return state(declared()); }
  /// Trees that were ever created, whatever became of them.
  std::vector<storage::TreeId> trees_ever() const;

 private:
  struct Commit {
    std::optional<storage::Lsn> version;
    std::vector<Change> changes;
  };
  std::vector<Commit> commits_;
  mutable std::vector<ModelState>
      states_;  ///< the first is before all commits; the rest as asked for
};

/// Compares all that `engine` holds with `expected`: records, versions, kinds, deadlines, counts
/// and ranks; `trees_ever` are looked for beside it, so that nothing dropped or never committed is
/// there. Returns the first difference, or nothing.
std::optional<std::string> difference(storage::Engine& engine, const ModelState& expected,
                                      const std::vector<storage::TreeId>& trees_ever);

}  // namespace latchkey::crash
