#include "doors/resp/clients.h"

#include <gtest/gtest.h>

namespace latchkey::resp {
namespace {

TEST(Clients, AreListedInTheOrderInWhichTheyCame) {
  Clients clients;
  ClientInfo second, first;
  second.id = 2;
  first.id = 1;
  clients.add(second);
  clients.add(first);

  std::vector<std::uint64_t> ids;
  clients.for_each([&](ClientInfo& info) { ids.push_back(info.id); });
  EXPECT_EQ(ids, (std::vector<std::uint64_t>{1, 2}));
  clients.remove(first);
  EXPECT_EQ(clients.size(), 1u);
}

TEST(Clients, ALineHasRedisFieldsInRedisOrder) {
  ClientInfo info;
  info.id = 7;
  info.address = "127.0.0.1:5000";
  info.local_address = "127.0.0.1:7379";
  info.socket = 9;
  info.name = "app";
  info.last_command = "get";
  info.active_us = 2'000'000;

  EXPECT_EQ(
      describe(info, 5'000'000).substr(0, 160),
      std::string(
          "id=7 addr=127.0.0.1:5000 laddr=127.0.0.1:7379 fd=9 name=app age=5 idle=3 flags=N db=0 "
          "sub=0 "
          "psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0")
          .substr(0, 160));
}

TEST(Clients, FlagsTellTheState) {
  ClientInfo info;
  EXPECT_EQ(flag_letters(info), "N");
  info.channels = 1;
  info.queued = 0;
  info.blocked = true;
  info.monitor = true;
  info.local_address = "/tmp/x.sock:0";

  EXPECT_EQ(flag_letters(info), "OPxbU");
}

}  // namespace
}  // namespace latchkey::resp
