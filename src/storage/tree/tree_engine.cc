#include "storage/tree/tree_engine.h"

#include <algorithm>
#include <chrono>

#include "base/assert.h"
#include "storage/tree/prefetch.h"
#include "storage/tree/tree_transaction.h"

namespace latchkey::storage::tree {

namespace {

constexpr std::int64_t kCleanerPauseMs = 100;
constexpr std::size_t kCleanerPages = 256;
constexpr std::size_t kVersionsPerStep = 1024;
constexpr std::size_t kRetiredMax = 1024;
constexpr std::size_t kDueBatch = 256;
constexpr std::size_t kRandomTries = 128;
constexpr std::uint64_t kDeadlineHeadBytes = 12;

std::string deadline_key(std::int64_t deadline_ms, TreeId tree, Bytes key) {
  std::string out(kDeadlineHeadBytes, '\0');
  // Flipping the sign bit makes negative numbers sort first.
  store_big64(out.data(), static_cast<std::uint64_t>(deadline_ms) ^ std::uint64_t{1} << 63);
  store_big32(out.data() + 8, value_of(tree));
  out.append(key);
  return out;
}

DueRecord parse_deadline_key(Bytes key) {
  return {TreeId{load_big32(key.data() + 8)}, std::string(key.substr(kDeadlineHeadBytes)),
          static_cast<std::int64_t>(load_big64(key.data()) ^ std::uint64_t{1} << 63)};
}

bool is_due(const LeafRecord& record, std::int64_t now_ms) {
  return record.deadline_ms != kNoDeadline && record.deadline_ms <= now_ms;
}

/// Keeps a large record readable after its leaf has been let go.
class Retained {
 public:
  explicit Retained(LargeRecord* large) : large_(large) {
    if (large_ != nullptr) large_->retain();
  }
  ~Retained() {
    if (large_ != nullptr) large_->release();
  }
  Retained(const Retained&) = delete;
  Retained& operator=(const Retained&) = delete;

