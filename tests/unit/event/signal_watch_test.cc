// SPDX-License-Identifier: MIT
#include "event/signal_watch.h"

#include <csignal>

#include "catch.h"

using namespace gateway;

TEST_CASE("a watch calls back from the loop, not from the signal", "[event]") {
  Loop loop;
  int calls = 0;
  const SignalWatch watch(loop, SIGUSR2, [&] { calls++; });
  raise(SIGUSR2);
  CHECK(calls == 0);
  loop.run_pending();
  CHECK(calls == 1);
}

TEST_CASE("each signal reaches its own watch only", "[event]") {
  Loop loop;
  int ours = 0;
  int others = 0;
  const SignalWatch watch(loop, SIGUSR1, [&] { ours++; });
  const SignalWatch other(loop, SIGUSR2, [&] { others++; });
  raise(SIGUSR1);
  loop.run_pending();
  CHECK(ours == 1);
  CHECK(others == 0);
}

TEST_CASE("the end of a watch brings the signal's disposition back", "[event]") {
  Loop loop;
  struct sigaction before {};
  struct sigaction after {};
  sigaction(SIGUSR2, nullptr, &before);
  {
    const SignalWatch watch(loop, SIGUSR2, [] {});
  }
  sigaction(SIGUSR2, nullptr, &after);
  CHECK(after.sa_handler == before.sa_handler);
}
