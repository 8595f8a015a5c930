// SPDX-License-Identifier: MIT
#include "config/http_rules.h"

#include <string>

#include "catch.h"

using namespace gateway;

TEST_CASE("a path prefix begins and ends with a slash", "[config]") {
  for (const char* good : {"/", "/a/", "/a/b-c/", "/%41/", "/a;x/"}) {
    CAPTURE(good);
    CHECK(check_path_prefix(good));
  }
  for (const char* bad : {"a/", "/a", "", "/a?b/", "/a#/", "/a b/", "/\u00e4/", "/%4/", "/%00/",
                          "/a/../b/", "/./", "/a\\b/"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_path_prefix(bad));
  }
  CHECK_FALSE(check_match_prefix("/api/gateway/"));
  CHECK_FALSE(check_match_prefix("/api/gateway/x/"));
  CHECK(check_match_prefix("/api/gateways/"));
}

TEST_CASE("a host pattern is a name, an address or *. and a name", "[config]") {
  for (const char* good :
       {"example.com", "*.example.com", "localhost", "127.0.0.1", "[::1]", "a_b"}) {
    CAPTURE(good);
    CHECK(check_host_pattern(good));
  }
  for (const char* bad :
       {"", "*", "*.", "a:80", "::1", "a..b", "a.*.b", "-a", "*.[::1]", "a/b", "A"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_host_pattern(bad));
  }
}

TEST_CASE("methods are case-sensitive tokens", "[config]") {
  CHECK(check_method("GET"));
  CHECK(check_method("PROPFIND"));
  CHECK(check_method("get").error().message == "methods are case-sensitive: write \"GET\"");
  CHECK_FALSE(check_method("CONNECT"));
  CHECK_FALSE(check_method("A B"));
  CHECK_FALSE(check_method(""));
}

TEST_CASE("a request is a method and a path or URL", "[config]") {
  for (const char* good : {"GET /", "GET http://h/x?y", "OPTIONS *", "CONNECT h:1", "GET x y"}) {
    CAPTURE(good);
    CHECK(check_request(good));
  }
  for (const char* bad : {"", "GET", "GET ", " /", "G T\n /", "GET /\r\n", "post /"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_request(bad));
  }
}

TEST_CASE("header fields of the gateway itself cannot be changed", "[config]") {
  CHECK(check_header_name("X-Team"));
  CHECK(check_header_name("Server"));
  for (const char* own : {"Host", "content-length", "Transfer-Encoding", "Connection", "TE",
                          "X-Forwarded-For", "X_Forwarded_Proto", "x-request-id", "Forwarded"}) {
    CAPTURE(own);
    CHECK_FALSE(check_header_name(own));
  }
  CHECK_FALSE(check_header_name("a b"));
  CHECK_FALSE(check_header_name("a:"));
  CHECK_FALSE(check_header_name(""));
}

TEST_CASE("header values have no control characters and no blanks around them", "[config]") {
  CHECK(check_header_value(""));
  CHECK(check_header_value("a b\tc"));
  CHECK(check_header_value("\u00e4"));
  CHECK_FALSE(check_header_value("a\r\nb"));
  CHECK_FALSE(check_header_value(" a"));
  CHECK_FALSE(check_header_value("a "));
  CHECK_FALSE(check_header_value("\x7f"));
}

TEST_CASE("a redirect leads to a URL or an absolute path", "[config]") {
  CHECK(check_location("https://example.com/x?y"));
  CHECK(check_location("/x"));
  for (const char* bad : {"x", "//evil", "ftp://x", "https://", "/a b", "/\n", "javascript:x"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_location(bad));
  }
}
