#include "doors/pgwire/frontend_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "doors/pgwire/message_reader.h"

namespace latchkey::pgwire {

namespace {

constexpr std::size_t kCountBytes = 2;

/// The words of "options": parted by spaces, where a backslash keeps the character behind it.
std::vector<std::string> split_options(Bytes text) {
  std::vector<std::string> words;
  bool in_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_space = text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r');
    if (is_space) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    words.back() += text[i];
  }
  return words;
}

Error bad_option(Bytes word) {
  return Error(ErrorCode::SyntaxError,
               fmt::format("invalid command-line argument for server process: {}", word))
      .with_hint("Settings are given as -c name=value or --name=value.");
}

/// Adds the settings of "options", which has the form of PostgreSQL's command line: -c name=value
/// and --name=value.
Result<void> add_options(Bytes text, StartupPacket& packet) {
  const std::vector<std::string> words = split_options(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_long = words[i].starts_with("--");
    std::string setting;
    if (is_long) {
      setting = words[i].substr(2);
    } else if (words[i] == "-c" && i + 1 < words.size()) {
      setting = words[++i];
    } else if (words[i].starts_with("-c")) {
      setting = words[i].substr(2);
    } else {
      return bad_option(words[i]);
    }
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorCode::SyntaxError,
                   fmt::format("{}{} requires a value", is_long ? "--" : "-c ", setting));
    }
    std::string name = setting.substr(0, equals);
    std::replace(name.begin(), name.end(), '-', '_');
    packet.settings.emplace_back(std::move(name), setting.substr(equals + 1));
  }
  return {};
}

/// Replication has a command language of its own. A client that only says no to it is welcome.
Result<void> refuse_replication(Bytes value) {
  for (const Bytes no : {"false", "off", "no", "0", "f", "n"}) {
    if (equals_ignore_case(value, no)) return {};
  }
  return Error(ErrorCode::NotSupported, "replication connections are not supported");
}

Result<void> add_parameter(Bytes name, Bytes value, StartupPacket& packet, Bytes& options) {
  if (name == "user") {
    packet.user = value;
  } else if (name == "database") {
    packet.database = value;
  } else if (name == "options") {
    options = value;
  } else if (name == "replication") {
    return refuse_replication(value);
  } else if (name.starts_with("_pq_.")) {
    packet.unknown_options.emplace_back(name);
  } else {
    packet.settings.emplace_back(name, value);
  }
  return {};
}

Result<sql::Format> format_of(std::uint16_t code) {
  if (code == 0) return sql::Format::Text;
  if (code == 1) return sql::Format::Binary;
  return Error(ErrorCode::InvalidArgument, fmt::format("unsupported format code: {}", code));
}

/// A count and so many format codes.
Result<std::vector<sql::Format>> read_formats(FieldReader& reader) {
  std::vector<sql::Format> formats;
  const std::size_t count = reader.uint16();
  formats.reserve(std::min(count, reader.size() / kCountBytes));
  for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
    const std::uint16_t code = reader.uint16();
    if (reader.failed()) break;
    LK_TRY(const sql::Format format, format_of(code));
    formats.push_back(format);
  }
  return formats;
}

}  // namespace

std::optional<CancelKey> parse_cancel_request(Bytes body) {
  FieldReader reader(body);
  CancelKey key;
  const std::uint32_t code = reader.uint32();
  key.process_id = reader.int32();
  key.secret = reader.uint32();
  if (!reader.end().has_value() || code != kCancelRequestCode) return std::nullopt;
  return key;
}

