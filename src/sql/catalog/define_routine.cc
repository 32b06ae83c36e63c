#include "sql/catalog/define_routine.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "base/text.h"
#include "sql/bind/binder.h"
#include "sql/catalog/define_trigger.h"
#include "sql/catalog/drop_objects.h"
#include "sql/catalog/routine_body.h"
#include "sql/parse/deparse.h"
#include "sql/parse/enums.h"
#include "sql/parse/statement.h"

namespace latchkey::sql {

namespace {

using parse::Node;
using parse::NodeKind;
using parse::ObjectKind;

constexpr std::size_t kArgumentsMax = 100;

Error invalid(std::string message) {
  return Error(ErrorCode::FunctionDefinitionInvalid, std::move(message));
}

bind::BindContext bind_context(const DefineContext& context) {
  bind::BindContext bind;
  bind.catalog = context.change.catalog();
  bind.settings = &context.settings;
  bind.search_path = context.search_path;
  bind.user = context.user;
  return bind;
}

struct ObjectName {
  std::string schema;
  std::string name;
};

ObjectName name_of(std::span<const Node* const> parts) {
  const std::vector<std::string> texts = parse::texts_of(parts);
  if (texts.size() >= 2) return {texts[texts.size() - 2], texts.back()};
  return {"", texts.empty() ? std::string() : texts.back()};
}

std::string shown(const ObjectName& name) {
  return name.schema.empty() ? name.name : name.schema + "." + name.name;
}

/// A constant of SET as text.
std::string setting_text(const Node& node) {
  if (node.is(NodeKind::TypeCast)) return setting_text(*node.child("arg"));
  if (const Node* const text = node.child("sval")) return std::string(text->text("sval"));
  if (const Node* const integer = node.child("ival"))
    return std::to_string(integer->number("ival"));
  if (const Node* const number = node.child("fval")) return std::string(number->text("fval"));
  if (const Node* const flag = node.child("boolval")) return flag->flag("boolval") ? "on" : "off";
  return {};
}

std::string text_of(const Node& node) {
  if (node.is(NodeKind::String)) return std::string(node.text("sval"));
  if (node.is(NodeKind::Integer)) return std::to_string(node.number("ival"));
  if (node.is(NodeKind::Float)) return std::string(node.text("fval"));
  return setting_text(node);
}

/// The options of CREATE and ALTER FUNCTION.
Result<void> apply_option(const Node& option, Routine& routine) {
  const Bytes name = option.text("defname");
  const Node* const arg = option.child("arg");
  const bool flag = arg != nullptr && arg->flag("boolval");
  if (name == "language") {
    routine.language = to_lower(text_of(*arg));
  } else if (name == "volatility") {
    const std::string word = text_of(*arg);
    routine.volatility = word == "immutable" ? Volatility::Immutable
                         : word == "stable"  ? Volatility::Stable
                                             : Volatility::Volatile;
  } else if (name == "strict") {
    routine.is_strict = flag;
  } else if (name == "security") {
    routine.is_definer = flag;
  } else if (name == "leakproof") {
    routine.is_leakproof = flag;
  } else if (name == "parallel") {
    const std::string word = to_lower(text_of(*arg));
    if (word != "safe" && word != "unsafe" && word != "restricted") {
      return Error(ErrorCode::SyntaxError,
                   "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE");
    }
    routine.parallel = word[0];
  } else if (name == "cost") {
    routine.cost = text_of(*arg);
    if (routine.cost.starts_with('-') || routine.cost == "0") {
      return Error(ErrorCode::InvalidArgument, "COST must be positive");
    }
  } else if (name == "rows") {
    routine.rows = text_of(*arg);
    if (routine.rows.starts_with('-') || routine.rows == "0") {
      return Error(ErrorCode::InvalidArgument, "ROWS must be positive");
    }
  } else if (name == "set") {
    using parse::VariableSetKind;
    const std::string setting = to_lower(arg->text("name"));
    const auto kind = arg->as<VariableSetKind>("kind");
    if (kind == VariableSetKind::ResetAll) {
      routine.settings.clear();
      return {};
    }
    std::erase_if(routine.settings,
                  [&](const RoutineSetting& each) { return each.name == setting; });
    if (kind == VariableSetKind::Reset || kind == VariableSetKind::Default) return {};
    std::string value;
    for (const Node* const each : arg->list("args")) {
      const std::string part = setting_text(*each);
      value += (value.empty() ? "" : ", ") +
               (setting == "search_path" ? parse::quoted_name(part) : part);
    }
    if (kind == VariableSetKind::Value) routine.settings.push_back({setting, value});
  } else if (name == "as") {
    const auto items = arg->list("items");
    if (items.size() != 1) {
      return invalid(fmt::format("only one AS item needed for language \"{}\"", routine.language));
    }
    routine.body = items[0]->text("sval");
  } else if (name == "window") {
    return Error(ErrorCode::NotSupported, "window functions of one's own are not supported");
  } else if (name == "transform" || name == "support") {
    return Error(ErrorCode::NotSupported, fmt::format("{} is not supported", to_upper(name)));
  }
  return {};
}

// CREATE FUNCTION.

class RoutineBuilder {
 public:
  RoutineBuilder(const Node& statement, DefineContext& context)
      : statement_(statement), context_(context), bind_(bind_context(context)) {}

