// How the tree engine finds its data again.
#include "storage/tree/recovery.h"

#include <algorithm>

#include "base/assert.h"
#include "storage/tree/checkpoint_file.h"
#include "storage/tree/clean_mark.h"
#include "storage/tree/log_reader.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::storage::tree {

namespace {

std::string place_of(const LogEnd& end) {
  return end.cut_file + " at offset " + std::to_string(end.cut_offset) + ", position " +
         std::to_string(value_of(end.end));
}

}  // namespace

void Recovery::forget_trees() {
  for (Tree* tree : engine_.all_trees()) {
    engine_.remove_tree(tree->id());
  }
  engine_.dropped_.clear();
  engine_.deadlines_ = std::make_unique<Tree>(*engine_.context_, engine_.deadlines_->id(),
                                              engine_.deadlines_->options());
}

Result<void> Recovery::add_record(Tree& tree, CheckpointReader& reader,
                                  CheckpointReader::Item item) {
  const RecordView& record = reader.record();
  LeafRecord stored{record.value, record.version, record.deadline_ms, record.kind, nullptr};
  std::string value;
  Bytes whole = record.value;
  if (item == CheckpointReader::Item::Large) {
    value.resize(reader.value_bytes());
    LK_CHECK(reader.read_value(value));
    whole = value;
  }
  if (needs_large(reader.key(), whole.size())) {
    stored.large = engine_.make_large(reader.key(), whole);
    stored.value = {};
    if (stored.large == nullptr)
      return Error(ErrorCode::MemoryExhausted, "while loading a value from the checkpoint");
  } else {
    stored.value = whole;
  }
  if (!tree.append_sorted(reader.key(), stored)) {
    return Error(ErrorCode::Corruption, "tree " + std::to_string(value_of(tree.id())) +
                                            " of the checkpoint is not in key order");
  }
  tree.note_version(record.version);
  engine_.move_deadline(tree.id(), reader.key(), kNoDeadline, record.deadline_ms);
  return {};
}

Result<CheckpointInfo> Recovery::load_checkpoint(const std::string& path) {
  LK_TRY(const auto reader, CheckpointReader::open(*engine_.env_.files, path));
  Tree* tree = nullptr;
  const bool keep_unlogged = keeps_unlogged(reader->info());
  for (;;) {
    LK_TRY(const CheckpointReader::Item item, reader->next());
    if (item == CheckpointReader::Item::End) break;
    if (item == CheckpointReader::Item::Tree) {
      if (tree != nullptr) tree->finish_append();
      if (engine_.find_tree(reader->tree()) != nullptr || value_of(reader->tree()) == 0) {
        return Error(ErrorCode::Corruption,
                     path + ": tree " + std::to_string(value_of(reader->tree())) + " stands twice");
      }
      if (value_of(reader->tree()) >= TreeEngine::kChunks * TreeEngine::kChunkTrees) {
        return Error(ErrorCode::Corruption, path + ": a tree number is out of range");
      }
      tree = &engine_.add_tree(reader->tree(), reader->tree_options());
      continue;
    }
    if (!tree->options().logged && !keep_unlogged) continue;
    LK_CHECK(add_record(*tree, *reader, item));
  }
  if (tree != nullptr) tree->finish_append();
  return reader->info();
}

Result<void> Recovery::replay(Lsn lsn, const LogOperation& operation) {
  const std::uint32_t id = value_of(operation.tree);
  if (id == 0 || id >= TreeEngine::kChunks * TreeEngine::kChunkTrees) {
    return Error(ErrorCode::Corruption, "a record of the log names tree " + std::to_string(id));
  }
  Tree* const tree = engine_.find_tree(operation.tree);
  switch (operation.type) {
    case LogOperation::Type::CreateTree:
      if (tree == nullptr) engine_.add_tree(operation.tree, operation.options);
      return {};
    case LogOperation::Type::DropTree:
      if (tree != nullptr) engine_.remove_tree(operation.tree);
      return {};
    default:
      break;
  }
  // Trees that were dropped after the checkpoint began, and those that start empty.
  if (tree == nullptr || !tree->options().logged) return {};
  const std::uint64_t hash = tree->hash(operation.key);
  if (operation.type == LogOperation::Type::Erase) {
    Tree::Place place = tree->locate(operation.key, hash);
    if (place.found()) engine_.apply_erase(*tree, place, operation.key, hash, lsn);
    return {};
  }
  if (operation.type == LogOperation::Type::EraseRange)
    return replay_erase_range(*tree, operation, lsn);
  const NewRecord& record = operation.record;
  LeafRecord fresh{record.value, lsn, record.deadline_ms, record.kind, nullptr};
  if (needs_large(operation.key, record.value.size())) {
    fresh.large = engine_.make_large(operation.key, record.value);
    fresh.value = {};
    if (fresh.large == nullptr)
      return Error(ErrorCode::MemoryExhausted, "while replaying a value from the log");
  }
  Tree::Place place = tree->locate(operation.key, hash);
  engine_.apply_put(*tree, place, operation.key, hash, fresh);
  return {};
}

