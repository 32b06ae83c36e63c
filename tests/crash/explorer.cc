#include "tests/crash/explorer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/assert.h"

namespace latchkey::crash {

using env::Fate;
using env::Operation;
using env::OperationKind;
using env::SimulatedDisk;
using env::SimulatedEnv;
using env::SimulatedRandom;

namespace {

/// How deep crashes follow on crashes, with work in between.
constexpr int kDepthMax = 3;
constexpr std::uint64_t kOneChainIn = 12;
constexpr std::size_t kMomentsOfChain = 5;
/// Up to so many combinations of fates are tried one by one.
constexpr std::uint64_t kCombinationsMax = 256;

struct Moment {
  SimulatedDisk disk;
  Promise promise;
  std::string before;  ///< the operation that was about to be done
};

bool changes_something(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::Open:
    case OperationKind::Read:
    case OperationKind::Size:
    case OperationKind::Exists:
    case OperationKind::List:
    case OperationKind::Lock:
      return false;
    default:
      return true;
  }
}

/// A process that is killed leaves its cache behind: the next start finds what no sync has reached.
enum class Stop : std::uint8_t { PowerCut, Kill };

/// One run of a workload and the disks on its way.
struct Run {
  std::vector<Moment> moments;
  std::optional<std::string> violation;
};

Run run_workload(const Workload& workload, SimulatedEnv& machine, std::uint64_t seed,
                 ModelState base) {
  Run run;
  Session session(machine, {workload.durability}, seed, std::move(base));
  machine.files.set_before_operation([&](const Operation& operation) {
    // What a promise says may change with an operation that changes nothing: see CleanStop.
    Promise promise = session.promise_before(operation);
    if (changes_something(operation)) {
      run.moments.push_back({machine.files.snapshot(), std::move(promise), describe(operation)});
    }
  });
  Result<void> outcome = session.open();
  if (outcome) outcome = workload.run(session);
  machine.files.set_before_operation(nullptr);
  run.moments.push_back({machine.files.snapshot(), session.promise(), "the end of the run"});
  run.violation = session.violation();
  if (!outcome && !run.violation.has_value())
    run.violation = "without a crash: " + outcome.error().message();
  return run;
}

class Explorer {
 public:
  Explorer(const Workload& workload, const ExplorerOptions& options)
      : workload_(workload), options_(options) {}

  Exploration run();
  Exploration run_every_fate();

 private:
  void explore_run(std::uint64_t run_seed);
  std::optional<std::string> check_state(const Moment& moment, const SimulatedDisk& disk, Stop stop,
                                         SimulatedRandom& random, int depth);
  std::optional<std::string> check_found(const Promise& promise, Finding& found) const;
  std::optional<std::string> check_chain(SimulatedEnv& machine, const ModelState& base,
                                         SimulatedRandom& random, int depth);
  void check_every_fate(const Moment& moment, std::size_t index);
  void fail(const Moment& moment, std::size_t index, std::size_t draw,
            const std::string& violation);

