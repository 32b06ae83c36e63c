#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "env/simulated_disk.h"

namespace latchkey::env {

/// Every call that reaches the file system. Open of a name that is not there yet is Create.
enum class OperationKind : std::uint8_t {
  Open,
  Create,
  Read,
  Write,
  Preallocate,
  Truncate,
  Sync,
  Size,
  Exists,
  Rename,
  Remove,
  List,
  CreateDirectories,
  SyncDirectory,
  Lock,
};

struct Operation {
  OperationKind kind;
  std::uint64_t number;  ///< the first is 1
  std::string path;
  std::uint64_t offset = 0;  ///< of a read or write
  std::uint64_t length = 0;  ///< of a read or write; of preallocate and truncate the size
};

std::string_view name_of(OperationKind kind);
std::string describe(const Operation& operation);

/// How an operation fails. Each effect befalls the kinds of operation it can befall, and is counted
/// over those alone.
enum class FaultEffect : std::uint8_t {
  IoError,             ///< any: nothing is done. A sync fails as with FailedSync.
  DiskFull,            ///< what takes space: nothing is done, DiskFull
  ShortWrite,          ///< a write: a part from its beginning is done, then IoError
  ShortWriteDiskFull,  ///< a write: a part from its beginning is done, then DiskFull
  FailedSync,          ///< a sync of either kind: what was dirty is never written, IoError
};

struct Fault {
  enum class Repeat : std::uint8_t { Once, FromThenOn };

  FaultEffect effect = FaultEffect::IoError;
  std::uint64_t nth = 1;  ///< of the operations that match from now on; the next one is 1
  Repeat repeat = Repeat::Once;
  std::optional<OperationKind> kind = {};  ///< this kind only
  std::string path_part = {};              ///< only paths that contain this
};

/// A file system in memory that loses what was not synced, and fails when told to.
///
/// For a crash explorer: in the hook of every operation take a snapshot(); from each snapshot draw
/// any number of after_crash() disks, construct a file system on each, and open the engine there.
///
/// Threads:   any; one lock, so operations happen one after another.
/// Ownership: files and locks share the state and may outlive the object.
/// Errors:    as FileSystem's, in its words; injected ones end in "(injected)".
/// Units:     paths as in SimulatedDisk, where ".." means nothing; the root is always there.
class SimulatedFileSystem final : public FileSystem {
 public:
  static constexpr std::uint64_t kUnlimitedBytes = ~std::uint64_t{0};
  /// How many operations the log keeps: the newest.
  static constexpr std::size_t kLoggedOperationsMax = std::size_t{1} << 16;

  using Hook = std::function<void(const Operation&)>;

  SimulatedFileSystem();
  /// A machine that starts with this disk. A disk that did not go through after_crash keeps its
  /// unsynced operations, as when a process dies and the machine does not.
  explicit SimulatedFileSystem(const SimulatedDisk& disk);
  ~SimulatedFileSystem() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<void> create_directories(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override;

  /// The disk at this moment. Cost: a few pointers for each file.
  SimulatedDisk snapshot() const;
  /// The power goes and comes back: files and locks are dead (their calls fail and are not
  /// counted), and what was not synced has a drawn fate. Faults and counts stay.
  void crash(Random& random);
  /// The process dies: files and locks are dead, the cache lives on.
  void kill();

  /// Writes, reservations and growth beyond this are DiskFull. A file takes its size in whole
  /// blocks of 4 KiB, holes included.
  void set_capacity_bytes(std::uint64_t bytes);
  std::uint64_t used_bytes() const;

  void inject(const Fault& fault);
  void clear_faults();
  /// How many operations have failed by injection.
  std::uint64_t faults_fired() const;

  /// Called before each operation, on its thread and without a lock: it may snapshot, inject, or
  /// wait. Null for none.
  void set_before_operation(Hook hook);
  std::uint64_t operation_count() const;
  std::vector<Operation> operations() const;

 private:
  class Core;
  class SimulatedFile;
  class SimulatedLock;
  std::shared_ptr<Core> core_;
};

}  // namespace latchkey::env
