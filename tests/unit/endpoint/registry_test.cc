// SPDX-License-Identifier: MIT
#include "endpoint/registry.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "observe/board.h"
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
  SharedScoreboard board = gateway::test::make_board();
  SeriesRows rows = board.assign_rows(
      {{{"r1", "users"}, {"r2", "orders"}, {"r3", "users"}},
       {{"users", "http://a:1"}, {"users", "http://b:2"}, {"orders", "unix:/run/o.sock"}}},
      4);
  Meters meters = meters_of(board->workers[0], board->names, rows);
  InstanceSlot& instance(std::size_t number) { return *meters.instances[number].state; }

 private:
  void add_route(const char* prefix, const char* service) {
    RouteConfig route;
    route.match.path_prefix = prefix;
    route.service = service;
    config.routes.push_back(route);
  }

  endpoint::Registry registry_{{config, *board, meters, 4}};
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
  gateway.board->workers_used = 5;
  gateway.board->gateway.worker_restarts.add(2);
  WorkerSlot* slots = gateway.board->workers;
  slots[0].state = WorkerState::Serving;
  slots[1].state = WorkerState::Serving;
  slots[2].state = WorkerState::Draining;
  slots[3].state = WorkerState::Starting;
  slots[4].state = WorkerState::Free;  // has exited
  for (std::uint32_t i = 0; i < 5; i++) {
    slots[i].generation = i == 2 ? 3 : 4;
    RouteCounters& users = slots[i].routes[gateway.rows.routes[0]];
    users.begun.add(4);
    users.end({200, Cause::None, 1900, 0, 0}, /*was_tunnel=*/false);
    users.end({504, Cause::ConnectTimeout, 90'000, 0, 0}, /*was_tunnel=*/false);
    slots[i].routes[gateway.rows.routes[1]].begun.add(6);
    slots[i].clients.accepted.add(3);
  }
  const json body = gateway.get("/api/gateway/status");
  CHECK(body.at("status") == "running");
  CHECK(body.at("service") == "api-gateway");
  CHECK(body.at("uptime_seconds") >= 90.0);
  CHECK(body.at("uptime_seconds") < 150.0);
  CHECK(body.at("generation") == 4);
  CHECK(body.at("generations") == json::parse(R"([
    {"generation": 3, "starting": 0, "serving": 0, "draining": 1},
    {"generation": 4, "starting": 1, "serving": 2, "draining": 0}])"));
  CHECK(body.at("workers") == json{{"serving", 2}, {"draining", 1}});
  CHECK(body.at("worker_restarts_total") == 2);
  CHECK(body.at("requests_total") == 50);
  CHECK(body.at("connections") == 15);
  CHECK(body.at("connections_total") == 15);
  CHECK(body.at("exchanges") == 40);
  CHECK(body.at("responses_total") ==
        json{{"1xx", 0}, {"2xx", 5}, {"3xx", 0}, {"4xx", 0}, {"5xx", 5}});
  CHECK(body.at("failures_total") == json{{"connect_timeout", 5}});
  CHECK(body.at("services") == json{{"users", "unknown"}, {"orders", "unknown"}});
  const json& users = body.at("traffic").at("users");
  CHECK(users.at("requests_total") == 20);
  CHECK(users.at("exchanges") == 10);
  CHECK(users.at("responses_total").at("2xx") == 5);
  CHECK(users.at("failures_total") == 5);
  CHECK(users.at("p50_ms") == 2.0);  // the edge of the bucket that half of them fill
  CHECK(users.at("p99_ms") > 80.0);
  CHECK(users.at("p99_ms") <= 100.0);
  CHECK(body.at("traffic").at("orders").at("requests_total") == 30);
  CHECK(body.at("traffic").at("orders").at("p50_ms").is_null());
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
  gateway.instance(0).learned_idle_ms = 5500;
  gateway.instance(1).announced_idle_ms = 5000;
  gateway.instance(1).status = InstanceStatus::Up;
  gateway.instance(2).learned_idle_ms = 3000;
  gateway.instance(2).announced_idle_ms = 5000;
  const auto limit = [&](std::size_t service, std::size_t instance) {
    const json body = gateway.get("/api/gateway/services");
    return body.at(service).at("instances").at(instance).at("idle_limit_seconds");
  };
  CHECK(limit(0, 0) == 5.5);
  CHECK(limit(0, 1) == 5);
  CHECK(limit(1, 0) == 3);
  gateway.instance(2).learned_idle_ms = 6000;
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
    gateway.instance(0).status = row.first;
    gateway.instance(1).status = row.second;
    CHECK(gateway.get("/api/gateway/services").at(0).at("status") == row.word);
    CHECK(gateway.get("/api/gateway/services").at(1).at("status") == "unknown");
    CHECK(gateway.get("/api/gateway/status").at("services").at("users") == row.word);
  }
}

TEST_CASE("the last error of a service is that of its latest change", "[endpoint]") {
  Fixture gateway;
  gateway.instance(0).last_error = Cause::ConnectRefused;
  gateway.instance(0).changed_at_ms = 20;
  gateway.instance(1).last_error = Cause::DnsFailure;
  gateway.instance(1).changed_at_ms = 10;
  gateway.instance(2).last_error = Cause::ConnectTimeout;
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
