#include "sql/system/access_methods.h"

namespace latchkey::sql::system {

namespace {

constexpr OperatorClass kClasses[] = {
    {10000, "array_ops", 2277, 397, "array_ops", true},
    {10003, "bool_ops", 16, 424, "bool_ops", true},
    {10004, "bpchar_ops", 1042, 426, "bpchar_ops", true},
    {4219, "bpchar_pattern_ops", 1042, 2097, "bpchar_pattern_ops", false},
    {10006, "bytea_ops", 17, 428, "bytea_ops", true},
    {10007, "char_ops", 18, 429, "char_ops", true},
    {3122, "date_ops", 1082, 434, "datetime_ops", true},
    {10069, "enum_ops", 3500, 3522, "enum_ops", true},
    {10012, "float4_ops", 700, 1970, "float_ops", true},
    {3123, "float8_ops", 701, 1970, "float_ops", true},
    {10015, "inet_ops", 869, 1974, "network_ops", true},
    {1979, "int2_ops", 21, 1976, "integer_ops", true},
    {1978, "int4_ops", 23, 1976, "integer_ops", true},
    {3124, "int8_ops", 20, 1976, "integer_ops", true},
    {10022, "interval_ops", 1186, 1982, "interval_ops", true},
    {10088, "jsonb_ops", 3802, 4033, "jsonb_ops", true},
    {10028, "name_ops", 19, 1994, "text_ops", true},
    {3125, "numeric_ops", 1700, 1988, "numeric_ops", true},
    {1981, "oid_ops", 26, 1989, "oid_ops", true},
    {10032, "oidvector_ops", 30, 1991, "oidvector_ops", true},
    {10067, "pg_lsn_ops", 3220, 3253, "pg_lsn_ops", true},
    {10034, "record_ops", 2249, 2994, "record_ops", true},
    {3126, "text_ops", 25, 1994, "text_ops", true},
    {4217, "text_pattern_ops", 25, 2095, "text_pattern_ops", false},
    {10050, "tid_ops", 27, 2789, "tid_ops", true},
    {10038, "time_ops", 1083, 1996, "time_ops", true},
    {3128, "timestamp_ops", 1114, 434, "datetime_ops", true},
    {3127, "timestamptz_ops", 1184, 434, "datetime_ops", true},
    {10041, "timetz_ops", 1266, 2000, "timetz_ops", true},
    {10065, "uuid_ops", 2950, 2968, "uuid_ops", true},
    {10044, "varchar_ops", 25, 1994, "text_ops", false},
    {4218, "varchar_pattern_ops", 25, 2095, "text_pattern_ops", false},
    {10053, "xid8_ops", 5069, 5067, "xid8_ops", true},
};

}  // namespace

std::span<const OperatorClass> operator_classes() { return kClasses; }

Oid operator_class_of(Oid type) {
  const Type* const found = find_type(type);
  Oid wanted = type == oid::kVarchar ? oid::kText : type;
  if (found != nullptr && found->is_array() && !is_vector(type)) wanted = oid::kAnyArray;
  if (found != nullptr && found->kind == 'e') wanted = oid::kAnyEnum;
  for (const OperatorClass& each : kClasses) {
    if (each.type == value_of(wanted) && each.is_default) return Oid{each.oid};
  }
  return Oid::None;
}

}  // namespace latchkey::sql::system
