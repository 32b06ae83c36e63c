#include "base/date_time_decoder.h"

#include "base/text.h"

namespace latchkey {

DecodeOutcome DateTimeDecoder::run() {
  for (std::size_t index = 0; index < fields_.size(); ++index) {
    found_ = 0;
    const DecodeOutcome outcome = decode_field(index);
    if (outcome != DecodeOutcome::Fine) return outcome;
    if ((known_ & found_) != 0) return DecodeOutcome::BadFormat;
    known_ |= found_;
  }
  return finish();
}

DecodeOutcome DateTimeDecoder::decode_field(std::size_t index) {
  const Field& field = fields_[index];
  switch (field.kind) {
    case FieldKind::Date:
      return decode_date_field(index);
    case FieldKind::Time:
      return decode_clock_field(field.text);
    case FieldKind::Signed:
      found_ = field::kZone;
      return decode_displacement(field.text, utc_offset_seconds_);
    case FieldKind::Number:
      return decode_number_field(index);
    case FieldKind::Word:
    case FieldKind::Special:
      return decode_word(index);
  }
  return DecodeOutcome::BadFormat;
}

/// Drops the label before a time. Returns whether there was none or that one.
bool DateTimeDecoder::take_time_label() {
  const bool fits = label_ != Label::Unit;
  label_ = Label::None;
  return fits;
}

DecodeOutcome DateTimeDecoder::decode_date_field(std::size_t index) {
  const Bytes text = fields_[index].text;
  bool is_date = false;
  if (wants_time()) {
    // A date is of use for a time only where its zone must be resolved.
    const std::size_t count = fields_.size();
    is_date = index == 0 && count >= 2 &&
              (fields_[count - 1].kind == FieldKind::Date || fields_[1].kind == FieldKind::Time);
  } else {
    if (label_ == Label::Unit && label_unit_ == TimeUnit::Julian)
      return decode_julian_with_zone(text);
    // After the date come names such as America/New_York, and times with a zone: 040506-08.
    is_date = label_ == Label::None && !knows(field::kMonth | field::kDay);
  }
  if (is_date) return decode_date(text, known(), parts_, found_);
  const bool is_time = is_digit(text.front()) || (!wants_time() && label_ != Label::None);
  if (!is_time) return find_zone(text);
  if (!wants_time() && !take_time_label()) return DecodeOutcome::BadFormat;
  return decode_time_with_zone(text);
}

DecodeOutcome DateTimeDecoder::decode_julian_with_zone(Bytes text) {
  const LeadingInteger day = read_leading_integer(text);
  if (day.out_of_range || day.value < 0) return DecodeOutcome::FieldOutOfRange;
  parts_.date = civil_from_julian(day.value);
  is_julian_ = true;
  found_ = field::kDate | field::kTime | field::kZone;
  label_ = Label::None;
  return decode_displacement(day.rest, utc_offset_seconds_);
}

DecodeOutcome DateTimeDecoder::decode_time_with_zone(Bytes text) {
  if (knows(field::kTime)) return DecodeOutcome::BadFormat;
  const std::size_t minus = text.find('-');
  if (minus == Bytes::npos) return DecodeOutcome::BadFormat;
  const DecodeOutcome zone = decode_displacement(text.substr(minus), utc_offset_seconds_);
  if (zone != DecodeOutcome::Fine) return zone;
  Known known_here = known();
  if (wants_time()) known_here.fields |= field::kDate;
  const DecodeOutcome time = decode_run_together(text.substr(0, minus), known_here, parts_, found_);
  found_ |= field::kZone;
  return time;
}

DecodeOutcome DateTimeDecoder::decode_clock_field(Bytes text) {
  if (!wants_time() && !take_time_label()) return DecodeOutcome::BadFormat;
  found_ = field::kTime;
  const DecodeOutcome outcome = decode_clock(text, parts_.time);
  if (outcome != DecodeOutcome::Fine) return outcome;
  // Of a time by itself this is checked at the end, when am and pm are known.
  const bool fits = wants_time() ? parts_.time.hour == static_cast<std::int32_t>(parts_.time.hour)
                                 : is_time_of_day(parts_.time);
  return fits ? DecodeOutcome::Fine : DecodeOutcome::FieldOutOfRange;
}

DecodeOutcome DateTimeDecoder::decode_number_field(std::size_t index) {
  if (label_ != Label::None) return decode_labelled_number(fields_[index].text);
  return wants_time() ? decode_number_of_time(index) : decode_number_of_date(fields_[index].text);
}

DecodeOutcome DateTimeDecoder::decode_labelled_number(Bytes text) {
  const Label label = label_;
  label_ = Label::None;
  special_ = Special::None;
  const LeadingInteger number = read_leading_integer(text);
  if (number.out_of_range) return DecodeOutcome::FieldOutOfRange;
  if (label == Label::Time) {
    const Known known_here{known_ | field::kDate, false};
    const DecodeOutcome outcome = decode_run_together(text, known_here, parts_, found_);
    if (outcome != DecodeOutcome::Fine) return outcome;
    return found_ == field::kTime ? DecodeOutcome::Fine : DecodeOutcome::BadFormat;
  }
  const bool has_fraction = number.rest.starts_with('.');
  if (!has_fraction && !number.rest.empty()) return DecodeOutcome::BadFormat;
  if (label_unit_ == TimeUnit::Julian) return decode_labelled_julian(number);
  if (has_fraction && label_unit_ != TimeUnit::Second) return DecodeOutcome::BadFormat;
  switch (label_unit_) {
    case TimeUnit::Year:
      parts_.date.year = number.value;
      found_ = field::kYear;
      return DecodeOutcome::Fine;
    case TimeUnit::Month:
      // The same letter is for minutes once there is an hour.
      if (knows(field::kMonth | field::kHour)) {
        parts_.time.minute = number.value;
        found_ = field::kMinute;
      } else {
        parts_.date.month = number.value;
        found_ = field::kMonth;
      }
      return DecodeOutcome::Fine;
    case TimeUnit::Day:
      parts_.date.day = number.value;
      found_ = field::kDay;
      return DecodeOutcome::Fine;
    case TimeUnit::Hour:
      parts_.time.hour = number.value;
      found_ = field::kHour;
      return DecodeOutcome::Fine;
    case TimeUnit::Minute:
      parts_.time.minute = number.value;
      found_ = field::kMinute;
      return DecodeOutcome::Fine;
    case TimeUnit::Second: {
      parts_.time.second = number.value;
      found_ = field::kSecond;
      if (!has_fraction) return DecodeOutcome::Fine;
      const std::optional<double> fraction = parse_fraction(number.rest);
      if (!fraction) return DecodeOutcome::BadFormat;
      parts_.time.microsecond = micros_of_fraction(*fraction);
      found_ = field::kSeconds;
      return DecodeOutcome::Fine;
    }
    default:
      return DecodeOutcome::BadFormat;
  }
}

DecodeOutcome DateTimeDecoder::decode_labelled_julian(const LeadingInteger& number) {
  if (number.value < 0) return DecodeOutcome::FieldOutOfRange;
  parts_.date = civil_from_julian(number.value);
  is_julian_ = true;
  found_ = field::kDate;
  if (number.rest.empty()) return DecodeOutcome::Fine;
  const std::optional<double> fraction = parse_fraction(number.rest);
  if (!fraction) return DecodeOutcome::BadFormat;
  const double micros = *fraction * static_cast<double>(kMicrosPerDay);
  parts_.time = clock_from_micros(static_cast<std::int64_t>(micros));
  found_ |= field::kTime;
  return DecodeOutcome::Fine;
}

DecodeOutcome DateTimeDecoder::decode_number_of_date(Bytes text) {
  const std::size_t point = text.find('.');
  const bool has_point = point != Bytes::npos;
  if (has_point && (known_ & field::kDate) == 0) return decode_date(text, known(), parts_, found_);
  const bool may_be_either = (known_ & field::kDate) == 0 || (known_ & field::kTime) == 0;
  const bool runs_together = (has_point && point > 2) || (text.size() >= 6 && may_be_either);
  if (runs_together) return decode_run_together(text, known(), parts_, found_);
  return decode_number(text, known(), parts_, found_);
}

DecodeOutcome DateTimeDecoder::decode_number_of_time(std::size_t index) {
  const Bytes text = fields_[index].text;
  const std::size_t point = text.find('.');
  const Known known_here{known_ | field::kDate, false};
  if (point == Bytes::npos) {
    return text.size() > 4 ? decode_run_together(text, known_here, parts_, found_)
                           : decode_number(text, known_here, parts_, found_);
  }
  const std::size_t count = fields_.size();
  if (index == 0 && count >= 2 && fields_[count - 1].kind == FieldKind::Date)
    return decode_date(text, known(), parts_, found_);
  if (point <= 2) return DecodeOutcome::BadFormat;
  return decode_run_together(text, known_here, parts_, found_);
}

CivilDateTime DateTimeDecoder::now() const {
  return clock_in_zone(session_.transaction_start, session_.zone).civil;
}

DecodeOutcome DateTimeDecoder::find_zone(Bytes name) {
  zone_ = session_.zones.find(name);
  found_ = field::kZone;
  if (zone_ != nullptr) return DecodeOutcome::Fine;
  unknown_zone_ = name;
  return DecodeOutcome::UnknownZone;
}

DecodeOutcome DateTimeDecoder::decode_word(std::size_t index) {
  const Bytes text = fields_[index].text;
  if (const auto abbreviation = find_zone_abbreviation(text))
    return decode_abbreviation(text, *abbreviation);
  if (const auto word = find_date_word(text)) return decode_date_word(index, *word);
  const DecodeOutcome outcome = find_zone(text);
  return outcome == DecodeOutcome::UnknownZone ? DecodeOutcome::BadFormat : outcome;
}

DecodeOutcome DateTimeDecoder::decode_abbreviation(Bytes text,
                                                   const ZoneAbbreviation& abbreviation) {
  found_ = field::kZone;
  if (abbreviation.zone.empty()) {
    if (abbreviation.is_daylight) found_ |= field::kDaylightZone;
    utc_offset_seconds_ = abbreviation.utc_offset_seconds;
    return DecodeOutcome::Fine;
  }
  found_ |= field::kDynamicZone;
  abbreviation_ = to_upper(text);
  abbreviation_zone_ = session_.zones.find(abbreviation.zone);
  if (abbreviation_zone_ != nullptr) return DecodeOutcome::Fine;
  unknown_zone_ = abbreviation.zone;
  unknown_zone_abbreviation_ = text;
  return DecodeOutcome::UnknownZone;
}

DecodeOutcome DateTimeDecoder::decode_date_word(std::size_t index, DateWord word) {
  switch (word.kind) {
    case DateWordKind::Ignored:
      return DecodeOutcome::Fine;
    case DateWordKind::Unit:
      label_ = Label::Unit;
      label_unit_ = word.unit();
      return DecodeOutcome::Fine;
    case DateWordKind::IsoTime:
      return decode_time_label(index);
    case DateWordKind::HalfOfDay:
      found_ = field::kHalfOfDay;
      half_of_day_ = word.value == 1 ? HalfOfDay::Pm : HalfOfDay::Am;
      return DecodeOutcome::Fine;
    case DateWordKind::Era:
      found_ = field::kEra;
      is_before_christ_ = word.value == 1;
      return DecodeOutcome::Fine;
    case DateWordKind::Daylight:
      found_ = field::kDaylight | field::kDaylightZone;
      utc_offset_seconds_ += word.value;
      return DecodeOutcome::Fine;
    case DateWordKind::MidnightUtc:
      found_ = field::kTime | field::kZone;
      parts_.time.hour = 0;
      parts_.time.minute = 0;
      parts_.time.second = 0;
      utc_offset_seconds_ = 0;
      special_ = Special::None;
      return DecodeOutcome::Fine;
    case DateWordKind::Now:
      return decode_now();
    default:
      return wants_time() ? DecodeOutcome::BadFormat : decode_word_of_date(word);
  }
}

DecodeOutcome DateTimeDecoder::decode_word_of_date(DateWord word) {
  found_ = field::kSpecial;
  switch (word.kind) {
    case DateWordKind::Month:
      return decode_month_word(word.value);
    case DateWordKind::Weekday:
      found_ = field::kWeekday;
      return DecodeOutcome::Fine;
    case DateWordKind::Epoch:
      special_ = Special::Epoch;
      return DecodeOutcome::Fine;
    case DateWordKind::Infinity:
      special_ = Special::Infinity;
      return DecodeOutcome::Fine;
    case DateWordKind::MinusInfinity:
      special_ = Special::MinusInfinity;
      return DecodeOutcome::Fine;
    default:
      return decode_relative_day(word.kind);
  }
}

DecodeOutcome DateTimeDecoder::decode_now() {
  const ZonedClock clock = clock_in_zone(session_.transaction_start, session_.zone);
  parts_.time = clock.civil.time;
  found_ = field::kTime;
  if (wants_time()) return DecodeOutcome::Fine;
  parts_.date = clock.civil.date;
  utc_offset_seconds_ = clock.utc_offset_seconds;
  special_ = Special::None;
  found_ |= field::kDate | field::kZone;
  return DecodeOutcome::Fine;
}

DecodeOutcome DateTimeDecoder::decode_relative_day(DateWordKind kind) {
  std::int64_t julian = julian_day(now().date);
  if (kind == DateWordKind::Tomorrow) ++julian;
  if (kind == DateWordKind::Yesterday) --julian;
  parts_.date = civil_from_julian(julian);
  found_ = field::kDate;
  special_ = Special::None;
  return DecodeOutcome::Fine;
}

DecodeOutcome DateTimeDecoder::decode_month_word(std::int32_t month) {
  found_ = field::kMonth;
  // "8 jan 1999": the number that was taken for the month is the day.
  if (knows(field::kMonth) && !month_was_a_word_ && !knows(field::kDay) && parts_.date.month >= 1 &&
      parts_.date.month <= 31) {
    parts_.date.day = parts_.date.month;
    found_ = field::kDay;
  }
  month_was_a_word_ = true;
  parts_.date.month = month;
  return DecodeOutcome::Fine;
}

DecodeOutcome DateTimeDecoder::decode_time_label(std::size_t index) {
  if (!wants_time() && !knows(field::kDate)) return DecodeOutcome::BadFormat;
  if (index + 1 >= fields_.size()) return DecodeOutcome::BadFormat;
  const FieldKind next = fields_[index + 1].kind;
  const bool may_be_time =
      next == FieldKind::Number || next == FieldKind::Time || next == FieldKind::Date;
  if (!may_be_time) return DecodeOutcome::BadFormat;
  label_ = Label::Time;
  return DecodeOutcome::Fine;
}

YearForm DateTimeDecoder::year_form() const {
  if (is_julian_) return YearForm::Counted;
  if (is_before_christ_) return YearForm::BeforeChrist;
  return parts_.year_has_two_digits ? YearForm::TwoDigits : YearForm::Plain;
}

DecodeOutcome DateTimeDecoder::apply_half_of_day() {
  if (half_of_day_ == HalfOfDay::Unknown) return DecodeOutcome::Fine;
  std::int64_t& hour = parts_.time.hour;
  if (hour > 12) return DecodeOutcome::FieldOutOfRange;
  if (half_of_day_ == HalfOfDay::Am && hour == 12) {
    hour = 0;
  } else if (half_of_day_ == HalfOfDay::Pm && hour != 12) {
    hour += 12;
  }
  return DecodeOutcome::Fine;
}

DecodeOutcome DateTimeDecoder::finish() {
  const DecodeOutcome date = validate_date(known_, year_form(), parts_);
  if (date != DecodeOutcome::Fine) return date;
  const DecodeOutcome hour = apply_half_of_day();
  if (hour != DecodeOutcome::Fine) return hour;
  return wants_time() ? finish_time() : finish_date_time();
}

DecodeOutcome DateTimeDecoder::finish_date_time() {
  if (special_ != Special::None) return DecodeOutcome::Fine;
  if (!knows(field::kDate)) return DecodeOutcome::BadFormat;
  const bool needs_zone = zone_ != nullptr || abbreviation_zone_ != nullptr || !knows(field::kZone);
  if (needs_zone && knows(field::kDaylight)) return DecodeOutcome::BadFormat;
  resolve_zone(civil());
  return DecodeOutcome::Fine;
}

DecodeOutcome DateTimeDecoder::finish_time() {
  if (!is_time_of_day(parts_.time)) return DecodeOutcome::FieldOutOfRange;
  if (!knows(field::kTime)) return DecodeOutcome::BadFormat;
  const bool needs_zone = zone_ != nullptr || abbreviation_zone_ != nullptr || !knows(field::kZone);
  if (!needs_zone) return DecodeOutcome::Fine;
  if (knows(field::kDaylight)) return DecodeOutcome::BadFormat;
  if (zone_ != nullptr) {
    if (const auto offset = zone_->only_offset()) {
      utc_offset_seconds_ = *offset;
      return DecodeOutcome::Fine;
    }
    if (!knows(field::kDate)) return DecodeOutcome::BadFormat;
  }
  const FieldSet known_of_date = known_ & field::kDate;
  if (known_of_date != 0 && known_of_date != field::kDate) return DecodeOutcome::BadFormat;
  resolve_zone({known_of_date != 0 ? parts_.date : now().date, parts_.time});
  return DecodeOutcome::Fine;
}

void DateTimeDecoder::resolve_zone(const CivilDateTime& clock) {
  if (zone_ != nullptr) utc_offset_seconds_ = zone_->offset_of_clock(clock);
  if (abbreviation_zone_ != nullptr) {
    const TimeZone::Reading reading = abbreviation_zone_->read(clock);
    utc_offset_seconds_ =
        abbreviation_zone_->offset_of_abbreviation(abbreviation_, reading.unix_seconds)
            .value_or(reading.utc_offset_seconds);
  }
  if (!knows(field::kZone)) utc_offset_seconds_ = session_.zone.offset_of_clock(clock);
}

}  // namespace latchkey
