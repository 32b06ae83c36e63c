#include "tests/crash/workloads.h"

#include <algorithm>

namespace latchkey::crash {

using namespace storage;

namespace {

constexpr TreeId kCatalog = Engine::kCatalogTree;
constexpr std::int64_t kStartMs = 1'700'000'000'000;

std::string key_of(Session& session, std::uint64_t keys) {
  return "key:" + std::to_string(session.draw(keys));
}

std::string value_of_length(Session& session, std::uint64_t length) {
  std::string out = std::to_string(session.draw(1'000'000)) + ":";
  while (out.size() < length) out += static_cast<char>('a' + out.size() * 7 % 26);
  return out;
}

std::string small_value(Session& session) { return value_of_length(session, session.draw(40)); }

void sometimes_acknowledge(Session& session, std::uint64_t one_in) {
  if (session.draw(one_in) == 0) session.acknowledge();
}

Result<void> reopen_after_kill(Session& session) {
  session.kill();
  return session.open();
}

Result<void> reopen_after_close(Session& session) {
  LK_CHECK(session.close());
  return session.open();
}

Result<void> single_writes(Session& session) {
  for (int i = 0; i < 20; ++i) {
    LK_CHECK(session.put(kCatalog, key_of(session, 50), small_value(session), kNoDeadline,
                         static_cast<std::uint8_t>(session.draw(kRecordKindMax + 1))));
    session.acknowledge();
  }
  return {};
}

Result<void> grouped_writes(Session& session) {
  for (int i = 0; i < 50; ++i) {
    LK_CHECK(session.put(kCatalog, key_of(session, 200), small_value(session)));
    sometimes_acknowledge(session, 6);
  }
  return {};
}

Result<void> interval_writes(Session& session) {
  for (int i = 0; i < 50; ++i) {
    LK_CHECK(session.put(kCatalog, key_of(session, 50), small_value(session)));
    sometimes_acknowledge(session, 2);
    if (session.draw(10) == 0) LK_CHECK(session.settle());
    if (session.draw(40) == 0) LK_CHECK(reopen_after_kill(session));
  }
  return {};
}

Result<void> overwrites_and_erases(Session& session) {
  for (int i = 0; i < 40; ++i) {
    const std::string key = key_of(session, 5);
    if (session.draw(3) == 0) {
      LK_CHECK(session.erase(kCatalog, key));
    } else {
      LK_CHECK(session.put(kCatalog, key, small_value(session)));
    }
    sometimes_acknowledge(session, 3);
  }
  return {};
}

// A bank: what one account loses another gains, in one step.

constexpr std::int64_t kAccounts = 8;
constexpr std::int64_t kDeposit = 100;

std::string account(std::uint64_t number) { return "account:" + std::to_string(number); }

std::optional<std::string> bank_is_whole(const ModelState& state) {
  const auto& records = state.trees.at(kCatalog).records;
  if (records.empty()) return std::nullopt;
  std::int64_t sum = 0;
  for (const auto& [key, record] : records) sum += std::stoll(*record.value);
  if (sum == kAccounts * kDeposit) return std::nullopt;
  return "the bank holds " + std::to_string(sum);
}

Result<void> bank_transfers(Session& session) {
  if (session.model().trees.at(kCatalog).records.empty()) {
    LK_CHECK(session.transact(TransactionKind::Everything, [](Writer& writer) {
      for (std::uint64_t i = 0; i < kAccounts; ++i)
        writer.put(kCatalog, account(i), std::to_string(kDeposit));
    }));
  }
  for (int i = 0; i < 25; ++i) {
    const std::string from = account(session.draw(kAccounts));
    const std::string to = account(session.draw(kAccounts));
    if (from == to) continue;
    const auto amount = static_cast<std::int64_t>(session.draw(50));
    LK_CHECK(session.transact(TransactionKind::Keys, [&](Writer& writer) {
      const auto balance = [&](const std::string& of) {
        return std::stoll(writer.transaction().get(kCatalog, of).value().value().value);
      };
      const std::int64_t rest = balance(from) - amount;
      const std::int64_t more = balance(to) + amount;
      writer.put(kCatalog, from, std::to_string(rest));
      writer.put(kCatalog, to, std::to_string(more));
    }));
    sometimes_acknowledge(session, 4);
  }
  return {};
}

// A ring: each key holds the next one's number; swapping two neighbours rewrites three keys.

constexpr std::uint64_t kNodes = 9;

std::string node(std::uint64_t number) { return "node:" + std::to_string(number); }

std::optional<std::string> ring_is_closed(const ModelState& state) {
  const auto& records = state.trees.at(kCatalog).records;
  if (records.empty()) return std::nullopt;
  std::uint64_t at = 0;
  for (std::uint64_t hops = 1; hops <= kNodes; ++hops) {
    at = std::stoull(*records.at(node(at)).value);
    if (at == 0) return hops == kNodes ? std::nullopt : std::optional("the ring closes too early");
  }
  return "the ring does not close";
}

Result<void> ring_swaps(Session& session) {
  if (session.model().trees.at(kCatalog).records.empty()) {
    LK_CHECK(session.transact(TransactionKind::Everything, [](Writer& writer) {
      for (std::uint64_t i = 0; i < kNodes; ++i)
        writer.put(kCatalog, node(i), std::to_string((i + 1) % kNodes));
    }));
  }
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t first = session.draw(kNodes);
    LK_CHECK(session.transact(TransactionKind::Serializable, [&](Writer& writer) {
      const auto next = [&](std::uint64_t of) {
        return std::stoull(writer.transaction().get(kCatalog, node(of)).value().value().value);
      };
      const std::uint64_t second = next(first);
      const std::uint64_t third = next(second);
      const std::uint64_t fourth = next(third);
      writer.put(kCatalog, node(first), std::to_string(third));
      writer.put(kCatalog, node(third), std::to_string(second));
      writer.put(kCatalog, node(second), std::to_string(fourth));
    }));
    sometimes_acknowledge(session, 4);
  }
  return {};
}

TreeId drawn_tree(Session& session) {
  const auto& trees = session.model().trees;
  return std::next(trees.begin(), static_cast<std::ptrdiff_t>(session.draw(trees.size())))->first;
}

Result<void> trees_come_and_go(Session& session) {
  for (int i = 0; i < 35; ++i) {
    const std::uint64_t dice = session.draw(10);
    if (dice == 0 && session.model().trees.size() < 6) {
      const TreeOptions options{session.draw(4) == 0, session.draw(2) == 0, session.draw(6) != 0};
      LK_CHECK(session.transact(TransactionKind::Everything, [&](Writer& writer) {
        const TreeId made = writer.create_tree(options);
        for (int key = 0; key < 5; ++key)
          writer.put(made, key_of(session, 20), small_value(session));
      }));
    } else if (dice == 1) {
      const TreeId tree = drawn_tree(session);
      if (tree == kCatalog) continue;
      LK_CHECK(session.transact(TransactionKind::ReadCommitted, [&](Writer& writer) {
        writer.put(kCatalog, "dropped", std::to_string(value_of(tree)));
        writer.drop_tree(tree);
      }));
      if (session.draw(2) == 0) session.clean_up();
    } else if (dice == 2 && session.draw(3) == 0) {
      LK_CHECK(session.checkpoint());
    } else {
      const TreeId tree = drawn_tree(session);
      const bool counted = session.model().trees.at(tree).options.counted;
      const std::int64_t deadline =
          counted || session.draw(2) == 0 ? kNoDeadline : kStartMs + 1000 + i;
      LK_CHECK(session.put(tree, key_of(session, 20), small_value(session), deadline));
    }
    sometimes_acknowledge(session, 4);
  }
  return {};
}

Result<void> counted_tree(Session& session) {
  const TreeId board = session.tree({.counted = true, .hashed = false, .logged = true});
  for (int i = 0; i < 25; ++i) {
    LK_CHECK(session.transact(TransactionKind::Keys, [&](Writer& writer) {
      for (int member = 0; member < 6; ++member) {
        const std::string key = std::to_string(1000 + session.draw(400));
        if (session.draw(4) == 0) {
          writer.erase(board, key);
        } else {
          writer.put(board, key, "");
        }
      }
    }));
    if (session.draw(20) == 0) LK_CHECK(session.checkpoint());
    sometimes_acknowledge(session, 4);
  }
  return {};
}

Result<void> large_values(Session& session) {
  for (int i = 0; i < 12; ++i) {
    const std::string key = session.draw(3) == 0
                                ? std::string(300 + session.draw(3000), 'k') + key_of(session, 4)
                                : key_of(session, 6);
    const std::uint64_t bytes = session.draw(3) == 0 ? session.draw(150'000) : session.draw(6000);
    if (session.draw(4) == 0) {
      LK_CHECK(session.transact(TransactionKind::Keys, [&](Writer& writer) {
        writer.put(kCatalog, key, value_of_length(session, bytes));
        writer.put(kCatalog, "size", std::to_string(bytes));
      }));
    } else {
      LK_CHECK(session.put(kCatalog, key, value_of_length(session, bytes)));
    }
    if (session.draw(12) == 0) LK_CHECK(session.checkpoint());
    sometimes_acknowledge(session, 2);
  }
  return {};
}

Result<void> deadlines(Session& session) {
  for (int i = 0; i < 40; ++i) {
    const std::string key = key_of(session, 12);
    const std::int64_t now_ms = session.engine()->now_ms();
    const std::uint64_t dice = session.draw(8);
    if (dice == 0) {
      session.machine().clock.advance_ms(static_cast<std::int64_t>(session.draw(2000)));
    } else if (dice == 1) {
      for (const DueRecord& due : session.engine()->due_records(now_ms, 2))
        LK_CHECK(session.erase(due.tree, due.key));
    } else if (dice == 2) {
      LK_CHECK(session.put(kCatalog, key, small_value(session)));
    } else {
      const std::int64_t deadline = now_ms + static_cast<std::int64_t>(session.draw(3000)) + 1;
      LK_CHECK(session.put(kCatalog, key, small_value(session), deadline));
    }
    if (session.draw(25) == 0) LK_CHECK(session.checkpoint());
    sometimes_acknowledge(session, 3);
  }
  return {};
}

Result<void> checkpoints(Session& session) {
  for (int i = 0; i < 40; ++i) {
    LK_CHECK(session.put(kCatalog, key_of(session, 30), small_value(session)));
    if (session.draw(4) == 0) LK_CHECK(session.erase(kCatalog, key_of(session, 30)));
    sometimes_acknowledge(session, 3);
    if (session.draw(12) == 0) LK_CHECK(session.checkpoint());
    if (session.draw(30) == 0) {
      LK_CHECK(session.checkpoint());
      LK_CHECK(session.checkpoint());
    }
  }
  return {};
}

Result<void> segments_are_used_again(Session& session) {
  for (int i = 0; i < 60; ++i) {
    LK_CHECK(session.put(kCatalog, key_of(session, 8), value_of_length(session, 3500)));
    sometimes_acknowledge(session, 4);
    if (session.draw(15) == 0) LK_CHECK(session.checkpoint());
  }
  return {};
}

Result<void> unlogged_trees(Session& session) {
  const TreeId cache = session.tree({.counted = false, .hashed = true, .logged = false});
  const TreeId board = session.tree({.counted = true, .hashed = false, .logged = false});
  session.acknowledge();  // so that they outlive this very run's own kills
  for (int i = 0; i < 30; ++i) {
    switch (session.draw(12)) {
      case 0:
        LK_CHECK(reopen_after_close(session));
        break;
      case 1:
        LK_CHECK(reopen_after_kill(session));
        break;
      case 2:
        LK_CHECK(session.checkpoint());
        break;
      case 3:
        LK_CHECK(session.put(kCatalog, key_of(session, 20), small_value(session)));
        break;
      case 4:
        LK_CHECK(session.transact(TransactionKind::Everything, [&](Writer& writer) {
          writer.put(cache, key_of(session, 10), small_value(session));
          writer.put(board, key_of(session, 10), "");
          if (session.draw(2) == 0) writer.put(kCatalog, key_of(session, 20), small_value(session));
        }));
        break;
      default:
        LK_CHECK(session.put(session.draw(3) == 0 ? board : cache, key_of(session, 10),
                             small_value(session)));
    }
    sometimes_acknowledge(session, 4);
  }
  return reopen_after_close(session);
}

Result<void> interactive_transactions(Session& session) {
  constexpr TransactionKind kKinds[] = {TransactionKind::ReadCommitted,
                                        TransactionKind::RepeatableRead,
                                        TransactionKind::Serializable};
  for (int i = 0; i < 20; ++i) {
    // A snapshot that stays open makes the engine keep old versions, which no crash may show.
    const auto reader =
        session.draw(2) == 0 ? session.engine()->begin(Isolation::RepeatableRead) : nullptr;
    LK_CHECK(session.transact(kKinds[session.draw(std::size(kKinds))], [&](Writer& writer) {
      const auto write_some = [&] {
        for (std::uint64_t n = session.draw(4); n > 0; --n) {
          if (session.draw(4) == 0) {
            writer.erase(kCatalog, key_of(session, 15));
          } else {
            writer.put(kCatalog, key_of(session, 15),
                       value_of_length(session, session.draw(20) == 0 ? 9000 : 20));
          }
        }
      };
      write_some();
      const std::size_t outer = writer.savepoint();
      write_some();
      const std::size_t inner = writer.savepoint();
      write_some();
      if (session.draw(2) == 0) writer.rollback_to(inner);
      write_some();
      if (session.draw(4) == 0) writer.rollback_to(outer);
    }));
    sometimes_acknowledge(session, 3);
  }
  return {};
}

Result<void> many_starts(Session& session) {
  for (int i = 0; i < 8; ++i) {
    for (std::uint64_t n = session.draw(5); n > 0; --n) {
      LK_CHECK(
          session.put(kCatalog, key_of(session, 20), value_of_length(session, session.draw(2000))));
      sometimes_acknowledge(session, 2);
    }
    if (session.draw(5) == 0) LK_CHECK(session.checkpoint());
    LK_CHECK(session.draw(3) == 0 ? reopen_after_close(session) : reopen_after_kill(session));
  }
  return {};
}

/// All of the above, in no order.
Result<void> everything(Session& session) {
  const TreeId board = session.tree({.counted = true, .hashed = true, .logged = true});
  session.acknowledge();  // as above
  for (int i = 0; i < 45; ++i) {
    switch (session.draw(16)) {
      case 0:
        LK_CHECK(session.checkpoint());
        break;
      case 1:
        if (session.draw(3) == 0)
          LK_CHECK(session.draw(2) == 0 ? reopen_after_close(session) : reopen_after_kill(session));
        break;
      case 2:
        LK_CHECK(session.put(kCatalog, key_of(session, 30),
                             value_of_length(session, session.draw(20'000))));
        break;
      case 3:
        LK_CHECK(session.erase(kCatalog, key_of(session, 30)));
        break;
      case 4:
        LK_CHECK(session.put(kCatalog, key_of(session, 30), small_value(session),
                             session.engine()->now_ms() + 500));
        break;
      case 5:
        session.machine().clock.advance_ms(200);
        LK_CHECK(session.settle());
        break;
      case 6:
      case 7:
        LK_CHECK(session.transact(TransactionKind::Everything, [&](Writer& writer) {
          for (int n = 0; n < 4; ++n) writer.put(board, key_of(session, 50), "");
          writer.put(kCatalog, key_of(session, 30), small_value(session));
          writer.erase(board, key_of(session, 50));
        }));
        break;
      default:
        LK_CHECK(session.put(kCatalog, key_of(session, 30),
                             value_of_length(session, session.draw(900))));
    }
    sometimes_acknowledge(session, 4);
  }
  return {};
}

constexpr Workload kWorkloads[] = {
    {"SingleWrites", "one write, one sync", Durability::Sync, &single_writes},
    {"GroupedWrites", "many writes for one sync", Durability::Sync, &grouped_writes},
    {"IntervalWrites", "the weaker promise", Durability::Interval, &interval_writes},
    {"OverwritesAndErases", "few keys, many versions", Durability::Sync, &overwrites_and_erases},
    {"BankTransfers", "two keys or none", Durability::Sync, &bank_transfers, &bank_is_whole},
    {"RingSwaps", "three keys or none", Durability::Sync, &ring_swaps, &ring_is_closed},
    {"TreesComeAndGo", "trees, their records and deadlines", Durability::Sync, &trees_come_and_go},
    {"CountedTree", "ranks", Durability::Sync, &counted_tree},
    {"LargeValues", "records in parts, keys beyond a page", Durability::Sync, &large_values},
    {"Deadlines", "deadlines and a clock that moves", Durability::Sync, &deadlines},
    {"Checkpoints", "checkpoints, also twice in a row", Durability::Sync, &checkpoints},
    {"SegmentsAreUsedAgain", "segments that fill, go and come back", Durability::Sync,
     &segments_are_used_again},
    {"UnloggedTrees", "clean and unclean stops", Durability::Sync, &unlogged_trees},
    {"InteractiveTransactions", "levels, savepoints, snapshots", Durability::Sync,
     &interactive_transactions},
    {"ManyStarts", "recovery of what recovery left", Durability::Sync, &many_starts},
    {"Everything", "all of it", Durability::Sync, &everything},
    {"EverythingAtInterval", "all of it with the weaker promise", Durability::Interval,
     &everything},
};

Result<void> two_writes(Session& session) {
  LK_CHECK(session.put(kCatalog, "a", small_value(session)));
  session.acknowledge();
  LK_CHECK(session.transact(TransactionKind::Everything, [](Writer& writer) {
    writer.put(kCatalog, "a", "2");
    writer.put(kCatalog, "b", "2");
  }));
  session.acknowledge();
  return {};
}

Result<void> one_checkpoint(Session& session) {
  LK_CHECK(session.put(kCatalog, "a", small_value(session)));
  LK_CHECK(session.checkpoint());
  LK_CHECK(session.put(kCatalog, "b", small_value(session)));
  session.acknowledge();
  return session.checkpoint();
}

Result<void> one_stop(Session& session) {
  const TreeId cache = session.tree({.counted = false, .hashed = true, .logged = false});
  LK_CHECK(session.put(cache, "a", small_value(session)));
  LK_CHECK(reopen_after_close(session));
  LK_CHECK(session.put(cache, "b", small_value(session)));
  return reopen_after_kill(session);
}

constexpr Workload kTinyWorkloads[] = {
    {"TwoWrites", "", Durability::Sync, &two_writes},
    {"OneCheckpoint", "", Durability::Sync, &one_checkpoint},
    {"OneStop", "", Durability::Sync, &one_stop},
};

}  // namespace

std::span<const Workload> workloads() { return kWorkloads; }
std::span<const Workload> tiny_workloads() { return kTinyWorkloads; }

}  // namespace latchkey::crash
