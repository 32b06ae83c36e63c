#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace latchkey::sql {

/// Numbers of jsonb values as the decimal texts they are kept in: see normalize_json_number.
///
/// Threads: any.

/// Less than, equal to or greater than zero; zeros at the end of a fraction do not count.
int compare_json_numbers(Bytes left, Bytes right);

/// Without the zeros at the end of its fraction, and without the point if nothing is behind it: one
/// text for all that are equal.
Bytes trim_json_number(Bytes number);

}  // namespace latchkey::sql
