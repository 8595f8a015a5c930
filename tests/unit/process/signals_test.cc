// SPDX-License-Identifier: MIT
#include "process/signals.h"

#include <set>

#include "catch.h"

using namespace gateway;

TEST_CASE("no signal and no command has two meanings", "[process]") {
  std::set<int> numbers;
  std::set<std::string_view> commands;
  for (const SignalMeaning& row : kSignals) {
    CAPTURE(row.name);
    CHECK(numbers.insert(row.number).second);
    if (!row.command.empty()) CHECK(commands.insert(row.command).second);
  }
  CHECK(commands == std::set<std::string_view>{"quit", "reload", "reopen", "stop"});
}

TEST_CASE("the master tells workers to drain with QUIT and to stop with INT", "[process]") {
  CHECK(signal_for(SignalAction::GracefulStop) == SIGQUIT);
  CHECK(signal_for(SignalAction::FastStop) == SIGINT);
  CHECK(signal_for(SignalAction::Reopen) == SIGUSR1);
}

TEST_CASE("workers act on what may be meant for one of them", "[process]") {
  CHECK(is_for_workers(SignalAction::GracefulStop));
  CHECK(is_for_workers(SignalAction::Reopen));
  CHECK_FALSE(is_for_workers(SignalAction::Reload));
  CHECK_FALSE(is_for_workers(SignalAction::Upgrade));
  CHECK_FALSE(is_for_workers(SignalAction::Rest));
}

TEST_CASE("a broken pipe is not among the handled signals", "[process]") {
  const sigset_t handled = handled_signals();
  CHECK(sigismember(&handled, SIGTERM) == 1);
  CHECK(sigismember(&handled, SIGCHLD) == 1);
  CHECK(sigismember(&handled, SIGPIPE) == 0);
}
