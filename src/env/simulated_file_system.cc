#include "env/simulated_file_system.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "base/assert.h"
#include "env/simulated_random.h"

namespace latchkey::env {

namespace {

Error failure(const std::string& path, std::string_view act, int error_number,
              std::string_view note = "") {
  ErrorCode code = ErrorCode::IoError;
  if (error_number == ENOENT) code = ErrorCode::FileMissing;
  if (error_number == ENOSPC) code = ErrorCode::DiskFull;
  std::string message = path;
  message.append(": cannot ").append(act).append(": ");
  message.append(std::generic_category().message(error_number)).append(note);
  return Error(code, std::move(message));
}

bool takes_space(OperationKind kind) {
  switch (kind) {
    case OperationKind::Create:
    case OperationKind::Write:
    case OperationKind::Preallocate:
    case OperationKind::Truncate:
    case OperationKind::Rename:
    case OperationKind::CreateDirectories:
      return true;
    default:
      return false;
  }
}

bool can_befall(FaultEffect effect, OperationKind kind) {
  switch (effect) {
    case FaultEffect::IoError:
      return true;
    case FaultEffect::DiskFull:
      return takes_space(kind);
    case FaultEffect::ShortWrite:
    case FaultEffect::ShortWriteDiskFull:
      return kind == OperationKind::Write;
    case FaultEffect::FailedSync:
      return kind == OperationKind::Sync || kind == OperationKind::SyncDirectory;
  }
  return false;
}

bool matches(const Fault& fault, const Operation& operation) {
  return can_befall(fault.effect, operation.kind) &&
         (!fault.kind || *fault.kind == operation.kind) &&
         operation.path.find(fault.path_part) != std::string::npos;
}

bool is_disk_full(FaultEffect effect) {
  return effect == FaultEffect::DiskFull || effect == FaultEffect::ShortWriteDiskFull;
}

Error injected(const Operation& operation, FaultEffect effect) {
  return failure(operation.path, name_of(operation.kind), is_disk_full(effect) ? ENOSPC : EIO,
                 " (injected)");
}

std::uint64_t whole_blocks_down(std::uint64_t bytes) {
  return bytes / SparseImage::kBlockBytes * SparseImage::kBlockBytes;
}

std::uint64_t whole_blocks_up(std::uint64_t bytes) {
  return whole_blocks_down(bytes + SparseImage::kBlockBytes - 1);
}

}  // namespace

std::string_view name_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::Open:
      return "open";
    case OperationKind::Create:
      return "create";
    case OperationKind::Read:
      return "read";
    case OperationKind::Write:
      return "write";
    case OperationKind::Preallocate:
      return "preallocate";
    case OperationKind::Truncate:
      return "truncate";
    case OperationKind::Sync:
      return "sync";
    case OperationKind::Size:
      return "size";
    case OperationKind::Exists:
      return "look up";
    case OperationKind::Rename:
      return "rename";
    case OperationKind::Remove:
      return "remove";
    case OperationKind::List:
      return "list";
    case OperationKind::CreateDirectories:
      return "create the directory";
    case OperationKind::SyncDirectory:
      return "sync the directory";
    case OperationKind::Lock:
      return "lock";
  }
  LK_ASSERT(false);
  return "";
}

std::string describe(const Operation& operation) {
  std::string text = "#" + std::to_string(operation.number) + " ";
  text.append(name_of(operation.kind)).append(" ").append(operation.path);
  switch (operation.kind) {
    case OperationKind::Read:
    case OperationKind::Write:
      return text + " [" + std::to_string(operation.offset) + ", " +
             std::to_string(operation.offset + operation.length) + ")";
    case OperationKind::Preallocate:
    case OperationKind::Truncate:
      return text + " to " + std::to_string(operation.length);
    default:
      return text;
  }
}

/// All state, under one lock. Files and directory locks hold on to it.
class SimulatedFileSystem::Core {
 public:
  /// One operation from its announcement to its end.
  struct Call {
    Operation operation;
    std::unique_lock<std::mutex> lock;
    std::uint64_t sequence_before;  // a sync reaches what was there when it was called
    std::optional<FaultEffect> fault;
  };

