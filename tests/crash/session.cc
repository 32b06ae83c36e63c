#include "tests/crash/session.h"

#include <algorithm>

namespace latchkey::crash {

using namespace storage;

namespace {

constexpr std::uint64_t kSegmentBytes = 64u << 10;
constexpr std::uint64_t kMemoryBytes = 16u << 20;

bool same_options(const TreeOptions& a, const TreeOptions& b) {
  return a.counted == b.counted && a.hashed == b.hashed && a.logged == b.logged;
}

std::string count_text(std::size_t count) { return std::to_string(count) + " commits"; }

}  // namespace

tree::TreeEngineOptions engine_options(const Setup& setup,
                                       std::function<void(const std::string&)> report) {
  tree::TreeEngineOptions options;
  options.directory = kDirectory;
  options.durability = setup.durability;
  options.memory_limit_bytes = kMemoryBytes;
  options.log_segment_bytes = kSegmentBytes;
  options.log_ring_bytes = kSegmentBytes;
  options.threads = tree::LogOptions::Threads::None;
  options.report = std::move(report);
  return options;
}

void Writer::put(TreeId tree, const std::string& key, const std::string& value,
                 std::int64_t deadline_ms) {
  if (error_.has_value()) return;
  const Result<void> done = transaction_.put(tree, key, {value, deadline_ms, 0});
  if (done) changes_.push_back(Change::put(tree, key, value, deadline_ms));
  if (!done) error_ = done.error();
}

void Writer::erase(TreeId tree, const std::string& key) {
  if (error_.has_value()) return;
  const Result<bool> done = transaction_.erase(tree, key);
  if (done) changes_.push_back(Change::erase(tree, key));
  if (!done) error_ = done.error();
}

TreeId Writer::create_tree(const TreeOptions& options) {
  const Result<TreeId> tree = transaction_.create_tree(options);
  if (!tree) {
    error_ = tree.error();
    return {};
  }
  Change change;
  change.kind = Change::Kind::CreateTree;
  change.tree = *tree;
  change.options = options;
  changes_.push_back(std::move(change));
  return *tree;
}

void Writer::drop_tree(TreeId tree) {
  if (error_.has_value()) return;
  const Result<void> done = transaction_.drop_tree(tree);
  if (!done) {
    error_ = done.error();
    return;
  }
  Change change;
  change.kind = Change::Kind::DropTree;
  change.tree = tree;
  changes_.push_back(std::move(change));
}

std::size_t Writer::savepoint() {
  marks_.push_back({transaction_.savepoint(), changes_.size()});
  return marks_.size() - 1;
}

void Writer::rollback_to(std::size_t savepoint) {
  transaction_.rollback_to(marks_[savepoint].engine);
  changes_.resize(marks_[savepoint].changes);
  marks_.resize(savepoint + 1);
}

Session::Session(env::SimulatedEnv& machine, Setup setup, std::uint64_t seed, ModelState base)
    : machine_(machine),
      setup_(setup),
      random_(seed),
      oracle_(std::make_shared<Oracle>(std::move(base))) {}

Session::~Session() = default;

void Session::note_violation(const std::string& what) {
  if (!violation_.has_value()) violation_ = what;
}

/// Replies may go out for as much as the engine calls stable, so that is what a crash must leave.
/// At Interval a power cut may take what no sync has reached.
std::size_t Session::acknowledged() {
  if (engine_ == nullptr) return acknowledged_;
  const bool sync = setup_.durability == Durability::Sync;
  acknowledged_ = std::max(acknowledged_, oracle_->count_up_to(sync ? engine_->stable_lsn()
                                                                    : engine_->log().synced_lsn()));
  acknowledged_to_kill_ =
      std::max(acknowledged_to_kill_, oracle_->count_up_to(engine_->stable_lsn()));
  return acknowledged_;
}

Promise Session::promise() {
  const std::size_t least = acknowledged();
  return {oracle_, least, acknowledged_to_kill_, oracle_->declared(), clean_, clock_ms_};
}

Promise Session::promise_before(const env::Operation& operation) {
  Promise out = promise();
  // From here on the start that is under way takes away what says that the stop was clean.
  const bool changes = operation.kind == env::OperationKind::Remove ||
                       operation.kind == env::OperationKind::Truncate;
  if (changes && operation.path == kDirectory + "/clean" && clean_ == CleanStop::Sure)
    clean_ = CleanStop::Possible;
  return out;
}

/// Whoever reads an error must know which file it is about.
void Session::note_refusal(const Error& error) {
  ++refused_;
  // Internal: the workload goes on without a tree that it was refused.
  if (error.code() != ErrorCode::Internal && error.message().find('/') == std::string::npos)
    note_violation("an error names no file: " + error.message());
}

Result<void> Session::judge(Result<void> outcome) {
  if (outcome.has_value() || !expects_errors_) return outcome;
  note_refusal(outcome.error());
  return {};
}

Result<void> Session::open() {
  Result<void> outcome = open_once();
  if (outcome.has_value() || !expects_errors_) return outcome;
  note_refusal(outcome.error());
  machine_.files.clear_faults();
  machine_.files.kill();
  return open_once();
}

Result<void> Session::open_once() {
  ++starts_;
  engine_.reset();
  Promise before = promise();
  before.least = before.least_to_kill;
  Finding found = find_again(machine_, setup_, before);
  if (found.engine == nullptr)
    return Error(ErrorCode::IoError, found.violation.value_or("no engine"));
  if (found.violation.has_value()) note_violation(*found.violation);
  ModelState base = oracle_->state(std::min(found.commits, oracle_->declared()));
  if (!found.kept_unlogged) base.empty_unlogged_trees();
  engine_ = std::move(found.engine);
  oracle_ = std::make_shared<Oracle>(std::move(base));
  acknowledged_ = acknowledged_to_kill_ = 0;
  clean_ = CleanStop::No;
  return {};
}

Result<void> Session::close() {
  clean_ = CleanStop::Possible;
  const std::int64_t now_ms = engine_->now_ms();
  Result<void> outcome = engine_->close();
  acknowledged();
  if (outcome) {
    if (acknowledged_ != oracle_->declared())
      note_violation("the engine is closed and not all is stable");
    clean_ = CleanStop::Sure;
    clock_ms_ = now_ms;
  }
  engine_.reset();
  return judge(outcome);
}

void Session::kill() {
  acknowledged();
  engine_.reset();
  machine_.files.kill();
}

Result<Lsn> Session::confirm(Result<Lsn> version) {
  if (!version || *version == Lsn{0}) {
    oracle_->withdraw();
    return version;
  }
  if (*version <= oracle_->last_version())
    note_violation("a version is not above the one before it");
  oracle_->confirm(*version);
  return version;
}

Result<void> Session::change_one(Change change) {
  clean_ = CleanStop::No;
  const bool is_put = change.kind == Change::Kind::Put;
  const std::shared_ptr<const std::string> value = change.value;
  const NewRecord record{is_put ? Bytes(*value) : Bytes(), change.deadline_ms, change.record_kind};
  const KeyRef key = engine_->key_ref(change.tree, change.key);
  const std::string key_bytes = change.key;
  oracle_->declare({std::move(change)});
  const auto decide = [&](const RecordView*, const RecordView*) -> Result<Decision> {
    return is_put ? Decision::put(record) : Decision::erase();
  };
  Result<Lsn> version =
      confirm(engine_->update({key.tree, key_bytes, key.hash}, engine_->now_ms(), decide, nullptr));
  if (!version) return judge(std::move(version).error());
  return {};
}

Result<void> Session::put(TreeId tree, const std::string& key, const std::string& value,
                          std::int64_t deadline_ms, std::uint8_t kind) {
  return change_one(Change::put(tree, key, value, deadline_ms, kind));
}

Result<void> Session::erase(TreeId tree, const std::string& key) {
  return change_one(Change::erase(tree, key));
}

std::unique_ptr<Transaction> Session::begin(TransactionKind kind) {
  switch (kind) {
    case TransactionKind::Keys:
      return engine_->begin_atomic({}, engine_->now_ms());
    case TransactionKind::Everything:
      return engine_->begin_atomic_on_everything(engine_->now_ms());
    case TransactionKind::ReadCommitted:
      return engine_->begin(Isolation::ReadCommitted);
    case TransactionKind::RepeatableRead:
      return engine_->begin(Isolation::RepeatableRead);
    case TransactionKind::Serializable:
      break;
  }
  return engine_->begin(Isolation::Serializable);
}

Result<void> Session::transact(TransactionKind kind, const std::function<void(Writer&)>& write) {
  clean_ = CleanStop::No;
  const std::unique_ptr<Transaction> transaction = begin(kind);
  std::vector<Change> changes;
  Writer writer(*transaction, changes);
  write(writer);
  if (writer.error().has_value()) {
    transaction->rollback();
    return judge(*writer.error());
  }
  oracle_->declare(std::move(changes));
  Result<Lsn> version = confirm(transaction->commit());
  if (!version) return judge(std::move(version).error());
  return {};
}

bool Session::acknowledge() {
  const Lsn wanted = engine_->appended_lsn();
  const bool is_stable = engine_->make_stable(wanted);
  if (is_stable && engine_->stable_lsn() < wanted)
    note_violation("make_stable says yes and stable_lsn says no");
  acknowledged();
  return is_stable;
}

Result<void> Session::checkpoint() {
  const std::int64_t now_ms = engine_->now_ms();
  Result<void> outcome = engine_->checkpoint();
  if (outcome) {
    // It holds all that was there when it began, at any durability.
    acknowledged_ = acknowledged_to_kill_ = std::max(acknowledged_, oracle_->declared());
    clock_ms_ = now_ms;
  }
  return judge(outcome);
}

void Session::clean_up() {
  while (engine_->clean_up(SIZE_MAX)) {
  }
}

TreeId Session::tree(const TreeOptions& options) {
  for (const auto& [id, tree] : model().trees) {
    if (id != Engine::kCatalogTree && same_options(tree.options, options)) return id;
  }
  TreeId made{};
  const Result<void> done = transact(TransactionKind::Everything,
                                     [&](Writer& writer) { made = writer.create_tree(options); });
  if (!done || !model().trees.contains(made)) made = TreeId{};
  if (!done) note_violation("a tree cannot be created: " + done.error().message());
  return made;
}

Finding find_again(env::SimulatedEnv& machine, const Setup& setup, const Promise& promise,
                   std::function<void(const std::string&)> report) {
  Finding finding;
  const Oracle& oracle = *promise.oracle;
  auto opened = tree::TreeEngine::open(machine.env(), engine_options(setup, std::move(report)));
  if (!opened) {
    finding.violation = "the engine does not start: " + opened.error().message();
    finding.refusal = opened.error();
    return finding;
  }
  tree::TreeEngine& engine = **opened;
  finding.engine = std::move(*opened);
  while (engine.clean_up(SIZE_MAX)) {
  }
  finding.commits = oracle.count_up_to(engine.appended_lsn());
  if (finding.commits < promise.least || finding.commits > promise.most) {
    finding.violation = "it holds " + count_text(finding.commits) + " where " +
                        std::to_string(promise.least) + " were acknowledged and " +
                        std::to_string(promise.most) + " asked for";
    return finding;
  }
  if (engine.stable_lsn() != engine.appended_lsn())
    finding.violation = "what was recovered is not called stable";
  if (engine.now_ms() < promise.clock_ms) finding.violation = "the engine's clock went back";
  ModelState expected = oracle.state(finding.commits);
  const bool all = finding.commits == oracle.declared() && promise.clean != CleanStop::No;
  std::optional<std::string> first;
  if (all) {
    first = difference(engine, expected, oracle.trees_ever());
    finding.kept_unlogged = !first.has_value();
  }
  if (!all || (first.has_value() && promise.clean == CleanStop::Possible)) {
    expected.empty_unlogged_trees();
    first = difference(engine, expected, oracle.trees_ever());
  }
  if (first.has_value()) {
    finding.violation = "after " + count_text(finding.commits) + " of " +
                        std::to_string(promise.least) + ".." + std::to_string(promise.most) + ": " +
                        *first;
  }
  return finding;
}

}  // namespace latchkey::crash
