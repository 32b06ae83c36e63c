#pragma once

#include <array>

#include "base/bytes.h"

namespace latchkey {

/// The names in the patterns of to_char and to_timestamp; the first month is January, the first day
/// Sunday. The short form of each is its first three letters.
inline constexpr std::array<Bytes, 12> kMonthNames = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::array<Bytes, 7> kDayNames = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
inline constexpr std::size_t kShortNameBytes = 3;

/// From December backwards, so that none begins with one that stands before it.
inline constexpr std::array<Bytes, 12> kRomanMonthsFromDecember = {
    "XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"};

}  // namespace latchkey
