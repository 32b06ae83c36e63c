#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "base/assert.h"
#include "base/text.h"

namespace latchkey {

namespace {

constexpr std::size_t kMessageBytesMax = 2048;
constexpr std::size_t kFieldBytesMax = 512;

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

std::atomic<LogLevel> level_now{LogLevel::Info};

/// Both are guarded by the mutex; an empty sink means stderr.
struct Output {
  std::mutex mutex;
  LogSink sink;
  spdlog::logger to_stderr{"latchkey", std::make_shared<spdlog::sinks::stderr_sink_st>()};

  Output() {
    to_stderr.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
    to_stderr.flush_on(spdlog::level::trace);
  }
};

/// Never destroyed: threads may log while the process ends.
Output& output() {
  static Output* const instance = new Output;
  return *instance;
}

std::string line_of(Bytes message, std::initializer_list<LogField> fields) {
  std::string line = escape_for_log(message, kMessageBytesMax);
  const char* separator = "  ";
  for (const LogField& field : fields) {
    line += separator;
    line += field.name;
    line += '=';
    std::string value = escape_for_log(field.value, kFieldBytesMax);
    const bool quoted = value.empty() || value.find_first_of(" =\"") != std::string::npos;
    if (quoted) {
      for (std::size_t at = 0; (at = value.find('"', at)) != std::string::npos; at += 2)
        value.insert(at, 1, '\\');
      value = '"' + value + '"';
    }
    line += value;
    separator = " ";
  }
  return line;
}

}  // namespace

std::string_view name_of(LogLevel level) {
  const auto index = static_cast<std::size_t>(level);
  LK_ASSERT(index < kLevelNames.size());
  return kLevelNames[index];
}

void log(LogLevel level, Bytes message, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  const std::string line = line_of(message, fields);
  Output& out = output();
  const std::lock_guard guard(out.mutex);
  if (out.sink) {
    out.sink(level, line);
    return;
  }
  std::string name(name_of(level));
  name.resize(7, ' ');
  out.to_stderr.log(spdlog::level::critical, spdlog::string_view_t(name + " " + line));
}

void set_log_level(LogLevel level) { level_now.store(level, std::memory_order_relaxed); }

LogLevel log_level() { return level_now.load(std::memory_order_relaxed); }

void set_log_sink(LogSink sink) {
  Output& out = output();
  const std::lock_guard guard(out.mutex);
  out.sink = std::move(sink);
}

}  // namespace latchkey
