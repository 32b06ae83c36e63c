#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/catalog/catalog.h"

namespace latchkey::sql::system {

// Users by name and number. There is no list of users yet: who owns something and who asks are
// users, and the same name always has the same number.

inline constexpr Oid kRoleBootstrap{10};

Oid role_oid(std::string_view name);
std::vector<std::string> role_names(const Catalog& catalog, const std::string& user);
/// Empty if there is none.
std::string role_name(Oid oid, const Catalog& catalog, const std::string& user);
std::optional<Oid> find_role(std::string_view name, const Catalog& catalog,
                             const std::string& user);

}  // namespace latchkey::sql::system