  Result<Routine> build() {
    const ObjectName name = name_of(statement_.list("funcname"));
    routine_.name = name.name;
    routine_.kind =
        statement_.flag("is_procedure") ? RoutineKind::Procedure : RoutineKind::Function;
    routine_.owner = context_.user;
    LK_TRY(routine_.schema, schema_of(name.schema));
    LK_CHECK(read_options());
    for (const Node* const each : statement_.list("parameters")) LK_CHECK(add_argument(*each));
    if (routine_.arguments.size() > kArgumentsMax) {
      return Error(ErrorCode::TooManyArguments,
                   fmt::format("functions cannot have more than {} arguments", kArgumentsMax));
    }
    LK_CHECK(find_result());
    return std::move(routine_);
  }

 private:
  Result<Oid> schema_of(const std::string& name) const {
    const Catalog& catalog = *context_.change.catalog();
    const auto path = name.empty() ? context_.search_path : std::vector<std::string>{name};
    for (const std::string& each : path) {
      // Routines are never temporary unless that is asked for.
      if (name.empty() && each.starts_with("pg_temp_")) continue;
      if (const Schema* const schema = catalog.find_schema(each)) return schema->oid;
    }
    return Error(ErrorCode::SchemaMissing, name.empty()
                                               ? "no schema has been selected to create in"
                                               : fmt::format("schema \"{}\" does not exist", name));
  }

  Result<void> read_options() {
    bool has_body = false;
    std::vector<Bytes> seen;
    // The language first: others name it in their errors.
    for (const Node* const option : statement_.list("options")) {
      if (option->text("defname") == "language") LK_CHECK(apply_option(*option, routine_));
    }
    for (const Node* const option : statement_.list("options")) {
      const Bytes name = option->text("defname");
      if (name != "set" && std::find(seen.begin(), seen.end(), name) != seen.end()) {
        return Error(ErrorCode::SyntaxError, "conflicting or redundant options")
            .at(option->location + 1);
      }
      seen.push_back(name);
      if (routine_.is_procedure() &&
          (name == "volatility" || name == "strict" || name == "leakproof" || name == "parallel" ||
           name == "cost" || name == "rows" || name == "window")) {
        return invalid("invalid attribute in procedure definition").at(option->location + 1);
      }
      has_body = has_body || name == "as";
      LK_CHECK(apply_option(*option, routine_));
    }
    const bool has_sql_body = statement_.child("sql_body") != nullptr;
    if (routine_.language.empty()) {
      if (!has_sql_body) return invalid("no language specified");
      routine_.language = "sql";
    }
    if (routine_.language != "sql" && routine_.language != "plpgsql") {
      return Error(ErrorCode::ObjectMissing,
                   fmt::format("language \"{}\" does not exist", routine_.language));
    }
    if (has_sql_body) {
      if (routine_.language != "sql") {
        return invalid("inline SQL function body only valid for language SQL");
      }
      if (has_body) return invalid("duplicate function body specified");
      LK_TRY(routine_.body, sql_body_text(context_.text, statement_));
      routine_.is_sql_body = true;
    } else if (!has_body) {
      return invalid("no function body specified");
    }
    return {};
  }

