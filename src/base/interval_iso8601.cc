#include "base/interval_iso8601.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/date_time_fields.h"

namespace latchkey {

namespace {

// Numbers up to here have an exact whole part as doubles.
constexpr double kNumberMax = 1.0e15;

constexpr std::size_t kBasicDateDigits = 8;  // YYYYMMDD
constexpr std::size_t kBasicTimeDigits = 6;  // HHMMSS

class PeriodReader {
 public:
  PeriodReader(Bytes text, IntervalBuilder& builder) : text_(text), builder_(builder) {}

  DecodeOutcome run() {
    while (!at_end()) {
      if (take('T')) {
        start_time();
        continue;
      }
      const std::size_t begin = at_;
      if (!take_number()) return outcome_;
      const std::size_t digits = digit_count(begin);
      const bool done = in_date_ ? take_date_field(digits) : take_time_field(digits);
      if (done) return outcome_;
    }
    return DecodeOutcome::Fine;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char current() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char expected) {
    if (current() != expected || at_end()) return false;
    ++at_;
    return true;
  }

  void start_time() {
    in_date_ = false;
    has_field_ = false;
  }

  // Each of these ends the reading: take_..._field return true then.
  bool finish(DecodeOutcome outcome) {
    outcome_ = outcome;
    return true;
  }
  bool bad_format() { return finish(DecodeOutcome::BadFormat); }
  bool overflow() { return finish(DecodeOutcome::FieldOutOfRange); }

  /// The C library reads the number, because what it takes has always been taken.
  bool take_number() {
    outcome_ = DecodeOutcome::BadFormat;
    if (!is_digit(current()) && current() != '-' && current() != '.') return false;
    const char* const begin = text_.c_str() + at_;
    char* end = nullptr;
    errno = 0;
    const double value = std::strtod(begin, &end);
    if (end == begin || errno != 0) return false;
    at_ += static_cast<std::size_t>(end - begin);
    outcome_ = DecodeOutcome::FieldOutOfRange;
    if (!(std::abs(value) <= kNumberMax)) return false;
    number_.whole = static_cast<std::int64_t>(value);
    number_.fraction = value - static_cast<double>(number_.whole);
    outcome_ = DecodeOutcome::Fine;
    return true;
  }

  std::size_t digit_count(std::size_t begin) const {
    if (text_[begin] == '-') ++begin;
    std::size_t end = begin;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    return end - begin;
  }

  bool add(TimeUnit unit) {
    if (builder_.add(unit, number_)) return true;
    overflow();
    return false;
  }
  /// Adds a field with its designator and goes on.
  bool add_designated(TimeUnit unit) {
    ++at_;
    has_field_ = true;
    return !add(unit);
  }

  bool take_date_field(std::size_t digits) {
    switch (current()) {
      case 'Y':
        return add_designated(TimeUnit::Year);
      case 'M':
        return add_designated(TimeUnit::Month);
      case 'W':
        return add_designated(TimeUnit::Week);
      case 'D':
        return add_designated(TimeUnit::Day);
      case 'T':
      case '\0':
        if (digits == kBasicDateDigits && !has_field_) return take_basic_date();
        return take_extended_date();
      case '-':
        return take_extended_date();
      default:
        return bad_format();
    }
  }

  bool take_basic_date() {
    const IntervalNumber all = number_;
    const bool added = builder_.add(TimeUnit::Year, {all.whole / 10'000, 0}) &&
                       builder_.add(TimeUnit::Month, {all.whole / 100 % 100, 0}) &&
                       builder_.add(TimeUnit::Day, {all.whole % 100, all.fraction});
    return added ? end_date() : overflow();
  }

  /// A date ends at the time or at the end of all.
  bool end_date() {
    if (at_end()) return finish(DecodeOutcome::Fine);
    if (!take('T')) return bad_format();
    start_time();
    return false;
  }

  /// Years, months and days with a minus between them; the last ones may be missing.
  bool take_extended_date() {
    if (has_field_) return bad_format();
    if (!add(TimeUnit::Year)) return true;
    if (current() != '-') return end_date();
    ++at_;
    if (!take_number() || !add(TimeUnit::Month)) return true;
    if (current() != '-') return end_date();
    ++at_;
    if (!take_number() || !add(TimeUnit::Day)) return true;
    return end_date();
  }

  bool take_time_field(std::size_t digits) {
    switch (current()) {
      case 'H':
        return add_designated(TimeUnit::Hour);
      case 'M':
        return add_designated(TimeUnit::Minute);
      case 'S':
        return add_designated(TimeUnit::Second);
      case '\0':
        if (digits == kBasicTimeDigits && !has_field_) return take_basic_time();
        return take_extended_time();
      case ':':
        return take_extended_time();
      default:
        return bad_format();
    }
  }

  bool take_basic_time() {
    const std::int64_t all = number_.whole;
    const bool added = builder_.add_microseconds(all / 10'000, kMicrosPerHour) &&
                       builder_.add_microseconds(all / 100 % 100, kMicrosPerMinute) &&
                       builder_.add_microseconds(all % 100, kMicrosPerSecond) &&
                       // PostgreSQL takes the fraction as one of a microsecond, not of a second.
                       builder_.add_fraction_of(1, number_.fraction);
    return added ? finish(DecodeOutcome::Fine) : overflow();
  }

  bool take_extended_time() {
    if (has_field_) return bad_format();
    if (!add(TimeUnit::Hour)) return true;
    if (at_end()) return finish(DecodeOutcome::Fine);
    ++at_;
    if (!take_number() || !add(TimeUnit::Minute)) return true;
    if (at_end()) return finish(DecodeOutcome::Fine);
    if (!take(':')) return bad_format();
    if (!take_number() || !add(TimeUnit::Second)) return true;
    return at_end() ? finish(DecodeOutcome::Fine) : bad_format();
  }

  const std::string text_;
  IntervalBuilder& builder_;
  std::size_t at_ = 0;
  IntervalNumber number_;
  bool in_date_ = true;
  bool has_field_ = false;
  DecodeOutcome outcome_ = DecodeOutcome::BadFormat;
};

}  // namespace

DecodeOutcome decode_iso8601_interval(Bytes text, IntervalBuilder& builder) {
  const bool may_be_period =
      text.size() >= 2 && text.front() == 'P' && text.find('\0') == Bytes::npos;
  if (!may_be_period) return DecodeOutcome::BadFormat;
  return PeriodReader(text.substr(1), builder).run();
}

}  // namespace latchkey
