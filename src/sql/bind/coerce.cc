#include "sql/bind/coerce.h"

#include <algorithm>
#include <deque>

#include "base/assert.h"

namespace latchkey::sql::bind {

namespace {

bool is_polymorphic(Oid type) {
  return type == oid::kAnyElement || type == oid::kAnyArray || type == oid::kAnyNonArray ||
         type == oid::kAnyEnum || type == oid::kAnyCompatible || type == oid::kAnyCompatibleArray;
}

bool is_array(Oid type) {
  const Type* const found = find_type(type);
  return found != nullptr && found->is_array();
}

char category_of(Oid type) {
  const Type* const found = find_type(type);
  return found == nullptr ? 'U' : found->category;
}

bool is_preferred(Oid type) {
  const Type* const found = find_type(type);
  return found != nullptr && found->is_preferred;
}

bool is_string(Oid type) { return category_of(type) == 'S'; }

bool has_modifier(Oid type) {
  if (const Type* const found = find_type(type); found != nullptr && found->is_array()) {
    return has_modifier(found->element);
  }
  return type == oid::kVarchar || type == oid::kBpchar || type == oid::kNumeric ||
         type == oid::kTimestamp || type == oid::kTimestamptz || type == oid::kTime ||
         type == oid::kTimetz || type == oid::kInterval;
}

bool accepts_polymorphic(Oid from, Oid to) {
  if (from == oid::kUnknown) return true;
  if (to == oid::kAnyArray || to == oid::kAnyCompatibleArray) return is_array(from);
  if (to == oid::kAnyNonArray) return !is_array(from);
  if (to == oid::kAnyEnum) return category_of(from) == 'E';
  return true;
}

/// The signature of a variadic function that is called with an array in place of its last
/// arguments.
Signature with_array_last(Signature signature) {
  Oid& last = signature.arguments[signature.argument_count - 1u];
  const Type* const type = find_type(last);
  last = last == oid::kAny || type == nullptr ? oid::kAnyArray : type->array;
  return signature;
}

std::string signature_text(std::string_view name, std::span<Expr* const> args) {
  std::string text(name);
  text += '(';
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i > 0) text += ", ";
    text += type_text(args[i]->type);
  }
  return text + ')';
}

std::string operator_text(std::string_view name, std::span<Expr* const> args) {
  if (args.size() == 1) return std::string(name) + " " + type_text(args[0]->type);
  return type_text(args[0]->type) + " " + std::string(name) + " " + type_text(args[1]->type);
}

}  // namespace

Expr* Coercion::make(ExprKind kind, Oid type, std::int32_t location) {
  Expr& expr = bound_.exprs.emplace_back();
  expr.kind = kind;
  expr.type = type;
  expr.location = location;
  return &expr;
}

Expr* Coercion::constant(Oid type, Value value, std::int32_t location) {
  Expr* const expr = make(ExprKind::Constant, type, location);
  expr->constant = value;
  return expr;
}

bool Coercion::can_coerce(Oid from, Oid to, CastContext context) const {
  if (from == to || from == oid::kUnknown || to == oid::kAny) return true;
  if (is_polymorphic(to)) return accepts_polymorphic(from, to);
  if (const Cast* const cast = find_cast(from, to); cast != nullptr)
    return cast->context >= context;
  if (is_array(from) && is_array(to)) {
    return can_coerce(find_type(from)->element, find_type(to)->element, context);
  }
  // Everything has a text, and texts may be read as anything when that is asked for.
  if (is_string(to)) return context <= CastContext::Assignment && !is_string(from);
  return is_string(from) && context == CastContext::Explicit;
}

Result<Expr*> Coercion::read_constant(Expr* expr, Oid to, std::int32_t typmod) {
  if (expr->constant.is_null) return constant(to, Value::null(), expr->location);
  // What a number in an interval counts depends on its fields.
  if (to != oid::kInterval) typmod = -1;
  Result<Value> value = parse_text(to, typmod, expr->constant.bytes(), settings_, bound_.arena);
  if (!value.has_value()) return std::move(value).error().at(expr->location + 1);
  return constant(to, *value, expr->location);
}

Result<Expr*> Coercion::fit(Expr* expr, std::int32_t typmod, CastContext context) {
  if (typmod < 0 || expr->typmod == typmod || !has_modifier(expr->type)) return expr;
  Expr* const fitted = make(ExprKind::Fit, expr->type, expr->location);
  fitted->args = {expr};
  fitted->typmod = typmod;
  fitted->is_explicit = context == CastContext::Explicit;
  return fitted;
}

