// SPDX-License-Identifier: MIT
#include "http/keep_alive.h"

#include <initializer_list>
#include <string_view>

#include "catch.h"

namespace gateway::http {
namespace {

constexpr auto kUnsaid = KeepAliveHint::kUnsaid;

TEST_CASE("Keep-Alive tells how long and how often", "[http]") {
  struct Row {
    std::string_view value;
    std::uint32_t timeout_s;
    std::uint32_t more_requests;
  };
  const Row rows[] = {
      {"timeout=5", 5, kUnsaid},
      {"timeout=5, max=100", 5, 100},
      {"max=0,timeout=0", 0, 0},
      {"Timeout = 7 ,MAX=1", 7, 1},
      {"timeout=9, timeout=4", 4, kUnsaid},
      {"timeout=4, timeout=9", 4, kUnsaid},
      {"", kUnsaid, kUnsaid},
      {"300", kUnsaid, kUnsaid},
      {"timeout", kUnsaid, kUnsaid},
      {"timeout=", kUnsaid, kUnsaid},
      {"timeout=-1, max=+3", kUnsaid, kUnsaid},
      {"timeout=5s", kUnsaid, kUnsaid},
      {"timeout=99999999999", kUnsaid, kUnsaid},
      {"timeouts=5, x=1, max=2", kUnsaid, 2},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    KeepAliveHint hint;
    hint.read(row.value);
    CHECK(hint.timeout_s == row.timeout_s);
    CHECK(hint.more_requests == row.more_requests);
  }
}

TEST_CASE("of several Keep-Alive fields the smaller numbers count", "[http]") {
  KeepAliveHint hint;
  for (const std::string_view value : {"timeout=5, max=9", "timeout=8", "max=3"}) hint.read(value);
  CHECK(hint.timeout_s == 5);
  CHECK(hint.more_requests == 3);
}

}  // namespace
}  // namespace gateway::http
