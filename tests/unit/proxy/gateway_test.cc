// SPDX-License-Identifier: MIT
#include "proxy/gateway.h"

#include <string>

#include "catch.h"
#include "whole_gateway.h"

namespace gateway::proxy {
namespace {

using test::AnsweringOrigin;
using test::has;
using test::WholeGateway;

// --- matching ------------------------------------------------------------------------------------

TEST_CASE("a request goes to the service of its host", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service("a").answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
  gateway.add_service("b").answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb";
  gateway.add_route("/", "a").match.hosts = {"a.example"};
  gateway.add_route("/", "b").match.hosts = {"*.b.example"};
  const auto ask = [&](const std::string& target, const std::string& host) {
    return gateway.ask("GET " + target + " HTTP/1.1\r\nHost: " + host +
                       "\r\nConnection: close\r\n\r\n");
  };
  CHECK(ask("/x", "A.example:81").ends_with("\r\n\r\na"));
  CHECK(ask("/x", "x.b.example").ends_with("\r\n\r\nb"));
  CHECK(ask("http://a.example/x", "x.b.example").ends_with("\r\n\r\na"));
  CHECK(ask("/x", "c.example").starts_with("HTTP/1.1 404 "));
}

TEST_CASE("a method that no route of the path takes is answered with those that are", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service();
  gateway.add_route("/a/").match.methods = {"GET"};
  gateway.add_route("/a/").match.methods = {"PUT"};
  gateway.add_route("/");
  const std::string reply = gateway.get("/a/x", {}, "DELETE");
  CHECK(reply.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(has(reply, "\r\nAllow: GET, HEAD, PUT\r\n"));
  CHECK(has(reply, "\"cause\":\"method\""));
  CHECK(gateway.get("/a/x").starts_with("HTTP/1.1 200 "));
  CHECK(gateway.get("/b", {}, "DELETE").starts_with("HTTP/1.1 200 "));
}

// --- timeouts and limits of a route --------------------------------------------------------------

TEST_CASE("each route has its own limit of the request body", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service();
  gateway.config.limits.request_body = 1;
  gateway.add_route("/large/").limits.request_body = 10;
  gateway.add_route("/small/").limits.request_body = 5;
  const auto post = [&](const std::string& target, const std::string& body_fields) {
    return gateway.ask("POST " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
                       body_fields);
  };
  const std::string ten = "Content-Length: 10\r\n\r\n0123456789";
  CHECK(post("/large/", ten).starts_with("HTTP/1.1 200 "));
  CHECK(post("/small/", ten).starts_with("HTTP/1.1 413 "));
  const std::string chunked = "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n0\r\n\r\n";
  CHECK(post("/large/", chunked).starts_with("HTTP/1.1 200 "));
  CHECK(post("/small/", chunked).starts_with("HTTP/1.1 413 "));
}

TEST_CASE("each route has its own patience with the service", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().answer.clear();
  gateway.add_route("/").timeouts.response_header = Milliseconds(100);
  const std::string reply = gateway.get("/");
  CHECK(reply.starts_with("HTTP/1.1 504 "));
  CHECK(has(reply, "\"cause\":\"response_header_timeout\""));
}

TEST_CASE("a request that takes longer than its route allows is a 504", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().answer.clear();
  gateway.add_route("/").timeouts.request = Milliseconds(100);
  const std::string reply = gateway.get("/");
  CHECK(reply.starts_with("HTTP/1.1 504 "));
  CHECK(has(reply, "\"cause\":\"request_timeout\""));
}

TEST_CASE("an answer that takes longer than its route allows is cut short", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
  gateway.add_route("/").timeouts.request = Milliseconds(200);
  CHECK(gateway.get("/").ends_with("\r\n\r\nhalf"));
  CHECK(has(gateway.access_log(), "\"cause\":\"request_timeout\""));
}

TEST_CASE("a quick request is not touched by a limit of time", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service();
  gateway.add_route("/").timeouts.request = Milliseconds(5000);
  CHECK(gateway.get("/").starts_with("HTTP/1.1 200 "));
}

// --- instances -----------------------------------------------------------------------------------

TEST_CASE("what one instance refuses another one answers", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().close();
  gateway.add_instance().close();
  AnsweringOrigin& alive = gateway.add_instance();
  gateway.add_route("/");
  for (int i = 0; i < 4; i++) CHECK(gateway.get("/").starts_with("HTTP/1.1 200 "));
  REQUIRE(alive.heads.size() == 4);
  CHECK(has(alive.heads[0], "\r\nHost: 127.0.0.1:" + std::to_string(alive.port()) + "\r\n"));
}

TEST_CASE("a request is given up when every instance refused it once", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().close();
  gateway.add_instance().close();
  gateway.add_route("/");
  CHECK(has(gateway.get("/"), "\"cause\":\"connect_refused\""));
  CHECK(has(gateway.access_log(), "\"attempts\":2,"));
}

// --- edits of fields -----------------------------------------------------------------------------

TEST_CASE("a route edits the fields of requests and of its service's responses", "[proxy]") {
  WholeGateway gateway;
  AnsweringOrigin& origin = gateway.add_service();
  origin.answer = "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 2\r\n\r\nok";
  RouteConfig& edited = gateway.add_route("/edited/");
  edited.request_headers = {{"Cookie"}, {{"X-Team", "orders"}}, {}};
  edited.response_headers = {{"Server"}, {}, {{"X-Served-By", "gateway"}}};
  gateway.add_route("/plain/");
  const std::string reply = gateway.get("/edited/", "Cookie: a\r\n");
  CHECK_FALSE(has(reply, "Server:"));
  CHECK(has(reply, "\r\nX-Served-By: gateway\r\n"));
  CHECK(reply.ends_with("\r\n\r\nok"));
  CHECK(has(gateway.get("/plain/", "Cookie: a\r\n"), "\r\nServer: s\r\n"));
  REQUIRE(origin.heads.size() == 2);
  CHECK_FALSE(has(origin.heads[0], "Cookie"));
  CHECK(has(origin.heads[0], "\r\nX-Team: orders\r\n"));
  CHECK(has(origin.heads[1], "\r\nCookie: a\r\n"));
  CHECK_FALSE(has(origin.heads[1], "X-Team"));
}

TEST_CASE("an error of the gateway is not edited", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().close();
  gateway.add_route("/").response_headers.set = {{"X-Served-By", "s"}};
  const std::string reply = gateway.get("/");
  CHECK(reply.starts_with("HTTP/1.1 503 "));
  CHECK_FALSE(has(reply, "X-Served-By"));
}

// --- answers from the configuration --------------------------------------------------------------

TEST_CASE("a route can answer by itself", "[proxy]") {
  WholeGateway gateway;
  gateway.add_route("/robots.txt/", "").response = StaticResponse{200, "text/plain", "no\n"};
  gateway.add_route("/gone/", "").response = StaticResponse{410, "text/html", "<p>gone"};
  for (const char* target : {"/robots.txt", "/robots.txt/", "/robots.txt/x?y"}) {
    const std::string reply = gateway.get(target);
    CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has(reply, "\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"));
    CHECK(reply.ends_with("\r\n\r\nno\n"));
  }
  const std::string head = gateway.get("/gone/", {}, "HEAD");
  CHECK(head.starts_with("HTTP/1.1 410 Gone\r\n"));
  CHECK(has(head, "\r\nContent-Length: 7\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(has(gateway.access_log(), "\"target_service\":null"));
}

TEST_CASE("OPTIONS * asks whether there is a server, and there is (RFC 9110 §9.3.7)", "[proxy]") {
  WholeGateway gateway;
  AnsweringOrigin& origin = gateway.add_service();
  gateway.add_route("/");
  const std::string reply = gateway.get("*", {}, "OPTIONS");
  CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has(reply, "\r\nContent-Length: 0\r\n"));
  CHECK_FALSE(has(reply, "Content-Type"));
  CHECK(origin.heads.empty());
}

TEST_CASE("a POST is sent again when not a byte of it was written", "[proxy]") {
  WholeGateway gateway;
  AnsweringOrigin& origin = gateway.add_service();
  gateway.add_route("/");
  gateway.get("/warm");
  // The reset comes when the loop has looked at the connection for the last time.
  gateway.on_request = [&] { origin.reset(); };
  CHECK(gateway.get("/order", "Content-Length: 0\r\n", "POST").starts_with("HTTP/1.1 200 OK\r\n"));
  REQUIRE(origin.heads.size() == 2);
  CHECK(origin.heads[1].starts_with("POST /order HTTP/1.1\r\n"));
  CHECK(has(gateway.access_log(), "\"attempts\":2"));
}

TEST_CASE("Max-Forwards is counted down, and at 0 the gateway answers", "[proxy]") {
  WholeGateway gateway;
  AnsweringOrigin& origin = gateway.add_service();
  gateway.add_route("/");
  gateway.get("/", "A: b\r\nMAX-forwards: 3\r\nmax-forwards: 5\r\nC: d\r\n", "OPTIONS");
  REQUIRE(origin.heads.size() == 1);
  CHECK(has(origin.heads[0], "\r\nA: b\r\nC: d\r\nMax-Forwards: 2\r\n"));
  CHECK_FALSE(has(origin.heads[0], "orwards: 5"));
  gateway.get("/", "Max-Forwards: 0\r\n");
  REQUIRE(origin.heads.size() == 2);
  CHECK(has(origin.heads[1], "\r\nMax-Forwards: 0\r\n"));  // no limit of GET
  CHECK(gateway.get("/", "Max-Forwards: 0\r\n", "OPTIONS").starts_with("HTTP/1.1 200 OK\r\n"));
  const std::string trace = gateway.get("/", "Max-Forwards: 0\r\n", "TRACE");
  CHECK(trace.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(has(trace, "\r\nAllow: OPTIONS\r\n"));
  CHECK(origin.heads.size() == 2);
}

TEST_CASE("an answer without content says nothing of its length (RFC 9110 §8.6)", "[proxy]") {
  WholeGateway gateway;
  gateway.add_route("/", "").response = StaticResponse{204, "text/plain", ""};
  const std::string reply = gateway.get("/");
  CHECK(reply.starts_with("HTTP/1.1 204 No Content\r\n"));
  CHECK_FALSE(has(reply, "Content-"));
  CHECK_FALSE(has(reply, "Transfer-Encoding"));
  CHECK(reply.ends_with("\r\n\r\n"));
}

TEST_CASE("a route can redirect, with what follows its prefix", "[proxy]") {
  WholeGateway gateway;
  gateway.add_route("/old/", "").redirect = Redirect{301, "https://new.example/", true};
  gateway.add_route("/one/", "").redirect = Redirect{302, "/other", false};
  const std::string kept = gateway.get("/old/a/b?c=d");
  CHECK(kept.starts_with("HTTP/1.1 301 Moved Permanently\r\n"));
  CHECK(has(kept, "\r\nLocation: https://new.example/a/b?c=d\r\n"));
  CHECK(has(gateway.get("/old?c"), "\r\nLocation: https://new.example/?c\r\n"));
  const std::string fixed = gateway.get("/one/a?b");
  CHECK(fixed.starts_with("HTTP/1.1 302 Found\r\n"));
  CHECK(has(fixed, "\r\nLocation: /other\r\n"));
}

TEST_CASE("a redirect does not pass on dot segments that leave its prefix", "[proxy]") {
  WholeGateway gateway;
  gateway.add_route("/old/", "").redirect = Redirect{308, "/new/public/", true};
  CHECK(has(gateway.get("/old/../../secret"), "\"cause\":\"dot_segments\""));
  CHECK(has(gateway.get("/old/a/../b"), "\r\nLocation: /new/public/a/../b\r\n"));
}

// --- what the log says ---------------------------------------------------------------------------

TEST_CASE("the log names the route, whoever answers", "[proxy]") {
  WholeGateway gateway;
  gateway.config.logs.access_fields = {AccessField::Route, AccessField::StatusCode};
  gateway.add_service();
  gateway.add_route("/a/");                                                // r0
  gateway.add_route("/b/", "").response = StaticResponse{};                // r1
  gateway.add_route("/c/", "").redirect = Redirect{302, "/other/", true};  // r2
  for (const char* target : {"/a/", "/a", "/b/", "/c/", "/c/../../x", "/a/../../x", "/nowhere"}) {
    gateway.get(target);
  }
  CHECK(gateway::test::lines_of(gateway.access_log()) ==
        std::vector<std::string>{
            R"({"route":"r0","status_code":200})", R"({"route":"r0","status_code":308})",
            R"({"route":"r1","status_code":200})", R"({"route":"r2","status_code":302})",
            R"({"route":"r2","status_code":400})", R"({"route":"r0","status_code":400})",
            R"({"route":null,"status_code":404})"});
}

TEST_CASE("the log names the instance that was tried last", "[proxy]") {
  for (const bool second_answers : {true, false}) {
    WholeGateway gateway;
    gateway.config.logs.access_fields = {AccessField::Instance, AccessField::Attempts,
                                         AccessField::StatusCode};
    gateway.add_service().close();
    AnsweringOrigin& second = gateway.add_instance();
    if (!second_answers) second.close();
    gateway.config.services[0].instances[0].url = "http://first";
    gateway.config.services[0].instances[1].url = "http://second";
    gateway.add_route("/");
    gateway.get("/");
    CHECK(gateway.access_log() ==
          std::string(R"({"instance":"http://second","attempts":2,"status_code":)") +
              (second_answers ? "200}\n" : "503}\n"));
  }
}

TEST_CASE("Server-Timing is told where it is asked for, beside the service's own", "[proxy]") {
  WholeGateway gateway;
  gateway.config.logs.access_fields = {AccessField::Path};
  gateway.add_service().answer =
      "HTTP/1.1 200 OK\r\nServer-Timing: db;dur=3\r\nContent-Length: 2\r\n\r\nok";
  gateway.add_route("/plain/");
  gateway.add_route("/timed/").server_timing = true;
  CHECK(has(gateway.get("/plain/"), "\r\nServer-Timing: db;dur=3\r\n"));
  CHECK_FALSE(has(gateway.get("/plain/"), "gateway;dur"));
  const std::string timed = gateway.get("/timed/");
  CHECK(has(timed, "\r\nServer-Timing: db;dur=3\r\n"));
  CHECK(has(timed, "\r\nServer-Timing: queue;dur="));
  CHECK(has(timed, ", upstream;dur="));
  CHECK(has(timed, ", gateway;dur="));
  CHECK(timed.ends_with("\r\n\r\nok"));
}

TEST_CASE("an error of a route that tells Server-Timing tells it too", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().close();
  gateway.add_route("/plain/");
  gateway.add_route("/timed/").server_timing = true;
  CHECK_FALSE(has(gateway.get("/plain/"), "Server-Timing"));
  const std::string timed = gateway.get("/timed/");
  CHECK(timed.starts_with("HTTP/1.1 503 "));
  CHECK(has(timed, "\r\nServer-Timing: queue;dur="));
  CHECK(has(timed, ", connect;dur="));
  CHECK_FALSE(has(timed, "upstream;dur="));
  CHECK(has(gateway.get("/timed/../../x"), "\r\nServer-Timing: gateway;dur="));
}

// --- trusted proxies -----------------------------------------------------------------------------

TEST_CASE("behind a trusted proxy the log has the client's address", "[proxy]") {
  WholeGateway gateway;
  gateway.config.listeners.front().trusted_proxies = {*Network::parse("127.0.0.1")};
  AnsweringOrigin& origin = gateway.add_service();
  gateway.add_route("/");
  gateway.get("/", "X-Forwarded-For: 10.9.9.9, 192.0.2.7:4711\r\n");
  CHECK(has(gateway.access_log(), "\"client\":\"192.0.2.7\""));
  REQUIRE(origin.heads.size() == 1);
  CHECK(has(origin.heads[0], "\r\nX-Forwarded-For: 10.9.9.9, 192.0.2.7:4711, 127.0.0.1\r\n"));
}

TEST_CASE("who is no trusted proxy is the client", "[proxy]") {
  WholeGateway gateway;
  gateway.config.listeners.front().trusted_proxies = {*Network::parse("10.0.0.0/8")};
  gateway.add_service();
  gateway.add_route("/");
  gateway.get("/", "X-Forwarded-For: 192.0.2.7\r\n");
  CHECK(has(gateway.access_log(), "\"client\":\"127.0.0.1\""));
}

// --- counting ------------------------------------------------------------------------------------

TEST_CASE("a request is counted on its route, and where it went", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service();
  gateway.add_route("/a/");
  gateway.add_route("/b/");
  gateway.ask("POST /b/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc");
  const RouteCounters& route = gateway.counted.routes[1];
  CHECK(route.begun.read() == 1);
  CHECK(route.ended[class_of(200)].read() == 1);
  CHECK(route.bytes_in.read() == 3);
  CHECK(route.bytes_out.read() == 2);
  CHECK(gateway.counted.routes[0].begun.read() == 0);
  CHECK(gateway.counted.no_route.begun.read() == 0);
  const InstanceCounters& instance = gateway.counted.counters[0];
  CHECK(instance.attempts.read() == 1);
  CHECK(instance.attempts_ended.read() == 1);
  CHECK(instance.connects.read() == 1);
  CHECK(instance.retries.read() == 0);
  CHECK(instance.responses[class_of(200)].read() == 1);
}

TEST_CASE("what no route takes is counted apart", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service();
  gateway.add_route("/a/").match.methods = {"GET"};
  gateway.get("/nowhere");
  gateway.get("/a/x", {}, "PUT");
  gateway.ask("GET / HTTP/1.1\r\n\r\n");
  const RouteCounters& none = gateway.counted.no_route;
  CHECK(none.begun.read() == 3);
  CHECK(none.ended[class_of(404)].read() == 3);
  for (const Cause cause : {Cause::NoRoute, Cause::Method, Cause::BadHost}) {
    CHECK(none.failures[static_cast<std::size_t>(cause)].read() == 1);
  }
  CHECK(gateway.counted.routes[0].begun.read() == 0);
}

TEST_CASE("an answer from the configuration is counted on its route", "[proxy]") {
  WholeGateway gateway;
  gateway.add_route("/r/", "").redirect = Redirect{302, "/x", false};
  gateway.add_route("/s/", "").response = StaticResponse{204, "", ""};
  gateway.get("/r/");
  gateway.get("/s/");
  CHECK(gateway.counted.routes[0].ended[class_of(302)].read() == 1);
  CHECK(gateway.counted.routes[1].ended[class_of(204)].read() == 1);
}

TEST_CASE("an attempt that fails and the one that follows are counted where they went", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().close();
  gateway.add_instance();
  gateway.add_route("/");
  CHECK(gateway.get("/").starts_with("HTTP/1.1 200 "));
  const auto& counters = gateway.counted.counters;
  CHECK(counters[0].failures[static_cast<std::size_t>(Cause::ConnectRefused)].read() == 1);
  CHECK(counters[0].attempts_ended.read() == 1);
  CHECK(counters[1].attempts.read() == 1);
  CHECK(counters[1].retries.read() == 1);
  CHECK(gateway.counted.routes[0].ended[class_of(200)].read() == 1);
}

TEST_CASE("an upgraded connection is a tunnel until it ends", "[proxy]") {
  WholeGateway gateway;
  gateway.add_service().answer = "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
  gateway.add_route("/").timeouts.tunnel_idle = Milliseconds(1);
  gateway.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  const RouteCounters& route = gateway.counted.routes[0];
  CHECK(route.tunnels_begun.read() == 1);
  CHECK(route.tunnels_ended.read() == 1);
  CHECK(route.ended[class_of(101)].read() == 1);
  CHECK(route.duration.sum_us.read() == 0);
}

}  // namespace
}  // namespace gateway::proxy
