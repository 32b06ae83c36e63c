#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/session.h"

namespace latchkey::pgwire {

/// The severities that only a door knows: an Error ends a statement, a Fatal the connection.
enum class Gravity : std::uint8_t { Error, Fatal };

/// Messages that are a type and nothing else.
enum class Plain : char {
  ParseComplete = '1',
  BindComplete = '2',
  CloseComplete = '3',
  CopyDone = 'c',
  EmptyQueryResponse = 'I',
  NoData = 'n',
  PortalSuspended = 's',
};

/// The format of column `index`: `formats` are none (all text), one for all, or one for each.
inline sql::Format format_of_column(std::span<const sql::Format> formats, std::size_t index) {
  if (formats.size() == 1) return formats[0];
  return index < formats.size() ? formats[index] : sql::Format::Text;
}

/// Writes the messages of a server at the end of a string, whole ones only.
///
/// Text that PostgreSQL ends with a zero byte cannot hold one: such bytes become spaces.
///
/// Threads:   one at a time.
/// Ownership: borrows the string.
class MessageWriter {
 public:
  /// PostgreSQL's limit for one row, and for whatever else is written whole.
  static constexpr std::size_t kBytesMax = (std::size_t{1} << 30) - 1;

  explicit MessageWriter(std::string& out) : out_(out) {}

  void authentication_ok();
  void authentication_sasl(std::span<const std::string_view> mechanisms);
  void authentication_sasl_continue(Bytes data);
  void authentication_sasl_final(Bytes data);
  void negotiate_protocol_version(std::uint32_t newest, std::span<const std::string> options);
  void backend_key_data(std::int32_t process_id, std::uint32_t secret);
  void parameter_status(Bytes name, Bytes value);
  void ready_for_query(sql::TransactionState state);

  void plain(Plain type);
  void error(Gravity gravity, const Error& error);
  void notice(sql::Severity severity, const Error& notice);
  void notification(const sql::Notification& notification);

  void parameter_description(std::span<const sql::Oid> parameters);
  void row_description(std::span<const sql::ResultColumn> columns,
                       std::span<const sql::Format> formats);
  /// Errors: LimitExceeded; nothing is written then.
  Result<void> data_row(std::span<const sql::ResultColumn> columns,
                        std::span<const sql::Value> values, std::span<const sql::Format> formats,
                        const sql::TextSettings& settings);
  void command_complete(Bytes tag);

  void copy_in_response(const sql::CopyShape& shape);
  void copy_out_response(const sql::CopyShape& shape);
  /// Requires: data.size() < kBytesMax.
  void copy_data(Bytes data);

 private:
  /// Returns where the length goes; end() writes it.
  std::size_t begin(char type);
  void end(std::size_t length_at);
  void put_byte(char value) { out_ += value; }
  void put16(std::uint16_t value);
  void put32(std::uint32_t value);
  void put_string(Bytes text);
  void put_field(char code, Bytes text);
  void store32_at(std::size_t at, std::uint32_t value);
  void report(char type, std::string_view severity, const Error& error);
  void copy_response(char type, const sql::CopyShape& shape);

  std::string& out_;
};

}  // namespace latchkey::pgwire
