// SPDX-License-Identifier: MIT
#include "event/fd_watch.h"

#include <unistd.h>

#include "catch.h"

using namespace gateway;

TEST_CASE("a descriptor calls while it has something to read, until it is stopped", "[event]") {
  Loop loop;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  int calls = 0;
  FdWatch watch(loop, ends[0], [&] {
    char byte = 0;
    calls += read(ends[0], &byte, 1) == 1 ? 1 : 100;
  });
  loop.run_pending();
  CHECK(calls == 0);
  REQUIRE(write(ends[1], "xy", 2) == 2);
  loop.run_pending();
  CHECK(calls == 2);
  watch.stop();
  REQUIRE(write(ends[1], "z", 1) == 1);
  loop.run_pending();
  CHECK(calls == 2);
  close(ends[0]);
  close(ends[1]);
}