Result<Expr*> Coercion::coerce(Expr* expr, Oid to, std::int32_t typmod, CastContext context) {
  const Oid from = expr->type;
  if (from == oid::kUnknown && expr->kind == ExprKind::Constant && !is_polymorphic(to) &&
      to != oid::kAny) {
    LK_TRY(Expr* const read, read_constant(expr, to, typmod));
    return read->constant.is_null ? read : fit(read, typmod, context);
  }
  if (from == oid::kUnknown && expr->kind == ExprKind::Parameter) {
    Oid& known = bound_.parameter_types[static_cast<std::size_t>(expr->index)];
    if (known == Oid::None || known == oid::kUnknown) known = to;
    expr->type = known;
    return known == to ? fit(expr, typmod, context) : coerce(expr, to, typmod, context);
  }
  if (from == to || to == oid::kAny || is_polymorphic(to)) return fit(expr, typmod, context);
  if (!can_coerce(from, to, context)) {
    return Error(ErrorCode::CannotCast,
                 "cannot cast type " + type_text(from) + " to " + type_text(to))
        .at(expr->location + 1);
  }
  const Cast* const cast = find_cast(from, to);
  Expr* changed = nullptr;
  if (cast != nullptr && cast->method == CastMethod::Function) {
    changed = make(ExprKind::Call, to, expr->location);
    static const std::string_view kName = "cast";
    auto& row = *new (bound_.arena.allocate(sizeof(Function))) Function{};
    row.name = kName;
    row.signature = takes(from).gives(to);
    row.body = cast->body;
    changed->function = &row;
    changed->types.arguments = {from};
    changed->types.result = to;
  } else if (cast != nullptr && cast->method == CastMethod::Relabel) {
    changed = make(ExprKind::Relabel, to, expr->location);
  } else {
    changed = make(ExprKind::ByText, to, expr->location);
    changed->typmod = is_array(to) ? typmod : -1;
  }
  changed->args = {expr};
  return fit(changed, typmod, context);
}

Result<Expr*> Coercion::coerce_to_column(Expr* expr, const Column& column) {
  if (!can_coerce(expr->type, column.type, CastContext::Assignment)) {
    return Error(ErrorCode::TypeMismatch, "column \"" + column.name + "\" is of type " +
                                              type_text(column.type) +
                                              " but expression is of type " + type_text(expr->type))
        .with_hint("You will need to rewrite or cast the expression.")
        .at(expr->location + 1);
  }
  return coerce(expr, column.type, column.typmod, CastContext::Assignment);
}

Result<Expr*> Coercion::coerce_to_bool(Expr* expr, std::string_view place) {
  if (!can_coerce(expr->type, oid::kBool, CastContext::Implicit)) {
    return Error(ErrorCode::TypeMismatch, "argument of " + std::string(place) +
                                              " must be type boolean, not type " +
                                              type_text(expr->type))
        .at(expr->location + 1);
  }
  return coerce(expr, oid::kBool, -1, CastContext::Implicit);
}

Result<Oid> Coercion::common_type(std::span<Expr* const> exprs, std::string_view place) const {
  Oid chosen = oid::kUnknown;
  for (const Expr* const expr : exprs) {
    const Oid type = expr->type;
    if (type == oid::kUnknown || type == chosen) continue;
    if (chosen == oid::kUnknown) {
      chosen = type;
    } else if (category_of(type) != category_of(chosen)) {
      return Error(ErrorCode::TypeMismatch, std::string(place) + " types " + type_text(chosen) +
                                                " and " + type_text(type) + " cannot be matched")
          .at(expr->location + 1);
    } else if (!is_preferred(chosen) && can_coerce(chosen, type, CastContext::Implicit) &&
               !can_coerce(type, chosen, CastContext::Implicit)) {
      chosen = type;
    }
  }
  return chosen == oid::kUnknown ? oid::kText : chosen;
}

