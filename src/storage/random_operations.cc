#include "storage/random_operations.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/hash.h"
#include "storage/random_operations_plan.h"

namespace latchkey::storage {
namespace {

using Kind = RandomOperation::Kind;

constexpr std::size_t kDueLimit = 100'000;

/// Does random operations on one engine and tells in words what it answered. Two engines that keep
/// the contract give the same words: what may differ (tree ids, versions, ids of transactions) is
/// named by the operation that made it.
class Player {
 public:
  explicit Player(Engine& engine) : engine_(engine) {
    for (const TreeOptions& options :
         {TreeOptions{}, TreeOptions{.counted = false, .hashed = false, .logged = true},
          TreeOptions{.counted = true, .hashed = false, .logged = true}}) {
      const auto txn = engine_.begin(Isolation::ReadCommitted);
      trees_.push_back({txn->create_tree(options).value(), options.counted});
      LK_ASSERT(txn->commit().has_value());
    }
  }

  std::string apply(const RandomOperation& operation, std::size_t number) {
    operation_number_ = number;
    switch (operation.kind) {
      case Kind::Read:
        return read(operation);
      case Kind::Update:
        return update(operation);
      case Kind::AtomicStep:
        return atomic_step(operation);
      case Kind::BulkPut:
        return bulk_put(operation);
      case Kind::BulkErase:
        return bulk_erase(operation);
      case Kind::CreateTree:
        return create_tree(operation);
      case Kind::DropTree:
        return drop_tree(operation);
      case Kind::AdvanceClock:
        return std::to_string(engine_.now_ms());
      case Kind::Due:
        return due();
      case Kind::Sweep:
        return sweep();
      case Kind::RandomKey:
        return random_key(operation);
      case Kind::Checkpoint:
        return words(engine_.checkpoint());
      case Kind::CompareAll:
        return everything();
      default:
        return in_slot(operation);
    }
  }

  void fill(RandomState& state) const {
    state.tree_is_counted.clear();
    for (const Tree& tree : trees_) state.tree_is_counted.push_back(tree.is_counted);
    for (std::size_t at = 0; at < kRandomSlots; ++at) {
      const Slot& slot = slots_[at];
      state.slots[at] = {slot.txn != nullptr, slot.cursor != nullptr, slot.savepoints.size(),
                         slot.isolation};
    }
  }

 private:
  struct Tree {
    TreeId id;
    bool is_counted;
  };
  struct Slot {
    std::unique_ptr<Transaction> txn;
    std::unique_ptr<Cursor> cursor;
    std::vector<std::size_t> savepoints;
    Isolation isolation = Isolation::ReadCommitted;

    void end() {
      cursor.reset();
      txn.reset();
      savepoints.clear();
    }
  };

  static std::string words(const Error& error) {
    return std::string("error ") + std::string(error_class(error.code()).name);
  }
  static std::string words(const Result<void>& result) {
    return result.has_value() ? "ok" : words(result.error());
  }
  static std::string words(const Result<bool>& result) {
    return result.has_value() ? (result.value() ? "yes" : "no") : words(result.error());
  }
  static std::string words(const Result<std::uint64_t>& result) {
    return result.has_value() ? std::to_string(result.value()) : words(result.error());
  }

