#include "sql/types/type.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/assert.h"
#include "sql/types/io.h"
#include "sql/types/user_types.h"

namespace latchkey::sql {

namespace {

constexpr Oid kNone = Oid::None;
constexpr auto I = Kept::Integer;
constexpr auto N = Kept::Number;
constexpr auto B = Kept::Bytes;

constexpr Type base(Oid oid, std::string_view name, std::string_view sql_name, Oid array,
                    std::int16_t length, char category, Kept kept, bool preferred = false) {
  return {oid, name, sql_name, array, kNone, length, category, preferred, 'b', kept};
}
constexpr Type array_of(Oid oid, std::string_view name, std::string_view sql_name, Oid element) {
  return {oid, name, sql_name, kNone, element, -1, 'A', false, 'b', Kept::Bytes};
}
constexpr Type pseudo(Oid oid, std::string_view name, std::int16_t length, Kept kept = B) {
  return {oid, name, name, kNone, kNone, length, 'P', false, 'p', kept};
}

constexpr std::int16_t kCstringLength = -2;

constexpr auto kTypes = std::to_array<Type>({
    base(oid::kBool, "bool", "boolean", oid::kBoolArray, 1, 'B', I, true),
    base(oid::kBytea, "bytea", "bytea", oid::kByteaArray, -1, 'U', B),
    base(oid::kChar, "char", "\"char\"", oid::kCharArray, 1, 'Z', B),
    base(oid::kName, "name", "name", oid::kNameArray, 64, 'S', B),
    base(oid::kInt8, "int8", "bigint", oid::kInt8Array, 8, 'N', I),
    base(oid::kInt2, "int2", "smallint", oid::kInt2Array, 2, 'N', I),
    base(oid::kInt4, "int4", "integer", oid::kInt4Array, 4, 'N', I),
    base(oid::kRegproc, "regproc", "regproc", Oid{1008}, 4, 'N', I),
    base(oid::kText, "text", "text", oid::kTextArray, -1, 'S', B, true),
    base(oid::kOid, "oid", "oid", oid::kOidArray, 4, 'N', I, true),
    base(oid::kJson, "json", "json", oid::kJsonArray, -1, 'U', B),
    base(oid::kFloat4, "float4", "real", oid::kFloat4Array, 4, 'N', N),
    base(oid::kFloat8, "float8", "double precision", oid::kFloat8Array, 8, 'N', N, true),
    {oid::kUnknown, "unknown", "unknown", kNone, kNone, kCstringLength, 'X', false, 'p', B},
    base(oid::kBpchar, "bpchar", "character", oid::kBpcharArray, -1, 'S', B),
    base(oid::kVarchar, "varchar", "character varying", oid::kVarcharArray, -1, 'S', B),
    base(oid::kDate, "date", "date", oid::kDateArray, 4, 'D', I),
    base(oid::kTime, "time", "time without time zone", oid::kTimeArray, 8, 'D', I),
    base(oid::kTimestamp, "timestamp", "timestamp without time zone", oid::kTimestampArray, 8, 'D',
         I),
    base(oid::kTimestamptz, "timestamptz", "timestamp with time zone", oid::kTimestamptzArray, 8,
         'D', I, true),
    base(oid::kInterval, "interval", "interval", oid::kIntervalArray, 16, 'T', B, true),
    base(oid::kTimetz, "timetz", "time with time zone", oid::kTimetzArray, 12, 'D', B),
    base(oid::kNumeric, "numeric", "numeric", oid::kNumericArray, -1, 'N', B),
    base(oid::kRefcursor, "refcursor", "refcursor", Oid{2201}, -1, 'U', B),
    base(oid::kRegprocedure, "regprocedure", "regprocedure", Oid{2207}, 4, 'N', I),
    base(oid::kRegoper, "regoper", "regoper", Oid{2208}, 4, 'N', I),
    base(oid::kRegclass, "regclass", "regclass", Oid{2210}, 4, 'N', I),
    base(oid::kRegtype, "regtype", "regtype", Oid{2211}, 4, 'N', I),
    base(oid::kRegnamespace, "regnamespace", "regnamespace", Oid{4090}, 4, 'N', I),
    base(oid::kRegrole, "regrole", "regrole", Oid{4097}, 4, 'N', I),
    base(oid::kRegoperator, "regoperator", "regoperator", Oid{2209}, 4, 'N', I),
    base(oid::kRegcollation, "regcollation", "regcollation", Oid{4192}, 4, 'N', I),
    base(oid::kRegconfig, "regconfig", "regconfig", Oid{3735}, 4, 'N', I),
    base(oid::kRegdictionary, "regdictionary", "regdictionary", Oid{3770}, 4, 'N', I),
    base(oid::kTid, "tid", "tid", Oid{1010}, 6, 'U', I),
    base(oid::kXid, "xid", "xid", Oid{1011}, 4, 'U', I),
    base(oid::kCid, "cid", "cid", Oid{1012}, 4, 'U', I),
    base(oid::kXid8, "xid8", "xid8", Oid{271}, 8, 'U', I),
    base(oid::kPgLsn, "pg_lsn", "pg_lsn", Oid{3221}, 8, 'U', I),
    base(oid::kPgNodeTree, "pg_node_tree", "pg_node_tree", kNone, -1, 'Z', B),
    base(oid::kAclitem, "aclitem", "aclitem", Oid{1034}, 12, 'U', B),
    base(oid::kInet, "inet", "inet", Oid{1041}, -1, 'I', B, true),
    base(Oid{3361}, "pg_ndistinct", "pg_ndistinct", kNone, -1, 'Z', B),
    base(Oid{3402}, "pg_dependencies", "pg_dependencies", kNone, -1, 'Z', B),
    base(Oid{5017}, "pg_mcv_list", "pg_mcv_list", kNone, -1, 'Z', B),
    {oid::kInt2Vector, "int2vector", "int2vector", Oid{1006}, oid::kInt2, -1, 'A', false, 'b', B},
    {oid::kOidVector, "oidvector", "oidvector", Oid{1013}, oid::kOid, -1, 'A', false, 'b', B},
    base(oid::kUuid, "uuid", "uuid", oid::kUuidArray, 16, 'U', B),
    base(oid::kJsonb, "jsonb", "jsonb", oid::kJsonbArray, -1, 'U', B),
    base(oid::kJsonpath, "jsonpath", "jsonpath", oid::kJsonpathArray, -1, 'U', B),
    array_of(oid::kBoolArray, "_bool", "boolean[]", oid::kBool),
    array_of(oid::kByteaArray, "_bytea", "bytea[]", oid::kBytea),
    array_of(oid::kCharArray, "_char", "\"char\"[]", oid::kChar),
    array_of(oid::kNameArray, "_name", "name[]", oid::kName),
    array_of(oid::kInt2Array, "_int2", "smallint[]", oid::kInt2),
    array_of(oid::kInt4Array, "_int4", "integer[]", oid::kInt4),
    array_of(oid::kTextArray, "_text", "text[]", oid::kText),
    array_of(oid::kBpcharArray, "_bpchar", "character[]", oid::kBpchar),
    array_of(oid::kVarcharArray, "_varchar", "character varying[]", oid::kVarchar),
    array_of(oid::kInt8Array, "_int8", "bigint[]", oid::kInt8),
    array_of(oid::kFloat4Array, "_float4", "real[]", oid::kFloat4),
    array_of(oid::kFloat8Array, "_float8", "double precision[]", oid::kFloat8),
    array_of(oid::kOidArray, "_oid", "oid[]", oid::kOid),
    array_of(oid::kTimestampArray, "_timestamp", "timestamp without time zone[]", oid::kTimestamp),
    array_of(oid::kDateArray, "_date", "date[]", oid::kDate),
    array_of(oid::kTimeArray, "_time", "time without time zone[]", oid::kTime),
    array_of(oid::kTimestamptzArray, "_timestamptz", "timestamp with time zone[]",
             oid::kTimestamptz),
    array_of(oid::kTimetzArray, "_timetz", "time with time zone[]", oid::kTimetz),
    array_of(oid::kIntervalArray, "_interval", "interval[]", oid::kInterval),
    array_of(oid::kNumericArray, "_numeric", "numeric[]", oid::kNumeric),
    array_of(oid::kUuidArray, "_uuid", "uuid[]", oid::kUuid),
    array_of(oid::kJsonArray, "_json", "json[]", oid::kJson),
    array_of(oid::kJsonbArray, "_jsonb", "jsonb[]", oid::kJsonb),
    array_of(oid::kJsonpathArray, "_jsonpath", "jsonpath[]", oid::kJsonpath),
    array_of(Oid{1008}, "_regproc", "regproc[]", oid::kRegproc),
    array_of(Oid{2201}, "_refcursor", "refcursor[]", oid::kRefcursor),
    array_of(Oid{2207}, "_regprocedure", "regprocedure[]", oid::kRegprocedure),
    array_of(Oid{2208}, "_regoper", "regoper[]", oid::kRegoper),
    array_of(Oid{2209}, "_regoperator", "regoperator[]", oid::kRegoperator),
    array_of(Oid{4090}, "_regnamespace", "regnamespace[]", oid::kRegnamespace),
    array_of(Oid{4097}, "_regrole", "regrole[]", oid::kRegrole),
    array_of(Oid{4192}, "_regcollation", "regcollation[]", oid::kRegcollation),
    array_of(Oid{1010}, "_tid", "tid[]", oid::kTid),
    array_of(Oid{1011}, "_xid", "xid[]", oid::kXid),
    array_of(Oid{1012}, "_cid", "cid[]", oid::kCid),
    array_of(Oid{271}, "_xid8", "xid8[]", oid::kXid8),
    array_of(Oid{3221}, "_pg_lsn", "pg_lsn[]", oid::kPgLsn),
    array_of(Oid{1034}, "_aclitem", "aclitem[]", oid::kAclitem),
    array_of(Oid{1006}, "_int2vector", "int2vector[]", oid::kInt2Vector),
    array_of(Oid{1013}, "_oidvector", "oidvector[]", oid::kOidVector),
    array_of(Oid{2210}, "_regclass", "regclass[]", oid::kRegclass),
    array_of(Oid{2211}, "_regtype", "regtype[]", oid::kRegtype),
    {oid::kRecord, "record", "record", Oid{2287}, kNone, -1, 'P', false, 'p', B},
    {Oid{2287}, "_record", "record[]", kNone, oid::kRecord, -1, 'P', false, 'p', B},
    pseudo(oid::kCstring, "cstring", kCstringLength),
    pseudo(oid::kAny, "any", 4),
    pseudo(oid::kAnyArray, "anyarray", -1),
    pseudo(oid::kVoid, "void", 4),
    pseudo(oid::kTrigger, "trigger", 4),
    pseudo(oid::kAnyElement, "anyelement", 4),
    pseudo(oid::kAnyNonArray, "anynonarray", 4),
    pseudo(oid::kAnyEnum, "anyenum", 4),
    pseudo(oid::kAnyCompatible, "anycompatible", 4),
    pseudo(oid::kAnyCompatibleArray, "anycompatiblearray", -1),
});

/// The types by number and by name.
struct Index {
  std::unordered_map<std::uint32_t, const Type*> by_oid;
  std::unordered_map<std::string_view, const Type*> by_name;
  Index() {
    for (const Type& type : kTypes) {
      by_oid.emplace(value_of(type.oid), &type);
      by_name.emplace(type.name, &type);
    }
  }
};

const Index& index() {
  static const Index kIndex;
  return kIndex;
}

constexpr std::int32_t kTypmodHeader = 4;

/// The part in parentheses that a typmod means.
std::string modifier_text(Oid type, std::int32_t typmod) {
  if (typmod < 0) return {};
  if (type == oid::kVarchar || type == oid::kBpchar) {
    return "(" + std::to_string(typmod - kTypmodHeader) + ")";
  }
  if (type == oid::kNumeric && typmod >= kTypmodHeader) {
    const std::int32_t both = typmod - kTypmodHeader;
    // The scale has eleven bits and a sign.
    const std::int32_t scale = ((both & 0x7ff) ^ 1024) - 1024;
    return "(" + std::to_string((both >> 16) & 0xffff) + "," + std::to_string(scale) + ")";
  }
  return io::date_time_modifier_text(type, typmod);
}

}  // namespace

const Type* find_type(Oid type) {
  const auto found = index().by_oid.find(value_of(type));
  if (found != index().by_oid.end()) return found->second;
  const UserTypes* const users = seen_user_types();
  return users == nullptr ? nullptr : users->find(type);
}

const Type* find_type(std::string_view name) {
  const auto found = index().by_name.find(name);
  return found == index().by_name.end() ? nullptr : found->second;
}

std::span<const Type> all_types() { return kTypes; }

bool is_object_name(Oid type) {
  switch (value_of(type)) {
    case value_of(oid::kRegproc):
    case value_of(oid::kRegprocedure):
    case value_of(oid::kRegoper):
    case value_of(oid::kRegoperator):
    case value_of(oid::kRegclass):
    case value_of(oid::kRegcollation):
    case value_of(oid::kRegtype):
    case value_of(oid::kRegconfig):
    case value_of(oid::kRegdictionary):
    case value_of(oid::kRegnamespace):
    case value_of(oid::kRegrole):
      return true;
    default:
      return false;
  }
}

bool is_vector(Oid type) { return type == oid::kInt2Vector || type == oid::kOidVector; }

std::string type_text(Oid oid, std::int32_t typmod) {
  const Type* const type = find_type(oid);
  if (type == nullptr) return "type " + std::to_string(value_of(oid));
  if (type->is_array() && !is_vector(oid)) return type_text(type->element, typmod) + "[]";
  if (oid == oid::kBpchar && typmod < 0) return "bpchar";
  const std::string modifier = modifier_text(oid, typmod);
  const std::size_t space = type->sql_name.find(' ');
  const bool stands_inside =
      modifier.starts_with('(') && oid != oid::kVarchar && space != Bytes::npos;
  if (!stands_inside) return std::string(type->sql_name) + modifier;
  // timestamp(3) without time zone
  return std::string(type->sql_name.substr(0, space)) + modifier +
         std::string(type->sql_name.substr(space));
}

}  // namespace latchkey::sql
