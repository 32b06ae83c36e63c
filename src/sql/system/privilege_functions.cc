#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "sql/exec/context.h"
#include "sql/functions/function.h"
#include "sql/system/object_names.h"
#include "sql/system/roles.h"

// Who may do what. Everybody may do everything as long as there are no users; what is asked about
// must be there all the same.

namespace latchkey::sql {

namespace {

/// One kind of object that privileges are asked for.
struct Kind {
  std::string_view name;        ///< has_<name>_privilege
  Oid reg_type;                 ///< how its name is found; None: it is not looked up
  std::string_view privileges;  ///< between bars
};
constexpr std::string_view kOfTables =
    "|select|insert|update|delete|truncate|references|trigger|rule|";
constexpr auto kKinds = std::to_array<Kind>({
    {"any_column", oid::kRegclass, "|select|insert|update|references|"},
    {"database", Oid::None, "|create|temporary|temp|connect|"},
    {"foreign_data_wrapper", Oid::None, "|usage|"},
    {"function", oid::kRegprocedure, "|execute|"},
    {"language", Oid::None, "|usage|"},
    {"schema", oid::kRegnamespace, "|create|usage|"},
    {"sequence", oid::kRegclass, "|usage|select|update|"},
    {"server", Oid::None, "|usage|"},
    {"table", oid::kRegclass, kOfTables},
    {"tablespace", Oid::None, "|create|"},
    {"type", oid::kRegtype, "|usage|"},
});

/// "SELECT, INSERT WITH GRANT OPTION".
bool are_privileges(Bytes text, std::string_view known) {
  while (true) {
    const std::size_t comma = text.find(',');
    std::string word = to_lower(text.substr(0, comma));
    const auto trim = [&] {
      while (!word.empty() && word.back() == ' ') word.pop_back();
      while (!word.empty() && word.front() == ' ') word.erase(word.begin());
    };
    trim();
    constexpr std::string_view kOption = " with grant option";
    if (word.ends_with(kOption)) word.resize(word.size() - kOption.size());
    if (word.empty() || known.find("|" + word + "|") == std::string_view::npos) return false;
    if (comma == Bytes::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

/// Whether a role of that name or number is there; fails if a name is not.
bool check_role(const Call& call, std::size_t index, Oid type) {
  if (type == oid::kOid) return true;
  const SessionServices& services = call.evaluation.context->services;
  const Bytes name = call.bytes(index);
  const bool is_there =
      name == "public" ||
      system::find_role(name, call.evaluation.context->catalog, services.current_user())
          .has_value();
  if (!is_there) {
    (void)call.fail(ErrorCode::ObjectMissing, fmt::format("role \"{}\" does not exist", name));
  }
  return is_there;
}

/// Whether the object is there; fails if it was named and is not.
bool check_object(const Call& call, std::size_t index, Oid type, Oid reg_type) {
  const ObjectNames* const names = call.settings().objects;
  if (reg_type == Oid::None || names == nullptr) return true;
  if (type == oid::kText) {
    const Result<Oid> found = names->find(reg_type, call.bytes(index));
    if (!found.has_value()) (void)call.fail(found.error());
    return found.has_value();
  }
  if (reg_type != oid::kRegclass) return true;
  const Oid object{static_cast<std::uint32_t>(call.integer(index))};
  return static_cast<bool>(system::find_relation(call.evaluation.context->catalog, object));
}

template <std::size_t kKind>
Value has_privilege(const Call& call) {
  const Kind& kind = kKinds[kKind];
  const std::vector<Oid>& types = call.types.arguments;
  const std::size_t count = call.values.size();
  if (!are_privileges(call.bytes(count - 1), kind.privileges)) {
    return call.fail(ErrorCode::InvalidArgument,
                     fmt::format("unrecognized privilege type: \"{}\"", call.bytes(count - 1)));
  }
  if (count == 3 && !check_role(call, 0, types[0])) return Value::null();
  if (!check_object(call, count - 2, types[count - 2], kind.reg_type)) return Value::null();
  return Value::of_bool(true);
}

Value has_column_privilege(const Call& call) {
  const std::vector<Oid>& types = call.types.arguments;
  const std::size_t count = call.values.size();
  const std::size_t table = count - 3;
  if (table == 1 && !check_role(call, 0, types[0])) return Value::null();
  if (!check_object(call, table, types[table], oid::kRegclass)) return Value::null();
  if (!are_privileges(call.bytes(count - 1), "|select|insert|update|references|")) {
    return call.fail(ErrorCode::InvalidArgument,
                     fmt::format("unrecognized privilege type: \"{}\"", call.bytes(count - 1)));
  }
  return Value::of_bool(true);
}

Value has_role(const Call& call) {
  const std::vector<Oid>& types = call.types.arguments;
  for (std::size_t i = 0; i + 1 < call.values.size(); ++i) {
    if (!check_role(call, i, types[i])) return Value::null();
  }
  return Value::of_bool(true);
}

Value no_row_security(const Call&) { return Value::of_bool(false); }

template <std::size_t kKind>
void add_kind(std::vector<Function>& rows) {
  static const std::string kName = fmt::format("has_{}_privilege", kKinds[kKind].name);
  constexpr Oid kText = oid::kText;
  const auto add = [&](Signature signature) {
    rows.push_back({kName, signature, kStable, &has_privilege<kKind>, {}, {}});
  };
  for (const Oid object : {kText, oid::kOid}) {
    add(takes(object, kText).gives(oid::kBool));
    add(takes(oid::kName, object, kText).gives(oid::kBool));
    add(takes(oid::kOid, object, kText).gives(oid::kBool));
  }
}

template <std::size_t... kIndexes>
void add_kinds(std::vector<Function>& rows, std::index_sequence<kIndexes...>) {
  (add_kind<kIndexes>(rows), ...);
}

}  // namespace

std::span<const Function> privilege_functions() {
  constexpr Oid kText = oid::kText;
  constexpr Oid kOid = oid::kOid;
  constexpr Oid kName = oid::kName;
  static const std::vector<Function> kRows = [] {
    std::vector<Function> rows;
    add_kinds(rows, std::make_index_sequence<kKinds.size()>());
    for (const Oid table : {kText, kOid}) {
      for (const Oid column : {kText, oid::kInt2}) {
        for (const Oid role : {kName, kOid}) {
          rows.push_back({"has_column_privilege",
                          takes(role, table, column, kText).gives(oid::kBool),
                          kStable,
                          &has_column_privilege,
                          {},
                          {}});
        }
        rows.push_back({"has_column_privilege",
                        takes(table, column, kText).gives(oid::kBool),
                        kStable,
                        &has_column_privilege,
                        {},
                        {}});
      }
      rows.push_back({"row_security_active",
                      takes(table).gives(oid::kBool),
                      kStable,
                      &no_row_security,
                      {},
                      {}});
    }
    for (const Oid role : {kName, kOid}) {
      for (const Oid user : {kName, kOid}) {
        rows.push_back({"pg_has_role",
                        takes(user, role, kText).gives(oid::kBool),
                        kStable,
                        &has_role,
                        {},
                        {}});
      }
      rows.push_back(
          {"pg_has_role", takes(role, kText).gives(oid::kBool), kStable, &has_role, {}, {}});
    }
    return rows;
  }();
  return kRows;
}

}  // namespace latchkey::sql