  std::string words(const RecordView& record) const {
    const auto version = versions_.find(record.version);
    return describe_bytes(record.value.substr(0, 16)) + "#" +
           std::to_string(hash_bytes(record.value) % 100'000) + " " +
           std::to_string(record.value.size()) + " bytes kind " + std::to_string(record.kind) +
           " deadline " + std::to_string(record.deadline_ms) + " by " +
           (version == versions_.end() ? "itself" : std::to_string(version->second));
  }

  /// Remembers which operation wrote `version`.
  std::string words(const Result<Lsn>& result) {
    if (!result.has_value()) return words(result.error());
    const Lsn version = result.value();
    if (version == Lsn{0}) return "nothing written";
    if (version <= last_version_) return "a version that does not grow";
    if (version > engine_.appended_lsn()) return "a version that was not appended";
    last_version_ = version;
    versions_[version] = operation_number_;
    return "written";
  }

  std::string read(const RandomOperation& operation) {
    std::string text;
    const auto found =
        engine_.read(engine_.key_ref(trees_[operation.tree].id, operation.key), engine_.now_ms(),
                     [&](const RecordView& record) { text = words(record); });
    return words(found) + " " + text;
  }

  std::string update(const RandomOperation& operation) {
    std::string text;
    std::string appended;
    const auto decide = [&](const RecordView* live, const RecordView* expired) -> Result<Decision> {
      text = " live " + (live == nullptr ? "none" : words(*live)) + " expired " +
             (expired == nullptr ? "none" : words(*expired));
      switch (operation.number) {
        case 0:
          return Error(ErrorCode::NotANumber);
        case 1:
        case 2:
          return Decision::keep();
        case 3:
        case 4:
        case 5:
          return Decision::erase();
        case 6:  // what a counter or APPEND does: the value depends on the one before
          appended = (live == nullptr ? "" : std::string(live->value.substr(0, 100))) + "+";
          return Decision::put(
              {appended, live == nullptr ? kNoDeadline : live->deadline_ms, operation.record_kind});
        default:
          return Decision::put({operation.value, operation.deadline_ms, operation.record_kind});
      }
    };
    RowLockWait wait;
    const auto outcome = engine_.update(engine_.key_ref(trees_[operation.tree].id, operation.key),
                                        engine_.now_ms(), decide, &wait);
    if (!outcome.has_value() && outcome.error().code() == ErrorCode::RowLocked) {
      text += " waits for " + describe_bytes(wait.key);
    }
    return words(outcome) + text;
  }

  std::string atomic_step(const RandomOperation& operation) {
    std::vector<KeyRef> keys;
    for (const RandomOperation& step : operation.steps) {
      keys.push_back(engine_.key_ref(trees_[step.tree].id, step.key));
    }
    const auto txn = operation.steps.size() == 5
                         ? engine_.begin_atomic_on_everything(engine_.now_ms())
                         : engine_.begin_atomic(keys, engine_.now_ms());
    std::string text;
    for (const RandomOperation& step : operation.steps) {
      bool failed = false;
      text += data_step(*txn, step, failed) + "; ";
      if (failed) return text;
    }
    if (operation.commits) text += commit(*txn);
    return text;
  }

  // Whether a transaction that only erased what was not there has a version is open.
  std::string commit(Transaction& txn) {
    const std::string text = words(txn.commit());
    return text == "written" || text == "nothing written" ? "ok" : text;
  }

  std::string bulk_put(const RandomOperation& operation) {
    const auto txn = engine_.begin_atomic_on_everything(engine_.now_ms());
    for (std::uint64_t count = 0; count < operation.number; ++count) {
      const std::string key = operation.key + std::to_string(100 + count);
      const auto outcome =
          txn->put(trees_[operation.tree].id, key,
                   {operation.value, operation.deadline_ms, operation.record_kind});
      if (!outcome.has_value()) return words(outcome) + " at " + key;
    }
    return commit(*txn);
  }

  std::string bulk_erase(const RandomOperation& operation) {
    const TreeId tree = trees_[operation.tree].id;
    const auto txn = engine_.begin(Isolation::ReadCommitted);
    std::vector<std::string> keys;
    const auto cursor = txn->scan(tree, {operation.key, ""}, Direction::Forward);
    while (keys.size() < operation.number) {
      const auto step = cursor->next();
      if (!step.has_value()) return words(step);
      if (!step.value()) break;
      keys.emplace_back(cursor->key());
    }
    for (const std::string& key : keys) {
      const auto outcome = txn->erase(tree, key);
      if (!outcome.has_value()) return words(outcome) + " at " + describe_bytes(key);
    }
    return std::to_string(keys.size()) + " erased " + commit(*txn);
  }

  std::string create_tree(const RandomOperation& operation) {
    const bool counted = operation.number == 0;
    const TreeOptions options{counted, !counted && operation.number != 1, operation.number != 2};
    const auto txn = engine_.begin(Isolation::ReadCommitted);
    const auto tree = txn->create_tree(options);
    if (!tree.has_value()) return words(tree.error());
    std::string text = words(txn->put(tree.value(), operation.key, {operation.value, 0, 0}));
    text += " " + words(txn->count(tree.value()));
    if (!operation.commits) return text;
    text += " " + commit(*txn);
    trees_.push_back({tree.value(), counted});
    return text;
  }

  std::string drop_tree(const RandomOperation& operation) {
    const Tree tree = trees_[operation.tree];
    const auto txn = engine_.begin_atomic_on_everything(engine_.now_ms());
    std::string text = words(txn->drop_tree(tree.id)) + " " + words(txn->count(tree.id));
    if (!operation.commits) return text;
    any_tree_dropped_ = true;
    trees_.erase(trees_.begin() + static_cast<std::ptrdiff_t>(operation.tree));
    return text + " " + commit(*txn);
  }

  /// Due records of trees that exist, by name; ties have no order, and what a dropped tree leaves
  /// behind is the engine's own affair.
  std::vector<std::pair<std::string, DueRecord>> due_by_name() {
    std::vector<std::pair<std::string, DueRecord>> named;
    std::int64_t last = 0;
    for (DueRecord& record : engine_.due_records(engine_.now_ms(), kDueLimit)) {
      if (record.deadline_ms < last) return {{"out of order", std::move(record)}};
      last = record.deadline_ms;
      const auto tree = std::find_if(trees_.begin(), trees_.end(),
                                     [&](const Tree& each) { return each.id == record.tree; });
      if (tree == trees_.end()) continue;
      std::string name = std::to_string(record.deadline_ms) + " tree " +
                         std::to_string(tree - trees_.begin()) + " " + describe_bytes(record.key) +
                         " " + std::to_string(hash_bytes(record.key) % 100'000);
      named.emplace_back(std::move(name), std::move(record));
    }
    std::sort(named.begin(), named.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    return named;
  }

  std::string due() {
    std::string text;
    for (const auto& [name, record] : due_by_name()) text += name + "; ";
    if (any_tree_dropped_) return text;
    const auto next = engine_.next_deadline_ms();
    return text + "next " + (next ? std::to_string(*next) : "none");
  }

  std::string sweep() {
    std::string text;
    for (const auto& [name, record] : due_by_name()) {
      const auto outcome = engine_.update(
          engine_.key_ref(record.tree, record.key), engine_.now_ms(),
          [&](const RecordView* live, const RecordView* expired) -> Result<Decision> {
            return live == nullptr && expired != nullptr ? Decision::erase() : Decision::keep();
          });
      text += name + " " + words(outcome) + "; ";
    }
    return text;
  }

  std::string random_key(const RandomOperation& operation) {
    const TreeId tree = trees_[operation.tree].id;
    const auto key = engine_.random_key(tree, engine_.now_ms());
    if (!key.has_value()) return words(key.error());
    if (!key.value()) return "none";
    return words(engine_.read(engine_.key_ref(tree, *key.value()), engine_.now_ms(),
                              [](const RecordView&) {}));
  }

  std::string everything() {
    std::string text;
    const auto txn = engine_.begin(Isolation::ReadCommitted);
    for (std::size_t at = 0; at < trees_.size(); ++at) {
      text += "tree " + std::to_string(at) + ": " + words(txn->count(trees_[at].id)) + " ";
      for (const Direction direction : {Direction::Forward, Direction::Backward}) {
        text += scan(*txn, trees_[at].id, {}, direction, ~std::uint64_t{0});
      }
    }
    return text;
  }

  std::string scan(Transaction& txn, TreeId tree, const KeyRange& range, Direction direction,
                   std::uint64_t limit) {
    const auto cursor = txn.scan(tree, range, direction);
    return walk(*cursor, limit);
  }

  std::string walk(Cursor& cursor, std::uint64_t limit) {
    std::string text;
    for (; limit > 0; --limit) {
      const auto step = cursor.next();
      if (!step.has_value()) return text + words(step);
      if (!step.value()) return text + "end";
      text += describe_bytes(cursor.key()) + "#" +
              std::to_string(hash_bytes(cursor.key()) % 100'000) + "=" + words(cursor.record()) +
              "; ";
    }
    return text;
  }

  /// `failed` tells that the transaction must go back.
  std::string data_step(Transaction& txn, const RandomOperation& step, bool& failed) {
    const TreeId tree = trees_[step.tree].id;
    std::string text;
    const auto show = [&](const RecordView& record) { text = " " + words(record); };
    std::string outcome;
    switch (step.kind) {
      case Kind::Get:
        outcome = words(txn.read(tree, step.key, show));
        break;
      case Kind::GetForUpdate:
        outcome = words(txn.read_for_update(tree, step.key, show));
        break;
      case Kind::Put:
        outcome = words(txn.put(tree, step.key, {step.value, step.deadline_ms, step.record_kind}));
        break;
      case Kind::Erase:
        outcome = words(txn.erase(tree, step.key));
        break;
      case Kind::Scan:
        outcome = scan(txn, tree, {step.key, step.end}, step.direction, step.number);
        break;
      case Kind::Rank:
        outcome = words(txn.rank(tree, step.key));
        break;
      case Kind::Select: {
        const auto key = txn.select(tree, step.number);
        outcome = !key.has_value()          ? words(key.error())
                  : key.value().has_value() ? describe_bytes(*key.value())
                                            : "none";
        break;
      }
      case Kind::Count:
        outcome = words(txn.count(tree));
        break;
      default:
        LK_ASSERT(false && "not a step on data");
    }
    failed = outcome == "error RowLocked" || outcome == "error WriteConflict" ||
             outcome == "error Deadlock" || outcome == "error SnapshotTooOld";
    if (outcome == "error RowLocked") text += " waits for " + describe_bytes(txn.blocked_on()->key);
    return outcome + text;
  }

  std::string in_slot(const RandomOperation& operation) {
    Slot& slot = slots_[operation.slot];
    switch (operation.kind) {
      case Kind::Begin:
        slot.txn = engine_.begin(operation.isolation);
        slot.isolation = operation.isolation;
        return std::to_string(slot.txn->now_ms());
      case Kind::BeginStatement:
        slot.txn->begin_statement();
        return "ok";
      case Kind::OpenCursor:
        slot.cursor = slot.txn->scan(trees_[operation.tree].id, {operation.key, operation.end},
                                     operation.direction);
        return "ok";
      case Kind::StepCursor:
        return walk(*slot.cursor, operation.number);
      case Kind::Savepoint:
        slot.savepoints.push_back(slot.txn->savepoint());
        return "ok";
      case Kind::RollbackTo:
        slot.cursor.reset();
        slot.txn->rollback_to(slot.savepoints[operation.number]);
        slot.savepoints.resize(operation.number + 1);
        return "ok";
      case Kind::Commit: {
        slot.cursor.reset();
        const std::string text = commit(*slot.txn);
        slot.end();
        return text;
      }
      case Kind::Rollback:
        slot.end();
        return "ok";
      default:
        return data_step_in(slot, operation);
    }
  }

  std::string data_step_in(Slot& slot, const RandomOperation& operation) {
    // Whether a cursor meets what its transaction writes is open.
    if (operation.kind == Kind::Put || operation.kind == Kind::Erase) slot.cursor.reset();
    bool failed = false;
    std::string text = data_step(*slot.txn, operation, failed);
    if (!failed) return text;
    slot.cursor.reset();
    if (!slot.savepoints.empty() && text.starts_with("error RowLocked")) {
      slot.txn->rollback_to(slot.savepoints.back());
    } else {
      slot.end();
    }
    return text;
  }

  Engine& engine_;
  std::vector<Tree> trees_;
  std::array<Slot, kRandomSlots> slots_;
  std::map<Lsn, std::size_t> versions_;
  Lsn last_version_{};
  std::size_t operation_number_ = 0;
  bool any_tree_dropped_ = false;
};

std::string around(const std::string& text, std::size_t place) {
  const std::size_t begin = place < 200 ? 0 : place - 200;
  return (begin == 0 ? "" : "...") + text.substr(begin, 500) +
         (text.size() > begin + 500 ? "..." : "");
}

std::string report(const std::deque<std::string>& history, const std::string& expected,
                   const std::string& found) {
  std::string text = "the engines disagree\n";
  for (const std::string& line : history) text += "    " + line + "\n";
  const std::size_t place = static_cast<std::size_t>(
      std::mismatch(expected.begin(), expected.end(), found.begin(), found.end()).first -
      expected.begin());
  text += "  the reference: " + around(expected, place) + "\n";
  text += "  the subject:   " + around(found, place);
  return text;
}

}  // namespace

std::optional<std::string> first_difference(Engine& reference, Engine& subject,
                                            env::SimulatedClock& clock,
                                            const RandomOperationsOptions& options) {
  constexpr std::size_t kHistoryShown = 25;
  RandomOperations operations(options.seed);
  Player expected_player(reference);
  Player player(subject);
  std::deque<std::string> history;
  for (std::size_t number = 1; number <= options.operation_count; ++number) {
    RandomState state;
    state.now_ms = clock.wall_ms();
    expected_player.fill(state);
    RandomOperation operation = operations.next(state);
    if (number == options.operation_count) {
      operation = RandomOperation();
      operation.kind = Kind::CompareAll;
    }
    if (operation.kind == Kind::AdvanceClock) {
      clock.advance_ms(static_cast<std::int64_t>(operation.number));
    }
    history.push_back(std::to_string(number) + ": " + describe(operation));
    if (history.size() > kHistoryShown) history.pop_front();

    // The subject goes first, so that the reference can follow a refusal that is allowed.
    const std::string found = player.apply(operation, number);
    const bool is_refused = operation.kind == Kind::Commit && found == "error WriteConflict" &&
                            state.slots[operation.slot].isolation == Isolation::Serializable;
    if (is_refused) {
      RandomOperation rollback = operation;
      rollback.kind = Kind::Rollback;
      expected_player.apply(rollback, number);
      continue;
    }
    const std::string expected = expected_player.apply(operation, number);
    if (expected != found) return report(history, expected, found);
  }
  return std::nullopt;
}

}  // namespace latchkey::storage
