// SPDX-License-Identifier: MIT
#include <string>

#include "catch.h"
#include "config/report.h"
#include "loading.h"

using namespace gateway;
using gateway::test::Loading;

namespace {

std::string file(const std::string& tests) {
  return R"({"services": {"users": {"instances": [{"url": "http://u"}]}},
    "routes": [{"name": "people", "match": {"path_prefix": "/u/"}, "service": "users"}],
    "tests": )" +
         tests + "}";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a test says what is asked and what has to become of it", "[config]") {
  const Loading loading(file(R"([
    {"request": "GET /u/1?x", "headers": {"Host": "h", "X-A": "1"},
     "expect": {"route": "people", "service": "users", "upstream_path": "/u/1", "status": 400,
                "cause": "dot_segments", "location": "/x",
                "request_headers": {"X-A": "1", "X-B": null}}}])"));
  REQUIRE(loading->config.tests.size() == 1);
  const TestConfig& test = loading->config.tests[0];
  CHECK(test.request == "GET /u/1?x");
  REQUIRE(test.headers.size() == 2);
  CHECK(test.headers[0].name == "Host");
  CHECK(test.headers[0].value == "h");
  CHECK(test.expect.route == "people");
  CHECK(test.expect.service == "users");
  CHECK(test.expect.upstream_path == "/u/1");
  CHECK(test.expect.status == 400);
  CHECK(test.expect.cause == "dot_segments");
  CHECK(test.expect.location == "/x");
  REQUIRE(test.expect.request_headers.size() == 2);
  CHECK(test.expect.request_headers[0].value == "1");
  CHECK_FALSE(test.expect.request_headers[1].value);
}

TEST_CASE("a wrong test is an error with its place and what is accepted", "[config]") {
  const auto complains = [](const std::string& test, const std::string& of) {
    CAPTURE(test);
    CHECK(contains(Loading(file("[" + test + "]")).error(), of));
  };
  complains(R"({"expect": {"status": 200}})", "/tests/0: the key \"request\" is missing");
  complains(R"({"request": "GET /"})", "/tests/0: the key \"expect\" is missing");
  complains(R"({"request": "GET /", "expect": {}})", "/tests/0/expect: nothing is expected");
  for (const char* bad : {"/x", "GET", "GET ", "G[T /x", " /x", "GET /x\\r\\nA: b"}) {
    complains(std::string(R"({"request": ")") + bad + R"(", "expect": {"status": 200}})",
              "/tests/0/request: expected a method and a path or URL");
  }
  complains(R"({"request": "get /", "expect": {"status": 200}})",
            "methods are case-sensitive: write \"GET\"");
  complains(R"({"request": "GET /", "expct": {}})", "unknown key; did you mean \"expect\"?");
  complains(R"({"request": "GET /", "expect": {"upstream": "x"}})",
            "/tests/0/expect/upstream: unknown key");
  complains(R"({"request": "GET /", "expect": {"service": "user"}})",
            "/tests/0/expect/service: no service is named \"user\"; did you mean \"users\"?");
  complains(R"({"request": "GET /", "expect": {"route": "peple"}})",
            "/tests/0/expect/route: no route is named \"peple\"; did you mean \"people\"?");
  complains(R"({"request": "GET /", "expect": {"cause": "no_rute"}})",
            "is no cause a request is refused for; did you mean \"no_route\"?");
  complains(R"({"request": "GET /", "expect": {"status": "x"}})",
            "/tests/0/expect/status: expected a whole number from 200 to 599");
  complains(R"({"request": "GET /", "headers": {"A": null}, "expect": {"status": 200}})",
            "/tests/0/headers/A: expected a string");
  complains(R"({"request": "GET /", "headers": {"A b": "c"}, "expect": {"status": 200}})",
            "is not the name of a header field");
  complains(R"({"request": "GET /", "headers": {"A": "b\r\nC: d"}, "expect": {"status": 200}})",
            "expected the value of a header field");
  complains(R"({"request": "GET /", "expect": {"request_headers": {"A": 1}}})",
            "/tests/0/expect/request_headers/A: expected a string or null");
}

TEST_CASE("tests may be of requests that the gateway refuses", "[config]") {
  CHECK(Loading(file(R"([{"request": "CONNECT h:1", "expect": {"status": 501}},
                         {"request": "GET /a b", "expect": {"status": 400}},
                         {"request": "GET x", "expect": {"cause": "invalid_target"}}])"))
            ->config.tests.size() == 3);
}

TEST_CASE("tests are part of the effective configuration", "[config]") {
  const Loading loading(file(R"([{"request": "GET /u/", "expect": {
    "service": "users", "request_headers": {"A": null}}}])"));
  const std::string text = effective_text(*loading);
  CHECK(contains(text, "\"request\": \"GET /u/\""));
  CHECK(contains(text, "\"A\": null"));
  CHECK_FALSE(contains(text, "\"upstream_path\":"));
  CHECK(Loading(text)->config.tests.at(0).expect.service == "users");
}
