#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sql/types/type.h"

namespace latchkey::sql {

/// Enumerations that users made, as types among all others. A value is kept as the place of its
/// label in the type's order, so it compares, hashes and sorts like a number.
///
/// Threads: immutable once made.
class UserTypes {
 public:
  struct Label {
    double order;
    std::string name;
  };
  /// Labels in their order.
  void add(Oid oid, Oid array, const std::string& name, std::vector<Label> labels);

  const Type* find(Oid oid) const;
  const Type* find(std::string_view name) const;
  /// The labels of an enumeration, or null.
  const std::vector<Label>* labels_of(Oid oid) const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::string name;
    std::string array_name;
    std::string sql_name;
    std::string array_sql_name;
    Type type{};
    Type array{};
    std::vector<Label> labels;
  };
  std::map<std::uint32_t, std::shared_ptr<const Entry>> entries_;
  std::map<std::uint32_t, std::uint32_t> of_arrays_;
};

/// The types of users that the thread sees as long as this lives: those of the catalog that its
/// statement runs with. Scopes nest.
///
/// Threads: the one that made it.
class UserTypesScope {
 public:
  explicit UserTypesScope(std::shared_ptr<const UserTypes> types);
  ~UserTypesScope();
  UserTypesScope(const UserTypesScope&) = delete;
  UserTypesScope& operator=(const UserTypesScope&) = delete;
  /// The catalog has changed.
  void set(std::shared_ptr<const UserTypes> types);

 private:
  std::shared_ptr<const UserTypes> types_;
  const UserTypes* const before_;
};

/// What the innermost scope of this thread has, or null.
const UserTypes* seen_user_types();

/// The label of an enumeration's value. Empty if there is none.
std::string_view enum_label(Oid type, const Value& value);
/// Errors: InvalidText.
Result<Value> enum_value(Oid type, Bytes label);

}  // namespace latchkey::sql
