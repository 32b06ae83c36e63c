#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "kv/json_text.h"
#include "latchkey/result.h"

namespace latchkey::kv {

class Call;
class Reply;

/// What a field holds. Numbers are on disk: never reuse one. Those below 7 mean what they mean as
/// a RecordKind.
enum class FieldType : std::uint8_t {
  Bytes = 0,    ///< untagged, as RESP writes them
  Integer = 1,  ///< its canonical decimal text is what was written
  Text = 2,     ///< tagged as text by a typed door
  Float = 3,    ///< its shortest text is what was written
  Boolean = 4,
  Null = 5,
  JsonArray = 6,   ///< JSON text
  JsonObject = 7,  ///< JSON text
  Decimal = 8,     ///< a JSON number that neither of the others gives back as it was written
};

/// One typed value.
///
/// Ownership: `text` is borrowed.
struct FieldValue {
  FieldType type = FieldType::Null;
  Bytes text;                ///< Bytes, Text, JsonArray, JsonObject, Decimal
  std::int64_t integer = 0;  ///< Integer; Boolean as 0 or 1
  double number = 0;         ///< Float

  static FieldValue of_integer(std::int64_t value) { return {FieldType::Integer, {}, value, 0}; }
  static FieldValue of_float(double value) { return {FieldType::Float, {}, 0, value}; }
  /// What an untyped door writes: an integer if `argument` is the canonical text of one.
  static FieldValue of_argument(Bytes argument);
  /// A Float if its shortest text is `text`, else untagged bytes.
  static FieldValue of_float_text(Bytes text);
  static FieldValue of_json(const JsonMember& member);

  /// The payload as stored. Integers take 1, 2, 4 or 8 bytes, little-endian, floats 8, booleans 1.
  std::size_t payload_bytes() const;
  char* write_payload(char* out) const;
  /// Errors: Corruption when `payload` is none of that type. The value borrows `payload`.
  static Result<FieldValue> decode(std::uint8_t type, Bytes payload);

  /// As RESP and the command line show it. Null shows as nothing.
  void append_text(std::string& out) const;
  std::size_t text_bytes() const;
  void reply_to(Reply& reply) const;
  void append_json(std::string& out) const;
};

/// Fields that stay in the record itself. More of them, or larger ones, move to the members tree,
/// where a change costs the same among a million: see fields_of_key.h.
inline constexpr std::size_t kInlineFieldsMax = 128;
inline constexpr std::size_t kInlineFieldsBytesMax = 1024;

/// Walks the value of a RecordKind::Fields record, in the order in which fields were added.
///
///   fields       := count (varint), entry * count
///   entry        := name length (varint), name, tag (varint), payload
///   tag          := payload length * 16 + FieldType
///
/// A varint has seven bits a byte, the low ones first; the high bit says that more follow.
///
/// Ownership: borrows the bytes; names and values point into them.
class FieldsReader {
 public:
  explicit FieldsReader(Bytes record_value);

  std::uint64_t count() const { return count_; }
  /// Steps to the first or next field. False at the end, and for good where the bytes make no
  /// sense.
  bool next();
  Bytes name() const { return name_; }
  const FieldValue& value() const { return value_; }
  /// After next() said false: Corruption if that was not the end.
  Result<void> finish() const;

 private:
  bool read_varint(std::uint64_t& number);
  bool take(std::uint64_t length, Bytes& out);
  bool damaged() {
    damaged_ = true;
    return false;
  }

  Bytes rest_;
  std::uint64_t count_ = 0;
  std::uint64_t read_ = 0;
  bool damaged_ = false;
  Bytes name_;
  FieldValue value_;
};

/// Up to kInlineFieldsMax fields in memory, on their way from one record value to the next.
///
/// Ownership: names and values are borrowed from whoever gave them.
class FieldList {
 public:
  struct Field {
    Bytes name;
    FieldValue value;
  };
  enum class Set : std::uint8_t { Added, Replaced, Full };

  FieldList() {}  // leaves the array as it is: most lists are short
  FieldList(const FieldList&) = delete;
  FieldList& operator=(const FieldList&) = delete;

  /// Errors: Corruption.
  Result<void> decode(Bytes record_value);
  std::size_t size() const { return size_; }
  std::span<const Field> fields() const { return {space_, size_}; }
  const Field* find(Bytes name) const;
  Set set(Bytes name, const FieldValue& value);
  /// Keeps the order of the others. Returns whether the field was there.
  bool erase(Bytes name);
  void clear() { size_ = 0; }

  std::size_t encoded_bytes() const;
  /// Writes the record value and returns its end.
  /// Requires: room for encoded_bytes() at `out`.
  char* encode(char* out) const;

 private:
  std::size_t size_ = 0;
  union {  // so that no entry is made before it is used
    Field space_[kInlineFieldsMax];
  };
};

/// The JSON text of a RecordKind::Fields record, appended to `out`.
/// Errors: Corruption.
Result<void> append_fields_json(Bytes record_value, std::string& out);

/// The JSON text of the fields under `key`, wherever they are kept; GET's answer for them. Asks for
/// the call's transaction when they are in the members tree. In order of adding for few fields,
/// by name for many.
/// Errors: KeyWrongType if the record holds no fields, KeyMissing, ValueTooLong past the limit.
Result<std::string> fields_as_json(Call& call, Bytes key);

}  // namespace latchkey::kv
