// SPDX-License-Identifier: MIT
#include "proxy/routing.h"

#include <string>
#include <vector>

#include "catch.h"
#include "http/parsing.h"

namespace gateway::proxy {
namespace {

RouteConfig route_to(const std::string& name, const std::string& prefix) {
  RouteConfig route;
  route.name = name;
  route.match.path_prefix = prefix;
  route.rewrite_prefix = prefix;
  return route;
}

std::vector<RouteConfig> sample_routes() {
  std::vector<RouteConfig> routes;
  routes.push_back(route_to("users", "/users/"));
  routes.back().service = "users";
  routes.back().limits.request_body = 100;
  routes.push_back(route_to("text", "/text/"));
  routes.back().response.emplace().status = 203;
  routes.push_back(route_to("moved", "/moved/"));
  routes.back().redirect = Redirect{302, "https://new.example/x", /*keeps_path=*/true};
  routes.push_back(route_to("away", "/away/"));
  routes.back().redirect = Redirect{301, "/fixed", /*keeps_path=*/false};
  routes.push_back(route_to("put", "/put/"));
  routes.back().service = "users";
  routes.back().match.methods = {"PUT"};
  return routes;
}

/// Such as "forward users" or "refuse dot_segments users".
std::string decided(const std::string& line, const std::string& fields = "") {
  const std::vector<RouteConfig> configs = sample_routes();
  std::vector<Route> routes;
  for (const RouteConfig& config : configs) routes.push_back({config, nullptr});
  const Router router(routes);
  const http::test::AcceptedRequest request(line + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  const http::RequestHead& head = request.parser.request();
  const Decision decision = decide(router, head);
  std::string text;
  switch (decision.action) {
    case Action::Forward: text = "forward"; break;
    case Action::Respond: text = "respond"; break;
    case Action::Confirm: text = "confirm"; break;
    case Action::Refuse: text = "refuse " + http::test::word(decision.cause); break;
    case Action::Redirect:
      text = "redirect " + std::to_string(redirect_status(decision)) + " " +
             redirect_location(decision, head.query());
      break;
  }
  CHECK((decision.action == Action::Refuse) == (decision.cause != Cause::None));
  return decision.match.route == nullptr ? text : text + " " + decision.match.route->config.name;
}

TEST_CASE("what becomes of a request follows from its head and the routes", "[proxy]") {
  struct Row {
    const char* line;
    const char* expected;
  };
  for (const auto& [line, expected] : std::vector<Row>{
           {"GET /users/7?x", "forward users"},
           {"GET /users", "redirect 308 /users/ users"},
           {"GET /users?a=b&c", "redirect 308 /users/?a=b&c users"},
           {"GET /users/../x", "refuse dot_segments users"},
           {"GET /users/%2e%2e/x", "refuse dot_segments users"},
           {"GET /users/a/../x", "forward users"},
           {"GET /text/", "respond text"},
           {"GET /text", "respond text"},
           {"GET /text/../../x", "respond text"},
           {"GET /moved/a/b?c", "redirect 302 https://new.example/x/a/b?c moved"},
           {"GET /moved", "redirect 302 https://new.example/x/ moved"},
           {"GET /moved/../a", "refuse dot_segments moved"},
           {"GET /away/../a?q", "redirect 301 /fixed away"},
           {"GET /put/x", "refuse method"},
           {"PUT /put/x", "forward put"},
           {"GET /put", "refuse method"},
           {"GET /nobody/", "refuse no_route"},
           {"GET /", "refuse no_route"},
           {"OPTIONS *", "confirm"},
           {"GET http://other/users/7", "forward users"},
       }) {
    CAPTURE(line);
    CHECK(decided(line) == expected);
  }
}

TEST_CASE("a body that is announced as too long is refused before anything else is done",
          "[proxy]") {
  CHECK(decided("POST /users/", "Content-Length: 100\r\n") == "forward users");
  CHECK(decided("POST /users/", "Content-Length: 101\r\n") == "refuse body_limit users");
  CHECK(decided("POST /users/", "Transfer-Encoding: chunked\r\n") == "forward users");
  CHECK(decided("POST /users/..", "Content-Length: 101\r\n") == "refuse dot_segments users");
  CHECK(decided("POST /text/", "Content-Length: 101\r\n") == "respond text");
}

TEST_CASE("the gateway's own paths are no route's", "[proxy]") {
  const RouteConfig all = route_to("all", "/");
  const std::vector<Route> routes{{all, nullptr}};
  const Router router(routes);
  const auto takes = [&](const std::string& path) {
    const http::test::AcceptedRequest request("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return decide(router, request.parser.request()).action == Action::Forward;
  };
  CHECK_FALSE(takes("/api/gateway"));
  CHECK_FALSE(takes("/api/gateway/"));
  CHECK_FALSE(takes("/api/gateway/x?y"));
  CHECK(takes("/api/gatewayx"));
  CHECK(takes("/api/"));
  CHECK(takes("/health/x"));
}

}  // namespace
}  // namespace gateway::proxy
