#include <algorithm>

#include "sql/catalog/system_tables.h"
#include "sql/system/access_methods.h"
#include "sql/system/rows.h"
#include "sql/system/type_functions.h"

// Types, casts, collations and how types are ordered.

namespace latchkey::sql::system {

namespace {

constexpr std::int64_t kSubscriptOfArrays = 6179;
constexpr std::int64_t kSubscriptOfJsonb = 6098;

void put_type(RowContext& context, const Type& type, Oid schema) {
  const TypeLayout layout = layout_of(type);
  const TypeFunctions& functions = functions_of(type);
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", type.oid).text("typname", type.name).oid("typnamespace", schema);
  rows.oid("typowner", kRoleBootstrap).number("typlen", type.length);
  rows.flag("typbyval", layout.by_value).letter("typtype", type.kind);
  rows.letter("typcategory", type.category).flag("typispreferred", type.is_preferred);
  rows.flag("typisdefined", true).letter("typdelim", ',').number("typrelid", 0);
  rows.number("typsubscript", type.is_array()           ? kSubscriptOfArrays
                              : type.oid == oid::kJsonb ? kSubscriptOfJsonb
                                                        : 0);
  // A name is an array of letters to those who look for one.
  rows.oid("typelem", type.oid == oid::kName ? oid::kChar : type.element);
  rows.oid("typarray", type.array);
  rows.number("typinput", functions.input.oid).number("typoutput", functions.output.oid);
  rows.number("typreceive", functions.receive.oid).number("typsend", functions.send.oid);
  rows.zeros({"typmodin", "typmodout", "typanalyze"}).letter("typalign", layout.alignment);
  rows.letter("typstorage", layout.storage).flag("typnotnull", false).number("typbasetype", 0);
  rows.number("typtypmod", -1).number("typndims", 0).oid("typcollation", collation_of(type.oid));
}

Result<void> fill_type(RowContext& context) {
  for (const Type& type : all_types()) {
    if (context.wants(type.oid)) put_type(context, type, kSchemaPgCatalog);
  }
  return {};
}

char letter_of(CastContext context) {
  return context == CastContext::Implicit ? 'i' : context == CastContext::Assignment ? 'a' : 'e';
}

Result<void> fill_cast(RowContext& context) {
  std::int64_t oid = kFirstUserOid / 2;
  for (const Cast& cast : all_casts()) {
    context.rows.begin();
    context.rows.number("oid", ++oid).oid("castsource", cast.from).oid("casttarget", cast.to);
    context.rows.number("castfunc", 0).letter("castcontext", letter_of(cast.context));
    context.rows.letter("castmethod", cast.method == CastMethod::Relabel ? 'b' : 'i');
  }
  return {};
}

Result<void> fill_collation(RowContext& context) {
  struct Collation {
    Oid oid;
    const char* name;
    char provider;
  };
  for (const Collation& each :
       {Collation{kCollationDefault, "default", 'd'}, Collation{kCollationC, "C", 'c'},
        Collation{Oid{951}, "POSIX", 'c'}}) {
    context.rows.begin();
    context.rows.oid("oid", each.oid).text("collname", each.name);
    context.rows.oid("collnamespace", kSchemaPgCatalog).oid("collowner", kRoleBootstrap);
    context.rows.letter("collprovider", each.provider).flag("collisdeterministic", true);
    context.rows.number("collencoding", -1);
    if (each.provider != 'c') continue;
    context.rows.text("collcollate", each.name).text("collctype", each.name);
  }
  return {};
}

Result<void> fill_method(RowContext& context) {
  struct Method {
    Oid oid;
    const char* name;
    std::int64_t handler;
    char kind;
  };
  for (const Method& each :
       {Method{kMethodHeap, "heap", 3, 't'}, Method{kMethodBtree, "btree", 330, 'i'}}) {
    context.rows.begin();
    context.rows.oid("oid", each.oid).text("amname", each.name).number("amhandler", each.handler);
    context.rows.letter("amtype", each.kind);
  }
  return {};
}

Result<void> fill_operator_class(RowContext& context) {
  for (const OperatorClass& each : operator_classes()) {
    context.rows.begin();
    context.rows.number("oid", each.oid).oid("opcmethod", kMethodBtree);
    context.rows.text("opcname", each.name).oid("opcnamespace", kSchemaPgCatalog);
    context.rows.oid("opcowner", kRoleBootstrap).number("opcfamily", each.family);
    context.rows.number("opcintype", each.type).flag("opcdefault", each.is_default);
    context.rows.number("opckeytype", 0);
  }
  return {};
}

Result<void> fill_operator_family(RowContext& context) {
  std::vector<std::uint32_t> seen;
  for (const OperatorClass& each : operator_classes()) {
    if (std::find(seen.begin(), seen.end(), each.family) != seen.end()) continue;
    seen.push_back(each.family);
    context.rows.begin();
    context.rows.number("oid", each.family).oid("opfmethod", kMethodBtree);
    context.rows.text("opfname", each.family_name).oid("opfnamespace", kSchemaPgCatalog);
    context.rows.oid("opfowner", kRoleBootstrap);
  }
  return {};
}

}  // namespace

std::span<const RowFiller> type_rows() {
  static constexpr RowFiller kRows[] = {
      {1247, "oid", &fill_type},          // pg_type
      {2605, "", &fill_cast},             // pg_cast
      {3456, "", &fill_collation},        // pg_collation
      {2601, "", &fill_method},           // pg_am
      {2616, "", &fill_operator_class},   // pg_opclass
      {2753, "", &fill_operator_family},  // pg_opfamily
  };
  return kRows;
}

}  // namespace latchkey::sql::system
