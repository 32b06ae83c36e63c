#include "sql/system/expression_text.h"

#include <fmt/format.h>

#include <string_view>

#include "base/text.h"
#include "sql/bind/binder.h"
#include "sql/bind/coerce.h"
#include "sql/exec/context.h"
#include "sql/parse/deparse.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::system {

namespace {

using bind::Expr;
using bind::ExprKind;

bool is_operator(const Expr& expr) {
  return expr.kind == ExprKind::Call && expr.function->is(kOperator);
}

/// Whether it changes the type of its only argument.
bool is_cast(const Expr& expr) {
  return expr.kind == ExprKind::Relabel || expr.kind == ExprKind::ByText ||
         expr.kind == ExprKind::Fit ||
         (expr.kind == ExprKind::Call && expr.function->name == "cast" && expr.args.size() == 1);
}

bool is_bool(const Expr& expr) {
  return expr.kind == ExprKind::And || expr.kind == ExprKind::Or || expr.kind == ExprKind::Not;
}

bool is_test(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::IsNull:
    case ExprKind::IsNotNull:
    case ExprKind::BoolTest:
    case ExprKind::Distinct:
    case ExprKind::NotDistinct:
    case ExprKind::AnyOf:
    case ExprKind::AllOf:
      return true;
    default:
      return false;
  }
}

std::string keyword_of(const Expr& expr) {
  constexpr std::pair<Oid, std::string_view> kMoments[] = {{oid::kDate, "CURRENT_DATE"},
                                                           {oid::kTimetz, "CURRENT_TIME"},
                                                           {oid::kTimestamptz, "CURRENT_TIMESTAMP"},
                                                           {oid::kTime, "LOCALTIME"},
                                                           {oid::kTimestamp, "LOCALTIMESTAMP"}};
  for (const auto& [type, word] : kMoments) {
    if (type == expr.type) return std::string(word);
  }
  return expr.function->name == "current_database" ? "CURRENT_CATALOG"
                                                   : to_upper(expr.function->name);
}

/// + and - are 1, *, / and % are 2, all others 0.
int strength_of(const Expr& expr) {
  if (!is_operator(expr) || expr.args.size() != 2 || expr.function->name.size() != 1) return 0;
  const char name = expr.function->name[0];
  return name == '+' || name == '-' ? 1 : name == '*' || name == '/' || name == '%' ? 2 : 0;
}

/// Whether what is around it has commas or brackets of its own.
bool encloses(const Expr& parent) {
  switch (parent.kind) {
    case ExprKind::Array:
    case ExprKind::Row:
    case ExprKind::Coalesce:
    case ExprKind::Greatest:
    case ExprKind::Least:
    case ExprKind::NullIf:
    case ExprKind::Case:
    case ExprKind::Element:
      return true;
    case ExprKind::Call:
      return !is_operator(parent) && !is_cast(parent);
    default:
      return false;
  }
}

class Printer {
 public:
  Printer(const TextSettings& settings, TextStyle style, const bind::Query* query,
          const Catalog& catalog)
      : settings_(settings),
        is_pretty_(style == TextStyle::Pretty),
        query_(query),
        catalog_(catalog) {}

  void print(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::Constant:
        return print_constant(expr, true);
      case ExprKind::Column:
        return print_column(expr);
      case ExprKind::And:
      case ExprKind::Or:
        return print_bool(expr);
      case ExprKind::Not:
        open();
        out_ += "NOT ";
        print_inner(*expr.args[0], expr);
        return close();
      case ExprKind::Call:
        if (is_cast(expr)) return print_cast(expr);
        return is_operator(expr) ? print_operator(expr) : print_function(expr);
      case ExprKind::Relabel:
      case ExprKind::ByText:
      case ExprKind::Fit:
        return print_cast(expr);
      case ExprKind::Case:
        return print_case(expr);
      case ExprKind::Coalesce:
        return print_list("COALESCE(", expr.args, ")");
      case ExprKind::Greatest:
        return print_list("GREATEST(", expr.args, ")");
      case ExprKind::Least:
        return print_list("LEAST(", expr.args, ")");
      case ExprKind::NullIf:
        return print_list("NULLIF(", {expr.args.data(), 2}, ")");
      case ExprKind::Array:
        return print_list("ARRAY[", expr.args, "]");
      case ExprKind::Row:
        return print_list("ROW(", expr.args, ")");
      case ExprKind::Element:
        print_inner(*expr.args[0], expr);
        for (std::size_t i = 1; i < expr.args.size(); ++i) {
          out_.push_back('[');
          print(*expr.args[i]);
          out_.push_back(']');
        }
        return;
      case ExprKind::Default:
        out_ += "DEFAULT";
        return;
      default:
        return print_test(expr);
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void open() {
    if (!is_pretty_) out_.push_back('(');
  }
  void close() {
    if (!is_pretty_) out_.push_back(')');
  }

  /// Whether it can stand in its parent without parentheses.
  bool is_simple(const Expr& expr, const Expr& parent) const {
    if (!is_cast(expr) || expr.kind == ExprKind::Call) {
      if (is_operator(expr)) {
        if (is_operator(parent)) return binds_tighter(expr, parent);
        return is_bool(parent) || encloses(parent);
      }
      if (is_test(expr)) return is_bool(parent) || encloses(parent);
      if (is_bool(expr)) {
        if (!is_bool(parent)) return encloses(parent);
        if (parent.kind == ExprKind::Not) return false;
        return expr.kind != ExprKind::Or || parent.kind == ExprKind::Or;
      }
      return true;
    }
    return is_simple(*expr.args[0], expr);
  }

  static bool binds_tighter(const Expr& expr, const Expr& parent) {
    const int own = strength_of(expr);
    const int outer = strength_of(parent);
    if (own == 0 || outer == 0) return false;
    return own > outer || (own == outer && parent.args[0] == &expr);
  }

  void print_inner(const Expr& expr, const Expr& parent) {
    const bool needs = is_pretty_ && !is_simple(expr, parent);
    if (needs) out_.push_back('(');
    print(expr);
    if (needs) out_.push_back(')');
  }

  void print_list(std::string_view begin, std::span<Expr* const> items, std::string_view end) {
    out_ += begin;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ", ";
      print(*items[i]);
    }
    out_ += end;
  }

