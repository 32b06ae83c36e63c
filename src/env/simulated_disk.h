#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/sparse_image.h"

namespace latchkey::env {

enum class NodeId : std::uint64_t {};

/// A name in a directory, whether or not something has it.
struct Place {
  NodeId directory;
  std::string name;
  auto operator<=>(const Place&) const = default;
};

/// What a power cut makes of one operation that was not synced.
enum class Fate : std::uint8_t {
  Lost,      ///< as if it had never been done
  Kept,      ///< whole
  Torn,      ///< of a write some bytes, of a growth some; of anything else nothing
  SizeOnly,  ///< of a write only that the file is longer; of anything else nothing
};

/// A disk and the machine's cache before it: what programs see, what is on stable storage, and
/// every operation in between. A value: copying is cheap, and an old copy is the disk at that
/// moment.
///
/// Threads:   one at a time; one that nobody changes may be copied and drawn from by many.
/// Ownership: copies share blocks until changed; a copy costs a few pointers for each file.
/// Errors:    none: callers look before they act, as the assertions say.
/// Invariant: synced data, sizes and names survive every crash; the rest in any legal part.
///                                                                         (README, 1 to 4)
class SimulatedDisk {
 public:
  static constexpr NodeId kRoot{0};

  /// An empty root directory.
  SimulatedDisk();

  /// Paths are split at '/'; empty parts and "." are skipped.
  std::optional<NodeId> find(const std::string& path) const;
  /// Nothing if the parent is missing or not a directory, or `path` names the root.
  std::optional<Place> place_of(const std::string& path) const;
  std::optional<NodeId> at(const Place& place) const;
  bool is_directory(NodeId node) const;
  /// Sorted.
  std::vector<std::string> names_in(NodeId directory) const;

  /// Requires: nothing has that name.
  NodeId create_file(const Place& place);
  NodeId create_directory(const Place& place);
  /// Requires: `from` exists; `to` is a file or nothing.
  void rename(const Place& from, const Place& to);
  /// Requires: it exists, and has no names in it.
  void remove(const Place& place);

  std::uint64_t size(NodeId file) const;
  std::size_t read(NodeId file, std::uint64_t offset, std::span<char> out) const;
  /// Requires, as the next two: sizes up to SparseImage::kSizeMax.
  void write(NodeId file, std::uint64_t offset, Bytes bytes);
  void truncate(NodeId file, std::uint64_t size);
  void preallocate(NodeId file, std::uint64_t size);

  /// Grows with every operation that changes something.
  std::uint64_t sequence() const { return sequence_; }
  /// Makes durable what was done to the file's data and size up to `sequence`.
  void sync_file(NodeId file, std::uint64_t sequence);
  /// The kernel's way with a failed sync: what was dirty is taken for clean. Some of it may be on
  /// the disk; no later sync writes the rest.
  void fail_sync_file(NodeId file, std::uint64_t sequence);
  void sync_directory(NodeId directory, std::uint64_t sequence);
  void fail_sync_directory(NodeId directory, std::uint64_t sequence);

  /// Forgets files that have no name, cannot get one back in a crash and are not in `opened`.
  void forget_unreachable(const std::set<NodeId>& opened);
  /// Sizes of files with a name or in `opened`, in whole blocks.
  std::uint64_t used_bytes(const std::set<NodeId>& opened) const;

  /// How many operations a crash may still lose.
  std::size_t unsynced_count() const;
  /// One line for each of them, in the order they were done: the order of after_crash's fates.
  std::vector<std::string> describe_unsynced() const;
  /// The disk that the machine finds after a power cut now. `fates` has one for each unsynced
  /// operation; an operation on a name keeps those it builds on, and `random` says where torn
  /// writes tear.
  SimulatedDisk after_crash(std::span<const Fate> fates, Random& random) const;
  /// The same with fates drawn: all, none, a prefix, all but a few, only a few, or each by itself.
  SimulatedDisk after_crash(Random& random) const;

 private:
  enum class State : std::uint8_t {
    Dirty,    // the next sync makes it durable
    Lost,     // a sync failed on it: a crash may lose it for as long as it stands here
    Durable,  // synced, but it stands after one that is not
  };
  struct Change {
    enum class Kind : std::uint8_t { Write, Truncate, Grow };
    Kind kind;
    State state = State::Dirty;
    std::uint64_t sequence;
    std::uint64_t offset;                      // of a write; else the size
    std::shared_ptr<const std::string> bytes;  // of a write
  };
  struct FileNode {
    std::uint64_t mark = 0;
    SparseImage current;
    SparseImage durable;
    std::vector<Change> changes;  // what leads from durable to current, in order
  };
  struct NameChange {
    enum class Kind : std::uint8_t { Link, Unlink, Rename };
    Kind kind;
    State state = State::Dirty;
    std::uint64_t sequence;
    NodeId node;
    Place place;
    std::optional<Place> to;  // of a rename
  };
  using Names = std::map<Place, NodeId>;
  struct Unsynced {
    std::uint64_t sequence;
    const Change* change = nullptr;           // exactly one of these two
    const NameChange* name_change = nullptr;  //
    NodeId node;
  };

  static void apply(const Change& change, SparseImage& image);
  static void apply(const NameChange& change, Names& names);
  static void apply_torn(const Change& change, SparseImage& image, Random& random);
  static bool touches(const NameChange& change, NodeId directory);

  NodeId link_new(const Place& place, std::shared_ptr<FileNode> node);
  const FileNode& file(NodeId id) const;
  FileNode& writable_file(NodeId id);
  void add_change(NodeId file, Change::Kind kind, std::uint64_t offset, Bytes bytes);
  void keep_what_it_builds_on(std::vector<bool>& kept) const;
  std::vector<Unsynced> unsynced() const;
  std::string describe(const Unsynced& operation) const;
  std::string path_of(const Place& place) const;

  std::uint64_t sequence_ = 0;
  std::uint64_t last_node_ = 0;
  std::map<NodeId, std::shared_ptr<FileNode>> nodes_;  // null: a directory
  Names names_;                                        // as programs see them
  Names durable_names_;
  std::vector<NameChange> name_changes_;  // what leads from durable_names_ to names_, in order
  EditMark mark_;
};

}  // namespace latchkey::env
