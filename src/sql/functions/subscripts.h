#pragma once

#include "sql/functions/function.h"

namespace latchkey::sql {

/// Subscripts of arrays, as functions without a name that the binder calls.
///
///   Element        array, subscripts            null where there is nothing
///   Slice          array, lower and upper ..    bounds that were left out are the least and the
///                                               greatest integer
///   SetElement     array, value, subscripts     a changed copy
///   SetSlice       array, values, lower and upper ..
enum class Subscripting : std::uint8_t { Element, Slice, SetElement, SetSlice };
const Function& subscript_function(Subscripting kind);

}  // namespace latchkey::sql
