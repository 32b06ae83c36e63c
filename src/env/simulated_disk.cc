#include "env/simulated_disk.h"

#include <algorithm>

#include "base/assert.h"

namespace latchkey::env {

namespace {

std::uint64_t whole_blocks(std::uint64_t bytes) {
  return (bytes + SparseImage::kBlockBytes - 1) / SparseImage::kBlockBytes *
         SparseImage::kBlockBytes;
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

}  // namespace

SimulatedDisk::SimulatedDisk() { nodes_.emplace(kRoot, nullptr); }

std::optional<NodeId> SimulatedDisk::find(const std::string& path) const {
  NodeId node = kRoot;
  for (const std::string& part : parts_of(path)) {
    const std::optional<NodeId> next = at(Place{node, part});
    if (!next) return std::nullopt;
    node = *next;
  }
  return node;
}

std::optional<Place> SimulatedDisk::place_of(const std::string& path) const {
  const std::vector<std::string> parts = parts_of(path);
  if (parts.empty()) return std::nullopt;
  Place place{kRoot, parts.back()};
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::optional<NodeId> next = at(Place{place.directory, parts[i]});
    if (!next || !is_directory(*next)) return std::nullopt;
    place.directory = *next;
  }
  return place;
}

std::optional<NodeId> SimulatedDisk::at(const Place& place) const {
  const auto found = names_.find(place);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

bool SimulatedDisk::is_directory(NodeId node) const {
  const auto found = nodes_.find(node);
  LK_ASSERT(found != nodes_.end());
  return found->second == nullptr;
}

std::vector<std::string> SimulatedDisk::names_in(NodeId directory) const {
  std::vector<std::string> names;
  for (auto it = names_.lower_bound(Place{directory, ""});
       it != names_.end() && it->first.directory == directory; ++it) {
    names.push_back(it->first.name);
  }
  return names;
}

NodeId SimulatedDisk::link_new(const Place& place, std::shared_ptr<FileNode> node) {
  LK_ASSERT(!at(place).has_value());
  LK_ASSERT(is_directory(place.directory));
  const NodeId id{++last_node_};
  nodes_.emplace(id, std::move(node));
  name_changes_.push_back(
      {NameChange::Kind::Link, State::Dirty, ++sequence_, id, place, std::nullopt});
  apply(name_changes_.back(), names_);
  return id;
}

NodeId SimulatedDisk::create_file(const Place& place) {
  auto node = std::make_shared<FileNode>();
  node->mark = mark_.id();
  return link_new(place, std::move(node));
}

NodeId SimulatedDisk::create_directory(const Place& place) { return link_new(place, nullptr); }

void SimulatedDisk::rename(const Place& from, const Place& to) {
  const std::optional<NodeId> node = at(from);
  LK_ASSERT(node.has_value());
  if (from == to) return;
  name_changes_.push_back({NameChange::Kind::Rename, State::Dirty, ++sequence_, *node, from, to});
  apply(name_changes_.back(), names_);
}

void SimulatedDisk::remove(const Place& place) {
  const std::optional<NodeId> node = at(place);
  LK_ASSERT(node.has_value());
  LK_ASSERT(names_in(*node).empty());
  name_changes_.push_back(
      {NameChange::Kind::Unlink, State::Dirty, ++sequence_, *node, place, std::nullopt});
  apply(name_changes_.back(), names_);
}

const SimulatedDisk::FileNode& SimulatedDisk::file(NodeId id) const {
  const auto found = nodes_.find(id);
  LK_ASSERT(found != nodes_.end());
  LK_ASSERT(found->second != nullptr);
  return *found->second;
}

SimulatedDisk::FileNode& SimulatedDisk::writable_file(NodeId id) {
  const auto found = nodes_.find(id);
  LK_ASSERT(found != nodes_.end());
  std::shared_ptr<FileNode>& node = found->second;
  LK_ASSERT(node != nullptr);
  if (node->mark != mark_.id()) {
    node = std::make_shared<FileNode>(*node);
    node->mark = mark_.id();
  }
  return *node;
}

std::uint64_t SimulatedDisk::size(NodeId id) const { return file(id).current.size(); }

std::size_t SimulatedDisk::read(NodeId id, std::uint64_t offset, std::span<char> out) const {
  return file(id).current.read(offset, out);
}

void SimulatedDisk::write(NodeId id, std::uint64_t offset, Bytes bytes) {
  add_change(id, Change::Kind::Write, offset, bytes);
}

void SimulatedDisk::truncate(NodeId id, std::uint64_t size_wanted) {
  add_change(id, Change::Kind::Truncate, size_wanted, {});
}

void SimulatedDisk::preallocate(NodeId id, std::uint64_t size_wanted) {
  add_change(id, Change::Kind::Grow, size_wanted, {});
}

void SimulatedDisk::add_change(NodeId id, Change::Kind kind, std::uint64_t offset, Bytes bytes) {
  FileNode& node = writable_file(id);
  Change change{kind, State::Dirty, ++sequence_, offset, nullptr};
  if (kind == Change::Kind::Write) change.bytes = std::make_shared<const std::string>(bytes);
  apply(change, node.current);
  node.changes.push_back(std::move(change));
}

void SimulatedDisk::apply(const Change& change, SparseImage& image) {
  switch (change.kind) {
    case Change::Kind::Write:
      image.write(change.offset, *change.bytes);
      return;
    case Change::Kind::Truncate:
      image.resize(change.offset);
      return;
    case Change::Kind::Grow:
      image.resize(std::max(image.size(), change.offset));
      return;
  }
}

void SimulatedDisk::apply(const NameChange& change, Names& names) {
  switch (change.kind) {
    case NameChange::Kind::Link:
      names[change.place] = change.node;
      return;
    case NameChange::Kind::Unlink:
      names.erase(change.place);
      return;
    case NameChange::Kind::Rename:
      names.erase(change.place);
      names[*change.to] = change.node;
      return;
  }
}

bool SimulatedDisk::touches(const NameChange& change, NodeId directory) {
  return change.place.directory == directory || (change.to && change.to->directory == directory);
}

void SimulatedDisk::sync_file(NodeId id, std::uint64_t sequence) {
  FileNode& node = writable_file(id);
  bool all_durable = true;
  for (Change& change : node.changes) {
    if (change.sequence <= sequence && change.state == State::Dirty) change.state = State::Durable;
    all_durable = all_durable && change.state == State::Durable;
  }
  if (all_durable) {
    node.durable = node.current;
    node.changes.clear();
    return;
  }
  // One that is not durable keeps its place: a later write over it must stay the later one.
  std::size_t settled = 0;
  while (node.changes[settled].state == State::Durable) {
    apply(node.changes[settled++], node.durable);
  }
  node.changes.erase(node.changes.begin(),
                     node.changes.begin() + static_cast<std::ptrdiff_t>(settled));
  LK_ASSERT(!node.changes.empty());
}

void SimulatedDisk::fail_sync_file(NodeId id, std::uint64_t sequence) {
  for (Change& change : writable_file(id).changes) {
    if (change.sequence <= sequence && change.state == State::Dirty) change.state = State::Lost;
  }
}

void SimulatedDisk::sync_directory(NodeId directory, std::uint64_t sequence) {
  std::vector<bool> settled(name_changes_.size());
  for (std::size_t i = 0; i < name_changes_.size(); ++i) {
    const NameChange& change = name_changes_[i];
    settled[i] =
        change.sequence <= sequence && change.state == State::Dirty && touches(change, directory);
  }
  keep_what_it_builds_on(settled);
  std::vector<NameChange> left;
  for (std::size_t i = 0; i < name_changes_.size(); ++i) {
    if (settled[i]) {
      apply(name_changes_[i], durable_names_);
    } else {
      left.push_back(std::move(name_changes_[i]));
    }
  }
  name_changes_ = std::move(left);
}

void SimulatedDisk::fail_sync_directory(NodeId directory, std::uint64_t sequence) {
  for (NameChange& change : name_changes_) {
    if (change.sequence <= sequence && touches(change, directory)) change.state = State::Lost;
  }
}

// Journals keep operations on one name in order, and a rename ties two names together; operations
// that share no name are free of each other.                                   (README, 4)
void SimulatedDisk::keep_what_it_builds_on(std::vector<bool>& kept) const {
  LK_ASSERT(kept.size() == name_changes_.size());
  std::set<Place> needed;
  for (std::size_t i = name_changes_.size(); i-- > 0;) {
    const NameChange& change = name_changes_[i];
    const bool is_needed =
        needed.contains(change.place) || (change.to && needed.contains(*change.to));
    if (!kept[i] && !is_needed) continue;
    kept[i] = true;
    needed.insert(change.place);
    if (change.to) needed.insert(*change.to);
  }
}

void SimulatedDisk::forget_unreachable(const std::set<NodeId>& opened) {
  std::set<NodeId> live = opened;
  live.insert(kRoot);
  for (const auto& [place, node] : names_) live.insert(node);
  for (const auto& [place, node] : durable_names_) live.insert(node);
  for (const NameChange& change : name_changes_) live.insert(change.node);
  std::erase_if(durable_names_,
                [&live](const auto& entry) { return !live.contains(entry.first.directory); });
  std::erase_if(nodes_, [&live](const auto& entry) { return !live.contains(entry.first); });
}

std::uint64_t SimulatedDisk::used_bytes(const std::set<NodeId>& opened) const {
  std::set<NodeId> counted = opened;
  for (const auto& [place, node] : names_) counted.insert(node);
  std::uint64_t used = 0;
  for (const NodeId node : counted) {
    if (!is_directory(node)) used += whole_blocks(size(node));
  }
  return used;
}

}  // namespace latchkey::env
