#include "sql/catalog/define_type.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"
#include "sql/catalog/table_rewrite.h"
#include "sql/exec/evaluate.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::definitions {

using parse::ConstraintKind;
using parse::Node;
using parse::NodeKind;

namespace {

constexpr std::size_t kLabelBytesMax = 63;

QualifiedName name_of_parts(std::span<const Node* const> nodes) {
  const std::vector<std::string> parts = parse::texts_of(nodes);
  QualifiedName name;
  if (!parts.empty()) name.name = parts.back();
  if (parts.size() > 1) name.schema = parts[parts.size() - 2];
  return name;
}

Error type_exists(const std::string& name) {
  return Error(ErrorCode::ObjectDuplicate, fmt::format("type \"{}\" already exists", name));
}

Result<UserType> new_type(const QualifiedName& name, DefineContext& context) {
  UserType type;
  LK_TRY(type.schema, schema_for_name(name.schema, context));
  type.name = name.name;
  type.owner = context.user;
  if (context.change.catalog()->find_user_type(type.schema, name.name) != nullptr ||
      context.change.catalog()->find_table(type.schema, name.name) != nullptr) {
    return type_exists(name.name);
  }
  type.oid = context.change.database().next_oid();
  type.array = context.change.database().next_oid();
  return type;
}

Error bad_label(const std::string& label) {
  return Error(ErrorCode::NameInvalid, fmt::format("invalid enum label \"{}\"", label))
      .with_detail(fmt::format("Labels must be {} bytes or less.", kLabelBytesMax));
}

/// Between two labels; as exact as rows keep it.
double order_between(double low, double high) {
  return static_cast<double>(static_cast<float>((low + high) / 2));
}

Error no_label(const std::string& label) {
  return Error(ErrorCode::InvalidArgument,
               fmt::format("\"{}\" is not an existing enum label", label));
}

}  // namespace

Result<const UserType*> find_user_type(const QualifiedName& name, char kind,
                                       DefineContext& context) {
  const UserType* found = nullptr;
  for (const Oid schema : schemas_of(name, context)) {
    if (found == nullptr) found = context.change.catalog()->find_user_type(schema, name.name);
  }
  if (found == nullptr) {
    return Error(ErrorCode::ObjectMissing, fmt::format("type \"{}\" does not exist", name.name));
  }
  if (kind != 0 && found->kind != kind) {
    return Error(ErrorCode::WrongObjectKind,
                 fmt::format("{} is not {}", name.name, kind == 'e' ? "an enum" : "a domain"));
  }
  return found;
}

Result<std::string> create_enum(const Node& statement, DefineContext& context) {
  LK_TRY(UserType type, new_type(name_of_parts(statement.list("type_name")), context));
  for (const std::string& label : parse::texts_of(statement.list("vals"))) {
    if (label.size() > kLabelBytesMax) return bad_label(label);
    const bool is_twice = std::any_of(type.labels.begin(), type.labels.end(),
                                      [&](const EnumLabel& other) { return other.name == label; });
    if (is_twice) {
      return Error(ErrorCode::UniqueViolation,
                   "duplicate key value violates unique constraint "
                   "\"pg_enum_typid_label_index\"")
          .with_detail(fmt::format("Key (enumtypid, enumlabel)=({}, {}) already exists.",
                                   value_of(type.oid), label));
    }
    type.labels.push_back(
        {context.change.database().next_oid(), label, static_cast<double>(type.labels.size() + 1)});
  }
  LK_CHECK(context.change.put(std::move(type)));
  return std::string("CREATE TYPE");
}

