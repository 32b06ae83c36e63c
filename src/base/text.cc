#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/numbers.h"

namespace latchkey {

namespace {

constexpr std::size_t kWordMax = 64;
constexpr auto kSizeMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kKilo = 1024;
constexpr std::array kSizeUnits = {
    Unit{"", 1},
    Unit{"b", 1},
    Unit{"k", 1'000},
    Unit{"m", 1'000'000},
    Unit{"g", 1'000'000'000},
    Unit{"t", 1'000'000'000'000},
    Unit{"kb", kKilo},
    Unit{"mb", kKilo* kKilo},
    Unit{"gb", kKilo* kKilo* kKilo},
    Unit{"tb", kKilo* kKilo* kKilo* kKilo},
    Unit{"kib", kKilo},
    Unit{"mib", kKilo* kKilo},
    Unit{"gib", kKilo* kKilo* kKilo},
    Unit{"tib", kKilo* kKilo* kKilo* kKilo},
};

constexpr std::array kDurationUnits = {
    Unit{"ms", 1},        Unit{"s", 1'000},      Unit{"m", 60'000},
    Unit{"h", 3'600'000}, Unit{"d", 86'400'000}, Unit{"w", 604'800'000},
};

std::optional<std::uint64_t> factor_of(Bytes unit, std::span<const Unit> units) {
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& row) {
    return equals_ignore_case(row.name, unit);
  });
  if (found == units.end()) return std::nullopt;
  return found->factor;
}

/// A number without sign or exponent in front of its unit.
struct Measure {
  Bytes number;
  Bytes unit;
};

Measure split_measure(Bytes text) {
  const std::size_t number_end = std::min(text.find_first_not_of("0123456789."), text.size());
  return {text.substr(0, number_end), text.substr(number_end)};
}

std::optional<std::uint64_t> multiply(Bytes number, std::uint64_t factor) {
  if (const auto whole = parse_uint64(number)) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(*whole, factor, &product) || product > kSizeMax) return std::nullopt;
    return product;
  }
  // A fraction of a byte or of a millisecond means nothing.
  if (factor == 1 || number.empty() || number.front() == '.' || number.back() == '.')
    return std::nullopt;
  const auto fraction = parse_double(number);
  if (!fraction || number.find('.') == Bytes::npos) return std::nullopt;
  const double product = *fraction * static_cast<double>(factor);
  if (product >= static_cast<double>(kSizeMax)) return std::nullopt;
  return static_cast<std::uint64_t>(product);
}

}  // namespace

std::string to_lower(Bytes text) {
  std::string result(text);
  for (char& c : result) c = to_lower(c);
  return result;
}

std::string to_upper(Bytes text) {
  std::string result(text);
  for (char& c : result) c = to_upper(c);
  return result;
}

bool equals_ignore_case(Bytes left, Bytes right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

std::size_t edit_distance(Bytes left, Bytes right) {
  left = left.substr(0, kWordMax);
  right = right.substr(0, kWordMax);
  // Three rows of the table of distances between prefixes: a swap looks two rows back.
  std::array<std::array<std::size_t, kWordMax + 1>, 3> rows{};
  for (std::size_t column = 0; column <= right.size(); ++column) rows[0][column] = column;
  for (std::size_t row = 1; row <= left.size(); ++row) {
    auto& current = rows[row % 3];
    const auto& above = rows[(row - 1) % 3];
    current[0] = row;
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const bool same = left[row - 1] == right[column - 1];
      current[column] = std::min(
          {above[column] + 1, current[column - 1] + 1, above[column - 1] + (same ? 0 : 1)});
      const bool swapped = row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                           left[row - 2] == right[column - 1];
      if (swapped) current[column] = std::min(current[column], rows[(row - 2) % 3][column - 2] + 1);
    }
  }
  return rows[left.size() % 3][right.size()];
}

std::optional<std::string_view> nearest_word(Bytes word,
                                             std::span<const std::string_view> candidates) {
  const std::string wanted = to_lower(word);
  // A third of the letters wrong is still a typing error; more is another word.
  std::size_t distance_max = std::max<std::size_t>(wanted.size() / 3, 1);
  std::optional<std::string_view> nearest;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(wanted, to_lower(Bytes(candidate)));
    if (distance > distance_max || (nearest && distance == distance_max)) continue;
    nearest = candidate;
    distance_max = distance;
  }
  return nearest;
}

std::optional<std::uint64_t> parse_size(Bytes text, std::uint64_t whole) {
  const Measure measure = split_measure(text);
  if (measure.unit == "%") {
    const auto percent = parse_double(measure.number);
    if (whole == 0 || !percent || *percent > 100) return std::nullopt;
    return static_cast<std::uint64_t>(static_cast<double>(whole) * (*percent / 100));
  }
  const auto factor = factor_of(measure.unit, kSizeUnits);
  if (!factor) return std::nullopt;
  return multiply(measure.number, *factor);
}

std::optional<std::int64_t> parse_duration_ms(Bytes text) {
  if (text == "0") return 0;
  const Measure measure = split_measure(text);
  const auto factor = factor_of(measure.unit, kDurationUnits);
  if (!factor) return std::nullopt;
  const auto milliseconds = multiply(measure.number, *factor);
  if (!milliseconds) return std::nullopt;
  return static_cast<std::int64_t>(*milliseconds);
}

std::string escape_for_log(Bytes bytes, std::size_t bytes_max) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string line;
  for (const char c : bytes.substr(0, bytes_max)) {
    if (c == '\\') {
      line += "\\\\";
    } else if (c >= ' ' && c <= '~') {
      line += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      line += "\\x";
      line += kHexDigits[byte >> 4];
      line += kHexDigits[byte & 15];
    }
  }
  if (bytes.size() > bytes_max) {
    line += "...(";
    append_uint64(line, bytes.size() - bytes_max);
    line += " more bytes)";
  }
  return line;
}

}  // namespace latchkey
