#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace latchkey {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

std::string_view name_of(LogLevel level);

/// One `name=value` at the end of a log line.
struct LogField {
  LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const char* text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, std::int64_t number)
      : name(field_name), value(std::to_string(number)) {}
  LogField(std::string_view field_name, std::uint64_t number)
      : name(field_name), value(std::to_string(number)) {}
  LogField(std::string_view field_name, int number) : LogField(field_name, std::int64_t{number}) {}

  std::string_view name;
  std::string value;
};

/// The program's own account of what it does, one line an event, on stderr:
///
///   2024-05-01T12:00:00.000Z info    recovery finished  records=1200 cut_bytes=17
///
/// Threads: any; lines do not mix.
/// Nothing that a client sent can forge a line or move the reader's cursor: message and values are
/// escaped and cut (see escape_for_log). Secrets and values of keys do not belong here.
void log(LogLevel level, Bytes message, std::initializer_list<LogField> fields = {});

/// Lines below this level are dropped. Info at the start.
void set_log_level(LogLevel level);
LogLevel log_level();
inline bool log_enabled(LogLevel level) { return level >= log_level(); }

/// Where lines go instead of stderr, without time; an empty function restores stderr. For tests.
using LogSink = std::function<void(LogLevel level, const std::string& line)>;
void set_log_sink(LogSink sink);

}  // namespace latchkey
