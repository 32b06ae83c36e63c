#include "tools/server/serve.h"

#include "base/log.h"
#include "base/version.h"
#include "database/database.h"
#include "doors/net/server.h"
#include "doors/pgwire/door.h"
#include "doors/resp/door.h"
#include "env/env.h"
#include "tools/server/stop_signal.h"

namespace latchkey::server {

namespace {

void log_net(net::LogLevel level, const std::string& line) {
  log(static_cast<LogLevel>(level), line);
}

std::string_view name_of(storage::Durability durability) {
  switch (durability) {
    case storage::Durability::Sync:
      return "sync";
    case storage::Durability::Interval:
      return "interval";
    case storage::Durability::None:
      return "none";
  }
  return "";
}

Result<std::unique_ptr<database::Database>> open_database(const Config& config) {
  database::DatabaseOptions options;
  options.directory = config.data_directory;
  options.durability = config.durability;
  options.memory_limit_bytes = config.memory_limit_bytes;
  options.limits = {static_cast<std::uint32_t>(config.key_bytes_max), config.value_bytes_max};
  options.log_segment_bytes = config.log_segment_bytes;
  options.sync_interval_ms = static_cast<std::int64_t>(config.log_interval_ms);
  options.report = [](const std::string& line) { log(LogLevel::Info, line); };
  return database::Database::open(env::posix(), std::move(options));
}

resp::DoorOptions door_options(const Config& config) {
  resp::DoorOptions options;
  options.addresses.clear();
  if (config.resp_port != 0) options.addresses.push_back(config.bind);
  options.port = static_cast<std::uint16_t>(config.resp_port);
  options.local_path = config.unix_socket;
  options.password = config.password;
  options.version = std::string(kVersion);
  options.durability = config.durability;
  options.memory_limit_bytes = config.memory_limit_bytes;
  options.data_directory = config.data_directory;
  options.log = log_net;
  // Every acknowledged write is in the log already, so all modes stop in the same way.
  options.shutdown = [](resp::ShutdownMode) { request_stop(); };
  return options;
}

Result<std::unique_ptr<pgwire::Door>> open_postgres_door(const Config& config, net::Server& server,
                                                         database::Database& database) {
  pgwire::DoorOptions options;
  options.addresses = {config.bind};
  options.port = static_cast<std::uint16_t>(config.postgres_port);
  options.reserve_memory = [&database](std::int64_t bytes) {
    return database.engine().reserve_memory(bytes);
  };
  options.log = log_net;
  return pgwire::Door::start(server, database.sql(), std::move(options));
}

}  // namespace

Result<void> serve(const Configuration& configuration) {
  const Config& config = configuration.config;
  set_log_level(config.log_level);
  StopSignal stop;
  LK_TRY(const auto database, open_database(config));
  net::ServerOptions net_options;
  net_options.worker_count = config.worker_count;
  net_options.connections_max = config.client_count_max;
  net_options.log = log_net;
  LK_TRY(const auto server, net::Server::start(database->engine(), env::posix(), net_options));
  std::unique_ptr<resp::Door> door;
  if (config.resp_port != 0 || !config.unix_socket.empty()) {
    LK_TRY(door, resp::Door::start(*server, database->store(), door_options(config)));
  }
  std::unique_ptr<pgwire::Door> postgres_door;
  if (config.postgres_port != 0) {
    LK_TRY(postgres_door, open_postgres_door(config, *server, *database));
  }
  log(LogLevel::Info, "ready",
      {{"data", config.data_directory},
       {"durability", name_of(config.durability)},
       {"resp", config.bind + ":" + std::to_string(config.resp_port)},
       {"postgres", config.postgres_port == 0
                        ? std::string("off")
                        : config.bind + ":" + std::to_string(config.postgres_port)}});
  if (config.durability == storage::Durability::None) {
    log(LogLevel::Warning, "durability is none: everything is lost when this process ends");
  }
  stop.wait();
  log(LogLevel::Info, "stopping");
  if (postgres_door != nullptr) postgres_door->say_goodbye(std::chrono::seconds(1));
  server->stop();
  postgres_door.reset();
  door.reset();
  LK_CHECK(database->close());
  log(LogLevel::Info, "stopped");
  return {};
}

}  // namespace latchkey::server
