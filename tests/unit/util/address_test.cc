// SPDX-License-Identifier: MIT
#include "util/address.h"

#include <netinet/in.h>

#include <string>

#include "catch.h"

using gateway::Address;

TEST_CASE("an address reads back as the text it was parsed from", "[util]") {
  const std::string text = GENERATE(as<std::string>{}, "127.0.0.1:8000", "0.0.0.0:0", "[::1]:65535",
                                    "[2001:db8::1]:80", "unix:/run/x.sock");
  CAPTURE(text);
  const auto address = Address::parse(text);
  REQUIRE(address);
  CHECK(address->to_string() == text);
}

TEST_CASE("text that is no address is refused with the text in the message", "[util]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", ":", "8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
               "127.0.0.1:+1", "127.0.0.1: 1", "127.1:80", "localhost:80", "::1:80", "[::1]",
               "[127.0.0.1]:80", "[::1:80", "unix:", "unix:x.sock");
  CAPTURE(text);
  const auto address = Address::parse(text);
  REQUIRE_FALSE(address);
  CHECK_FALSE(address.error().message.empty());
}

TEST_CASE("an IP address may have brackets around IPv6 only", "[util]") {
  CHECK(Address::from_ip("[::1]", 1)->host() == "::1");
  CHECK(Address::from_ip("::1", 1)->host() == "::1");
  CHECK_FALSE(Address::from_ip("[127.0.0.1]", 1));
  CHECK_FALSE(Address::from_ip("[]", 1));
}

TEST_CASE("the path of a unix socket fits into a socket address or is refused", "[util]") {
  const std::string longest = "/" + std::string(106, 'a');
  const auto address = Address::from_unix_path(longest);
  REQUIRE(address);
  CHECK(address->host() == longest);
  CHECK(address->port() == 0);
  CHECK_FALSE(Address::from_unix_path(longest + "a"));
}

TEST_CASE("an IPv4 address mapped into IPv6 is the IPv4 address", "[util]") {
  const auto mapped = Address::from_ip("::ffff:192.0.2.1", 443);
  REQUIRE(mapped);
  CHECK(mapped->family() == AF_INET);
  CHECK(mapped->size() == sizeof(sockaddr_in));
  CHECK(mapped->to_string() == "192.0.2.1:443");
  CHECK(*mapped == *Address::from_ip("192.0.2.1", 443));
}

TEST_CASE("addresses are equal when family, host and port are", "[util]") {
  CHECK(*Address::parse("127.0.0.1:80") == *Address::parse("127.0.0.1:80"));
  CHECK(*Address::parse("[::1]:80") == *Address::parse("[0:0::1]:80"));
  CHECK(*Address::parse("unix:/a") == *Address::parse("unix:/a"));
  CHECK_FALSE(*Address::parse("127.0.0.1:80") == *Address::parse("127.0.0.1:81"));
  CHECK_FALSE(*Address::parse("127.0.0.1:80") == *Address::parse("127.0.0.2:80"));
  CHECK_FALSE(*Address::parse("0.0.0.0:80") == *Address::parse("[::]:80"));
  CHECK_FALSE(*Address::parse("unix:/a") == *Address::parse("unix:/b"));
}

TEST_CASE("the port of an address can be changed", "[util]") {
  const std::string text = GENERATE(as<std::string>{}, "127.0.0.1:1", "[::1]:1");
  auto address = *Address::parse(text);
  address.set_port(8080);
  CHECK(address.port() == 8080);
  CHECK(address.to_string() == text.substr(0, text.size() - 1) + "8080");
}

TEST_CASE("an unset address says that it is unknown", "[util]") {
  CHECK(Address().to_string() == "unknown");
  CHECK(Address().host().empty());
}
