#include "kv/fields_of_key.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "base/assert.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::NewRecord;
using storage::RecordView;

RecordKind kind_of(const RecordView& record) { return static_cast<RecordKind>(record.kind); }

bool may_be_json(RecordKind kind) { return kind == RecordKind::Bytes || kind == RecordKind::Text; }

/// The payload of a field in the members tree, copied to `room` if it is no text.
Bytes payload_of(const FieldValue& value, char (&room)[8]) {
  if (value.text.data() != nullptr) return value.text;
  return {room, static_cast<std::size_t>(value.write_payload(room) - room)};
}

FieldValue argument_for(FieldType old_type, Bytes argument) {
  if (old_type == FieldType::Text) return {FieldType::Text, argument, 0, 0};
  return FieldValue::of_argument(argument);
}

class ListEditor final : public FieldsEditor {
 public:
  Result<const FieldValue*> find(Bytes field) override {
    const FieldList::Field* const found = list_.find(field);
    return found != nullptr ? &found->value : nullptr;
  }

  Result<bool> set(Bytes field, const FieldValue& value) override {
    changed_ = true;
    const FieldList::Set outcome = list_.set(field, value);
    if (outcome == FieldList::Set::Full) full_ = true;
    return outcome != FieldList::Set::Replaced;
  }

  Result<bool> set_argument(Bytes field, Bytes argument) override {
    const FieldList::Field* const found = list_.find(field);
    return set(field,
               argument_for(found != nullptr ? found->value.type : FieldType::Null, argument));
  }

  Result<bool> erase(Bytes field) override {
    const bool erased = list_.erase(field);
    changed_ |= erased;
    return erased;
  }

  /// Takes over what the record holds. Nothing of an earlier record remains.
  Result<void> start(const RecordView* live) {
    list_.clear();
    changed_ = full_ = false;
    if (live == nullptr) return {};
    if (kind_of(*live) == RecordKind::Fields) return list_.decode(live->value);
    if (kind_of(*live) == RecordKind::FieldsTree) {
      full_ = true;
      return {};
    }
    if (may_be_json(kind_of(*live))) json_ = JsonObject::parse(live->value);
    if (!may_be_json(kind_of(*live)) || !json_) return Call::wrong_type();
    for (const JsonMember& member : json_->members()) {
      if (list_.set(member.name, FieldValue::of_json(member)) == FieldList::Set::Full) full_ = true;
    }
    return {};
  }

  const FieldList& list() const { return list_; }
  bool changed() const { return changed_; }
  /// The list is not what it should be: there are more fields than it takes.
  bool full() const { return full_; }

 private:
  FieldList list_;
  std::optional<JsonObject> json_;
  bool changed_ = false;
  bool full_ = false;
};

class TreeEditor final : public FieldsEditor {
 public:
  TreeEditor(storage::Transaction& txn, storage::TreeId members, MembersHeader header)
      : txn_(txn), members_(members), header_(header), key_(header.members_id) {}

  Result<const FieldValue*> find(Bytes field) override {
    std::uint8_t type = 0;
    const auto copy = [&](const RecordView& record) {
      type = record.kind;
      payload_.assign(record.value);
    };
    LK_TRY(const bool found, txn_.read(members_, key_.of_member(field), copy));
    if (!found) return nullptr;
    LK_TRY(found_, FieldValue::decode(type, payload_));
    return &found_;
  }

  Result<bool> set(Bytes field, const FieldValue& value) override {
    const Bytes key = key_.of_member(field);
    LK_TRY(const bool found, txn_.read(members_, key, [](const RecordView&) {}));
    return put(key, value, found);
  }

  Result<bool> set_argument(Bytes field, Bytes argument) override {
    const Bytes key = key_.of_member(field);
    auto type = FieldType::Null;
    const auto look = [&](const RecordView& record) { type = static_cast<FieldType>(record.kind); };
    LK_TRY(const bool found, txn_.read(members_, key, look));
    return put(key, argument_for(type, argument), found);
  }

  Result<bool> erase(Bytes field) override {
    LK_TRY(const bool erased, txn_.erase(members_, key_.of_member(field)));
    changed_ |= erased;
    if (!erased) return false;
    if (header_.count == 0) {
      return Error(ErrorCode::Corruption, "a hash has more fields than its record counts");
    }
    --header_.count;
    return true;
  }

  const MembersHeader& header() const { return header_; }
  bool changed() const { return changed_; }
  void forget_changes() { changed_ = false; }

