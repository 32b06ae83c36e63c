#include <memory>
#include <optional>

#include "sql/functions/function.h"
#include "sql/functions/numeric_value.h"
#include "sql/types/array.h"

namespace latchkey::sql {

namespace {

// generate_series.

template <typename Integer>
class IntegerSeries final : public RowSource {
 public:
  IntegerSeries(std::int64_t from, std::int64_t to, std::int64_t step)
      : at_(static_cast<Integer>(from)),
        to_(static_cast<Integer>(to)),
        step_(static_cast<Integer>(step)) {}

  bool next(Evaluation& evaluation, std::span<Value> columns) override {
    if (is_done_ || (step_ > 0 ? at_ > to_ : at_ < to_)) return false;
    columns[0] = Value::of_integer(at_);
    is_done_ = __builtin_add_overflow(at_, step_, &at_);
    return true;
  }

 private:
  Integer at_;
  const Integer to_;
  const Integer step_;
  bool is_done_ = false;
};

std::unique_ptr<RowSource> fail_set(const Call& call, const char* message) {
  call.fail(ErrorCode::InvalidArgument, message);
  return nullptr;
}

template <typename Integer>
std::unique_ptr<RowSource> integer_series(const Call& call) {
  const std::int64_t step = call.values.size() > 2 ? call.integer(2) : 1;
  if (step == 0) return fail_set(call, "step size cannot equal zero");
  return std::make_unique<IntegerSeries<Integer>>(call.integer(0), call.integer(1), step);
}

class NumericSeries final : public RowSource {
 public:
  NumericSeries(Numeric from, Numeric to, Numeric step, bool is_rising)
      : at_(std::move(from)), to_(std::move(to)), step_(std::move(step)), is_rising_(is_rising) {}

  bool next(Evaluation& evaluation, std::span<Value> columns) override {
    const auto order = at_.compare(to_);
    if (is_rising_ ? order > 0 : order < 0) return false;
    columns[0] = value_of_numeric(at_, *evaluation.arena);
    Result<Numeric> sum = at_.add(step_);
    if (!sum.has_value()) {
      evaluation.fail(std::move(sum).error());
      return false;
    }
    at_ = *std::move(sum);
    return true;
  }

 private:
  Numeric at_;
  const Numeric to_;
  const Numeric step_;
  const bool is_rising_;
};

std::unique_ptr<RowSource> numeric_series(const Call& call) {
  constexpr const char* kNames[] = {"start", "stop", "step"};
  Numeric numbers[] = {Numeric(), Numeric(), Numeric::from_int64(1)};
  for (std::size_t i = 0; i < call.values.size(); ++i) {
    Result<Numeric> number = numeric_of(call[i]);
    if (!number.has_value()) {
      call.fail(std::move(number).error());
      return nullptr;
    }
    if (number->is_nan() || number->is_infinite()) {
      const std::string what = std::string(kNames[i]) + (i == 2 ? " size" : " value");
      return fail_set(call,
                      (what + " cannot be " + (number->is_nan() ? "NaN" : "infinity")).c_str());
    }
    numbers[i] = *std::move(number);
  }
  const auto direction = numbers[2].compare(Numeric());
  if (direction == 0) return fail_set(call, "step size cannot equal zero");
  return std::make_unique<NumericSeries>(std::move(numbers[0]), std::move(numbers[1]),
                                         std::move(numbers[2]), direction > 0);
}

// Arrays.

class Elements final : public RowSource {
 public:
  explicit Elements(Bytes array) : reader_(array) {}
  bool next(Evaluation& evaluation, std::span<Value> columns) override {
    return reader_.next(columns[0]);
  }

 private:
  ArrayReader reader_;
};

std::unique_ptr<RowSource> unnest(const Call& call) {
  return std::make_unique<Elements>(call.bytes(0));
}

constexpr Function kSetFunctions[] = {
    {"generate_series", takes(oid::kInt4, oid::kInt4).gives(oid::kInt4), kReturnsSet, nullptr,
     "array(SELECT generate_series(2, 4))", "{2,3,4}", integer_series<std::int32_t>},
    {"generate_series", takes(oid::kInt4, oid::kInt4, oid::kInt4).gives(oid::kInt4), kReturnsSet,
     nullptr, "array(SELECT generate_series(9, 2, -3))", "{9,6,3}", integer_series<std::int32_t>},
    {"generate_series", takes(oid::kInt8, oid::kInt8).gives(oid::kInt8), kReturnsSet, nullptr,
     "array(SELECT generate_series(9223372036854775806, 9223372036854775807))",
     "{9223372036854775806,9223372036854775807}", integer_series<std::int64_t>},
    {"generate_series", takes(oid::kInt8, oid::kInt8, oid::kInt8).gives(oid::kInt8), kReturnsSet,
     nullptr, "array(SELECT generate_series(1::bigint, 6, 2))", "{1,3,5}",
     integer_series<std::int64_t>},
    {"generate_series", takes(oid::kNumeric, oid::kNumeric).gives(oid::kNumeric), kReturnsSet,
     nullptr, "array(SELECT generate_series(0.5, 3))", "{0.5,1.5,2.5}", numeric_series},
    {"generate_series", takes(oid::kNumeric, oid::kNumeric, oid::kNumeric).gives(oid::kNumeric),
     kReturnsSet, nullptr, "array(SELECT generate_series(1, 0, -0.4))", "{1,0.6,0.2}",
     numeric_series},
    {"unnest", takes(oid::kAnyArray).gives(oid::kAnyElement), kReturnsSet, nullptr,
     "array(SELECT unnest('{{a,b},{c,NULL}}'::text[]))", "{a,b,c,NULL}", unnest},
};

}  // namespace

std::span<const Function> set_functions() { return kSetFunctions; }

}  // namespace latchkey::sql