  const Workload& workload_;
  const ExplorerOptions& options_;
  std::uint64_t run_seed_ = 0;
  Exploration out_;
};

void Explorer::fail(const Moment& moment, std::size_t index, std::size_t draw,
                    const std::string& violation) {
  std::string text =
      "crash before " + moment.before + ": " + violation + "\n  unsynced at that moment:\n";
  for (const std::string& line : moment.disk.describe_unsynced()) text += "    " + line + "\n";
  text += "  replay: crash_explorer_test --gtest_filter='*/" + std::string(workload_.name) +
          "' --replay " + std::to_string(run_seed_) + "." + std::to_string(index) + "." +
          std::to_string(draw);
  out_.violation = text;
}

std::optional<std::string> Explorer::check_found(const Promise& promise, Finding& found) const {
  if (found.violation.has_value()) return found.violation;
  if (workload_.check != nullptr) return workload_.check(promise.oracle->state(found.commits));
  return std::nullopt;
}

/// Starts on a disk that a stop left, crashes in the middle of that and behind it, and goes on.
std::optional<std::string> Explorer::check_state(const Moment& moment, const SimulatedDisk& disk,
                                                 Stop stop, SimulatedRandom& random, int depth) {
  SimulatedEnv machine(random.next(), disk);
  // A start must not depend on the clock: it may have been set back, or the machine been off for
  // long.
  if (env::one_in(random, 4))
    machine.clock.set_wall_ms(static_cast<std::int64_t>(random.next() % 4'000'000'000'000));
  std::optional<SimulatedDisk> in_the_middle;
  std::uint64_t operations_until = 1 + env::below(random, 30);
  machine.files.set_before_operation([&](const Operation& operation) {
    if (!changes_something(operation) || operations_until == 0) return;
    in_the_middle = machine.files.snapshot();
    --operations_until;
  });
  Promise promise = moment.promise;
  if (stop == Stop::Kill) promise.least = promise.least_to_kill;
  Finding first = find_again(machine, {workload_.durability}, promise);
  machine.files.set_before_operation(nullptr);
  ++out_.recoveries;
  if (auto violation = check_found(promise, first))
    return (stop == Stop::Kill ? "the process is killed, the power does not go: " : "") +
           *violation;
  first.engine.reset();

  // What was shown once must stay.
  Promise shown = moment.promise;
  shown.least = shown.most = first.commits;
  if (shown.clean == CleanStop::Sure) shown.clean = CleanStop::Possible;
  if (in_the_middle.has_value() && env::one_in(random, 2)) {
    // A start after a kill has not made anything safe before it is over.
    if (stop == Stop::Kill) shown.least = moment.promise.least;
    SimulatedEnv again(random.next(), in_the_middle->after_crash(random));
    Finding found = find_again(again, {workload_.durability}, shown);
    ++out_.recoveries;
    if (auto violation = check_found(shown, found))
      return "a second crash in the middle of the start: " + *violation;
  }
  shown.clean = CleanStop::No;
  shown.least = first.commits;
  if (env::one_in(random, 2)) {
    SimulatedEnv again(random.next(), machine.files.snapshot().after_crash(random));
    Finding found = find_again(again, {workload_.durability}, shown);
    ++out_.recoveries;
    if (auto violation = check_found(shown, found))
      return "a second crash behind the start: " + *violation;
  }
  if (depth >= kDepthMax || !env::one_in(random, kOneChainIn)) return std::nullopt;
  ModelState base = moment.promise.oracle->state(first.commits);
  base.empty_unlogged_trees();
  return check_chain(machine, base, random, depth);
}

/// The workload goes on where a crash has left it, and crashes again.
std::optional<std::string> Explorer::check_chain(SimulatedEnv& machine, const ModelState& base,
                                                 SimulatedRandom& random, int depth) {
  const Run run = run_workload(workload_, machine, random.next(), base);
  if (run.violation.has_value()) return "after going on behind a crash: " + *run.violation;
  for (std::size_t i = 0; i < kMomentsOfChain; ++i) {
    const Moment& moment = run.moments[env::below(random, run.moments.size())];
    const auto violation =
        check_state(moment, moment.disk.after_crash(random), Stop::PowerCut, random, depth + 1);
    if (violation.has_value())
      return "crash " + std::to_string(depth + 1) + " before " + moment.before + ": " + *violation;
  }
  return std::nullopt;
}

void Explorer::explore_run(std::uint64_t run_seed) {
  run_seed_ = run_seed;
  SimulatedEnv machine(run_seed);
  const Run run = run_workload(workload_, machine, run_seed, {});
  out_.moments += run.moments.size();
  for (std::size_t index = 0; index < run.moments.size(); ++index) {
    const Moment& moment = run.moments[index];
    const std::size_t draws = std::min<std::size_t>(1 + moment.disk.unsynced_count(), 4);
    for (std::size_t draw = 0; draw <= draws; ++draw) {
      if (options_.replay.has_value() &&
          (index != options_.replay->moment || draw != options_.replay->draw))
        continue;
      SimulatedRandom random(env::mix64(env::mix64(run_seed * 1'000'003 + index) + draw));
      const bool kill = draw == draws;
      const SimulatedDisk disk = kill ? moment.disk : moment.disk.after_crash(random);
      const auto violation =
          check_state(moment, disk, kill ? Stop::Kill : Stop::PowerCut, random, 1);
      ++out_.states;
      if (violation.has_value()) return fail(moment, index, draw, *violation);
    }
  }
  if (run.violation.has_value())
    fail(run.moments.back(), run.moments.size() - 1, 0, *run.violation);
}

Exploration Explorer::run() {
  if (options_.replay.has_value()) {
    explore_run(options_.replay->run_seed);
    return out_;
  }
  for (std::uint64_t i = 0; out_.states < options_.states && !out_.violation.has_value(); ++i) {
    explore_run(options_.seed * 1'000'000 + i);
  }
  return out_;
}

void Explorer::check_every_fate(const Moment& moment, std::size_t index) {
  constexpr Fate kFates[] = {Fate::Lost, Fate::Kept, Fate::Torn, Fate::SizeOnly};
  const std::size_t count = moment.disk.unsynced_count();
  std::size_t kinds = std::size(kFates);
  while (kinds > 2 && std::pow(kinds, count) > static_cast<double>(kCombinationsMax)) --kinds;
  const bool all = std::pow(kinds, count) <= static_cast<double>(kCombinationsMax);
  const auto combinations =
      all ? static_cast<std::uint64_t>(std::pow(kinds, count)) : kCombinationsMax;
  if (!all) ++out_.moments_drawn_only;
  for (std::uint64_t combination = 0; combination < combinations && !out_.violation.has_value();
       ++combination) {
    SimulatedRandom random(env::mix64(env::mix64(run_seed_ * 1'000'003 + index) + combination));
    std::vector<Fate> fates;
    for (std::uint64_t rest = combination; fates.size() < count; rest /= kinds)
      fates.push_back(kFates[rest % kinds]);
    const SimulatedDisk disk =
        all ? moment.disk.after_crash(fates, random) : moment.disk.after_crash(random);
    const auto violation = check_state(moment, disk, Stop::PowerCut, random, kDepthMax);
    ++out_.states;
    if (violation.has_value()) fail(moment, index, combination, *violation);
  }
}

Exploration Explorer::run_every_fate() {
  run_seed_ = options_.seed;
  SimulatedEnv machine(run_seed_);
  const Run run = run_workload(workload_, machine, run_seed_, {});
  out_.moments = run.moments.size();
  for (std::size_t index = 0; index < run.moments.size() && !out_.violation.has_value(); ++index) {
    check_every_fate(run.moments[index], index);
  }
  if (run.violation.has_value() && !out_.violation.has_value())
    fail(run.moments.back(), run.moments.size() - 1, 0, *run.violation);
  return out_;
}

}  // namespace

Exploration explore(const Workload& workload, const ExplorerOptions& options) {
  return Explorer(workload, options).run();
}

Exploration explore_every_fate(const Workload& workload, const ExplorerOptions& options) {
  return Explorer(workload, options).run_every_fate();
}

}  // namespace latchkey::crash
