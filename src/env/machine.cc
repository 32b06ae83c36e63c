#include "env/machine.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace latchkey::env {
namespace {

constexpr std::uint64_t kMemoryIfUnknown = std::uint64_t{1} << 30;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The whitespace-separated words of a file's first line; none if it cannot be read.
std::vector<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::uint64_t machine_memory_bytes(const std::string& root) {
  std::ifstream file(root + "/proc/meminfo");
  for (std::string name, number, unit; file >> name >> number; std::getline(file, unit)) {
    if (name != "MemTotal:") continue;
    return parse_number(number).value_or(kMemoryIfUnknown / 1024) * 1024;
  }
  return kMemoryIfUnknown;
}

/// The path of this process's group in the hierarchy that `controller` lives in; "" is the second
/// version's only one. Lines read "id:controllers:path".
std::optional<std::string> group_path(const std::string& root, std::string_view controller) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream controllers(line.substr(first + 1, second - first - 1) + ",");
    for (std::string name; std::getline(controllers, name, ',');) {
      if (name == controller) return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

/// Calls `visit` with the directory of the group and of each group around it. A container often
/// sees its own group as the mount's top, so the top counts even if the path below it is missing.
void for_each_group(const std::string& mount, std::string path,
                    const std::function<void(const std::string&)>& visit) {
  for (;;) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    visit(mount + path);
    if (path.empty()) return;
    path.erase(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

std::uint64_t group_memory_bytes(const std::string& root) {
  std::uint64_t least = ~std::uint64_t{0};
  const auto consider = [&](const std::string& file) {
    const std::vector<std::string> words = first_line(file);  // "max" where there is no limit
    if (!words.empty()) least = std::min(least, parse_number(words[0]).value_or(least));
  };
  if (const auto path = group_path(root, "")) {
    for_each_group(root + "/sys/fs/cgroup", *path,
                   [&](const std::string& group) { consider(group + "/memory.max"); });
  }
  if (const auto path = group_path(root, "memory")) {
    for_each_group(root + "/sys/fs/cgroup/memory", *path,
                   [&](const std::string& group) { consider(group + "/memory.limit_in_bytes"); });
  }
  return least == 0 ? ~std::uint64_t{0} : least;
}

std::uint64_t group_processors(const std::string& root) {
  std::uint64_t least = ~std::uint64_t{0};
  const auto consider = [&](std::optional<std::uint64_t> quota,
                            std::optional<std::uint64_t> period) {
    if (!quota || !period || *quota == 0 || *period == 0) return;
    least = std::min(least, (*quota - 1) / *period + 1);
  };
  if (const auto path = group_path(root, "")) {
    for_each_group(root + "/sys/fs/cgroup", *path, [&](const std::string& group) {
      const std::vector<std::string> words = first_line(group + "/cpu.max");
      if (words.size() == 2) consider(parse_number(words[0]), parse_number(words[1]));
    });
  }
  if (const auto path = group_path(root, "cpu")) {
    for_each_group(root + "/sys/fs/cgroup/cpu", *path, [&](const std::string& group) {
      const std::vector<std::string> quota = first_line(group + "/cpu.cfs_quota_us");  // -1: none
      const std::vector<std::string> period = first_line(group + "/cpu.cfs_period_us");
      if (quota.size() == 1 && period.size() == 1) {
        consider(parse_number(quota[0]), parse_number(period[0]));
      }
    });
  }
  return least;
}

std::uint64_t processors_to_run_on() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return static_cast<std::uint64_t>(std::max(1, CPU_COUNT(&allowed)));
}

}  // namespace

std::uint64_t total_memory_bytes(const MachineFiles& files) {
  return std::min(machine_memory_bytes(files.root), group_memory_bytes(files.root));
}

std::uint32_t processor_count(const MachineFiles& files) {
  return static_cast<std::uint32_t>(std::min(processors_to_run_on(), group_processors(files.root)));
}

}  // namespace latchkey::env
