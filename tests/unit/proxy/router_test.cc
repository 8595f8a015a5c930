// SPDX-License-Identifier: MIT
#include "proxy/router.h"

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "catch.h"

namespace gateway::proxy {
namespace {

class Fixture {
 public:
  explicit Fixture(const std::vector<MatchConfig>& matches) {
    for (const MatchConfig& match : matches) {
      configs_.emplace_back().match = match;
      configs_.back().name = std::string(1, static_cast<char>('a' + configs_.size() - 1));
    }
    for (const RouteConfig& config : configs_) routes_.push_back({config, nullptr});
    router_ = Router(routes_);
  }
  Fixture(std::initializer_list<const char*> prefixes) : Fixture(matches_of(prefixes)) {}

  /// "prefix|rest", "prefix (bare)" or "none".
  std::string match(std::string_view path) const {
    const RouteMatch match = router_.match({path, "h", "GET"});
    if (match.route == nullptr) return "none";
    const std::string& prefix = match.route->config.match.path_prefix;
    return match.bare_prefix ? prefix + " (bare)" : prefix + "|" + std::string(match.rest);
  }

  /// The route's name ("a" is the first), "none", or what Allow would say.
  std::string name(const RouteRequest& request) const {
    const RouteMatch match = router_.match(request);
    if (match.wrong_method) return "allow " + router_.allowed_methods(request);
    return match.route != nullptr ? match.route->config.name : "none";
  }
  std::string by_host(std::string_view host) const { return name({"/x", host, "GET"}); }
  std::string by_method(std::string_view method) const { return name({"/x", "h", method}); }

  /// Such as "b:wins a:method".
  std::string explain(const RouteRequest& request) const {
    std::string text;
    for (const auto& [route, verdict] : router_.explain(request)) {
      text += (text.empty() ? "" : " ") + route->config.name + ":" + word(verdict);
    }
    return text;
  }

 private:
  static std::vector<MatchConfig> matches_of(std::initializer_list<const char*> prefixes) {
    std::vector<MatchConfig> matches;
    for (const char* prefix : prefixes) matches.push_back({prefix, {}, {}});
    return matches;
  }
  static const char* word(RouteVerdict verdict) {
    switch (verdict) {
      case RouteVerdict::Wins: return "wins";
      case RouteVerdict::Path: return "path";
      case RouteVerdict::Host: return "host";
      case RouteVerdict::Method: return "method";
      case RouteVerdict::LessSpecific: break;
    }
    return "less";
  }

