#include <set>

#include "sql/functions/aggregate.h"
#include "sql/system/rows.h"
#include "sql/system/type_functions.h"

// Functions, operators, aggregates, languages.

namespace latchkey::sql::system {

namespace {

constexpr std::int64_t kLanguageInternal = 12;

struct FunctionFacts {
  Oid oid;
  std::string_view name;
  char kind;
  Oid result;
  std::span<const Oid> arguments;
  bool is_strict = true;
  bool returns_set = false;
  char volatility = 'i';
  bool is_variadic = false;
};

void put_function(RowContext& context, const FunctionFacts& facts) {
  std::vector<std::int64_t> arguments;
  for (const Oid type : facts.arguments) arguments.push_back(value_of(type));
  RowMaker& rows = context.rows;
  rows.begin();
  rows.oid("oid", facts.oid).text("proname", facts.name).oid("pronamespace", kSchemaPgCatalog);
  rows.oid("proowner", kRoleBootstrap).number("prolang", kLanguageInternal);
  rows.real("procost", 1).real("prorows", facts.returns_set ? 1000 : 0);
  rows.number("provariadic", facts.is_variadic ? arguments.back() : 0).number("prosupport", 0);
  rows.letter("prokind", facts.kind).flag("prosecdef", false).flag("proleakproof", false);
  rows.flag("proisstrict", facts.is_strict).flag("proretset", facts.returns_set);
  rows.letter("provolatile", facts.volatility).letter("proparallel", 's');
  rows.number("pronargs", static_cast<std::int64_t>(arguments.size())).number("pronargdefaults", 0);
  rows.oid("prorettype", facts.result).numbers("proargtypes", arguments);
  rows.text("prosrc", facts.name);
}

void put_function(RowContext& context, const Function& function) {
  FunctionFacts facts{oid_of(function), function.name, 'f', function.result(),
                      function.arguments()};
  facts.is_strict = !function.is(kTakesNull);
  facts.returns_set = function.is(kReturnsSet);
  facts.volatility = function.is(kVolatile) ? 'v' : function.is(kStable) ? 's' : 'i';
  facts.is_variadic = function.is(kVariadic) && !function.arguments().empty();
  put_function(context, facts);
}

/// What reads and writes types is called by nobody, but clients look at its names.
void put_type_functions(RowContext& context) {
  std::set<std::uint32_t> seen;
  const auto put = [&](const NamedFunction& function, Oid result, Oid argument) {
    if (function.oid == 0 || !context.wants(Oid{function.oid})) return;
    if (!seen.insert(function.oid).second) return;
    put_function(context, {Oid{function.oid}, function.name, 'f', result, {&argument, 1}});
  };
  const auto put_all = [&](const TypeFunctions& functions, Oid type) {
    constexpr Oid kInternal{2281};
    put(functions.input, type, oid::kCstring);
    put(functions.output, oid::kCstring, type);
    put(functions.receive, type, kInternal);
    put(functions.send, oid::kBytea, type);
  };
  for (const Type& type : all_types()) {
    const bool is_shared = type.is_array() && !is_vector(type.oid);
    put_all(functions_of(type), is_shared ? oid::kAnyArray : type.oid);
  }
}

Result<void> fill_proc(RowContext& context) {
  for (const Function* const function : all_functions()) {
    LK_CHECK(context.execution.check_cancelled());
    if (!function->is(kOperator) && context.wants(oid_of(*function))) {
      put_function(context, *function);
    }
  }
  for (const AggregateFunction& aggregate : all_aggregates()) {
    if (!context.wants(oid_of(aggregate))) continue;
    FunctionFacts facts{oid_of(aggregate), aggregate.name, 'a', aggregate.result(),
                        aggregate.signature.all()};
    facts.is_strict = false;
    put_function(context, facts);
  }
  put_type_functions(context);
  return put_routines(context);
}

Result<void> fill_aggregate(RowContext& context) {
  for (const AggregateFunction& aggregate : all_aggregates()) {
    RowMaker& rows = context.rows;
    rows.begin();
    rows.oid("aggfnoid", oid_of(aggregate)).letter("aggkind", 'n').number("aggnumdirectargs", 0);
    rows.zeros({"aggtransfn", "aggfinalfn", "aggcombinefn", "aggserialfn", "aggdeserialfn",
                "aggmtransfn", "aggminvtransfn", "aggmfinalfn"});
    rows.flag("aggfinalextra", false).flag("aggmfinalextra", false);
    rows.letter("aggfinalmodify", 'r').letter("aggmfinalmodify", 'r').number("aggsortop", 0);
    rows.oid("aggtranstype", aggregate.result()).zeros({"aggtransspace", "aggmtranstype"});
    rows.number("aggmtransspace", 0);
  }
  return {};
}

Result<void> fill_operator(RowContext& context) {
  for (const Function* const function : all_functions()) {
    if (!function->is(kOperator) || !context.wants(oid_of(*function))) continue;
    const std::span<const Oid> arguments = function->arguments();
    const bool is_prefix = arguments.size() == 1;
    RowMaker& rows = context.rows;
    rows.begin();
    rows.oid("oid", oid_of(*function)).text("oprname", function->name);
    rows.oid("oprnamespace", kSchemaPgCatalog).oid("oprowner", kRoleBootstrap);
    rows.letter("oprkind", is_prefix ? 'l' : 'b').flag("oprcanmerge", function->name == "=");
    rows.flag("oprcanhash", function->name == "=");
    rows.oid("oprleft", is_prefix ? Oid::None : arguments[0]).oid("oprright", arguments.back());
    rows.oid("oprresult", function->result()).zeros({"oprcom", "oprnegate"});
    rows.zeros({"oprcode", "oprrest", "oprjoin"});
  }
  return {};
}

Result<void> fill_language(RowContext& context) {
  struct Language {
    std::int64_t oid;
    const char* name;
    bool is_trusted;
  };
  for (const Language& each :
       {Language{kLanguageInternal, "internal", false}, Language{13, "c", false},
        Language{14, "sql", true}, Language{13563, "plpgsql", true}}) {
    context.rows.begin();
    context.rows.number("oid", each.oid).text("lanname", each.name);
    context.rows.oid("lanowner", kRoleBootstrap).flag("lanispl", each.oid > 10'000);
    context.rows.flag("lanpltrusted", each.is_trusted);
    context.rows.zeros({"lanplcallfoid", "laninline", "lanvalidator"});
  }
  return {};
}

}  // namespace

std::span<const RowFiller> function_rows() {
  static constexpr RowFiller kRows[] = {
      {1255, "oid", &fill_proc},      // pg_proc
      {2617, "oid", &fill_operator},  // pg_operator
      {2600, "", &fill_aggregate},    // pg_aggregate
      {2612, "", &fill_language},     // pg_language
  };
  return kRows;
}

}  // namespace latchkey::sql::system
