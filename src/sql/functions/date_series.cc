#include "base/date_time_arithmetic.h"
#include "sql/functions/date_time_call.h"
#include "sql/functions/families.h"

namespace latchkey::sql {

namespace {

/// generate_series of moments.
template <typename T>
class MomentSeries final : public RowSource {
 public:
  struct Bounds {
    T from;
    T to;
  };
  MomentSeries(Bounds bounds, const Interval& step, std::shared_ptr<const TimeZone> zone)
      : at_(bounds.from),
        to_(bounds.to),
        step_(step),
        is_rising_(interval_order(step) > 0),
        zone_(std::move(zone)) {}

  bool next(Evaluation& evaluation, std::span<Value> columns) override {
    if (is_rising_ ? at_ > to_ : at_ < to_) return false;
    columns[0] = date_time::give(at_, *evaluation.arena);
    const DateTimeResult<T> after = advance();
    if (!after.has_value()) {
      evaluation.fail(after.error().to_error());
      return false;
    }
    at_ = *after;
    return true;
  }

 private:
  DateTimeResult<T> advance() const {
    if constexpr (std::is_same_v<T, TimestampTz>) {
      return add(at_, step_, zone_ == nullptr ? TimeZone::utc() : *zone_);
    } else {
      return add(at_, step_);
    }
  }

  T at_;
  const T to_;
  const Interval step_;
  const bool is_rising_;
  const std::shared_ptr<const TimeZone> zone_;
};

template <typename T>
std::unique_ptr<RowSource> series(const Call& call) {
  const Interval step = argument<Interval>(call, 2);
  if (interval_order(step) == 0) {
    call.fail(ErrorCode::InvalidArgument, "step size cannot equal zero");
    return nullptr;
  }
  using Bounds = typename MomentSeries<T>::Bounds;
  return std::make_unique<MomentSeries<T>>(Bounds{argument<T>(call, 0), argument<T>(call, 1)}, step,
                                           call.settings().zone);
}

}  // namespace

std::span<const Function> date_set_functions() {
  constexpr Oid kTimestamp = oid::kTimestamp;
  constexpr Oid kTimestamptz = oid::kTimestamptz;
  static const Function kRows[] = {
      {"generate_series", takes(kTimestamp, kTimestamp, oid::kInterval).gives(kTimestamp),
       kReturnsSet, nullptr,
       "array(SELECT generate_series(timestamp '2020-01-30', '2020-03-05', '1 month')::date)",
       "{2020-01-30,2020-02-29}", series<Timestamp>},
      {"generate_series", takes(kTimestamptz, kTimestamptz, oid::kInterval).gives(kTimestamptz),
       kReturnsSet | kStable, nullptr,
       "(SELECT count(*) FROM generate_series(now(), now() + interval '1 day', '1 hour'))", "25",
       series<TimestampTz>},
  };
  return kRows;
}

}  // namespace latchkey::sql
