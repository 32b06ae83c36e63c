#include "sql/catalog/routine.h"

namespace latchkey::sql {

std::vector<const RoutineArgument*> Routine::inputs() const {
  std::vector<const RoutineArgument*> found;
  for (const RoutineArgument& each : arguments) {
    if (each.is_input()) found.push_back(&each);
  }
  return found;
}

std::vector<const RoutineArgument*> Routine::outputs() const {
  std::vector<const RoutineArgument*> found;
  for (const RoutineArgument& each : arguments) {
    if (each.is_output()) found.push_back(&each);
  }
  return found;
}

std::vector<Oid> Routine::input_types() const {
  std::vector<Oid> types;
  for (const RoutineArgument& each : arguments) {
    if (each.is_input()) types.push_back(each.type);
  }
  return types;
}

std::string Routine::signature() const { return signature_of(name, input_types()); }

std::string signature_of(std::string_view name, std::span<const Oid> types) {
  std::string text(name);
  text += '(';
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += ", ";
    text += type_text(types[i]);
  }
  return text + ')';
}

}  // namespace latchkey::sql
