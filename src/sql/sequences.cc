#include "sql/sequences.h"

#include <fmt/format.h>

#include <cstring>

#include "sql/catalog/catalog_record.h"

namespace latchkey::sql {

namespace {

constexpr char kVersion = 1;
constexpr std::int64_t kReservedAtOnce = 32;

std::string key_of(const Table& sequence) {
  std::string key = catalog_key('q', sequence.oid);
  const auto generation = static_cast<std::uint64_t>(sequence.sequence.generation);
  for (int shift = 56; shift >= 0; shift -= 8)
    key.push_back(static_cast<char>(generation >> shift));
  return key;
}

/// The number behind `last`, or nothing behind the end.
std::optional<std::int64_t> behind(std::int64_t last, const SequenceOptions& options) {
  std::int64_t next = 0;
  if (__builtin_add_overflow(last, options.increment, &next)) return std::nullopt;
  if (next > options.greatest || next < options.least) return std::nullopt;
  return next;
}

Error limit_reached(const Table& sequence) {
  const SequenceOptions& options = sequence.sequence;
  const bool rises = options.increment > 0;
  return Error(ErrorCode::InvalidArgument,
               fmt::format("nextval: reached {} value of sequence \"{}\" ({})",
                           rises ? "maximum" : "minimum", sequence.name,
                           rises ? options.greatest : options.least))
      .with([](ErrorDetails& details) { details.sqlstate = "2200H"; });
}

}  // namespace

Sequences::~Sequences() {
  for (const auto& [key, state] : states_) {
    if (!state->is_loaded || state->place.left == 0) continue;
    // What cannot be given back is skipped, as after a crash.
    (void)write(key, *state, state->place.last, state->place.is_called);
  }
}

std::shared_ptr<Sequences::State> Sequences::state_of(const Table& sequence) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<State>& state = states_[key_of(sequence)];
  if (state == nullptr) state = std::make_shared<State>();
  return state;
}

Result<void> Sequences::load(const Table& sequence, State& state) {
  if (state.is_loaded) return {};
  const std::string key = key_of(sequence);
  Place place{sequence.sequence.first, 0, sequence.sequence.first_is_used};
  bool is_corrupt = false;
  const auto look = [&](const storage::RecordView& record) {
    constexpr std::size_t kBytes = 10;
    is_corrupt = record.value.size() != kBytes || record.value[0] != kVersion;
    if (is_corrupt) return;
    std::memcpy(&place.last, record.value.data() + 1, sizeof place.last);
    place.is_called = record.value[kBytes - 1] != 0;
  };
  LK_TRY(const bool found,
         engine_.read(engine_.key_ref(storage::Engine::kCatalogTree, key), engine_.now_ms(), look));
  if (found && is_corrupt) {
    return Error(ErrorCode::Corruption, "the place of a sequence does not decode");
  }
  state.place = place;
  state.is_loaded = true;
  return {};
}

Result<void> Sequences::write(Bytes key, State& state, std::int64_t last, bool is_called) {
  std::string record = {kVersion};
  record.append(reinterpret_cast<const char*>(&last), sizeof last);
  record.push_back(is_called ? 1 : 0);
  LK_TRY(state.reserved,
         engine_.update(engine_.key_ref(storage::Engine::kCatalogTree, key), engine_.now_ms(),
                        [&](const storage::RecordView*,
                            const storage::RecordView*) -> Result<storage::Decision> {
                          return storage::Decision::put({.value = record});
                        }));
  return {};
}

Result<Sequences::Next> Sequences::next(const Table& sequence) {
  const std::shared_ptr<State> state = state_of(sequence);
  const std::lock_guard lock(state->mutex);
  LK_CHECK(load(sequence, *state));
  const SequenceOptions& options = sequence.sequence;
  Place& place = state->place;
  std::int64_t value = place.last;
  if (place.is_called) {
    const std::optional<std::int64_t> next = behind(place.last, options);
    if (!next.has_value() && !options.cycles) return limit_reached(sequence);
    value = next.value_or(options.increment > 0 ? options.least : options.greatest);
    // What lies behind the turn was not reserved.
    if (!next.has_value()) place.left = 0;
  }
  if (place.left == 0 || state->increment != options.increment || !place.is_called) {
    std::int64_t last = value;
    std::int64_t count = 0;
    for (; count < kReservedAtOnce; ++count) {
      const std::optional<std::int64_t> more = behind(last, options);
      if (!more.has_value()) break;
      last = *more;
    }
    LK_CHECK(write(key_of(sequence), *state, last, true));
    // One more than is there: this number itself.
    place.left = count + 1;
    state->increment = options.increment;
  }
  --place.left;
  place.last = value;
  place.is_called = true;
  return Next{value, state->reserved};
}

Result<storage::Lsn> Sequences::set(const Table& sequence, std::int64_t value, bool is_called) {
  const SequenceOptions& options = sequence.sequence;
  if (value < options.least || value > options.greatest) {
    return Error(ErrorCode::NumberOverflow,
                 fmt::format("setval: value {} is out of bounds for sequence \"{}\" ({}..{})",
                             value, sequence.name, options.least, options.greatest));
  }
  const std::shared_ptr<State> state = state_of(sequence);
  const std::lock_guard lock(state->mutex);
  LK_CHECK(load(sequence, *state));
  LK_CHECK(write(key_of(sequence), *state, value, is_called));
  state->place = {value, 0, is_called};
  return state->reserved;
}

Result<Sequences::Place> Sequences::place(const Table& sequence) {
  const std::shared_ptr<State> state = state_of(sequence);
  const std::lock_guard lock(state->mutex);
  LK_CHECK(load(sequence, *state));
  return state->place;
}

bool Sequences::belongs(Bytes key, const Catalog& catalog) {
  for (const auto& [oid, table] : catalog.tables()) {
    if (table->kind == TableKind::Sequence && key == key_of(*table)) return true;
  }
  return false;
}

}  // namespace latchkey::sql
