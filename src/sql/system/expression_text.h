#pragma once

#include <memory>
#include <string>

#include "sql/bind/bound.h"
#include "sql/catalog/catalog.h"
#include "sql/functions/function.h"

namespace latchkey::sql::system {

/// How expressions of the catalog are shown: with all parentheses and casts, or with those alone
/// that a reader needs, over several lines.
enum class TextStyle : std::uint8_t { Full, Pretty };

/// A bound expression as PostgreSQL shows it.
std::string expression_text(const bind::Expr& expr, const TextSettings& settings, TextStyle style,
                            const bind::Query* query, const Catalog& catalog);

/// An expression that the catalog keeps as SQL text, over the columns of `table` or none.
/// `as_type`: the type that a constant without one gets, or None.
/// Errors: those of binding.
Result<std::string> stored_text(const std::string& stored, const Table* table, Oid as_type,
                                const Evaluation& evaluation, TextStyle style);

}  // namespace latchkey::sql::system