Result<void> Recovery::replay_erase_range(Tree& tree, const LogOperation& operation, Lsn lsn) {
  LeafBatch batch;
  std::string from(operation.key);
  do {
    tree.read_forward(from, true, SIZE_MAX, batch);
    for (std::size_t i = 0; i < batch.entries.size(); ++i) {
      const Bytes key = batch.entries[i].key;
      if (!operation.end.empty() && key >= operation.end) return {};
      const std::uint64_t hash = tree.hash(key);
      Tree::Place place = tree.locate(key, hash);
      if (place.found()) engine_.apply_erase(tree, place, key, hash, lsn);
    }
    from = batch.next;
  } while (batch.more && (operation.end.empty() || from < operation.end));
  return {};
}

void Recovery::report(const std::string& line) const {
  if (engine_.options_.report) engine_.options_.report(line);
}

Result<CheckpointInfo> Recovery::load_newest_checkpoint() {
  LK_TRY(const auto entries, list_checkpoints(*engine_.env_.files, engine_.options_.directory));
  std::optional<Error> first_error;
  if (!entries.empty()) newest_start_ = entries.front().start;
  for (const CheckpointEntry& entry : entries) {
    Result<CheckpointInfo> info = load_checkpoint(entry.path);
    if (info) {
      found_ = true;
      if (first_error.has_value())
        report("the newest checkpoint is damaged (" + first_error->message() + "); using " +
               entry.path);
      return *info;
    }
    if (info.error().code() != ErrorCode::Corruption) return std::move(info).error();
    forget_trees();
    if (!first_error.has_value()) first_error = info.error();
  }
  if (first_error.has_value()) return *first_error;
  return CheckpointInfo{};
}

/// The log makes up for a checkpoint that is gone, but not for its unlogged trees.
void Recovery::report_missing_checkpoint(const CheckpointInfo& info) const {
  if (!mark_.has_value() || (found_ && mark_->checkpoint == info.start)) return;
  report("the checkpoint of the last stop, " +
         engine_.path_of(checkpoint_name(mark_->checkpoint).c_str()) +
         ", is missing or damaged; the log behind an older one gives the same data, but unlogged "
         "collections are empty");
}

/// Records of unlogged trees count only in the checkpoint that the last stop, a clean one, has
/// left: an older one holds what they were at an earlier stop.
bool Recovery::keeps_unlogged(const CheckpointInfo& info) const {
  return info.clean && mark_.has_value() && mark_->checkpoint == info.start;
}

Result<void> Recovery::look_for_clean_stop() {
  LK_TRY(const auto text, read_clean_mark(*engine_.env_.files, engine_.options_.directory));
  if (!text.has_value() || is_void_clean_mark(*text)) return {};
  mark_ = parse_clean_mark(*text);
  if (!mark_.has_value())
    report(
        "the file " + engine_.path_of("clean") +
        " is damaged; this start counts as one after a crash, so unlogged collections are empty");
  return {};
}

