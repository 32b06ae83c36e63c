#include <cmath>

#include "sql/exec/context.h"
#include "sql/functions/families.h"
#include "sql/types/array.h"

namespace latchkey::sql {

namespace {

constexpr double kPi = 3.141592653589793238462643383279502884;
constexpr double kRadiansPerDegree = kPi / 180.0;

Value out_of_range(const Call& call) {
  return call.fail(ErrorCode::NumberOverflow, "input is out of range");
}

// Of angles in radians. No angle is infinite.

template <double (*kFunction)(double)>
Value of_angle(const Call& call) {
  if (std::isinf(call.number(0))) return out_of_range(call);
  return Value::of_number(kFunction(call.number(0)));
}
double cotangent(double angle) { return 1.0 / std::tan(angle); }

/// For functions of what lies between -1 and 1.
template <double (*kFunction)(double)>
Value of_ratio(const Call& call) {
  const double ratio = call.number(0);
  if (ratio < -1 || ratio > 1) return out_of_range(call);
  return Value::of_number(kFunction(ratio));
}

template <double (*kFunction)(double)>
Value of_number(const Call& call) {
  return Value::of_number(kFunction(call.number(0)));
}
Value hyperbolic(const Call& call, double (*function)(double)) {
  const double result = function(call.number(0));
  return Value::of_number(result);
}
Value hyperbolic_sine(const Call& call) { return hyperbolic(call, &std::sinh); }
Value hyperbolic_cosine(const Call& call) { return hyperbolic(call, &std::cosh); }
Value inverse_hyperbolic_cosine(const Call& call) {
  if (call.number(0) < 1) return out_of_range(call);
  return Value::of_number(std::acosh(call.number(0)));
}

// Of angles in degrees. The angles that schools teach have exact results: a sine is scaled by what
// the machine makes of 30 degrees, a cosine by what it makes of 60.

/// volatile keeps the compiler from computing these in another precision than the machine.
double sine_of(double degrees) {
  volatile const double radians = degrees * kRadiansPerDegree;
  return std::sin(radians);
}
double one_minus_cosine_of(double degrees) {
  volatile const double radians = degrees * kRadiansPerDegree;
  return 1.0 - std::cos(radians);
}
/// Requires: 0 <= degrees <= 30.
double sine_to_30(double degrees) { return (sine_of(degrees) / sine_of(30.0)) / 2.0; }
/// Requires: 0 <= degrees <= 60.
double cosine_to_60(double degrees) {
  return 1.0 - (one_minus_cosine_of(degrees) / one_minus_cosine_of(60.0)) / 2.0;
}
/// Requires: 0 <= degrees <= 90.
double sine_to_90(double degrees) {
  return degrees <= 30.0 ? sine_to_30(degrees) : cosine_to_60(90.0 - degrees);
}
double cosine_to_90(double degrees) {
  return degrees <= 60.0 ? cosine_to_60(degrees) : sine_to_30(90.0 - degrees);
}

double sine_of_degrees(double degrees) {
  degrees = std::fmod(degrees, 360.0);
  double sign = 1;
  if (degrees < 0) {
    degrees = -degrees;
    sign = -sign;
  }
  if (degrees > 180) {
    degrees = 360 - degrees;
    sign = -sign;
  }
  if (degrees > 90) degrees = 180 - degrees;
  return sign * sine_to_90(degrees);
}
double cosine_of_degrees(double degrees) {
  degrees = std::fabs(std::fmod(degrees, 360.0));
  double sign = 1;
  if (degrees > 180) degrees = 360 - degrees;
  if (degrees > 90) {
    degrees = 180 - degrees;
    sign = -sign;
  }
  return sign * cosine_to_90(degrees);
}
/// The angle in the first quarter whose tangent, but for its sign, is the same.
double folded(double degrees, double& sign) {
  degrees = std::fmod(degrees, 360.0);
  sign = 1;
  if (degrees < 0) {
    degrees = -degrees;
    sign = -sign;
  }
  if (degrees > 180) {
    degrees = 360 - degrees;
    sign = -sign;
  }
  if (degrees > 90) {
    degrees = 180 - degrees;
    sign = -sign;
  }
  return degrees;
}
double tangent_of_degrees(double degrees) {
  double sign = 1;
  const double angle = folded(degrees, sign);
  const double of_45 = sine_to_90(45.0) / cosine_to_90(45.0);
  const double result = sign * ((sine_to_90(angle) / cosine_to_90(angle)) / of_45);
  return result == 0 ? 0 : result;
}
double cotangent_of_degrees(double degrees) {
  double sign = 1;
  const double angle = folded(degrees, sign);
  const double of_45 = cosine_to_90(45.0) / sine_to_90(45.0);
  const double result = sign * ((cosine_to_90(angle) / sine_to_90(angle)) / of_45);
  return result == 0 ? 0 : result;
}

double arc_sine_to_90(double ratio) {
  if (ratio <= 0.5) return (std::asin(ratio) / std::asin(0.5)) * 30.0;
  return 90.0 - (std::acos(ratio) / std::acos(0.5)) * 60.0;
}
double arc_cosine_to_90(double ratio) {
  if (ratio <= 0.5) return 90.0 - (std::asin(ratio) / std::asin(0.5)) * 30.0;
  return (std::acos(ratio) / std::acos(0.5)) * 60.0;
}
double arc_sine_in_degrees(double ratio) {
  return ratio >= 0 ? arc_sine_to_90(ratio) : -arc_sine_to_90(-ratio);
}
double arc_cosine_in_degrees(double ratio) {
  return ratio >= 0 ? arc_cosine_to_90(ratio) : 90.0 + arc_sine_to_90(-ratio);
}
double arc_tangent_in_degrees(double ratio) { return (std::atan(ratio) / std::atan(1.0)) * 45.0; }
Value arc_tangent_2_in_degrees(const Call& call) {
  return Value::of_number((std::atan2(call.number(0), call.number(1)) / std::atan(1.0)) * 45.0);
}

// Buckets.

Value bucket_error(const Call& call, const char* message) {
  return call.fail(Error(ErrorCode::InvalidArgument, message).with([](ErrorDetails& details) {
    details.sqlstate = "2201G";
  }));
}

/// Which of `count` equal parts of a range holds a number.
Value width_bucket(const Call& call) {
  const double value = call.number(0);
  const double first = call.number(1);
  const double last = call.number(2);
  const auto count = static_cast<double>(call.integer(3));
  if (count <= 0) return bucket_error(call, "count must be greater than zero");
  if (std::isnan(value) || std::isnan(first) || std::isnan(last)) {
    return bucket_error(call, "operand, lower bound, and upper bound cannot be NaN");
  }
  if (std::isinf(first) || std::isinf(last)) {
    return bucket_error(call, "lower and upper bounds must be finite");
  }
  if (first == last) return bucket_error(call, "lower bound cannot equal upper bound");
  const bool is_rising = first < last;
  if (is_rising ? value < first : value > first) return Value::of_integer(0);
  if (is_rising ? value >= last : value <= last) {
    if (count >= INT32_MAX) return call.fail(ErrorCode::NumberOverflow, "integer out of range");
    return Value::of_integer(static_cast<std::int64_t>(count) + 1);
  }
  const double part =
      is_rising ? (value - first) / (last - first) : (first - value) / (first - last);
  return Value::of_integer(
      std::min(static_cast<std::int64_t>(count * part), static_cast<std::int64_t>(count) - 1) + 1);
}

/// How many of the thresholds, which ascend, are not above the value.
Value width_bucket_of_thresholds(const Call& call) {
  ArrayReader reader(call.bytes(1));
  if (reader.dimension_count() > 1) {
    return call.fail(ErrorCode::SubscriptInvalid, "thresholds must be one-dimensional array");
  }
  if (reader.has_nulls()) {
    return call.fail(ErrorCode::NullNotAllowed, "thresholds array must not contain NULLs");
  }
  std::int64_t bucket = 0;
  Value threshold;
  while (reader.next(threshold) && compare(reader.element_type(), threshold, call[0]) <= 0) {
    ++bucket;
  }
  return Value::of_integer(bucket);
}

// Chance.

Value random_fraction(const Call& call) {
  return Value::of_number(call.evaluation.context->services.random_fraction());
}
Value set_seed(const Call& call) {
  const double seed = call.number(0);
  if (!(seed >= -1 && seed <= 1)) {
    std::string shown;
    append_text(oid::kFloat8, call[0], call.settings(), shown);
    return call.fail(ErrorCode::InvalidArgument,
                     "setseed parameter " + shown + " is out of allowed range [-1,1]");
  }
  call.evaluation.context->services.seed_random(seed);
  return Value::of_integer(0);
}

std::vector<Function> make_rows() {
  constexpr Oid kFloat8 = oid::kFloat8;
  const Signature one = takes(kFloat8).gives(kFloat8);
  const Signature two = takes(kFloat8, kFloat8).gives(kFloat8);
  return {
      {"acos", one, 0, &of_ratio<std::acos>, "acos(1)", "0"},
      {"acosd", one, 0, &of_ratio<arc_cosine_in_degrees>, "acosd(0.5)", "60"},
      {"acosh", one, 0, &inverse_hyperbolic_cosine, "acosh(1)", "0"},
      {"asin", one, 0, &of_ratio<std::asin>, "asin(0)", "0"},
      {"asind", one, 0, &of_ratio<arc_sine_in_degrees>, "asind(0.5)", "30"},
      {"asinh", one, 0, &of_number<std::asinh>, "asinh(0)", "0"},
      {"atan2d", two, 0, &arc_tangent_2_in_degrees, "atan2d(1, 0)", "90"},
      {"atand", one, 0, &of_number<arc_tangent_in_degrees>, "atand(1)", "45"},
      {"atanh", one, 0, &of_ratio<std::atanh>, "atanh(0)", "0"},
      {"cos", one, 0, &of_angle<std::cos>, "cos(0)", "1"},
      {"cosd", one, 0, &of_angle<cosine_of_degrees>, "cosd(60)", "0.5"},
      {"cosh", one, 0, &hyperbolic_cosine, "cosh(0)", "1"},
      {"cot", one, 0, &of_angle<cotangent>, "cot(1) > 0", "t"},
      {"cotd", one, 0, &of_angle<cotangent_of_degrees>, "cotd(45)", "1"},
      {"random", takes().gives(kFloat8), kVolatile, &random_fraction, "random() < 1", "t"},
      {"setseed", takes(kFloat8).gives(oid::kVoid), kVolatile, &set_seed, "setseed(0.5)", ""},
      {"sin", one, 0, &of_angle<std::sin>, "sin(0)", "0"},
      {"sind", one, 0, &of_angle<sine_of_degrees>, "sind(30)", "0.5"},
      {"sinh", one, 0, &hyperbolic_sine, "sinh(0)", "0"},
      {"tan", one, 0, &of_angle<std::tan>, "tan(0)", "0"},
      {"tand", one, 0, &of_angle<tangent_of_degrees>, "tand(45)", "1"},
      {"tanh", one, 0, &of_number<std::tanh>, "tanh(0)", "0"},
      {"width_bucket", takes(kFloat8, kFloat8, kFloat8, oid::kInt4).gives(oid::kInt4), 0,
       &width_bucket, "width_bucket(5.35::float8, 0.024, 10.06, 5)", "3"},
      {"width_bucket", takes(oid::kAnyCompatible, oid::kAnyCompatibleArray).gives(oid::kInt4), 0,
       &width_bucket_of_thresholds, "width_bucket(5, array[1, 3, 8])", "2"},
  };
}

}  // namespace

std::span<const Function> trigonometric_functions() {
  static const std::vector<Function> kRows = make_rows();
  return kRows;
}

}  // namespace latchkey::sql
