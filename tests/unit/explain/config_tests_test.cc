// SPDX-License-Identifier: MIT
#include "explain/config_tests.h"

#include <string>

#include "catch.h"
#include "config/loading.h"
#include "sample.h"

namespace gateway::explain {
namespace {

using gateway::test::Loading;
using test::sample;

std::string with_tests(const std::string& tests) { return sample(",\n\"tests\": [" + tests + "]"); }

/// What a configuration with these tests is refused for; empty: they pass.
std::string failures(const std::string& tests) {
  const Loading loading(with_tests(tests));
  const Status status = run_tests(*loading);
  return status ? "" : loading.local(status.error().message);
}

/// Of one test, the message without place and excerpt.
std::string message(const std::string& test) {
  const std::string text = failures(test);
  const std::string first = text.substr(0, text.find('\n'));
  const std::size_t at = first.find("/tests/");
  return at == std::string::npos ? first : first.substr(at);
}

std::string test_of(const std::string& request, const std::string& expect) {
  return R"({"request": ")" + request + R"(", "expect": {)" + expect + "}}";
}

TEST_CASE("a configuration without tests passes", "[explain]") {
  CHECK(failures("").empty());
  CHECK(run_tests(LoadedConfig()));
}

TEST_CASE("each expectation can be met", "[explain]") {
  for (const auto& [request, expect] : std::vector<std::pair<std::string, std::string>>{
           {"GET /api/orders/7", R"("service": "orders", "route": "orders")"},
           {"GET /api/orders/7?x=1", R"("upstream_path": "/v1/7")"},
           {"GET /api/orders/7?x=1", R"("upstream_path": "/v1/7?x=1")"},
           {"GET /api/orders/7?", R"("upstream_path": "/v1/7?")"},
           {"GET http://a.beta.example/api/orders/7", R"("route": "beta", "service": "legacy")"},
           {"GET /api/orders?a", R"("status": 308, "location": "/api/orders/?a")"},
           {"GET /api/orders", R"("route": "orders")"},
           {"GET /tea", R"("status": 418, "route": "tea")"},
           {"GET /old/7", R"("location": "/api/orders/7")"},
           {"DELETE /api/orders/7", R"("status": 405, "cause": "method")"},
           {"GET /api/orders/../x", R"("status": 400, "cause": "dot_segments")"},
           {"GET /api/gateway/x", R"("status": 404)"},
           {"GET /health", R"("status": 200)"},
           {"GET /a b", R"("cause": "malformed_request_line")"},
           {"GET /api/orders/",
            R"("request_headers": {"x-team": "orders", "Cookie": null, "Host": "10.0.0.1:8001"})"},
       }) {
    CAPTURE(request, expect);
    CHECK(failures(test_of(request, expect)).empty());
  }
  CHECK(failures(R"({"request": "GET /api/orders/", "headers": {"Host": "b.beta.example", "A": "1"},
                     "expect": {"route": "beta", "request_headers": {"A": "1"}}})")
            .empty());
}

TEST_CASE("a failing test names what was expected, what was found, and which route is why",
          "[explain]") {
  CHECK(message(test_of("GET http://a.beta.example/api/orders/7", R"("service": "orders")")) ==
        "/tests/0/expect/service: expected \"orders\", found \"legacy\": "
        "GET http://a.beta.example/api/orders/7 goes to service \"legacy\" as /api/orders/7 by "
        "route \"beta\" (gateway.json:13); route \"orders\" (gateway.json:9) does not take it: "
        "route \"beta\" is for this host");
  CHECK(message(test_of("PUT /api/orders/7", R"("route": "orders")")) ==
        "/tests/0/expect/route: expected \"orders\", found none: PUT /api/orders/7 is refused "
        "with 405 method: this path does not support the method; allowed are GET, HEAD, POST; "
        "route \"orders\" (gateway.json:9) does not take it: the method is not GET or POST");
  CHECK(message(test_of("GET /x", R"("route": "tea")")) ==
        "/tests/0/expect/route: expected \"tea\", found \"all\": GET /x goes to service "
        "\"legacy\" as /x by route \"all\" (gateway.json:8); route \"tea\" (gateway.json:15) does "
        "not take it: the path does not begin with /tea/");
  CHECK(message(test_of("GET /x", R"("status": 404)")) ==
        "/tests/0/expect/status: expected 404, found that the service decides: GET /x goes to "
        "service \"legacy\" as /x by route \"all\" (gateway.json:8)");
  CHECK(message(test_of("GET /old/../x", R"("status": 308)")) ==
        "/tests/0/expect/status: expected 308, found 400: GET /old/../x is refused with 400 "
        "dot_segments: dot segments in the path would leave the prefix it was routed by; taken "
        "by route \"old\" (gateway.json:16)");
  CHECK(message(test_of("GET /health", R"("cause": "no_route")")) ==
        "/tests/0/expect/cause: expected \"no_route\", found none: GET /health is answered by "
        "the gateway itself");
  CHECK(message(test_of("GET /api/gateway/x", R"("route": "all")")) ==
        "/tests/0/expect/route: expected \"all\", found none: GET /api/gateway/x is refused with "
        "404 no_route: paths below /api/gateway/ belong to the gateway itself");
}

TEST_CASE("parts of a message are each compared", "[explain]") {
  const auto starts = [](const std::string& request, const std::string& expect,
                         const std::string& expected) {
    CAPTURE(request, expect);
    CHECK(message(test_of(request, expect)).starts_with("/tests/0/expect/" + expected));
  };
  starts("GET /api/orders/7?x", R"("upstream_path": "/v1/7?y")",
         R"(upstream_path: expected "/v1/7?y", found "/v1/7?x": )");
  starts("GET /api/orders/7?x", R"("upstream_path": "/v1/8")",
         R"(upstream_path: expected "/v1/8", found "/v1/7": )");
  starts("GET /tea/", R"("upstream_path": "/tea/")",
         R"(upstream_path: expected "/tea/", found none: )");
  starts("GET /old/x", R"("location": "/x")",
         R"(location: expected "/x", found "/api/orders/x": )");
  starts("GET /x", R"("location": "/x")", R"(location: expected "/x", found none: )");
  starts("GET /x", R"("request_headers": {"X-Team": "orders"})",
         R"(request_headers/X-Team: expected "orders", found none: )");
  starts("GET /api/orders/", R"("request_headers": {"x-team": null})",
         R"(request_headers/x-team: expected none, found "orders": )");
  starts("GET /tea/", R"("request_headers": {"X": null})",
         "request_headers: expected fields for a service, found none: ");
}

TEST_CASE("all failing tests are told at once, each at its place", "[explain]") {
  CHECK(failures(R"(
  {"request": "GET /tea/", "expect": {"status": 200}},
  {"request": "GET /tea/", "expect": {"status": 418}},
  {"request": "GET /api/orders/7", "expect": {"upstream_path": "/x",
                                              "request_headers": {"X-Team": "y"}}})") ==
        "gateway.json:19:49: /tests/0/expect/status: expected 200, found 418: GET /tea/ is "
        "answered with 418 by route \"tea\" (gateway.json:15)\n"
        "    {\"request\": \"GET /tea/\", \"expect\": {\"status\": 200}},\n"
        "                                                  ^\n"
        "gateway.json:21:64: /tests/2/expect/upstream_path: expected \"/x\", found \"/v1/7\": "
        "GET /api/orders/7 goes to service \"orders\" as /v1/7 by route \"orders\" "
        "(gateway.json:9)\n"
        "    {\"request\": \"GET /api/orders/7\", \"expect\": {\"upstream_path\": \"/x\",\n"
        "                                                                 ^\n"
        "gateway.json:22:77: /tests/2/expect/request_headers/X-Team: expected \"y\", found "
        "\"orders\": GET /api/orders/7 goes to service \"orders\" as /v1/7 by route \"orders\" "
        "(gateway.json:9)\n"
        "                                                \"request_headers\": {\"X-Team\": "
        "\"y\"}}}]\n"
        "                                                                              ^");
}

TEST_CASE("what is secret is not told by a failing test", "[explain]") {
  const Loading loading(R"({"services": {"s": {"instances": [{"url": "http://s"}]}},
    "routes": [{"match": {"path_prefix": "/"}, "service": "s", "headers": {"request": {"set": {
      "Authorization": "Bearer hush", "X-Other": {"env": "OTHER"}}}}}],
    "tests": [{"request": "GET /", "expect": {"request_headers": {"Authorization": "Bearer hum",
      "X-Other": "x"}}}, {"request": "GET /", "expect": {"request_headers": {
      "Authorization": "Bearer hush", "X-Other": "hush2"}}}]})",
                        {"OTHER=hush2"});
  const Status status = run_tests(*loading);
  REQUIRE_FALSE(status);
  const std::string& text = status.error().message;
  CHECK(text.find("/tests/0/expect/request_headers/Authorization: expected one that is not shown, "
                  "found another: ") != std::string::npos);
  CHECK(text.find(R"(expected "x", found "{\"env\": \"OTHER\"}": )") != std::string::npos);
  CHECK(text.find("/tests/1") == std::string::npos);
  CHECK(text.find("hush") == std::string::npos);
  CHECK(text.find("hum") == std::string::npos);
}

TEST_CASE("when another one answers, what follows from that is not told too", "[explain]") {
  const std::string text = failures(
      test_of("GET /x", R"("route": "orders", "service": "orders", "upstream_path": "/v1/")"));
  CHECK(text.find("/expect/route") != std::string::npos);
  CHECK(text.find("/expect/service") == std::string::npos);
  CHECK(text.find("/expect/upstream_path") == std::string::npos);
}

}  // namespace
}  // namespace gateway::explain
