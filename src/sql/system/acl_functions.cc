#include <fmt/format.h>

#include <map>

#include "sql/exec/context.h"
#include "sql/functions/function.h"
#include "sql/parse/deparse.h"
#include "sql/system/object_names.h"
#include "sql/system/roles.h"
#include "sql/types/array.h"

// Lists of privileges as PostgreSQL keeps them, and rows out of lists of options.

namespace latchkey::sql {

namespace {

std::string role_text(const Call& call, Oid role) {
  ExecutionContext& context = *call.evaluation.context;
  const std::string name =
      system::role_name(role, context.catalog, context.services.current_user());
  return name.empty() ? std::to_string(value_of(role)) : parse::quoted_name(name);
}

/// What the owner of a kind of object may do, and what everybody may, by the letter of the kind.
struct Defaults {
  char kind;
  std::string_view owner;
  std::string_view everybody;
};
constexpr Defaults kDefaults[] = {
    {'c', "", ""},   {'r', "arwdDxt", ""}, {'s', "rwU", ""}, {'d', "CTc", "Tc"}, {'f', "X", "X"},
    {'l', "U", "U"}, {'L', "rw", ""},      {'n', "UC", ""},  {'t', "C", ""},     {'F', "U", ""},
    {'S', "U", ""},  {'T', "U", "U"},      {'p', "sA", ""},
};

Value default_privileges(const Call& call) {
  const Bytes kind = call.bytes(0);
  const std::string owner = role_text(call, Oid{static_cast<std::uint32_t>(call.integer(1))});
  for (const Defaults& row : kDefaults) {
    if (kind.size() != 1 || kind[0] != row.kind) continue;
    ArrayWriter writer(oid::kAclitem);
    const std::string everybody = fmt::format("={}/{}", row.everybody, owner);
    const std::string own = fmt::format("{0}={1}/{0}", owner, row.owner);
    if (!row.everybody.empty()) writer.add(Value::of_bytes(everybody));
    if (!row.owner.empty()) writer.add(Value::of_bytes(own));
    return writer.finish(call.arena());
  }
  return call.fail(ErrorCode::InvalidArgument,
                   fmt::format("unrecognized object type abbreviation: {}", kind));
}

/// A table and the partitioned tables above it; nothing for what has no part in partitions.
class Ancestors final : public RowSource {
 public:
  explicit Ancestors(std::vector<Oid> tables) : tables_(std::move(tables)) {}
  bool next(Evaluation&, std::span<Value> columns) override {
    if (at_ == tables_.size()) return false;
    columns[0] = Value::of_integer(value_of(tables_[at_++]));
    return true;
  }

 private:
  const std::vector<Oid> tables_;
  std::size_t at_ = 0;
};

std::unique_ptr<RowSource> partition_ancestors(const Call& call) {
  const Catalog& catalog = call.evaluation.context->catalog;
  std::vector<Oid> tables;
  const Table* table = catalog.find_table(Oid{static_cast<std::uint32_t>(call.integer(0))});
  for (; table != nullptr; table = system::parent_of(catalog, *table)) {
    tables.push_back(table->oid);
  }
  if (tables.size() < 2) tables.clear();
  return std::make_unique<Ancestors>(std::move(tables));
}

/// "name=value" texts as two columns.
class Options final : public RowSource {
 public:
  explicit Options(Bytes array) : reader_(array) {}
  bool next(Evaluation&, std::span<Value> columns) override {
    Value element;
    if (!reader_.next(element)) return false;
    const Bytes text = element.is_null ? Bytes() : element.bytes();
    const std::size_t equals = text.find('=');
    columns[0] = Value::of_bytes(text.substr(0, equals));
    columns[1] = equals == Bytes::npos ? Value::null() : Value::of_bytes(text.substr(equals + 1));
    return true;
  }

