#pragma once

#include <ostream>
#include <span>
#include <string_view>

#include "tests/crash/session.h"

namespace latchkey::crash {

/// A short run of random writes that begins on any state its like has left behind.
struct Workload {
  std::string_view name;
  std::string_view stresses;
  storage::Durability durability;
  /// Requires: the session is open. Ends early when it has a violation or an error.
  Result<void> (*run)(Session& session);
  /// What holds after every commit, whatever else; null for nothing. Returns what does not hold.
  std::optional<std::string> (*check)(const ModelState& state) = nullptr;
};

/// How gtest names it.
inline void PrintTo(const Workload& workload, std::ostream* out) { *out << workload.name; }

std::span<const Workload> workloads();
/// A few operations only, so that every fate of every one of them can be tried.
std::span<const Workload> tiny_workloads();

}  // namespace latchkey::crash
