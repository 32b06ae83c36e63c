#include "sql/system/object_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sql/bind/binder.h"
#include "sql/functions/aggregate.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"
#include "sql/system/roles.h"
#include "sql/system/type_functions.h"

namespace latchkey::sql::system {

namespace {

using parse::quoted_name;

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, "."));
}

/// The schemas in the order they are looked through.
std::vector<std::string> whole_path(std::vector<std::string> path) {
  if (std::find(path.begin(), path.end(), "pg_catalog") == path.end()) {
    path.insert(path.begin(), "pg_catalog");
  }
  return path;
}

Relation find_in(const Catalog& catalog, Oid schema, std::string_view name) {
  if (const Table* const table = catalog.find_table(schema, name)) return {table, nullptr};
  const auto [table, index] = catalog.find_index(schema, name);
  return {table, index};
}

Error missing_function(Bytes name) {
  return Error(ErrorCode::FunctionMissing, fmt::format("function \"{}\" does not exist", name));
}

Error missing_schema(const std::string& name) {
  return Error(ErrorCode::SchemaMissing, fmt::format("schema \"{}\" does not exist", name));
}

/// A written type: "integer", "numeric(10,2)", "text[]".
Result<Oid> find_type_name(Bytes text) {
  LK_TRY(const auto script, parse::parse("SELECT NULL::" + std::string(text)));
  const Error invalid(ErrorCode::SyntaxError, fmt::format("invalid type name \"{}\"", text));
  if (script->statements.size() != 1) return invalid;
  const parse::Node& select = *script->statements[0].node;
  const auto targets = select.list("target_list");
  const parse::Node* const value = targets.size() == 1 ? targets[0]->child("val") : nullptr;
  if (value == nullptr || value->child("type_name") == nullptr || select.child("where_clause")) {
    return invalid;
  }
  Result<bind::Binder::NamedType> type = bind::Binder::type_of(*value->child("type_name"));
  if (!type.has_value()) return Error(type.error().code(), type.error().message());
  return type->type;
}

struct Procedure {
  Oid oid;
  Oid schema;
  std::string name;
  std::vector<Oid> arguments;
};

/// All functions, aggregates and routines of a name.
std::vector<Procedure> procedures_of_name(const Catalog& catalog, std::string_view name) {
  std::vector<Procedure> found;
  const auto add = [&](Oid oid, std::span<const Oid> arguments) {
    found.push_back(
        {oid, kSchemaPgCatalog, std::string(name), {arguments.begin(), arguments.end()}});
  };
  for (const Function* const each : find_functions(name)) add(oid_of(*each), each->arguments());
  for (const AggregateFunction* const each : find_aggregates(name)) {
    add(oid_of(*each), each->signature.all());
  }
  const NamedFunction* const type_function = find_type_function(name);
  if (found.empty() && type_function != nullptr) add(Oid{type_function->oid}, {});
  for (const auto& routine : catalog.find_routines(name)) {
    found.push_back({routine->oid, routine->schema, routine->name, routine->input_types()});
  }
  return found;
}

std::optional<Procedure> find_procedure(const Catalog& catalog, Oid oid) {
  const auto row = [&](std::string_view name, std::span<const Oid> arguments) {
    return Procedure{
        oid, kSchemaPgCatalog, std::string(name), {arguments.begin(), arguments.end()}};
  };
  if (const Function* const found = find_function(oid)) return row(found->name, found->arguments());
  if (const AggregateFunction* const found = find_aggregate(oid)) {
    return row(found->name, found->signature.all());
  }
  if (const NamedFunction* const found = find_type_function(oid)) return row(found->name, {});
  if (const auto routine = catalog.find_routine(oid)) {
    return Procedure{oid, routine->schema, routine->name, routine->input_types()};
  }
  return std::nullopt;
}

