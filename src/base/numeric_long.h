#pragma once

#include <cstdint>

#include "base/numeric_decimal.h"

namespace latchkey::decimal {

/// Long multiplication and division of runs of groups, most significant first: what
/// numeric_decimal.cc builds products and quotients from.
///
/// Threads: any.
/// Units:   long runs are worked on in limbs of two groups, below 10^8. A run of an odd number of
///          groups is read as if a zero followed it.

// Products of two groups are below 10^8, so 64 bits hold the sum of more of them than any two
// numbers have.
using Sums = boost::container::small_vector<std::uint64_t, 32>;

/// Adds left[i] * right[k] to sums[i + k + 1], wherever there is such a sum.
/// Requires: both runs and `sums` have groups, and the sums are zero.
void long_multiply(const Decimal::Groups& left, const Decimal::Groups& right, Sums& sums);

/// Fills `quotient` with the leading groups of dividend / divisor, both read as fractions: the
/// first group is the whole part. What is left over is cut.
/// Requires: the first group of the divisor is not 0.
void long_divide(const Decimal::Groups& dividend, const Decimal::Groups& divisor,
                 Decimal::Groups& quotient);

}  // namespace latchkey::decimal
