#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/date_time_fields.h"
#include "base/date_time_values.h"
#include "base/date_time_words.h"
#include "base/time_zone_abbreviations.h"
#include "base/time_zones.h"

namespace latchkey {

/// Understands the fields of a date with or without a time, or of a time by itself.
///
/// Threads:   one at a time.
/// Ownership: borrows the fields and the session.
/// Source:    PostgreSQL 15, appendix B.1, including what it takes beyond that text: labels as in
///            "y2001m02d04", a zone before the year, several fields where one would do.
class DateTimeDecoder {
 public:
  enum class Wanted : std::uint8_t { DateTime, TimeOfDay };
  enum class Special : std::uint8_t { None, Epoch, Infinity, MinusInfinity };

  DateTimeDecoder(const FieldList& fields, const DateTimeSession& session, Wanted wanted)
      : fields_(fields), session_(session), wanted_(wanted) {}

  /// Requires: called once.
  DecodeOutcome run();

  // What run() has found. If special() is not None nothing else counts.
  Special special() const { return special_; }
  CivilDateTime civil() const { return {parts_.date, parts_.time}; }
  /// Of the zone in the text, or else of the session's.
  std::int32_t utc_offset_seconds() const { return utc_offset_seconds_; }

  /// After UnknownZone: the zone, and the abbreviation that stands for it if there is one.
  const std::string& unknown_zone() const { return unknown_zone_; }
  const std::string& unknown_zone_abbreviation() const { return unknown_zone_abbreviation_; }

 private:
  /// What the number or time after a label is: "j" 2451187, "t" 10:30.
  enum class Label : std::uint8_t { None, Unit, Time };
  enum class HalfOfDay : std::uint8_t { Unknown, Am, Pm };

  bool wants_time() const { return wanted_ == Wanted::TimeOfDay; }
  bool knows(FieldSet fields) const { return (known_ & fields) == fields; }
  Known known() const { return {known_, month_was_a_word_, session_.order}; }
  bool take_time_label();

  DecodeOutcome decode_field(std::size_t index);
  DecodeOutcome decode_date_field(std::size_t index);
  DecodeOutcome decode_julian_with_zone(Bytes text);
  DecodeOutcome decode_time_with_zone(Bytes text);
  DecodeOutcome decode_clock_field(Bytes text);
  DecodeOutcome decode_number_field(std::size_t index);
  DecodeOutcome decode_labelled_number(Bytes text);
  DecodeOutcome decode_labelled_julian(const LeadingInteger& number);
  DecodeOutcome decode_number_of_date(Bytes text);
  DecodeOutcome decode_number_of_time(std::size_t index);

  DecodeOutcome decode_word(std::size_t index);
  DecodeOutcome decode_abbreviation(Bytes text, const ZoneAbbreviation& abbreviation);
  DecodeOutcome decode_date_word(std::size_t index, DateWord word);
  DecodeOutcome decode_word_of_date(DateWord word);
  DecodeOutcome decode_now();
  DecodeOutcome decode_relative_day(DateWordKind kind);
  DecodeOutcome decode_month_word(std::int32_t month);
  DecodeOutcome decode_time_label(std::size_t index);
  DecodeOutcome find_zone(Bytes name);
  CivilDateTime now() const;

  YearForm year_form() const;
  DecodeOutcome apply_half_of_day();
  DecodeOutcome finish();
  DecodeOutcome finish_date_time();
  DecodeOutcome finish_time();
  /// The offset of the zone, with the date of today if there is none in the text.
  void resolve_zone(const CivilDateTime& clock);

  const FieldList& fields_;
  const DateTimeSession& session_;
  const Wanted wanted_;

  FieldSet known_ = 0;
  FieldSet found_ = 0;  // by the current field
  DateTimeParts parts_;
  std::int32_t utc_offset_seconds_ = 0;
  Label label_ = Label::None;
  TimeUnit label_unit_ = TimeUnit::Second;
  HalfOfDay half_of_day_ = HalfOfDay::Unknown;
  bool month_was_a_word_ = false;
  bool is_julian_ = false;
  bool is_before_christ_ = false;
  Special special_ = Special::None;
  std::shared_ptr<const TimeZone> zone_;
  std::shared_ptr<const TimeZone> abbreviation_zone_;
  std::string abbreviation_;
  std::string unknown_zone_;
  std::string unknown_zone_abbreviation_;
};

}  // namespace latchkey
