#include "sql/functions/function.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/assert.h"
#include "sql/functions/families.h"

namespace latchkey::sql {

namespace {

// The numbers of functions and operators are our own; PostgreSQL's own end below 12,000.
constexpr std::uint32_t kFirstOid = 12'000;

struct Functions {
  std::vector<const Function*> all;
  std::multimap<std::string_view, const Function*> functions;
  std::multimap<std::string_view, const Function*> operators;
  std::unordered_map<const Function*, std::uint32_t> oids;
  std::vector<Cast> casts;
  std::unordered_map<std::uint64_t, std::size_t> casts_by_types;

  static std::uint64_t pair_of(Oid from, Oid to) {
    return (std::uint64_t{value_of(from)} << 32) | value_of(to);
  }

  Functions() {
    for (const auto family :
         {comparison_functions(), number_functions(),          numeric_functions(),
          text_functions(),       session_functions(),         set_functions(),
          date_functions(),       date_arithmetic_functions(), date_part_functions(),
          array_functions(),      binary_functions(),          format_functions(),
          regex_functions(),      sequence_functions(),        enum_functions(),
          json_functions(),       object_functions(),          definition_functions(),
          privilege_functions(),  server_functions(),          acl_functions(),
          date_set_functions(),   number_format_functions(),   trigonometric_functions(),
          cron_functions()}) {
      for (const Function& each : family) {
        oids.emplace(&each, kFirstOid + static_cast<std::uint32_t>(all.size()));
        all.push_back(&each);
        (each.is(kOperator) ? operators : functions).emplace(each.name, &each);
      }
    }
    for (const auto family : {number_casts(), numeric_casts(), text_casts(), date_casts(),
                              json_casts(), object_casts()}) {
      for (const Cast& each : family) {
        const bool is_new =
            casts_by_types.emplace(pair_of(each.from, each.to), casts.size()).second;
        LK_ASSERT(is_new);
        casts.push_back(each);
      }
    }
  }
};

const Functions& table() {
  static const Functions kFunctions;
  return kFunctions;
}

std::vector<const Function*> rows_of(const std::multimap<std::string_view, const Function*>& rows,
                                     std::string_view name) {
  std::vector<const Function*> found;
  const auto [begin, end] = rows.equal_range(name);
  for (auto row = begin; row != end; ++row) found.push_back(row->second);
  return found;
}

}  // namespace

std::vector<const Function*> find_functions(std::string_view name) {
  return rows_of(table().functions, name);
}
std::vector<const Function*> find_operators(std::string_view name) {
  return rows_of(table().operators, name);
}
std::span<const Function* const> all_functions() { return table().all; }

Oid oid_of(const Function& function) {
  const auto found = table().oids.find(&function);
  LK_ASSERT(found != table().oids.end());
  return Oid{found->second};
}

const Function* find_function(Oid oid) {
  const std::uint32_t number = value_of(oid);
  if (number < kFirstOid || number - kFirstOid >= table().all.size()) return nullptr;
  return table().all[number - kFirstOid];
}

const Cast* find_cast(Oid from, Oid to) {
  const auto found = table().casts_by_types.find(Functions::pair_of(from, to));
  return found == table().casts_by_types.end() ? nullptr : &table().casts[found->second];
}

std::span<const Cast> all_casts() { return table().casts; }

}  // namespace latchkey::sql
