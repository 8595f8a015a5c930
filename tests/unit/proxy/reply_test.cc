// SPDX-License-Identifier: MIT
#include "proxy/reply.h"

#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "observe/meters.h"
#include "one_exchange.h"

namespace gateway::proxy {
namespace {

using nlohmann::json;

constexpr const char* kGet =
    "GET /x HTTP/1.1\r\nHost: h\r\nX-Request-ID: id-1\r\nConnection: close\r\n\r\n";
constexpr const char* kHead =
    "HEAD /x HTTP/1.1\r\nHost: h\r\nX-Request-ID: id-1\r\nConnection: close\r\n\r\n";

class Fixture {
 public:
  template <class Send>
  std::string answer(const std::string& request, const Send& send) {
    std::string reply = client_.answer(request, [&](http::Exchange& exchange) {
      entry.begin(exchange, log_);
      send(context_, exchange, entry);
    });
    // The one line that changes by itself.
    const auto date = reply.find("Date: ");
    REQUIRE(date != std::string::npos);
    return reply.erase(date, reply.find("\r\n", date) + 2 - date);
  }

  AccessEntry entry;

 private:
  test::OneExchange client_;
  Config config_;
  LogOutput output_ = *LogOutput::open("off");
  AccessLog log_{output_, 0, 0, {}, {}};
  gateway::test::OwnMeters own_;
  ProxyContext context_{client_.loop, config_, log_, own_.meters};
};

std::string error_answer(const std::string& request, Cause cause, std::string_view extra = {}) {
  Fixture fixture;
  const std::string answer = fixture.answer(
      request, [&](ProxyContext& context, http::Exchange& exchange, AccessEntry& entry) {
        send_error(context, exchange, entry, cause, extra);
      });
  CHECK(fixture.entry.cause == cause);
  CHECK(fixture.entry.status == info(cause).status);
  return answer;
}

TEST_CASE("an error body is one line of JSON with the cause's words", "[proxy]") {
  AccessEntry entry;
  for (int number = 1; number <= static_cast<int>(Cause::Internal); number++) {
    const auto cause = static_cast<Cause>(number);
    const std::string body = error_body(cause, entry);
    CAPTURE(body);
    CHECK(body.find('\n') == body.size() - 1);
    const json parsed = json::parse(body);
    CHECK(parsed.size() == 4);
    CHECK(parsed.at("error") == info(cause).error);
    CHECK(parsed.at("message") == info(cause).message);
    CHECK(parsed.at("cause") == info(cause).word);
    CHECK(parsed.at("request_id").is_string());
  }
}

TEST_CASE("an error body names the service that was meant", "[proxy]") {
  AccessEntry entry;
  entry.service = "users";
  CHECK(json::parse(error_body(Cause::ConnectRefused, entry)).at("service") == "users");
}

TEST_CASE("an error is answered whole", "[proxy]") {
  const std::string body =
      R"({"error":"not_found","message":"no route matches this path","request_id":"id-1",)"
      R"("cause":"no_route"})"
      "\n";
  CHECK(error_answer(kGet, Cause::NoRoute) ==
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: " +
            std::to_string(body.size()) +
            "\r\nCache-Control: no-store\r\nX-Request-ID: id-1\r\nConnection: close\r\n\r\n" +
            body);
}

TEST_CASE("HEAD is answered with the same head and no body", "[proxy]") {
  const std::string to_get = error_answer(kGet, Cause::NoRoute);
  const std::string to_head = error_answer(kHead, Cause::NoRoute);
  CHECK(to_head == to_get.substr(0, to_get.find("\r\n\r\n") + 4));
}

TEST_CASE("an error may bring fields of its own", "[proxy]") {
  const std::string answer = error_answer(kGet, Cause::Method, "Allow: GET, HEAD\r\n");
  CHECK(answer.find("HTTP/1.1 405 Method Not Allowed\r\n") == 0);
  CHECK(answer.find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
}

TEST_CASE("an answer without a type has no Content-Type", "[proxy]") {
  Fixture fixture;
  const std::string answer =
      fixture.answer(kGet, [](ProxyContext& context, http::Exchange& exchange, AccessEntry& entry) {
        send_own_reply(context, exchange, entry, {308, {}, {}, "Location: /x/\r\n"});
      });
  CHECK(answer ==
        "HTTP/1.1 308 Permanent Redirect\r\nContent-Length: 0\r\nCache-Control: no-store\r\n"
        "X-Request-ID: id-1\r\nLocation: /x/\r\nConnection: close\r\n\r\n");
  CHECK(fixture.entry.status == 308);
  CHECK(fixture.entry.cause == Cause::None);
}

TEST_CASE("a request that could not be read is answered too", "[proxy]") {
  const std::string answer = error_answer("nonsense\r\n\r\n", Cause::BadRequestLine);
  CHECK(answer.find("HTTP/1.1 400 Bad Request\r\n") == 0);
  const json body = json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  CHECK(body.at("cause") == "malformed_request_line");
  CHECK(body.at("request_id").get<std::string>().size() == 36);
}

}  // namespace
}  // namespace gateway::proxy
