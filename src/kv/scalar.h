#pragma once

#include <cstdint>

#include "base/numbers.h"
#include "kv/collection.h"
#include "latchkey/result.h"
#include "storage/types.h"

namespace latchkey::kv {

/// Whether a record of this kind is one value, which RESP calls a string.
constexpr bool is_scalar(RecordKind kind) {
  return static_cast<std::uint8_t>(kind) < static_cast<std::uint8_t>(RecordKind::Fields);
}

inline RecordKind kind_of(const storage::RecordView& record) {
  return static_cast<RecordKind>(record.kind);
}

/// The text of a scalar: for bytes and text the stored bytes themselves, else made on the spot.
///
/// Ownership: the text may point into the record or into this object.
class ScalarText {
 public:
  /// Errors: KeyWrongType when the record is no scalar; Corruption.
  Result<Bytes> of(const storage::RecordView& record);

 private:
  static constexpr std::size_t kTextMax =
      kDoubleTextMax > kInt64TextMax ? kDoubleTextMax : kInt64TextMax;
  char made_[kTextMax];
};

/// How RESP stores a string: the canonical text of an int64 as an integer, all else as bytes.
///
/// Ownership: the record points into `text` or into this object.
class ScalarRecord {
 public:
  storage::NewRecord of(Bytes text, std::int64_t deadline_ms);
  storage::NewRecord of_integer(std::int64_t value, std::int64_t deadline_ms);

 private:
  char integer_[8];
};

}  // namespace latchkey::kv