  static ArgumentMode mode_of(const Node& parameter) {
    // As the grammar numbers them.
    enum : std::int64_t { kOut = 2, kInOut, kVariadic, kTable };
    switch (parameter.number("mode")) {
      case kOut:
        return ArgumentMode::Out;
      case kInOut:
        return ArgumentMode::InOut;
      case kVariadic:
        return ArgumentMode::Variadic;
      case kTable:
        return ArgumentMode::Table;
      default:
        return ArgumentMode::In;
    }
  }

  Result<void> add_argument(const Node& node) {
    RoutineArgument argument;
    argument.name = node.text("name");
    argument.mode = mode_of(node);
    const Node& type_name = *node.child("arg_type");
    if (type_name.flag("setof")) {
      return invalid(fmt::format("{} cannot accept set arguments",
                                 routine_.is_procedure() ? "procedures" : "functions"));
    }
    LK_TRY(const RoutineType type, routine_type_of(type_name, bind_));
    if (type.table != Oid::None) {
      return Error(ErrorCode::NotSupported, "arguments that are rows of a table are not supported")
          .at(type_name.location + 1);
    }
    argument.type = type.type;
    for (const RoutineArgument& other : routine_.arguments) {
      const bool apart =
          (other.mode == ArgumentMode::Table) != (argument.mode == ArgumentMode::Table)
              ? false
              : other.is_input() != argument.is_input() &&
                    other.is_output() != argument.is_output();
      if (!argument.name.empty() && other.name == argument.name && !apart) {
        return invalid(fmt::format("parameter name \"{}\" used more than once", argument.name));
      }
    }
    if (argument.is_input() && saw_variadic_) {
      return invalid("VARIADIC parameter must be the last input parameter");
    }
    if (argument.mode == ArgumentMode::Variadic) {
      saw_variadic_ = true;
      const Type* const found = find_type(argument.type);
      const bool is_array = (found != nullptr && found->is_array()) ||
                            argument.type == oid::kAnyArray || argument.type == oid::kAny;
      if (!is_array) return invalid("VARIADIC parameter must be an array");
    }
    if (const Node* const otherwise = node.child("defexpr")) {
      if (!argument.is_input()) return invalid("only input parameters can have default values");
      LK_TRY(argument.default_text, parse::deparse(*otherwise));
      LK_CHECK(check_default(argument));
      argument.has_default = true;
      saw_default_ = true;
    } else if (argument.is_input() && saw_default_) {
      return invalid("input parameters after one with a default value must also have defaults");
    }
    routine_.arguments.push_back(std::move(argument));
    return {};
  }

  Result<void> check_default(const RoutineArgument& argument) {
    LK_TRY(const auto script, parse::parse("SELECT " + argument.default_text));
    bind::Binder binder(bind_, {});
    LK_TRY(const auto bound,
           binder.bind_expression(*script->statements[0].node->list("target_list")[0]->child("val"),
                                  nullptr));
    bind::Coercion coercion(*bound, context_.settings);
    LK_CHECK(
        coercion.coerce(bound->query->targets[0].expr, argument.type, -1, CastContext::Assignment));
    return {};
  }

  Result<void> find_result() {
    const Node* const type_name = statement_.child("return_type");
    const std::vector<const RoutineArgument*> outputs = routine_.outputs();
    const Oid implied = outputs.empty()       ? Oid::None
                        : outputs.size() == 1 ? outputs[0]->type
                                              : oid::kRecord;
    if (routine_.is_procedure()) {
      routine_.result = outputs.empty() ? oid::kVoid : oid::kRecord;
      return {};
    }
    if (type_name == nullptr) {
      if (outputs.empty()) return invalid("function result type must be specified");
      routine_.result = implied;
      return {};
    }
    LK_TRY(const RoutineType type, routine_type_of(*type_name, bind_));
    routine_.returns_set = type_name->flag("setof");
    const bool is_table = !outputs.empty() && outputs[0]->mode == ArgumentMode::Table;
    if (!outputs.empty() && !is_table && (type.type != implied || type.table != Oid::None)) {
      return invalid(fmt::format("function result type must be {} because of OUT parameters",
                                 type_text(implied)));
    }
    routine_.result = is_table ? implied : type.type;
    routine_.result_table = type.table;
    return check_result();
  }

