// SPDX-License-Identifier: MIT
#include "proxy/client_address.h"

#include <string>

#include "catch.h"
#include "one_exchange.h"

namespace gateway::proxy {
namespace {

std::string client_of(const std::string& fields) {
  test::OneExchange exchange;
  exchange.trusted = {*Network::parse("127.0.0.0/8"), *Network::parse("10.0.0.0/8"),
                      *Network::parse("fd00::/8")};
  std::string client;
  exchange.ask("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", [&](http::Exchange& asked) {
    REQUIRE(asked.peer_is_trusted());
    client = client_address(asked);
  });
  return client;
}

TEST_CASE("the client is the last address that is no trusted proxy", "[proxy]") {
  CHECK(client_of("X-Forwarded-For: 192.0.2.1\r\n") == "192.0.2.1");
  CHECK(client_of("X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\n") == "192.0.2.1");
  CHECK(client_of("X-Forwarded-For: 6.6.6.6,192.0.2.1 , 10.1.1.1,fd00::1\r\n") == "192.0.2.1");
}

TEST_CASE("several X-Forwarded-For are one list", "[proxy]") {
  CHECK(client_of("X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\nA: b\r\nx-forwarded-for: 10.1.1.1\r\n") ==
        "192.0.2.1");
}

TEST_CASE("an address may come with brackets and a port", "[proxy]") {
  CHECK(client_of("X-Forwarded-For: 192.0.2.1:4711\r\n") == "192.0.2.1");
  CHECK(client_of("X-Forwarded-For: [2001:DB8::1]:4711\r\n") == "2001:db8::1");
  CHECK(client_of("X-Forwarded-For: [2001:db8::1]\r\n") == "2001:db8::1");
  CHECK(client_of("X-Forwarded-For: 2001:db8:0::1\r\n") == "2001:db8::1");
  CHECK(client_of("X-Forwarded-For: ::ffff:192.0.2.1\r\n") == "192.0.2.1");
}

TEST_CASE("the farthest proxy stands for a client that is not known", "[proxy]") {
  CHECK(client_of({}) == "127.0.0.1");
  CHECK(client_of("X-Forwarded-For:\r\n") == "127.0.0.1");
  CHECK(client_of("X-Forwarded-For: 10.1.1.1, 10.2.2.2\r\n") == "10.1.1.1");
  for (const char* unknown : {"unknown", "_hidden", "", "[", "[]:1", "1.2.3.4.5", "192.0.2.1;x"}) {
    CAPTURE(unknown);
    CHECK(client_of("X-Forwarded-For: 192.0.2.1, " + std::string(unknown) + ", 10.1.1.1\r\n") ==
          "10.1.1.1");
  }
}

TEST_CASE("other fields do not tell the client", "[proxy]") {
  CHECK(client_of("X-Real-IP: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n") == "127.0.0.1");
}

}  // namespace
}  // namespace gateway::proxy