 private:
  LargeRecord* large_;
};

}  // namespace

TreeEngine::TreeEngine(env::Env env, TreeEngineOptions options)
    : env_(env),
      options_(std::move(options)),
      memory_limit_bytes_(options_.memory_limit_bytes),
      chunks_(std::make_unique<std::array<std::atomic<TreeChunk*>, kChunks>>()) {
  // Pages may pass the limit a little while a delete goes on at the limit; addresses cost nothing.
  const std::uint64_t pages =
      std::min<std::uint64_t>(options_.memory_limit_bytes / kPageBytes * 2 + 4096, UINT32_MAX);
  pool_ = std::make_unique<Pool>(pages);
  directory_ =
      std::make_unique<Directory>(std::max<std::uint64_t>(options_.memory_limit_bytes / 256, 4096));
  context_ = std::make_unique<TreeContext>(*pool_, *directory_, env_.random->next());
  deadlines_ = std::make_unique<Tree>(
      *context_, TreeId{3}, TreeOptions{.counted = false, .hashed = false, .logged = false});
}

TreeEngine::~TreeEngine() {
  if (cleaner_.joinable()) {
    {
      const std::lock_guard lock(cleaner_mutex_);
      stopping_ = true;
    }
    cleaner_wakes_.notify_all();
    cleaner_.join();
  }
  log_.reset();
  for (Tree* tree : all_trees()) delete tree;
  for (auto& chunk : *chunks_) delete chunk.load(std::memory_order_relaxed);
}

Tree* TreeEngine::find_tree(TreeId id) const {
  const std::size_t index = value_of(id);
  if (index >= kChunks * kChunkTrees) return nullptr;
  TreeChunk* const chunk = (*chunks_)[index / kChunkTrees].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr
                          : chunk->trees[index % kChunkTrees].load(std::memory_order_acquire);
}

Tree& TreeEngine::add_tree(TreeId id, const TreeOptions& options) {
  const std::lock_guard lock(trees_mutex_);
  const std::size_t index = value_of(id);
  LK_ASSERT(index < kChunks * kChunkTrees);
  std::atomic<TreeChunk*>& chunk = (*chunks_)[index / kChunkTrees];
  if (chunk.load(std::memory_order_relaxed) == nullptr)
    chunk.store(new TreeChunk, std::memory_order_release);
  std::atomic<Tree*>& place = chunk.load(std::memory_order_relaxed)->trees[index % kChunkTrees];
  LK_ASSERT(place.load(std::memory_order_relaxed) == nullptr);
  place.store(new Tree(*context_, id, options), std::memory_order_release);
  tree_count_.fetch_add(1, std::memory_order_relaxed);
  if (next_tree_.load(std::memory_order_relaxed) <= index)
    next_tree_.store(static_cast<std::uint32_t>(index + 1));
  return *place.load(std::memory_order_relaxed);
}

void TreeEngine::remove_tree(TreeId id) {
  const std::lock_guard lock(trees_mutex_);
  const std::size_t index = value_of(id);
  TreeChunk* const chunk = (*chunks_)[index / kChunkTrees].load(std::memory_order_relaxed);
  LK_ASSERT(chunk != nullptr);
  Tree* const tree = chunk->trees[index % kChunkTrees].exchange(nullptr, std::memory_order_acq_rel);
  LK_ASSERT(tree != nullptr);
  dropped_.emplace_back(tree);
  tree_count_.fetch_sub(1, std::memory_order_relaxed);
}

void TreeEngine::note_drop(TreeId id, Lsn version) {
  if (!snapshots_.any_open()) return;
  const std::lock_guard lock(trees_mutex_);
  drops_[id] = version;
}

bool TreeEngine::was_dropped_after(TreeId id, Lsn snapshot) const {
  const std::lock_guard lock(trees_mutex_);
  const auto drop = drops_.find(id);
  return drop != drops_.end() && drop->second > snapshot;
}

std::vector<Tree*> TreeEngine::all_trees() const {
  std::vector<Tree*> out;
  for (const auto& slot : *chunks_) {
    const TreeChunk* const chunk = slot.load(std::memory_order_acquire);
    if (chunk == nullptr) continue;
    for (const auto& tree : chunk->trees) {
      if (Tree* const found = tree.load(std::memory_order_acquire)) out.push_back(found);
    }
  }
  return out;
}

Error TreeEngine::no_such_tree(TreeId id) const {
  return Error(ErrorCode::Internal, "tree " + std::to_string(value_of(id)) + " does not exist");
}

Error TreeEngine::refuse_size(Bytes key, std::uint64_t value_bytes) const {
  if (key.size() > options_.limits.key_bytes_max) {
    return Error(ErrorCode::KeyTooLong,
                 "a key of " + std::to_string(key.size()) + " bytes is over the limit of " +
                     std::to_string(options_.limits.key_bytes_max) + " (see limits.key_bytes)");
  }
  return Error(ErrorCode::ValueTooLong,
               "a value of " + std::to_string(value_bytes) + " bytes is over the limit of " +
                   std::to_string(options_.limits.value_bytes_max) + " (see limits.value_bytes)");
}

std::uint64_t TreeEngine::used_memory() const {
  const std::int64_t other = context_->large_value_bytes.load(std::memory_order_relaxed) +
                             reserved_bytes_.load(std::memory_order_relaxed);
  return pool_->used_bytes() + directory_->used_bytes() + versions_.used_bytes() +
         static_cast<std::uint64_t>(std::max<std::int64_t>(other, 0));
}

bool TreeEngine::reserve_memory(std::int64_t bytes) {
  if (bytes > 0 && !has_memory_for(static_cast<std::uint64_t>(bytes))) return false;
  reserved_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

Result<void> TreeEngine::set_memory_limit(std::uint64_t bytes) {
  // Addresses for pages and hints were set aside for the first limit.
  if (bytes > options_.memory_limit_bytes) {
    return Error(ErrorCode::InvalidArgument,
                 "at most the " + std::to_string(options_.memory_limit_bytes) +
                     " bytes that the server was started with (see memory.limit)");
  }
  memory_limit_bytes_.store(bytes == 0 ? options_.memory_limit_bytes : bytes,
                            std::memory_order_relaxed);
  return {};
}

Error TreeEngine::no_memory() const {
  return Error(ErrorCode::MemoryExhausted,
               "the memory budget is spent: " + std::to_string(used_memory()) + " of " +
                   std::to_string(memory_limit_bytes_.load()) + " bytes (see memory.limit)");
}

LargeRecord* TreeEngine::make_large(Bytes key, Bytes value) {
  const Bytes tail = key.size() > kKeyInlineBytes ? key.substr(kKeyInlineBytes) : Bytes();
  LargeRecord* const large = LargeRecord::create(tail, value);
  if (large != nullptr) {
    context_->large_value_bytes.fetch_add(static_cast<std::int64_t>(large->allocated_bytes()),
                                          std::memory_order_relaxed);
  }
  return large;
}

void TreeEngine::drop_large(LargeRecord* large) {
  if (large == nullptr) return;
  context_->large_value_bytes.fetch_sub(static_cast<std::int64_t>(large->allocated_bytes()),
                                        std::memory_order_relaxed);
  large->release();
}

void TreeEngine::prefetch(std::span<KeyRef> keys) {
  const Gate::Shared turn(gate_);
  while (!keys.empty()) {
    const TreeId id = keys.front().tree;
    const auto other = [id](const KeyRef& key) { return key.tree != id; };
    const auto run =
        static_cast<std::size_t>(std::find_if(keys.begin(), keys.end(), other) - keys.begin());
    if (const Tree* const tree = find_tree(id)) {
      prefetch_records(*tree, *directory_, *pool_, keys.first(run));
    }
    keys = keys.subspan(run);
  }
}

Result<bool> TreeEngine::read(const KeyRef& key, std::int64_t now_ms,
                              FunctionRef<void(const RecordView&)> visit) {
  const Gate::Shared turn(gate_);
  Tree* const tree = find_tree(key.tree);
  if (tree == nullptr) return false;
  Tree::Place place = tree->locate(key.key, key.hash, {PageId{key.hint}, key.hint_version});
  if (!place.found()) return false;
  const LeafRecord record = place.record();
  if (is_due(record, now_ms)) return false;
  if (record.large == nullptr) {
    visit(record.view());
    return true;
  }
  const Retained retained(record.large);
  place.release();
  visit(record.view());
  return true;
}

Result<Lsn> TreeEngine::log_one(const Tree& tree, const LogOperation& operation) {
  // A write to an unlogged tree still needs a version of its own: it logs an operation that replay
  // ignores, because such trees start empty.
  const LogOperation logged =
      tree.options().logged ? operation : LogOperation::erase(tree.id(), {});
  const std::uint64_t bytes = encoded_bytes(logged);
  const Purpose purpose =
      logged.type == LogOperation::Type::Erase ? Purpose::Erase : Purpose::Write;
  if (bytes <= log_->record_bytes_max()) {
    LK_CHECK(log_->admit(bytes, purpose));
    const Reservation place = log_->reserve(static_cast<std::uint32_t>(bytes));
    if (place.data != nullptr) encode(logged, place.data);
    log_->publish(place);
    return place.lsn;
  }
  LK_TRY(Admission admission, log_->admit_large(bytes, purpose));
  std::string head;
  head.resize(encoded_put_head_bytes(logged.tree, logged.key, logged.record));
  encode_put_head(logged.tree, logged.key, logged.record, head.data());
  const Bytes pieces[] = {head, logged.record.value};
  const StagedRecord staged = log_->stage(admission, pieces);
  const Reservation place = log_->reserve(staged);
  log_->publish(place);
  return place.lsn;
}

void TreeEngine::keep_old_version(const Tree& tree, const Tree::Place& place, Bytes key,
                                  Lsn until) {
  if (place.found() && snapshots_.any_open())
    versions_.keep(tree.id(), key, place.record().view(), until);
}

void TreeEngine::move_deadline_entry(TreeId tree, Bytes key, std::int64_t from_ms,
                                     std::int64_t to_ms) {
  if (from_ms != kNoDeadline) {
    const std::string entry = deadline_key(from_ms, tree, key);
    Tree::Place place = deadlines_->locate(entry, 0);
    if (place.found()) deadlines_->erase(place, entry, 0);
  }
  if (to_ms != kNoDeadline) {
    const std::string entry = deadline_key(to_ms, tree, key);
    LeafRecord record;
    if (needs_large(entry, 0)) record.large = make_large(entry, {});
    Tree::Place place = deadlines_->locate(entry, 0);
    const bool written = deadlines_->write(place, entry, 0, record);
    LK_ASSERT(written);
  }
}

void TreeEngine::apply_put(Tree& tree, Tree::Place& place, Bytes key, std::uint64_t hash,
                           const LeafRecord& record) {
  const std::int64_t old_deadline = place.found() ? place.record().deadline_ms : kNoDeadline;
  keep_old_version(tree, place, key, record.version);
  tree.note_version(record.version);
  const bool written = tree.write(place, key, hash, record);
  LK_ASSERT(written);
  place.release();
  move_deadline(tree.id(), key, old_deadline, record.deadline_ms);
}

void TreeEngine::apply_erase(Tree& tree, Tree::Place& place, Bytes key, std::uint64_t hash,
                             Lsn version) {
  const std::int64_t old_deadline = place.record().deadline_ms;
  keep_old_version(tree, place, key, version);
  tree.note_version(version);
  tree.erase(place, key, hash);
  move_deadline(tree.id(), key, old_deadline, kNoDeadline);
}

Result<Lsn> TreeEngine::update(const KeyRef& key, std::int64_t now_ms, Decide decide,
                               RowLockWait* wait) {
  LK_CHECK(check_sizes(key.key, 0));
  const Gate::Shared turn(gate_);
  const LockTable::BucketLatch bucket = locks_.latch(key.hash);
  if (const std::uint64_t holder = locks_.holder(key.tree, key.key, key.hash); holder != 0) {
    if (wait != nullptr) *wait = {key.tree, key.hash, std::string(key.key), holder, 0};
    return Error(ErrorCode::RowLocked);
  }
  Tree* const tree = find_tree(key.tree);
  if (tree == nullptr) return no_such_tree(key.tree);
  Tree::Place place = tree->locate(key.key, key.hash, {PageId{key.hint}, key.hint_version});
  const LeafRecord stored = place.found() ? place.record() : LeafRecord{};
  const Retained retained(stored.large);
  const RecordView view = stored.view();
  const bool due = place.found() && is_due(stored, now_ms);
  LK_TRY(Decision decision, decide(place.found() && !due ? &view : nullptr, due ? &view : nullptr));
  if (decision.action == Decision::Action::Keep) return Lsn{0};
  if (decision.action == Decision::Action::Erase) {
    if (!place.found()) return Lsn{0};
    LK_TRY(const Lsn version, log_one(*tree, LogOperation::erase(key.tree, key.key)));
    apply_erase(*tree, place, key.key, key.hash, version);
    return version;
  }
  NewRecord& record = decision.record;
  LK_CHECK(check_sizes({}, record.value.size()));
  LK_ASSERT(record.kind <= kRecordKindMax &&
            !(tree->options().counted && record.deadline_ms != kNoDeadline));
  const bool large = needs_large(key.key, record.value.size());
  if ((!place.found() || record.value.size() > view.value.size()) &&
      !has_memory_for(large ? record.value.size() : kPageBytes)) {
    return no_memory();
  }
  // A value that was taken from the leaf itself would move under our hands.
  std::string copy;
  if (!large && pool_->owns(record.value.data())) {
    copy = record.value;
    record.value = copy;
  }
  LeafRecord fresh{record.value, Lsn{}, record.deadline_ms, record.kind, nullptr};
  if (large) {
    fresh.large = make_large(key.key, record.value);
    if (fresh.large == nullptr) return no_memory();
    fresh.value = {};
    place.release();  // logging a large value takes its time; the bucket keeps the key as it is
  }
  Result<Lsn> version = log_one(*tree, LogOperation::put(key.tree, key.key, record));
  if (!version) {
    drop_large(fresh.large);
    return std::move(version).error();
  }
  fresh.version = *version;
  if (large) place = tree->locate(key.key, key.hash);
  apply_put(*tree, place, key.key, key.hash, fresh);
  return fresh.version;
}

std::unique_ptr<Transaction> TreeEngine::begin_atomic(std::span<const KeyRef> keys,
                                                      std::int64_t now_ms) {
  return std::make_unique<TreeTransaction>(*this, keys, now_ms);
}

std::unique_ptr<Transaction> TreeEngine::begin_atomic_on_everything(std::int64_t now_ms) {
  return std::make_unique<TreeTransaction>(*this, now_ms);
}

std::unique_ptr<Transaction> TreeEngine::begin(Isolation isolation) {
  return std::make_unique<TreeTransaction>(*this, isolation, next_owner_.fetch_add(1), now_ms());
}

void TreeEngine::when_unlocked(const RowLockWait& wait, std::function<void()> retry) {
  locks_.when_unlocked(wait, std::move(retry));
}

std::int64_t TreeEngine::now_ms() {
  const std::int64_t wall = env_.clock->wall_ms();
  std::int64_t latest = latest_ms_.load(std::memory_order_relaxed);
  while (wall > latest &&
         !latest_ms_.compare_exchange_weak(latest, wall, std::memory_order_relaxed)) {
  }
  return std::max(wall, latest);
}

std::vector<DueRecord> TreeEngine::due_records(std::int64_t now_ms, std::size_t limit) {
  std::vector<DueRecord> out;
  const Gate::Shared turn(gate_);
  LeafBatch batch;
  std::string from;
  do {
    deadlines_->read_forward(from, true, std::min(limit - out.size(), kDueBatch), batch);
    for (std::size_t i = 0; i < batch.entries.size(); ++i) {
      DueRecord due = parse_deadline_key(batch.entries[i].key);
      if (due.deadline_ms > now_ms) return out;
      if (find_tree(due.tree) != nullptr)
        out.push_back(std::move(due));
      else
        move_deadline(due.tree, due.key, due.deadline_ms, kNoDeadline);  // dropped with its tree
    }
    from = batch.next;
  } while (batch.more && out.size() < limit);
  return out;
}

std::optional<std::int64_t> TreeEngine::next_deadline_ms() {
  const Gate::Shared turn(gate_);
  LeafBatch batch;
  std::string from;
  do {
    deadlines_->read_forward(from, true, 1, batch);
    if (!batch.entries.empty()) return parse_deadline_key(batch.entries[0].key).deadline_ms;
    from = batch.next;
  } while (batch.more);
  return std::nullopt;
}

std::uint64_t TreeEngine::due_count(TreeId tree, std::int64_t now_ms) {
  std::uint64_t count = 0;
  LeafBatch batch;
  std::string from;
  do {
    deadlines_->read_forward(from, true, kDueBatch, batch);
    for (std::size_t i = 0; i < batch.entries.size(); ++i) {
      const DueRecord due = parse_deadline_key(batch.entries[i].key);
      if (due.deadline_ms > now_ms) return count;
      if (due.tree == tree) ++count;
    }
    from = batch.next;
  } while (batch.more);
  return count;
}

Result<std::optional<std::string>> TreeEngine::random_key(TreeId id, std::int64_t now_ms) {
  const Gate::Shared turn(gate_);
  Tree* const tree = find_tree(id);
  if (tree == nullptr) return std::optional<std::string>();
  for (std::size_t attempt = 0; attempt < kRandomTries && tree->record_count() > 0; ++attempt) {
    std::optional<std::string> key = tree->random_key(*env_.random);
    if (!key.has_value()) continue;
    LK_TRY(const bool live, read(key_ref(id, *key), now_ms, [](const RecordView&) {}));
    if (live) return key;
  }
  // Nearly all is due, or there is nothing: the first live record will do.
  LeafBatch batch;
  std::string from;
  do {
    tree->read_forward(from, true, kDueBatch, batch);
    for (std::size_t i = 0; i < batch.entries.size(); ++i) {
      const RecordView record = batch.entries[i].record;
      if (record.deadline_ms == kNoDeadline || record.deadline_ms > now_ms)
        return std::optional(std::string(batch.entries[i].key));
    }
    from = batch.next;
  } while (batch.more);
  return std::optional<std::string>();
}

EngineStats TreeEngine::stats() const {
  const Log::Stats log = log_->stats();
  EngineStats out;
  out.memory_limit_bytes = memory_limit_bytes_.load(std::memory_order_relaxed);
  out.memory_used_bytes = used_memory();
  out.page_bytes = pool_->used_bytes();
  out.large_value_bytes =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, context_->large_value_bytes.load()));
  out.directory_bytes = directory_->used_bytes();
  out.old_version_bytes = versions_.used_bytes();
  out.log_bytes_on_disk = log.bytes_on_disk;
  out.log_syncs = log.syncs;
  out.log_bytes_written = log.bytes_written;
  out.checkpoints = checkpoints_.load();
  out.last_checkpoint_ms = last_checkpoint_ms_.load();
  out.checkpoint_running = checkpoint_running_.load();
  out.last_checkpoint_failed = last_checkpoint_failed_.load();
  out.disk_full = log_->disk_full();
  out.deadlines = deadlines_->record_count();
  out.trees = tree_count_.load();
  out.open_snapshots = snapshots_.open_count();
  return out;
}

