// SPDX-License-Identifier: MIT
#include "config/changes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "catch.h"

using namespace gateway;

namespace {

Config config() {
  Config config;
  config.services.push_back({"users", {{"http://127.0.0.1:1", "127.0.0.1", 1, "", 1}}, {}, {}});
  RouteConfig route;
  route.name = "all-users";
  route.match.path_prefix = route.rewrite_prefix = "/users/";
  route.service = "users";
  config.routes.push_back(route);
  return config;
}

using Lines = std::vector<std::string>;

bool has(const Lines& lines, const std::string& wanted) {
  return std::find(lines.begin(), lines.end(), wanted) != lines.end();
}

}  // namespace

TEST_CASE("of a configuration that stays, only the listeners are told", "[config]") {
  CHECK(changes_between(config(), config()) == Lines{"listener 0.0.0.0:8000 kept"});
}

TEST_CASE("listeners are told apart by their address", "[config]") {
  Config after = config();
  after.listeners.front().port = 8001;
  CHECK(changes_between(config(), after) ==
        Lines{"listener 0.0.0.0:8001 added", "listener 0.0.0.0:8000 removed"});
}

TEST_CASE("a listener that keeps its address but not its name has changed", "[config]") {
  Config after = config();
  after.listeners.front().name = "public";
  const Lines lines = changes_between(config(), after);
  REQUIRE(lines.size() == 1);
  CHECK(lines.front().find("listener 0.0.0.0:8000 changed: name") == 0);
}

TEST_CASE("services are told apart by their name, with what is new in them", "[config]") {
  Config after = config();
  after.services.front().timeouts.connect = Milliseconds(2000);
  after.services.push_back({"orders", {{"http://127.0.0.1:2", "127.0.0.1", 2, "", 1}}, {}, {}});
  const Lines lines = changes_between(config(), after);
  CHECK(has(lines, "service users changed: timeouts.connect 5s -> 2s"));
  CHECK(has(lines, "service orders added"));
  CHECK(has(changes_between(after, config()), "service orders removed"));
}

TEST_CASE("routes are told apart by what they match", "[config]") {
  Config after = config();
  after.routes.front().preserve_host = true;
  CHECK(has(changes_between(config(), after),
            "route all-users changed: preserve_host false -> true"));
  after.routes.front().match.path_prefix = "/people/";
  const Lines lines = changes_between(config(), after);
  CHECK(has(lines, "route all-users added"));
  CHECK(has(lines, "route all-users removed"));
}

TEST_CASE("settings have the names they have in the file", "[config]") {
  Config after = config();
  after.workers = 4;
  after.logs.access = "/var/log/access.log";
  const Lines lines = changes_between(config(), after);
  CHECK(has(lines, "workers auto -> 4"));
  CHECK(has(lines, "logs.access.output stdout -> /var/log/access.log"));
}

TEST_CASE("a long value is not repeated", "[config]") {
  Config after = config();
  after.logs.access = "/" + std::string(200, 'x');
  CHECK(has(changes_between(config(), after), "logs.access.output changed"));
}

TEST_CASE("more changes than anybody reads are counted", "[config]") {
  Config after = config();
  for (int i = 0; i < 200; i++) {
    after.services.push_back(
        {"s" + std::to_string(i), {{"http://127.0.0.1:2", "127.0.0.1", 2, "", 1}}, {}, {}});
  }
  const Lines lines = changes_between(config(), after);
  REQUIRE(lines.size() == kMostChanges + 1);
  CHECK(lines.back() == "and 101 more changes");
}
