#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/crash/workloads.h"

namespace latchkey::crash {

struct ExplorerOptions {
  std::uint64_t seed = 1;
  std::uint64_t states = 1200;  ///< at least; the run that reaches them is finished
  /// Only this run, moment and draw, as a failure names them.
  struct Replay {
    std::uint64_t run_seed = 0;
    std::size_t moment = 0;
    std::size_t draw = 0;
  };
  std::optional<Replay> replay;
};

struct Exploration {
  std::uint64_t states = 0;  ///< disks drawn after a crash of a workload
  std::uint64_t recoveries =
      0;  ///< starts on these, on crashes in the middle of such starts and behind them
  std::uint64_t moments = 0;
  std::uint64_t moments_drawn_only = 0;  ///< exhaustive: too many operations to try every fate
  std::optional<std::string> violation;  ///< the first, with the words that replay it
};

/// Runs a workload again and again, takes the disk before every operation that changes it, draws
/// what a power cut then could leave, and starts there.
///
/// Each start must show a prefix of the commits that holds all acknowledged ones; so must a start
/// after a second crash in the middle of that start, and one after that start, and both must show
/// the same prefix. From some of them the workload goes on, and is explored in turn.
Exploration explore(const Workload& workload, const ExplorerOptions& options);

/// The same with every fate of every unsynced operation where these are few enough.
Exploration explore_every_fate(const Workload& workload, const ExplorerOptions& options);

}  // namespace latchkey::crash
