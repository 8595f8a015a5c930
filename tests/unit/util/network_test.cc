// SPDX-License-Identifier: MIT
#include "util/network.h"

#include "catch.h"

using namespace gateway;

namespace {

Network network(std::string_view text) {
  const auto parsed = Network::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("a network has the addresses that share its prefix", "[util]") {
  struct Row {
    const char* network;
    const char* ip;
    bool inside;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.0.0.0", true},
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"192.0.2.64/27", "192.0.2.95", true},
      {"192.0.2.64/27", "192.0.2.96", false},
      {"192.0.2.64/27", "192.0.2.63", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.0", false},
      {"0.0.0.0/0", "255.1.2.3", true},
      {"0.0.0.0/0", "::1", false},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/8", "fe00::1", false},
      {"2001:db8:0:8000::/49", "2001:db8:0:ffff::1", true},
      {"2001:db8:0:8000::/49", "2001:db8:0:7fff::1", false},
      {"::1", "::1", true},
      {"::1", "::2", false},
      {"::/0", "2001:db8::1", true},
      {"::/0", "10.0.0.1", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.network, row.ip);
    CHECK(network(row.network).contains(row.ip) == row.inside);
  }
}

TEST_CASE("what is no address is in no network", "[util]") {
  for (const char* text : {"unix", "", "10.0.0", "10.0.0.1:80", "[::1]", "10.0.0.1 "}) {
    CAPTURE(text);
    CHECK_FALSE(network("0.0.0.0/0").contains(text));
    CHECK_FALSE(network("::/0").contains(text));
  }
}

TEST_CASE("a network is written with its prefix length", "[util]") {
  CHECK(network("10.0.0.0/8").to_string() == "10.0.0.0/8");
  CHECK(network("192.0.2.1").to_string() == "192.0.2.1/32");
  CHECK(network("FD00:0::/8").to_string() == "fd00::/8");
  CHECK(network("::1").to_string() == "::1/128");
}

TEST_CASE("what is no network is an error that says what one is", "[util]") {
  for (const char* text : {"", "/8", "10/8", "localhost", "10.0.0.0/8/8x", "[::1]/8", "unix"}) {
    CAPTURE(text);
    CHECK_FALSE(Network::parse(text));
  }
  for (const char* text : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "::/129"}) {
    CAPTURE(text);
    const auto parsed = Network::parse(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find("the prefix length is a number from 0 to") !=
          std::string::npos);
  }
}

TEST_CASE("bits behind the prefix are an error that names the network that was meant", "[util]") {
  const auto v4 = Network::parse("10.1.2.3/8");
  REQUIRE_FALSE(v4);
  CHECK(v4.error().message ==
        "\"10.1.2.3/8\" has bits set behind its prefix; the network is 10.0.0.0/8");
  CHECK_FALSE(Network::parse("fd00::1/64"));
  CHECK_FALSE(Network::parse("192.0.2.1/31"));
}
