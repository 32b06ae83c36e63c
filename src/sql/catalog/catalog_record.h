#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/catalog/catalog.h"

namespace latchkey::sql {

/// How objects stand in the catalog tree of the engine.
///
///   key:   "sql/" kind (1) number (4, big-endian); of comments the column's number behind it (2)
///          t table, s schema, r routine, y type, c comment, e extension (its name in place of the
///          number), q where a sequence stands (see Sequences)
///   value: version (1), then fields in the order of the struct; numbers are varints (signed ones
///          zigzag), texts are a length and the bytes, lists are a count and the elements
///
/// Errors: Corruption.
inline constexpr Bytes kCatalogPrefix = "sql/";
struct CommentRecord {
  Oid oid = Oid::None;
  std::int16_t column = 0;
  std::string text;
};
struct ExtensionRecord {
  std::string name;
  std::string version;
};

std::string catalog_key(char kind, Oid oid);
std::string comment_key(Oid oid, std::int16_t column);
std::string extension_key(Bytes name);
std::string encode(const Table& table);
std::string encode(const Schema& schema);
std::string encode(const Routine& routine);
std::string encode(const UserType& type);
std::string encode(const CommentRecord& comment);
std::string encode(const ExtensionRecord& extension);
Result<UserType> decode_user_type(Bytes value);
Result<CommentRecord> decode_comment(Bytes value);
Result<ExtensionRecord> decode_extension(Bytes value);
Result<Table> decode_table(Bytes value);
Result<Schema> decode_schema(Bytes value);
Result<Routine> decode_routine(Bytes value);

}  // namespace latchkey::sql