 private:
  Result<bool> put(Bytes key, const FieldValue& value, bool found) {
    char room[8];
    const NewRecord record{.value = payload_of(value, room),
                           .kind = static_cast<std::uint8_t>(value.type)};
    LK_CHECK(txn_.put(members_, key, record));
    changed_ = true;
    if (!found) ++header_.count;
    return !found;
  }

  storage::Transaction& txn_;
  const storage::TreeId members_;
  MembersHeader header_;
  MembersKey key_;
  std::string payload_;
  FieldValue found_;
  bool changed_ = false;
};

/// Brings the fields of a record that was no tree into the tree.
Result<void> move_into_tree(const RecordView& record, TreeEditor& tree) {
  if (kind_of(record) == RecordKind::Fields) {
    FieldsReader reader(record.value);
    while (reader.next()) LK_CHECK(tree.set(reader.name(), reader.value()));
    return reader.finish();
  }
  if (!may_be_json(kind_of(record))) return Call::wrong_type();
  const auto json = JsonObject::parse(record.value);
  if (!json) return Call::wrong_type();
  for (const JsonMember& member : json->members()) {
    LK_CHECK(tree.set(member.name, FieldValue::of_json(member)));
  }
  return {};
}

/// edit_fields for many fields.
Result<FieldsEdit> edit_tree(Call& call, Bytes key, FunctionRef<Result<void>(FieldsEditor&)> edit) {
  storage::Transaction& txn = call.transaction();
  FieldsEdit outcome;
  std::array<char, MembersHeader::kBytes> value;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    LK_TRY(const Collection* const collection, call.collection_to_read());
    LK_ASSERT(collection != nullptr);
    const bool is_tree = live != nullptr && kind_of(*live) == RecordKind::FieldsTree;
    MembersHeader header;
    if (is_tree) {
      LK_TRY(header, MembersHeader::decode(live->value));
    } else {
      LK_TRY(header.members_id, call.store.members_ids().next());
    }
    TreeEditor tree(txn, collection->trees().members, header);
    const std::size_t savepoint = is_tree ? 0 : txn.savepoint();
    if (live != nullptr && !is_tree) LK_CHECK(move_into_tree(*live, tree));
    tree.forget_changes();
    LK_CHECK(edit(tree));
    outcome.changed = tree.changed();
    if (!tree.changed()) {
      if (!is_tree) txn.rollback_to(savepoint);  // so the move must not have been either
      return Decision::keep();
    }
    outcome.key_removed = live != nullptr && tree.header().count == 0;
    if (tree.header().count == 0) return live != nullptr ? Decision::erase() : Decision::keep();
    value = tree.header().encode();
    return Decision::put({.value = Bytes(value.data(), value.size()),
                          .deadline_ms = live != nullptr ? live->deadline_ms : storage::kNoDeadline,
                          .kind = static_cast<std::uint8_t>(RecordKind::FieldsTree)});
  };
  LK_CHECK(call.update_record(key, decide));
  return outcome;
}

}  // namespace

Result<FieldsEdit> edit_fields(Call& call, Bytes key,
                               FunctionRef<Result<void>(FieldsEditor&)> edit) {
  ListEditor editor;
  char value[kInlineFieldsBytesMax];
  FieldsEdit outcome;
  bool too_large = false;
  const auto decide = [&](const RecordView* live) -> Result<Decision> {
    outcome = {};
    LK_CHECK(editor.start(live));
    too_large = editor.full();
    if (too_large) return Decision::keep();
    LK_CHECK(edit(editor));
    if (!editor.changed()) return Decision::keep();
    too_large = editor.full() || editor.list().encoded_bytes() > kInlineFieldsBytesMax;
    if (too_large) return Decision::keep();
    outcome.changed = true;
    if (editor.list().size() == 0) {
      outcome.key_removed = live != nullptr;
      return live != nullptr ? Decision::erase() : Decision::keep();
    }
    const char* const end = editor.list().encode(value);
    LK_ASSERT(end <= value + sizeof value);
    return Decision::put({.value = Bytes(value, static_cast<std::size_t>(end - value)),
                          .deadline_ms = live != nullptr ? live->deadline_ms : storage::kNoDeadline,
                          .kind = static_cast<std::uint8_t>(RecordKind::Fields)});
  };
  LK_CHECK(call.update_record(key, decide));
  if (too_large) return edit_tree(call, key, edit);
  return outcome;
}

Result<void> FieldsOfKey::open(Bytes key) {
  // A record that turns out to have members is read again inside the transaction; it may have
  // become anything by then, and is then just that.
  LK_TRY(const Collection* const collection, call_.collection_to_read());
  if (collection == nullptr) return {};
  for (const bool last_try : {false, true}) {
    const bool held = call_.in_transaction();
    Result<void> taken;
    header_.reset();
    LK_CHECK(
        call_.read_record(key, [&](const RecordView& record) { taken = take_record(record); }));
    LK_CHECK(std::move(taken));
    if (!header_ || held) {
      members_ = collection->trees().members;
      return {};
    }
    LK_ASSERT(!last_try);
    count_ = 0;
    (void)call_.transaction();
  }
  return {};
}

