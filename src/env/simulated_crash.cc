// What SimulatedDisk looks like after the power went: the choice of fates and what they do.

#include <algorithm>

#include "base/assert.h"
#include "env/simulated_disk.h"
#include "env/simulated_random.h"

namespace latchkey::env {

namespace {

/// A run of bytes within one write.
struct Part {
  std::size_t begin;
  std::size_t end;
};

/// The bytes of a torn write that reached the disk. Disks write sectors of 512 bytes or 4 KiB
/// whole; single bytes are finer than any disk, so that nothing comes to rely on sectors.
std::vector<Part> torn_parts(std::uint64_t offset, std::size_t length, Random& random) {
  constexpr std::uint64_t kGranules[] = {1, 512, 4096};
  const std::uint64_t granule = kGranules[below(random, std::size(kGranules))];
  const std::size_t cut = below(random, length + 1);
  if (granule == 1) {
    const std::size_t resume = cut + below(random, length - cut + 1);
    switch (below(random, 3)) {
      case 0:
        return {{0, cut}};
      case 1:
        return {{cut, resume}};
      default:
        return {{0, cut}, {resume, length}};
    }
  }
  const bool is_prefix = one_in(random, 2);
  std::vector<Part> parts;
  for (std::size_t begin = 0; begin < length;) {
    const std::size_t end =
        std::min<std::uint64_t>(length, begin + granule - (offset + begin) % granule);
    const bool is_kept = is_prefix ? end <= cut : one_in(random, 2);
    if (is_kept) parts.push_back({begin, end});
    begin = end;
  }
  return parts;
}

Fate draw_fate(Random& random) {
  constexpr Fate kFates[] = {Fate::Lost, Fate::Kept, Fate::Torn,
                             Fate::Torn, Fate::Torn, Fate::SizeOnly};
  return kFates[below(random, std::size(kFates))];
}

/// Independent coins alone would hardly ever lose one write of fifty, or keep one: the very
/// states in which a missing sync shows. So the shape of the loss is drawn first.
std::vector<Fate> draw_fates(std::size_t count, Random& random) {
  LK_ASSERT(count > 0);
  std::vector<Fate> fates(count, Fate::Lost);
  const std::size_t point = below(random, count);
  const auto point_index = static_cast<std::ptrdiff_t>(point);
  switch (below(random, 8)) {
    case 0:
      break;
    case 1:
      std::fill(fates.begin(), fates.end(), Fate::Kept);
      break;
    case 2:
    case 3:  // what came first is there
      std::fill(fates.begin(), fates.begin() + point_index, Fate::Kept);
      fates[point] = draw_fate(random);
      break;
    case 4:  // all but one, or a few
      std::fill(fates.begin(), fates.end(), Fate::Kept);
      fates[point] = one_in(random, 2) ? Fate::Lost : draw_fate(random);
      if (one_in(random, 2)) fates[below(random, count)] = Fate::Lost;
      break;
    case 5:  // only one, or a few
      fates[point] = Fate::Kept;
      if (one_in(random, 2)) fates[below(random, count)] = Fate::Kept;
      break;
    default: {
      const std::uint64_t kept_of_8 = below(random, 9);
      const std::uint64_t drawn_of_8 = below(random, 9);
      for (Fate& fate : fates) {
        fate = below(random, 8) < kept_of_8 ? Fate::Kept : Fate::Lost;
        if (below(random, 8) < drawn_of_8) fate = draw_fate(random);
      }
    }
  }
  return fates;
}

}  // namespace

void SimulatedDisk::apply_torn(const Change& change, SparseImage& image, Random& random) {
  if (change.kind == Change::Kind::Write) {
    const Bytes bytes = *change.bytes;
    for (const Part part : torn_parts(change.offset, bytes.size(), random)) {
      image.write(change.offset + part.begin, bytes.substr(part.begin, part.end - part.begin));
    }
    // The size is another block than the data, and goes its own way.
    const std::uint64_t end = change.offset + bytes.size();
    if (end > image.size() && one_in(random, 2)) image.resize(end);
  } else if (change.offset > image.size()) {
    image.resize(image.size() + below(random, change.offset - image.size() + 1));
  }
}

std::vector<SimulatedDisk::Unsynced> SimulatedDisk::unsynced() const {
  std::vector<Unsynced> all;
  for (const auto& [id, node] : nodes_) {
    if (node == nullptr) continue;
    for (const Change& change : node->changes) {
      if (change.state != State::Durable) all.push_back({change.sequence, &change, nullptr, id});
    }
  }
  for (const NameChange& change : name_changes_) {
    all.push_back({change.sequence, nullptr, &change, change.node});
  }
  std::sort(all.begin(), all.end(),
            [](const Unsynced& a, const Unsynced& b) { return a.sequence < b.sequence; });
  return all;
}

std::size_t SimulatedDisk::unsynced_count() const {
  std::size_t count = name_changes_.size();
  for (const auto& [id, node] : nodes_) {
    if (node == nullptr) continue;
    count += static_cast<std::size_t>(
        std::count_if(node->changes.begin(), node->changes.end(),
                      [](const Change& change) { return change.state != State::Durable; }));
  }
  return count;
}

SimulatedDisk SimulatedDisk::after_crash(Random& random) const {
  const std::size_t count = unsynced_count();
  return after_crash(count == 0 ? std::vector<Fate>() : draw_fates(count, random), random);
}

SimulatedDisk SimulatedDisk::after_crash(std::span<const Fate> fates, Random& random) const {
  const std::vector<Unsynced> operations = unsynced();
  LK_ASSERT(fates.size() == operations.size());
  std::map<std::uint64_t, Fate> fate_of;
  for (std::size_t i = 0; i < operations.size(); ++i) fate_of[operations[i].sequence] = fates[i];

  SimulatedDisk found;
  found.sequence_ = sequence_;
  found.last_node_ = last_node_;
  std::vector<bool> kept;
  for (const NameChange& change : name_changes_) {
    kept.push_back(fate_of.at(change.sequence) == Fate::Kept);
  }
  keep_what_it_builds_on(kept);
  Names names = durable_names_;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) apply(name_changes_[i], names);
  }

  // Down from the root: what stands in a directory that was lost is lost with it.
  std::vector<NodeId> directories = {kRoot};
  while (!directories.empty()) {
    const NodeId directory = directories.back();
    directories.pop_back();
    for (auto it = names.lower_bound(Place{directory, ""});
         it != names.end() && it->first.directory == directory; ++it) {
      const std::shared_ptr<FileNode>& node = nodes_.at(it->second);
      found.names_.insert(*it);
      found.nodes_.emplace(it->second, node);
      if (node == nullptr) directories.push_back(it->second);
    }
  }
  found.durable_names_ = found.names_;

  for (auto& [id, node] : found.nodes_) {
    if (node == nullptr || node->changes.empty()) continue;
    SparseImage image = node->durable;
    for (const Change& change : node->changes) {
      const Fate fate = change.state == State::Durable ? Fate::Kept : fate_of.at(change.sequence);
      if (fate == Fate::Kept) apply(change, image);
      if (fate == Fate::Torn) apply_torn(change, image, random);
      if (fate == Fate::SizeOnly && change.kind == Change::Kind::Write) {
        image.resize(std::max(image.size(), change.offset + change.bytes->size()));
      }
    }
    node = std::make_shared<FileNode>();
    node->mark = found.mark_.id();
    node->durable = image;
    node->current = std::move(image);
  }
  LK_ASSERT(found.unsynced_count() == 0);
  return found;
}

