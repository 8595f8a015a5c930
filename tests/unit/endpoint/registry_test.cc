// SPDX-License-Identifier: MIT
#include "endpoint/registry.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "util/clock.h"

namespace gateway {
namespace {

using nlohmann::json;

// A gateway of two services: "users" with two instances and a route, "orders" with one of each.
class Fixture {
 public:
  Fixture() {
    config.services = {
        {"users", {{"http://a:1", "a", 1, ""}, {"http://b:2", "b", 2, ""}}, {}, {}},
        {"orders", {{"unix:/run/o.sock", "", 0, "/run/o.sock"}}, {}, {}},
    };
    add_route("/api/users/", "users");
    add_route("/api/orders/", "orders");
    add_route("/people/", "users");
  }

  std::optional<http::Reply> respond(std::string_view method, std::string_view target) {
    http::RequestHead request;
    request.method = method;
    request.set_target(target);
    return registry_.respond(request);
  }
  json get(std::string_view target) {
    const auto reply = respond("GET", target);
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->cause == Cause::None);
    CHECK(reply->content_type == "application/json");
    return json::parse(reply->body);
  }

  Config config;
  std::unique_ptr<Scoreboard> board = std::make_unique<Scoreboard>();
  InstanceSlot* instances = board->instances_of(4);

 private:
  void add_route(const char* prefix, const char* service) {
    RouteConfig route;
    route.match.path_prefix = prefix;
    route.service = service;
    config.routes.push_back(route);
  }

  endpoint::Registry registry_{{config, *board, instances, 4}};
};

TEST_CASE("what becomes of a request is known without an answer", "[endpoint]") {
  const auto judged = [](std::string_view method, std::string_view target) {
    http::RequestHead request;
    request.method = method;
    request.set_target(target);
    return endpoint::judge(request);
  };
  CHECK(judged("GET", "/health") == Cause::None);
  CHECK(judged("HEAD", "/api/gateway/status?x") == Cause::None);
  CHECK(judged("POST", "/api/gateway/services") == Cause::Method);
  CHECK_FALSE(judged("GET", "/health/"));
  CHECK_FALSE(judged("GET", "/"));
}

TEST_CASE("health says healthy, and when", "[endpoint]") {
  Fixture gateway;
  const std::string before = utc_timestamp(unix_ms());
  const json body = gateway.get("/health");
  CHECK(body.at("status") == "healthy");
  CHECK(body.at("service") == "api-gateway");
  CHECK_FALSE(body.at("version").get<std::string>().empty());
  CHECK(body.at("timestamp") >= before);
  CHECK(body.at("timestamp") <= utc_timestamp(unix_ms()));
}

TEST_CASE("status adds up what all workers count", "[endpoint]") {
  Fixture gateway;
  gateway.board->started_at_ms = unix_ms() - 90'000;
  WorkerSlot* slots = gateway.board->workers;
  slots[0].state = WorkerState::Serving;
  slots[1].state = WorkerState::Serving;
  slots[2].state = WorkerState::Draining;
  slots[3].state = WorkerState::Starting;
  slots[Scoreboard::kWorkers - 1].state = WorkerState::Free;  // has exited
  for (std::size_t i :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3}, Scoreboard::kWorkers - 1}) {
    slots[i].requests = 10;
    slots[i].connections = 3;
    slots[i].exchanges = 2;
  }
  const json body = gateway.get("/api/gateway/status");
  CHECK(body.at("status") == "running");
  CHECK(body.at("service") == "api-gateway");
  CHECK(body.at("uptime_seconds") >= 90.0);
  CHECK(body.at("uptime_seconds") < 150.0);
  CHECK(body.at("generation") == 4);
  CHECK(body.at("workers") == json{{"serving", 2}, {"draining", 1}});
  CHECK(body.at("requests_total") == 50);
  CHECK(body.at("connections") == 12);
  CHECK(body.at("exchanges") == 8);
  CHECK(body.at("services") == json{{"users", "unknown"}, {"orders", "unknown"}});
}

TEST_CASE("an uptime is never negative", "[endpoint]") {
  Fixture gateway;
  gateway.board->started_at_ms = unix_ms() + 3'600'000;
  CHECK(gateway.get("/api/gateway/status").at("uptime_seconds") == 0);
}

TEST_CASE("services are listed with prefixes and urls", "[endpoint]") {
  Fixture gateway;
  const json body = gateway.get("/api/gateway/services");
  CHECK(body == json::parse(R"([
    {"name": "users", "prefixes": ["/api/users/", "/people/"],
     "urls": ["http://a:1", "http://b:2"], "status": "unknown", "last_error": null,
     "instances": [{"url": "http://a:1", "status": "unknown", "idle_limit_seconds": null},
                   {"url": "http://b:2", "status": "unknown", "idle_limit_seconds": null}]},
    {"name": "orders", "prefixes": ["/api/orders/"],
     "urls": ["unix:/run/o.sock"], "status": "unknown", "last_error": null,
     "instances": [{"url": "unix:/run/o.sock", "status": "unknown", "idle_limit_seconds": null}]}
  ])"));
}

