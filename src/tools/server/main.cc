#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "env/machine.h"
#include "tools/server/run.h"
#include "tools/server/serve.h"

int main(int argument_count, char** arguments) {
  const std::vector<std::string> after_name(arguments + (argument_count > 0 ? 1 : 0),
                                            arguments + argument_count);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);

  const latchkey::server::Machine machine = {latchkey::env::total_memory_bytes(),
                                             latchkey::env::processor_count()};
  return latchkey::server::run(
      after_name, variables,
      {*latchkey::env::posix().files, machine, std::cout, std::cerr, latchkey::server::serve});
}
