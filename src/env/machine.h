#pragma once

#include <cstdint>
#include <string>

namespace latchkey::env {

/// Where the kernel tells about the machine; tests put a directory of their own in front.
struct MachineFiles {
  std::string root;  ///< in front of /proc and /sys; empty for the real ones
};

/// The memory that this process may use: the machine's, or its control group's limit if less.
///
/// Threads: any.
/// Returns: never zero; 1 GiB if nothing can be read.
std::uint64_t total_memory_bytes(const MachineFiles& files = {});

/// How many processors this process may keep busy: those it may run on, or its control group's
/// share of them rounded up if less.
///
/// Threads: any.
/// Returns: never zero.
std::uint32_t processor_count(const MachineFiles& files = {});

}  // namespace latchkey::env
