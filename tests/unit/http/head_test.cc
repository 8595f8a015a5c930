// SPDX-License-Identifier: MIT
#include "http/head.h"

#include <string>

#include "catch.h"
#include "parsing.h"

namespace gateway::http {
namespace {

using test::AcceptedRequest;

TEST_CASE("a field is found by its kind or by its name, whatever the case", "[http]") {
  const AcceptedRequest request("GET / HTTP/1.1\r\nhOST: h\r\nx-a: 1\r\nX-A: 2\r\n\r\n");
  REQUIRE(request->find(FieldId::Host) != nullptr);
  CHECK(request->find(FieldId::Host)->value == "h");
  REQUIRE(request->find("X-a") != nullptr);
  CHECK(request->find("X-a")->value == "1");
  CHECK(request->find(FieldId::Upgrade) == nullptr);
  CHECK(request->find("X-") == nullptr);
  CHECK(request->find("X-AB") == nullptr);
}

TEST_CASE("a head knows which kinds of fields it has", "[http]") {
  const AcceptedRequest request("GET / HTTP/1.1\r\nHost: h\r\nX_Request_Id: 1\r\nx_y: 2\r\n\r\n");
  CHECK(request->has(FieldId::Host));
  CHECK(request->has(FieldId::Other));
  CHECK_FALSE(request->has(FieldId::XRequestId));
  CHECK(request->find(FieldId::LookAlike) == &request->fields[1]);
  const AcceptedRequest other("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_FALSE(other->has(FieldId::LookAlike));
}

TEST_CASE("Connection nominates fields, in any of its lines (RFC 9110 §7.6.1)", "[http]") {
  const AcceptedRequest request(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: close, x-a\r\nA: b\r\nConnection: , X-B ,\r\n\r\n");
  CHECK(request->nominates("X-A"));
  CHECK(request->nominates("x-b"));
  CHECK(request->nominates("close"));
  CHECK_FALSE(request->nominates("A"));
  CHECK_FALSE(request->nominates("x-"));
  CHECK_FALSE(request->nominates(""));
}

TEST_CASE("hop-by-hop fields end at this hop", "[http]") {
  struct Row {
    std::string name;
    bool plain;      ///< ends here in any case
    bool nominated;  ///< ends here when Connection names it
  };
  const Row rows[] = {
      {"Connection", true, true},       {"Keep-Alive", true, true},
      {"Proxy-Connection", true, true}, {"TE", true, true},
      {"Trailer", false, true},         {"Upgrade", true, true},
      {"X-Own", false, true},           {"Date", false, true},
      {"Authorization", false, true},   {"X-Forwarded-For", false, true},
      {"Content-Length", false, false},  // else a client could take the framing out
      {"Host", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::string start = row.name == "Host" ? "" : "Host: h\r\n";
    const std::string line = row.name + ": 1\r\n";
    const AcceptedRequest plain("GET / HTTP/1.1\r\n" + start + line + "\r\n");
    CHECK(plain->is_hop_by_hop(*plain->find(row.name)) == row.plain);
    const AcceptedRequest nominated("GET / HTTP/1.1\r\n" + start + line +
                                    "Connection: " + row.name + "\r\n\r\n");
    CHECK(nominated->is_hop_by_hop(*nominated->find(row.name)) == row.nominated);
  }
  const AcceptedRequest chunked("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(chunked->is_hop_by_hop(chunked->fields[1]));
}

TEST_CASE("a target is path and query", "[http]") {
  RequestHead request;
  request.set_target("/a?b?c");
  CHECK(request.path() == "/a");
  CHECK(request.query() == "?b?c");
  request.set_target("/a?");
  CHECK(request.path() == "/a");
  CHECK(request.query() == "?");
  request.set_target("*");
  CHECK(request.path() == "*");
  CHECK(request.query().empty());
}

TEST_CASE("HEAD is told by its exact name", "[http]") {
  RequestHead request;
  request.method = "HEAD";
  CHECK(request.is_head());
  request.method = "head";
  CHECK_FALSE(request.is_head());
}

}  // namespace
}  // namespace gateway::http