  Result<void> check_result() const {
    const Type* const type = find_type(routine_.result);
    const bool is_known = type == nullptr || type->kind != 'p' || routine_.result == oid::kVoid ||
                          routine_.result == oid::kRecord ||
                          (routine_.result == oid::kTrigger && routine_.language == "plpgsql") ||
                          type->name.starts_with("any");
    if (is_known) return {};
    return invalid(fmt::format("{} functions cannot return type {}",
                               routine_.language == "sql" ? "SQL" : "PL/pgSQL",
                               type_text(routine_.result)));
  }

  const Node& statement_;
  DefineContext& context_;
  const bind::BindContext bind_;
  Routine routine_;
  bool saw_variadic_ = false;
  bool saw_default_ = false;
};

Result<void> check_replacement(const Routine& before, const Routine& after) {
  if (before.kind != after.kind) {
    return Error(ErrorCode::WrongObjectKind, "cannot change routine kind")
        .with_detail(fmt::format("\"{}\" is a {}.", before.name, before.kind_name()));
  }
  const std::string hint =
      fmt::format("Use DROP {} {} first.", before.is_procedure() ? "PROCEDURE" : "FUNCTION",
                  before.signature());
  if (before.result != after.result || before.returns_set != after.returns_set ||
      before.result_table != after.result_table) {
    return invalid(before.is_procedure() ? "cannot change whether a procedure has output parameters"
                                         : "cannot change return type of existing function")
        .with_hint(hint);
  }
  const auto outputs_before = before.outputs();
  const auto outputs_after = after.outputs();
  const auto same_output = [](const RoutineArgument* a, const RoutineArgument* b) {
    return a->type == b->type && a->name == b->name;
  };
  if (before.result == oid::kRecord && before.returns_set + outputs_before.size() > 0 &&
      !std::equal(outputs_before.begin(), outputs_before.end(), outputs_after.begin(),
                  outputs_after.end(), same_output)) {
    return invalid("cannot change return type of existing function")
        .with_detail("Row type defined by OUT parameters is different.")
        .with_hint(hint);
  }
  const auto inputs_before = before.inputs();
  const auto inputs_after = after.inputs();
  for (std::size_t i = 0; i < inputs_before.size(); ++i) {
    if (!inputs_before[i]->name.empty() && inputs_before[i]->name != inputs_after[i]->name) {
      return invalid(fmt::format("cannot change name of input parameter \"{}\"",
                                 inputs_before[i]->name))
          .with_hint(hint);
    }
    if (inputs_before[i]->has_default && !inputs_after[i]->has_default) {
      return invalid("cannot remove parameter defaults from existing function").with_hint(hint);
    }
  }
  return {};
}

Result<std::string> create_routine(const Node& statement, DefineContext& context) {
  RoutineBuilder builder(statement, context);
  LK_TRY(Routine routine, builder.build());
  const std::string tag = routine.is_procedure() ? "CREATE PROCEDURE" : "CREATE FUNCTION";
  std::shared_ptr<const Routine> existing;
  for (const auto& each : context.change.catalog()->find_routines(routine.name)) {
    const bool is_same =
        each->schema == routine.schema && each->input_types() == routine.input_types();
    if (is_same) existing = each;
  }
  if (existing != nullptr) {
    if (!statement.flag("replace")) {
      return Error(
          ErrorCode::FunctionDuplicate,
          fmt::format("function \"{}\" already exists with same argument types", routine.name));
    }
    LK_CHECK(check_replacement(*existing, routine));
    routine.oid = existing->oid;
    routine.owner = existing->owner;
  } else {
    routine.oid = context.change.database().next_oid();
  }
  // Its own calls find it.
  const Routine copy = routine;
  LK_CHECK(context.change.put(std::move(routine)));
  bool is_found = false;
  const std::string check = context.execution.services.setting("check_function_bodies", is_found);
  if (!is_found || check != "off") LK_CHECK(check_body(copy, bind_context(context)));
  return tag;
}

// Finding one.

using Found = std::shared_ptr<const Routine>;

bool fits_kind(const Routine& routine, ObjectKind kind) {
  return kind == ObjectKind::Routine || routine.is_procedure() == (kind == ObjectKind::Procedure);
}

const char* kind_name(ObjectKind kind) {
  return kind == ObjectKind::Procedure ? "procedure"
         : kind == ObjectKind::Routine ? "routine"
                                       : "function";
}

/// The routine that an ObjectWithArgs names.
Result<Found> find_routine(const Node& object, ObjectKind kind, const DefineContext& context) {
  const ObjectName name = name_of(object.list("objname"));
  const Catalog& catalog = *context.change.catalog();
  const std::vector<Found> all = catalog.find_routines(name.name);
  std::vector<Found> visible;
  for (const std::string& each :
       name.schema.empty() ? context.search_path : std::vector<std::string>{name.schema}) {
    const Schema* const schema = catalog.find_schema(each);
    for (const Found& routine : all) {
      if (schema != nullptr && routine->schema == schema->oid) visible.push_back(routine);
    }
  }
  if (object.flag("args_unspecified")) {
    std::erase_if(visible, [&](const Found& each) { return !fits_kind(*each, kind); });
    if (visible.size() > 1) {
      return Error(ErrorCode::FunctionAmbiguous,
                   fmt::format("{} name \"{}\" is not unique", kind_name(kind), shown(name)))
          .with_hint(fmt::format("Specify the argument list to select the {} unambiguously.",
                                 kind_name(kind)));
    }
    if (visible.size() == 1) return visible[0];
    return Error(ErrorCode::FunctionMissing,
                 fmt::format("could not find a {} named \"{}\"", kind_name(kind), shown(name)));
  }
  const bind::BindContext bind = bind_context(context);
  std::vector<Oid> inputs;
  std::vector<Oid> all_types;
  const auto parameters = object.list("objfuncargs");
  for (const Node* const each : parameters) {
    LK_TRY(const RoutineType type, routine_type_of(*each->child("arg_type"), bind));
    constexpr std::int64_t kOut = 2;
    constexpr std::int64_t kTable = 5;
    const std::int64_t mode = each->number("mode");
    all_types.push_back(type.type);
    if (mode != kOut && mode != kTable) inputs.push_back(type.type);
  }
  if (parameters.empty()) {
    for (const Node* const each : object.list("objargs")) {
      LK_TRY(const RoutineType type, routine_type_of(*each, bind));
      inputs.push_back(type.type);
      all_types.push_back(type.type);
    }
  }
  for (const Found& each : visible) {
    std::vector<Oid> own;
    for (const RoutineArgument& argument : each->arguments) own.push_back(argument.type);
    const bool by_all = each->is_procedure() && own == all_types;
    if (each->input_types() != inputs && !by_all) continue;
    if (fits_kind(*each, kind)) return each;
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("{} is not a {}", each->signature(), kind_name(kind)));
  }
  return Error(ErrorCode::FunctionMissing, fmt::format("{} {} does not exist", kind_name(kind),
                                                       signature_of(shown(name), inputs)));
}

// DROP and ALTER.

Result<void> drop_trigger(const Table& from, const std::string& name, DefineContext& context) {
  Table table = from;
  std::erase_if(table.triggers, [&](const Trigger& each) { return each.name == name; });
  return context.change.put(std::move(table));
}

Result<void> drop_routine(const Node& object, const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("remove_type");
  Result<Found> found = find_routine(object, kind, context);
  if (!found.has_value()) {
    if (!statement.flag("missing_ok") || found.error().code() != ErrorCode::FunctionMissing) {
      return std::move(found).error();
    }
    std::string message = found.error().message();
    if (message.starts_with("could not find")) {
      message = fmt::format("{} {}() does not exist", kind_name(kind),
                            shown(name_of(object.list("objname"))));
    }
    context.notice(Error(ErrorCode::FunctionMissing, message + ", skipping"));
    return {};
  }
  const bool cascades = statement.as<parse::DropKind>("behavior") == parse::DropKind::Cascade;
  using definitions::DropObject;
  return definitions::drop_objects({{DropObject::Kind::Routine, (*found)->oid}}, cascades, context);
}

Result<Table> table_with(const Node& range_var, DefineContext& context) {
  LK_TRY(const Table* const table, bind::Binder(bind_context(context), {}).table_of(range_var));
  return *table;
}

Trigger* find_trigger(Table& table, Bytes name) {
  for (Trigger& each : table.triggers) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

Error no_trigger(Bytes name, Bytes table) {
  return Error(ErrorCode::ObjectMissing,
               fmt::format("trigger \"{}\" for table \"{}\" does not exist", name, table));
}

Result<void> drop_named_trigger(const Node& object, const Node& statement, DefineContext& context) {
  std::vector<std::string> parts = parse::texts_of(object.list("items"));
  if (parts.size() < 2) return Error(ErrorCode::Internal, "a trigger without a table");
  const std::string name = parts.back();
  parts.pop_back();
  const bool missing_ok = statement.flag("missing_ok");
  const Catalog& catalog = *context.change.catalog();
  const Table* table = nullptr;
  const auto path =
      parts.size() > 1 ? std::vector<std::string>{parts[parts.size() - 2]} : context.search_path;
  for (const std::string& each : path) {
    const Schema* const schema = catalog.find_schema(each);
    if (table == nullptr && schema != nullptr)
      table = catalog.find_table(schema->oid, parts.back());
  }
  if (table == nullptr) {
    const std::string message = fmt::format("relation \"{}\" does not exist", parts.back());
    if (!missing_ok) return Error(ErrorCode::TableMissing, message);
    context.notice(Error(ErrorCode::TableMissing, message + ", skipping"));
    return {};
  }
  Table copy = *table;
  if (find_trigger(copy, name) == nullptr) {
    Error error = no_trigger(name, table->name);
    if (!missing_ok) return error;
    context.notice(Error(ErrorCode::ObjectMissing,
                         fmt::format("trigger \"{}\" for relation \"{}\" does not exist, skipping",
                                     name, table->name)));
    return {};
  }
  return drop_trigger(*table, name, context);
}

const char* drop_tag(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::Procedure:
      return "DROP PROCEDURE";
    case ObjectKind::Routine:
      return "DROP ROUTINE";
    case ObjectKind::Trigger:
      return "DROP TRIGGER";
    default:
      return "DROP FUNCTION";
  }
}

Result<std::string> drop(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("remove_type");
  for (const Node* const object : statement.list("objects")) {
    if (kind == ObjectKind::Trigger) {
      LK_CHECK(drop_named_trigger(*object, statement, context));
    } else {
      LK_CHECK(drop_routine(*object, statement, context));
    }
  }
  return std::string(drop_tag(kind));
}

std::string alter_tag(ObjectKind kind) { return std::string("ALTER") + (drop_tag(kind) + 4); }

/// A routine under another name or in another schema must not meet one that is there.
Result<void> put_moved(Routine routine, DefineContext& context) {
  const Catalog& catalog = *context.change.catalog();
  for (const auto& each : catalog.find_routines(routine.name)) {
    const bool is_same = each->oid != routine.oid && each->schema == routine.schema &&
                         each->input_types() == routine.input_types();
    if (!is_same) continue;
    const Schema* const schema = catalog.find_schema(routine.schema);
    return Error(ErrorCode::FunctionDuplicate,
                 fmt::format("{} {} already exists in schema \"{}\"", routine.kind_name(),
                             routine.signature(), schema == nullptr ? "" : schema->name));
  }
  return context.change.put(std::move(routine));
}

Result<std::string> rename(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("rename_type");
  const std::string to(statement.text("newname"));
  if (kind == ObjectKind::Trigger) {
    LK_TRY(Table table, table_with(*statement.child("relation"), context));
    Trigger* const trigger = find_trigger(table, statement.text("subname"));
    if (trigger == nullptr) return no_trigger(statement.text("subname"), table.name);
    if (find_trigger(table, to) != nullptr) {
      return Error(
          ErrorCode::ObjectDuplicate,
          fmt::format("trigger \"{}\" for relation \"{}\" already exists", to, table.name));
    }
    trigger->name = to;
    std::sort(table.triggers.begin(), table.triggers.end(),
              [](const Trigger& a, const Trigger& b) { return a.name < b.name; });
    LK_CHECK(context.change.put(std::move(table)));
    return alter_tag(kind);
  }
  LK_TRY(const Found found, find_routine(*statement.child("object"), kind, context));
  Routine routine = *found;
  routine.name = to;
  LK_CHECK(put_moved(std::move(routine), context));
  return alter_tag(kind);
}

Result<std::string> alter_object(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("object_type");
  LK_TRY(const Found found, find_routine(*statement.child("object"), kind, context));
  Routine routine = *found;
  if (statement.is(NodeKind::AlterOwnerStmt)) {
    const Node* const owner = statement.child("newowner");
    if (owner != nullptr && !owner->text("rolename").empty()) {
      routine.owner = owner->text("rolename");
    }
    LK_CHECK(context.change.put(std::move(routine)));
    return alter_tag(kind);
  }
  const Schema* const schema = context.change.catalog()->find_schema(statement.text("newschema"));
  if (schema == nullptr) {
    return Error(ErrorCode::SchemaMissing,
                 fmt::format("schema \"{}\" does not exist", statement.text("newschema")));
  }
  routine.schema = schema->oid;
  LK_CHECK(put_moved(std::move(routine), context));
  return alter_tag(kind);
}

Result<std::string> alter_function(const Node& statement, DefineContext& context) {
  const auto kind = statement.as<ObjectKind>("objtype");
  LK_TRY(const Found found, find_routine(*statement.child("func"), kind, context));
  Routine routine = *found;
  for (const Node* const action : statement.list("actions")) {
    LK_CHECK(apply_option(*action, routine));
  }
  LK_CHECK(context.change.put(std::move(routine)));
  return alter_tag(kind);
}

bool is_routine_kind(ObjectKind kind) {
  return kind == ObjectKind::Function || kind == ObjectKind::Procedure ||
         kind == ObjectKind::Routine;
}

}  // namespace

