#include "kv/notify_flags.h"

#include <gtest/gtest.h>

#include "kv/test_support/test_store.h"

namespace latchkey::kv::test {
namespace {

using Lines = std::vector<std::string>;

/// A store whose every event of `classes` is heard.
struct Listening {
  explicit Listening(Bytes letters) {
    db.store->notify_flags = parse_notify_flags(letters).value();
    db.store->hub().subscribe_pattern(subscriber, "__key*");
  }
  ~Listening() { db.store->hub().unsubscribe_all(subscriber); }

  /// What `line` publishes as keyevents, "event key" each.
  Lines events_of(const std::string& line) {
    subscriber.received.clear();
    db.run(line);
    return events();
  }
  Lines events() const {
    Lines events;
    for (const std::string& line : subscriber.received) {
      constexpr std::string_view kStart = "__key* __keyevent@0__:";
      if (line.starts_with(kStart)) events.push_back(line.substr(kStart.size()));
    }
    return events;
  }

  TestStore db;
  TestSubscriber subscriber;
};

TEST(NotifyFlags, AreReadAndShownAsRedisDoes) {
  const auto shown = [](Bytes letters) {
    return format_notify_flags(*parse_notify_flags(letters));
  };

  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("KEA"), "AKE");
  EXPECT_EQ(shown("Kx"), "xK");
  EXPECT_EQ(shown("nmE$g"), "g$Emn");
  EXPECT_EQ(shown("g$lshzxetdK"), "AK");
  EXPECT_FALSE(parse_notify_flags("KEq").has_value());
}

TEST(Notify, PublishesUnderKeyAndUnderEvent) {
  Listening on("KEA");

  on.db.run("SET k v");

  EXPECT_EQ(on.subscriber.received,
            (Lines{"__key* __keyspace@0__:k set", "__key* __keyevent@0__:set k"}));
}

TEST(Notify, PublishesOnlyWhatIsAskedFor) {
  Listening on("K$");

  on.db.run("SET k v EX 10");
  on.db.run("DEL k");

  EXPECT_EQ(on.subscriber.received, (Lines{"__key* __keyspace@0__:k set"}));
}

TEST(Notify, NamesEventsAsRedisDoes) {
  Listening on("EA");

  EXPECT_EQ(on.events_of("SET k 1 EX 10"), (Lines{"set k", "expire k"}));
  EXPECT_EQ(on.events_of("SET k 1 NX"), Lines{});
  EXPECT_EQ(on.events_of("INCR k"), Lines{"incrby k"});
  EXPECT_EQ(on.events_of("DECR k"), Lines{"incrby k"});
  EXPECT_EQ(on.events_of("INCRBYFLOAT k 1"), Lines{"incrbyfloat k"});
  EXPECT_EQ(on.events_of("APPEND k 1"), Lines{"append k"});
  EXPECT_EQ(on.events_of("SETRANGE k 0 1"), Lines{"setrange k"});
  EXPECT_EQ(on.events_of("GETSET k 1"), Lines{"set k"});
  EXPECT_EQ(on.events_of("EXPIRE k 10"), Lines{"expire k"});
  EXPECT_EQ(on.events_of("PERSIST k"), Lines{"persist k"});
  EXPECT_EQ(on.events_of("GETEX k EX 10"), Lines{"expire k"});
  EXPECT_EQ(on.events_of("GETEX k PERSIST"), Lines{"persist k"});
  EXPECT_EQ(on.events_of("COPY k l"), Lines{"copy_to l"});
  EXPECT_EQ(on.events_of("RENAME k m"), (Lines{"rename_from k", "rename_to m"}));
  EXPECT_EQ(on.events_of("EXPIRE m 0"), Lines{"del m"});
  EXPECT_EQ(on.events_of("MSET a 1 b 2"), (Lines{"set a", "set b"}));
  EXPECT_EQ(on.events_of("DEL a b none"), (Lines{"del a", "del b"}));
  EXPECT_EQ(on.events_of("GETDEL l"), Lines{"del l"});
  EXPECT_EQ(on.events_of("MSETNX a 1 b 2"), (Lines{"set a", "set b"}));
  EXPECT_EQ(on.events_of("GET a"), Lines{});
}

TEST(Notify, ExpiredIsSentOnceWhenTheRecordGoes) {
  Listening on("Ex");
  on.db.run("MSET a 1 b 2");
  on.db.run("PEXPIRE a 10");
  on.db.run("PEXPIRE b 10");
  on.db.clock.advance_ms(10);

  EXPECT_EQ(on.events_of("SET a 2"), Lines{"expired a"});
  on.subscriber.received.clear();
  on.db.store->sweep(10);
  on.db.store->sweep(10);

  EXPECT_EQ(on.events(), Lines{"expired b"});
}

TEST(Notify, NewKeysAndMissesAreNewsOnlyWhenAskedFor) {
  Listening on("Emn");

  EXPECT_EQ(on.events_of("SET k v"), Lines{"new k"});
  EXPECT_EQ(on.events_of("SET k w"), Lines{});
  EXPECT_EQ(on.events_of("GET none"), Lines{"keymiss none"});
  EXPECT_EQ(on.events_of("MSETNX c 1 d 2"), (Lines{"new c", "new d"}));
}

TEST(Notify, OtherCollectionsAreNamed) {
  Listening on("KA");
  Session other;
  other.collection_name = "other";
  on.db.run(other, "SET k v");
  on.db.run(other, "MOVE k 0");

  EXPECT_EQ(on.subscriber.received,
            (Lines{"__key* __keyspace@other__:k set", "__key* __keyspace@other__:k move_from",
                   "__key* __keyspace@0__:k move_to"}));
}

TEST(Notify, ExecPublishesAfterItsCommitAndNothingOfAFailedCommand) {
  Listening on("EA");
  on.db.run("SET text abc");
  on.subscriber.received.clear();

  on.db.run_all({"SET a 1", "INCR text", "DEL a"});

  EXPECT_EQ(on.events(), (Lines{"set a", "del a"}));
}

}  // namespace
}  // namespace latchkey::kv::test