// PostgreSQL's steps: an exact match; those that implicit casts can reach; of them those with most
// exact matches, then with most preferred types; for arguments of unknown type the category that
// the candidates agree on.
Result<const Coercion::Candidate*> Coercion::choose(std::span<const Candidate> all,
                                                    std::span<Expr* const> args,
                                                    bool& is_ambiguous) const {
  is_ambiguous = false;
  const auto type_at = [](const Candidate& candidate, std::size_t i) {
    const auto types = candidate.types;
    return i < types.size() ? types[i] : types.back();
  };
  const auto fits_count = [&](const Candidate& candidate) {
    const std::size_t count = candidate.types.size();
    return candidate.is_variadic ? args.size() >= count : args.size() == count;
  };
  std::vector<const Candidate*> left;
  for (const Candidate& candidate : all) {
    if (!fits_count(candidate)) continue;
    bool exact = !candidate.is_variadic;
    bool possible = true;
    for (std::size_t i = 0; i < args.size() && possible; ++i) {
      const Oid wanted = type_at(candidate, i);
      exact = exact && wanted == args[i]->type;
      possible = can_coerce(args[i]->type, wanted, CastContext::Implicit);
    }
    if (possible && exact) return &candidate;
    if (possible && meaning_of(candidate.types, args).has_value()) left.push_back(&candidate);
  }
  // An operator with one side unknown is first taken for one with both sides alike.
  if (args.size() == 2 && left.size() > 1) {
    const bool one_unknown = (args[0]->type == oid::kUnknown) != (args[1]->type == oid::kUnknown);
    if (one_unknown) {
      const Oid known = args[0]->type == oid::kUnknown ? args[1]->type : args[0]->type;
      for (const Candidate* const each : left) {
        if (type_at(*each, 0) == known && type_at(*each, 1) == known) return each;
      }
    }
  }
  const auto keep_best = [&](auto&& score) {
    int best = -1;
    std::vector<const Candidate*> kept;
    for (const Candidate* const each : left) {
      const int points = score(*each);
      if (points > best) kept.clear();
      if (points >= best) kept.push_back(each);
      best = std::max(best, points);
    }
    left = std::move(kept);
  };
  if (left.size() > 1) {
    keep_best([&](const Candidate& candidate) {
      int points = candidate.is_variadic ? 0 : 1;
      for (std::size_t i = 0; i < args.size(); ++i) {
        points += type_at(candidate, i) == args[i]->type ? 2 : 0;
      }
      return points;
    });
  }
  if (left.size() > 1) {
    keep_best([&](const Candidate& candidate) {
      int points = 0;
      for (std::size_t i = 0; i < args.size(); ++i) {
        const Oid wanted = type_at(candidate, i);
        const bool same_category = category_of(wanted) == category_of(args[i]->type);
        points += wanted == args[i]->type || (is_preferred(wanted) && same_category) ? 1 : 0;
      }
      return points;
    });
  }
  for (std::size_t i = 0; i < args.size() && left.size() > 1; ++i) {
    if (args[i]->type != oid::kUnknown) continue;
    bool any_string = false;
    for (const Candidate* const each : left)
      any_string = any_string || is_string(type_at(*each, i));
    const char category = any_string ? 'S' : category_of(type_at(*left[0], i));
    const bool agree = std::all_of(left.begin(), left.end(), [&](const Candidate* each) {
      return category_of(type_at(*each, i)) == category;
    });
    if (!any_string && !agree) break;
    std::vector<const Candidate*> kept;
    bool any_preferred = false;
    for (const Candidate* const each : left) {
      if (category_of(type_at(*each, i)) != category) continue;
      any_preferred = any_preferred || is_preferred(type_at(*each, i));
      kept.push_back(each);
    }
    if (any_preferred) {
      std::erase_if(kept, [&](const Candidate* each) { return !is_preferred(type_at(*each, i)); });
    }
    if (!kept.empty()) left = std::move(kept);
  }
  if (left.size() > 1) {
    // Unknown arguments are taken for the type that all known ones have.
    Oid known = oid::kUnknown;
    bool alike = true;
    for (const Expr* const arg : args) {
      if (arg->type == oid::kUnknown) continue;
      alike = alike && (known == oid::kUnknown || known == arg->type);
      known = arg->type;
    }
    if (alike && known != oid::kUnknown) {
      for (const Candidate* const each : left) {
        bool fits = true;
        for (std::size_t i = 0; i < args.size(); ++i) {
          fits = fits && can_coerce(known, type_at(*each, i), CastContext::Implicit);
        }
        if (fits) return each;
      }
    }
  }
  if (left.size() == 1) return left[0];
  is_ambiguous = left.size() > 1;
  return static_cast<const Candidate*>(nullptr);
}

