#include "kv/store.h"

#include <gtest/gtest.h>

#include "kv/graveyard.h"
#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

std::pair<std::uint64_t, std::uint64_t> counts(std::uint64_t members) { return {members, members}; }

TEST(Store, DefaultAlwaysExists) {
  TestStore db;

  ASSERT_EQ(db.store->collections().size(), 1u);
  EXPECT_EQ(db.store->collections()[0]->name(), "default");
}

TEST(Store, OpensWhatItHasWritten) {
  TestStore db;
  Session other;
  other.collection_name = "other";
  db.run("SET a 1");
  db.run(other, "SET b 2");

  db.reopen();
  Session again;
  again.collection_name = "other";

  EXPECT_EQ(db.run("GET a"), "\"1\"");
  EXPECT_EQ(db.run(again, "GET b"), "\"2\"");
  EXPECT_EQ(db.store->collections().size(), 2u);
}

TEST(Store, RefusesADamagedCatalog) {
  TestStore db;
  const auto transaction = db.engine->begin_atomic({}, 0);
  TestStore::put(*transaction, storage::Engine::kCatalogTree, "collection/bad", "short");
  ASSERT_TRUE(transaction->commit().has_value());

  const auto opened = Store::open(*db.engine, db.environment);

  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::Corruption);
}

TEST(Store, OnlyAWriteThatAddsBringsACollectionToLife) {
  TestStore db;
  Session other;
  other.collection_name = "other";

  for (const char* line : {"GET a", "DEL a b", "DEL a", "EXPIRE a 10", "MGET a b", "KEYS *",
                           "SCAN 0", "DBSIZE", "FLUSHDB", "GETDEL a", "PERSIST a", "TYPE a"}) {
    EXPECT_NE(db.run(other, line).substr(0, 1), "-") << line;
  }

  EXPECT_EQ(db.store->collections().size(), 1u);
  db.run(other, "SET a 1");
  EXPECT_EQ(db.store->collections().size(), 2u);
}

TEST(Store, NamesOfCollectionsAreChecked) {
  EXPECT_EQ(*Store::collection_name("0"), "default");
  EXPECT_EQ(*Store::collection_name("1"), "1");
  EXPECT_FALSE(Store::collection_name("").has_value());
  EXPECT_FALSE(Store::collection_name(std::string(256, 'n')).has_value());
}

TEST(Store, AReplyDependsOnTheCommitItShows) {
  TestStore db;
  Session writer;
  db.run(writer, "SET a 1");
  const storage::Lsn of_a = writer.depends_on;
  db.run(writer, "SET b 1");
  const storage::Lsn of_b = writer.depends_on;
  ASSERT_LT(of_a, of_b);
  Session reader;

  db.run(reader, "GET a");
  EXPECT_EQ(reader.depends_on, of_a);
  db.run(reader, "GET none");
  EXPECT_EQ(reader.depends_on, of_b);

  for (const char* line : {"MGET a b", "KEYS *", "SCAN 0", "DBSIZE", "RANDOMKEY", "SET a 2 NX",
                           "DEL none", "EXISTS none", "SET a 2 XX GET"}) {
    Session fresh;
    db.run(fresh, line);
    EXPECT_GE(fresh.depends_on, line == std::string("SET a 2 NX") ? of_a : of_b) << line;
  }
}

TEST(Store, ParksACommandOnALockedRow) {
  TestStore db;
  db.run("SET a 1");
  const auto holder = db.engine->begin(storage::Isolation::ReadCommitted);
  ASSERT_TRUE(holder->put(db.collection().records(), "a", {.value = "x"}).has_value());

  for (const char* line : {"SET a 2", "DEL a", "DEL a b", "MSET a 1 b 2", "RENAME a b"}) {
    db.session.blocked_on = {};
    EXPECT_EQ(db.run(line), "(blocked)") << line;
    EXPECT_EQ(db.session.blocked_on.key, "a") << line;
  }
  EXPECT_EQ(db.run("GET a"), "\"1\"");
  holder->rollback();

  EXPECT_EQ(db.run("SET a 2"), "OK");
}

TEST(Sweep, ErasesWhatIsDueInSteps) {
  TestStore db;
  for (int index = 0; index < 10; ++index) db.run(fmt::format("SET k{} v PX 10", index));
  db.run("SET stays v");
  EXPECT_EQ(db.store->sweep(100), 0u);
  db.clock.advance_ms(10);

  EXPECT_EQ(db.store->sweep(4), 4u);
  EXPECT_EQ(db.store->sweep(100), 6u);
  EXPECT_EQ(db.store->sweep(100), 0u);
  EXPECT_FALSE(db.engine->next_deadline_ms().has_value());
  EXPECT_EQ(db.run("DBSIZE"), ":1");
}

