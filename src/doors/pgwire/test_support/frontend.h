#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "doors/pgwire/message_reader.h"

namespace latchkey::pgwire::test {

/// A client's messages, written by hand, and a server's, read by hand: independent of the code
/// under test.

inline std::string big16(int value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}
inline std::string big32(std::uint32_t value) {
  std::string bytes(4, '\0');
  store_big32(bytes.data(), value);
  return bytes;
}
/// With the zero byte at its end.
inline std::string cstring(std::string_view text) { return std::string(text) + '\0'; }

inline std::string packet(std::string_view body) {
  return big32(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}
inline std::string message(char type, std::string_view body = {}) { return type + packet(body); }

using Settings = std::vector<std::pair<std::string, std::string>>;

inline std::string startup_body(const Settings& settings, std::uint32_t version = 3 << 16) {
  std::string body = big32(version);
  for (const auto& [name, value] : settings) body += cstring(name) + cstring(value);
  return body + '\0';
}
inline std::string startup(const Settings& settings = {{"user", "ada"}}) {
  return packet(startup_body(settings));
}
inline std::string ssl_request() { return packet(big32(80877103)); }
inline std::string gss_request() { return packet(big32(80877104)); }
inline std::string cancel_request(std::uint32_t process_id, std::uint32_t secret) {
  return packet(big32(80877102) + big32(process_id) + big32(secret));
}

inline std::string query(std::string_view text) { return message('Q', cstring(text)); }
inline std::string parse(std::string_view name, std::string_view text,
                         const std::vector<std::uint32_t>& types = {}) {
  std::string body = cstring(name) + cstring(text) + big16(static_cast<int>(types.size()));
  for (const std::uint32_t type : types) body += big32(type);
  return message('P', body);
}

struct Bind {
  std::string portal = {};
  std::string statement = {};
  std::vector<int> formats = {};
  std::vector<std::optional<std::string>> parameters = {};
  std::vector<int> result_formats = {};
};
inline std::string bind_body(const Bind& bind) {
  std::string body = cstring(bind.portal) + cstring(bind.statement);
  body += big16(static_cast<int>(bind.formats.size()));
  for (const int format : bind.formats) body += big16(format);
  body += big16(static_cast<int>(bind.parameters.size()));
  for (const auto& parameter : bind.parameters) {
    body += big32(parameter ? static_cast<std::uint32_t>(parameter->size()) : 0xffffffff);
    body += parameter.value_or("");
  }
  body += big16(static_cast<int>(bind.result_formats.size()));
  for (const int format : bind.result_formats) body += big16(format);
  return body;
}
inline std::string bind(const Bind& bind = {}) { return message('B', bind_body(bind)); }
inline std::string describe(char kind, std::string_view name = {}) {
  return message('D', kind + cstring(name));
}
inline std::string close(char kind, std::string_view name = {}) {
  return message('C', kind + cstring(name));
}
inline std::string execute(std::string_view portal = {}, int row_limit = 0) {
  return message('E', cstring(portal) + big32(static_cast<std::uint32_t>(row_limit)));
}
inline std::string sync() { return message('S'); }
inline std::string flush() { return message('H'); }
inline std::string terminate() { return message('X'); }
inline std::string copy_data(std::string_view data) { return message('d', data); }
inline std::string copy_done() { return message('c'); }
inline std::string copy_fail(std::string_view reason) { return message('f', cstring(reason)); }

/// A message as the reader would deliver it, from its bytes on the wire.
inline Message delivered(const std::string& bytes) {
  Message message;
  message.type = static_cast<FrontendType>(bytes[0]);
  message.body = bytes.substr(5);
  return message;
}
inline Message delivered_packet(const std::string& bytes) {
  Message message;
  message.body = bytes.substr(4);
  return message;
}

/// What a server said, one line for each message:
///
///   R 0                  authentication, with its code and data
///   S name=value         ParameterStatus
///   K 7                  BackendKeyData, without the secret
///   T n:23 t:25b         RowDescription, b for binary
///   t 23,25              ParameterDescription
///   D 1|abc|null         DataRow
///   C SELECT 1           CommandComplete
///   E ERROR 42601 text   ErrorResponse; N likewise
///   Z I                  ReadyForQuery
///   d abc                CopyData
///   G 0:2                CopyInResponse; H likewise
///   A 7 channel payload  NotificationResponse
///   1 2 3 n s I c        the plain ones
inline std::string describe_reply(char type, std::string body) {
  FieldReader reader(body);
  std::string line(1, type);
  switch (type) {
    case 'R':
      line += " " + std::to_string(reader.int32());
      if (reader.size() > 0) line += " " + std::string(reader.rest());
      break;
    case 'S':
      line += " " + std::string(reader.string());
      line += "=" + std::string(reader.string());
      break;
    case 'K':
      line += " " + std::to_string(reader.int32());
      break;
    case 'T':
      for (int left = reader.uint16(); left > 0; --left) {
        line += " " + std::string(reader.string()) + ":";
        reader.bytes(6);
        line += std::to_string(reader.int32());
        reader.bytes(6);
        if (reader.uint16() == 1) line += "b";
      }
      break;
    case 't':
      for (int left = reader.uint16(); left > 0; --left)
        line += (line.size() == 1 ? " " : ",") + std::to_string(reader.int32());
      break;
    case 'D':
      for (int left = reader.uint16(); left > 0; --left) {
        line += line.size() == 1 ? " " : "|";
        const std::int32_t size = reader.int32();
        line += size < 0 ? "null" : std::string(reader.bytes(static_cast<std::size_t>(size)));
      }
      break;
    case 'E':
    case 'N': {
      std::string severity, code, text;
      while (const char field = static_cast<char>(reader.byte())) {
        const std::string value(reader.string());
        if (field == 'V') severity = value;
        if (field == 'C') code = value;
        if (field == 'M') text = value;
      }
      line += " " + severity + " " + code + " " + text;
      break;
    }
    case 'Z':
      line += " " + std::string(reader.rest());
      break;
    case 'C':
      line += " " + std::string(reader.string());
      break;
    case 'd':
      line += " " + std::string(reader.rest());
      break;
    case 'G':
    case 'H':
      line += " " + std::to_string(reader.byte());
      line += ":" + std::to_string(reader.uint16());
      break;
    case 'A':
      line += " " + std::to_string(reader.int32());
      line += " " + std::string(reader.string());
      line += " " + std::string(reader.string());
      break;
    default:
      break;
  }
  return reader.failed() ? line + " (cut)" : line;
}

/// All whole messages in `bytes`, and what is left of it as a last line if that is not empty.
inline std::vector<std::string> describe_replies(std::string_view bytes) {
  std::vector<std::string> lines;
  while (bytes.size() >= 5) {
    const std::size_t length = load_big32(bytes.data() + 1);
    if (bytes.size() < length + 1) break;
    lines.push_back(describe_reply(bytes[0], std::string(bytes.substr(5, length - 4))));
    bytes.remove_prefix(length + 1);
  }
  if (!bytes.empty()) lines.push_back("rest: " + std::string(bytes));
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace latchkey::pgwire::test