  /// Files and locks of earlier generations are dead.
  struct Generation {
    std::uint64_t value;
  };

  /// Numbers and logs the operation, runs the hook, and returns holding the lock with the fault
  /// that befalls it, if one does.
  Call begin(OperationKind kind, const std::string& path, std::uint64_t offset = 0,
             std::uint64_t length = 0) {
    std::unique_lock lock(mutex);
    return begin_locked(std::move(lock), {kind, 0, path, offset, length});
  }

  /// The same, but an error if the file it is for died in a crash, before it or in its hook.
  Result<Call> begin_on(Generation of_file, OperationKind kind, const std::string& path,
                        std::uint64_t offset = 0, std::uint64_t length = 0) {
    std::unique_lock lock(mutex);
    if (of_file.value != generation) return died(path, kind);
    Call call = begin_locked(std::move(lock), {kind, 0, path, offset, length});
    if (of_file.value != generation) return died(path, kind);
    return call;
  }

  Call begin_locked(std::unique_lock<std::mutex> lock, Operation operation) {
    LK_ASSERT(lock.owns_lock());
    operation.number = ++operation_count;
    const std::uint64_t sequence_before = disk.sequence();
    if (log.size() == kLoggedOperationsMax) log.pop_front();
    log.push_back(operation);
    if (const std::shared_ptr<const Hook> before = hook) {
      lock.unlock();
      (*before)(operation);
      lock.lock();
    }
    const std::optional<FaultEffect> fault = next_fault(operation);
    return {std::move(operation), std::move(lock), sequence_before, fault};
  }

  static Error died(const std::string& path, OperationKind kind) {
    return failure(path, name_of(kind), EIO, " (the machine has crashed since)");
  }

  std::optional<FaultEffect> next_fault(const Operation& operation) {
    std::optional<FaultEffect> fired;
    for (ArmedFault& armed : faults) {
      if (!matches(armed.fault, operation)) continue;
      ++armed.matched_count;
      const bool is_once = armed.fault.repeat == Fault::Repeat::Once;
      const bool fires =
          is_once ? armed.matched_count == armed.fault.nth : armed.matched_count >= armed.fault.nth;
      if (fires && !fired) fired = armed.fault.effect;
    }
    if (fired) ++faults_fired;
    return fired;
  }

  std::set<NodeId> opened() const {
    std::set<NodeId> nodes;
    for (const auto& [node, count] : open_counts) nodes.insert(node);
    return nodes;
  }

  std::uint64_t free_bytes() const {
    const std::uint64_t used = disk.used_bytes(opened());
    return used < capacity_bytes ? capacity_bytes - used : 0;
  }

  /// Whether the file may grow from `size` to `size_wanted`.
  bool fits(std::uint64_t size, std::uint64_t size_wanted) const {
    if (size_wanted <= size || capacity_bytes == kUnlimitedBytes) return true;
    return whole_blocks_up(size_wanted) - whole_blocks_up(size) <= free_bytes();
  }

  /// How many of `length` bytes at `offset` there is room for.
  std::size_t room_for(NodeId node, std::uint64_t offset, std::size_t length) const {
    const std::uint64_t size = disk.size(node);
    if (fits(size, offset + length)) return length;
    const std::uint64_t end = whole_blocks_up(size) + whole_blocks_down(free_bytes());
    return end > offset ? std::min<std::uint64_t>(length, end - offset) : 0;
  }

  void end_generation() {
    ++generation;
    open_counts.clear();
    locked_directories.clear();
  }

  struct ArmedFault {
    Fault fault;
    std::uint64_t matched_count = 0;
  };

  mutable std::mutex mutex;
  SimulatedDisk disk;
  std::uint64_t generation = 0;
  std::map<NodeId, std::uint64_t> open_counts;
  std::set<NodeId> locked_directories;
  std::uint64_t capacity_bytes = kUnlimitedBytes;
  std::vector<ArmedFault> faults;
  std::uint64_t faults_fired = 0;
  std::shared_ptr<const Hook> hook;
  std::uint64_t operation_count = 0;
  std::deque<Operation> log;
};

