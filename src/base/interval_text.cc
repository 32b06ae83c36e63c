#include "base/interval_text.h"

#include <limits>

#include "base/calendar.h"
#include "base/date_time_fields.h"
#include "base/date_time_text.h"
#include "base/date_time_values.h"
#include "base/date_time_words.h"
#include "base/interval_builder.h"
#include "base/interval_iso8601.h"
#include "base/numbers.h"

namespace latchkey {

namespace {

/// What the last number counts if no unit follows it.
TimeUnit unit_of(IntervalFields fields) {
  switch (fields) {
    case IntervalFields::Year:
      return TimeUnit::Year;
    case IntervalFields::Month:
    case IntervalFields::YearToMonth:
      return TimeUnit::Month;
    case IntervalFields::Day:
      return TimeUnit::Day;
    case IntervalFields::Hour:
    case IntervalFields::DayToHour:
      return TimeUnit::Hour;
    case IntervalFields::Minute:
    case IntervalFields::DayToMinute:
    case IntervalFields::HourToMinute:
      return TimeUnit::Minute;
    default:
      return TimeUnit::Second;
  }
}

/// The bit by which a unit is told; 0 if no interval is counted in it.
FieldSet bit_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::Microsecond:
      return field::kMicrosecond;
    case TimeUnit::Millisecond:
      return field::kMillisecond;
    case TimeUnit::Second:
      return field::kSecond;
    case TimeUnit::Minute:
      return field::kMinute;
    case TimeUnit::Hour:
      return field::kHour;
    case TimeUnit::Day:
      return field::kDay;
    case TimeUnit::Week:
      return field::kWeek;
    case TimeUnit::Month:
      return field::kMonth;
    case TimeUnit::Year:
      return field::kYear;
    case TimeUnit::Decade:
      return field::kDecade;
    case TimeUnit::Century:
      return field::kCentury;
    case TimeUnit::Millennium:
      return field::kMillennium;
    default:
      return 0;
  }
}

/// Reads the fields from the last to the first, so that a unit is known before its number.
class IntervalDecoder {
 public:
  IntervalDecoder(const FieldList& fields, IntervalFields restricted_to)
      : fields_(fields), restricted_to_(restricted_to) {}

  DecodeOutcome run() {
    for (std::size_t index = fields_.size(); index-- > 0;) {
      found_ = 0;
      const DecodeOutcome outcome = decode_field(fields_[index]);
      if (outcome != DecodeOutcome::Fine) return outcome;
      if ((known_ & found_) != 0) return DecodeOutcome::BadFormat;
      known_ |= found_;
    }
    if (known_ == 0) return DecodeOutcome::BadFormat;
    if (is_ago_ && !builder_.negate()) return DecodeOutcome::FieldOutOfRange;
    return DecodeOutcome::Fine;
  }

  const IntervalBuilder& builder() const { return builder_; }

 private:
  /// What the next number counts.
  enum class Counting : std::uint8_t { NothingYet, Unit, Nothing };

  void count(TimeUnit unit) {
    counting_ = Counting::Unit;
    unit_ = unit;
  }

  DecodeOutcome decode_field(const Field& field) {
    switch (field.kind) {
      case FieldKind::Time:
        return decode_time(field.text);
      case FieldKind::Signed:
        if (field.text.find(':') != Bytes::npos) {
          const DecodeOutcome outcome = decode_time(field.text);
          if (outcome == DecodeOutcome::Fine) return outcome;
        }
        return decode_number(field.text);
      case FieldKind::Date:
      case FieldKind::Number:
        return decode_number(field.text);
      case FieldKind::Word:
      case FieldKind::Special:
        return decode_word(field.text);
    }
    return DecodeOutcome::BadFormat;
  }

  /// [+-]hh:mm[:ss]. It takes the place of the microseconds that have been added up so far.
  DecodeOutcome decode_time(Bytes text) {
    const bool has_sign = text.front() == '-' || text.front() == '+';
    std::string unsigned_text(text.substr(has_sign ? 1 : 0));
    // A point makes minutes and seconds of what would be hours and minutes.
    if (restricted_to_ == IntervalFields::MinuteToSecond && has_two_parts(unsigned_text))
      unsigned_text += '.';
    ClockTime time;
    const DecodeOutcome outcome = decode_clock(unsigned_text, time);
    if (outcome != DecodeOutcome::Fine) return outcome;
    const Int128 microseconds = Int128{time.hour} * kMicrosPerHour +
                                time.minute * kMicrosPerMinute + time.second * kMicrosPerSecond +
                                time.microsecond;
    if (microseconds > std::numeric_limits<std::int64_t>::max())
      return DecodeOutcome::FieldOutOfRange;
    const auto magnitude = static_cast<std::int64_t>(microseconds);
    builder_.set_microseconds(text.front() == '-' ? -magnitude : magnitude);
    found_ = field::kTime;
    // As in "1 02:03".
    count(TimeUnit::Day);
    return DecodeOutcome::Fine;
  }
  static bool has_two_parts(Bytes clock) {
    return clock.find('.') == Bytes::npos && clock.find(':') == clock.rfind(':') &&
           !clock.ends_with(':');
  }