bool TreeEngine::clean_up(std::size_t page_limit) {
  const bool versions_wait = versions_.prune(kVersionsPerStep);
  bool retired_is_long = false;
  {
    const LatchGuard guard(context_->retired_latch);
    retired_is_long = context_->retired.size() > kRetiredMax;
  }
  if (retired_is_long) {
    const Gate::Exclusive alone(gate_);
    context_->free_retired();
  }
  std::unique_ptr<Tree> tree;
  {
    const std::lock_guard lock(trees_mutex_);
    const Lsn oldest = snapshots_.oldest_open();
    std::erase_if(drops_, [&](const auto& drop) { return drop.second <= oldest; });
    if (dropped_.empty()) return versions_wait;
    tree = std::move(dropped_.back());
    dropped_.pop_back();
  }
  const auto forget_deadline = [&](Bytes key, std::int64_t deadline_ms) {
    const Gate::Shared turn(gate_);
    move_deadline(tree->id(), key, deadline_ms, kNoDeadline);
  };
  if (!tree->release_some(page_limit, forget_deadline)) return true;
  const std::lock_guard lock(trees_mutex_);
  dropped_.push_back(std::move(tree));
  return true;
}

void TreeEngine::run_cleaner() {
  std::unique_lock lock(cleaner_mutex_);
  while (!stopping_) {
    lock.unlock();
    const bool more = clean_up(kCleanerPages);
    lock.lock();
    if (!more && !stopping_)
      cleaner_wakes_.wait_for(lock, std::chrono::milliseconds(kCleanerPauseMs));
  }
}

}  // namespace latchkey::storage::tree
