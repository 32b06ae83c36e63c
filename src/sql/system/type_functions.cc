#include "sql/system/type_functions.h"

namespace latchkey::sql::system {

namespace {

constexpr TypeFunctions kRows[] = {
    {16, {1242, "boolin"}, {1243, "boolout"}, {2436, "boolrecv"}, {2437, "boolsend"}},
    {17, {1244, "byteain"}, {31, "byteaout"}, {2412, "bytearecv"}, {2413, "byteasend"}},
    {18, {1245, "charin"}, {33, "charout"}, {2434, "charrecv"}, {2435, "charsend"}},
    {19, {34, "namein"}, {35, "nameout"}, {2422, "namerecv"}, {2423, "namesend"}},
    {20, {460, "int8in"}, {461, "int8out"}, {2408, "int8recv"}, {2409, "int8send"}},
    {21, {38, "int2in"}, {39, "int2out"}, {2404, "int2recv"}, {2405, "int2send"}},
    {22,
     {40, "int2vectorin"},
     {41, "int2vectorout"},
     {2410, "int2vectorrecv"},
     {2411, "int2vectorsend"}},
    {23, {42, "int4in"}, {43, "int4out"}, {2406, "int4recv"}, {2407, "int4send"}},
    {24, {44, "regprocin"}, {45, "regprocout"}, {2444, "regprocrecv"}, {2445, "regprocsend"}},
    {25, {46, "textin"}, {47, "textout"}, {2414, "textrecv"}, {2415, "textsend"}},
    {26, {1798, "oidin"}, {1799, "oidout"}, {2418, "oidrecv"}, {2419, "oidsend"}},
    {27, {48, "tidin"}, {49, "tidout"}, {2438, "tidrecv"}, {2439, "tidsend"}},
    {28, {50, "xidin"}, {51, "xidout"}, {2440, "xidrecv"}, {2441, "xidsend"}},
    {29, {52, "cidin"}, {53, "cidout"}, {2442, "cidrecv"}, {2443, "cidsend"}},
    {30,
     {54, "oidvectorin"},
     {55, "oidvectorout"},
     {2420, "oidvectorrecv"},
     {2421, "oidvectorsend"}},
    {114, {321, "json_in"}, {322, "json_out"}, {323, "json_recv"}, {324, "json_send"}},
    {142, {2893, "xml_in"}, {2894, "xml_out"}, {2898, "xml_recv"}, {2899, "xml_send"}},
    {194,
     {195, "pg_node_tree_in"},
     {196, "pg_node_tree_out"},
     {197, "pg_node_tree_recv"},
     {198, "pg_node_tree_send"}},
    {600, {117, "point_in"}, {118, "point_out"}, {2428, "point_recv"}, {2429, "point_send"}},
    {650, {1267, "cidr_in"}, {1427, "cidr_out"}, {2498, "cidr_recv"}, {2499, "cidr_send"}},
    {700, {200, "float4in"}, {201, "float4out"}, {2424, "float4recv"}, {2425, "float4send"}},
    {701, {214, "float8in"}, {215, "float8out"}, {2426, "float8recv"}, {2427, "float8send"}},
    {705, {109, "unknownin"}, {110, "unknownout"}, {2416, "unknownrecv"}, {2417, "unknownsend"}},
    {790, {886, "cash_in"}, {887, "cash_out"}, {2492, "cash_recv"}, {2493, "cash_send"}},
    {829,
     {436, "macaddr_in"},
     {437, "macaddr_out"},
     {2494, "macaddr_recv"},
     {2495, "macaddr_send"}},
    {869, {910, "inet_in"}, {911, "inet_out"}, {2496, "inet_recv"}, {2497, "inet_send"}},
    {1033, {1031, "aclitemin"}, {1032, "aclitemout"}, {0, ""}, {0, ""}},
    {1042, {1044, "bpcharin"}, {1045, "bpcharout"}, {2430, "bpcharrecv"}, {2431, "bpcharsend"}},
    {1043, {1046, "varcharin"}, {1047, "varcharout"}, {2432, "varcharrecv"}, {2433, "varcharsend"}},
    {1082, {1084, "date_in"}, {1085, "date_out"}, {2468, "date_recv"}, {2469, "date_send"}},
    {1083, {1143, "time_in"}, {1144, "time_out"}, {2470, "time_recv"}, {2471, "time_send"}},
    {1114,
     {1312, "timestamp_in"},
     {1313, "timestamp_out"},
     {2474, "timestamp_recv"},
     {2475, "timestamp_send"}},
    {1184,
     {1150, "timestamptz_in"},
     {1151, "timestamptz_out"},
     {2476, "timestamptz_recv"},
     {2477, "timestamptz_send"}},
    {1186,
     {1160, "interval_in"},
     {1161, "interval_out"},
     {2478, "interval_recv"},
     {2479, "interval_send"}},
    {1266, {1350, "timetz_in"}, {1351, "timetz_out"}, {2472, "timetz_recv"}, {2473, "timetz_send"}},
    {1560, {1564, "bit_in"}, {1565, "bit_out"}, {2456, "bit_recv"}, {2457, "bit_send"}},
    {1562, {1579, "varbit_in"}, {1580, "varbit_out"}, {2458, "varbit_recv"}, {2459, "varbit_send"}},
    {1700,
     {1701, "numeric_in"},
     {1702, "numeric_out"},
     {2460, "numeric_recv"},
     {2461, "numeric_send"}},
    {1790, {46, "textin"}, {47, "textout"}, {2414, "textrecv"}, {2415, "textsend"}},
    {2202,
     {2212, "regprocedurein"},
     {2213, "regprocedureout"},
     {2446, "regprocedurerecv"},
     {2447, "regproceduresend"}},
    {2203, {2214, "regoperin"}, {2215, "regoperout"}, {2448, "regoperrecv"}, {2449, "regopersend"}},
    {2204,
     {2216, "regoperatorin"},
     {2217, "regoperatorout"},
     {2450, "regoperatorrecv"},
     {2451, "regoperatorsend"}},
    {2205,
     {2218, "regclassin"},
     {2219, "regclassout"},
     {2452, "regclassrecv"},
     {2453, "regclasssend"}},
    {2206, {2220, "regtypein"}, {2221, "regtypeout"}, {2454, "regtyperecv"}, {2455, "regtypesend"}},
    {2249, {2290, "record_in"}, {2291, "record_out"}, {2402, "record_recv"}, {2403, "record_send"}},
    {2275,
     {2292, "cstring_in"},
     {2293, "cstring_out"},
     {2500, "cstring_recv"},
     {2501, "cstring_send"}},
    {2276, {2294, "any_in"}, {2295, "any_out"}, {0, ""}, {0, ""}},
    {2277,
     {2296, "anyarray_in"},
     {2297, "anyarray_out"},
     {2502, "anyarray_recv"},
     {2503, "anyarray_send"}},
    {2278, {2298, "void_in"}, {2299, "void_out"}, {3120, "void_recv"}, {3121, "void_send"}},
    {2279, {2300, "trigger_in"}, {2301, "trigger_out"}, {0, ""}, {0, ""}},
    {2283, {2312, "anyelement_in"}, {2313, "anyelement_out"}, {0, ""}, {0, ""}},
    {2776, {2777, "anynonarray_in"}, {2778, "anynonarray_out"}, {0, ""}, {0, ""}},
    {2950, {2952, "uuid_in"}, {2953, "uuid_out"}, {2961, "uuid_recv"}, {2962, "uuid_send"}},
    {3220, {3229, "pg_lsn_in"}, {3230, "pg_lsn_out"}, {3238, "pg_lsn_recv"}, {3239, "pg_lsn_send"}},
    {3361,
     {3355, "pg_ndistinct_in"},
     {3356, "pg_ndistinct_out"},
     {3357, "pg_ndistinct_recv"},
     {3358, "pg_ndistinct_send"}},
    {3402,
     {3404, "pg_dependencies_in"},
     {3405, "pg_dependencies_out"},
     {3406, "pg_dependencies_recv"},
     {3407, "pg_dependencies_send"}},
    {3500, {3504, "anyenum_in"}, {3505, "anyenum_out"}, {0, ""}, {0, ""}},
    {3614,
     {3610, "tsvectorin"},
     {3611, "tsvectorout"},
     {3639, "tsvectorrecv"},
     {3638, "tsvectorsend"}},
    {3615, {3612, "tsqueryin"}, {3613, "tsqueryout"}, {3641, "tsqueryrecv"}, {3640, "tsquerysend"}},
    {3734,
     {3736, "regconfigin"},
     {3737, "regconfigout"},
     {3738, "regconfigrecv"},
     {3739, "regconfigsend"}},
    {3769,
     {3771, "regdictionaryin"},
     {3772, "regdictionaryout"},
     {3773, "regdictionaryrecv"},
     {3774, "regdictionarysend"}},
    {3802, {3806, "jsonb_in"}, {3804, "jsonb_out"}, {3805, "jsonb_recv"}, {3803, "jsonb_send"}},
    {3831, {3832, "anyrange_in"}, {3833, "anyrange_out"}, {0, ""}, {0, ""}},
    {4072,
     {4001, "jsonpath_in"},
     {4003, "jsonpath_out"},
     {4002, "jsonpath_recv"},
     {4004, "jsonpath_send"}},
    {4089,
     {4084, "regnamespacein"},
     {4085, "regnamespaceout"},
     {4087, "regnamespacerecv"},
     {4088, "regnamespacesend"}},
    {4096, {4098, "regrolein"}, {4092, "regroleout"}, {4094, "regrolerecv"}, {4095, "regrolesend"}},
    {4191,
     {4193, "regcollationin"},
     {4194, "regcollationout"},
     {4196, "regcollationrecv"},
     {4197, "regcollationsend"}},
    {5017,
     {5018, "pg_mcv_list_in"},
     {5019, "pg_mcv_list_out"},
     {5020, "pg_mcv_list_recv"},
     {5021, "pg_mcv_list_send"}},
    {5069, {5070, "xid8in"}, {5081, "xid8out"}, {5082, "xid8recv"}, {5083, "xid8send"}},
    {5077, {5086, "anycompatible_in"}, {5087, "anycompatible_out"}, {0, ""}, {0, ""}},
    {5078,
     {5088, "anycompatiblearray_in"},
     {5089, "anycompatiblearray_out"},
     {5090, "anycompatiblearray_recv"},
     {5091, "anycompatiblearray_send"}},
};

constexpr TypeFunctions kOfArrays = {
    0, {750, "array_in"}, {751, "array_out"}, {2400, "array_recv"}, {2401, "array_send"}};
constexpr TypeFunctions kOfEnums = {
    0, {3506, "enum_in"}, {3507, "enum_out"}, {3532, "enum_recv"}, {3533, "enum_send"}};
constexpr TypeFunctions kOfRecords = {
    0, {2290, "record_in"}, {2291, "record_out"}, {2402, "record_recv"}, {2403, "record_send"}};
constexpr TypeFunctions kNone = {};
// What pg_type and pg_am name beside them.
constexpr NamedFunction kOthers[] = {{3, "heap_tableam_handler"},
                                     {330, "bthandler"},
                                     {6179, "array_subscript_handler"},
                                     {6098, "jsonb_subscript_handler"}};

template <typename Test>
const NamedFunction* find_if(Test&& fits) {
  const auto look = [&](const TypeFunctions& row) -> const NamedFunction* {
    for (const NamedFunction* const each : {&row.input, &row.output, &row.receive, &row.send}) {
      if (each->oid != 0 && fits(*each)) return each;
    }
    return nullptr;
  };
  for (const TypeFunctions& row : kRows) {
    if (const NamedFunction* const found = look(row)) return found;
  }
  for (const TypeFunctions* const row : {&kOfArrays, &kOfEnums, &kOfRecords}) {
    if (const NamedFunction* const found = look(*row)) return found;
  }
  for (const NamedFunction& each : kOthers) {
    if (fits(each)) return &each;
  }
  return nullptr;
}

}  // namespace

const NamedFunction* find_type_function(std::string_view name) {
  return find_if([&](const NamedFunction& each) { return each.name == name; });
}

const NamedFunction* find_type_function(Oid oid) {
  return find_if([&](const NamedFunction& each) { return each.oid == value_of(oid); });
}

std::span<const TypeFunctions> type_functions() { return kRows; }

const TypeFunctions& functions_of(const Type& type) {
  if (type.is_array() && !is_vector(type.oid)) return kOfArrays;
  if (type.kind == 'e') return kOfEnums;
  if (type.kind == 'c') return kOfRecords;
  for (const TypeFunctions& row : kRows) {
    if (row.type == value_of(type.oid)) return row;
  }
  return kNone;
}

}  // namespace latchkey::sql::system
