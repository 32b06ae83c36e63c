#pragma once

#include "sql/catalog/define_parts.h"

namespace latchkey::sql::definitions {

/// The type of that name; of a kind, 'e' or 'd', or of any for 0.
/// Errors: ObjectMissing, WrongObjectKind.
Result<const UserType*> find_user_type(const QualifiedName& name, char kind,
                                       DefineContext& context);
Result<void> add_domain_check(const parse::Node& constraint, UserType& type,
                              DefineContext& context);
Result<void> check_no_nulls(const UserType& domain, DefineContext& context);
Table domain_row(const UserType& domain);

Result<std::string> create_enum(const parse::Node& statement, DefineContext& context);
Result<std::string> alter_enum(const parse::Node& statement, DefineContext& context);
Result<std::string> alter_domain(const parse::Node& statement, DefineContext& context);
Result<std::string> create_domain(const parse::Node& statement, DefineContext& context);

}  // namespace latchkey::sql::definitions
