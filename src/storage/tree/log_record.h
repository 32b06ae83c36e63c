#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/function_ref.h"
#include "latchkey/result.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// A log record is a run of operations that take effect together, at the record's Lsn.
///
///   first byte            then
///   00kkkkkk              Put, record kind k: tree, key, value
///   01kkkkkk              Put with a deadline: tree, key, deadline, value
///   10000000              Erase: tree, key
///   10000001              EraseRange: tree, begin, end
///   10000010              CreateTree: tree, one byte of option flags
///   10000011              DropTree: tree
///
/// `tree` is a varint; `deadline` a zigzag varint of milliseconds; key, value, begin and end are a
/// varint length and bytes. Varints are base 128, low bits first (see log_varint.h).
/// A Put of a 16-byte key and a 16-byte value takes 36 bytes, 48 as a frame.
struct LogOperation {
  enum class Type : std::uint8_t { Put, Erase, EraseRange, CreateTree, DropTree };
  Type type{};
  TreeId tree{};
  Bytes key;            ///< Put, Erase; EraseRange: its begin
  Bytes end;            ///< EraseRange; empty = no upper bound
  NewRecord record;     ///< Put
  TreeOptions options;  ///< CreateTree

  static LogOperation put(TreeId tree, Bytes key, const NewRecord& record);
  static LogOperation erase(TreeId tree, Bytes key);
  static LogOperation erase_range(TreeId tree, Bytes begin, Bytes end);
  static LogOperation create_tree(TreeId tree, const TreeOptions& options);
  static LogOperation drop_tree(TreeId tree);
};

/// How many bytes encode(operation) writes.
std::uint64_t encoded_bytes(const LogOperation& operation);
/// Writes the operation at `to`, which has room for encoded_bytes, and returns one past its end.
/// Allocates nothing. Requires: record.kind <= kRecordKindMax.
char* encode(const LogOperation& operation, char* to);

/// A Put without the bytes of its value, which must follow it: so that a large value goes from
/// where it lies into the log (Log::stage) without a copy in between.
std::uint64_t encoded_put_head_bytes(TreeId tree, Bytes key, const NewRecord& record);
char* encode_put_head(TreeId tree, Bytes key, const NewRecord& record, char* to);

/// Calls `visit` with each operation of a record in order; the views last as long as `body`.
/// Errors: Corruption when the bytes are not a run of whole operations; `visit`'s own. Operations
///         before the bad byte have been visited by then.
Result<void> decode_record(Bytes body, FunctionRef<Result<void>(const LogOperation&)> visit);

}  // namespace latchkey::storage::tree
