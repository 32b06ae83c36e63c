#include "sql/parse/deparse.h"

#include <algorithm>
#include <set>

#include "sql/parse/enums.h"
#include "sql/parse/keywords.h"

namespace latchkey::sql::parse {

namespace {

Error unsupported(const Node& node) {
  return Error(ErrorCode::NotSupported,
               std::string(node.name) + " is not supported in an expression that is kept")
      .at(node.location + 1);
}

Result<std::string> list_of(std::span<const Node* const> nodes) {
  std::string text;
  for (const Node* const node : nodes) {
    LK_TRY(const std::string each, deparse(*node));
    if (!text.empty()) text += ", ";
    text += each;
  }
  return text;
}

std::string name_of(std::span<const Node* const> names) {
  std::string text;
  for (const std::string& part : texts_of(names)) {
    if (!text.empty()) text += '.';
    text += quoted_name(part);
  }
  return text;
}

std::string type_text_of(const Node& type) {
  std::string text = name_of(type.list("names"));
  std::string modifiers;
  for (const Node* const each : type.list("typmods")) {
    if (const Node* const integer = each->child("ival")) {
      modifiers += (modifiers.empty() ? "" : ",") + std::to_string(integer->number("ival"));
    }
  }
  if (!modifiers.empty()) text += "(" + modifiers + ")";
  for (std::size_t i = 0; i < type.list("array_bounds").size(); ++i) text += "[]";
  return text;
}

std::string constant_text(const Node& node) {
  if (node.flag("isnull")) return "NULL";
  if (const Node* const integer = node.child("ival"))
    return std::to_string(integer->number("ival"));
  if (const Node* const number = node.child("fval")) return std::string(number->text("fval"));
  if (const Node* const flag = node.child("boolval"))
    return flag->flag("boolval") ? "true" : "false";
  if (const Node* const text = node.child("sval")) return quoted_text(text->text("sval"));
  return "NULL";
}

Result<std::string> operator_text(const Node& node) {
  const auto kind = node.as<ExprKind>("kind");
  std::vector<std::string> names = texts_of(node.list("name"));
  std::string op = names.empty() ? "" : names.back();
  std::string left;
  if (const Node* const child = node.child("lexpr")) {
    LK_TRY(left, deparse(*child));
  }
  const Node* const right_node = node.child("rexpr");
  std::string right;
  const bool is_list = right_node != nullptr && right_node->is(NodeKind::List);
  if (is_list) {
    LK_TRY(right, list_of(right_node->list("items")));
  } else if (right_node != nullptr) {
    LK_TRY(right, deparse(*right_node));
  }
  switch (kind) {
    case ExprKind::Op:
    case ExprKind::Like:
    case ExprKind::ILike:
      return left.empty() ? "(" + op + " " + right + ")"
                          : "(" + left + " " + op + " " + right + ")";
    case ExprKind::OpAny:
      return "(" + left + " " + op + " ANY (" + right + "))";
    case ExprKind::OpAll:
      return "(" + left + " " + op + " ALL (" + right + "))";
    case ExprKind::Distinct:
      return "(" + left + " IS DISTINCT FROM " + right + ")";
    case ExprKind::NotDistinct:
      return "(" + left + " IS NOT DISTINCT FROM " + right + ")";
    case ExprKind::NullIf:
      return "NULLIF(" + left + ", " + right + ")";
    case ExprKind::In:
      return "(" + left + (op == "<>" ? " NOT IN (" : " IN (") + right + "))";
    case ExprKind::Between:
    case ExprKind::NotBetween: {
      const auto items = right_node->list("items");
      LK_TRY(const std::string low, deparse(*items[0]));
      LK_TRY(const std::string high, deparse(*items[1]));
      return "(" + left + (kind == ExprKind::Between ? " BETWEEN " : " NOT BETWEEN ") + low +
             " AND " + high + ")";
    }
    default:
      return unsupported(node);
  }
}

Result<std::string> case_text(const Node& node) {
  std::string text = "CASE";
  if (const Node* const arg = node.child("arg")) {
    LK_TRY(const std::string subject, deparse(*arg));
    text += " " + subject;
  }
  for (const Node* const when : node.list("args")) {
    LK_TRY(const std::string condition, deparse(*when->child("expr")));
    LK_TRY(const std::string result, deparse(*when->child("result")));
    text += " WHEN " + condition + " THEN " + result;
  }
  if (const Node* const otherwise = node.child("defresult")) {
    LK_TRY(const std::string result, deparse(*otherwise));
    text += " ELSE " + result;
  }
  return text + " END";
}

std::string value_function_text(const Node& node) {
  constexpr const char* kNames[] = {"",
                                    "CURRENT_DATE",
                                    "CURRENT_TIME",
                                    "CURRENT_TIME",
                                    "CURRENT_TIMESTAMP",
                                    "CURRENT_TIMESTAMP",
                                    "LOCALTIME",
                                    "LOCALTIME",
                                    "LOCALTIMESTAMP",
                                    "LOCALTIMESTAMP",
                                    "CURRENT_ROLE",
                                    "CURRENT_USER",
                                    "USER",
                                    "SESSION_USER",
                                    "CURRENT_CATALOG",
                                    "CURRENT_SCHEMA"};
  const auto op = static_cast<std::size_t>(node.number("op"));
  return op < std::size(kNames) ? kNames[op] : "NULL";
}

}  // namespace

std::string quoted_name(Bytes name) {
  const bool is_plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
                        std::all_of(name.begin(), name.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                        });
  if (is_plain && !is_reserved(name)) return std::string(name);
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text.push_back('"');
    text.push_back(c);
  }
  return text + "\"";
}

