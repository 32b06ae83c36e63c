#include "sql/types/json.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace latchkey::sql {

namespace {

constexpr std::size_t kContainerHeadBytes = 6;
constexpr std::size_t kEntryBytes = 4;
constexpr int kKindShift = 28;
constexpr std::uint32_t kEndMask = (std::uint32_t{1} << kKindShift) - 1;

// Each costs an entry of four bytes, so more of them cannot fit.
constexpr std::size_t kNodesMax = kJsonbBytesMax / kEntryBytes;

constexpr const char* kTooLarge =
    "total size of jsonb elements exceeds the maximum of 268435455 bytes";

std::uint32_t entry_of(JsonKind kind, std::size_t end) {
  return static_cast<std::uint32_t>(kind) << kKindShift | static_cast<std::uint32_t>(end);
}

}  // namespace

JsonbReader::JsonbReader(Bytes jsonb) {
  if (jsonb.empty()) return;
  kind_ = static_cast<JsonKind>(jsonb.front());
  payload_ = jsonb.substr(1);
}

std::size_t JsonbReader::count() const {
  return is_scalar() ? 0 : load<std::uint32_t>(payload_.data());
}

int JsonbReader::depth() const {
  return is_scalar() ? 0 : load<std::uint16_t>(payload_.data() + sizeof(std::uint32_t));
}

std::uint32_t JsonbReader::entry(std::size_t index) const {
  return load<std::uint32_t>(payload_.data() + kContainerHeadBytes + index * kEntryBytes);
}

JsonbReader JsonbReader::item(std::size_t index, std::size_t entry_count) const {
  const std::uint32_t found = entry(index);
  const std::size_t begin = index == 0 ? 0 : entry(index - 1) & kEndMask;
  const std::size_t end = found & kEndMask;
  const std::size_t items = kContainerHeadBytes + entry_count * kEntryBytes;
  return {static_cast<JsonKind>(found >> kKindShift), payload_.substr(items + begin, end - begin)};
}

JsonbReader JsonbReader::element(std::size_t index) const { return item(index, count()); }

Bytes JsonbReader::key(std::size_t index) const { return item(index, 2 * count()).payload_; }

JsonbReader JsonbReader::value(std::size_t index) const {
  return item(count() + index, 2 * count());
}

std::optional<JsonbReader> JsonbReader::find(Bytes key) const {
  const auto index = find_index(key);
  return index.has_value() ? std::optional(value(*index)) : std::nullopt;
}

std::optional<std::size_t> JsonbReader::find_index(Bytes key) const {
  if (!is_object()) return std::nullopt;
  std::size_t begin = 0;
  std::size_t end = count();
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    const int order = compare_json_keys(this->key(middle), key);
    if (order == 0) return middle;
    if (order < 0) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return std::nullopt;
}

int compare_json_keys(Bytes left, Bytes right) {
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  return left.compare(right);
}

Value copy_jsonb(JsonbReader value, Arena& arena) {
  const Bytes payload = value.payload();
  char* const out = arena.allocate(payload.size() + 1);
  out[0] = static_cast<char>(value.kind());
  copy_bytes(out + 1, payload);
  return Value::of_bytes({out, payload.size() + 1});
}

void JsonbBuilder::fail(ErrorCode code, const char* message) {
  if (!error_.has_value()) error_ = Error(code, message);
  open_.clear();
  closed_.clear();
  frames_.clear();
}

void JsonbBuilder::push(const Node& node) {
  if (failed()) return;
  // Short text may spell long numbers, so what they take is watched before they meet.
  const bool is_too_large =
      open_.size() + closed_.size() >= kNodesMax || scratch_.used_bytes() > kJsonbBytesMax;
  if (is_too_large) return fail(ErrorCode::LimitExceeded, kTooLarge);
  open_.push_back(node);
}

void JsonbBuilder::add_scalar(JsonKind kind, Bytes payload) {
  if (payload.size() > kJsonbBytesMax) {
    return fail(ErrorCode::LimitExceeded, "string too long to represent as jsonb string");
  }
  push(Node(kind, payload));
}

void JsonbBuilder::add(JsonbReader value) {
  const int depth = value.depth();
  if (static_cast<int>(frames_.size()) + depth > kJsonDepthMax) {
    return fail(ErrorCode::TooComplex, "stack depth limit exceeded");
  }
  Node node(value.kind(), value.payload());
  node.depth = static_cast<std::uint16_t>(depth);
  push(node);
}

