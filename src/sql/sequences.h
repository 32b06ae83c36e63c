#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "latchkey/result.h"
#include "sql/catalog/catalog.h"
#include "storage/engine.h"

namespace latchkey::sql {

/// Where the sequences stand: outside of transactions, for all sessions.
///
/// Numbers are reserved on disk some at a time: a record tells the last that may have been given.
/// A crash skips the rest, and gives none twice as long as nobody tells of a number before its
/// reservation is stable.
///
///   key:   "sql/q" number of the sequence (4, big-endian) generation (8, big-endian)
///   value: version (1) last (8, little-endian) is_called (1)
///
/// Threads:   any.
/// Ownership: borrows the engine.
/// Errors:    the engine's, and what PostgreSQL has for each.
class Sequences {
 public:
  explicit Sequences(storage::Engine& engine) : engine_(engine) {}
  /// Gives back what was reserved and is left, so that only a crash skips numbers.
  ~Sequences();
  Sequences(const Sequences&) = delete;
  Sequences& operator=(const Sequences&) = delete;

  /// A number, and the write that must be stable before it is told to anyone.
  struct Next {
    std::int64_t value = 0;
    storage::Lsn reserved{};
  };
  Result<Next> next(const Table& sequence);
  /// Returns the write that must be stable before anyone is told.
  Result<storage::Lsn> set(const Table& sequence, std::int64_t value, bool is_called);

  struct Place {
    std::int64_t last = 0;
    std::int64_t left = 0;  ///< numbers that are reserved and were not given
    bool is_called = false;
  };
  Result<Place> place(const Table& sequence);

  /// Whether a record of the catalog tree belongs to one of these sequences.
  static bool belongs(Bytes key, const Catalog& catalog);

 private:
  struct State {
    std::mutex mutex;
    bool is_loaded = false;
    Place place;
    std::int64_t increment = 0;  ///< of the numbers that are reserved
    storage::Lsn reserved{};
  };
  std::shared_ptr<State> state_of(const Table& sequence);
  Result<void> load(const Table& sequence, State& state);
  Result<void> write(Bytes key, State& state, std::int64_t last, bool is_called);

  storage::Engine& engine_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<State>> states_;
};

}  // namespace latchkey::sql