std::string quoted_text(Bytes value) {
  std::string text = value.find('\\') == Bytes::npos ? "'" : "E'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text.push_back(c);
    text.push_back(c);
  }
  return text + "'";
}

Result<std::string> deparse(const Node& node) {
  switch (node.kind) {
    case NodeKind::AConst:
      return constant_text(node);
    case NodeKind::ColumnRef:
      return name_of(node.list("fields"));
    case NodeKind::TypeCast: {
      LK_TRY(const std::string arg, deparse(*node.child("arg")));
      return "(" + arg + ")::" + type_text_of(*node.child("type_name"));
    }
    case NodeKind::AExpr:
      return operator_text(node);
    case NodeKind::BoolExpr: {
      const auto kind = node.as<BoolKind>("boolop");
      std::string text;
      for (const Node* const arg : node.list("args")) {
        LK_TRY(const std::string each, deparse(*arg));
        if (kind == BoolKind::Not) return "(NOT " + each + ")";
        if (!text.empty()) text += kind == BoolKind::And ? " AND " : " OR ";
        text += each;
      }
      return "(" + text + ")";
    }
    case NodeKind::FuncCall: {
      LK_TRY(const std::string args, list_of(node.list("args")));
      return name_of(node.list("funcname")) + "(" + (node.flag("agg_star") ? "*" : args) + ")";
    }
    case NodeKind::NullTest: {
      LK_TRY(const std::string arg, deparse(*node.child("arg")));
      const bool is_null = node.as<NullTestKind>("nulltesttype") == NullTestKind::IsNull;
      return "(" + arg + (is_null ? " IS NULL)" : " IS NOT NULL)");
    }
    case NodeKind::BooleanTest: {
      constexpr const char* kTests[] = {"",          "TRUE",    "NOT TRUE",   "FALSE",
                                        "NOT FALSE", "UNKNOWN", "NOT UNKNOWN"};
      LK_TRY(const std::string arg, deparse(*node.child("arg")));
      return "(" + arg + " IS " + kTests[node.number("booltesttype") % 7] + ")";
    }
    case NodeKind::CaseExpr:
      return case_text(node);
    case NodeKind::CoalesceExpr: {
      LK_TRY(const std::string args, list_of(node.list("args")));
      return "COALESCE(" + args + ")";
    }
    case NodeKind::MinMaxExpr: {
      LK_TRY(const std::string args, list_of(node.list("args")));
      const bool greatest = node.as<MinMaxKind>("op") == MinMaxKind::Greatest;
      return (greatest ? "GREATEST(" : "LEAST(") + args + ")";
    }
    case NodeKind::AArrayExpr: {
      LK_TRY(const std::string elements, list_of(node.list("elements")));
      return "ARRAY[" + elements + "]";
    }
    case NodeKind::SQLValueFunction:
      return value_function_text(node);
    case NodeKind::CollateClause:
      return deparse(*node.child("arg"));
    default:
      return unsupported(node);
  }
}

}  // namespace latchkey::sql::parse