Result<RoutineType> routine_type_of(const Node& type_name, const bind::BindContext& context) {
  const std::vector<std::string> names = parse::texts_of(type_name.list("names"));
  const auto table_named = [&](std::span<const std::string> parts) -> const Table* {
    const auto path =
        parts.size() > 1 ? std::vector<std::string>{parts[parts.size() - 2]} : context.search_path;
    for (const std::string& each : path) {
      const Schema* const schema = context.catalog->find_schema(each);
      if (schema == nullptr) continue;
      const Table* const table = context.catalog->find_table(schema->oid, parts.back());
      if (table != nullptr) return table;
    }
    return nullptr;
  };
  if (type_name.flag("pct_type")) {
    const std::span<const std::string> parts(names.data(), names.size() - 1);
    const Table* const table = parts.empty() ? nullptr : table_named(parts);
    if (table == nullptr) {
      return Error(ErrorCode::TableMissing,
                   fmt::format("relation \"{}\" does not exist", parts.empty() ? "" : parts.back()))
          .at(type_name.location + 1);
    }
    const Column* const column = table->find_column(names.back());
    if (column == nullptr) {
      return Error(ErrorCode::ColumnMissing,
                   fmt::format("column \"{}\" of relation \"{}\" does not exist", names.back(),
                               table->name))
          .at(type_name.location + 1);
    }
    return RoutineType{column->type, Oid::None};
  }
  Result<bind::Binder::NamedType> type = bind::Binder::type_of(type_name);
  if (type.has_value()) return RoutineType{type->type, Oid::None};
  const bool may_be_table = !names.empty() && type_name.list("array_bounds").empty();
  if (const Table* const table = may_be_table ? table_named(names) : nullptr) {
    return RoutineType{oid::kRecord, table->oid};
  }
  return std::move(type).error();
}

