#include "kv/key_copy.h"

#include <array>
#include <string>
#include <vector>

#include "base/assert.h"
#include "kv/call.h"
#include "kv/graveyard.h"
#include "kv/members.h"
#include "kv/scalar.h"

namespace latchkey::kv {

namespace {

using storage::Decision;
using storage::RecordView;

constexpr std::uint64_t kCopyAtOnceMax = 1024;
constexpr std::size_t kStepRecords = 128;
constexpr int kTriesInSteps = 3;

/// Copies the members under one id to another, step by step.
class MembersCopy {
 public:
  MembersCopy(const MembersPlace& from, const MembersPlace& to) : from_(from), to_(to) {}

  bool is_finished() const { return tree_ == kTreeCount; }

  Result<void> step(storage::Transaction& transaction) {
    LK_ASSERT(!is_finished());
    const bool in_members = tree_ == 0;
    storage::KeyRange range = members_range(from_.members_id);
    if (!next_.empty()) range.begin = next_;
    std::vector<std::pair<std::string, storage::Record>> found;
    {
      const auto cursor = transaction.scan(in_members ? from_.members : from_.scores, range,
                                           storage::Direction::Forward);
      while (found.size() < kStepRecords) {
        LK_TRY(const bool more, cursor->next());
        if (!more) break;
        const RecordView& record = cursor->record();
        found.push_back({std::string(cursor->key()),
                         {std::string(record.value), {}, storage::kNoDeadline, record.kind}});
      }
    }
    for (auto& [key, record] : found) {
      next_ = key;
      store_big64(key.data(), to_.members_id);
      LK_CHECK(transaction.put(in_members ? to_.members : to_.scores, key,
                               {record.value, storage::kNoDeadline, record.kind}));
    }
    if (found.size() < kStepRecords) {
      next_.clear();
      ++tree_;
    } else {
      next_.push_back('\0');
    }
    return {};
  }

