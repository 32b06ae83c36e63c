#include <fmt/format.h>

#include "sql/bind/binder.h"

// Types that users made, by the names that statements use.

namespace latchkey::sql::bind {

using parse::Node;

Result<Binder::NamedType> Binder::named_type(const Node& type_name) const {
  const std::vector<std::string> names = parse::texts_of(type_name.list("names"));
  const UserType* found = nullptr;
  if (!names.empty()) {
    std::vector<std::string> schemas = context_.search_path;
    if (names.size() > 1) schemas = {names[names.size() - 2]};
    for (const std::string& each : schemas) {
      const Schema* const schema = context_.catalog->find_schema(each);
      if (schema == nullptr || found != nullptr) continue;
      found = context_.catalog->find_user_type(schema->oid, names.back());
    }
  }
  if (found == nullptr) return type_of(type_name);
  const bool is_array = !type_name.list("array_bounds").empty();
  if (found->kind == 'd') {
    if (is_array) {
      return Error(ErrorCode::NotSupported, "arrays of domains are not supported")
          .at(type_name.location + 1);
    }
    return NamedType{found->base, found->typmod, found->oid};
  }
  return NamedType{is_array ? found->array : found->oid, -1, Oid::None};
}

}  // namespace latchkey::sql::bind