bool is_routine_definition(const Node& statement) {
  if (is_trigger_definition(statement)) return true;
  switch (statement.kind) {
    case NodeKind::CreateFunctionStmt:
    case NodeKind::AlterFunctionStmt:
      return true;
    case NodeKind::DropStmt: {
      const auto kind = statement.as<ObjectKind>("remove_type");
      return is_routine_kind(kind) || kind == ObjectKind::Trigger;
    }
    case NodeKind::RenameStmt: {
      const auto kind = statement.as<ObjectKind>("rename_type");
      return is_routine_kind(kind) || kind == ObjectKind::Trigger;
    }
    case NodeKind::AlterOwnerStmt:
    case NodeKind::AlterObjectSchemaStmt:
      return is_routine_kind(statement.as<ObjectKind>("object_type"));
    default:
      return false;
  }
}

Result<std::string> define_routine(const Node& statement, DefineContext& context) {
  if (is_trigger_definition(statement)) return define_trigger(statement, context);
  switch (statement.kind) {
    case NodeKind::CreateFunctionStmt:
      return create_routine(statement, context);
    case NodeKind::AlterFunctionStmt:
      return alter_function(statement, context);
    case NodeKind::DropStmt:
      return drop(statement, context);
    case NodeKind::RenameStmt:
      return rename(statement, context);
    default:
      LK_ASSERT(statement.is(NodeKind::AlterOwnerStmt) ||
                statement.is(NodeKind::AlterObjectSchemaStmt));
      return alter_object(statement, context);
  }
}

}  // namespace latchkey::sql
