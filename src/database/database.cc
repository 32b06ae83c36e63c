#include "database/database.h"

#include "database/background.h"
#include "sql/cron/scheduler.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::database {

struct Database::Parts {
  std::unique_ptr<storage::tree::TreeEngine> engine;
  std::unique_ptr<kv::Store> store;
  std::unique_ptr<sql::Database> sql;
  std::unique_ptr<Background> background;
  std::unique_ptr<sql::cron::Scheduler> scheduler;
};

Database::Database(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Database::~Database() {
  parts_->scheduler.reset();
  parts_->background.reset();
  parts_->sql.reset();
  parts_->store.reset();
}

Result<std::unique_ptr<Database>> Database::open(env::Env env, DatabaseOptions options) {
  auto parts = std::make_unique<Parts>();
  storage::tree::TreeEngineOptions engine;
  engine.directory = options.directory;
  engine.durability = options.durability;
  engine.memory_limit_bytes = options.memory_limit_bytes;
  engine.limits = options.limits;
  engine.log_segment_bytes = options.log_segment_bytes;
  engine.sync_interval_ms = options.sync_interval_ms;
  engine.report = options.report;
  LK_TRY(parts->engine, storage::tree::TreeEngine::open(env, std::move(engine)));
  LK_TRY(parts->store, kv::Store::open(*parts->engine, env));
  LK_TRY(parts->sql, sql::Database::open(*parts->store, env));
  const bool keeps = options.durability != storage::Durability::None;
  parts->background = std::make_unique<Background>(
      *parts->store, *parts->engine, keeps ? options.checkpoint_log_bytes : UINT64_MAX,
      options.report);
  parts->scheduler = std::make_unique<sql::cron::Scheduler>(*parts->sql);
  return std::unique_ptr<Database>(new Database(std::move(parts)));
}

Result<void> Database::close() {
  parts_->scheduler->stop();
  parts_->background->stop();
  return parts_->engine->close();
}

kv::Store& Database::store() { return *parts_->store; }
sql::Database& Database::sql() { return *parts_->sql; }
storage::Engine& Database::engine() { return *parts_->engine; }

}  // namespace latchkey::database
