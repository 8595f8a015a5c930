// SPDX-License-Identifier: MIT
#include "example/arguments.h"

#include "catch.h"

namespace gateway::example {
namespace {

TEST_CASE("a parameter is found by its whole name", "[example]") {
  CHECK(parameter("?count=5&interval=1", "count") == "5");
  CHECK(parameter("?count=5&interval=1", "interval") == "1");
  CHECK(parameter("count=5", "count") == "5");
  CHECK(parameter("?count=", "count") == "");
  CHECK(parameter("?a=b=c", "a") == "b=c");
  CHECK(parameter("?count=1&count=2", "count") == "1");
  CHECK_FALSE(parameter("", "count"));
  CHECK_FALSE(parameter("?", "count"));
  CHECK_FALSE(parameter("?count", "count"));
  CHECK_FALSE(parameter("?discount=5", "count"));
}

TEST_CASE("seconds are decimal and at most an hour", "[example]") {
  CHECK(parse_seconds("0") == Milliseconds(0));
  CHECK(parse_seconds("2") == Milliseconds(2000));
  CHECK(parse_seconds("0.25") == Milliseconds(250));
  CHECK(parse_seconds(".5") == Milliseconds(500));
  CHECK(parse_seconds("3600") == Milliseconds(3'600'000));
  for (const char* text : {"", "-1", "3600.1", "1s", " 1", "1e3", "nan", "inf", "0x10"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_seconds(text));
  }
}

}  // namespace
}  // namespace gateway::example
