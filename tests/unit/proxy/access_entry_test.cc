// SPDX-License-Identifier: MIT
#include "proxy/access_entry.h"

#include <nlohmann/json.hpp>
#include <string>

#include "catch.h"
#include "observe/scratch.h"
#include "one_exchange.h"

namespace gateway::proxy {
namespace {

using nlohmann::json;
using test::OneExchange;

std::string id_for(const std::string& field) {
  OneExchange client;
  AccessEntry entry;
  client.ask("GET / HTTP/1.1\r\nHost: h\r\n" + field + "\r\n",
             [&](http::Exchange& exchange) { entry.begin(exchange); });
  return std::string(entry.request_id());
}

// What is logged of a request, after `fill` has said how it went.
template <class Fill>
json logged(AccessEntry& entry, const std::string& request, const Fill& fill) {
  const gateway::test::ScratchDir scratch;
  const std::string path = scratch.file("log");
  LogOutput output = *LogOutput::open(path);
  AccessLog log(output, 3, 5);
  OneExchange client;
  client.ask(request, [&](http::Exchange& exchange) {
    entry.begin(exchange);
    fill(entry);
    entry.write(log, exchange);
  });
  log.flush();
  return json::parse(gateway::test::read_file(path));
}

TEST_CASE("a valid request id of the client is taken over", "[proxy]") {
  CHECK(id_for("X-Request-ID: Abc.1_2-3\r\n") == "Abc.1_2-3");
  CHECK(id_for("x-request-id: \tz \r\n") == "z");
  const std::string longest(128, 'a');
  CHECK(id_for("X-Request-ID: " + longest + "\r\n") == longest);
}

TEST_CASE("any other request gets an id of its own", "[proxy]") {
  for (const std::string field :
       {"", "X-Request-ID:\r\n", "X-Request-ID: a b\r\n", "X-Request-ID: \"a\"\r\n",
        "X_Request_ID: a\r\n", "X-Request-ID: a\xc3\xa9\r\n"}) {
    CAPTURE(field);
    const std::string id = id_for(field);
    CHECK(id.size() == 36);
    CHECK(id != id_for(field));
  }
  CHECK(id_for("X-Request-ID: " + std::string(129, 'a') + "\r\n").size() == 36);
}

TEST_CASE("an entry says what was asked and how it went", "[proxy]") {
  AccessEntry entry;
  const json line = logged(entry, "PUT /a/b?secret HTTP/1.0\r\nX-Request-ID: id-1\r\n\r\n",
                           [](AccessEntry& filled) {
                             filled.service = "users";
                             filled.set_upstream_path("/first/", "try");
                             filled.set_upstream_path("/api/", "b");
                             filled.status = 502;
                             filled.attempts = 2;
                             filled.cause = Cause::UpstreamReset;
                             filled.detail = "more";
                           });
  CHECK(entry.request_id() == "id-1");
  CHECK(entry.method() == "PUT");
  CHECK(line.at("request_id") == "id-1");
  CHECK(line.at("client") == "127.0.0.1");
  CHECK(line.at("method") == "PUT");
  CHECK(line.at("path") == "/a/b");
  CHECK(line.at("protocol") == "HTTP/1.0");
  CHECK(line.at("target_service") == "users");
  CHECK(line.at("upstream_path") == "/api/b");
  CHECK(line.at("status_code") == 502);
  CHECK(line.at("duration_ms") >= 0);
  CHECK(line.at("attempts") == 2);
  CHECK(line.at("cause") == "upstream_reset");
  CHECK(line.at("detail") == "more");
  CHECK(line.at("worker") == 3);
  CHECK(line.at("generation") == 5);
}

TEST_CASE("an exchange without an answer is logged with the status of its cause", "[proxy]") {
  AccessEntry entry;
  const json line = logged(entry, "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                           [](AccessEntry& filled) { filled.cause = Cause::ClientClosed; });
  CHECK(line.at("status_code") == 499);
  CHECK(line.at("cause") == "client_closed");
  CHECK(line.at("protocol") == "HTTP/1.1");
}

TEST_CASE("a request that could not be read is logged without method and path", "[proxy]") {
  AccessEntry entry;
  const json line = logged(entry, "\x16\x03\x01", [](AccessEntry& filled) { filled.status = 400; });
  CHECK(line.at("method").is_null());
  CHECK(line.at("path").is_null());
  CHECK(line.at("target_service").is_null());
  CHECK(line.at("upstream_path").is_null());
}

TEST_CASE("nothing of one exchange is left in the next", "[proxy]") {
  AccessEntry entry;
  logged(entry, "DELETE /long/path HTTP/1.0\r\nX-Request-ID: id-1\r\n\r\n",
         [](AccessEntry& filled) {
           filled.service = "users";
           filled.set_upstream_path("/api/", "x");
           filled.status = 502;
           filled.attempts = 2;
           filled.cause = Cause::UpstreamReset;
           filled.detail = "more";
         });
  const json line = logged(entry, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", [](const AccessEntry&) {});
  CHECK(line.at("method") == "GET");
  CHECK(line.at("path") == "/a");
  CHECK(line.at("protocol") == "HTTP/1.1");
  CHECK(line.at("request_id") != "id-1");
  CHECK(line.at("target_service").is_null());
  CHECK(line.at("upstream_path").is_null());
  CHECK(line.at("status_code") == 200);
  CHECK(line.at("attempts") == 0);
  CHECK(line.at("cause").is_null());
  CHECK_FALSE(line.contains("detail"));
}

}  // namespace
}  // namespace gateway::proxy