 private:
  ArrayReader reader_;
};

std::unique_ptr<RowSource> options(const Call& call) {
  return std::make_unique<Options>(call.bytes(0));
}

/// One privilege of a list.
struct Privilege {
  Oid grantor;
  Oid grantee;
  std::string_view name;
  bool is_grantable;
};

class Privileges final : public RowSource {
 public:
  explicit Privileges(std::vector<Privilege> rows) : rows_(std::move(rows)) {}
  bool next(Evaluation&, std::span<Value> columns) override {
    if (at_ == rows_.size()) return false;
    const Privilege& row = rows_[at_++];
    columns[0] = Value::of_integer(value_of(row.grantor));
    columns[1] = Value::of_integer(value_of(row.grantee));
    columns[2] = Value::of_bytes(row.name);
    columns[3] = Value::of_bool(row.is_grantable);
    return true;
  }

 private:
  const std::vector<Privilege> rows_;
  std::size_t at_ = 0;
};

std::string_view privilege_name(char letter) {
  static const std::map<char, std::string_view> kNames = {
      {'a', "INSERT"},   {'r', "SELECT"},      {'w', "UPDATE"},    {'d', "DELETE"},
      {'D', "TRUNCATE"}, {'x', "REFERENCES"},  {'t', "TRIGGER"},   {'X', "EXECUTE"},
      {'U', "USAGE"},    {'C', "CREATE"},      {'T', "TEMPORARY"}, {'c', "CONNECT"},
      {'s', "SET"},      {'A', "ALTER SYSTEM"}};
  const auto found = kNames.find(letter);
  return found == kNames.end() ? std::string_view() : found->second;
}

std::string unquoted(Bytes name) {
  if (name.size() < 2 || name.front() != '"') return std::string(name);
  std::string text;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    text.push_back(name[i]);
    if (name[i] == '"') ++i;
  }
  return text;
}

std::unique_ptr<RowSource> explode(const Call& call) {
  std::vector<Privilege> rows;
  ArrayReader reader(call.bytes(0));
  Value element;
  while (reader.next(element)) {
    if (element.is_null) continue;
    const Bytes text = element.bytes();
    const std::size_t equals = text.find('=');
    const std::size_t slash = text.rfind('/');
    if (equals == Bytes::npos || slash == Bytes::npos || slash < equals) continue;
    const Bytes grantee = text.substr(0, equals);
    const Bytes letters = text.substr(equals + 1, slash - equals - 1);
    const Oid from = system::role_oid(unquoted(text.substr(slash + 1)));
    const Oid to = grantee.empty() ? Oid::None : system::role_oid(unquoted(grantee));
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const std::string_view name = privilege_name(letters[i]);
      const bool is_grantable = i + 1 < letters.size() && letters[i + 1] == '*';
      if (!name.empty()) rows.push_back({from, to, name, is_grantable});
    }
  }
  return std::make_unique<Privileges>(std::move(rows));
}

constexpr OutColumn kOptionColumns[] = {{"option_name", oid::kText}, {"option_value", oid::kText}};
constexpr OutColumn kPrivilegeColumns[] = {{"grantor", oid::kOid},
                                           {"grantee", oid::kOid},
                                           {"privilege_type", oid::kText},
                                           {"is_grantable", oid::kBool}};

}  // namespace

std::span<const Function> acl_functions() {
  static const std::vector<Function> kRows = {
      {"acldefault", takes(oid::kChar, oid::kOid).gives(Oid{1034}), 0, &default_privileges,
       "acldefault('r', 10)", "{latchkey=arwdDxt/latchkey}"},
      {"aclexplode", takes(Oid{1034}).gives(oid::kRecord), kReturnsSet | kStable, nullptr,
       "array(SELECT privilege_type FROM aclexplode('{latchkey=r*w/latchkey}'::aclitem[]))",
       "{SELECT,UPDATE}", &explode, kPrivilegeColumns},
      {"pg_options_to_table", takes(oid::kTextArray).gives(oid::kRecord), kReturnsSet | kStable,
       nullptr, "array(SELECT option_value FROM pg_options_to_table('{a=1,b=2}'))", "{1,2}",
       &options, kOptionColumns},
      {"pg_partition_ancestors", takes(oid::kRegclass).gives(oid::kRegclass), kReturnsSet | kStable,
       nullptr, "array(SELECT pg_partition_ancestors('pg_class'))::text", "{}",
       &partition_ancestors},
  };
  return kRows;
}

}  // namespace latchkey::sql
