#include "sql/types/json_number.h"

#include <algorithm>

#include "base/numeric.h"
#include "sql/types/json.h"

namespace latchkey::sql {

namespace {

// Within these a number without an exponent is within numeric's limits.
constexpr std::size_t kWholeDigitsMax = 131'072;
constexpr std::size_t kFractionDigitsMax = 16'383;

struct Parts {
  bool is_negative = false;
  Bytes whole;
  Bytes fraction;
};

Parts split(Bytes number) {
  Parts parts;
  if (!number.empty() && number.front() == '-') {
    parts.is_negative = true;
    number.remove_prefix(1);
  }
  const std::size_t point = number.find('.');
  parts.whole = number.substr(0, point);
  if (point != Bytes::npos) parts.fraction = number.substr(point + 1);
  return parts;
}

int sign_of(int order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_magnitudes(const Parts& left, const Parts& right) {
  if (left.whole.size() != right.whole.size()) {
    return left.whole.size() < right.whole.size() ? -1 : 1;
  }
  if (const int order = left.whole.compare(right.whole); order != 0) return sign_of(order);
  return sign_of(left.fraction.compare(right.fraction));
}

bool is_zero(Bytes number) { return number.find_first_not_of("-0.") == Bytes::npos; }

}  // namespace

Result<Bytes> normalize_json_number(Bytes token, Arena& scratch) {
  const Parts parts = split(token);
  const bool is_plain = token.find_first_of("eE") == Bytes::npos &&
                        parts.whole.size() <= kWholeDigitsMax &&
                        parts.fraction.size() <= kFractionDigitsMax;
  if (is_plain) return parts.is_negative && is_zero(token) ? token.substr(1) : token;
  LK_TRY(const Numeric number, Numeric::parse(token));
  return scratch.copy(number.text());
}

int compare_json_numbers(Bytes left, Bytes right) {
  const Parts of_left = split(trim_json_number(left));
  const Parts of_right = split(trim_json_number(right));
  if (of_left.is_negative != of_right.is_negative) return of_left.is_negative ? -1 : 1;
  const int order = compare_magnitudes(of_left, of_right);
  return of_left.is_negative ? -order : order;
}

Bytes trim_json_number(Bytes number) {
  if (number.find('.') == Bytes::npos) return number;
  // The point stops the search, so there is always something to find.
  number = number.substr(0, number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.remove_suffix(1);
  return number;
}

}  // namespace latchkey::sql
