// SPDX-License-Identifier: MIT
#include "config/url.h"

#include <string>
#include <utility>

#include "catch.h"

using namespace gateway;

TEST_CASE("a URL names host and port of an instance", "[config]") {
  struct Row {
    std::string url, host;
    int port;
  };
  const auto row = GENERATE(values<Row>({
      {"http://127.0.0.1:8001", "127.0.0.1", 8001},
      {"http://service1:8000/", "service1", 8000},
      {"http://example.com", "example.com", 80},
      {"HTTP://my_service.internal.:65535", "my_service.internal.", 65535},
      {"http://[::1]:8001", "::1", 8001},
      {"http://[2001:db8::1]/", "2001:db8::1", 80},
      {"http://8.example.8x", "8.example.8x", 80},
  }));
  CAPTURE(row.url);
  const auto instance = parse_instance_url(row.url);
  REQUIRE(instance);
  CHECK(instance->url == row.url);
  CHECK(instance->host == row.host);
  CHECK(instance->port == row.port);
  CHECK(instance->unix_path.empty());
}

TEST_CASE("a URL names the path of a unix socket", "[config]") {
  const auto instance = parse_instance_url("unix:/run/service?1.sock");
  REQUIRE(instance);
  CHECK(instance->unix_path == "/run/service?1.sock");
  CHECK(instance->host.empty());
}

TEST_CASE("each mistake in a URL has its own message", "[config]") {
  using Row = std::pair<std::string, std::string>;
  const auto row = GENERATE(values<Row>({
      {"service1:8000", "the scheme is missing"},
      {"", "the scheme is missing"},
      {"https://service1", "https is not supported yet"},
      {"ftp://service1", "the scheme is not supported"},
      {"http://", "the host is missing"},
      {"http://:80", "the host is missing"},
      {"http://a/api", "a path is not supported"},
      {"http://a//", "a path is not supported"},
      {"http://a?x=1", "a query is not supported"},
      {"http://a/#x", "a fragment has no meaning"},
      {"http://user@a", "a user name or password is not supported"},
      {"http://user:secret@a:80/", "a user name or password is not supported"},
      {"http://a:", "the port is not a number from 1 to 65535"},
      {"http://a:0", "the port is not a number from 1 to 65535"},
      {"http://a:65536", "the port is not a number from 1 to 65535"},
      {"http://a:80x", "the port is not a number from 1 to 65535"},
      {"http://::1:80", "an IPv6 address needs [brackets]"},
      {"http://[::1", "closing bracket"},
      {"http://[::1]80", "no port after the bracket"},
      {"http://[a]:80", "no IPv6 address between the brackets"},
      {"http://[127.0.0.1]:80", "no IPv6 address between the brackets"},
      {"http://256.0.0.1", "not a valid host name or address"},
      {"http://127.1", "not a valid host name or address"},
      {"http://a b", "not a valid host name or address"},
      {"http://-a", "not a valid host name or address"},
      {"http://a..b", "not a valid host name or address"},
      {"http://a%20b", "not a valid host name or address"},
      {"unix:relative.sock", "must be absolute"},
      {"unix:", "must be absolute"},
  }));
  CAPTURE(row.first);
  const auto instance = parse_instance_url(row.first);
  REQUIRE_FALSE(instance);
  CAPTURE(instance.error().message);
  CHECK(instance.error().message.find(row.second) != std::string::npos);
}

TEST_CASE("a host name is as long as DNS allows", "[config]") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + label.substr(0, 61);
  CHECK(parse_instance_url("http://" + longest));
  CHECK_FALSE(parse_instance_url("http://" + longest + "a"));
  CHECK_FALSE(parse_instance_url("http://a" + label));
}

TEST_CASE("what is shown of a URL hides its user", "[config]") {
  CHECK(without_user("http://user:secret@host/x") == "http://***@host/x");
  CHECK(without_user("http://user:p@ss@host") == "http://***@host");
  CHECK(without_user("user:secret@host") == "***@host");
  CHECK(without_user("http://host/a@b") == "http://host/a@b");
  CHECK(without_user("unix:/run/x") == "unix:/run/x");
}
