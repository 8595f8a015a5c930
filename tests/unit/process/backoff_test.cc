// SPDX-License-Identifier: MIT
#include "process/backoff.h"

#include "catch.h"

using gateway::Backoff;
using gateway::Milliseconds;

TEST_CASE("workers that die young are started again later and later", "[process]") {
  Backoff backoff;
  for (const int expected : {0, 100, 200, 400, 800, 1600, 3200, 6400, 10'000, 10'000}) {
    CHECK(backoff.after(Milliseconds(9999)) == Milliseconds(expected));
  }
}

TEST_CASE("a worker that lived long is replaced at once, and the count starts again", "[process]") {
  Backoff backoff;
  CHECK(backoff.after(Milliseconds(0)) == Milliseconds(0));
  CHECK(backoff.after(Milliseconds(0)) == Milliseconds(100));
  CHECK(backoff.after(Milliseconds(0)) == Milliseconds(200));
  CHECK(backoff.after(Milliseconds(3'600'000)) == Milliseconds(0));
  CHECK(backoff.after(Milliseconds(0)) == Milliseconds(100));
}