Result<std::string> alter_enum(const Node& statement, DefineContext& context) {
  LK_TRY(const UserType* const found,
         find_user_type(name_of_parts(statement.list("type_name")), 'e', context));
  UserType type = *found;
  const auto at = [&](const std::string& name) {
    return std::find_if(type.labels.begin(), type.labels.end(),
                        [&](const EnumLabel& label) { return label.name == name; });
  };
  const std::string from(statement.text("old_val"));
  const std::string to(statement.text("new_val"));
  if (to.size() > kLabelBytesMax) return bad_label(to);
  const auto same = at(to);
  if (!from.empty()) {
    const auto label = at(from);
    if (label == type.labels.end()) return no_label(from);
    if (same != type.labels.end()) {
      return Error(ErrorCode::ObjectDuplicate, fmt::format("enum label \"{}\" already exists", to));
    }
    label->name = to;
    LK_CHECK(context.change.put(std::move(type)));
    return std::string("ALTER TYPE");
  }
  if (same != type.labels.end()) {
    const std::string message = fmt::format("enum label \"{}\" already exists", to);
    if (!statement.flag("skip_if_new_val_exists")) {
      return Error(ErrorCode::ObjectDuplicate, message);
    }
    context.notice(Error(ErrorCode::ObjectDuplicate, message + ", skipping"));
    return std::string("ALTER TYPE");
  }
  auto place = type.labels.end();
  const std::string neighbor(statement.text("new_val_neighbor"));
  if (!neighbor.empty()) {
    place = at(neighbor);
    if (place == type.labels.end()) return no_label(neighbor);
    if (statement.flag("new_val_is_after")) ++place;
  }
  EnumLabel label{context.change.database().next_oid(), to, 1};
  if (type.labels.empty()) {
    type.labels.push_back(std::move(label));
  } else {
    const bool is_first = place == type.labels.begin();
    const bool is_last = place == type.labels.end();
    if (is_last) {
      label.order = type.labels.back().order + 1;
    } else if (is_first) {
      label.order = place->order - 1;
    } else {
      label.order = order_between((place - 1)->order, place->order);
      if (label.order <= (place - 1)->order || label.order >= place->order) {
        return Error(ErrorCode::LimitExceeded,
                     "too many labels were added at this place of the enumeration");
      }
    }
    type.labels.insert(place, std::move(label));
  }
  LK_CHECK(context.change.put(std::move(type)));
  return std::string("ALTER TYPE");
}

Result<std::string> create_domain(const Node& statement, DefineContext& context) {
  LK_TRY(UserType type, new_type(name_of_parts(statement.list("domainname")), context));
  type.kind = 'd';
  bind::Binder binder(bind_context(context), {});
  LK_TRY(const bind::Binder::NamedType base, binder.named_type(*statement.child("type_name")));
  type.base = base.type;
  type.typmod = base.typmod;
  if (base.domain != Oid::None) {
    return Error(ErrorCode::NotSupported, "domains of domains are not supported");
  }
  for (const Node* const constraint : statement.list("constraints")) {
    switch (constraint->as<ConstraintKind>("contype")) {
      case ConstraintKind::NotNull:
        type.not_null = true;
        break;
      case ConstraintKind::Null:
        break;
      case ConstraintKind::Default: {
        LK_TRY(type.default_text, parse::deparse(*constraint->child("raw_expr")));
        break;
      }
      case ConstraintKind::Check: {
        LK_CHECK(add_domain_check(*constraint, type, context));
        break;
      }
      default:
        return Error(ErrorCode::NotSupported, "this constraint is not possible for domains");
    }
  }
  LK_CHECK(context.change.put(std::move(type)));
  return std::string("CREATE DOMAIN");
}

Result<void> add_domain_check(const Node& constraint, UserType& type, DefineContext& context) {
  CheckConstraint check;
  check.oid = context.change.database().next_oid();
  LK_TRY(check.expression, parse::deparse(*constraint.child("raw_expr")));
  check.name = constraint.text("conname");
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(type.checks.begin(), type.checks.end(),
                       [&](const CheckConstraint& other) { return other.name == name; });
  };
  if (check.name.empty()) {
    const std::string wanted = generated_name(type.name, {}, "check");
    check.name = wanted;
    for (int i = 1; is_taken(check.name); ++i) check.name = wanted + std::to_string(i);
  } else if (is_taken(check.name)) {
    return Error(
        ErrorCode::ObjectDuplicate,
        fmt::format("constraint \"{}\" for domain \"{}\" already exists", check.name, type.name));
  }
  Table row = domain_row(type);
  LK_TRY(const Oid result, type_of_expression(check.expression, &row, context));
  if (result != oid::kBool) {
    return Error(ErrorCode::TypeMismatch,
                 "argument of CHECK must be type boolean, not type " + type_text(result));
  }
  type.checks.push_back(std::move(check));
  return {};
}

/// The one column, called value, that the checks of a domain are over.
Table domain_row(const UserType& domain) {
  Table row;
  row.name = domain.name;
  Column column;
  column.name = "value";
  column.type = domain.base;
  column.typmod = domain.typmod;
  column.number = 1;
  row.columns.push_back(std::move(column));
  return row;
}