Result<void> FieldsOfKey::take_record(const RecordView& record) {
  const RecordKind kind = kind_of(record);
  if (kind == RecordKind::FieldsTree) {
    LK_TRY(header_, MembersHeader::decode(record.value));
    count_ = header_->count;
    return {};
  }
  if (kind != RecordKind::Fields && !may_be_json(kind)) return Call::wrong_type();
  if (record.value.size() <= sizeof inline_) {
    std::memcpy(inline_, record.value.data(), record.value.size());
    fields_ = Bytes(inline_, record.value.size());
  } else {
    copy_.assign(record.value);
    fields_ = copy_;
  }
  if (kind == RecordKind::Fields) {
    count_ = FieldsReader(fields_).count();
    return {};
  }
  json_ = JsonObject::parse(fields_);
  if (!json_) return Call::wrong_type();
  count_ = json_->members().size();
  return {};
}

Result<bool> FieldsOfKey::find(Bytes field, FunctionRef<void(const FieldValue&)> visit) {
  if (count_ == 0) return false;
  if (header_) {
    MembersKey key(header_->members_id);
    Result<void> read;
    LK_TRY(const bool found,
           call_.transaction().read(members_, key.of_member(field), [&](const RecordView& record) {
             auto value = FieldValue::decode(record.kind, record.value);
             if (value) {
               visit(*value);
             } else {
               read = std::move(value).error();
             }
           }));
    LK_CHECK(std::move(read));
    return found;
  }
  if (json_) {
    for (const JsonMember& member : json_->members()) {
      if (member.name != field) continue;
      visit(FieldValue::of_json(member));
      return true;
    }
    return false;
  }
  FieldsReader reader(fields_);
  while (reader.next()) {
    if (reader.name() != field) continue;
    visit(reader.value());
    return true;
  }
  LK_CHECK(reader.finish());
  return false;
}

Result<void> FieldsOfKey::each(FunctionRef<void(Bytes, const FieldValue&)> visit) {
  if (count_ == 0) return {};
  if (header_) {
    std::uint64_t visited = 0;
    LK_CHECK(each_from({}, [&](Bytes field, const FieldValue& value) {
      if (++visited <= count_) visit(field, value);
      return Go::On;
    }));
    if (visited == count_) return {};
    return Error(ErrorCode::Corruption,
                 fmt::format("a hash of {} fields counts {}", visited, count_));
  }
  if (json_) {
    for (const JsonMember& member : json_->members()) {
      visit(member.name, FieldValue::of_json(member));
    }
    return {};
  }
  FieldsReader reader(fields_);
  while (reader.next()) visit(reader.name(), reader.value());
  return reader.finish();
}

Result<void> FieldsOfKey::each_from(Bytes first, FunctionRef<Go(Bytes, const FieldValue&)> visit) {
  LK_ASSERT(header_.has_value());
  storage::KeyRange range = members_range(header_->members_id);
  range.begin.append(first);
  const auto cursor = call_.transaction().scan(members_, range, storage::Direction::Forward);
  while (true) {
    LK_TRY(const bool more, cursor->next());
    if (!more) return {};
    const RecordView& record = cursor->record();
    LK_TRY(const FieldValue value, FieldValue::decode(record.kind, record.value));
    if (visit(cursor->key().substr(MembersKey::kMemberOffset), value) == Go::Stop) return {};
  }
}

Result<std::string> fields_as_json(Call& call, Bytes key) {
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(key));
  if (fields.count() == 0 && !fields.in_tree()) {
    LK_TRY(const bool exists, call.read_record(key, [](const RecordView&) {}));
    if (!exists) return Error(ErrorCode::KeyMissing);
  }
  const std::uint64_t bytes_max = call.store.engine().limits().value_bytes_max;
  std::string json = "{";
  LK_CHECK(fields.each([&](Bytes field, const FieldValue& value) {
    if (json.size() > bytes_max) return;
    if (json.size() > 1) json.push_back(',');
    append_json_string(json, field);
    json.push_back(':');
    value.append_json(json);
  }));
  json.push_back('}');
  if (json.size() <= bytes_max) return json;
  return Error(ErrorCode::ValueTooLong,
               fmt::format("the fields as JSON are longer than the limit of {} bytes", bytes_max));
}

}  // namespace latchkey::kv
