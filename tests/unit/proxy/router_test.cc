// SPDX-License-Identifier: MIT
#include "proxy/router.h"

#include <deque>
#include <initializer_list>
#include <string>
#include <vector>

#include "catch.h"

namespace gateway::proxy {
namespace {

class Fixture {
 public:
  Fixture(std::initializer_list<const char*> prefixes) {
    for (const char* prefix : prefixes) configs_.push_back({prefix, prefix, "/", "s", false});
    for (const RouteConfig& config : configs_) routes_.push_back({config, nullptr});
    router_ = Router(routes_);
  }

  /// "prefix|rest", "prefix (bare)" or "none".
  std::string match(std::string_view path) const {
    const RouteMatch match = router_.match(path);
    if (match.route == nullptr) return "none";
    const std::string& prefix = match.route->config.path_prefix;
    return match.bare_prefix ? prefix + " (bare)" : prefix + "|" + std::string(match.rest);
  }

 private:
  std::deque<RouteConfig> configs_;
  std::vector<Route> routes_;
  Router router_{routes_};
};

TEST_CASE("a route is found by its prefix", "[proxy]") {
  const Fixture router{"/api/a/", "/api/b/"};
  CHECK(router.match("/api/a/") == "/api/a/|");
  CHECK(router.match("/api/a/x/y") == "/api/a/|x/y");
  CHECK(router.match("/api/b/x") == "/api/b/|x");
}

TEST_CASE("the longest prefix wins, whatever the order", "[proxy]") {
  const std::initializer_list<const char*> orders[] = {{"/a/", "/a/b/c/", "/a/b/"},
                                                       {"/a/b/c/", "/a/b/", "/a/"}};
  for (const auto& order : orders) {
    const Fixture router(order);
    CHECK(router.match("/a/b/c/d") == "/a/b/c/|d");
    CHECK(router.match("/a/b/x/c") == "/a/b/|x/c");
    CHECK(router.match("/a/bb/c") == "/a/|bb/c");
    CHECK(router.match("/a/b/c/d/e/f/g/h") == "/a/b/c/|d/e/f/g/h");
  }
}

TEST_CASE("a prefix ends on a segment boundary", "[proxy]") {
  const Fixture router{"/api/a/"};
  for (const char* path : {"/api/ab", "/api/ab/x", "/api/", "/api", "/", "*", "", "/x/api/a/",
                           "api/a/", "/api/aa/../a/"}) {
    CAPTURE(path);
    CHECK(router.match(path) == "none");
  }
}

TEST_CASE("a path is matched byte for byte", "[proxy]") {
  const Fixture router{"/api/a/"};
  for (const char* path : {"/API/a/", "/api/%61/x", "/api%2Fa/x", "//api/a/", "/api//a/",
                           "/api/./a/", "/api/a%2Fx", "/api/a;p/x"}) {
    CAPTURE(path);
    CHECK(router.match(path) == "none");
  }
  CHECK(router.match("/api/a//x%2F../y") == "/api/a/|/x%2F../y");
}

TEST_CASE("a prefix without its slash is told apart", "[proxy]") {
  const Fixture router{"/api/a/", "/api/a/b/"};
  CHECK(router.match("/api/a") == "/api/a/ (bare)");
  CHECK(router.match("/api/a/b") == "/api/a/b/ (bare)");
  CHECK(router.match("/api/a/c") == "/api/a/|c");
}

TEST_CASE("a route of / takes what no other does", "[proxy]") {
  const Fixture router{"/", "/a/"};
  CHECK(router.match("/") == "/|");
  CHECK(router.match("/x/y") == "/|x/y");
  CHECK(router.match("/ab") == "/|ab");
  CHECK(router.match("/a/x") == "/a/|x");
  CHECK(router.match("*") == "none");
}

TEST_CASE("without routes nothing matches", "[proxy]") {
  const Fixture router{};
  CHECK(router.match("/") == "none");
  CHECK(router.match("/api/a/") == "none");
}

TEST_CASE("a match is the very route that was given", "[proxy]") {
  const RouteConfig configs[] = {{"a", "/a/", "/", "s", false}, {"b", "/b/", "/", "s", false}};
  const std::vector<Route> routes{{configs[0], nullptr}, {configs[1], nullptr}};
  CHECK(Router(routes).match("/b/x").route == &routes[1]);
}

}  // namespace
}  // namespace gateway::proxy