TEST_CASE("instances are listed with the shorter of the idle limits that are known", "[endpoint]") {
  Fixture gateway;
  gateway.instances[0].learned_idle_ms = 5500;
  gateway.instances[1].announced_idle_ms = 5000;
  gateway.instances[1].status = InstanceStatus::Up;
  gateway.instances[2].learned_idle_ms = 3000;
  gateway.instances[2].announced_idle_ms = 5000;
  const auto limit = [&](std::size_t service, std::size_t instance) {
    const json body = gateway.get("/api/gateway/services");
    return body.at(service).at("instances").at(instance).at("idle_limit_seconds");
  };
  CHECK(limit(0, 0) == 5.5);
  CHECK(limit(0, 1) == 5);
  CHECK(limit(1, 0) == 3);
  gateway.instances[2].learned_idle_ms = 6000;
  CHECK(limit(1, 0) == 5);
  CHECK(gateway.get("/api/gateway/services").at(0).at("instances").at(1).at("status") == "up");
}

TEST_CASE("a gateway without services lists none", "[endpoint]") {
  Fixture gateway;
  gateway.config.services.clear();
  CHECK(gateway.get("/api/gateway/services") == json::array());
  CHECK(gateway.get("/api/gateway/status").at("services") == json::object());
}

TEST_CASE("a service is up when any instance is and down when all are", "[endpoint]") {
  using enum InstanceStatus;
  struct Row {
    InstanceStatus first, second;
    const char* word;
  };
  for (const Row& row :
       {Row{Unknown, Unknown, "unknown"}, Row{Up, Unknown, "up"}, Row{Down, Up, "up"},
        Row{Down, Unknown, "unknown"}, Row{Unknown, Down, "unknown"}, Row{Down, Down, "down"}}) {
    Fixture gateway;
    gateway.instances[0].status = row.first;
    gateway.instances[1].status = row.second;
    CHECK(gateway.get("/api/gateway/services").at(0).at("status") == row.word);
    CHECK(gateway.get("/api/gateway/services").at(1).at("status") == "unknown");
    CHECK(gateway.get("/api/gateway/status").at("services").at("users") == row.word);
  }
}

TEST_CASE("the last error of a service is that of its latest change", "[endpoint]") {
  Fixture gateway;
  gateway.instances[0].last_error = Cause::ConnectRefused;
  gateway.instances[0].changed_at_ms = 20;
  gateway.instances[1].last_error = Cause::DnsFailure;
  gateway.instances[1].changed_at_ms = 10;
  gateway.instances[2].last_error = Cause::ConnectTimeout;
  const json body = gateway.get("/api/gateway/services");
  CHECK(body.at(0).at("last_error") == "connect_refused");
  CHECK(body.at(1).at("last_error") == "connect_timeout");
}

TEST_CASE("a query does not change the endpoint", "[endpoint]") {
  Fixture gateway;
  CHECK(gateway.get("/health?verbose=1").at("status") == "healthy");
  CHECK(gateway.get("/api/gateway/status?").at("status") == "running");
}

TEST_CASE("HEAD is answered like GET", "[endpoint]") {
  Fixture gateway;
  const auto reply = gateway.respond("HEAD", "/health");
  REQUIRE(reply);
  CHECK(reply->status == 200);
  CHECK(json::parse(reply->body).at("status") == "healthy");
}

TEST_CASE("other methods are refused with what is allowed", "[endpoint]") {
  Fixture gateway;
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", "BREW"}) {
    for (const char* path : {"/health", "/api/gateway/status", "/api/gateway/services?x"}) {
      const auto reply = gateway.respond(method, path);
      REQUIRE(reply);
      CHECK(reply->status == 405);
      CHECK(reply->cause == Cause::Method);
      CHECK(reply->allow == "GET, HEAD");
    }
  }
}

TEST_CASE("other paths are not ours", "[endpoint]") {
  Fixture gateway;
  for (const char* path : {"/", "*", "/health/", "/Health", "/healthz", "/api/gateway/",
                           "/api/gateway/status/x", "/api/gateway/%73tatus", "//health"}) {
    CAPTURE(path);
    CHECK_FALSE(gateway.respond("GET", path));
  }
}

TEST_CASE("a name that is not UTF-8 still gives valid JSON", "[endpoint]") {
  Fixture gateway;
  gateway.config.services[1].name = "caf\xe9";
  CHECK(gateway.get("/api/gateway/services").at(1).at("name") == "caf\xef\xbf\xbd");
  CHECK(gateway.get("/api/gateway/status").at("services").contains("caf\xef\xbf\xbd"));
}

}  // namespace
}  // namespace gateway