/// Those that the written name may mean: of the schema it names, or of the first on the path that
/// has any.
std::vector<Procedure> procedures_of(const Catalog& catalog, const std::vector<std::string>& path,
                                     const std::vector<std::string>& parts) {
  std::vector<Procedure> all = procedures_of_name(catalog, parts.back());
  const auto of_schema = [&](std::string_view name) {
    const Schema* const schema = catalog.find_schema(name);
    std::vector<Procedure> kept;
    for (const Procedure& each : all) {
      if (schema != nullptr && each.schema == schema->oid) kept.push_back(each);
    }
    return kept;
  };
  if (parts.size() > 1) return of_schema(parts[parts.size() - 2]);
  std::vector<Procedure> visible;
  for (const std::string& schema : whole_path(path)) {
    for (Procedure& each : of_schema(schema)) visible.push_back(std::move(each));
  }
  return visible;
}

Result<Oid> find_procedure(const Catalog& catalog, const std::vector<std::string>& path,
                           const std::vector<std::string>& parts, Bytes text) {
  const std::vector<Procedure> found = procedures_of(catalog, path, parts);
  if (found.empty()) return missing_function(text);
  if (found.size() > 1) {
    return Error(ErrorCode::FunctionAmbiguous,
                 fmt::format("more than one function named \"{}\"", text));
  }
  return found[0].oid;
}

/// What stands between the parentheses, as types.
Result<std::vector<Oid>> argument_types(Bytes text) {
  std::vector<Oid> types;
  while (!text.empty()) {
    std::size_t end = 0;
    int depth = 0;
    while (end < text.size() && (text[end] != ',' || depth > 0)) {
      depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
      ++end;
    }
    const Bytes part = text.substr(0, end);
    if (part.find_first_not_of(' ') == Bytes::npos) {
      return Error(ErrorCode::InvalidText, "expected a type name");
    }
    LK_TRY(const Oid type, find_type_name(part));
    types.push_back(type);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return types;
}

struct Written {
  std::vector<std::string> name;
  std::vector<Oid> arguments;
};

/// "pg_catalog.abs(integer)".
Result<Written> split_signature(Bytes text) {
  const std::size_t open = text.find('(');
  if (open == Bytes::npos) return Error(ErrorCode::InvalidText, "expected a left parenthesis");
  if (text.back() != ')') return Error(ErrorCode::InvalidText, "expected a right parenthesis");
  Written written;
  LK_TRY(written.name, split_name(text.substr(0, open)));
  LK_TRY(written.arguments, argument_types(text.substr(open + 1, text.size() - open - 2)));
  return written;
}

bool has_arguments(std::span<const Oid> given, const std::vector<Oid>& wanted) {
  return std::equal(given.begin(), given.end(), wanted.begin(), wanted.end());
}

Result<Oid> find_signature(const Catalog& catalog, const std::vector<std::string>& path,
                           Bytes text) {
  LK_TRY(const Written written, split_signature(text));
  for (const Procedure& each : procedures_of(catalog, path, written.name)) {
    if (has_arguments(each.arguments, written.arguments)) return each.oid;
  }
  return missing_function(text);
}

Result<Oid> find_operator_name(Bytes text, bool with_arguments) {
  const Error missing(ErrorCode::FunctionMissing, fmt::format("operator does not exist: {}", text));
  const std::size_t open = with_arguments ? text.find('(') : text.size();
  Bytes name = text.substr(0, open);
  if (const std::size_t dot = name.rfind('.'); dot != Bytes::npos) name.remove_prefix(dot + 1);
  const std::vector<const Function*> rows = find_operators(name);
  if (with_arguments) {
    if (open == Bytes::npos || text.back() != ')') {
      return Error(ErrorCode::InvalidText, "expected a left parenthesis");
    }
    Bytes inner = text.substr(open + 1, text.size() - open - 2);
    if (to_lower(inner).starts_with("none,")) inner.remove_prefix(5);
    LK_TRY(const std::vector<Oid> arguments, argument_types(inner));
    for (const Function* const row : rows) {
      if (has_arguments(row->arguments(), arguments)) return oid_of(*row);
    }
    return missing;
  }
  if (rows.size() > 1) {
    return Error(ErrorCode::FunctionAmbiguous,
                 fmt::format("more than one operator named {}", text));
  }
  if (rows.empty()) return missing;
  return oid_of(*rows[0]);
}

std::string type_list(std::span<const Oid> types) {
  std::string text;
  for (const Oid type : types) text += (text.empty() ? "" : ",") + type_text(type);
  return text;
}

/// The name of a function, with its schema if it would not be found without.
std::string procedure_text(const Catalog& catalog, const std::vector<std::string>& path,
                           Oid object) {
  const std::optional<Procedure> found = find_procedure(catalog, object);
  if (!found.has_value()) return std::to_string(value_of(object));
  const std::vector<Procedure> visible = procedures_of(catalog, path, {found->name});
  if (visible.size() == 1 && visible[0].oid == object) return quoted_name(found->name);
  const Schema* const schema = catalog.find_schema(found->schema);
  return (schema == nullptr ? "" : quoted_name(schema->name) + ".") + quoted_name(found->name);
}

std::string procedure_signature_text(const Catalog& catalog, const std::vector<std::string>& path,
                                     Oid object) {
  const std::optional<Procedure> found = find_procedure(catalog, object);
  if (!found.has_value()) return std::to_string(value_of(object));
  if (find_type_function(object) != nullptr) return found->name;
  std::string prefix;
  const std::vector<Procedure> visible = procedures_of(catalog, path, {found->name});
  const auto is_it = [&](const Procedure& each) { return each.oid == object; };
  if (std::none_of(visible.begin(), visible.end(), is_it)) {
    const Schema* const schema = catalog.find_schema(found->schema);
    if (schema != nullptr) prefix = quoted_name(schema->name) + ".";
  }
  return prefix + quoted_name(found->name) + "(" + type_list(found->arguments) + ")";
}

std::string operator_text(Oid object, bool with_arguments) {
  const Function* const row = find_function(object);
  if (row == nullptr || !row->is(kOperator)) return std::to_string(value_of(object));
  const std::string name(row->name);
  if (with_arguments) {
    const std::string none = row->arguments().size() == 1 ? "NONE," : "";
    return name + "(" + none + type_list(row->arguments()) + ")";
  }
  return (find_operators(row->name).size() == 1 ? "" : "pg_catalog.") + name;
}

constexpr std::pair<std::uint32_t, std::string_view> kCollations[] = {
    {100, "default"}, {950, "C"}, {951, "POSIX"}};

}  // namespace

