#include <gtest/gtest.h>

#include "doors/resp/test_support/test_door.h"

namespace latchkey::resp {
namespace {

using test::crlf;
using test::TestDoor;
using test::Wire;

bool has_line(const std::string& info, const std::string& line) {
  return ("\n" + info).find("\n" + line) != std::string::npos;
}

// The lines that clients read before they trust a server: see dependencies-and-clients 3.1.
TEST(InfoCommand, HasTheLinesThatClientsRead) {
  TestDoor door({.version = "0.9"});
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SET a 1|SET b 2 EX 100|SELECT carts|SET c 3|", "+OK|+OK|+OK|+OK|");

  const std::string info = wire.text("INFO");

  for (const char* line : {"# Server\r\n",
                           "redis_version:7.2.0\r\n",
                           "latchkey_version:0.9\r\n",
                           "redis_mode:standalone\r\n",
                           "# Clients\r\n",
                           "connected_clients:1\r\n",
                           "# Memory\r\n",
                           "used_memory:",
                           "maxmemory_policy:noeviction\r\n",
                           "# Persistence\r\n",
                           "loading:0\r\n",
                           "# Stats\r\n",
                           "total_commands_processed:4\r\n",
                           "# Replication\r\n",
                           "role:master\r\n",
                           "# CPU\r\n",
                           "used_cpu_user:",
                           "# Modules\r\n",
                           "# Errorstats\r\n",
                           "# Cluster\r\n",
                           "cluster_enabled:0\r\n",
                           "# Keyspace\r\n",
                           "dbcarts:keys=1,",
                           "db0:keys=2,"}) {
    EXPECT_TRUE(has_line(info, line)) << line << "\n" << info;
  }
  EXPECT_FALSE(has_line(info, "# Commandstats"));
}

TEST(InfoCommand, ShowsTheSectionsAskedFor) {
  TestDoor door;
  Wire wire(door);

  EXPECT_EQ(wire.text("INFO cluster"), "# Cluster\r\ncluster_enabled:0\r\n");
  EXPECT_EQ(wire.text("INFO nosuch"), "");
  EXPECT_EQ(wire.text("INFO CLUSTER modules"),
            "# Modules\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n");
  EXPECT_TRUE(has_line(wire.text("INFO all"), "# Commandstats\r\n"));
}

TEST(InfoCommand, WorksInsideAnExec) {
  TestDoor door;
  Wire wire(door);

  LK_EXPECT_ANSWER(wire, "MULTI|SET k v|INFO keyspace|EXEC|",
                   "+OK|+QUEUED|+QUEUED|*2|+OK|$44|# Keyspace|db0:keys=1,expires=0,avg_ttl=0||");
}

TEST(InfoCommand, IsVerbatimTextInResp3) {
  TestDoor door;
  Wire wire(door);
  EXPECT_EQ(wire.line("HELLO 3"), "%7");
  wire.receive_soon();

  LK_EXPECT_ANSWER(wire, "INFO cluster|", "=34|txt:# Cluster|cluster_enabled:0||");
}

TEST(InfoCommand, CountsReadsThatFoundTheirKeyAndKeysThatExpired) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SET a 1|GET a|GET b|MGET a b c|INCR a|SET c 1 PX 1|",
                   "+OK|$1|1|$-1|*3|$1|1|$-1|$-1|:2|+OK|");
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  LK_EXPECT_ANSWER(wire, "SET c 2|", "+OK|");

  const std::string info = wire.text("INFO stats");

  EXPECT_TRUE(has_line(info, "keyspace_hits:2\r\n")) << info;
  EXPECT_TRUE(has_line(info, "keyspace_misses:3\r\n")) << info;
  EXPECT_TRUE(has_line(info, "expired_keys:1\r\n")) << info;
  LK_EXPECT_ANSWER(wire, "CONFIG RESETSTAT|", "+OK|");
  EXPECT_TRUE(has_line(wire.text("INFO stats"), "expired_keys:0\r\n"));
}

TEST(InfoCommand, CountsCallsRefusalsAndErrors) {
  TestDoor door;
  Wire wire(door);
  LK_EXPECT_ANSWER(wire, "SET a x|INCR a|GET|",
                   "+OK|-ERR value is not an integer or out of range|"
                   "-ERR wrong number of arguments for 'get' command|");

  const std::string info = wire.text("INFO everything");

  EXPECT_TRUE(has_line(info, "cmdstat_set:calls=1,usec=")) << info;
  EXPECT_NE(info.find("rejected_calls=0,failed_calls=1\r\n"), std::string::npos) << info;
  EXPECT_NE(
      info.find("cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0"),
      std::string::npos)
      << info;
  EXPECT_TRUE(has_line(info, "errorstat_ERR:count=2\r\n")) << info;
}

}  // namespace
}  // namespace latchkey::resp
