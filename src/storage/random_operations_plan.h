#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "env/simulated.h"
#include "storage/types.h"

namespace latchkey::storage {

/// How many transactions may be open at a time.
inline constexpr std::size_t kRandomSlots = 4;

/// One random operation, as data, so that it can be done twice and printed.
struct RandomOperation {
  enum class Kind : std::uint8_t {
    // By themselves.
    Read,
    Update,
    AtomicStep,  // over `steps`
    BulkPut,     // `number` keys that follow each other, in one atomic step
    BulkErase,   // up to `number` keys from `key` on, in one transaction
    CreateTree,
    DropTree,
    AdvanceClock,
    Due,
    Sweep,
    RandomKey,
    Checkpoint,
    CompareAll,
    // In the transaction of `slot`, or as a step of an AtomicStep.
    Begin,
    BeginStatement,
    Get,
    GetForUpdate,
    Put,
    Erase,
    Scan,  // `number` records at most
    OpenCursor,
    StepCursor,
    Rank,
    Select,
    Count,
    Savepoint,
    RollbackTo,
    Commit,
    Rollback,
  };
  Kind kind = Kind::Read;
  std::size_t slot = 0;
  std::size_t tree = 0;  // in the list of trees that exist
  std::string key;
  std::string end;
  std::string value;
  std::int64_t deadline_ms = kNoDeadline;
  std::uint8_t record_kind = 0;
  std::uint64_t number = 0;
  Direction direction = Direction::Forward;
  Isolation isolation = Isolation::ReadCommitted;
  bool commits = true;  // an AtomicStep, CreateTree or DropTree that is rolled back is one too
  std::vector<RandomOperation> steps;
};

/// One line that names the operation and its arguments, with bytes escaped and long ones cut.
std::string describe(const RandomOperation& operation);
std::string describe_bytes(std::string_view bytes);

/// What the generator must know of the state that earlier operations led to.
struct RandomState {
  std::vector<bool> tree_is_counted;
  struct Slot {
    bool is_open = false;
    bool has_cursor = false;
    std::size_t savepoints = 0;
    Isolation isolation = Isolation::ReadCommitted;
  };
  std::array<Slot, kRandomSlots> slots;
  std::int64_t now_ms = 0;
};

/// Makes operations that the contract allows in a given state.
class RandomOperations {
 public:
  explicit RandomOperations(std::uint64_t seed) : random_(seed) {}

  RandomOperation next(const RandomState& state);

 private:
  std::uint64_t below(std::uint64_t bound) { return env::below(random_, bound); }
  bool one_in(std::uint64_t count) { return env::one_in(random_, count); }

  std::string key();
  std::string value();
  void fill_write(const RandomState& state, RandomOperation& operation);
  void fill_range(RandomOperation& operation);
  void fill_tree(const RandomState& state, RandomOperation& operation);
  RandomOperation alone(const RandomState& state);
  RandomOperation in_slot(const RandomState& state, std::size_t slot);
  RandomOperation data_step(const RandomState& state);

  env::SimulatedRandom random_;
};

}  // namespace latchkey::storage