  DecodeOutcome decode_number(Bytes text) {
    if (counting_ == Counting::NothingYet) count(unit_of(restricted_to_));
    const LeadingInteger64 whole = read_leading_integer64(text);
    if (whole.out_of_range) return DecodeOutcome::FieldOutOfRange;
    IntervalNumber number{whole.value, 0};
    if (whole.rest.starts_with('-')) {
      const DecodeOutcome outcome = decode_years_and_months(text, whole, number);
      if (outcome != DecodeOutcome::Fine) return outcome;
    } else if (!whole.rest.empty()) {
      const std::optional<double> fraction = parse_fraction(whole.rest);
      if (!fraction) return DecodeOutcome::BadFormat;
      number.fraction = text.front() == '-' ? -*fraction : *fraction;
    }
    found_ = counting_ == Counting::Unit ? bit_of(unit_) : 0;
    if (found_ == 0) return DecodeOutcome::BadFormat;
    if (unit_ == TimeUnit::Second && number.fraction != 0) found_ = field::kSeconds;
    if (!builder_.add(unit_, number)) return DecodeOutcome::FieldOutOfRange;
    // As in "1 2 hours".
    if (unit_ == TimeUnit::Hour) count(TimeUnit::Day);
    return DecodeOutcome::Fine;
  }

  /// "1-2" of the SQL standard, both with the sign of the first.
  DecodeOutcome decode_years_and_months(Bytes text, const LeadingInteger64& years,
                                        IntervalNumber& number) {
    const LeadingInteger months = read_leading_integer(years.rest.substr(1));
    if (months.out_of_range || months.value < 0 || months.value >= kMonthsPerYear)
      return DecodeOutcome::FieldOutOfRange;
    if (!months.rest.empty()) return DecodeOutcome::BadFormat;
    count(TimeUnit::Month);
    const std::int32_t signed_months = text.front() == '-' ? -months.value : months.value;
    if (__builtin_mul_overflow(years.value, kMonthsPerYear, &number.whole) ||
        __builtin_add_overflow(number.whole, signed_months, &number.whole)) {
      return DecodeOutcome::FieldOutOfRange;
    }
    return DecodeOutcome::Fine;
  }

  DecodeOutcome decode_word(Bytes text) {
    const auto word = find_interval_word(text);
    if (!word) return DecodeOutcome::BadFormat;
    switch (word->kind) {
      case IntervalWordKind::Ignored:
        break;
      case IntervalWordKind::Unit:
        count(word->unit);
        break;
      case IntervalWordKind::Ago:
        is_ago_ = true;
        counting_ = Counting::Nothing;
        break;
    }
    return DecodeOutcome::Fine;
  }

  const FieldList& fields_;
  const IntervalFields restricted_to_;
  IntervalBuilder builder_;
  FieldSet known_ = 0;
  FieldSet found_ = 0;
  Counting counting_ = Counting::NothingYet;
  TimeUnit unit_ = TimeUnit::Second;
  bool is_ago_ = false;
};

/// Puts "3 days" behind what is there. A plus is shown where it ends a row of minuses.
class PartWriter {
 public:
  explicit PartWriter(std::string& out) : out_(out) {}

  void write(std::int64_t value, Bytes unit) {
    if (value == 0) return;
    if (!is_first_) out_ += ' ';
    if (after_minus_ && value > 0) out_ += '+';
    append_int64(out_, value);
    out_ += ' ';
    out_ += unit;
    if (value != 1) out_ += 's';
    after_minus_ = value < 0;
    is_first_ = false;
  }

  void write_time(std::int64_t microseconds) {
    if (microseconds == 0 && !is_first_) return;
    if (!is_first_) out_ += ' ';
    if (microseconds < 0) {
      out_ += '-';
    } else if (after_minus_) {
      out_ += '+';
    }
    const ClockTime time = clock_from_micros(microseconds);
    const auto append_two = [this](std::int64_t value) {
      append_padded(out_, value < 0 ? -value : value, 2);
    };
    append_two(time.hour);
    out_ += ':';
    append_two(time.minute);
    out_ += ':';
    append_two(time.second);
    append_fraction(out_, time.microsecond);
  }

 private:
  std::string& out_;
  bool is_first_ = true;
  bool after_minus_ = false;
};

DateTimeError error_of(DecodeOutcome outcome, InputText input) {
  if (outcome != DecodeOutcome::FieldOutOfRange) return invalid_input(input);
  return {DateTimeFault::IntervalField,
          "interval field value out of range: \"" + std::string(input.text) + '"'};
}

}  // namespace

DateTimeResult<Interval> parse_interval(Bytes text, IntervalFields fields) {
  const InputText input{"interval", text};
  FieldList list;
  IntervalBuilder builder;
  DecodeOutcome outcome = DecodeOutcome::BadFormat;
  if (list.split(text, FieldBytesMax::Interval)) {
    IntervalDecoder decoder(list, fields);
    outcome = decoder.run();
    builder = decoder.builder();
  }
  if (outcome == DecodeOutcome::BadFormat) {
    builder = IntervalBuilder();
    outcome = decode_iso8601_interval(text, builder);
  }
  if (outcome != DecodeOutcome::Fine) return error_of(outcome, input);
  const std::optional<Interval> interval = builder.build();
  if (!interval) return interval_out_of_range();
  return restrict_interval(*interval, fields);
}

void append_interval(std::string& out, const Interval& value) {
  PartWriter writer(out);
  writer.write(value.months / kMonthsPerYear, "year");
  writer.write(value.months % kMonthsPerYear, "mon");
  writer.write(value.days, "day");
  writer.write_time(value.microseconds);
}

std::string format_interval(const Interval& value) {
  std::string text;
  append_interval(text, value);
  return text;
}

}  // namespace latchkey