void JsonbBuilder::begin(JsonKind kind) {
  if (failed()) return;
  if (frames_.size() >= kJsonDepthMax) {
    return fail(ErrorCode::TooComplex, "stack depth limit exceeded");
  }
  frames_.push_back({open_.size(), kind});
}

void JsonbBuilder::sort_members(std::size_t first) {
  const std::size_t count = (open_.size() - first) / 2;
  const auto key = [&](std::size_t index) { return open_[first + 2 * index].payload(); };
  bool is_sorted = true;
  for (std::size_t i = 1; is_sorted && i < count; ++i) {
    is_sorted = compare_json_keys(key(i - 1), key(i)) < 0;
  }
  if (is_sorted) return;
  std::vector<Member> members(count);
  for (std::size_t i = 0; i < count; ++i) {
    members[i] = {open_[first + 2 * i], open_[first + 2 * i + 1]};
  }
  std::stable_sort(members.begin(), members.end(), [](const Member& left, const Member& right) {
    return compare_json_keys(left.key.payload(), right.key.payload()) < 0;
  });
  open_.resize(first);
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_overridden =
        i + 1 < count && members[i].key.payload() == members[i + 1].key.payload();
    if (is_overridden) continue;
    open_.push_back(members[i].key);
    open_.push_back(members[i].value);
  }
}

void JsonbBuilder::end() {
  if (failed()) return;
  LK_ASSERT(!frames_.empty());
  const Frame frame = frames_.back();
  frames_.pop_back();
  if (frame.kind == JsonKind::Object) {
    LK_ASSERT((open_.size() - frame.first) % 2 == 0);
    sort_members(frame.first);
  }
  push(close(frame));
}

JsonbBuilder::Node JsonbBuilder::close(const Frame& frame) {
  const std::size_t child_count = open_.size() - frame.first;
  const std::size_t stride = frame.kind == JsonKind::Object ? 2 : 1;
  Node node;
  node.kind = frame.kind;
  node.is_built = true;
  node.children = {static_cast<std::uint32_t>(closed_.size()),
                   static_cast<std::uint32_t>(child_count)};
  std::uint64_t size = kContainerHeadBytes + child_count * kEntryBytes;
  for (std::size_t start = 0; start < stride; ++start) {
    for (std::size_t i = start; i < child_count; i += stride) {
      const Node& child = open_[frame.first + i];
      closed_.push_back(child);
      size += child.size;
      node.depth = std::max(node.depth, child.depth);
    }
  }
  ++node.depth;
  open_.resize(frame.first);
  if (size > kJsonbBytesMax) fail(ErrorCode::LimitExceeded, kTooLarge);
  node.size = static_cast<std::uint32_t>(size);
  return node;
}

char* JsonbBuilder::write(const Node& node, char* out) const {
  if (!node.is_built) {
    copy_bytes(out, node.payload());
    return out + node.size;
  }
  const auto [first, child_count] = node.children;
  const bool is_object = node.kind == JsonKind::Object;
  store(out, static_cast<std::uint32_t>(is_object ? child_count / 2 : child_count));
  store(out + sizeof(std::uint32_t), node.depth);
  char* entry = out + kContainerHeadBytes;
  char* item = entry + child_count * kEntryBytes;
  std::uint32_t end = 0;
  for (std::size_t i = first; i < std::size_t{first} + child_count; ++i) {
    end += closed_[i].size;
    store(entry, entry_of(closed_[i].kind, end));
    entry += kEntryBytes;
    item = write(closed_[i], item);
  }
  return item;
}

Result<Value> JsonbBuilder::finish(Arena& arena) {
  if (failed()) {
    Error failure = std::move(*error_);
    error_.reset();
    scratch_.reset();
    return failure;
  }
  LK_ASSERT(frames_.empty());
  LK_ASSERT(open_.size() == 1);
  const Node root = open_.front();
  char* const out = arena.allocate(std::size_t{root.size} + 1);
  out[0] = static_cast<char>(root.kind);
  const char* const end = write(root, out + 1);
  LK_ASSERT(end == out + 1 + root.size);
  open_.clear();
  closed_.clear();
  scratch_.reset();
  return Value::of_bytes({out, std::size_t{root.size} + 1});
}

}  // namespace latchkey::sql