Result<Coercion::Meaning> Coercion::meaning_of(std::span<const Oid> wanted_types,
                                               std::span<Expr* const> args) const {
  Meaning meaning;
  std::deque<Expr> compatible;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const Oid wanted = i < wanted_types.size() ? wanted_types[i] : wanted_types.back();
    const Oid given = args[i]->type;
    if (!is_polymorphic(wanted) || given == oid::kUnknown) continue;
    const bool of_array = wanted == oid::kAnyArray || wanted == oid::kAnyCompatibleArray;
    const Type* const type = find_type(given);
    const Oid found = of_array ? (type == nullptr ? Oid::None : type->element) : given;
    if (wanted == oid::kAnyCompatible || wanted == oid::kAnyCompatibleArray) {
      compatible.emplace_back().type = found;
    } else if (meaning.any == Oid::None) {
      meaning.any = found;
    } else if (meaning.any != found) {
      return Error(ErrorCode::FunctionMissing, "arguments declared alike are not alike");
    }
  }
  std::vector<Expr*> all;
  for (Expr& each : compatible) all.push_back(&each);
  if (!all.empty()) {
    LK_TRY(meaning.compatible, common_type(all, "function argument"));
  }
  meaning.is_any_known = meaning.any != Oid::None;
  if (meaning.any == Oid::None) meaning.any = oid::kText;
  if (meaning.compatible == Oid::None) meaning.compatible = oid::kText;
  return meaning;
}

Result<Oid> Coercion::fit_arguments(std::span<const Oid> wanted_types, Oid result,
                                    std::vector<Expr*>& args, CallTypes& types) {
  const auto wanted_at = [&](std::size_t i) {
    return i < wanted_types.size() ? wanted_types[i] : wanted_types.back();
  };
  LK_TRY(const Meaning meaning, meaning_of(wanted_types, args));
  for (std::size_t i = 0; i < args.size() && !meaning.is_any_known; ++i) {
    const Oid wanted = wanted_at(i);
    const bool is_compatible = wanted == oid::kAnyCompatible || wanted == oid::kAnyCompatibleArray;
    if (!is_polymorphic(wanted) || is_compatible) continue;
    return Error(ErrorCode::TypeMismatch,
                 "could not determine polymorphic type because input has type unknown");
  }
  const auto resolved = [&](Oid type) -> Oid {
    if (type == oid::kAnyCompatible) return meaning.compatible;
    if (type != oid::kAnyArray && type != oid::kAnyCompatibleArray) return meaning.any;
    const Type* const element =
        find_type(type == oid::kAnyArray ? meaning.any : meaning.compatible);
    return element == nullptr ? Oid::None : element->array;
  };
  for (std::size_t i = 0; i < args.size(); ++i) {
    Oid wanted = wanted_at(i);
    if (is_polymorphic(wanted)) {
      wanted = resolved(wanted);
    } else if (wanted == oid::kAny) {
      // A constant may stay of unknown type, a parameter not.
      const bool is_parameter =
          args[i]->type == oid::kUnknown && args[i]->kind == ExprKind::Parameter;
      wanted = is_parameter ? oid::kText : args[i]->type;
    }
    LK_TRY(args[i], coerce(args[i], wanted, -1, CastContext::Implicit));
    types.arguments.push_back(args[i]->type);
  }
  if (is_polymorphic(result)) result = resolved(result);
  types.result = result;
  return result;
}

Result<Expr*> Coercion::finish_call(const Function& function, std::vector<Expr*> args,
                                    std::int32_t location, bool is_variadic) {
  Expr* const call = make(ExprKind::Call, Oid::None, location);
  LK_TRY(call->type, fit_arguments(function.arguments(), function.result(), args, call->types));
  call->types.has_variadic_array = is_variadic;
  call->function = &function;
  call->args = std::move(args);
  return call;
}

Result<Expr*> Coercion::call_function(std::string_view name, std::vector<Expr*> args,
                                      std::int32_t location, bool is_variadic) {
  std::vector<Candidate> candidates;
  std::deque<Signature> with_arrays;
  for (const Function* const row : find_functions(name)) {
    if (!is_variadic) candidates.push_back({row->arguments(), row->is(kVariadic), row});
    if (!is_variadic || !row->is(kVariadic)) continue;
    with_arrays.push_back(with_array_last(row->signature));
    candidates.push_back({with_arrays.back().all(), false, row});
  }
  bool is_ambiguous = false;
  LK_TRY(const Candidate* const chosen, choose(candidates, args, is_ambiguous));
  if (chosen == nullptr) {
    const auto takes_any = [](const Candidate& each) {
      return each.types.back() == oid::kAnyArray;
    };
    if (is_variadic && !is_array(args.back()->type) &&
        std::any_of(candidates.begin(), candidates.end(), takes_any)) {
      return Error(ErrorCode::TypeMismatch, "VARIADIC argument must be an array")
          .at(args.back()->location + 1);
    }
    // A type's name, called with one argument, is a cast.
    const Type* const type = find_type(name);
    if (type != nullptr && args.size() == 1 && !is_ambiguous) {
      return coerce(args[0], type->oid, -1, CastContext::Explicit);
    }
    Error error(is_ambiguous ? ErrorCode::FunctionAmbiguous : ErrorCode::FunctionMissing,
                "function " + signature_text(name, args) +
                    (is_ambiguous ? " is not unique" : " does not exist"));
    return std::move(error)
        .with_hint(is_ambiguous
                       ? "Could not choose a best candidate function. You might need to add "
                         "explicit type casts."
                       : "No function matches the given name and argument types. You might need "
                         "to add explicit type casts.")
        .at(location + 1);
  }
  const Function& function = *static_cast<const Function*>(chosen->row);
  if (!is_variadic) return finish_call(function, std::move(args), location);
  Expr* const call = make(ExprKind::Call, Oid::None, location);
  LK_TRY(call->type, fit_arguments(chosen->types, function.result(), args, call->types));
  call->function = &function;
  call->args = std::move(args);
  call->spreads_last = true;
  return call;
}

