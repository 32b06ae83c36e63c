#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

namespace latchkey::bench {

/// The processor time that all threads of a process have used, user and system together, in
/// nanoseconds; nothing when the kernel does not say. /proc/PID/stat tells the same in steps of
/// 10 ms, which is too coarse for a run of a second.
///
/// Known limit: the time of threads that ended before the call is missing.
inline std::optional<std::uint64_t> process_cpu_ns(int process_id) {
  std::error_code failed;
  const std::filesystem::path tasks("/proc/" + std::to_string(process_id) + "/task");
  std::uint64_t sum_ns = 0;
  std::size_t threads = 0;
  for (const auto& task : std::filesystem::directory_iterator(tasks, failed)) {
    std::ifstream in(task.path() / "schedstat");
    std::uint64_t running_ns = 0;
    if (!(in >> running_ns)) continue;
    sum_ns += running_ns;
    ++threads;
  }
  if (failed || threads == 0) return std::nullopt;
  return sum_ns;
}

/// The processor time that everything on this machine has used, in nanoseconds and steps of 10 ms:
/// what is left of it without server and generator is the noise of a run.
inline std::uint64_t machine_cpu_ns() {
  std::ifstream in("/proc/stat");
  std::string name;
  in >> name;
  std::uint64_t sum = 0;
  std::uint64_t ticks = 0;
  // user, nice, system, idle, iowait, irq, softirq; what the hypervisor took is noise as well.
  for (int column = 0; column < 8 && in >> ticks; ++column) {
    if (column != 3 && column != 4) sum += ticks;
  }
  return sum * 10'000'000;
}

/// Resident memory of a process in bytes; 0 when there is none.
inline std::uint64_t resident_bytes(const std::string& process = "self") {
  std::ifstream in("/proc/" + process + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

}  // namespace latchkey::bench
