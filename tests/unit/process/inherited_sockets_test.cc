// SPDX-License-Identifier: MIT
#include "process/inherited_sockets.h"

#include <unistd.h>

#include <cstdlib>

#include "catch.h"

using namespace gateway;

TEST_CASE("without variables, or with those of another process, there are no sockets",
          "[process]") {
  CHECK(take_inherited_sockets()->empty());
  setenv("LISTEN_PID", "1", 1);
  setenv("LISTEN_FDS", "1", 1);
  CHECK(take_inherited_sockets()->empty());
  CHECK(std::getenv("LISTEN_PID") == nullptr);
  CHECK(std::getenv("LISTEN_FDS") == nullptr);
}

TEST_CASE("a number of sockets that is none is an error", "[process]") {
  for (const char* count : {"", "x", "-1", "99999999"}) {
    CAPTURE(count);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", count, 1);
    CHECK_FALSE(take_inherited_sockets());
  }
}