class SimulatedFileSystem::SimulatedFile final : public File {
 public:
  /// Requires: the core's lock.
  SimulatedFile(std::shared_ptr<Core> core, NodeId node, std::string path, OpenMode mode)
      : core_(std::move(core)),
        generation_{core_->generation},
        node_(node),
        path_(std::move(path)),
        is_writable_(mode != OpenMode::ReadOnly) {
    ++core_->open_counts[node_];
  }

  ~SimulatedFile() override {
    const std::lock_guard lock(core_->mutex);
    if (generation_.value != core_->generation) return;
    const auto count = core_->open_counts.find(node_);
    LK_ASSERT(count != core_->open_counts.end());
    if (--count->second == 0) core_->open_counts.erase(count);
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) override {
    LK_TRY(const Core::Call call,
           core_->begin_on(generation_, OperationKind::Read, path_, offset, out.size()));
    if (call.fault) return injected(call.operation, *call.fault);
    return core_->disk.read(node_, offset, out);
  }

  Result<void> write_at(std::uint64_t offset, Bytes bytes) override {
    LK_TRY(const Core::Call call,
           core_->begin_on(generation_, OperationKind::Write, path_, offset, bytes.size()));
    if (call.fault == FaultEffect::IoError || call.fault == FaultEffect::DiskFull) {
      return injected(call.operation, *call.fault);
    }
    if (!is_writable_) return failure(path_, "write", EBADF);
    if (bytes.size() > SparseImage::kSizeMax || offset > SparseImage::kSizeMax - bytes.size()) {
      return failure(path_, "write", EFBIG);
    }
    const std::size_t room = core_->room_for(node_, offset, bytes.size());
    std::size_t count = room;
    if (call.fault && !bytes.empty()) {
      count = std::min<std::size_t>(count, mix64(call.operation.number) % bytes.size());
    }
    if (count > 0) core_->disk.write(node_, offset, bytes.substr(0, count));
    if (call.fault) return injected(call.operation, *call.fault);
    if (room < bytes.size()) return failure(path_, "write", ENOSPC);
    return {};
  }

  Result<void> preallocate(std::uint64_t size_wanted) override {
    LK_TRY(const Core::Call call,
           core_->begin_on(generation_, OperationKind::Preallocate, path_, 0, size_wanted));
    LK_CHECK(check_growth(call, size_wanted));
    if (size_wanted > core_->disk.size(node_)) core_->disk.preallocate(node_, size_wanted);
    return {};
  }

  Result<void> truncate(std::uint64_t size_wanted) override {
    LK_TRY(const Core::Call call,
           core_->begin_on(generation_, OperationKind::Truncate, path_, 0, size_wanted));
    LK_CHECK(check_growth(call, size_wanted));
    core_->disk.truncate(node_, size_wanted);
    return {};
  }

  Result<void> sync() override {
    LK_TRY(const Core::Call call, core_->begin_on(generation_, OperationKind::Sync, path_));
    if (call.fault) {
      core_->disk.fail_sync_file(node_, call.sequence_before);
      return injected(call.operation, *call.fault);
    }
    core_->disk.sync_file(node_, call.sequence_before);
    return {};
  }

  Result<std::uint64_t> size() override {
    LK_TRY(const Core::Call call, core_->begin_on(generation_, OperationKind::Size, path_));
    if (call.fault) return injected(call.operation, *call.fault);
    return core_->disk.size(node_);
  }

  const std::string& path() const override { return path_; }

 private:
  Result<void> check_growth(const Core::Call& call, std::uint64_t size_wanted) const {
    const std::string_view act = name_of(call.operation.kind);
    if (call.fault) return injected(call.operation, *call.fault);
    if (!is_writable_) return failure(path_, act, EBADF);
    if (size_wanted > SparseImage::kSizeMax) return failure(path_, act, EFBIG);
    if (!core_->fits(core_->disk.size(node_), size_wanted)) return failure(path_, act, ENOSPC);
    return {};
  }

  const std::shared_ptr<Core> core_;
  const Core::Generation generation_;
  const NodeId node_;
  const std::string path_;
  const bool is_writable_;
};