 private:
  static constexpr int kTreeCount = 2;
  MembersPlace from_;
  MembersPlace to_;
  int tree_ = 0;
  std::string next_;
};

Result<storage::Record> source_record(Call& call, Bytes key, bool& found) {
  storage::Record record;
  LK_TRY(found, call.read_record(key, [&](const RecordView& view) {
    record = {std::string(view.value), view.version, view.deadline_ms, view.kind};
  }));
  return record;
}

/// Begins over both keys. The Turn keeps FLUSHDB away until their trees stand still.
void begin_over_both(Call& call, const KeyCopy& copy) {
  storage::Engine& engine = call.store.engine();
  const storage::Engine::Turn turn(engine);
  LK_ASSERT(call.session.collection != nullptr);
  const std::array<storage::KeyRef, 2> keys = {
      engine.key_ref(call.session.collection->records(), copy.from),
      engine.key_ref(copy.target->records(), copy.to)};
  call.begin_transaction_over(keys);
}

Result<bool> target_is_taken(Call& call, const KeyCopy& copy) {
  if (copy.existing == KeyCopy::Existing::Replaced) return false;
  return call.read_record_in(*copy.target, copy.to, [](const RecordView&) {});
}

/// Puts the record, whose members, if it has any, are already where its value says.
Result<void> put_target(Call& call, const KeyCopy& copy, const storage::Record& record) {
  const auto put = [&](const RecordView*) -> Result<Decision> {
    return Decision::put({record.value, record.deadline_ms, record.kind});
  };
  LK_CHECK(call.update_record_in(*copy.target, copy.to, put));
  if (copy.source == KeyCopy::Source::Stays) return {};
  return call.update_record(
      copy.from, [](const RecordView*) -> Result<Decision> { return Decision::erase(); });
}

Result<MembersPlace> new_place(Call& call, const KeyCopy& copy) {
  LK_TRY(const std::uint64_t members_id, call.store.members_ids().next());
  return members_place(copy.target->trees(), members_id);
}

void give_members(storage::Record& record, const MembersPlace& place) {
  const Result<MembersHeader> before = MembersHeader::decode(record.value);
  LK_ASSERT(before.has_value());
  const auto header = MembersHeader{place.members_id, before->count}.encode();
  record.value.assign(header.data(), header.size());
}

MembersPlace place_of(const Call& call, const MembersHeader& header) {
  return members_place(call.session.collection->trees(), header.members_id);
}

/// All of it in one transaction, which is open.
Result<bool> copy_at_once(Call& call, const KeyCopy& copy) {
  bool found = false;
  LK_TRY(storage::Record record, source_record(call, copy.from, found));
  if (!found) return false;
  LK_TRY(const bool is_taken, target_is_taken(call, copy));
  if (is_taken) return false;
  if (has_members(static_cast<RecordKind>(record.kind))) {
    LK_TRY(const MembersHeader header, MembersHeader::decode(record.value));
    LK_TRY(const MembersPlace place, new_place(call, copy));
    MembersCopy members(place_of(call, header), place);
    while (!members.is_finished()) LK_CHECK(members.step(call.transaction()));
    give_members(record, place);
  }
  LK_CHECK(put_target(call, copy, record));
  return true;
}

enum class StepsOutcome : std::uint8_t { Done, NotDone, Changed };

Result<StepsOutcome> run_steps(Call& call, const KeyCopy& copy, storage::Record record,
                               const MembersHeader& header, const MembersPlace& place) {
  storage::Engine& engine = call.store.engine();
  const storage::Lsn version = record.version;
  MembersCopy members(place_of(call, header), place);
  while (!members.is_finished()) {
    const storage::Engine::Turn turn(engine);
    begin_over_both(call, copy);
    bool found = false;
    LK_TRY(const storage::Record now, source_record(call, copy.from, found));
    if (!found || now.version != version) return StepsOutcome::Changed;
    LK_CHECK(members.step(call.transaction()));
    LK_CHECK(call.commit_transaction());
  }
  begin_over_both(call, copy);
  bool found = false;
  LK_TRY(const storage::Record now, source_record(call, copy.from, found));
  if (!found || now.version != version) return StepsOutcome::Changed;
  LK_TRY(const bool is_taken, target_is_taken(call, copy));
  if (is_taken) return StepsOutcome::NotDone;
  give_members(record, place);
  LK_CHECK(put_target(call, copy, record));
  LK_CHECK(graveyard::note_birth(call.transaction(), place));
  LK_CHECK(call.commit_transaction());
  return StepsOutcome::Done;
}

Result<StepsOutcome> copy_in_steps(Call& call, const KeyCopy& copy, const storage::Record& record) {
  LK_TRY(const MembersHeader header, MembersHeader::decode(record.value));
  LK_TRY(const MembersPlace place, new_place(call, copy));
  storage::Engine& engine = call.store.engine();
  LK_CHECK(graveyard::expect_birth(engine, place));
  Result<StepsOutcome> outcome = run_steps(call, copy, record, header, place);
  if (outcome.has_value() && *outcome == StepsOutcome::Done) return outcome;
  if (call.in_transaction()) call.drop_transaction();
  // Should this fail too, the next start finds the entry.
  const Result<void> given_up = graveyard::give_up_birth(engine, place);
  if (outcome.has_value() && !given_up.has_value()) return given_up.error();
  return outcome;
}

/// Whether the record has so many members that copying them would hold others off.
bool is_large(const storage::Record& record) {
  if (!has_members(static_cast<RecordKind>(record.kind))) return false;
  const Result<MembersHeader> header = MembersHeader::decode(record.value);
  return header.has_value() && header->count > kCopyAtOnceMax;
}

}  // namespace

Result<bool> copy_key(Call& call, const KeyCopy& copy) {
  LK_ASSERT(copy.target != nullptr);
  if (call.in_transaction()) return copy_at_once(call, copy);
  for (int tries_left = kTriesInSteps; tries_left > 0; --tries_left) {
    bool found = false;
    LK_TRY(const storage::Record record, source_record(call, copy.from, found));
    if (!found) return false;
    if (!is_large(record)) break;
    LK_TRY(const StepsOutcome outcome, copy_in_steps(call, copy, record));
    if (outcome != StepsOutcome::Changed) return outcome == StepsOutcome::Done;
  }
  begin_over_both(call, copy);
  return copy_at_once(call, copy);
}

}  // namespace latchkey::kv
