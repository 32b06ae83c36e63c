#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/catalog/catalog.h"

namespace latchkey::sql {

/// How objects stand in the catalog tree of the engine.
///
///   key:   "sql/" kind (1: t table, s schema, r routine) number (4, big-endian)
///   value: version (1), then fields in the order of the struct; numbers are varints (signed ones
///          zigzag), texts are a length and the bytes, lists are a count and the elements
///
/// Errors: Corruption.
inline constexpr Bytes kCatalogPrefix = "sql/";
std::string catalog_key(char kind, Oid oid);
std::string encode(const Table& table);
std::string encode(const Schema& schema);
std::string encode(const Routine& routine);
Result<Table> decode_table(Bytes value);
Result<Schema> decode_schema(Bytes value);
Result<Routine> decode_routine(Bytes value);

}  // namespace latchkey::sql
