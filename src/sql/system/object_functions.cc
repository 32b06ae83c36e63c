#include <fmt/format.h>

#include <algorithm>

#include "sql/exec/context.h"
#include "sql/functions/function.h"
#include "sql/parse/deparse.h"
#include "sql/system/object_names.h"
#include "sql/system/roles.h"
#include "sql/types/array.h"

// Functions about the names of objects.

namespace latchkey::sql {

namespace {

using system::Relation;

const Catalog& catalog_of(const Call& call) { return call.evaluation.context->catalog; }
SessionServices& services_of(const Call& call) { return call.evaluation.context->services; }
Oid object_of(const Call& call, std::size_t index) {
  return Oid{static_cast<std::uint32_t>(call.integer(index))};
}

// Whether a bare name means the object.

Value table_is_visible(const Call& call) {
  const Relation relation = system::find_relation(catalog_of(call), object_of(call, 0));
  if (!relation) return Value::null();
  return Value::of_bool(
      system::is_visible(catalog_of(call), services_of(call).search_path(), relation));
}

Value type_is_visible(const Call& call) {
  return find_type(object_of(call, 0)) == nullptr ? Value::null() : Value::of_bool(true);
}

/// For kinds of objects that stand in pg_catalog alone.
Value always_visible(const Call&) { return Value::of_bool(true); }

// Names to numbers, null for what there is none of.

template <Oid kType>
Value find_object(const Call& call) {
  const ObjectNames* const names = call.settings().objects;
  if (names == nullptr) return Value::null();
  const Bytes text = call.bytes(0);
  const bool is_number = !text.empty() && std::all_of(text.begin(), text.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) return Value::null();
  const Result<Oid> found = names->find(kType, text);
  if (found.has_value()) return Value::of_integer(value_of(*found));
  switch (found.error().code()) {
    case ErrorCode::TableMissing:
    case ErrorCode::SchemaMissing:
    case ErrorCode::ObjectMissing:
    case ErrorCode::FunctionMissing:
    case ErrorCode::FunctionAmbiguous:
      return Value::null();
    default:
      return call.fail(found.error());
  }
}

Value format_type(const Call& call) {
  if (call[0].is_null) return Value::null();
  const Oid type = object_of(call, 0);
  if (type == Oid::None) return call.text("-");
  if (find_type(type) == nullptr) return call.text("???");
  if (call[1].is_null) {
    return call.text(type == oid::kBpchar ? "character" : type_text(type));
  }
  return call.text(type_text(type, static_cast<std::int32_t>(call.integer(1))));
}

Value user_by_id(const Call& call) {
  const Oid role = object_of(call, 0);
  const std::string name =
      system::role_name(role, catalog_of(call), services_of(call).current_user());
  if (!name.empty()) return call.text(name);
  return call.text(fmt::format("unknown (OID={})", value_of(role)));
}

Value current_schemas(const Call& call) {
  std::vector<std::string> schemas;
  const Catalog& catalog = catalog_of(call);
  for (const std::string& each : services_of(call).search_path()) {
    const bool is_new = std::find(schemas.begin(), schemas.end(), each) == schemas.end();
    if (is_new && catalog.find_schema(each) != nullptr) schemas.push_back(each);
  }
  const bool names_system =
      std::find(schemas.begin(), schemas.end(), "pg_catalog") != schemas.end();
  if (call[0].boolean() && !names_system) schemas.insert(schemas.begin(), "pg_catalog");
  ArrayWriter writer(oid::kName);
  for (const std::string& each : schemas) writer.add(Value::of_bytes(each));
  return writer.finish(call.arena());
}

Value set_config(const Call& call) {
  if (call[0].is_null) {
    return call.fail(ErrorCode::NullNotAllowed, "SET requires parameter name");
  }
  const bool is_local = !call[2].is_null && call[2].boolean();
  const std::string value = call[1].is_null ? std::string() : std::string(call.bytes(1));
  const Result<std::string> set = services_of(call).set_setting(call.bytes(0), value, is_local);
  return set.has_value() ? call.text(*set) : call.fail(set.error());
}

// Comments.

Value comment_of(const Call& call, Oid object, std::int16_t column) {
  const auto& comments = catalog_of(call).comments();
  const auto found = comments.find({value_of(object), column});
  return found == comments.end() ? Value::null() : call.text(found->second);
}
Value object_comment(const Call& call) {
  // An index and its constraint have one number; -1 tells the constraint's comment.
  const bool is_constraint = call.values.size() > 1 && call.bytes(1) == "pg_constraint";
  return comment_of(call, object_of(call, 0), is_constraint ? -1 : 0);
}
Value column_comment(const Call& call) {
  return comment_of(call, object_of(call, 0), static_cast<std::int16_t>(call.integer(1)));
}

}  // namespace

std::span<const Function> object_functions() {
  constexpr Oid kText = oid::kText;
  static const std::vector<Function> kRows = [] {
    std::vector<Function> rows = {
        {"current_schemas", takes(oid::kBool).gives(oid::kNameArray), kStable, &current_schemas,
         "current_schemas(true)", "{pg_catalog,public}"},
        {"format_type", takes(oid::kOid, oid::kInt4).gives(kText), kStable | kTakesNull,
         &format_type, "format_type(1043, 24)", "character varying(20)"},
        {"col_description", takes(oid::kOid, oid::kInt4).gives(kText), kStable, &column_comment,
         "col_description(1259, 1) IS NULL", "t"},
        {"obj_description", takes(oid::kOid).gives(kText), kStable, &object_comment, {}, {}},
        {"obj_description", takes(oid::kOid, oid::kName).gives(kText), kStable, &object_comment,
         "obj_description(1259, 'pg_class') IS NULL", "t"},
        {"pg_get_userbyid", takes(oid::kOid).gives(oid::kName), kStable, &user_by_id,
         "pg_get_userbyid(10)", "latchkey"},
        {"pg_table_is_visible", takes(oid::kOid).gives(oid::kBool), kStable, &table_is_visible,
         "pg_table_is_visible('pg_class'::regclass)", "t"},
        {"pg_type_is_visible", takes(oid::kOid).gives(oid::kBool), kStable, &type_is_visible,
         "pg_type_is_visible(23)", "t"},
        {"set_config", takes(kText, kText, oid::kBool).gives(kText), kVolatile | kTakesNull,
         &set_config, "set_config('application_name', 'x', true)", "x"},
        {"to_regclass", takes(kText).gives(oid::kRegclass), kStable, &find_object<oid::kRegclass>,
         "to_regclass('pg_class')", "pg_class"},
        {"to_regcollation",
         takes(kText).gives(oid::kRegcollation),
         kStable,
         &find_object<oid::kRegcollation>,
         {},
         {}},
        {"to_regnamespace", takes(kText).gives(oid::kRegnamespace), kStable,
         &find_object<oid::kRegnamespace>, "to_regnamespace('no_such') IS NULL", "t"},
        {"to_regoper",
         takes(kText).gives(oid::kRegoper),
         kStable,
         &find_object<oid::kRegoper>,
         {},
         {}},
        {"to_regoperator",
         takes(kText).gives(oid::kRegoperator),
         kStable,
         &find_object<oid::kRegoperator>,
         {},
         {}},
        {"to_regproc", takes(kText).gives(oid::kRegproc), kStable, &find_object<oid::kRegproc>,
         "to_regproc('version')", "version"},
        {"to_regprocedure", takes(kText).gives(oid::kRegprocedure), kStable,
         &find_object<oid::kRegprocedure>, "to_regprocedure('version()')", "version()"},
        {"to_regrole",
         takes(kText).gives(oid::kRegrole),
         kStable,
         &find_object<oid::kRegrole>,
         {},
         {}},
        {"to_regtype", takes(kText).gives(oid::kRegtype), kStable, &find_object<oid::kRegtype>,
         "to_regtype('int4')", "integer"},
    };
    for (const std::string_view name :
         {"pg_function_is_visible", "pg_operator_is_visible", "pg_opclass_is_visible",
          "pg_opfamily_is_visible", "pg_collation_is_visible", "pg_conversion_is_visible",
          "pg_statistics_obj_is_visible", "pg_ts_config_is_visible", "pg_ts_dict_is_visible",
          "pg_ts_parser_is_visible", "pg_ts_template_is_visible"}) {
      rows.push_back({name, takes(oid::kOid).gives(oid::kBool), kStable, &always_visible, {}, {}});
    }
    return rows;
  }();
  return kRows;
}

}  // namespace latchkey::sql