class SimulatedFileSystem::SimulatedLock final : public DirectoryLock {
 public:
  /// Requires: the core's lock.
  SimulatedLock(std::shared_ptr<Core> core, NodeId directory)
      : core_(std::move(core)), generation_{core_->generation}, directory_(directory) {
    const bool is_free = core_->locked_directories.insert(directory_).second;
    LK_ASSERT(is_free);
  }

  ~SimulatedLock() override {
    const std::lock_guard lock(core_->mutex);
    if (generation_.value == core_->generation) core_->locked_directories.erase(directory_);
  }

 private:
  const std::shared_ptr<Core> core_;
  const Core::Generation generation_;
  const NodeId directory_;
};

SimulatedFileSystem::SimulatedFileSystem() : core_(std::make_shared<Core>()) {}

SimulatedFileSystem::SimulatedFileSystem(const SimulatedDisk& disk) : SimulatedFileSystem() {
  core_->disk = disk;
  core_->disk.forget_unreachable({});
}

SimulatedFileSystem::~SimulatedFileSystem() = default;

Result<std::unique_ptr<File>> SimulatedFileSystem::open(const std::string& path, OpenMode mode) {
  std::unique_lock lock(core_->mutex);
  SimulatedDisk& disk = core_->disk;
  const bool may_create = mode == OpenMode::CreateNew || mode == OpenMode::CreateOrOpen;
  const OperationKind kind =
      may_create && !disk.find(path) ? OperationKind::Create : OperationKind::Open;
  const Core::Call call = core_->begin_locked(std::move(lock), {kind, 0, path, 0, 0});
  if (call.fault) return injected(call.operation, *call.fault);

  std::optional<NodeId> node = disk.find(path);
  if (node && mode == OpenMode::CreateNew) return failure(path, "create", EEXIST);
  if (node && disk.is_directory(*node)) return failure(path, "open", EISDIR);
  if (!node) {
    const std::optional<Place> place = disk.place_of(path);
    if (!may_create || !place) return failure(path, "open", ENOENT);
    node = disk.create_file(*place);
  }
  return std::unique_ptr<File>(std::make_unique<SimulatedFile>(core_, *node, path, mode));
}

Result<bool> SimulatedFileSystem::exists(const std::string& path) {
  const Core::Call call = core_->begin(OperationKind::Exists, path);
  if (call.fault) return injected(call.operation, *call.fault);
  return core_->disk.find(path).has_value();
}

Result<void> SimulatedFileSystem::rename(const std::string& from, const std::string& to) {
  const Core::Call call = core_->begin(OperationKind::Rename, from);
  if (call.fault) return injected(call.operation, *call.fault);
  SimulatedDisk& disk = core_->disk;
  const std::string act = "rename to " + to;
  const std::optional<Place> from_place = disk.place_of(from);
  const std::optional<Place> to_place = disk.place_of(to);
  if (!from_place || !to_place || !disk.at(*from_place)) return failure(from, act, ENOENT);
  if (disk.is_directory(*disk.at(*from_place))) {
    return failure(from, act, EOPNOTSUPP, " (directories keep their names in the simulation)");
  }
  if (const auto target = disk.at(*to_place); target && disk.is_directory(*target)) {
    return failure(from, act, EISDIR);
  }
  disk.rename(*from_place, *to_place);
  return {};
}

Result<void> SimulatedFileSystem::remove(const std::string& path) {
  const Core::Call call = core_->begin(OperationKind::Remove, path);
  if (call.fault) return injected(call.operation, *call.fault);
  SimulatedDisk& disk = core_->disk;
  const std::optional<Place> place = disk.place_of(path);
  if (!place || !disk.at(*place)) return failure(path, "remove", ENOENT);
  if (!disk.names_in(*disk.at(*place)).empty()) return failure(path, "remove", ENOTEMPTY);
  disk.remove(*place);
  return {};
}

Result<std::vector<std::string>> SimulatedFileSystem::list(const std::string& path) {
  const Core::Call call = core_->begin(OperationKind::List, path);
  if (call.fault) return injected(call.operation, *call.fault);
  const std::optional<NodeId> node = core_->disk.find(path);
  if (!node || !core_->disk.is_directory(*node)) return failure(path, "list", ENOENT);
  return core_->disk.names_in(*node);
}

