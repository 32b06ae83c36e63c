#include "storage/random_operations_plan.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/assert.h"

namespace latchkey::storage {
namespace {

using Kind = RandomOperation::Kind;

constexpr std::string_view kKindNames[] = {
    "read",        "update",         "atomic step",   "bulk put", "bulk erase",
    "create tree", "drop tree",      "advance clock", "due",      "sweep",
    "random key",  "checkpoint",     "compare all",   "begin",    "begin statement",
    "get",         "get for update", "put",           "erase",    "scan",
    "open cursor", "step cursor",    "rank",          "select",   "count",
    "savepoint",   "rollback to",    "commit",        "rollback"};
static_assert(std::size(kKindNames) == static_cast<std::size_t>(Kind::Rollback) + 1);

constexpr std::string_view kIsolationNames[] = {"read committed", "repeatable read",
                                                "serializable"};

}  // namespace

std::string describe_bytes(std::string_view bytes) {
  constexpr std::size_t kShown = 40;
  std::string text = "\"";
  for (const char byte : bytes.substr(0, kShown)) {
    if (byte >= ' ' && byte <= '~') {
      text += byte;
    } else {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(byte);
      text += {'\\', 'x', kDigits[code >> 4], kDigits[code & 15]};
    }
  }
  text += '"';
  if (bytes.size() > kShown) text += "..(" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

std::string describe(const RandomOperation& operation) {
  std::string text(kKindNames[static_cast<std::size_t>(operation.kind)]);
  text += " slot=" + std::to_string(operation.slot) + " tree=" + std::to_string(operation.tree) +
          " key=" + describe_bytes(operation.key);
  if (!operation.end.empty()) text += " end=" + describe_bytes(operation.end);
  if (!operation.value.empty()) text += " value=" + describe_bytes(operation.value);
  if (operation.deadline_ms != kNoDeadline) {
    text += " deadline=" + std::to_string(operation.deadline_ms);
  }
  if (operation.record_kind != 0) text += " kind=" + std::to_string(operation.record_kind);
  if (operation.number != 0) text += " number=" + std::to_string(operation.number);
  if (operation.direction == Direction::Backward) text += " backward";
  if (operation.kind == Kind::Begin) {
    text += " " + std::string(kIsolationNames[static_cast<std::size_t>(operation.isolation)]);
  }
  if (!operation.commits) text += " (rolls back)";
  for (const RandomOperation& step : operation.steps) text += "\n      " + describe(step);
  return text;
}

// Short keys of few letters hold every byte that order could get wrong; a few numbered ones are met
// again and again, so that reads find something and writers meet; many make trees deep; long ones
// with a common stem fill pages with few entries.
std::string RandomOperations::key() {
  const std::uint64_t choice = below(100);
  if (choice < 30) {
    constexpr std::string_view kLetters("ab\0\xff\x7f\x80", 6);
    std::string key(below(3), ' ');
    for (char& letter : key) letter = kLetters[below(kLetters.size())];
    return key;
  }
  if (choice < 65) return "key:" + std::to_string(1000 + 20 * below(12));
  if (choice < 90) return "key:" + std::to_string(1000 + below(400));
  if (choice < 97) return std::string(100 + 50 * below(4), 'p') + std::to_string(below(30));
  if (choice < 99) return std::string(4000, 'q') + std::to_string(below(20));
  return std::string(4090 + below(12), 'r');
}

std::string RandomOperations::value() {
  const std::uint64_t choice = below(1000);
  std::size_t bytes = below(40);
  if (choice < 100) bytes = below(1000);
  if (choice < 20) bytes = below(8000);
  if (choice < 4) bytes = below(200'000);
  if (choice < 1) bytes = (std::size_t{1} << 20) + below(3) - 1;
  std::string value(bytes, static_cast<char>('A' + below(26)));
  for (std::size_t at = 0; at < std::min<std::size_t>(bytes, 12); ++at) {
    value[at] = static_cast<char>('a' + below(26));
  }
  return value;
}

void RandomOperations::fill_tree(const RandomState& state, RandomOperation& operation) {
  operation.tree = one_in(2) ? 0 : below(state.tree_is_counted.size());
}

void RandomOperations::fill_write(const RandomState& state, RandomOperation& operation) {
  fill_tree(state, operation);
  operation.key = key();
  operation.value = value();
  operation.record_kind = static_cast<std::uint8_t>(below(kRecordKindMax + 1));
  if (!state.tree_is_counted[operation.tree] && one_in(4)) {
    operation.deadline_ms = state.now_ms - 5 + static_cast<std::int64_t>(below(100));
  }
}

void RandomOperations::fill_range(RandomOperation& operation) {
  if (one_in(2)) operation.key = key();
  if (one_in(2)) operation.end = key();
  // Inverted ranges are rare, since they show little.
  if (operation.end < operation.key && !one_in(10)) std::swap(operation.key, operation.end);
  operation.direction = one_in(2) ? Direction::Forward : Direction::Backward;
  operation.number = one_in(2) ? 1'000'000 : 1 + below(20);
}

RandomOperation RandomOperations::next(const RandomState& state) {
  const std::size_t slot = below(kRandomSlots);
  if (one_in(3)) return alone(state);
  if (state.slots[slot].is_open) return in_slot(state, slot);
  if (!one_in(3)) return alone(state);
  RandomOperation begin;
  begin.kind = Kind::Begin;
  begin.slot = slot;
  begin.isolation = static_cast<Isolation>(below(3));
  return begin;
}

RandomOperation RandomOperations::alone(const RandomState& state) {
  RandomOperation operation;
  const std::uint64_t choice = below(1000);
  const bool any_open = std::any_of(state.slots.begin(), state.slots.end(),
                                    [](const RandomState::Slot& slot) { return slot.is_open; });
  if (choice < 500) {
    operation.kind = Kind::Update;
    fill_write(state, operation);
    operation.number = below(20);
  } else if (choice < 650) {
    operation.kind = Kind::Read;
    fill_tree(state, operation);
    operation.key = key();
  } else if (choice < 800) {
    operation.kind = Kind::AtomicStep;
    operation.commits = !one_in(5);
    for (std::uint64_t count = 1 + below(6); count > 0; --count) {
      operation.steps.push_back(data_step(state));
    }
  } else if (choice < 880) {
    operation.kind = Kind::AdvanceClock;
    operation.number = below(20);
  } else if (choice < 910) {
    operation.kind = one_in(2) ? Kind::Due : Kind::Sweep;
  } else if (choice < 930) {
    operation.kind = Kind::RandomKey;
    fill_tree(state, operation);
  } else if (choice < 950) {
    operation.kind = Kind::CompareAll;
  } else if (choice < 960) {
    operation.kind = Kind::BulkPut;
    fill_write(state, operation);
    operation.value.resize(std::min<std::size_t>(operation.value.size(), 600));
    operation.number = 50 + below(300);
    operation.key = "key:1" + std::to_string(below(10));
  } else if (choice < 970) {
    operation.kind = Kind::BulkErase;
    fill_tree(state, operation);
    operation.key = key();
    operation.number = 50 + below(500);
  } else if (choice < 975) {
    operation.kind = Kind::Checkpoint;
  } else if (!any_open && choice < 990 && state.tree_is_counted.size() < 6) {
    operation.kind = Kind::CreateTree;
    operation.number = below(4);
    operation.commits = !one_in(4);
    operation.key = key();
    operation.value = value();
  } else if (!any_open && state.tree_is_counted.size() > 3) {
    operation.kind = Kind::DropTree;
    fill_tree(state, operation);
    operation.commits = !one_in(4);
  } else {
    operation.kind = Kind::CompareAll;
  }
  return operation;
}

/// A read or write that fits a transaction and an atomic step alike.
RandomOperation RandomOperations::data_step(const RandomState& state) {
  RandomOperation operation;
  const std::uint64_t choice = below(100);
  if (choice < 35) {
    operation.kind = Kind::Put;
    fill_write(state, operation);
    return operation;
  }
  fill_tree(state, operation);
  operation.key = key();
  if (choice < 50) {
    operation.kind = Kind::Erase;
  } else if (choice < 65) {
    operation.kind = Kind::Get;
  } else if (choice < 72) {
    operation.kind = Kind::GetForUpdate;
  } else if (choice < 84) {
    operation.kind = Kind::Scan;
    operation.key.clear();
    fill_range(operation);
  } else if (choice < 88 || !state.tree_is_counted[operation.tree]) {
    operation.kind = Kind::Count;
  } else if (choice < 94) {
    operation.kind = Kind::Rank;
  } else {
    operation.kind = Kind::Select;
    operation.number = one_in(2) ? below(500) : below(10);
  }
  return operation;
}

RandomOperation RandomOperations::in_slot(const RandomState& state, std::size_t slot) {
  const RandomState::Slot& in = state.slots[slot];
  RandomOperation operation;
  const std::uint64_t choice = below(100);
  if (choice < 8) {
    operation.kind = Kind::Commit;
  } else if (choice < 12) {
    operation.kind = Kind::Rollback;
  } else if (choice < 18) {
    operation.kind = Kind::BeginStatement;
  } else if (choice < 24 && in.savepoints < 5) {
    operation.kind = Kind::Savepoint;
  } else if (choice < 28 && in.savepoints > 0) {
    operation.kind = Kind::RollbackTo;
    operation.number = below(in.savepoints);
  } else if (choice < 50 && in.has_cursor) {
    operation.kind = Kind::StepCursor;
    operation.number = 1 + below(10);
  } else if (choice < 36 && in.isolation != Isolation::ReadCommitted) {
    operation.kind = Kind::OpenCursor;
    fill_tree(state, operation);
    fill_range(operation);
  } else {
    operation = data_step(state);
  }
  operation.slot = slot;
  return operation;
}

}  // namespace latchkey::storage