TEST(Sweep, GivesTheMembersBack) {
  TestStore db;
  db.put_members("z", 5, db.engine->now_ms() + 10);
  db.clock.advance_ms(10);

  EXPECT_EQ(db.store->sweep(10), 1u);
  while (db.store->collect_garbage(100)) {
  }

  EXPECT_EQ(db.member_counts(), counts(0));
}

TEST(Sweep, GoesPastARowThatIsLocked) {
  TestStore db;
  db.run("SET a 1 PX 10");
  db.run("SET b 1 PX 10");
  const auto holder = db.engine->begin(storage::Isolation::ReadCommitted);
  ASSERT_TRUE(holder->put(db.collection().records(), "a", {.value = "x"}).has_value());
  db.clock.advance_ms(10);

  EXPECT_EQ(db.store->sweep(10), 1u);
}

TEST(Garbage, OfAnOverwrittenOrErasedKeyIsCollected) {
  for (const char* line :
       {"DEL z", "SET z v", "UNLINK z other", "MSET z 1 b 2", "EXPIRE z 0", "SETEX z 1 v"}) {
    TestStore db;
    db.put_members("z", 300);
    db.put_members("stays", 3);
    db.run(line);
    EXPECT_EQ(db.member_counts(), counts(303)) << line;

    while (db.store->collect_garbage(100)) {
    }

    EXPECT_EQ(db.member_counts(), counts(3)) << line;
  }
}

// The record is past its deadline when SET takes its place, in each of the ways to write.
TEST(Garbage, OfAKeyThatExpiredAndWasOverwrittenIsCollected) {
  for (const bool in_exec : {false, true}) {
    TestStore db;
    db.put_members("z", 5, db.engine->now_ms() + 10);
    db.clock.advance_ms(10);
    if (in_exec) {
      EXPECT_EQ(db.run_all({"SET z v NX"}), "[OK]");
    } else {
      EXPECT_EQ(db.run("SET z v NX"), "OK");
    }

    while (db.store->collect_garbage(100)) {
    }

    EXPECT_EQ(db.member_counts(), counts(0));
    EXPECT_EQ(db.run("GET z"), "\"v\"");
  }
}

TEST(Garbage, IsCollectedInBoundedSteps) {
  TestStore db;
  db.put_members("z", 1000);
  db.run("DEL z");

  EXPECT_TRUE(db.store->collect_garbage(1));

  const auto [members, scores] = db.member_counts();
  EXPECT_GE(members + scores, 2000 - 2 * graveyard::kStepRecordsMax);
  EXPECT_LT(members + scores, 2000u);
}

TEST(Garbage, OutlivesARestart) {
  TestStore db;
  db.put_members("z", 1000);
  db.run("DEL z");
  db.store->collect_garbage(100);

  db.reopen();
  while (db.store->collect_garbage(100)) {
  }

  EXPECT_EQ(db.member_counts(), counts(0));
}

TEST(Garbage, OfAFlushedCollectionIsForgotten) {
  TestStore db;
  db.put_members("z", 10);
  db.run("DEL z");
  db.run("FLUSHDB");

  EXPECT_FALSE(db.store->collect_garbage(100));

  const auto transaction = db.engine->begin_atomic({}, 0);
  const auto cursor =
      transaction->scan(storage::Engine::kCatalogTree, {"members/garbage/", "members/garbage0"},
                        storage::Direction::Forward);
  EXPECT_FALSE(*cursor->next());
}

TEST(Garbage, OfACopyThatDiedIsCollectedAfterTheNextStart) {
  TestStore db;
  const CollectionTrees trees = db.collection().trees();
  const MembersPlace place = members_place(trees, *db.store->members_ids().next());
  ASSERT_TRUE(graveyard::expect_birth(*db.engine, place).has_value());
  const auto transaction = db.engine->begin_atomic({}, 0);
  MembersKey key(place.members_id);
  TestStore::put(*transaction, trees.members, key.of_member("m"), "v");
  ASSERT_TRUE(transaction->commit().has_value());

  EXPECT_FALSE(db.store->collect_garbage(100));
  EXPECT_EQ(db.member_counts().first, 1u);
  db.reopen();
  while (db.store->collect_garbage(100)) {
  }

  EXPECT_EQ(db.member_counts().first, 0u);
}

}  // namespace
}  // namespace latchkey::kv::test