Result<std::vector<std::string>> split_name(Bytes text) {
  const Error invalid(ErrorCode::NameInvalid, "invalid name syntax");
  std::vector<std::string> parts;
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n')) ++at;
  };
  for (;;) {
    skip_blanks();
    std::string part;
    if (at < text.size() && text[at] == '"') {
      for (++at;; ++at) {
        if (at >= text.size()) return invalid;
        if (text[at] == '"') {
          if (at + 1 >= text.size() || text[at + 1] != '"') break;
          ++at;
        }
        part.push_back(text[at]);
      }
      ++at;
    } else {
      while (at < text.size() && text[at] != '.' && text[at] != ' ' && text[at] != '"') {
        part.push_back(text[at++]);
      }
      part = to_lower(part);
    }
    if (part.empty()) return invalid;
    parts.push_back(std::move(part));
    skip_blanks();
    if (at == text.size()) return parts;
    if (text[at++] != '.') return invalid;
  }
}

Relation find_relation(const Catalog& catalog, Oid oid) {
  if (const Table* const table = catalog.find_table(oid)) return {table, nullptr};
  for (const auto& [number, table] : catalog.tables()) {
    for (const Index& index : table->indexes) {
      if (index.oid == oid) return {table.get(), &index};
    }
  }
  return {};
}

Relation find_relation(const Catalog& catalog, const std::vector<std::string>& path,
                       std::string_view name) {
  for (const std::string& each : whole_path(path)) {
    const Schema* const schema = catalog.find_schema(each);
    if (schema == nullptr) continue;
    if (const Relation found = find_in(catalog, schema->oid, name)) return found;
  }
  return {};
}

bool is_visible(const Catalog& catalog, const std::vector<std::string>& path,
                const Relation& relation) {
  const Relation found = find_relation(catalog, path, relation.name());
  return found.table == relation.table && found.index == relation.index;
}

std::string relation_text(const Catalog& catalog, const std::vector<std::string>& path,
                          const Relation& relation) {
  const Schema* const schema = catalog.find_schema(relation.table->schema);
  const bool hides = schema != nullptr && !is_visible(catalog, path, relation);
  return (hides ? quoted_name(schema->name) + "." : "") + quoted_name(relation.name());
}

