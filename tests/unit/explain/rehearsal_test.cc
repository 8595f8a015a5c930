// SPDX-License-Identifier: MIT
#include "explain/rehearsal.h"

#include <string>
#include <vector>

#include "catch.h"
#include "config/loading.h"
#include "sample.h"
#include "util/cause.h"

namespace gateway::explain {
namespace {

using gateway::test::Loading;
using test::sample;

std::string word(Outcome outcome) {
  switch (outcome) {
    case Outcome::Service: return "service";
    case Outcome::Response: return "response";
    case Outcome::Redirect: return "redirect";
    case Outcome::Endpoint: return "endpoint";
    case Outcome::Refused: break;
  }
  return "refused";
}

/// Such as "service orders /v1/7", "redirect 308 /x tea" or "refused 404 no_route".
std::string rehearsed(const Config& config, const Request& request) {
  const Stage stage(config);
  const Rehearsal rehearsal(stage, request);
  std::string text = word(rehearsal.outcome());
  if (rehearsal.outcome() == Outcome::Service) {
    text += " " + rehearsal.service()->name + " " + std::string(rehearsal.upstream_target());
  } else {
    text += " " + std::to_string(rehearsal.status().value());
  }
  if (rehearsal.cause() != Cause::None) text.append(" ").append(info(rehearsal.cause()).word);
  for (const std::string& part : {rehearsal.location(), rehearsal.allow()}) {
    if (!part.empty()) text += " " + part;
  }
  return rehearsal.route() == nullptr ? text : text + " by " + rehearsal.route()->name;
}

std::string field(const Rehearsal& rehearsal, std::string_view name) {
  std::string all;
  for (const Field& each : rehearsal.upstream_fields()) {
    if (each.name == name) all += (all.empty() ? "" : "; ") + each.value;
  }
  return all;
}

TEST_CASE("a request takes the way of a real one", "[explain]") {
  const Loading loading(sample());
  struct Row {
    const char* method;
    const char* url;
    const char* expected;
  };
  for (const auto& [method, url, expected] : std::vector<Row>{
           {"GET", "/api/orders/7?x", "service orders /v1/7?x by orders"},
           {"HEAD", "/api/orders/7", "service orders /v1/7 by orders"},
           {"GET", "/api/orders", "redirect 308 /api/orders/ by orders"},
           {"PUT", "/api/orders/7", "refused 405 method GET, HEAD, POST"},
           {"GET", "http://a.beta.example/api/orders/7", "service legacy /api/orders/7 by beta"},
           {"PUT", "http://a.beta.example:81/api/orders/", "service legacy /api/orders/ by beta"},
           {"GET", "/elsewhere", "service legacy /elsewhere by all"},
           {"GET", "/tea/x", "response 418 by tea"},
           {"GET", "/old/x?y", "redirect 308 /api/orders/x?y by old"},
           {"GET", "/old/../x", "refused 400 dot_segments by old"},
           {"GET", "/api/orders/%2e%2e/x", "refused 400 dot_segments by orders"},
           {"GET", "/health", "endpoint 200"},
           {"HEAD", "/api/gateway/status?x", "endpoint 200"},
           {"POST", "/health", "refused 405 method GET, HEAD"},
           {"GET", "/api/gateway/x", "refused 404 no_route"},
           {"OPTIONS", "*", "endpoint 200"},
           {"GET", "x", "refused 400 invalid_target"},
           {"GET", "/a b", "refused 400 malformed_request_line"},
           {"CONNECT", "h:1", "refused 501 connect_method"},
           {"G(T", "/", "refused 400 malformed_request_line"},
       }) {
    CAPTURE(method, url);
    CHECK(rehearsed(loading->config, {method, url, {}}) == expected);
  }
}

TEST_CASE("a URL is sent as clients send it", "[explain]") {
  const Loading loading(sample());
  const Stage stage(loading->config);
  struct Row {
    const char* url;
    const char* host;
    const char* target;
  };
  for (const auto& [url, host, target] : std::vector<Row>{
           {"/x?y", "localhost", "/x?y"},
           {"http://h.example", "h.example", "/"},
           {"HTTP://h.example:81?q", "h.example:81", "/?q"},
           {"https://me:secret@h.example/x?y=@z#part", "h.example", "/x?y=@z"},
           {"http://[::1]:8000/x", "[::1]:8000", "/x"},
       }) {
    CAPTURE(url);
    const Rehearsal rehearsal(stage, {"GET", url, {}});
    REQUIRE(rehearsal.is_head_accepted());
    CHECK(rehearsal.head().authority == host);
    CHECK(rehearsal.head().target == target);
  }
  const Rehearsal given(stage, {"GET", "http://h.example/", {{"host", "other.example"}}});
  CHECK(given.head().authority == "other.example");
}

TEST_CASE("fields decide as they do in real requests", "[explain]") {
  const Loading loading(sample());
  const auto with = [&](const Field& field) {
    return rehearsed(loading->config, {"POST", "/api/orders/", {field}});
  };
  CHECK(with({"Content-Length", "1024"}) == "service orders /v1/ by orders");
  CHECK(with({"Content-Length", "1025"}) == "refused 413 body_limit by orders");
  CHECK(with({"Content-Length", "x"}) == "refused 400 invalid_length");
  CHECK(with({"Transfer-Encoding", "gzip"}) == "refused 501 transfer_coding");
  CHECK(with({"Expect", "x"}) == "refused 417 expectation");
  CHECK(with({"Bad Name", "x"}) == "refused 400 malformed_header");
  CHECK(rehearsed(loading->config, {"OPTIONS", "/api/orders/", {{"Max-Forwards", "0"}}}) ==
        "endpoint 200");
  CHECK(rehearsed(loading->config, {"TRACE", "/api/orders/", {{"Max-Forwards", "0"}}}) ==
        "refused 405 method OPTIONS");
  CHECK(with({"Host", "a b"}) == "refused 400 invalid_host");
  CHECK(with({"X", std::string(40'000, 'x')}) == "refused 431 limit");
}

TEST_CASE("the head for the service is the one that would be sent", "[explain]") {
  const Loading loading(sample());
  const Stage stage(loading->config);
  const Rehearsal rehearsal(
      stage, {"GET", "/api/orders/7?x", {{"Cookie", "a"}, {"X-A", "1, 2"}, {"X_Request_ID", "b"}}});
  CHECK(rehearsal.upstream_head() ==
        "GET /v1/7?x HTTP/1.1\r\nHost: 10.0.0.1:8001\r\nX-A: 1, 2\r\nX-Team: orders\r\n"
        "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: localhost\r\n"
        "X-Forwarded-Port: 8000\r\nX-Request-ID: <a new UUID>\r\n\r\n");
  CHECK(field(rehearsal, "X-A") == "1, 2");
  CHECK(field(rehearsal, "Cookie").empty());

  const Rehearsal kept(stage, {"GET",
                               "http://a.beta.example/api/orders/",
                               {{"X-Request-ID", "id-1"}, {"X-Forwarded-For", "10.1.1.1"}}});
  CHECK(field(kept, "Host") == "a.beta.example");
  CHECK(field(kept, "X-Request-ID") == "id-1");
  CHECK(field(kept, "X-Forwarded-For") == "127.0.0.1");
  CHECK(Rehearsal(stage, {"GET", "/tea/", {}}).upstream_fields().empty());
}

TEST_CASE("the request comes from this machine to the first listener", "[explain]") {
  const auto forwarded_for = [](const std::string& listener) {
    const Loading loading(sample(", \"listeners\": [" + listener + "]"));
    const Stage stage(loading->config);
    const Rehearsal rehearsal(stage, {"GET", "/x", {{"X-Forwarded-For", "192.0.2.1"}}});
    return field(rehearsal, "X-Forwarded-For") + " " + field(rehearsal, "X-Forwarded-Port");
  };
  CHECK(forwarded_for(R"({"address": "127.0.0.1:81"})") == "127.0.0.1 81");
  CHECK(forwarded_for(R"({"address": "127.0.0.1:81", "trusted_proxies": ["127.0.0.0/8"]})") ==
        "192.0.2.1, 127.0.0.1 81");
  CHECK(forwarded_for(R"({"address": "unix:/run/x.sock"})") == "unix ");
}

}  // namespace
}  // namespace gateway::explain
