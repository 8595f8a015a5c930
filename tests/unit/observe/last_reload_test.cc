// SPDX-License-Identifier: MIT
#include "observe/last_reload.h"

#include <string>

#include "catch.h"

using namespace gateway;

TEST_CASE("before the first reload there is none", "[observe]") {
  const LastReload last;
  CHECK_FALSE(last.read());
}

TEST_CASE("the newest reload is told, nothing of the one before it", "[observe]") {
  LastReload last;
  const LastReload::Facts failed{false, 1, 1000, "gateway.json:1:2: wrong\n  two lines of it"};
  last.write(failed);
  CHECK(last.read() == failed);
  const LastReload::Facts fine{true, 2, 2000};
  last.write(fine);
  CHECK(last.read() == fine);
}

TEST_CASE("an error that is too long is cut", "[observe]") {
  LastReload last;
  last.write({false, 1, 1000, std::string(2 * LastReload::kLongestError, 'x')});
  CHECK(last.read()->error == std::string(LastReload::kLongestError, 'x'));
}
