#include "tests/crash/oracle.h"

#include <algorithm>
#include <set>

#include "base/assert.h"

namespace latchkey::crash {

namespace {

using namespace storage;

std::string short_text(Bytes bytes) {
  constexpr std::size_t kShown = 24;
  std::string out = "\"" + std::string(bytes.substr(0, kShown)) + "\"";
  if (bytes.size() > kShown) out += ".. (" + std::to_string(bytes.size()) + " bytes)";
  return out;
}

std::string text(const ModelRecord& record) {
  return short_text(*record.value) + " version " + std::to_string(value_of(record.version)) +
         " deadline " + std::to_string(record.deadline_ms) + " kind " + std::to_string(record.kind);
}

ModelRecord copy_of(const RecordView& record) {
  return {std::make_shared<const std::string>(record.value), record.version, record.deadline_ms,
          record.kind};
}

bool same(const ModelRecord& wanted, const RecordView& found) {
  return *wanted.value == found.value && wanted.version == found.version &&
         wanted.deadline_ms == found.deadline_ms && wanted.kind == found.kind;
}

using Records = std::map<std::string, ModelRecord>;

/// Records in key order, as they exist at `now_ms`.
Records live_at(const Records& records, std::int64_t now_ms) {
  Records out;
  for (const auto& [key, record] : records) {
    if (record.deadline_ms == kNoDeadline || record.deadline_ms > now_ms) out.emplace(key, record);
  }
  return out;
}

std::optional<std::string> records_difference(Transaction& transaction, TreeId tree,
                                              const Records& wanted) {
  const std::string where = "tree " + std::to_string(value_of(tree)) + ": ";
  const auto cursor = transaction.scan(tree, {}, Direction::Forward);
  auto next = wanted.begin();
  for (;;) {
    const Result<bool> more = cursor->next();
    if (!more) return where + "the walk fails: " + more.error().message();
    if (!*more) break;
    if (next == wanted.end() || cursor->key() < next->first) {
      return where + "there is a key too many: " + short_text(cursor->key()) + " = " +
             text(copy_of(cursor->record()));
    }
    if (cursor->key() > next->first) break;
    if (!same(next->second, cursor->record())) {
      return where + "key " + short_text(next->first) + " is " + text(copy_of(cursor->record())) +
             ", not " + text(next->second);
    }
    ++next;
  }
  if (next != wanted.end()) {
    return where + "key " + short_text(next->first) + " = " + text(next->second) + " is missing";
  }
  const Result<std::uint64_t> count = transaction.count(tree);
  if (!count || *count != wanted.size()) {
    return where + "it counts " + std::to_string(count.value_or(0)) + " records, not " +
           std::to_string(wanted.size());
  }
  return std::nullopt;
}

std::optional<std::string> rank_difference(Transaction& transaction, TreeId tree,
                                           const Records& wanted) {
  const std::string where = "counted tree " + std::to_string(value_of(tree)) + ": ";
  std::uint64_t index = 0;
  for (const auto& [key, record] : wanted) {
    const Result<std::uint64_t> rank = transaction.rank(tree, key);
    if (!rank || *rank != index) {
      return where + "the rank of " + short_text(key) + " is " + std::to_string(rank.value_or(0)) +
             ", not " + std::to_string(index);
    }
    const auto selected = transaction.select(tree, index);
    if (!selected || *selected != key)
      return where + "select(" + std::to_string(index) + ") is not " + short_text(key);
    ++index;
  }
  const auto past = transaction.select(tree, index);
  if (!past || past->has_value()) return where + "select finds a key past the end";
  return std::nullopt;
}

/// Single reads go another way than walks: through the directory of hints.
std::optional<std::string> read_difference(Engine& engine, TreeId tree, const Records& wanted,
                                           std::int64_t now_ms) {
  for (const auto& [key, record] : wanted) {
    std::optional<bool> is_same;
    const Result<bool> found = engine.read(engine.key_ref(tree, key), now_ms,
                                           [&, wanted_record = &record](const RecordView& view) {
                                             is_same = same(*wanted_record, view);
                                           });
    if (!found || !*found || is_same != true) {
      return "tree " + std::to_string(value_of(tree)) + ": a single read of " + short_text(key) +
             " does not give " + text(record);
    }
  }
  return std::nullopt;
}

std::optional<std::string> deadline_difference(Engine& engine, const ModelState& expected) {
  std::set<std::tuple<std::int64_t, TreeId, std::string>> wanted;
  for (const auto& [id, tree] : expected.trees) {
    for (const auto& [key, record] : tree.records) {
      if (record.deadline_ms != kNoDeadline) wanted.emplace(record.deadline_ms, id, key);
    }
  }
  const std::vector<DueRecord> found = engine.due_records(INT64_MAX, wanted.size() + 1);
  if (found.size() != wanted.size()) {
    return std::to_string(found.size()) + " deadlines, not " + std::to_string(wanted.size());
  }
  auto next = wanted.begin();
  for (const DueRecord& due : found) {
    if (*next != std::tuple(due.deadline_ms, due.tree, due.key)) {
      return "a deadline of " + std::to_string(due.deadline_ms) + " for " + short_text(due.key) +
             ", expected " + std::to_string(std::get<0>(*next)) + " for " +
             short_text(std::get<2>(*next));
    }
    ++next;
  }
  return std::nullopt;
}

}  // namespace

Change Change::put(TreeId tree, std::string key, std::string value, std::int64_t deadline_ms,
                   std::uint8_t kind) {
  Change change;
  change.kind = Kind::Put;
  change.tree = tree;
  change.key = std::move(key);
  change.value = std::make_shared<const std::string>(std::move(value));
  change.deadline_ms = deadline_ms;
  change.record_kind = kind;
  return change;
}

Change Change::erase(TreeId tree, std::string key) {
  Change change;
  change.kind = Kind::Erase;
  change.tree = tree;
  change.key = std::move(key);
  return change;
}

void ModelState::apply(const Change& change, Lsn version) {
  switch (change.kind) {
    case Change::Kind::CreateTree:
      trees[change.tree].options = change.options;
      return;
    case Change::Kind::DropTree:
      trees.erase(change.tree);
      return;
    case Change::Kind::Put:
      trees.at(change.tree).records[change.key] = {change.value, version, change.deadline_ms,
                                                   change.record_kind};
      return;
    case Change::Kind::Erase:
      trees.at(change.tree).records.erase(change.key);
      return;
  }
}

void ModelState::empty_unlogged_trees() {
  for (auto& [id, tree] : trees) {
    if (!tree.options.logged) tree.records.clear();
  }
}

bool ModelState::has_unlogged_records() const {
  return std::any_of(trees.begin(), trees.end(), [](const auto& entry) {
    return !entry.second.options.logged && !entry.second.records.empty();
  });
}

void Oracle::declare(std::vector<Change> changes) {
  LK_ASSERT(commits_.empty() || commits_.back().version.has_value());
  commits_.push_back({std::nullopt, std::move(changes)});
}

void Oracle::confirm(Lsn version) {
  LK_ASSERT(!commits_.empty() && !commits_.back().version.has_value());
  commits_.back().version = version;
}

void Oracle::withdraw() {
  LK_ASSERT(!commits_.empty() && !commits_.back().version.has_value());
  commits_.pop_back();
}

std::size_t Oracle::count_up_to(Lsn lsn) const {
  std::size_t count = 0;
  while (count < commits_.size() && commits_[count].version.has_value() &&
         *commits_[count].version <= lsn)
    ++count;
  return count;
}

Lsn Oracle::last_version() const {
  for (std::size_t i = commits_.size(); i-- > 0;) {
    if (commits_[i].version.has_value()) return *commits_[i].version;
  }
  return Lsn{0};
}

const ModelState& Oracle::state(std::size_t count) const {
  LK_ASSERT(count <= commits_.size());
  while (states_.size() <= count) {
    const Commit& commit = commits_[states_.size() - 1];
    LK_ASSERT(commit.version.has_value());
    ModelState next = states_.back();
    for (const Change& change : commit.changes) next.apply(change, *commit.version);
    states_.push_back(std::move(next));
  }
  return states_[count];
}

std::vector<TreeId> Oracle::trees_ever() const {
  std::set<TreeId> out;
  for (const auto& [id, tree] : states_.front().trees) out.insert(id);
  for (const Commit& commit : commits_) {
    for (const Change& change : commit.changes) out.insert(change.tree);
  }
  return {out.begin(), out.end()};
}

std::optional<std::string> difference(Engine& engine, const ModelState& expected,
                                      const std::vector<TreeId>& trees_ever) {
  const auto transaction = engine.begin(Isolation::ReadCommitted);
  const std::int64_t now_ms = transaction->now_ms();
  if (engine.stats().trees != expected.trees.size()) {
    return std::to_string(engine.stats().trees) + " trees, not " +
           std::to_string(expected.trees.size());
  }
  for (const TreeId id : trees_ever) {
    // Nothing is dropped: the transaction is rolled back. It only says whether the tree is there.
    const std::size_t before = transaction->savepoint();
    const bool is_there = transaction->drop_tree(id).has_value();
    transaction->rollback_to(before);
    if (is_there != expected.trees.contains(id)) {
      return "tree " + std::to_string(value_of(id)) +
             (is_there ? " should not be there" : " is missing");
    }
  }
  for (const auto& [id, tree] : expected.trees) {
    const Records live = live_at(tree.records, now_ms);
    if (auto found = records_difference(*transaction, id, live)) return found;
    if (tree.options.counted) {
      if (auto found = rank_difference(*transaction, id, live)) return found;
    }
    if (auto found = read_difference(engine, id, live, now_ms)) return found;
  }
  return deadline_difference(engine, expected);
}

}  // namespace latchkey::crash
