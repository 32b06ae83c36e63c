#include "doors/pgwire/message_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"

namespace latchkey::pgwire {

namespace {

constexpr std::uint32_t kNull = 0xffffffff;

enum AuthenticationCode : std::uint32_t {
  kOk = 0,
  kSasl = 10,
  kSaslContinue = 11,
  kSaslFinal = 12
};

std::string_view name_of(sql::Severity severity) {
  switch (severity) {
    case sql::Severity::Notice:
      return "NOTICE";
    case sql::Severity::Warning:
      return "WARNING";
    case sql::Severity::Info:
      return "INFO";
    case sql::Severity::Log:
      return "LOG";
    case sql::Severity::Debug:
      return "DEBUG1";
  }
  return "NOTICE";
}

/// Types that users made are the catalog's; all of them vary in size as far as a client can tell.
std::int16_t length_of(sql::Oid oid) {
  const sql::Type* const type = sql::find_type(oid);
  return type == nullptr ? std::int16_t{-1} : type->length;
}

}  // namespace

std::size_t MessageWriter::begin(char type) {
  out_ += type;
  out_.append(4, '\0');
  return out_.size() - 4;
}

void MessageWriter::end(std::size_t length_at) {
  LK_ASSERT(out_.size() >= length_at + 4);
  store32_at(length_at, static_cast<std::uint32_t>(out_.size() - length_at));
}

void MessageWriter::store32_at(std::size_t at, std::uint32_t value) {
  store_big32(out_.data() + at, value);
}

void MessageWriter::put16(std::uint16_t value) {
  out_ += static_cast<char>(value >> 8);
  out_ += static_cast<char>(value);
}

void MessageWriter::put32(std::uint32_t value) {
  char bytes[4];
  store_big32(bytes, value);
  out_.append(bytes, sizeof bytes);
}

void MessageWriter::put_string(Bytes text) {
  const std::size_t begin_at = out_.size();
  out_.append(text);
  std::replace(out_.begin() + static_cast<std::ptrdiff_t>(begin_at), out_.end(), '\0', ' ');
  out_ += '\0';
}

void MessageWriter::authentication_ok() {
  const std::size_t at = begin('R');
  put32(kOk);
  end(at);
}

void MessageWriter::authentication_sasl(std::span<const std::string_view> mechanisms) {
  const std::size_t at = begin('R');
  put32(kSasl);
  for (const std::string_view mechanism : mechanisms) put_string(mechanism);
  put_byte('\0');
  end(at);
}

void MessageWriter::authentication_sasl_continue(Bytes data) {
  const std::size_t at = begin('R');
  put32(kSaslContinue);
  out_.append(data);
  end(at);
}

void MessageWriter::authentication_sasl_final(Bytes data) {
  const std::size_t at = begin('R');
  put32(kSaslFinal);
  out_.append(data);
  end(at);
}

void MessageWriter::negotiate_protocol_version(std::uint32_t newest,
                                               std::span<const std::string> options) {
  const std::size_t at = begin('v');
  put32(newest);
  put32(static_cast<std::uint32_t>(options.size()));
  for (const std::string& option : options) put_string(option);
  end(at);
}

void MessageWriter::backend_key_data(std::int32_t process_id, std::uint32_t secret) {
  const std::size_t at = begin('K');
  put32(static_cast<std::uint32_t>(process_id));
  put32(secret);
  end(at);
}

void MessageWriter::parameter_status(Bytes name, Bytes value) {
  const std::size_t at = begin('S');
  put_string(name);
  put_string(value);
  end(at);
}

void MessageWriter::ready_for_query(sql::TransactionState state) {
  const std::size_t at = begin('Z');
  put_byte(static_cast<char>(state));
  end(at);
}

void MessageWriter::plain(Plain type) { end(begin(static_cast<char>(type))); }

void MessageWriter::put_field(char code, Bytes text) {
  if (text.empty()) return;
  put_byte(code);
  put_string(text);
}

void MessageWriter::report(char type, std::string_view severity, const Error& error) {
  const ErrorDetails& details = error.details();
  const std::size_t at = begin(type);
  put_field('S', severity);
  put_field('V', severity);
  put_field('C', error.sqlstate());
  // Clients take the message for granted.
  put_field('M', error.message().empty() ? error_class(error.code()).text : error.message());
  put_field('D', details.detail);
  put_field('H', details.hint);
  if (details.position > 0) put_field('P', std::to_string(details.position));
  put_field('W', details.context);
  put_field('s', details.schema);
  put_field('t', details.table);
  put_field('c', details.column);
  put_field('d', details.data_type);
  put_field('n', details.constraint);
  put_byte('\0');
  end(at);
}

void MessageWriter::error(Gravity gravity, const Error& error) {
  report('E', gravity == Gravity::Fatal ? "FATAL" : "ERROR", error);
}

void MessageWriter::notice(sql::Severity severity, const Error& notice) {
  report('N', name_of(severity), notice);
}

void MessageWriter::notification(const sql::Notification& notification) {
  const std::size_t at = begin('A');
  put32(static_cast<std::uint32_t>(notification.process_id));
  put_string(notification.channel);
  put_string(notification.payload);
  end(at);
}

void MessageWriter::parameter_description(std::span<const sql::Oid> parameters) {
  const std::size_t at = begin('t');
  put16(static_cast<std::uint16_t>(parameters.size()));
  for (const sql::Oid oid : parameters) put32(value_of(oid));
  end(at);
}

void MessageWriter::row_description(std::span<const sql::ResultColumn> columns,
                                    std::span<const sql::Format> formats) {
  const std::size_t at = begin('T');
  put16(static_cast<std::uint16_t>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const sql::ResultColumn& column = columns[i];
    put_string(column.name);
    put32(value_of(column.table));
    put16(static_cast<std::uint16_t>(column.number));
    put32(value_of(column.type));
    put16(static_cast<std::uint16_t>(length_of(column.type)));
    put32(static_cast<std::uint32_t>(column.typmod));
    put16(static_cast<std::uint16_t>(format_of_column(formats, i)));
  }
  end(at);
}

Result<void> MessageWriter::data_row(std::span<const sql::ResultColumn> columns,
                                     std::span<const sql::Value> values,
                                     std::span<const sql::Format> formats,
                                     const sql::TextSettings& settings) {
  LK_ASSERT(columns.size() == values.size());
  const std::size_t at = begin('D');
  put16(static_cast<std::uint16_t>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t size_at = out_.size();
    put32(kNull);
    if (values[i].is_null) continue;
    if (format_of_column(formats, i) == sql::Format::Binary) {
      sql::append_binary(columns[i].type, values[i], out_);
    } else {
      sql::append_text(columns[i].type, values[i], settings, out_);
    }
    if (out_.size() - at > kBytesMax) {
      out_.resize(at - 1);
      return Error(ErrorCode::LimitExceeded,
                   fmt::format("a row is too large to be sent: it has more than {} bytes up to "
                               "column \"{}\"",
                               kBytesMax, columns[i].name))
          .with_hint("Select fewer columns, or parts of large values with substring().");
    }
    store32_at(size_at, static_cast<std::uint32_t>(out_.size() - size_at - 4));
  }
  end(at);
  return {};
}

void MessageWriter::command_complete(Bytes tag) {
  const std::size_t at = begin('C');
  put_string(tag);
  end(at);
}

void MessageWriter::copy_response(char type, const sql::CopyShape& shape) {
  const auto format = static_cast<char>(shape.format);
  const std::size_t at = begin(type);
  put_byte(format);
  put16(static_cast<std::uint16_t>(shape.column_count));
  for (std::size_t i = 0; i < shape.column_count; ++i) put16(static_cast<std::uint16_t>(format));
  end(at);
}

void MessageWriter::copy_in_response(const sql::CopyShape& shape) { copy_response('G', shape); }
void MessageWriter::copy_out_response(const sql::CopyShape& shape) { copy_response('H', shape); }

void MessageWriter::copy_data(Bytes data) {
  LK_ASSERT(data.size() < kBytesMax);
  const std::size_t at = begin('d');
  out_.append(data);
  end(at);
}

}  // namespace latchkey::pgwire
