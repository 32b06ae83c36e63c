#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "kv/call.h"
#include "kv/fields_of_key.h"
#include "kv/hash_commands.h"
#include "kv/members_scan.h"
#include "kv/random_picks.h"

namespace latchkey::kv {

namespace {

using Visit = FunctionRef<void(Bytes field, const FieldValue&)>;

std::optional<std::string> cell_of(const FieldValue& value) {
  if (value.type == FieldType::Null) return std::nullopt;
  std::string text;
  value.append_text(text);
  return text;
}

/// Visits the fields at these places, which must ascend and may repeat. The members tree keeps no
/// counts, so this passes over all fields before the last of them.
Result<void> visit_places(FieldsOfKey& fields, const std::vector<std::uint64_t>& places,
                          Visit visit) {
  std::uint64_t place = 0;
  std::size_t next = 0;
  const auto look = [&](Bytes field, const FieldValue& value) {
    for (; next < places.size() && places[next] == place; ++next) visit(field, value);
    ++place;
    return next == places.size() ? FieldsOfKey::Go::Stop : FieldsOfKey::Go::On;
  };
  if (fields.in_tree()) {
    LK_CHECK(fields.each_from({}, look));
  } else {
    LK_CHECK(fields.each([&](Bytes field, const FieldValue& value) { (void)look(field, value); }));
  }
  if (next == places.size()) return {};
  return Error(ErrorCode::Corruption, "a hash has fewer fields than its record counts");
}

/// Announces one pick: a name, or a name with its value as a pair where the door keeps pairs.
void reply_pick(Reply& reply, const RandomRequest& request, Bytes field, const FieldValue& value) {
  if (request.with_values && reply.typed()) reply.array(2);
  reply.bulk(field);
  if (request.with_values) value.reply_to(reply);
}

void announce_picks(Reply& reply, const RandomRequest& request, std::uint64_t count) {
  reply.array(request.with_values && !reply.typed() ? 2 * count : count);
}

Result<void> reply_distinct(Call& call, FieldsOfKey& fields, const RandomRequest& request) {
  const std::uint64_t count = std::min(request.count, fields.count());
  announce_picks(call.reply, request, count);
  const auto reply = [&](Bytes field, const FieldValue& value) {
    reply_pick(call.reply, request, field, value);
  };
  if (count == fields.count()) return fields.each(reply);
  if (count == 0) return {};
  RandomPicks random(*call.store.environment().random);
  return visit_places(fields, random.distinct(count, fields.count()), reply);
}

/// Picks are drawn in one order and met in another, so the names met wait for their turn.
Result<void> reply_repeated(Call& call, FieldsOfKey& fields, const RandomRequest& request) {
  LK_ASSERT(request.count <= RandomRequest::kRepeatedMax);
  RandomPicks random(*call.store.environment().random);
  std::vector<std::pair<std::uint64_t, std::size_t>> picks;  // place, turn
  for (std::size_t turn = 0; turn < request.count; ++turn) {
    picks.emplace_back(random.below(fields.count()), turn);
  }
  std::sort(picks.begin(), picks.end());
  std::vector<std::uint64_t> places;
  places.reserve(picks.size());
  for (const auto& [place, turn] : picks) places.push_back(place);

  MembersScan::Cells names(picks.size());
  MembersScan::Cells values(request.with_values ? picks.size() : 0);
  std::size_t met = 0;
  LK_CHECK(visit_places(fields, places, [&](Bytes field, const FieldValue& value) {
    const std::size_t turn = picks[met++].second;
    names[turn] = std::string(field);
    if (request.with_values) values[turn] = cell_of(value);
  }));
  announce_picks(call.reply, request, request.count);
  for (std::size_t turn = 0; turn < names.size(); ++turn) {
    FieldValue value;
    if (request.with_values && values[turn]) value = {FieldType::Bytes, *values[turn], 0, 0};
    reply_pick(call.reply, request, *names[turn], value);
  }
  return {};
}

}  // namespace

Result<void> hscan(Call& call) {
  LK_TRY(MembersScan scan, MembersScan::begin(call));
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  if (fields.count() > 0) LK_CHECK(scan.read_options());
  MembersScan::Cells cells;
  const auto take = [&](Bytes field, const FieldValue& value) {
    cells.emplace_back(std::string(field));
    cells.push_back(cell_of(value));
  };
  if (!fields.in_tree()) {
    // So few that they come at once, whatever the cursor.
    LK_CHECK(fields.each([&](Bytes field, const FieldValue& value) {
      if (scan.matches(field)) take(field, value);
    }));
  } else {
    LK_CHECK(fields.each_from(scan.first(), [&](Bytes field, const FieldValue& value) {
      const MembersScan::Step step = scan.step(field);
      if (step == MembersScan::Step::Take) take(field, value);
      return step == MembersScan::Step::Take || step == MembersScan::Step::Skip
                 ? FieldsOfKey::Go::On
                 : FieldsOfKey::Go::Stop;
    }));
  }
  scan.reply(cells);
  return {};
}

Result<void> hrandfield(Call& call) {
  LK_TRY(const RandomRequest request, RandomRequest::read(call, "WITHVALUES"));
  FieldsOfKey fields(call);
  LK_CHECK(fields.open(call.argument(1)));
  if (request.form == RandomRequest::Form::One) {
    if (fields.count() == 0) {
      call.reply.null();
      return {};
    }
    RandomPicks random(*call.store.environment().random);
    return visit_places(fields, {random.below(fields.count())},
                        [&](Bytes field, const FieldValue&) { call.reply.bulk(field); });
  }
  if (fields.count() == 0 || request.count == 0) {
    call.reply.array(0);
    return {};
  }
  return request.form == RandomRequest::Form::Distinct ? reply_distinct(call, fields, request)
                                                       : reply_repeated(call, fields, request);
}

}  // namespace latchkey::kv
