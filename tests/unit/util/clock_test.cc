// SPDX-License-Identifier: MIT
#include "util/clock.h"

#include "catch.h"

using namespace gateway;

TEST_CASE("a timestamp is RFC 3339 in UTC with milliseconds", "[util]") {
  CHECK(utc_timestamp(0) == "1970-01-01T00:00:00.000Z");
  CHECK(utc_timestamp(1'769'860'800'007) == "2026-01-31T12:00:00.007Z");
  CHECK(utc_timestamp(1'709'251'199'999) == "2024-02-29T23:59:59.999Z");
}

TEST_CASE("the monotonic clock does not go back", "[util]") {
  const auto before = monotonic_us();
  CHECK(monotonic_us() >= before);
  CHECK(before > 0);
}

TEST_CASE("the wall clock counts milliseconds since 1970", "[util]") {
  CHECK(unix_ms() > 1'700'000'000'000);
  CHECK(unix_ms() < 32'503'680'000'000);
}
