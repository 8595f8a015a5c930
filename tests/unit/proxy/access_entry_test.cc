// SPDX-License-Identifier: MIT
#include "proxy/access_entry.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "catch.h"
#include "observe/scratch.h"
#include "one_exchange.h"

namespace gateway::proxy {
namespace {

using nlohmann::json;
using test::OneExchange;

const std::vector<std::string> kSecrets{"token"};

std::vector<AccessField> all_fields() {
  std::vector<AccessField> fields;
  for (const AccessFieldInfo& row : kAccessFieldTable) fields.push_back(row.field);
  return fields;
}

std::string id_for(const std::string& field) {
  LogOutput off = *LogOutput::open("off");
  const AccessLog log(off, 0, 0, {}, {});
  OneExchange client;
  AccessEntry entry;
  client.ask("GET / HTTP/1.1\r\nHost: h\r\n" + field + "\r\n",
             [&](http::Exchange& exchange) { entry.begin(exchange, log); });
  return std::string(entry.request_id());
}

// What is logged of a request, after `fill` has said how it went. The line has all fields, the
// entry was told of `wanted` alone.
template <class Fill>
json logged(AccessEntry& entry, const std::string& request, const Fill& fill,
            const std::vector<AccessField>& wanted = all_fields()) {
  const gateway::test::ScratchDir scratch;
  const std::string path = scratch.file("log");
  LogOutput output = *LogOutput::open(path);
  AccessLog log(output, 3, 5, all_fields(), kSecrets);
  const AccessLog told(output, 3, 5, wanted, kSecrets);
  OneExchange client;
  client.ask(request, [&](http::Exchange& exchange) {
    entry.begin(exchange, told);
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
  const json line = logged(entry,
                           "PUT /a/b?q=1&token=s HTTP/1.0\r\nX-Request-ID: id-1\r\nHost: h:1\r\n"
                           "User-Agent: \"x\"\r\nReferer: http://u:p@r/?token=s&q=2\r\n\r\n",
                           [](AccessEntry& filled) {
                             filled.route = "r";
                             filled.instance = "http://i";
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
  CHECK(line.at("query") == "q=1&token=***");
  CHECK(line.at("route") == "r");
  CHECK(line.at("instance") == "http://i");
  CHECK(line.at("host") == "h:1");
  CHECK(line.at("user_agent") == "\"x\"");
  CHECK(line.at("referer") == "http://r/?token=***&q=2");
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

TEST_CASE("only what the log says is copied of a request", "[proxy]") {
  AccessEntry entry;
  const std::string request =
      "GET /a?q HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nReferer: y\r\n"
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n";
  const auto nothing = [](AccessEntry& filled) { filled.set_upstream_path("/api/", "a"); };
  const json line = logged(entry, request, nothing, {AccessField::Path});
  for (const char* name : {"query", "host", "user_agent", "referer"}) {
    CAPTURE(name);
    CHECK(line.at(name).is_null());
  }
  CHECK_FALSE(line.contains("trace_id"));
  CHECK(line.at("path") == "/a");
  CHECK(line.at("upstream_path") == "/api/a");
  CHECK_FALSE(entry.phases.now() > 0);
  for (const AccessField field : {AccessField::Queue, AccessField::Connect,
                                  AccessField::UpstreamHeader, AccessField::Upstream}) {
    logged(entry, request, nothing, {field});
    CHECK(entry.phases.now() > 0);
  }
}

TEST_CASE("the trace ids of exactly one valid traceparent are logged", "[proxy]") {
  const std::string valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto ids = [](const std::string& fields) {
    AccessEntry entry;
    return logged(entry, "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", [](AccessEntry&) {});
  };
  for (const std::string& fields :
       {"traceparent: " + valid + "\r\n", "TraceParent:\t" + valid + " \r\n",
        "traceparent: 01" + valid.substr(2) + "-" + std::string(300, 'x') + "\r\n"}) {
    const json line = ids(fields);
    CHECK(line.at("trace_id") == "0af7651916cd43dd8448eb211c80319c");
    CHECK(line.at("parent_id") == "b7ad6b7169203331");
  }
  const std::string bad = "ff" + valid.substr(2);
  for (const std::string& fields :
       {std::string(), "traceparent: " + bad + "\r\n",
        "traceparent: " + valid + "\r\ntraceparent: " + valid + "\r\n",
        "traceparent: " + bad + "\r\ntraceparent: " + valid + "\r\n",
        "traceparent: " + valid + "\r\ntraceparent: " + bad + "\r\n",
        "tracestate: " + valid + "\r\n", "x-traceparen: " + valid + "\r\n"}) {
    CAPTURE(fields);
    CHECK_FALSE(ids(fields).contains("trace_id"));
  }
}

TEST_CASE("a refused target is logged without its secrets", "[proxy]") {
  struct Row {
    const char* target;
    const char* path;
    const char* query;
  };
  for (const Row& row : {
           Row{"http://u:p@h/x?q=1&token=s", "http://h/x", "q=1&token=***"},
           Row{"/x#token=s", "/x#token=***", ""},
           Row{"/x?token=s#y", "/x", "token=***"},
           Row{"ftp://u:p@h/", "ftp://h/", ""},
           Row{"u:p@h:80", "u:h:80", ""},
       }) {
    AccessEntry entry;
    const json line =
        logged(entry, std::string("GET ") + row.target + " HTTP/1.1\r\nHost: h\r\n\r\n",
               [](AccessEntry& filled) { filled.status = 400; });
    CHECK(line.at("path") == row.path);
    CHECK((line.at("query").is_null() ? "" : line.at("query")) == row.query);
  }
}

TEST_CASE("an empty query is none", "[proxy]") {
  AccessEntry entry;
  const json line = logged(entry, "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n", [](const AccessEntry&) {});
  CHECK(line.at("path") == "/a");
  CHECK(line.at("query").is_null());
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
  logged(entry,
         "DELETE /long/path?q HTTP/1.0\r\nX-Request-ID: id-1\r\nUser-Agent: x\r\nReferer: y\r\n"
         "Host: h\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
         [](AccessEntry& filled) {
           filled.route = "r";
           filled.instance = "http://i";
           filled.phases.on_attempt(filled.phases.now());
           filled.phases.on_end(filled.phases.now());
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
  for (const char* name : {"query", "route", "instance", "user_agent", "referer", "queue_ms",
                           "connect_ms", "upstream_ms"}) {
    CAPTURE(name);
    CHECK(line.at(name).is_null());
  }
  for (const char* name : {"detail", "trace_id"}) CHECK_FALSE(line.contains(name));
}

}  // namespace
}  // namespace gateway::proxy