Result<void> SimulatedFileSystem::create_directories(const std::string& path) {
  const Core::Call call = core_->begin(OperationKind::CreateDirectories, path);
  if (call.fault) return injected(call.operation, *call.fault);
  SimulatedDisk& disk = core_->disk;
  for (std::size_t end = 0; end < path.size();) {
    end = std::min(path.find('/', end + 1), path.size());
    const std::string part = path.substr(0, end);
    const std::optional<NodeId> node = disk.find(part);
    if (node && !disk.is_directory(*node)) return failure(part, "create the directory", EEXIST);
    if (!node) disk.create_directory(*disk.place_of(part));
  }
  return {};
}

Result<void> SimulatedFileSystem::sync_directory(const std::string& path) {
  const Core::Call call = core_->begin(OperationKind::SyncDirectory, path);
  SimulatedDisk& disk = core_->disk;
  const std::optional<NodeId> node = disk.find(path);
  if (!node || !disk.is_directory(*node)) return failure(path, "sync the directory", ENOENT);
  if (call.fault) {
    disk.fail_sync_directory(*node, call.sequence_before);
    return injected(call.operation, *call.fault);
  }
  disk.sync_directory(*node, call.sequence_before);
  disk.forget_unreachable(core_->opened());
  return {};
}

Result<std::unique_ptr<DirectoryLock>> SimulatedFileSystem::lock(const std::string& path) {
  const Core::Call call = core_->begin(OperationKind::Lock, path);
  if (call.fault) return injected(call.operation, *call.fault);
  SimulatedDisk& disk = core_->disk;
  const std::optional<NodeId> directory = disk.find(path);
  if (!directory || !disk.is_directory(*directory)) return failure(path, "lock", ENOENT);
  if (core_->locked_directories.contains(*directory)) {
    return Error(
        ErrorCode::DirectoryInUse,
        path + ": another process holds the directory; stop it or choose another directory");
  }
  const Place lock_file{*directory, "lock"};
  if (!disk.at(lock_file)) disk.create_file(lock_file);
  return std::unique_ptr<DirectoryLock>(std::make_unique<SimulatedLock>(core_, *directory));
}

SimulatedDisk SimulatedFileSystem::snapshot() const {
  const std::lock_guard lock(core_->mutex);
  return core_->disk;
}

void SimulatedFileSystem::crash(Random& random) {
  const std::lock_guard lock(core_->mutex);
  core_->disk = core_->disk.after_crash(random);
  core_->end_generation();
}

void SimulatedFileSystem::kill() {
  const std::lock_guard lock(core_->mutex);
  core_->end_generation();
  core_->disk.forget_unreachable({});
}

void SimulatedFileSystem::set_capacity_bytes(std::uint64_t bytes) {
  const std::lock_guard lock(core_->mutex);
  core_->capacity_bytes = bytes;
}

std::uint64_t SimulatedFileSystem::used_bytes() const {
  const std::lock_guard lock(core_->mutex);
  return core_->disk.used_bytes(core_->opened());
}

void SimulatedFileSystem::inject(const Fault& fault) {
  LK_ASSERT(fault.nth > 0);
  const std::lock_guard lock(core_->mutex);
  core_->faults.push_back({fault, 0});
}

void SimulatedFileSystem::clear_faults() {
  const std::lock_guard lock(core_->mutex);
  core_->faults.clear();
}

std::uint64_t SimulatedFileSystem::faults_fired() const {
  const std::lock_guard lock(core_->mutex);
  return core_->faults_fired;
}

void SimulatedFileSystem::set_before_operation(Hook hook) {
  const std::lock_guard lock(core_->mutex);
  core_->hook = hook ? std::make_shared<const Hook>(std::move(hook)) : nullptr;
}

std::uint64_t SimulatedFileSystem::operation_count() const {
  const std::lock_guard lock(core_->mutex);
  return core_->operation_count;
}

std::vector<Operation> SimulatedFileSystem::operations() const {
  const std::lock_guard lock(core_->mutex);
  return {core_->log.begin(), core_->log.end()};
}

}  // namespace latchkey::env
