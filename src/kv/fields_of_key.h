#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/function_ref.h"
#include "kv/call.h"
#include "kv/fields.h"
#include "kv/members.h"

namespace latchkey::kv {

/// The fields under one key as a command reads them, wherever they are kept: in the record, in the
/// members tree, or in bytes that are a JSON object.
///
/// Few fields are copied out of the record, so nothing is held; many make the call ask for its
/// transaction, so that the record and the members belong together.
///
/// Threads: the call's.
/// Errors:  KeyWrongType from open when the record holds no fields; Corruption.
class FieldsOfKey {
 public:
  explicit FieldsOfKey(Call& call) : call_(call) {}

  /// Reads the record. Called once, before anything else.
  Result<void> open(Bytes key);

  /// 0 when there is no such key.
  std::uint64_t count() const { return count_; }

  /// Returns whether the field is there. The value lives during the visit.
  Result<bool> find(Bytes field, FunctionRef<void(const FieldValue&)> visit);

  /// Visits all fields: in order of adding when they are few, by name when they are many.
  /// Errors: also Corruption when there are not count() of them; visits may have happened.
  Result<void> each(FunctionRef<void(Bytes field, const FieldValue&)> visit);

  /// In the members tree, the fields from `first` on, by name, until `visit` says Stop.
  enum class Go : std::uint8_t { On, Stop };
  Result<void> each_from(Bytes first, FunctionRef<Go(Bytes field, const FieldValue&)> visit);
  /// Whether the fields are in the members tree: each_from may be asked for.
  bool in_tree() const { return header_.has_value(); }

 private:
  Result<void> take_record(const storage::RecordView& record);

  Call& call_;
  storage::TreeId members_{};
  std::uint64_t count_ = 0;
  std::optional<MembersHeader> header_;
  std::optional<JsonObject> json_;
  std::string copy_;  // of a record too long for inline_
  Bytes fields_;      // the copied record value
  char inline_[kInlineFieldsBytesMax];
};

/// The fields under one key while a command changes them: see edit_fields.
class FieldsEditor {
 public:
  /// The value, or null if there is no such field. It lives until the next call here.
  virtual Result<const FieldValue*> find(Bytes field) = 0;
  /// Returns whether the field is new. Name and value must live until edit_fields returns.
  virtual Result<bool> set(Bytes field, const FieldValue& value) = 0;
  /// What an untyped door writes: text stays text, so that a JSON string does not turn into a
  /// number because of its digits; anything else becomes FieldValue::of_argument.
  virtual Result<bool> set_argument(Bytes field, Bytes argument) = 0;
  /// Returns whether the field was there.
  virtual Result<bool> erase(Bytes field) = 0;

 protected:
  ~FieldsEditor() = default;
};

struct FieldsEdit {
  bool changed = false;
  bool key_removed = false;  ///< the last field went, and the record with it
};

/// Lets `edit` change the fields under `key` and stores the outcome: one atomic step on the record
/// while the fields fit into it, else in the call's transaction. The deadline stays. A record
/// without fields is removed.
///
/// `edit` runs once or twice, so it sets what it reports afresh each time. When it fails, nothing
/// has changed.
/// Errors: `edit`'s; KeyWrongType; Corruption; the engine's.
Result<FieldsEdit> edit_fields(Call& call, Bytes key,
                               FunctionRef<Result<void>(FieldsEditor&)> edit);

}  // namespace latchkey::kv
