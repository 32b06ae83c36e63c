#include "sql/parse/query_text.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <vector>

namespace latchkey::sql::parse {

namespace {

Result<std::string> written(PgQuery__Node* query) {
  PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT;
  raw.stmt = query;
  PgQuery__RawStmt* statements[] = {&raw};
  PgQuery__ParseResult whole = PG_QUERY__PARSE_RESULT__INIT;
  whole.n_stmts = 1;
  whole.stmts = statements;
  std::vector<std::uint8_t> packed(pg_query__parse_result__get_packed_size(&whole));
  pg_query__parse_result__pack(&whole, packed.data());
  PgQueryProtobuf message;
  message.len = packed.size();
  message.data = reinterpret_cast<char*>(packed.data());
  const PgQueryDeparseResult result = pg_query_deparse_protobuf(message);
  std::string text = result.query == nullptr ? "" : result.query;
  const bool failed = result.error != nullptr || text.empty();
  pg_query_free_deparse_result(result);
  if (failed) return Error(ErrorCode::NotSupported, "the query of this view cannot be kept");
  return text;
}

/// The query of a CREATE VIEW, which may be part of a CREATE SCHEMA.
PgQuery__Node* query_of(PgQuery__Node* statement, std::int32_t location) {
  if (statement == nullptr) return nullptr;
  if (statement->node_case == PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT) {
    const PgQuery__CreateSchemaStmt& schema = *statement->create_schema_stmt;
    for (std::size_t i = 0; i < schema.n_schema_elts; ++i) {
      if (PgQuery__Node* const query = query_of(schema.schema_elts[i], location)) return query;
    }
  }
  const bool is_it = statement->node_case == PG_QUERY__NODE__NODE_VIEW_STMT &&
                     statement->view_stmt->view->location == location;
  return is_it ? statement->view_stmt->query : nullptr;
}

PgQuery__Node* query_at(const PgQuery__ParseResult& tree, std::int32_t location) {
  for (std::size_t i = 0; i < tree.n_stmts; ++i) {
    if (PgQuery__Node* const query = query_of(tree.stmts[i]->stmt, location)) return query;
  }
  return nullptr;
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

Result<std::string> view_query_text(Bytes script, std::int32_t location) {
  const std::string terminated(script);
  const PgQueryProtobufParseResult raw = pg_query_parse_protobuf(terminated.c_str());
  PgQuery__ParseResult* tree = nullptr;
  if (raw.error == nullptr) {
    tree = pg_query__parse_result__unpack(
        nullptr, raw.parse_tree.len, reinterpret_cast<const std::uint8_t*>(raw.parse_tree.data));
  }
  PgQuery__Node* const query = tree == nullptr ? nullptr : query_at(*tree, location);
  Result<std::string> text =
      query == nullptr ? Error(ErrorCode::Internal, "a view was not found in its own text")
                       : written(query);
  if (tree != nullptr) pg_query__parse_result__free_unpacked(tree, nullptr);
  pg_query_free_protobuf_parse_result(raw);
  return text;
}

std::size_t end_of_name(Bytes text, std::size_t begin, std::size_t parts) {
  std::size_t at = begin;
  for (std::size_t part = 0; part < parts && at < text.size(); ++part) {
    if (part > 0 && text[at] == '.') ++at;
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size(); ++at) {
        if (text[at] != '"') continue;
        if (at + 1 >= text.size() || text[at + 1] != '"') break;
        ++at;
      }
      if (at < text.size()) ++at;
    } else if (at < text.size() && text[at] == '*') {
      ++at;
    } else {
      while (at < text.size() && is_name_byte(text[at])) ++at;
    }
  }
  return at;
}

}  // namespace latchkey::sql::parse