Result<LogEnd> Recovery::run() {
  env::FileSystem& files = *engine_.env_.files;
  const std::string& directory = engine_.options_.directory;
  LK_CHECK(remove_unfinished_checkpoints(files, directory));
  LK_CHECK(look_for_clean_stop());
  LK_TRY(const CheckpointInfo info, load_newest_checkpoint());
  report_missing_checkpoint(info);
  if (engine_.find_tree(Engine::kCatalogTree) == nullptr)
    engine_.add_tree(Engine::kCatalogTree, {});
  LogReadOptions read;
  read.directory = directory;
  read.start = info.start;
  read.must_reach = std::max(info.end, newest_start_);
  if (mark_.has_value()) read.must_reach = std::max(read.must_reach, mark_->log_end);
  read.expect = found_ ? LogReadOptions::Expect::Log : LogReadOptions::Expect::LogOrNothing;
  LK_TRY(const LogEnd end, read_log(files, read, [&](Lsn lsn, Bytes body) -> Result<void> {
           return decode_record(
               body, [&](const LogOperation& operation) { return replay(lsn, operation); });
         }));
  engine_.next_tree_.store(std::max(engine_.next_tree_.load(), value_of(info.next_tree)));
  std::int64_t clock_ms = std::max(info.clock_ms, static_cast<std::int64_t>(end.note));
  if (mark_.has_value()) clock_ms = std::max(clock_ms, mark_->clock_ms);
  engine_.latest_ms_.store(clock_ms);
  // Records of unlogged trees that were not kept make the checkpoint say more than is there.
  if (found_ && (!info.clean || keeps_unlogged(info))) engine_.checkpointed_ = info.end;
  report("recovered " + std::to_string(end.record_count) + " log records up to position " +
         std::to_string(value_of(end.end)) +
         (found_ ? " behind a checkpoint at " + std::to_string(value_of(info.start)) : ""));
  if (end.cut_bytes > 0)
    report("cut a torn tail of " + std::to_string(end.cut_bytes) + " bytes from " + place_of(end));
  else if (!end.cut_file.empty() && !(mark_.has_value() && mark_->log_end == end.end))
    report("ignored bytes that are no record, of an unfinished write or an earlier use of " +
           place_of(end));
  return end;
}

namespace {

/// A directory of the path, and whether it was missing.
struct PathStep {
  std::string path;
  bool is_new = false;
};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// From `path` up to the first directory.
Result<std::vector<PathStep>> steps_to(env::FileSystem& files, std::string path) {
  std::vector<PathStep> steps;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  for (; path != "/" && path != "."; path = parent_of(path)) {
    LK_TRY(const bool exists, files.exists(path));
    steps.push_back({path, !exists});
  }
  return steps;
}

/// The names that lead to a new database must be on the disk before anything in it is promised.
/// Directories that we did not make may be closed to us, or on a file system that has no syncs;
/// then they are somebody else's business. A sync that fails is ours wherever it is: an earlier
/// start may have made that name.
Result<void> sync_names(env::FileSystem& files, const std::vector<PathStep>& steps) {
  for (const PathStep& step : steps) {
    Result<void> synced = files.sync_directory(parent_of(step.path));
    if (synced) continue;
    if (step.is_new || synced.error().code() != ErrorCode::NotSupported) return synced;
  }
  return {};
}

/// A database begins with a checkpoint of nothing, so that a log that is missing is never taken for
/// one that was not there yet.
Result<void> write_first_checkpoint(const env::Env& env, const std::string& directory,
                                    std::int64_t clock_ms) {
  LK_TRY(const auto writer, CheckpointWriter::create(env, directory, Lsn{0}));
  CheckpointInfo info;
  info.clock_ms = clock_ms;
  Result<CheckpointTotals> totals = writer->finish(info);
  if (!totals) return std::move(totals).error();
  return {};
}

}  // namespace

Result<std::unique_ptr<TreeEngine>> TreeEngine::open(env::Env env, TreeEngineOptions options) {
  auto engine = std::unique_ptr<TreeEngine>(new TreeEngine(env, std::move(options)));
  const TreeEngineOptions& set = engine->options_;
  LogEnd end;
  bool found = false;
  if (set.durability == Durability::None) {
    engine->add_tree(kCatalogTree, {});
  } else {
    LK_TRY(const std::vector<PathStep> steps, steps_to(*env.files, set.directory));
    LK_CHECK(env.files->create_directories(set.directory));
    LK_TRY(engine->directory_lock_, env.files->lock(set.directory));
    Recovery recovery(*engine);
    LK_TRY(end, recovery.run());
    found = recovery.found_checkpoint();
    if (end.segments.empty()) LK_CHECK(sync_names(*env.files, steps));
  }
  LogOptions log;
  log.directory = set.directory;
  log.durability = set.durability;
  log.segment_bytes = set.log_segment_bytes;
  log.ring_bytes = set.log_ring_bytes;
  log.sync_interval_ms = set.sync_interval_ms;
  log.threads = set.threads;
  log.note = [raw = engine.get()] { return static_cast<std::uint64_t>(raw->now_ms()); };
  LK_TRY(engine->log_, Log::open(env, log, end));
  if (set.durability != Durability::None) {
    if (!found) LK_CHECK(write_first_checkpoint(env, set.directory, engine->now_ms()));
    // Only now: a start that failed until here has changed nothing that a later one needs.
    LK_CHECK(remove_clean_mark(*env.files, set.directory));
  }
  if (set.threads == LogOptions::Threads::Own)
    engine->cleaner_ = std::thread([raw = engine.get()] { raw->run_cleaner(); });
  return engine;
}

}  // namespace latchkey::storage::tree