namespace {

/// The values that the rows have now must pass the new checks.
Error has_bad_values(const Table& table, const Column& column, const UserType& domain,
                     const std::string& constraint) {
  return Error(ErrorCode::CheckViolation,
               fmt::format("column \"{}\" of table \"{}\" contains values that violate the new "
                           "constraint",
                           column.name, table.name))
      .with([&](ErrorDetails& details) {
        details.data_type = domain.name;
        details.constraint = constraint;
      });
}

Result<void> validate_domain(const UserType& domain, const CheckConstraint& check,
                             DefineContext& context) {
  const Table row = domain_row(domain);
  LK_TRY(const auto script, parse::parse("SELECT " + check.expression));
  bind::Binder binder(bind_context(context), {});
  const Node& node = *script->statements[0].node->list("target_list")[0]->child("val");
  LK_TRY(const auto bound, binder.bind_expression(node, &row));
  const bind::Query& query = *bound->query;
  std::vector<Value> slots(static_cast<std::size_t>(query.slot_count));
  const auto slot = static_cast<std::size_t>(query.entries[0].first_slot);
  for (const auto& [oid, table] : context.change.catalog()->tables()) {
    for (std::size_t i = 0; i < table->columns.size(); ++i) {
      const Column& column = table->columns[i];
      if (column.is_dropped || column.domain != domain.oid || !table->has_rows()) continue;
      const auto look = [&](std::span<Value> values, Evaluation& evaluation) -> Result<void> {
        slots[slot] = values[i];
        evaluation.slots = slots.data();
        const Value fits = exec::evaluate(*query.targets[0].expr, evaluation);
        if (evaluation.failed()) return *std::exchange(evaluation.error, std::nullopt);
        if (fits.is_null || fits.boolean()) return {};
        return has_bad_values(*table, column, domain, check.name);
      };
      LK_CHECK(for_each_row(*table, look, context));
    }
  }
  return {};
}

}  // namespace

Result<std::string> alter_domain(const Node& statement, DefineContext& context) {
  LK_TRY(const UserType* const found,
         find_user_type(name_of_parts(statement.list("type_name")), 'd', context));
  UserType type = *found;
  const Bytes name = statement.text("name");
  const Bytes what = statement.text("subtype");
  switch (what.empty() ? '?' : what[0]) {
    case 'T': {
      const Node* const value = statement.child("def");
      type.default_text.clear();
      if (value != nullptr) {
        LK_TRY(type.default_text, parse::deparse(*value));
      }
      break;
    }
    case 'N':
      type.not_null = false;
      break;
    case 'O':
      type.not_null = true;
      LK_CHECK(check_no_nulls(type, context));
      break;
    case 'C': {
      LK_CHECK(add_domain_check(*statement.child("def"), type, context));
      if (!statement.child("def")->flag("skip_validation")) {
        LK_CHECK(validate_domain(type, type.checks.back(), context));
      }
      break;
    }
    case 'X': {
      const auto has_name = [&](const CheckConstraint& check) { return check.name == name; };
      if (std::erase_if(type.checks, has_name) == 0) {
        LK_CHECK(missing(
            ErrorCode::ObjectMissing,
            fmt::format("constraint \"{}\" of domain \"{}\" does not exist", name, type.name),
            statement.flag("missing_ok"), context));
      }
      break;
    }
    case 'V':
      for (const CheckConstraint& check : type.checks) {
        if (check.name == name) LK_CHECK(validate_domain(type, check, context));
      }
      break;
    default:
      return Error(ErrorCode::NotSupported, "this form of ALTER DOMAIN is not supported");
  }
  LK_CHECK(context.change.put(std::move(type)));
  return std::string("ALTER DOMAIN");
}

Result<void> check_no_nulls(const UserType& domain, DefineContext& context) {
  for (const auto& [oid, table] : context.change.catalog()->tables()) {
    for (std::size_t i = 0; i < table->columns.size(); ++i) {
      const Column& column = table->columns[i];
      if (column.is_dropped || column.domain != domain.oid || !table->has_rows()) continue;
      const auto look = [&](std::span<Value> values, Evaluation&) -> Result<void> {
        if (!values[i].is_null) return {};
        return Error(ErrorCode::NotNullViolation,
                     fmt::format("column \"{}\" of table \"{}\" contains null values", column.name,
                                 table->name));
      };
      LK_CHECK(for_each_row(*table, look, context));
    }
  }
  return {};
}

}  // namespace latchkey::sql::definitions