  void print_constant(const Expr& expr, bool is_labelled) {
    const std::string label = "::" + type_text(expr.type);
    if (expr.constant.is_null) {
      out_ += expr.type == oid::kUnknown || !is_labelled ? "NULL" : "NULL" + label;
      return;
    }
    if (expr.type == oid::kBool) {
      out_ += expr.constant.boolean() ? "true" : "false";
      return;
    }
    std::string text;
    append_text(expr.type, expr.constant, settings_, text);
    const bool begins_plain = !text.empty() && text[0] >= '0' && text[0] <= '9';
    const bool is_plain =
        begins_plain && (expr.type == oid::kInt4 ||
                         (expr.type == oid::kNumeric && text.find('.') != std::string::npos));
    out_ += is_plain ? text : parse::quoted_text(text);
    if (is_labelled && !is_plain && expr.type != oid::kUnknown) out_ += label;
  }

  void print_column(const Expr& expr) {
    const Table* const table =
        expr.origin_table == Oid::None ? nullptr : catalog_.find_table(expr.origin_table);
    const Column* const column = table == nullptr ? nullptr : table->column_of(expr.origin_number);
    if (column != nullptr) {
      out_ += parse::quoted_name(column->name);
    } else if (query_ != nullptr) {
      for (const bind::RangeEntry& entry : query_->entries) {
        const int index = expr.slot - entry.first_slot;
        if (index < 0 || index >= static_cast<int>(entry.names.size())) continue;
        out_ += parse::quoted_name(entry.names[static_cast<std::size_t>(index)]);
      }
    }
  }

  /// IN is kept as many comparisons of the same expression.
  static bool is_in_list(const Expr& expr) {
    const std::string_view name = expr.kind == ExprKind::Or ? "=" : "<>";
    if (expr.args.size() < 2) return false;
    for (const Expr* const each : expr.args) {
      const bool fits = is_operator(*each) && each->function->name == name &&
                        each->args.size() == 2 && each->args[0] == expr.args[0]->args[0];
      if (!fits) return false;
    }
    return true;
  }

