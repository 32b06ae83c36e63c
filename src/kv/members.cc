#include "kv/members.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace latchkey::kv {

namespace {

constexpr Bytes kCounterKey = "members/next_id";
constexpr std::uint64_t kFirstId = 1;
// Far below 2^64, so that members_range never wraps and a damaged counter is noticed.
constexpr std::uint64_t kCounterMax = std::uint64_t{1} << 63;

}  // namespace

std::array<char, MembersHeader::kBytes> MembersHeader::encode() const {
  LK_ASSERT(members_id != 0);
  LK_ASSERT(count != 0);
  std::array<char, kBytes> bytes;
  store(bytes.data(), members_id);
  store(bytes.data() + 8, count);
  return bytes;
}

Result<MembersHeader> MembersHeader::decode(Bytes value) {
  if (value.size() != kBytes) {
    return Error(ErrorCode::Corruption,
                 fmt::format("a members header of {} bytes instead of {}", value.size(), kBytes));
  }
  MembersHeader header{load<std::uint64_t>(value.data()), load<std::uint64_t>(value.data() + 8)};
  if (header.members_id == 0 || header.members_id >= kCounterMax || header.count == 0) {
    return Error(ErrorCode::Corruption, fmt::format("a members header with id {} and count {}",
                                                    header.members_id, header.count));
  }
  return header;
}

storage::KeyRange members_range(std::uint64_t members_id) {
  LK_ASSERT(members_id < kCounterMax);
  char begin[8];
  char end[8];
  store_big64(begin, members_id);
  store_big64(end, members_id + 1);
  return {std::string(begin, sizeof begin), std::string(end, sizeof end)};
}

Bytes MembersKey::append(std::size_t prefix_bytes, Bytes member) {
  if (member.size() <= kInlineBytes - prefix_bytes) {
    if (!member.empty()) std::memcpy(inline_ + prefix_bytes, member.data(), member.size());
    return {inline_, prefix_bytes + member.size()};
  }
  long_.assign(inline_, prefix_bytes);
  long_.append(member);
  return long_;
}

Bytes MembersKey::of_member(Bytes member) { return append(kMemberOffset, member); }

Bytes MembersKey::of_score(std::uint64_t score_key, Bytes member) {
  store_big64(inline_ + kMemberOffset, score_key);
  return append(kScoredMemberOffset, member);
}

Result<std::unique_ptr<MembersIds>> MembersIds::open(storage::Engine& engine, std::uint64_t chunk) {
  LK_ASSERT(chunk >= 2);
  std::unique_ptr<MembersIds> ids(new MembersIds(engine, chunk));
  LK_CHECK(ids->raise_counter());
  return ids;
}

Result<void> MembersIds::refill_if_low() {
  if (!low()) return {};
  const std::lock_guard lock(refill_mutex_);
  return low() ? raise_counter() : Result<void>();
}

Result<void> MembersIds::raise_counter() {
  std::uint64_t begin = 0;
  char value[8];
  const auto raise = [&](const storage::RecordView* live,
                         const storage::RecordView*) -> Result<storage::Decision> {
    begin = kFirstId;
    if (live != nullptr) {
      if (live->value.size() != sizeof value) {
        return Error(ErrorCode::Corruption, "the catalog's counter of members ids is damaged");
      }
      begin = load<std::uint64_t>(live->value.data());
    }
    if (begin < kFirstId || begin > kCounterMax - chunk_) {
      return Error(ErrorCode::Corruption,
                   fmt::format("the catalog's counter of members ids stands at {}", begin));
    }
    store(value, begin + chunk_);
    return storage::Decision::put({.value = Bytes(value, sizeof value)});
  };
  const storage::KeyRef key = engine_.key_ref(storage::Engine::kCatalogTree, kCounterKey);
  LK_TRY(const storage::Lsn version, engine_.update(key, engine_.now_ms(), raise));
  LK_ASSERT(version != storage::Lsn{0});
  // A new chunk goes on where the last one ends, so what is left of that one stays in use.
  if (limit_.load(std::memory_order_relaxed) != begin) next_.store(begin);
  limit_.store(begin + chunk_, std::memory_order_release);
  return {};
}

Result<std::uint64_t> MembersIds::next() {
  const std::uint64_t id = next_.fetch_add(1, std::memory_order_relaxed);
  if (id >= limit_.load(std::memory_order_acquire)) {
    return Error(ErrorCode::Internal,
                 fmt::format("one transaction made more than {} keys with members", chunk_ / 2));
  }
  return id;
}

}  // namespace latchkey::kv