Result<StartupPacket> parse_startup(Bytes body) {
  FieldReader reader(body);
  const std::uint32_t version = reader.uint32();
  const std::uint32_t major = version >> 16;
  const std::uint32_t minor = version & 0xffff;
  if (major != kProtocolVersion >> 16) {
    return Error(ErrorCode::NotSupported,
                 fmt::format("unsupported frontend protocol {}.{}: server supports 3.0 to 3.0",
                             major, minor));
  }
  StartupPacket packet;
  Bytes options;
  for (Bytes name = reader.string(); !name.empty(); name = reader.string()) {
    const Bytes value = reader.string();
    if (reader.failed()) break;
    LK_CHECK(add_parameter(name, value, packet, options));
  }
  if (!reader.end().has_value()) {
    return Error(ErrorCode::ProtocolError,
                 "invalid startup packet layout: expected terminator as last byte");
  }
  auto settings = std::exchange(packet.settings, {});
  LK_CHECK(add_options(options, packet));
  std::move(settings.begin(), settings.end(), std::back_inserter(packet.settings));
  if (packet.user.empty()) {
    return Error(ErrorCode::Unauthenticated, "no PostgreSQL user name specified in startup packet");
  }
  if (packet.database.empty()) packet.database = packet.user;
  packet.must_negotiate = minor > 0 || !packet.unknown_options.empty();
  return packet;
}

Result<ParseMessage> parse_parse(Bytes body) {
  FieldReader reader(body);
  ParseMessage message;
  message.statement = reader.string();
  message.text = reader.string();
  const std::size_t count = reader.uint16();
  message.parameters.reserve(std::min(count, reader.size() / sizeof(sql::Oid)));
  for (std::size_t i = 0; i < count && !reader.failed(); ++i)
    message.parameters.push_back(sql::Oid{reader.uint32()});
  LK_CHECK(reader.end());
  return message;
}

Result<BindMessage> parse_bind(Bytes body) {
  FieldReader reader(body);
  BindMessage message;
  message.portal = reader.string();
  message.statement = reader.string();
  LK_TRY(const std::vector<sql::Format> formats, read_formats(reader));
  const std::size_t count = reader.uint16();
  if (!reader.failed() && formats.size() > 1 && formats.size() != count) {
    return Error(ErrorCode::ProtocolError,
                 fmt::format("bind message has {} parameter formats but {} parameters",
                             formats.size(), count));
  }
  message.parameters.reserve(std::min(count, reader.size() / sizeof(std::int32_t)));
  for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
    sql::ParameterValue& parameter = message.parameters.emplace_back();
    if (!formats.empty()) parameter.format = formats.size() == 1 ? formats[0] : formats[i];
    // As in PostgreSQL only -1 is a null; other lengths below zero are more than any message has.
    const std::int32_t size = reader.int32();
    if (size != -1) parameter.bytes = reader.bytes(static_cast<std::uint32_t>(size));
  }
  LK_TRY(message.result_formats, read_formats(reader));
  LK_CHECK(reader.end());
  return message;
}

Result<NamedObject> parse_named_object(Bytes body, Bytes message) {
  FieldReader reader(body);
  const std::uint8_t kind = reader.byte();
  NamedObject object;
  object.name = reader.string();
  LK_CHECK(reader.end());
  if (kind != 'S' && kind != 'P') {
    return Error(ErrorCode::ProtocolError,
                 fmt::format("invalid {} message subtype {}", message, kind));
  }
  object.kind = kind == 'S' ? NamedObject::Kind::Statement : NamedObject::Kind::Portal;
  return object;
}

Result<ExecuteMessage> parse_execute(Bytes body) {
  FieldReader reader(body);
  ExecuteMessage message;
  message.portal = reader.string();
  const std::int32_t row_limit = reader.int32();
  LK_CHECK(reader.end());
  message.row_limit = row_limit <= 0 ? 0 : static_cast<std::uint64_t>(row_limit);
  return message;
}

Result<Bytes> parse_text_message(Bytes body) {
  FieldReader reader(body);
  const Bytes text = reader.string();
  LK_CHECK(reader.end());
  return text;
}

Result<SaslInitialResponse> parse_sasl_initial_response(Bytes body) {
  FieldReader reader(body);
  SaslInitialResponse response;
  response.mechanism = reader.string();
  const std::int32_t size = reader.int32();
  if (size != -1) response.data = reader.bytes(static_cast<std::uint32_t>(size));
  LK_CHECK(reader.end());
  return response;
}

}  // namespace latchkey::pgwire
