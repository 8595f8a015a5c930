// SPDX-License-Identifier: MIT
#include "proxy/redirect.h"

#include "catch.h"

namespace gateway::proxy {
namespace {

std::string location(const std::string& to, std::string_view rest, std::string_view query = {}) {
  return redirect_location({308, to, /*keeps_path=*/true}, rest, query);
}

TEST_CASE("a redirect to one place forgets path and query", "[proxy]") {
  CHECK(redirect_location({301, "/new", false}, "a/b", "?c") == "/new");
}

TEST_CASE("a redirect that keeps the path appends the rest and the query", "[proxy]") {
  CHECK(location("https://new.example/", "a/b", "?c=d") == "https://new.example/a/b?c=d");
  CHECK(location("/new/", "a%2Fb", "?") == "/new/a%2Fb?");
  CHECK(location("/new/", "") == "/new/");
}

TEST_CASE("the rest is another segment, never more of a host", "[proxy]") {
  CHECK(location("https://new.example", ".evil.example/") == "https://new.example/.evil.example/");
  CHECK(location("/new", "a") == "/new/a");
}

TEST_CASE("a path does not become a host", "[proxy]") {
  CHECK(location("/", "/evil.example") == "/evil.example");
  CHECK(location("/", "//\\/evil.example/x") == "/evil.example/x");
  CHECK(location("/", "\\evil.example") == "/evil.example");
  CHECK(location("/", "//") == "/");
  CHECK(location("/new/", "/evil.example") == "/new//evil.example");
}

}  // namespace
}  // namespace gateway::proxy
