// SPDX-License-Identifier: MIT
#include "explain/explanation.h"

#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "config/loading.h"
#include "sample.h"

namespace gateway::explain {
namespace {

using gateway::test::Loading;
using nlohmann::json;
using test::sample;

std::string text_of(const Loading& loading, const Request& request, bool all = false) {
  return loading.local(to_text(Explanation(*loading, request), all));
}

json json_of(const Loading& loading, const Request& request) {
  return json::parse(loading.local(to_json(Explanation(*loading, request))));
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_CASE("the explanation of a forwarded request has everything, with its origin", "[explain]") {
  const Loading loading(sample());
  CHECK(
      text_of(loading, {"GET", "/api/orders/7?x=1", {{"Cookie", "a"}}}) ==
      R"(GET /api/orders/7?x=1 goes to service "orders" as /v1/7?x=1 by route "orders" (gateway.json:9)

Request
  host                 localhost
  path                 /api/orders/7
  query                ?x=1
  matched              as sent, nothing is decoded; no dot segments leave the prefix

Route
  name                 orders                              gateway.json:9
  why                  longest prefix that fits; for any host; for this method
  match.path_prefix    /api/orders/                        gateway.json:9
  match.methods        GET, POST                           gateway.json:9
  service              orders                              gateway.json:10
  rewrite.path_prefix  /v1/                                gateway.json:10
  preserve_host        false                               built-in
  server_timing        false                               built-in

Other routes
  beta                 the host is not *.beta.example      gateway.json:13
  all                  route "orders" has a longer prefix  gateway.json:8
  tea                  the path does not begin with /tea/  gateway.json:15
  old                  the path does not begin with /old/  gateway.json:16

Service
  name                 orders                              gateway.json:4
  instances.0.url      http://10.0.0.1:8001                gateway.json:4
  instances.0.weight   1                                   built-in
  instances.1.url      http://b                            gateway.json:4
  instances.1.weight   1                                   built-in

Timeouts
  connect              2s                                  gateway.json:2 (defaults)
  response_header      30s                                 built-in
  idle                 10s                                 gateway.json:5 (service)
  request              off                                 built-in
  tunnel_idle          1h                                  built-in

Limits
  request_body         1KiB                                gateway.json:11
  head                 32KiB                               built-in
  header_fields        100                                 built-in
  target               8KiB                                built-in

Header edits
  request.remove       Cookie                              gateway.json:12
  request.set.X-Team   orders                              gateway.json:12

Sent to the first instance
  GET                  /v1/7?x=1
  Host                 10.0.0.1:8001
  X-Team               orders
  X-Forwarded-For      127.0.0.1
  X-Forwarded-Proto    http
  X-Forwarded-Host     localhost
  X-Forwarded-Port     8000
  X-Request-ID         <a new UUID>
)");
}

TEST_CASE("a refusal is explained with its cause and the routes that nearly took it", "[explain]") {
  const Loading loading(sample());
  CHECK(
      text_of(loading, {"get", "http://h/api/orders/7", {}})
          .starts_with(
              R"(get http://h/api/orders/7 is refused with 405 method: this path does not support the method; allowed are GET, HEAD, POST

Request
  hint     methods are case-sensitive: write "GET"
  host     h
  path     /api/orders/7
  matched  as sent, nothing is decoded

Other routes
  orders   the method is not GET or POST )"));
  CHECK(text_of(loading, {"GET", "x", {}}) ==
        "GET x is refused with 400 invalid_target: the request target is not a valid path, URL "
        "or *\n");
  CHECK(text_of(loading, {"GET", "/old/../x", {}})
            .find("its dot segments, encoded or not, would leave the prefix") != std::string::npos);
}

TEST_CASE("as JSON an explanation has stable names", "[explain]") {
  const Loading loading(sample(), {"SERVICE1_URL=http://one", "GATEWAY_TIMEOUT=7"});
  const json forwarded = json_of(loading, {"POST", "/api/orders/7?x=1", {}});
  CHECK(forwarded["outcome"] == "service");
  CHECK(forwarded["status"].is_null());
  CHECK(forwarded["cause"].is_null());
  CHECK(forwarded["request"] == json{{"method", "POST"},
                                     {"host", "localhost"},
                                     {"path", "/api/orders/7"},
                                     {"query", "?x=1"}});
  CHECK(forwarded["route"]["name"] == "orders");
  CHECK(forwarded["route"]["origin"] == "gateway.json:9");
  CHECK(forwarded["route"]["match"]["methods"] ==
        json{{"value", {"GET", "POST"}}, {"origin", "gateway.json:9"}});
  CHECK(forwarded["route"]["timeouts"]["idle"] ==
        json{{"value", "10s"},
             {"origin", "gateway.json:5"},
             {"inherited_from", "/services/orders/timeouts/idle"}});
  CHECK(forwarded["route"]["timeouts"]["response_header"] ==
        json{{"value", "7s"},
             {"origin", "environment GATEWAY_TIMEOUT"},
             {"inherited_from", "/defaults/timeouts/response_header"}});
  CHECK(forwarded["route"]["timeouts"]["request"] ==
        json{{"value", "off"}, {"origin", "built-in"}});
  CHECK(forwarded["service"]["instances"][1]["url"]["value"] == "http://b");
  CHECK(forwarded["upstream"]["target"] == "/v1/7?x=1");
  CHECK(forwarded["upstream"]["headers"][0] == json{{"name", "Host"}, {"value", "10.0.0.1:8001"}});
  CHECK(forwarded["limits"]["target"]["value"] == "8KiB");
  CHECK(forwarded["client"]["header"]["origin"] == "environment GATEWAY_TIMEOUT");
  CHECK(forwarded["losing_routes"].size() == 5);
  CHECK(forwarded["losing_routes"][0] == json{{"name", "beta"},
                                              {"origin", "gateway.json:13"},
                                              {"path_prefix", "/api/orders/"},
                                              {"verdict", "host"},
                                              {"reason", "the host is not *.beta.example"}});
}

TEST_CASE("the outcome of an own answer is told as JSON", "[explain]") {
  const Loading loading(sample());
  const auto told = [&](const char* method, const char* url) {
    const json all = json_of(loading, {method, url, {}});
    CHECK(all["service"].is_null() ==
          (all["route"].is_null() || !all["route"].contains("service")));
    CHECK(all["upstream"].is_null());
    return json{all["outcome"], all["status"], all["cause"], all["location"], all["allow"]};
  };
  const json none;
  CHECK(told("GET", "/tea/") == json{"response", 418, none, none, none});
  CHECK(told("GET", "/old/x") == json{"redirect", 308, none, "/api/orders/x", none});
  CHECK(told("GET", "/api/orders") == json{"redirect", 308, none, "/api/orders/", none});
  CHECK(told("GET", "/health") == json{"endpoint", 200, none, none, none});
  CHECK(told("PUT", "/health") == json{"refused", 405, "method", none, "GET, HEAD"});
  CHECK(told("GET", "/old/..") == json{"refused", 400, "dot_segments", none, none});
  CHECK(told("CONNECT", "h:1") == json{"refused", 501, "connect_method", none, none});
  CHECK(json_of(loading, {"GET", "/\xff", {}})["cause"] == "invalid_target");
}

TEST_CASE("secrets are not explained", "[explain]") {
  const Loading loading(R"({"services": {"s": {"instances": [{"url": "http://s"}]}},
    "routes": [{"match": {"path_prefix": "/"}, "service": "s", "headers": {
      "request": {"set": {"Authorization": "Bearer hush"}, "add": {"X-Other": {"env": "OTHER"}}},
      "response": {"set": {"Set-Cookie": "a=hush"}}}}]})",
                        {"OTHER=hush2"});
  const Request request{"GET", "/", {{"X-Other", "mine"}}};
  const std::string text = text_of(loading, request, /*all=*/true);
  CHECK(text.find("\n  Authorization              ***\n") != std::string::npos);
  CHECK(text.find("\n  X-Other                    mine\n") != std::string::npos);
  CHECK(text.find("\n  X-Other                    {\"env\": \"OTHER\"}\n") != std::string::npos);
  CHECK(text.find("hush") == std::string::npos);
  CHECK(json_of(loading, request).dump().find("hush") == std::string::npos);
}

TEST_CASE("of many routes the near ones are shown", "[explain]") {
  std::string routes;
  for (int i = 0; i < 2000; i++) {
    routes += R"({"match": {"path_prefix": "/team)" + std::to_string(i / 10) + "/r" +
              std::to_string(i % 10) + R"(/"}, "service": "s"},)" + "\n";
  }
  const Loading loading(
      R"({"services": {"s": {"instances": [{"url": "http://s"}]}}, "routes": [)" + routes +
      R"({"name": "near", "match": {"path_prefix": "/team77/"}, "service": "s"}]})");
  const Request request{"GET", "/team77/r3/x", {}};
  const std::string text = text_of(loading, request);
  CHECK(lines_of(text) < 60);
  CHECK(text.find("\nOther routes\n  near ") != std::string::npos);
  CHECK(text.find("the path does not begin with /team77/r9/") == std::string::npos);
  CHECK(text.find("the path does not begin with /team77/r6/") != std::string::npos);
  CHECK(text.find("  and 1992 more        the path does not begin with their prefix") !=
        std::string::npos);
  CHECK(lines_of(text_of(loading, request, /*all=*/true)) > 2000);
  CHECK(json_of(loading, request)["losing_routes"].size() == 2000);
}

TEST_CASE("long and unprintable values stay on their line", "[explain]") {
  const Loading loading(R"({"routes": [{"match": {"path_prefix": "/"}, "response": {"body": ")" +
                        std::string(500, 'x') + R"("}}, {"match": {"path_prefix": "/n/"},
                          "response": {"body": "a\nb\u001b[1m"}}]})");
  const std::string text = text_of(loading, {"GET", "/", {}});
  CHECK(text.find(std::string(200, 'x') + "…") != std::string::npos);
  CHECK(text.find(std::string(201, 'x')) == std::string::npos);
  CHECK(text_of(loading, {"GET", "/n/", {}}).find(R"(a\nb\u001b[1m)") != std::string::npos);
}

}  // namespace
}  // namespace gateway::explain