std::string SimulatedDisk::path_of(const Place& place) const {
  std::string path = place.name;
  for (NodeId directory = place.directory; directory != kRoot;) {
    const auto entry = std::find_if(names_.begin(), names_.end(), [directory](const auto& name) {
      return name.second == directory;
    });
    if (entry == names_.end()) return "(removed)/" + path;
    path = entry->first.name + "/" + path;
    directory = entry->first.directory;
  }
  return path;
}

std::string SimulatedDisk::describe(const Unsynced& operation) const {
  if (const NameChange* const change = operation.name_change) {
    switch (change->kind) {
      case NameChange::Kind::Link:
        return "create " + path_of(change->place);
      case NameChange::Kind::Unlink:
        return "remove " + path_of(change->place);
      case NameChange::Kind::Rename:
        return "rename " + path_of(change->place) + " to " + path_of(*change->to);
    }
  }
  const auto entry = std::find_if(names_.begin(), names_.end(), [&operation](const auto& name) {
    return name.second == operation.node;
  });
  const std::string path = entry == names_.end() ? "(removed)" : path_of(entry->first);
  const Change& change = *operation.change;
  const std::string offset = std::to_string(change.offset);
  switch (change.kind) {
    case Change::Kind::Write:
      return "write " + path + " [" + offset + ", " +
             std::to_string(change.offset + change.bytes->size()) + ")";
    case Change::Kind::Truncate:
      return "truncate " + path + " to " + offset;
    case Change::Kind::Grow:
      return "grow " + path + " to " + offset;
  }
  LK_ASSERT(false);
  return {};
}

std::vector<std::string> SimulatedDisk::describe_unsynced() const {
  std::vector<std::string> lines;
  for (const Unsynced& operation : unsynced()) {
    lines.push_back(std::to_string(operation.sequence) + " " + describe(operation));
  }
  return lines;
}

}  // namespace latchkey::env
