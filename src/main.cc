// SPDX-License-Identifier: MIT
//
// The program: the command line decides what runs.
#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <utility>

#include "cli/commands.h"
#include "cli/control.h"
#include "cli/explain.h"
#include "cli/healthcheck.h"
#include "cli/options.h"
#include "cli/top.h"
#include "config/load.h"
#include "config/report.h"
#include "example/service.h"
#include "explain/config_tests.h"
#include "process/master.h"
#include "process/title.h"

namespace {

// A descriptor 0, 1 or 2 that the caller closed would be given to the next thing that is opened: a
// log line could then end in an event queue or a socket.
void open_standard_streams() {
  int fd = 0;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace gateway;
  constexpr int kUsageError = 2;
  open_standard_streams();

  const Invocation invocation = invocation_of(argc, argv);
  const auto options = cli::parse_command_line(argc, argv);
  if (!options) {
    cli::complain(options.error().message + "\ntry api-gateway --help");
    return kUsageError;
  }
  prepare_title(argc, argv);
  const auto load = [&options] { return load_config(options->config, process_environment()); };
  const auto load_tested = [&load] {
    auto loaded = load();
    if (!loaded) return loaded;
    const Status tests = explain::run_tests(*loaded);
    return tests ? std::move(loaded) : tests.error();
  };
  switch (options->mode) {
    case cli::Mode::Run:
      return run_master({options->runtime, load_tested, config_file(options->config), invocation,
                         options->is_daemon});
    case cli::Mode::Print: std::cout << options->text; return 0;
    case cli::Mode::Schema: std::cout << schema_text(); return 0;
    case cli::Mode::Dump: return cli::dump_configuration(load());
    case cli::Mode::Test: return cli::test_configuration(load_tested());
    case cli::Mode::Control:
      return cli::run_control(options->runtime, options->command, options->as_json);
    case cli::Mode::Explain: return cli::run_explain(load(), options->request, options->style);
    case cli::Mode::Top: return cli::run_top(options->top);
    case cli::Mode::Healthcheck:
      return cli::run_healthcheck(load(), {options->config, options->runtime});
    case cli::Mode::ExampleService: return example::run({options->listen, options->name});
  }
  return kUsageError;
}
