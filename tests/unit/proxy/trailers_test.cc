// SPDX-License-Identifier: MIT
#include "proxy/trailers.h"

#include <string>

#include "catch.h"
#include "http/parsing.h"

namespace gateway::proxy {
namespace {

using http::test::AcceptedRequest;

std::string filtered(std::string section, const HeaderEdits& edits = {}) {
  filter_trailers(section, edits);
  return section;
}

TEST_CASE("trailers of the response go to who takes them (RFC 9110 §10.1.4)", "[proxy]") {
  struct Row {
    std::string fields;
    bool wanted;
  };
  const Row rows[] = {
      {"TE: trailers\r\nConnection: TE\r\n", true},
      {"TE: trailers\r\n", true},
      {"te: deflate;q=0.5, Trailers\r\n", true},
      {"TE: gzip\r\nTE: trailers\r\n", true},
      {"", false},
      {"TE:\r\n", false},
      {"TE: trailer\r\n", false},
      {"TE: gzip;q=1, x-trailers\r\n", false},
      {"Trailer: trailers\r\n", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.fields);
    const AcceptedRequest request("GET / HTTP/1.1\r\nHost: h\r\n" + row.fields + "\r\n");
    CHECK(wants_trailers(request.parser.request()) == row.wanted);
  }
  const AcceptedRequest old("GET / HTTP/1.0\r\nTE: trailers\r\n\r\n");
  CHECK_FALSE(wants_trailers(old.parser.request()));
}

TEST_CASE("trailers of a request are announced", "[proxy]") {
  const auto announces = [](const std::string& fields) {
    const AcceptedRequest request("POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
    return announces_trailers(request.parser.request());
  };
  CHECK(announces("Transfer-Encoding: chunked\r\nTrailer: A\r\n"));
  CHECK_FALSE(announces("Transfer-Encoding: chunked\r\n"));
  CHECK_FALSE(announces("Content-Length: 5\r\nTrailer: A\r\n"));
  CHECK_FALSE(announces("Trailer: A\r\n"));
}

TEST_CASE("trailers pass as they were sent", "[proxy]") {
  for (const std::string section :
       {"", "A: b\r\n", "grpc-status: 0\r\nGRPC-Message:\r\n", "X-Sum: 1\r\nx-sum:  2 \r\n",
        "Content-Digest: sha-256=:x:\r\nETag: \"x\"\r\nServer-Timing: a\r\n"}) {
    CAPTURE(section);
    CHECK(filtered(section) == section);
  }
}

TEST_CASE("fields that a head decides with do not pass behind the body", "[proxy]") {
  for (const std::string name : {"Content-Length",
                                 "Transfer-Encoding",
                                 "transfer-encoding",
                                 "Trailer",
                                 "Connection",
                                 "Keep-Alive",
                                 "TE",
                                 "Upgrade",
                                 "Host",
                                 "Forwarded",
                                 "X-Forwarded-For",
                                 "X-Forwarded-Proto",
                                 "X_Forwarded_For",
                                 "X-Request-ID",
                                 "Authorization",
                                 "COOKIE",
                                 "Set-Cookie",
                                 "Proxy-Authorization",
                                 "Content-Type",
                                 "Content-Encoding",
                                 "Content-Range",
                                 "content-",
                                 "Content-Digests",
                                 "Cache-Control",
                                 "Range",
                                 "If-None-Match",
                                 "Expect",
                                 "Date",
                                 "Location",
                                 "Vary"}) {
    CAPTURE(name);
    const std::string line = name + ": 1\r\n";
    CHECK(filtered(line).empty());
    CHECK(filtered("A: b\r\n" + line + "C: d\r\n" + line) == "A: b\r\nC: d\r\n");
    CHECK(filtered(line + line + "A:\r\n") == "A:\r\n");
  }
}

TEST_CASE("what a route removes or sets does not come back behind the body", "[proxy]") {
  HeaderEdits edits;
  edits.remove = {"X-Internal"};
  edits.set = {{"X-Fixed", "1"}};
  edits.add = {{"X-More", "1"}};
  CHECK(filtered("x-internal: a\r\nX-More: 2\r\nx-FIXED: 3\r\nA: b\r\n", edits) ==
        "X-More: 2\r\nA: b\r\n");
}

}  // namespace
}  // namespace gateway::proxy
