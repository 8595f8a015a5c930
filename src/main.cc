// SPDX-License-Identifier: MIT
//
// The program: the command line decides what runs.
#include <iostream>

#include "cli/commands.h"
#include "cli/healthcheck.h"
#include "cli/options.h"
#include "config/environment.h"
#include "example/service.h"
#include "process/master.h"

int main(int argc, char** argv) {
  using namespace gateway;
  constexpr int kUsageError = 2;

  const auto options = cli::parse_command_line(argc, argv);
  if (!options) {
    cli::complain(options.error().message + "\ntry api-gateway --help");
    return kUsageError;
  }
  const auto load = [] { return load_environment(process_environment()); };
  switch (options->mode) {
    case cli::Mode::Run: return run_master({options->runtime, load});
    case cli::Mode::Print: std::cout << options->text; return 0;
    case cli::Mode::Test: return cli::test_configuration(load());
    case cli::Mode::Signal: return cli::send_signal(options->runtime, options->signal);
    case cli::Mode::Healthcheck: return cli::run_healthcheck(load());
    case cli::Mode::ExampleService: return example::run({options->listen, options->name});
  }
  return kUsageError;
}