  void print_in_list(const Expr& expr) {
    open();
    print_inner(*expr.args[0]->args[0], *expr.args[0]);
    out_ += expr.kind == ExprKind::Or ? " = ANY (ARRAY[" : " <> ALL (ARRAY[";
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      if (i > 0) out_ += ", ";
      print(*expr.args[i]->args[1]);
    }
    out_ += "])";
    close();
  }

  void print_bool(const Expr& expr) {
    if (expr.args.size() == 1) return print(*expr.args[0]);
    if (is_in_list(expr)) return print_in_list(expr);
    open();
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
      if (i > 0) out_ += expr.kind == ExprKind::And ? " AND " : " OR ";
      print_inner(*expr.args[i], expr);
    }
    close();
  }

  void print_operator(const Expr& expr) {
    open();
    if (expr.args.size() == 2) {
      print_inner(*expr.args[0], expr);
      out_.push_back(' ');
    }
    out_ += expr.function->name;
    out_.push_back(' ');
    print_inner(*expr.args.back(), expr);
    close();
  }

  void print_function(const Expr& expr) {
    if (expr.is_reserved) {
      out_ += keyword_of(expr);
      return;
    }
    print_list(parse::quoted_name(expr.function->name) + "(", expr.args, ")");
  }

  void print_cast(const Expr& expr) {
    const Expr* arg = expr.args[0];
    const std::int32_t typmod = expr.kind == ExprKind::Fit ? expr.typmod : -1;
    if (expr.kind == ExprKind::Fit && arg->kind == ExprKind::Call && arg->is_reserved) {
      out_ += fmt::format("{}({})", keyword_of(*arg), typmod);
      return;
    }
    // A cast to a type and one to its length are one cast.
    if (expr.kind == ExprKind::Fit && is_cast(*arg) && arg->type == expr.type) arg = arg->args[0];
    if (arg->kind == ExprKind::Constant && arg->type == expr.type) {
      print_constant(*arg, false);
    } else {
      open();
      print_inner(*arg, expr);
      close();
    }
    out_ += "::" + type_text(expr.type, typmod);
  }

  void new_line(int indent) {
    if (is_pretty_) {
      out_ += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
    } else {
      out_.push_back(' ');
    }
  }

  void print_case(const Expr& expr) {
    constexpr int kIndent = 4;
    out_ += "CASE";
    std::size_t i = 0;
    for (; i + 1 < expr.args.size(); i += 2) {
      new_line(kIndent);
      out_ += "WHEN ";
      print(*expr.args[i]);
      out_ += " THEN ";
      print(*expr.args[i + 1]);
    }
    if (i < expr.args.size() && expr.args[i] != nullptr) {
      new_line(kIndent);
      out_ += "ELSE ";
      print(*expr.args[i]);
    }
    new_line(0);
    out_ += "END";
  }

  void print_test(const Expr& expr) {
    if (expr.args.empty()) return;
    open();
    switch (expr.kind) {
      case ExprKind::IsNull:
      case ExprKind::IsNotNull:
        print_inner(*expr.args[0], expr);
        out_ += expr.kind == ExprKind::IsNull ? " IS NULL" : " IS NOT NULL";
        break;
      case ExprKind::BoolTest:
        print_inner(*expr.args[0], expr);
        out_ += bool_test_text(expr.bool_test);
        break;
      case ExprKind::Distinct:
      case ExprKind::NotDistinct:
        print_inner(*expr.args[0], expr);
        out_ += expr.kind == ExprKind::Distinct ? " IS DISTINCT FROM " : " IS NOT DISTINCT FROM ";
        print_inner(*expr.args[1], expr);
        break;
      case ExprKind::AnyOf:
      case ExprKind::AllOf: {
        const Expr& test = *expr.args[0];
        print_inner(*test.args[0], expr);
        out_ += fmt::format(" {} {} (", test.function->name,
                            expr.kind == ExprKind::AnyOf ? "ANY" : "ALL");
        print(*expr.args[1]);
        out_.push_back(')');
        break;
      }
      default:
        out_ += "?";
        break;
    }
    close();
  }

  static std::string_view bool_test_text(parse::BoolTestKind kind) {
    constexpr std::string_view kTexts[] = {" IS TRUE",      " IS NOT TRUE", " IS FALSE",
                                           " IS NOT FALSE", " IS UNKNOWN",  " IS NOT UNKNOWN"};
    return kTexts[static_cast<std::size_t>(kind) - 1];
  }

  const TextSettings& settings_;
  const bool is_pretty_;
  const bind::Query* const query_;
  const Catalog& catalog_;
  std::string out_;
};

}  // namespace

std::string expression_text(const Expr& expr, const TextSettings& settings, TextStyle style,
                            const bind::Query* query, const Catalog& catalog) {
  Printer printer(settings, style, query, catalog);
  printer.print(expr);
  return printer.take();
}

Result<std::string> stored_text(const std::string& stored, const Table* table, Oid as_type,
                                const Evaluation& evaluation, TextStyle style) {
  ExecutionContext& execution = *evaluation.context;
  bind::BindContext context;
  // Borrowed for as long as this call takes.
  context.catalog =
      std::shared_ptr<const Catalog>(std::shared_ptr<const Catalog>(), &execution.catalog);
  context.search_path = execution.services.search_path();
  context.settings = evaluation.settings;
  LK_TRY(const auto script, parse::parse("SELECT " + stored));
  bind::Binder binder(std::move(context), {});
  LK_TRY(const auto bound,
         binder.bind_expression(*script->statements[0].node->list("target_list")[0]->child("val"),
                                table));
  Expr* expr = bound->query->targets[0].expr;
  if (expr->kind == ExprKind::Constant && expr->type == oid::kUnknown && as_type != Oid::None) {
    bind::Coercion coercion(*bound, *evaluation.settings);
    LK_TRY(expr, coercion.coerce(expr, as_type, -1, CastContext::Assignment));
  }
  return expression_text(*expr, *evaluation.settings, style, bound->query, execution.catalog);
}

}  // namespace latchkey::sql::system
