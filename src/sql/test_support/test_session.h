#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "env/simulated.h"
#include "kv/store.h"
#include "sql/database.h"
#include "sql/session.h"
#include "storage/model/model_engine.h"
#include "storage/tree/tree_engine.h"

namespace latchkey::sql::test {

/// Gathers what a session tells as text: a line for a row, its columns between bars.
class TextSink final : public ResultSink {
 public:
  explicit TextSink(const TextSettings& settings) : settings_(settings) {}

  Result<void> columns(std::span<const ResultColumn> columns) override {
    for (const ResultColumn& column : columns) names.push_back(column.name);
    return {};
  }
  Result<void> row(std::span<const ResultColumn> columns, std::span<const Value> values) override {
    std::string line;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) line += '|';
      if (values[i].is_null) {
        line += "NULL";
      } else {
        append_text(columns[i].type, values[i], settings_, line);
      }
    }
    rows.push_back(std::move(line));
    return {};
  }
  Result<void> complete(Bytes tag) override {
    tags.emplace_back(tag);
    return {};
  }
  Result<void> empty() override {
    tags.emplace_back("");
    return {};
  }
  void notice(Severity, const Error& notice) override { notices.push_back(notice.message()); }
  Result<void> copy_out_begin(const CopyShape&) override { return {}; }
  Result<void> copy_out(Bytes) override { return {}; }
  Result<void> copy_out_end() override { return {}; }
  Result<void> copy_in_begin(const CopyShape&) override { return {}; }
  Result<std::optional<std::string>> copy_in() override { return std::optional<std::string>(); }

  std::vector<std::string> names;
  std::vector<std::string> rows;
  std::vector<std::string> tags;
  std::vector<std::string> notices;

 private:
  const TextSettings& settings_;
};

/// A database on a simulated machine, with one session or more.
///
///   TestDatabase db;
///   EXPECT_EQ(db.run("SELECT 1, NULL"), "1|NULL");
class TestDatabase {
 public:
  enum class EngineKind : std::uint8_t { Model, Tree };
  explicit TestDatabase(EngineKind kind = EngineKind::Model) {
    if (kind == EngineKind::Model) {
      engine = storage::make_model_engine(machine.env(), {65536, 512u << 20});
    } else {
      storage::tree::TreeEngineOptions options;
      options.memory_limit_bytes = std::uint64_t{1} << 30;
      options.directory = "/data";
      options.durability = storage::Durability::Interval;
      options.log_segment_bytes = 4 << 20;
      options.log_ring_bytes = 1 << 20;
      options.limits = {65536, 512u << 20};
      engine = storage::tree::TreeEngine::open(machine.env(), options).value();
    }
    reopen();
  }

  /// As after a restart.
  void reopen() {
    session.reset();
    database.reset();
    store.reset();
    store = kv::Store::open(*engine, machine.env()).value();
    database = Database::open(*store, machine.env()).value();
    session = new_session();
  }
  std::unique_ptr<Session> new_session() { return Session::open(*database, {}).value(); }

  /// The rows, or the last tag if there are none, or "STATE: message".
  std::string run(std::string_view text) { return run(*session, text); }
  static std::string run(Session& on, std::string_view text) {
    TextSink sink(on.text_settings());
    const Result<void> result = on.run(text, sink);
    if (!result.has_value()) {
      return fmt::format("{}: {}", result.error().sqlstate(), result.error().message());
    }
    if (sink.rows.empty() && sink.names.empty()) return sink.tags.empty() ? "" : sink.tags.back();
    return fmt::format("{}", fmt::join(sink.rows, "\n"));
  }

  env::SimulatedEnv machine{7};
  std::unique_ptr<storage::Engine> engine;
  std::unique_ptr<kv::Store> store;
  std::unique_ptr<Database> database;
  std::unique_ptr<Session> session;
};

}  // namespace latchkey::sql::test
