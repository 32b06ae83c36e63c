// Parse, Bind, Describe, Execute and Close.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "doors/pgwire/backend.h"

namespace latchkey::pgwire {

Backend::Next Backend::handle_extended(const Message& message) {
  LK_ASSERT(!skips_to_sync_);
  awaits_command_ = false;
  const auto done = run_extended(message);
  if (!done.has_value() && session_->take_would_wait()) return Next::Wait;
  if (!done.has_value()) return fail_extended(done.error());
  (void)replies_.flush_pieces();
  return Next::Go;
}

Backend::Next Backend::fail_extended(const Error& error) {
  session_->fail();
  skips_to_sync_ = true;
  if (report(error) == Next::Close) return Next::Close;
  return lost_synchronization_ ? lose_synchronization() : Next::Go;
}

Result<void> Backend::run_extended(const Message& message) {
  switch (message.type) {
    case FrontendType::Parse:
      return parse(message.body);
    case FrontendType::Bind:
      return bind(message.body);
    case FrontendType::Describe:
      return describe(message.body);
    case FrontendType::Execute:
      return execute(message.body);
    case FrontendType::Close:
      return close(message.body);
    default:
      return Error(ErrorCode::ProtocolError, fmt::format("unexpected message type {}",
                                                         static_cast<unsigned char>(message.type)));
  }
}

Result<void> Backend::parse(Bytes body) {
  LK_TRY(const ParseMessage message, parse_parse(body));
  if (const auto known = shapes_.find(message.statement); known != shapes_.end())
    shapes_.erase(known);
  LK_CHECK(session_->prepare(message.statement, message.text, message.parameters));
  replies_.writer().plain(Plain::ParseComplete);
  return {};
}

Result<void> Backend::bind(Bytes body) {
  LK_TRY(BindMessage message, parse_bind(body));
  LK_CHECK(check_counts(message));
  LK_CHECK(session_->bind(message.portal, message.statement, message.parameters));
  const bool is_all_text =
      std::all_of(message.result_formats.begin(), message.result_formats.end(),
                  [](sql::Format format) { return format == sql::Format::Text; });
  if (!is_all_text) {
    formats_.insert_or_assign(std::string(message.portal), std::move(message.result_formats));
  } else if (const auto old = formats_.find(message.portal); old != formats_.end()) {
    formats_.erase(old);
  }
  replies_.writer().plain(Plain::BindComplete);
  return {};
}

/// What is remembered of a statement may be out of date, because SQL can replace it too
/// (DEALLOCATE, PREPARE): before anything is refused it is described anew.
Result<void> Backend::check_counts(const BindMessage& message) {
  const std::size_t format_count = message.result_formats.size();
  const auto fits = [&](const StatementShape& shape) {
    return shape.parameter_count == message.parameters.size() &&
           (format_count <= 1 || !shape.column_count.has_value() ||
            *shape.column_count == format_count);
  };
  const auto known = shapes_.find(message.statement);
  if (known != shapes_.end() && fits(known->second)) return {};
  LK_TRY(const StatementShape shape, describe_shape(message.statement));
  if (fits(shape)) return {};
  if (shape.parameter_count != message.parameters.size()) {
    return Error(ErrorCode::ProtocolError,
                 fmt::format("bind message supplies {} parameters, but prepared statement \"{}\" "
                             "requires {}",
                             message.parameters.size(), message.statement, shape.parameter_count));
  }
  return Error(ErrorCode::ProtocolError,
               fmt::format("bind message has {} result formats but query has {} columns",
                           format_count, *shape.column_count));
}

Result<Backend::StatementShape> Backend::describe_shape(Bytes statement) {
  LK_TRY(const sql::StatementDescription description, session_->describe_statement(statement));
  keep_shape(statement, description);
  return shapes_.find(statement)->second;
}

void Backend::keep_shape(Bytes statement, const sql::StatementDescription& description) {
  StatementShape shape{description.parameters.size(), std::nullopt};
  if (description.returns_rows) shape.column_count = description.columns.size();
  if (shapes_.size() >= kShapesMax) shapes_.clear();
  shapes_.insert_or_assign(std::string(statement), shape);
}

Result<void> Backend::describe(Bytes body) {
  LK_TRY(const NamedObject object, parse_named_object(body, "DESCRIBE"));
  const bool is_statement = object.kind == NamedObject::Kind::Statement;
  LK_TRY(const sql::StatementDescription description,
         is_statement ? session_->describe_statement(object.name)
                      : session_->describe_portal(object.name));
  if (is_statement) {
    keep_shape(object.name, description);
    replies_.writer().parameter_description(description.parameters);
  }
  if (!description.returns_rows) {
    replies_.writer().plain(Plain::NoData);
    return {};
  }
  // The formats of a statement are not known before it is bound; text is said meanwhile.
  replies_.writer().row_description(
      description.columns, is_statement ? std::span<const sql::Format>() : formats_of(object.name));
  return {};
}

std::span<const sql::Format> Backend::formats_of(Bytes portal) const {
  const auto found = formats_.find(portal);
  return found == formats_.end() ? std::span<const sql::Format>() : found->second;
}

Result<void> Backend::execute(Bytes body) {
  LK_TRY(const ExecuteMessage message, parse_execute(body));
  ReplySink sink(ReplySink::Protocol::Extended, formats_of(message.portal), line_, replies_,
                 *session_);
  const auto executed = session_->execute(message.portal, message.row_limit, sink);
  lost_synchronization_ = sink.lost_synchronization();
  if (!executed.has_value()) return executed.error();
  if (*executed == sql::Executed::Suspended) {
    replies_.writer().plain(Plain::PortalSuspended);
  } else if (*executed == sql::Executed::Empty && !sink.was_empty()) {
    replies_.writer().plain(Plain::EmptyQueryResponse);
  }
  return {};
}

Result<void> Backend::close(Bytes body) {
  LK_TRY(const NamedObject object, parse_named_object(body, "CLOSE"));
  if (object.kind == NamedObject::Kind::Statement) {
    session_->close_statement(object.name);
    if (const auto known = shapes_.find(object.name); known != shapes_.end()) shapes_.erase(known);
  } else {
    session_->close_portal(object.name);
    if (const auto known = formats_.find(object.name); known != formats_.end())
      formats_.erase(known);
  }
  replies_.writer().plain(Plain::CloseComplete);
  return {};
}

}  // namespace latchkey::pgwire
