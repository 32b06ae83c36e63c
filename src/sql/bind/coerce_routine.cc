#include <algorithm>
#include <deque>

#include "base/assert.h"
#include "sql/bind/coerce.h"

namespace latchkey::sql::bind {

namespace {

/// A routine, seen with as many arguments as it is called with.
struct Shape {
  const Routine* routine = nullptr;
  std::vector<Oid> types;  ///< of the arguments as they are given
  std::vector<int> places;
  bool gathers = false;
  std::size_t default_count = 0;
};

/// How a routine can be called so, or nothing.
std::optional<Shape> shape_of(const Routine& routine, const Coercion::RoutineCallShape& call,
                              std::size_t given, bool gathers) {
  const std::vector<const RoutineArgument*> inputs = routine.inputs();
  const std::size_t count = inputs.size();
  const bool has_variadic = count > 0 && inputs.back()->mode == ArgumentMode::Variadic;
  if (gathers && (!has_variadic || given < count || !call.argument_names.empty())) return {};
  if (call.is_variadic && (gathers || !has_variadic)) return {};
  if (!gathers && given > count) return {};
  Shape shape;
  shape.routine = &routine;
  shape.gathers = gathers;
  const std::size_t positional = given - call.argument_names.size();
  std::vector<bool> is_given(count, false);
  for (std::size_t i = 0; i < positional; ++i) {
    const std::size_t place = std::min(i, count - 1);
    Oid type = inputs[place]->type;
    if (gathers && place + 1 == count) {
      const Type* const array = find_type(type);
      type = array != nullptr && array->is_array() ? array->element
             : type == oid::kAnyArray              ? oid::kAnyElement
                                                   : type;
    }
    shape.places.push_back(static_cast<int>(place));
    shape.types.push_back(type);
    is_given[place] = true;
  }
  for (const std::string& name : call.argument_names) {
    const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const RoutineArgument* each) {
      return each->name == name;
    });
    if (found == inputs.end()) return {};
    const auto place = static_cast<std::size_t>(found - inputs.begin());
    if (is_given[place]) return {};
    is_given[place] = true;
    shape.places.push_back(static_cast<int>(place));
    shape.types.push_back((*found)->type);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (is_given[i]) continue;
    if (!inputs[i]->has_default) return {};
    ++shape.default_count;
  }
  return shape;
}

std::string call_text(const Coercion::RoutineCallShape& call, std::span<Expr* const> args) {
  std::string text(call.name);
  text += '(';
  const std::size_t positional = args.size() - call.argument_names.size();
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i > 0) text += ", ";
    if (i >= positional) text += call.argument_names[i - positional] + " => ";
    text += type_text(args[i]->type);
  }
  return text + ')';
}

Error not_found(const Coercion::RoutineCallShape& call, std::span<Expr* const> args,
                bool is_ambiguous) {
  const std::string what = call.wants_procedure ? "procedure" : "function";
  Error error(
      is_ambiguous ? ErrorCode::FunctionAmbiguous : ErrorCode::FunctionMissing,
      what + " " + call_text(call, args) + (is_ambiguous ? " is not unique" : " does not exist"));
  return std::move(error)
      .with_hint(is_ambiguous ? "Could not choose a best candidate " + what +
                                    ". You might need to add explicit type casts."
                              : "No " + what +
                                    " matches the given name and argument types. You might need to "
                                    "add explicit type casts.")
      .at(call.location + 1);
}

}  // namespace

Result<Coercion::RoutineChoice> Coercion::choose_routine(
    const RoutineCallShape& call, std::span<const std::shared_ptr<const Routine>> routines,
    std::span<Expr* const> args) const {
  std::vector<Candidate> candidates;
  if (call.sees_functions && call.argument_names.empty()) {
    for (const Function* const row : find_functions(call.name)) {
      candidates.push_back({row->arguments(), row->is(kVariadic), row});
    }
  }
  const std::size_t function_count = candidates.size();
  std::deque<Shape> shapes;
  bool is_torn = false;
  const auto add = [&](Shape shape) {
    // Of two that look the same here, an earlier schema hides a later one, one that gathers
    // nothing goes before one that does, and so does one that needs fewer defaults.
    for (std::size_t i = 0; i < function_count; ++i) {
      if (!candidates[i].is_variadic && std::ranges::equal(candidates[i].types, shape.types))
        return;
    }
    for (Shape& other : shapes) {
      if (other.types != shape.types) continue;
      if (other.routine->schema != shape.routine->schema || other.routine == shape.routine) return;
      if (other.gathers != shape.gathers) {
        if (other.gathers) other = std::move(shape);
      } else if (other.default_count != shape.default_count) {
        if (other.default_count > shape.default_count) other = std::move(shape);
      } else {
        is_torn = true;
      }
      return;
    }
    shapes.push_back(std::move(shape));
  };
  for (const std::shared_ptr<const Routine>& each : routines) {
    for (const bool gathers : {false, true}) {
      if (auto shape = shape_of(*each, call, args.size(), gathers)) add(std::move(*shape));
    }
  }
  if (is_torn && shapes.size() == 1) return not_found(call, args, true);
  for (const Shape& shape : shapes) candidates.push_back({shape.types, false, &shape});
  bool is_ambiguous = false;
  LK_TRY(const Candidate* const chosen, choose(candidates, args, is_ambiguous));
  if (chosen == nullptr) return not_found(call, args, is_ambiguous);
  RoutineChoice choice;
  if (static_cast<std::size_t>(chosen - candidates.data()) < function_count) {
    choice.function = static_cast<const Function*>(chosen->row);
    return choice;
  }
  const Shape& shape = *static_cast<const Shape*>(chosen->row);
  choice.routine = shape.routine;
  choice.places = shape.places;
  choice.gathers = shape.gathers;
  if (choice.routine->is_procedure() != call.wants_procedure) {
    return Error(ErrorCode::WrongObjectKind,
                 call_text(call, args) +
                     (call.wants_procedure ? " is not a procedure" : " is a procedure"))
        .with_hint(call.wants_procedure ? "To call a function, use SELECT."
                                        : "To call a procedure, use CALL.")
        .at(call.location + 1);
  }
  return choice;
}

}  // namespace latchkey::sql::bind