  std::deque<RouteConfig> configs_;
  std::vector<Route> routes_;
  Router router_{routes_};
};

// --- paths -------------------------------------------------------------------------------------

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
  const Fixture router(std::vector<MatchConfig>{});
  CHECK(router.match("/") == "none");
  CHECK(router.match("/api/a/") == "none");
}

TEST_CASE("a match is the very route that was given", "[proxy]") {
  RouteConfig configs[2];
  configs[0].match.path_prefix = "/a/";
  configs[1].match.path_prefix = "/b/";
  const std::vector<Route> routes{{configs[0], nullptr}, {configs[1], nullptr}};
  CHECK(Router(routes).match({"/b/x", "h", "GET"}).route == &routes[1]);
}

// --- hosts -------------------------------------------------------------------------------------

TEST_CASE("an exact host wins over a suffix, and that over none", "[proxy]") {
  const Fixture router({{"/", {}, {}},
                        {"/", {"*.example.com"}, {}},
                        {"/", {"api.example.com"}, {}},
                        {"/", {"*.eu.example.com"}, {}}});
  CHECK(router.by_host("api.example.com") == "c");
  CHECK(router.by_host("www.example.com") == "b");
  CHECK(router.by_host("x.y.example.com") == "b");
  CHECK(router.by_host("x.eu.example.com") == "d");
  CHECK(router.by_host("eu.example.com") == "b");
  CHECK(router.by_host("example.com") == "a");
  CHECK(router.by_host(".example.com") == "a");
  CHECK(router.by_host("example.com.evil.net") == "a");
  CHECK(router.by_host("") == "a");
}

TEST_CASE("a host counts without port, last dot and letter case", "[proxy]") {
  const Fixture router(
      std::vector<MatchConfig>{{"/", {"api.example.com", "[::1]", "*.example.net"}, {}}});
  for (const char* host :
       {"api.example.com", "API.Example.COM", "api.example.com:8000", "api.example.com.",
        "Api.example.com.:80", "[::1]", "[::1]:8000", "A.EXAMPLE.NET:1"}) {
    CAPTURE(host);
    CHECK(router.by_host(host) == "a");
  }
  for (const char* host : {"api.example.com..", "[::2]", "[::1", "", ":80", "example.net"}) {
    CAPTURE(host);
    CHECK(router.by_host(host) == "none");
  }
  CHECK(router.by_host(std::string(70000, 'a') + ".example.net") == "none");
}

TEST_CASE("letters have a case and no other byte, wherever it is in a host", "[proxy]") {
  const std::string host("k0-@`{.abcdefghijklmnopqrstuvwxyz.example\xc1");
  const Fixture router(std::vector<MatchConfig>{{"/", {host}, {}}});
  CHECK(router.by_host(host) == "a");
  for (std::size_t at = 0; at < host.size(); at++) {
    CAPTURE(at);
    const bool is_letter = host[at] >= 'a' && host[at] <= 'z';
    std::string other = host;
    other[at] = static_cast<char>(other[at] ^ 0x20);
    CHECK(router.by_host(other) == (is_letter ? "a" : "none"));
    other[at] = static_cast<char>(host[at] ^ 0x80);
    CHECK(router.by_host(other) == "none");
  }
}

TEST_CASE("a prefix of other hosts only leaves the request to a shorter one", "[proxy]") {
  const Fixture router({{"/a/b/", {"b.example"}, {}}, {"/a/", {"a.example"}, {}}, {"/x/", {}, {}}});
  CHECK(router.name({"/a/b/c", "b.example", "GET"}) == "a");
  CHECK(router.name({"/a/b/c", "a.example", "GET"}) == "b");
  CHECK(router.name({"/a/b", "a.example", "GET"}) == "b");
  CHECK(router.name({"/a/b/c", "c.example", "GET"}) == "none");
}

// --- methods -----------------------------------------------------------------------------------

TEST_CASE("a route with methods takes those alone, and HEAD with GET", "[proxy]") {
  const Fixture router({{"/", {}, {"GET"}}, {"/", {}, {"POST", "PUT"}}});
  CHECK(router.by_method("GET") == "a");
  CHECK(router.by_method("HEAD") == "a");
  CHECK(router.by_method("PUT") == "b");
  CHECK(router.by_method("DELETE") == "allow GET, HEAD, POST, PUT");
  CHECK(router.by_method("get") == "allow GET, HEAD, POST, PUT");
}

TEST_CASE("a route that lists the method wins over one that takes all", "[proxy]") {
  const Fixture router({{"/", {}, {}}, {"/", {}, {"POST"}}});
  CHECK(router.by_method("POST") == "b");
  CHECK(router.by_method("GET") == "a");
}

TEST_CASE("a route for HEAD alone does not take GET", "[proxy]") {
  const Fixture router(std::vector<MatchConfig>{{"/", {}, {"HEAD"}}});
  CHECK(router.by_method("HEAD") == "a");
  CHECK(router.by_method("GET") == "allow HEAD");
}

TEST_CASE("what a more specific host does not take, a less specific one may", "[proxy]") {
  const Fixture router(
      {{"/", {"h.example"}, {"GET"}}, {"/", {"*.example"}, {"PUT"}}, {"/", {}, {"POST"}}});
  CHECK(router.name({"/x", "h.example", "POST"}) == "c");
  CHECK(router.name({"/x", "h.example", "PUT"}) == "b");
  CHECK(router.name({"/x", "h.example", "DELETE"}) == "allow GET, HEAD, PUT, POST");
  CHECK(router.name({"/x", "other", "DELETE"}) == "allow POST");
}

TEST_CASE("a wrong method does not go on to a shorter prefix", "[proxy]") {
  const Fixture router({{"/a/", {}, {"GET"}}, {"/", {}, {}}});
  CHECK(router.name({"/a/x", "h", "POST"}) == "allow GET, HEAD");
  CHECK(router.name({"/a", "h", "POST"}) == "allow GET, HEAD");
  CHECK(router.name({"/b/x", "h", "POST"}) == "b");
}

// --- explanations ------------------------------------------------------------------------------

TEST_CASE("each route is told with the first thing that speaks against it", "[proxy]") {
  const Fixture router({{"/", {}, {}},
                        {"/a/", {}, {"POST"}},
                        {"/a/", {"h"}, {}},
                        {"/a/", {"other"}, {"POST"}},
                        {"/a/b/", {}, {}}});
  CHECK(router.explain({"/a/x", "h:80", "GET"}) == "e:path c:wins b:method d:host a:less");
  CHECK(router.explain({"/a", "x", "GET"}) == "e:path b:method d:host c:host a:less");
  CHECK(router.explain({"/", "x", "GET"}) == "e:path b:path d:path c:path a:wins");
}

// Ten thousand requests to routes of all kinds: the compiled matcher and the plain reading of the
// rules have to agree.
TEST_CASE("the winner is the first route in order of consideration that fits", "[proxy]") {
  std::mt19937 random(7);
  const auto any_of = [&random](const std::vector<std::string>& choices) {
    return choices[random() % choices.size()];
  };
  const std::vector<std::string> paths{"/",   "/a/",  "/a/b/", "/a/bb/",
                                       "/c/", "/a/b", "/a",    "/a/b/c"};
  const std::vector<std::string> hosts{"h", "x.h", "y.x.h", "*.h", "*.x.h"};
  const std::vector<std::string> methods{"GET", "HEAD", "POST"};
  for (int round = 0; round < 200; round++) {
    std::deque<RouteConfig> configs;
    std::vector<Route> routes;
    for (auto left = 1 + random() % 8; left > 0; left--) {
      MatchConfig& match = configs.emplace_back().match;
      match.path_prefix = paths[random() % 5];
      while (random() % 2 == 0) match.hosts.push_back(any_of(hosts));
      while (random() % 3 == 0) match.methods.push_back(any_of(methods));
      routes.push_back({configs.back(), nullptr});
    }
    const Router router(routes);
    for (int i = 0; i < 50; i++) {
      const std::string path = any_of(paths);
      const RouteRequest request{path, hosts[random() % 3], methods[random() % 3]};
      const RouteMatch match = router.match(request);
      const auto judgements = router.explain(request);
      REQUIRE(judgements.size() == routes.size());
      const auto fits = std::find_if(judgements.begin(), judgements.end(), [](const auto& judged) {
        return judged.verdict == RouteVerdict::Wins || judged.verdict == RouteVerdict::LessSpecific;
      });
      if (match.route != nullptr) {
        REQUIRE(fits != judgements.end());
        CHECK(fits->route == match.route);
        CHECK(fits->verdict == RouteVerdict::Wins);
      } else if (!match.wrong_method) {
        CHECK(fits == judgements.end());
      }
    }
  }
}

}  // namespace
}  // namespace gateway::proxy
