#include "base/date_time_fields.h"

#include "base/assert.h"
#include "base/date_time_words.h"
#include "base/text.h"

namespace latchkey {

/// Copies a text field by field into the list. Each field costs a byte more than its letters, which
/// keeps the limit on the text where PostgreSQL has it.
class FieldList::Splitter {
 public:
  Splitter(FieldList& list, Bytes text, FieldBytesMax bytes_max)
      : list_(list), text_(text), bytes_max_(static_cast<std::size_t>(bytes_max)) {}

  bool run() {
    while (at_ < text_.size()) {
      if (is_space(current())) {
        ++at_;
        continue;
      }
      if (list_.size_ == kFieldsMax) return false;
      begin_ = used_;
      Field field{};
      switch (take_field(field.kind)) {
        case Taken::Nothing:
          continue;
        case Taken::Bad:
          return false;
        case Taken::Field:
          break;
      }
      if (overflow_) return false;
      field.text = taken();
      list_.fields_[list_.size_++] = field;
      ++used_;
    }
    return true;
  }

 private:
  enum class Taken : std::uint8_t { Field, Nothing, Bad };

  /// The next character, or zero at the end, which belongs to no class.
  char current() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Bytes taken() const { return Bytes(list_.buffer_.data() + begin_, used_ - begin_); }

  void take() {
    if (used_ + 1 >= bytes_max_) {
      overflow_ = true;
    } else {
      list_.buffer_[used_++] = to_lower(current());
    }
    ++at_;
  }
  template <typename Class>
  void take_while(Class belongs) {
    while (at_ < text_.size() && belongs(current())) take();
  }

  Taken take_field(FieldKind& kind) {
    const char first = current();
    if (is_digit(first)) {
      kind = take_number();
    } else if (first == '.') {
      take();
      take_while(is_digit);
      kind = FieldKind::Number;
    } else if (is_letter(first)) {
      kind = take_word();
    } else if (first == '+' || first == '-') {
      return take_signed(kind);
    } else if (is_punctuation(first)) {
      ++at_;
      return Taken::Nothing;
    } else {
      return Taken::Bad;
    }
    return Taken::Field;
  }

  FieldKind take_number() {
    take_while(is_digit);
    if (current() == ':') {
      take_while([](char c) { return is_digit(c) || c == ':' || c == '.'; });
      return FieldKind::Time;
    }
    const char separator = current();
    if (separator != '-' && separator != '/' && separator != '.') return FieldKind::Number;
    take();
    if (!is_digit(current())) {
      take_while([separator](char c) { return is_digit(c) || is_letter(c) || c == separator; });
      return FieldKind::Date;
    }
    take_while(is_digit);
    if (current() == separator) {
      take_while([separator](char c) { return is_digit(c) || c == separator; });
      return FieldKind::Date;
    }
    return separator == '.' ? FieldKind::Number : FieldKind::Date;
  }

  FieldKind take_word() {
    take_while(is_letter);
    const char next = current();
    bool goes_on = next == '-' || next == '/' || next == '.';
    // "y2001" and "j2451187" are a word and a number; "etc/gmt+1" and "gmt+1" are one name.
    if (next == '+' || is_digit(next)) goes_on = !find_date_word(taken());
    if (!goes_on) return FieldKind::Word;
    take_while([](char c) {
      return is_digit(c) || is_letter(c) || Bytes("+-/_.:").find(c) != Bytes::npos;
    });
    return FieldKind::Date;
  }

  Taken take_signed(FieldKind& kind) {
    take();
    while (at_ < text_.size() && is_space(current())) ++at_;
    if (is_digit(current())) {
      take_while([](char c) { return is_digit(c) || c == ':' || c == '.' || c == '-'; });
      kind = FieldKind::Signed;
      return Taken::Field;
    }
    if (is_letter(current())) {
      take_while(is_letter);
      kind = FieldKind::Special;
      return Taken::Field;
    }
    return Taken::Bad;
  }

  FieldList& list_;
  const Bytes text_;
  const std::size_t bytes_max_;
  std::size_t at_ = 0;     // in the text
  std::size_t used_ = 0;   // of the buffer
  std::size_t begin_ = 0;  // of the current field in the buffer
  bool overflow_ = false;
};

bool FieldList::split(Bytes text, FieldBytesMax bytes_max) {
  LK_ASSERT(size_ == 0);
  return Splitter(*this, text, bytes_max).run();
}

}  // namespace latchkey
