#pragma once

#include <functional>
#include <ostream>
#include <span>
#include <string>

#include "env/env.h"
#include "tools/server/config.h"

namespace latchkey::server {

/// The world around one run of the program; tests give their own.
struct Surroundings {
  env::FileSystem& files;
  Machine machine;
  std::ostream& out;
  std::ostream& err;
  /// Serves clients until the process is told to stop.
  std::function<Result<void>(const Configuration&)> serve;
};

/// The whole program: reads the arguments (after the program's name) and the environment
/// ("NAME=value"), does what they ask and returns the exit code.
int run(std::span<const std::string> arguments, std::span<const std::string> variables,
        const Surroundings& surroundings);

}  // namespace latchkey::server
