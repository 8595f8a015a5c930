// SPDX-License-Identifier: MIT
#include "proxy/max_forwards.h"

#include <string>

#include "catch.h"
#include "http/head_parser.h"

namespace gateway::proxy {
namespace {

std::optional<std::uint32_t> limit_of(const std::string& method, const std::string& value) {
  http::HeadParser parser(Limits{});
  const std::string head = method + " / HTTP/1.1\r\nHost: h\r\nmax-FORWARDS: " + value + "\r\n\r\n";
  REQUIRE(parser.parse_request(head) == http::ParseResult::Complete);
  return max_forwards(parser.request());
}

TEST_CASE("Max-Forwards counts for OPTIONS and TRACE (RFC 9110 §7.6.2)", "[proxy]") {
  CHECK(limit_of("OPTIONS", "0") == 0U);
  CHECK(limit_of("TRACE", "10") == 10U);
  CHECK(limit_of("OPTIONS", "007") == 7U);
  for (const char* method : {"GET", "HEAD", "options", "FOO"}) {
    CAPTURE(method);
    CHECK_FALSE(limit_of(method, "0"));
  }
}

TEST_CASE("what is no number limits nothing", "[proxy]") {
  for (const char* value : {"", "-1", "+1", "1 2", "1,2", "x", "0x1", "99999999999"}) {
    CAPTURE(value);
    CHECK_FALSE(limit_of("OPTIONS", value));
  }
}

}  // namespace
}  // namespace gateway::proxy
