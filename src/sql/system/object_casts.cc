#include "sql/functions/function.h"

// Casts of the types that name objects, and of others that only the system's tables have.

namespace latchkey::sql {

namespace {

constexpr auto kImplicit = CastContext::Implicit;
constexpr auto kAssignment = CastContext::Assignment;
constexpr auto kRelabel = CastMethod::Relabel;

Value number_of_letter(const Call& call) {
  const Bytes text = call.bytes(0);
  return Value::of_integer(text.empty() ? 0 : static_cast<signed char>(text[0]));
}

Value letter_of_number(const Call& call) {
  const std::int64_t number = call.integer(0);
  if (number < -128 || number > 127) {
    return call.fail(ErrorCode::NumberOverflow, "\"char\" out of range");
  }
  const char letter = static_cast<char>(number);
  return call.text(letter == 0 ? Bytes() : Bytes(&letter, 1));
}

std::vector<Cast> make_casts() {
  std::vector<Cast> rows = {
      {oid::kText, oid::kRegclass, kImplicit, CastMethod::ByText, nullptr},
      {oid::kVarchar, oid::kRegclass, kImplicit, CastMethod::ByText, nullptr},
      {oid::kRegproc, oid::kRegprocedure, kImplicit, kRelabel, nullptr},
      {oid::kRegprocedure, oid::kRegproc, kImplicit, kRelabel, nullptr},
      {oid::kRegoper, oid::kRegoperator, kImplicit, kRelabel, nullptr},
      {oid::kRegoperator, oid::kRegoper, kImplicit, kRelabel, nullptr},
      {oid::kInt2Vector, oid::kInt2Array, kImplicit, kRelabel, nullptr},
      {oid::kOidVector, oid::kOidArray, kImplicit, kRelabel, nullptr},
      {oid::kPgNodeTree, oid::kText, kImplicit, kRelabel, nullptr},
      {oid::kChar, oid::kInt4, CastContext::Explicit, CastMethod::Function, &number_of_letter},
      {oid::kInt4, oid::kChar, CastContext::Explicit, CastMethod::Function, &letter_of_number},
      {oid::kXid8, oid::kXid, CastContext::Explicit, kRelabel, nullptr},
  };
  for (const Type& type : all_types()) {
    if (!is_object_name(type.oid)) continue;
    for (const Oid number : {oid::kOid, oid::kInt2, oid::kInt4, oid::kInt8}) {
      rows.push_back({number, type.oid, kImplicit, kRelabel, nullptr});
    }
    rows.push_back({type.oid, oid::kOid, kImplicit, kRelabel, nullptr});
    rows.push_back({type.oid, oid::kInt4, kAssignment, kRelabel, nullptr});
    rows.push_back({type.oid, oid::kInt8, kAssignment, kRelabel, nullptr});
  }
  return rows;
}

}  // namespace

std::span<const Cast> object_casts() {
  static const std::vector<Cast> kRows = make_casts();
  return kRows;
}

}  // namespace latchkey::sql
