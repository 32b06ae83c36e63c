#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/date_time.h"
#include "latchkey/result.h"
#include "sql/types/arena.h"
#include "sql/types/value.h"

namespace latchkey {
class TimeZone;
class TimeZones;
}  // namespace latchkey

namespace latchkey::sql {

/// Numbers of the types that the code names; the same as PostgreSQL's.
namespace oid {
inline constexpr Oid kBool{16}, kBytea{17}, kChar{18}, kName{19}, kInt8{20}, kInt2{21},
    kInt2Vector{22}, kInt4{23}, kRegproc{24}, kText{25}, kOid{26}, kOidVector{30}, kJson{114},
    kFloat4{700}, kFloat8{701}, kUnknown{705}, kBpchar{1042}, kVarchar{1043}, kDate{1082},
    kTime{1083}, kTimestamp{1114}, kTimestamptz{1184}, kInterval{1186}, kTimetz{1266},
    kNumeric{1700}, kRefcursor{1790}, kRegprocedure{2202}, kRegoper{2203}, kRegclass{2205},
    kRegtype{2206}, kRecord{2249}, kCstring{2275}, kAny{2276}, kAnyArray{2277}, kVoid{2278},
    kTrigger{2279}, kAnyElement{2283}, kUuid{2950}, kAnyNonArray{2776}, kAnyEnum{3500},
    kAnyCompatible{5077}, kAnyCompatibleArray{5078}, kJsonb{3802}, kJsonpath{4072},
    kRegnamespace{4089}, kRegrole{4096}, kTid{27}, kXid{28}, kCid{29}, kXid8{5069},
    kRegoperator{2204}, kRegcollation{4191}, kRegconfig{3734}, kRegdictionary{3769}, kPgLsn{3220},
    kPgNodeTree{194}, kAclitem{1033}, kInet{869};
inline constexpr Oid kBoolArray{1000}, kByteaArray{1001}, kCharArray{1002}, kNameArray{1003},
    kInt2Array{1005}, kInt4Array{1007}, kTextArray{1009}, kBpcharArray{1014}, kVarcharArray{1015},
    kInt8Array{1016}, kFloat4Array{1021}, kFloat8Array{1022}, kOidArray{1028},
    kTimestampArray{1115}, kDateArray{1182}, kTimeArray{1183}, kTimestamptzArray{1185},
    kTimetzArray{1270}, kIntervalArray{1187}, kNumericArray{1231}, kUuidArray{2951},
    kJsonArray{199}, kJsonbArray{3807}, kJsonpathArray{4073};
}  // namespace oid

/// How dates and intervals are written.
enum class DateStyle : std::uint8_t { Iso, Sql, Postgres, German };
enum class IntervalStyle : std::uint8_t { Postgres, PostgresVerbose, SqlStandard, Iso8601 };

/// What the numbers of objects are called, for regclass and its kin.
///
/// Threads: the session's.
class ObjectNames {
 public:
  virtual ~ObjectNames() = default;
  /// The object of that name. Errors: of the kind for what does not exist, InvalidText.
  virtual Result<Oid> find(Oid reg_type, Bytes name) const = 0;
  /// As it must be written to be found; the number of what does not exist.
  virtual std::string text(Oid reg_type, Oid object) const = 0;
};

/// What texts of dates and numbers depend on, and what "now" is. Fixed for a statement.
struct TextSettings {
  std::int64_t transaction_us = 0;  ///< since 2000-01-01 UTC
  std::int64_t statement_us = 0;
  std::shared_ptr<const TimeZone> zone;  ///< null: UTC
  TimeZones* zones = nullptr;            ///< null: those that need no file
  DateStyle date_style = DateStyle::Iso;
  DateOrder date_order = DateOrder::MonthDayYear;
  IntervalStyle interval_style = IntervalStyle::Postgres;
  int extra_float_digits = 1;
  bool bytea_escape = false;
  const ObjectNames* objects = nullptr;  ///< null: the types of names take and give numbers
};

/// How a Value of the type is kept.
enum class Kept : std::uint8_t { Integer, Number, Bytes };

/// One row of the table of types.
struct Type {
  Oid oid;
  std::string_view name;      ///< as pg_type has it: int4
  std::string_view sql_name;  ///< as people are shown it: integer
  Oid array;                  ///< the type of arrays of it, or None
  Oid element;                ///< of an array type; else None
  std::int16_t length;        ///< as pg_type has it; negative: it varies
  char category;              ///< as pg_type has it
  bool is_preferred;
  char kind;  ///< b base, p pseudo, e enum, c composite
  Kept kept;

  bool is_array() const { return element != Oid::None; }
};

/// The type of that number, or null. Types that users made are there as far as the thread sees
/// them: see UserTypesScope.
const Type* find_type(Oid oid);
/// The type of that name in pg_catalog, or null: "int4", and the other names SQL has for it are the
/// parser's business.
const Type* find_type(std::string_view name);
std::span<const Type> all_types();
/// regclass and its kin: numbers that are shown as names.
bool is_object_name(Oid type);
/// int2vector and oidvector: arrays from 0 that are shown without braces.
bool is_vector(Oid type);

/// "integer", "character varying(20)", "numeric(10,2)", "timestamp(3) without time zone".
std::string type_text(Oid type, std::int32_t typmod = -1);

/// Text and wire forms. `typmod` is PostgreSQL's, -1 for none.
/// Errors: InvalidText, NumberOverflow, BadDateTime, DateTimeOverflow, InvalidBinary,
/// StringTooLong.
Result<Value> parse_text(Oid type, std::int32_t typmod, Bytes text, const TextSettings& settings,
                         Arena& arena);
void append_text(Oid type, const Value& value, const TextSettings& settings, std::string& out);
Result<Value> parse_binary(Oid type, std::int32_t typmod, Bytes bytes, Arena& arena);
void append_binary(Oid type, const Value& value, std::string& out);

/// Less than, equal or greater than zero, in the order of the type. Neither is null.
int compare(Oid type, const Value& left, const Value& right);
/// Equal values of one type have equal hashes.
std::uint64_t hash(Oid type, const Value& value);

}  // namespace latchkey::sql
