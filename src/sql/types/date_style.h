#pragma once

#include <string>
#include <string_view>

#include "latchkey/result.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// What the setting DateStyle says.
struct DateSettings {
  DateStyle style = DateStyle::Iso;
  DateOrder order = DateOrder::MonthDayYear;

  /// "SQL, DMY", "german", "iso". What a text leaves open is as in `before`.
  /// Errors: InvalidArgument.
  static Result<DateSettings> parse(std::string_view text, std::string_view before);
  /// "ISO, MDY".
  std::string text() const;
};

/// Of a value of the setting IntervalStyle.
IntervalStyle interval_style_of(std::string_view text);

/// Appends a date, a moment or an interval in a style other than the usual one. False: the usual
/// one is meant.
bool append_in_style(Oid type, const Value& value, const TextSettings& settings, std::string& out);

}  // namespace latchkey::sql
