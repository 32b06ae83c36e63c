#include "sql/types/user_types.h"

#include <fmt/format.h>

namespace latchkey::sql {

namespace {

thread_local const UserTypes* seen = nullptr;

constexpr std::int16_t kEnumBytes = 4;

}  // namespace

void UserTypes::add(Oid oid, Oid array, const std::string& name, std::vector<Label> labels) {
  auto entry = std::make_shared<Entry>();
  entry->name = name;
  entry->array_name = "_" + name;
  entry->sql_name = name;
  entry->array_sql_name = name + "[]";
  entry->labels = std::move(labels);
  entry->type = {oid,        entry->name, entry->sql_name, array, Oid::None,
                 kEnumBytes, 'E',         false,           'e',   Kept::Number};
  entry->array = {array, entry->array_name, entry->array_sql_name, Oid::None, oid, -1, 'A', false,
                  'b',   Kept::Bytes};
  of_arrays_[value_of(array)] = value_of(oid);
  entries_[value_of(oid)] = std::move(entry);
}

const Type* UserTypes::find(Oid oid) const {
  const auto found = entries_.find(value_of(oid));
  if (found != entries_.end()) return &found->second->type;
  const auto array = of_arrays_.find(value_of(oid));
  return array == of_arrays_.end() ? nullptr : &entries_.at(array->second)->array;
}

const Type* UserTypes::find(std::string_view name) const {
  for (const auto& [oid, entry] : entries_) {
    if (entry->name == name) return &entry->type;
    if (entry->array_name == name) return &entry->array;
  }
  return nullptr;
}

const std::vector<UserTypes::Label>* UserTypes::labels_of(Oid oid) const {
  const auto found = entries_.find(value_of(oid));
  return found == entries_.end() ? nullptr : &found->second->labels;
}

UserTypesScope::UserTypesScope(std::shared_ptr<const UserTypes> types)
    : types_(std::move(types)), before_(seen) {
  seen = types_.get();
}

UserTypesScope::~UserTypesScope() { seen = before_; }

void UserTypesScope::set(std::shared_ptr<const UserTypes> types) {
  if (types == types_) return;
  types_ = std::move(types);
  seen = types_.get();
}

const UserTypes* seen_user_types() { return seen; }

std::string_view enum_label(Oid type, const Value& value) {
  const std::vector<UserTypes::Label>* const labels =
      seen == nullptr ? nullptr : seen->labels_of(type);
  if (labels == nullptr) return {};
  for (const UserTypes::Label& label : *labels) {
    if (label.order == value.number) return label.name;
  }
  return {};
}

Result<Value> enum_value(Oid type, Bytes text) {
  const std::vector<UserTypes::Label>* const labels =
      seen == nullptr ? nullptr : seen->labels_of(type);
  if (labels != nullptr) {
    for (const UserTypes::Label& label : *labels) {
      if (label.name == text) return Value::of_number(label.order);
    }
  }
  return Error(ErrorCode::InvalidText,
               fmt::format("invalid input value for enum {}: \"{}\"", type_text(type), text));
}

}  // namespace latchkey::sql