const Table* parent_of(const Catalog&, const Table&) { return nullptr; }

Result<Oid> CatalogNames::find(Oid reg_type, Bytes name) const {
  if (reg_type == oid::kRegtype) return find_type_name(name);
  const std::shared_ptr<const Catalog> catalog = source_.catalog();
  if (reg_type == oid::kRegprocedure) {
    return find_signature(*catalog, source_.search_path(), name);
  }
  if (reg_type == oid::kRegoper) return find_operator_name(name, false);
  if (reg_type == oid::kRegoperator) return find_operator_name(name, true);
  LK_TRY(const std::vector<std::string> parts, split_name(name));
  if (reg_type == oid::kRegproc) {
    return find_procedure(*catalog, source_.search_path(), parts, name);
  }
  if (reg_type == oid::kRegclass) {
    Relation found;
    if (parts.size() == 1) {
      found = find_relation(*catalog, source_.search_path(), parts[0]);
    } else {
      const std::string& schema_name = parts[parts.size() - 2];
      const Schema* const schema = catalog->find_schema(schema_name);
      if (schema == nullptr) return missing_schema(schema_name);
      found = find_in(*catalog, schema->oid, parts.back());
    }
    if (found) return found.oid();
    return Error(ErrorCode::TableMissing,
                 fmt::format("relation \"{}\" does not exist", joined(parts)));
  }
  if (parts.size() != 1 && reg_type != oid::kRegcollation) {
    return Error(ErrorCode::NameInvalid, "invalid name syntax");
  }
  if (reg_type == oid::kRegnamespace) {
    const Schema* const schema = catalog->find_schema(parts[0]);
    if (schema != nullptr) return schema->oid;
    return missing_schema(parts[0]);
  }
  if (reg_type == oid::kRegrole) {
    const std::optional<Oid> role = find_role(parts[0], *catalog, source_.user());
    if (role.has_value()) return *role;
    return Error(ErrorCode::ObjectMissing, fmt::format("role \"{}\" does not exist", parts[0]));
  }
  if (reg_type == oid::kRegcollation) {
    for (const auto& [oid, collation] : kCollations) {
      if (collation == parts.back()) return Oid{oid};
    }
    return Error(ErrorCode::ObjectMissing,
                 fmt::format("collation \"{}\" for encoding \"UTF8\" does not exist", name));
  }
  return Error(ErrorCode::ObjectMissing,
               fmt::format("text search {} \"{}\" does not exist",
                           reg_type == oid::kRegconfig ? "configuration" : "dictionary", name));
}

std::string CatalogNames::text(Oid reg_type, Oid object) const {
  const std::string number = std::to_string(value_of(object));
  if (reg_type == oid::kRegtype) {
    return find_type(object) == nullptr ? number : type_text(object);
  }
  if (reg_type == oid::kRegproc) {
    return procedure_text(*source_.catalog(), source_.search_path(), object);
  }
  if (reg_type == oid::kRegprocedure) {
    return procedure_signature_text(*source_.catalog(), source_.search_path(), object);
  }
  if (reg_type == oid::kRegoper) return operator_text(object, false);
  if (reg_type == oid::kRegoperator) return operator_text(object, true);
  if (reg_type == oid::kRegcollation) {
    for (const auto& [oid, collation] : kCollations) {
      if (oid == value_of(object)) return quoted_name(collation);
    }
    return number;
  }
  const std::shared_ptr<const Catalog> catalog = source_.catalog();
  if (reg_type == oid::kRegclass) {
    const Relation relation = find_relation(*catalog, object);
    return relation ? relation_text(*catalog, source_.search_path(), relation) : number;
  }
  if (reg_type == oid::kRegnamespace) {
    const Schema* const schema = catalog->find_schema(object);
    return schema == nullptr ? number : quoted_name(schema->name);
  }
  if (reg_type == oid::kRegrole) {
    const std::string name = role_name(object, *catalog, source_.user());
    return name.empty() ? number : quoted_name(name);
  }
  return number;
}

}  // namespace latchkey::sql::system
