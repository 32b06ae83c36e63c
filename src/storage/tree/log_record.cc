#include "storage/tree/log_record.h"

#include <limits>

#include "base/assert.h"
#include "storage/tree/log_varint.h"

namespace latchkey::storage::tree {

namespace {

using Type = LogOperation::Type;

constexpr unsigned char kDeadlineFlag = 0x40;
constexpr unsigned char kOtherFlag = 0x80;
constexpr unsigned char kErase = 0x80;
constexpr unsigned char kEraseRange = 0x81;
constexpr unsigned char kCreateTree = 0x82;
constexpr unsigned char kDropTree = 0x83;
static_assert(kRecordKindMax < kDeadlineFlag);

char* put_head(unsigned char first, TreeId tree, char* to) {
  *to++ = static_cast<char>(first);
  return put_varint(to, value_of(tree));
}

bool take_tree(const char*& at, const char* end, TreeId& tree) {
  std::uint64_t number;
  if (!take_varint(at, end, number) || number > std::numeric_limits<std::uint32_t>::max())
    return false;
  tree = TreeId{static_cast<std::uint32_t>(number)};
  return true;
}

bool take_put(unsigned char first, const char*& at, const char* end, LogOperation& operation) {
  operation.type = Type::Put;
  operation.record.kind = first & kRecordKindMax;
  if (!take_tree(at, end, operation.tree) || !take_bytes(at, end, operation.key)) return false;
  if (first & kDeadlineFlag) {
    std::uint64_t deadline;
    if (!take_varint(at, end, deadline)) return false;
    operation.record.deadline_ms = unzigzag(deadline);
    if (operation.record.deadline_ms == kNoDeadline) return false;
  }
  return take_bytes(at, end, operation.record.value);
}

bool take_operation(const char*& at, const char* end, LogOperation& operation) {
  const auto first = static_cast<unsigned char>(*at++);
  if (first < kOtherFlag) return take_put(first, at, end, operation);
  if (first > kDropTree || !take_tree(at, end, operation.tree)) return false;
  switch (first) {
    case kErase:
      operation.type = Type::Erase;
      return take_bytes(at, end, operation.key);
    case kEraseRange:
      operation.type = Type::EraseRange;
      return take_bytes(at, end, operation.key) && take_bytes(at, end, operation.end);
    case kCreateTree:
      operation.type = Type::CreateTree;
      return at < end && take_tree_flags(static_cast<unsigned char>(*at++), operation.options);
    default:
      operation.type = Type::DropTree;
      return true;
  }
}

}  // namespace

LogOperation LogOperation::put(TreeId tree, Bytes key, const NewRecord& record) {
  LogOperation operation;
  operation.type = Type::Put;
  operation.tree = tree;
  operation.key = key;
  operation.record = record;
  return operation;
}

LogOperation LogOperation::erase(TreeId tree, Bytes key) {
  LogOperation operation;
  operation.type = Type::Erase;
  operation.tree = tree;
  operation.key = key;
  return operation;
}

LogOperation LogOperation::erase_range(TreeId tree, Bytes begin, Bytes end) {
  LogOperation operation;
  operation.type = Type::EraseRange;
  operation.tree = tree;
  operation.key = begin;
  operation.end = end;
  return operation;
}

LogOperation LogOperation::create_tree(TreeId tree, const TreeOptions& options) {
  LogOperation operation;
  operation.type = Type::CreateTree;
  operation.tree = tree;
  operation.options = options;
  return operation;
}

LogOperation LogOperation::drop_tree(TreeId tree) {
  LogOperation operation;
  operation.type = Type::DropTree;
  operation.tree = tree;
  return operation;
}

std::uint64_t encoded_put_head_bytes(TreeId tree, Bytes key, const NewRecord& record) {
  const bool has_deadline = record.deadline_ms != kNoDeadline;
  return 1 + varint_bytes(value_of(tree)) + bytes_bytes(key) +
         (has_deadline ? varint_bytes(zigzag(record.deadline_ms)) : 0) +
         varint_bytes(record.value.size());
}

char* encode_put_head(TreeId tree, Bytes key, const NewRecord& record, char* to) {
  LK_ASSERT(record.kind <= kRecordKindMax);
  const bool has_deadline = record.deadline_ms != kNoDeadline;
  to = put_head(static_cast<unsigned char>(record.kind | (has_deadline ? kDeadlineFlag : 0)), tree,
                to);
  to = put_bytes(to, key);
  if (has_deadline) to = put_varint(to, zigzag(record.deadline_ms));
  return put_varint(to, record.value.size());
}

std::uint64_t encoded_bytes(const LogOperation& operation) {
  const std::uint64_t head = 1 + varint_bytes(value_of(operation.tree));
  switch (operation.type) {
    case Type::Put:
      return encoded_put_head_bytes(operation.tree, operation.key, operation.record) +
             operation.record.value.size();
    case Type::Erase:
      return head + bytes_bytes(operation.key);
    case Type::EraseRange:
      return head + bytes_bytes(operation.key) + bytes_bytes(operation.end);
    case Type::CreateTree:
      return head + 1;
    case Type::DropTree:
      return head;
  }
  LK_ASSERT(false);
  return 0;
}

char* encode(const LogOperation& operation, char* to) {
  switch (operation.type) {
    case Type::Put: {
      const Bytes value = operation.record.value;
      to = encode_put_head(operation.tree, operation.key, operation.record, to);
      if (!value.empty()) std::memcpy(to, value.data(), value.size());
      return to + value.size();
    }
    case Type::Erase:
      return put_bytes(put_head(kErase, operation.tree, to), operation.key);
    case Type::EraseRange:
      to = put_bytes(put_head(kEraseRange, operation.tree, to), operation.key);
      return put_bytes(to, operation.end);
    case Type::CreateTree:
      to = put_head(kCreateTree, operation.tree, to);
      *to++ = static_cast<char>(tree_flags(operation.options));
      return to;
    case Type::DropTree:
      return put_head(kDropTree, operation.tree, to);
  }
  LK_ASSERT(false);
  return to;
}

Result<void> decode_record(Bytes body, FunctionRef<Result<void>(const LogOperation&)> visit) {
  const char* const begin = body.data();
  const char* const end = begin + body.size();
  for (const char* at = begin; at < end;) {
    LogOperation operation;
    const char* const start = at;
    if (!take_operation(at, end, operation)) {
      return Error(ErrorCode::Corruption, "log record of " + std::to_string(body.size()) +
                                              " bytes: the operation at byte " +
                                              std::to_string(start - begin) +
                                              " is not whole or not known");
    }
    LK_ASSERT(at <= end);
    LK_CHECK(visit(operation));
  }
  return {};
}

}  // namespace latchkey::storage::tree
