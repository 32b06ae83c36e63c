#pragma once

#include <dirent.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/time_zones.h"

namespace latchkey::test {

/// The time zone database of the machine that runs the tests.
inline ZoneLoader machine_zones() {
  const std::string directory = "/usr/share/zoneinfo/";
  ZoneLoader loader;
  loader.read = [directory](const std::string& path) -> Result<std::string> {
    std::ifstream file(directory + path, std::ios::binary);
    // A folder opens as a file does, and is found out by its first byte.
    if (!file.is_open() || file.peek() == std::ifstream::traits_type::eof())
      return Error(ErrorCode::FileMissing, path);
    return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  };
  loader.list = [directory](const std::string& path) -> Result<std::vector<std::string>> {
    DIR* const folder = opendir((directory + path).c_str());
    if (folder == nullptr) return Error(ErrorCode::FileMissing, path);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(folder)) names.emplace_back(entry->d_name);
    closedir(folder);
    return names;
  };
  return loader;
}

}  // namespace latchkey::test
