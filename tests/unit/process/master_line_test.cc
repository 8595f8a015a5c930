// SPDX-License-Identifier: MIT
#include "process/master_line.h"

#include <unistd.h>

#include <array>

#include "catch.h"

using namespace gateway;

TEST_CASE("a master without another one knows of none", "[process]") {
  const MasterLine none;
  none.leave();
  CHECK_FALSE(none.other_serves());
}

TEST_CASE("each of two masters knows until when the other serves", "[process]") {
  auto line = MasterLine::make();
  REQUIRE(line);
  auto& [old, young] = *line;
  CHECK(old.other_serves());
  CHECK(young.other_serves());
  SECTION("one leaves") {
    old.leave();
    CHECK_FALSE(young.other_serves());
    CHECK(old.other_serves());
  }
  SECTION("both do") {
    young.leave();
    old.leave();
    CHECK_FALSE(old.other_serves());
    CHECK_FALSE(young.other_serves());
  }
  SECTION("one dies") {
    young = {};
    CHECK_FALSE(old.other_serves());
  }
  SECTION("what one says along it changes nothing") {
    REQUIRE(write(young.end(), "ready\n", 6) == 6);
    CHECK(old.other_serves());
    std::array<char, 16> said{};
    CHECK(read(old.end(), said.data(), said.size()) == 6);
    CHECK(old.other_serves());
  }
}
