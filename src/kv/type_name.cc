#include "kv/type_name.h"

#include "kv/members.h"
#include "kv/scalar.h"

namespace latchkey::kv {

namespace {

// Redis keeps shorter strings beside their header, and small sorted sets in one block.
constexpr std::size_t kEmbeddedBytesMax = 44;
constexpr std::uint64_t kSmallSetMax = 128;

}  // namespace

Bytes type_name(const storage::RecordView& record) {
  switch (kind_of(record)) {
    case RecordKind::Fields:
    case RecordKind::FieldsTree:
      return "hash";
    case RecordKind::SortedSet:
      return "zset";
    default:
      return "string";
  }
}

Bytes encoding_name(const storage::RecordView& record) {
  switch (kind_of(record)) {
    case RecordKind::Integer:
      return "int";
    case RecordKind::Fields:
      return "listpack";
    case RecordKind::FieldsTree:
      return "hashtable";
    case RecordKind::SortedSet: {
      const Result<MembersHeader> header = MembersHeader::decode(record.value);
      const bool small = header.has_value() && header->count <= kSmallSetMax;
      return small ? "listpack" : "skiplist";
    }
    default:
      return record.value.size() <= kEmbeddedBytesMax ? "embstr" : "raw";
  }
}

}  // namespace latchkey::kv