Result<Expr*> Coercion::call_operator(std::string_view name, std::vector<Expr*> args,
                                      std::int32_t location) {
  if (name == "!=") name = "<>";
  std::vector<Candidate> candidates;
  for (const Function* const row : find_operators(name)) {
    candidates.push_back({row->signature.all(), false, row});
  }
  // Two that are both unknown are texts.
  bool is_ambiguous = false;
  LK_TRY(const Candidate* const chosen, choose(candidates, args, is_ambiguous));
  if (chosen == nullptr) {
    Error error(is_ambiguous ? ErrorCode::FunctionAmbiguous : ErrorCode::FunctionMissing,
                is_ambiguous ? "operator is not unique: " + operator_text(name, args)
                             : "operator does not exist: " + operator_text(name, args));
    return std::move(error)
        .with_hint(is_ambiguous
                       ? "Could not choose a best candidate operator. You might need to add "
                         "explicit type casts."
                   : args.size() == 1
                       ? "No operator matches the given name and argument type. You might need to "
                         "add an explicit type cast."
                       : "No operator matches the given name and argument types. You might need "
                         "to add explicit type casts.")
        .at(location + 1);
  }
  return finish_call(*static_cast<const Function*>(chosen->row), std::move(args), location);
}

Result<const AggregateFunction*> Coercion::choose_aggregate(std::string_view name,
                                                            std::vector<Expr*>& args,
                                                            CallTypes& types,
                                                            std::int32_t location) {
  const std::vector<const AggregateFunction*> rows = find_aggregates(name);
  if (rows.empty()) return static_cast<const AggregateFunction*>(nullptr);
  std::vector<Candidate> candidates;
  for (const AggregateFunction* const row : rows)
    candidates.push_back({row->signature.all(), false, row});
  bool is_ambiguous = false;
  LK_TRY(const Candidate* const chosen, choose(candidates, args, is_ambiguous));
  if (chosen == nullptr) {
    return Error(is_ambiguous ? ErrorCode::FunctionAmbiguous : ErrorCode::FunctionMissing,
                 "function " + signature_text(name, args) +
                     (is_ambiguous ? " is not unique" : " does not exist"))
        .with_hint(
            "No function matches the given name and argument types. You might need to add "
            "explicit type casts.")
        .at(location + 1);
  }
  const auto* const row = static_cast<const AggregateFunction*>(chosen->row);
  LK_CHECK(fit_arguments(row->signature.all(), row->signature.result, args, types));
  return row;
}

Result<const WindowFunction*> Coercion::choose_window(std::string_view name,
                                                      std::vector<Expr*>& args, CallTypes& types,
                                                      std::int32_t location) {
  std::vector<Candidate> candidates;
  for (const WindowFunction* const row : find_window_functions(name)) {
    candidates.push_back({row->signature.all(), false, row});
  }
  if (candidates.empty()) return static_cast<const WindowFunction*>(nullptr);
  bool is_ambiguous = false;
  LK_TRY(const Candidate* const chosen, choose(candidates, args, is_ambiguous));
  if (chosen == nullptr) {
    return Error(ErrorCode::FunctionMissing,
                 "function " + signature_text(name, args) + " does not exist")
        .with_hint(
            "No function matches the given name and argument types. You might need to add "
            "explicit type casts.")
        .at(location + 1);
  }
  const auto* const row = static_cast<const WindowFunction*>(chosen->row);
  LK_CHECK(fit_arguments(row->signature.all(), row->signature.result, args, types));
  return row;
}

}  // namespace latchkey::sql::bind
