// SPDX-License-Identifier: MIT
#include "proxy/forwarded_head.h"

#include <string>

#include "catch.h"
#include "http/date.h"
#include "http/parsing.h"
#include "one_exchange.h"

namespace gateway::proxy {
namespace {

using http::test::AcceptedRequest;
using http::test::AcceptedResponse;
using test::OneExchange;

struct Forwarded {
  std::string head;
  std::string port;  ///< of the listener
};

Forwarded forward(const std::string& request, UpstreamRequest upstream = {},
                  std::vector<Network> trusted = {}) {
  if (upstream.host.empty()) upstream.host = "instance:81";
  if (upstream.path_prefix.empty()) upstream.path_prefix = "/api/";
  upstream.request_id = "id-1";
  OneExchange client;
  client.trusted = std::move(trusted);
  http::HeadWriter out;
  out.add("left over");
  client.ask(request, [&](http::Exchange& exchange) {
    REQUIRE(exchange.refusal() == Cause::None);
    write_request_head(out, exchange.request(), sender_of(exchange), upstream);
  });
  return {std::string(out.view()), std::to_string(client.port())};
}

// The lines of the client that are left, without what the gateway puts around them.
std::string forwarded_fields(const std::string& fields) {
  const std::string before = "POST /api/ HTTP/1.1\r\nHost: instance:81\r\n";
  const Forwarded sent = forward("POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  REQUIRE(sent.head.starts_with(before));
  const auto end = sent.head.rfind("X-Forwarded-For: 127.0.0.1\r\n");
  REQUIRE(end != std::string::npos);
  return sent.head.substr(before.size(), end - before.size());
}

std::string response_head(const std::string& response, const HeaderEdits* edits = nullptr) {
  http::HeadWriter out;
  out.add("left over");
  write_response_head(out, AcceptedResponse(response).parser.response(), "id-1", edits);
  return std::string(out.view());
}

// The lines of the service that are left.
std::string response_fields(const std::string& fields) {
  const std::string before = "HTTP/1.1 200 OK\r\n";
  const std::string after = "Date: now\r\nX-Request-ID: id-1\r\n";
  const std::string head = response_head(before + fields + "Date: now\r\n\r\n");
  REQUIRE(head.starts_with(before));
  REQUIRE(head.ends_with(after));
  return head.substr(before.size(), head.size() - before.size() - after.size());
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) found++;
  return found;
}

// --- requests ----------------------------------------------------------------------------------

TEST_CASE("a request head is written whole", "[proxy]") {
  const Forwarded sent = forward("gEt /a/b?c HTTP/1.1\r\nHost: client.example\r\nA: b\r\n\r\n",
                                 {"/to/", "b?c", "instance:81", {}, {}, {}});
  CHECK(sent.head ==
        "gEt /to/b?c HTTP/1.1\r\nHost: instance:81\r\nA: b\r\nX-Forwarded-For: 127.0.0.1\r\n"
        "X-Forwarded-Proto: http\r\nX-Forwarded-Host: client.example\r\nX-Forwarded-Port: " +
            sent.port + "\r\nX-Request-ID: id-1\r\n\r\n");
}

TEST_CASE("a request without fields is forwarded as HTTP/1.1", "[proxy]") {
  const Forwarded sent = forward("GET / HTTP/1.0\r\n\r\n");
  CHECK(sent.head ==
        "GET /api/ HTTP/1.1\r\nHost: instance:81\r\nX-Forwarded-For: 127.0.0.1\r\n"
        "X-Forwarded-Proto: http\r\nX-Forwarded-Port: " +
            sent.port + "\r\nX-Request-ID: id-1\r\n\r\n");
}

TEST_CASE("fields keep order, letter case, repetition and bytes", "[proxy]") {
  const std::string fields =
      "b:  2 \r\nA: 1\r\nB: 3\r\nCookie: x=\"y\"\r\na:\r\nX-C: \xe9\xff\t!\r\n";
  CHECK(forwarded_fields(fields) == fields);
}

TEST_CASE("fields that end at this hop are dropped, wherever they stand", "[proxy]") {
  for (const std::string gone :
       {"Connection: close\r\n", "Keep-Alive: timeout=5\r\n", "Proxy-Connection: close\r\n",
        "TE: trailers\r\n", "Trailer: A\r\n", "Upgrade: websocket\r\n",
        "Connection: X-Own\r\nX-Own: 1\r\nx-oWN: 2\r\n", "X-Own: 1\r\nConnection: x-own, te\r\n"}) {
    CAPTURE(gone);
    CHECK(forwarded_fields(gone).empty());
    CHECK(forwarded_fields(gone + "A: b\r\n") == "A: b\r\n");
    CHECK(forwarded_fields("A: b\r\n" + gone) == "A: b\r\n");
    CHECK(forwarded_fields("A: b\r\n" + gone + "C: d\r\n" + gone + "E: f\r\n") ==
          "A: b\r\nC: d\r\nE: f\r\n");
  }
}

TEST_CASE("fields that the gateway sets, and their look-alikes, are the gateway's", "[proxy]") {
  for (const std::string gone :
       {"X-Forwarded-For: 1.2.3.4\r\n", "X-Forwarded-Proto: https\r\n",
        "x-forwarded-host: evil\r\n", "X-Forwarded-Port: 1\r\n", "X-Forwarded-Prefix: /x\r\n",
        "Forwarded: for=1.2.3.4\r\n", "X-Request-ID: mine\r\n", "Expect: 100-continue\r\n",
        "X_Forwarded_For: 1.2.3.4\r\n", "X-Forwarded_Host: evil\r\n", "X_Request_Id: mine\r\n",
        "Content_Length: 5\r\n", "Transfer_Encoding: chunked\r\n"}) {
    CAPTURE(gone);
    CHECK(forwarded_fields("A: b\r\n" + gone + "C_D: e\r\n") == "A: b\r\nC_D: e\r\n");
  }
}

TEST_CASE("Trailer passes where trailers may", "[proxy]") {
  CHECK(forwarded_fields("Trailer: A\r\nTransfer-Encoding: chunked\r\n") ==
        "Trailer: A\r\nTransfer-Encoding: chunked\r\n");
  CHECK(forwarded_fields("Trailer: A\r\nTransfer-Encoding: chunked\r\nConnection: trailer\r\n") ==
        "Transfer-Encoding: chunked\r\n");
  const auto response = [](const std::string& fields, bool with_trailers) {
    http::HeadWriter out;
    const AcceptedResponse given("HTTP/1.1 200 OK\r\nDate: now\r\n" + fields + "\r\n");
    write_response_head(out, given.parser.response(), "id-1", nullptr, with_trailers);
    return std::string(out.view());
  };
  const std::string chunked = "Trailer: A\r\ntrailer: b\r\nTransfer-Encoding: chunked\r\n";
  CHECK(response(chunked, /*with_trailers=*/true) ==
        "HTTP/1.1 200 OK\r\nDate: now\r\nTrailer: A\r\ntrailer: b\r\nX-Request-ID: id-1\r\n");
  CHECK(response(chunked, /*with_trailers=*/false) ==
        "HTTP/1.1 200 OK\r\nDate: now\r\nX-Request-ID: id-1\r\n");
}

TEST_CASE("TE is asked for on this hop's own behalf", "[proxy]") {
  UpstreamRequest upstream;
  upstream.wants_trailers = true;
  const std::string head = forward("GET / HTTP/1.1\r\nHost: h\r\n\r\n", upstream).head;
  CHECK(head.find("\r\nConnection: TE\r\nTE: trailers\r\n") != head.npos);
}

TEST_CASE("a client cannot nominate the framing away", "[proxy]") {
  CHECK(forwarded_fields("Content-Length: 5\r\nConnection: content-length\r\n") ==
        "Content-Length: 5\r\n");
  CHECK(forwarded_fields("Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n") ==
        "Transfer-Encoding: chunked\r\n");
}

TEST_CASE("a client cannot nominate away what the gateway sets", "[proxy]") {
  const Forwarded sent = forward(
      "GET / HTTP/1.1\r\nHost: h\r\n"
      "Connection: host, x-forwarded-for, x-forwarded-host, x-request-id\r\n\r\n");
  for (const std::string field : {"\r\nHost: ", "X-Forwarded-For: ", "X-Forwarded-Proto: ",
                                  "X-Forwarded-Host: ", "X-Forwarded-Port: ", "X-Request-ID: "}) {
    CAPTURE(field);
    CHECK(count(sent.head, field) == 1);
  }
}

TEST_CASE("a chunked body stays chunked", "[proxy]") {
  CHECK(forwarded_fields("transfer-encoding:CHUNKED\r\nA: b\r\n") ==
        "A: b\r\nTransfer-Encoding: chunked\r\n");
}

TEST_CASE("the authority of an absolute target is the forwarded host", "[proxy]") {
  const Forwarded sent = forward("GET http://abs.example:8/ HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(count(sent.head, "X-Forwarded-Host: abs.example:8\r\n") == 1);
  CHECK(count(sent.head, "\r\nHost: instance:81\r\n") == 1);
}

TEST_CASE("an upgrade is asked for in one Connection and one Upgrade", "[proxy]") {
  UpstreamRequest upstream;
  upstream.upgrade = "websocket";
  const Forwarded sent = forward(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Key: k\r\n\r\n",
      upstream);
  CHECK(count(sent.head, "Sec-WebSocket-Key: k\r\nConnection: upgrade\r\nUpgrade: websocket\r\n") ==
        1);
  CHECK(count(sent.head, "Upgrade:") == 1);
  CHECK(count(sent.head, "Connection:") == 1);
}

TEST_CASE("an upgrade is wanted by HTTP/1.1 requests without a body (RFC 9110 §7.8)", "[proxy]") {
  struct Row {
    const char* request;
    bool wanted;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, UPGRADE\r\nUpgrade: a/1, b\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\nContent-Length: "
       "0\r\n\r\n",
       true},
      {"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nUpgrade: websocket\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade:\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\nContent-Length: "
       "5\r\n\r\n",
       false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\n"
       "Transfer-Encoding: chunked\r\n\r\n",
       false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket, H2C-14\r\n\r\n",
       false},
      {"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: a\r\nUpgrade: h2c\r\n\r\n",
       false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.request);
    CHECK(wants_upgrade(AcceptedRequest(row.request).parser.request()) == row.wanted);
  }
}

// --- trusted proxies ---------------------------------------------------------------------------

// What a service receives of requests from a trusted proxy, behind their Host.
std::string from_proxy(const std::string& fields) {
  const std::string before = "GET /api/ HTTP/1.1\r\nHost: instance:81\r\n";
  const std::string after = "X-Request-ID: id-1\r\n\r\n";
  const Forwarded sent = forward("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", {},
                                 {*Network::parse("127.0.0.0/8")});
  REQUIRE(sent.head.starts_with(before));
  REQUIRE(sent.head.ends_with(after));
  std::string head =
      sent.head.substr(before.size(), sent.head.size() - before.size() - after.size());
  const auto port = head.find(": " + sent.port);
  return port == head.npos ? head : head.replace(port + 2, sent.port.size(), "(ours)");
}

TEST_CASE("what a trusted proxy tells of its client passes, with its own address appended",
          "[proxy]") {
  const std::string told =
      "x-forwarded-proto: https\r\nX-Forwarded-Host: public.example\r\n"
      "X-Forwarded-Port: 8443\r\nX-Forwarded-Prefix: /p\r\nForwarded: for=192.0.2.1\r\n";
  CHECK(from_proxy("X-Forwarded-For: 192.0.2.1\r\n" + told) ==
        told + "X-Forwarded-For: 192.0.2.1, 127.0.0.1\r\n");
}

TEST_CASE("several X-Forwarded-For of a trusted proxy become one, in their order", "[proxy]") {
  CHECK(from_proxy("X-Forwarded-For: a, b\r\nX-Forwarded-For:\r\nx-forwarded-for: c\r\n"
                   "X-Forwarded-Proto: https\r\nX-Forwarded-Host: x\r\n") ==
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: x\r\n"
        "X-Forwarded-For: a, b, c, 127.0.0.1\r\n");
}

TEST_CASE("what a trusted proxy does not tell, the gateway does", "[proxy]") {
  CHECK(from_proxy({}) ==
        "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n"
        "X-Forwarded-Port: (ours)\r\n");
  CHECK(from_proxy("X-Forwarded-Port: 1\r\n") ==
        "X-Forwarded-Port: 1\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
        "X-Forwarded-Host: h\r\n");
}

TEST_CASE("the gateway's port is not added to another's scheme", "[proxy]") {
  CHECK(from_proxy("X-Forwarded-Proto: https\r\n") ==
        "X-Forwarded-Proto: https\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: h\r\n");
}

TEST_CASE("look-alikes and ids that are no ids do not pass from a trusted proxy either",
          "[proxy]") {
  CHECK(from_proxy("X_Forwarded_For: 1.2.3.4\r\nX-Request-ID: a b\r\n"
                   "X-Forwarded-Proto: https\r\nX-Forwarded-Host: x\r\n") ==
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: x\r\nX-Forwarded-For: 127.0.0.1\r\n");
}

TEST_CASE("a peer outside the trusted networks is not believed", "[proxy]") {
  const Forwarded sent = forward("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
                                 {}, {*Network::parse("10.0.0.0/8")});
  CHECK(count(sent.head, "X-Forwarded-For: 127.0.0.1\r\n") == 1);
  CHECK(count(sent.head, "1.2.3.4") == 0);
}

// --- edits -------------------------------------------------------------------------------------

// The lines a service receives between Host and what the gateway adds.
std::string edited(const std::string& fields, const HeaderEdits& edits) {
  UpstreamRequest upstream;
  upstream.edits = edits_or_none(edits);
  const std::string before = "GET /api/ HTTP/1.1\r\nHost: instance:81\r\n";
  const Forwarded sent = forward("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n", upstream);
  REQUIRE(sent.head.starts_with(before));
  return sent.head.substr(before.size(), sent.head.find("X-Forwarded-For") - before.size());
}

TEST_CASE("fields are removed, whatever their letter case and number", "[proxy]") {
  CHECK(edited("A: 1\r\nx-b: 2\r\nC: 3\r\nX-B: 4\r\nX-Bc: 5\r\n", {{"X-b", "D"}, {}, {}}) ==
        "A: 1\r\nC: 3\r\nX-Bc: 5\r\n");
}

TEST_CASE("a field that is set replaces all of its name, or is new", "[proxy]") {
  CHECK(edited("A: 1\r\nx-team: 2\r\nX-Team: 3\r\n", {{}, {{"X-Team", "orders"}}, {}}) ==
        "A: 1\r\nX-Team: orders\r\n");
  CHECK(edited({}, {{}, {{"X-Team", "orders"}}, {}}) == "X-Team: orders\r\n");
}

TEST_CASE("a field that is added joins those of its name", "[proxy]") {
  CHECK(edited("Via: a\r\nB: 1\r\n", {{}, {}, {{"Via", "b"}, {"Via", "c"}}}) ==
        "Via: a\r\nB: 1\r\nVia: b\r\nVia: c\r\n");
}

TEST_CASE("edits are made in the order remove, set, add", "[proxy]") {
  CHECK(edited("A: 1\r\n", {{"A"}, {{"A", "2"}}, {{"A", "3"}}}) == "A: 2\r\nA: 3\r\n");
}

TEST_CASE("edits do not take away what messages are framed by", "[proxy]") {
  const HeaderEdits edits{{"Content-Length", "Host"}, {}, {}};
  CHECK(edited("Content-Length: 5\r\n", edits) == "Content-Length: 5\r\n");
}

TEST_CASE("no edits are known as none", "[proxy]") {
  CHECK(edits_or_none({}) == nullptr);
  for (const HeaderEdits& edits : {HeaderEdits{{"a"}, {}, {}}, HeaderEdits{{}, {{"a", "b"}}, {}},
                                   HeaderEdits{{}, {}, {{"a", "b"}}}}) {
    CHECK(edits_or_none(edits) == &edits);
  }
}

TEST_CASE("final responses are edited, interim ones are not", "[proxy]") {
  const HeaderEdits edits{{"Server"}, {{"X-Frame-Options", "DENY"}}, {{"Vary", "Origin"}}};
  CHECK(response_head("HTTP/1.1 200 OK\r\nServer: s\r\nDate: d\r\nVary: A\r\n\r\n", &edits) ==
        "HTTP/1.1 200 OK\r\nDate: d\r\nVary: A\r\nX-Frame-Options: DENY\r\nVary: Origin\r\n"
        "X-Request-ID: id-1\r\n");
  CHECK(response_head("HTTP/1.1 200 OK\r\n\r\n", &edits)
            .starts_with("HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\nVary: Origin\r\nDate: "));
  CHECK(response_head("HTTP/1.1 103 Early Hints\r\nServer: s\r\n\r\n", &edits) ==
        "HTTP/1.1 103 Early Hints\r\nServer: s\r\n");
}

TEST_CASE("the host of a written head can be replaced", "[proxy]") {
  http::HeadWriter head;
  head.add("GET /Host: HTTP/1.1\r\nHost: a\r\nX: \r\nHost: \r\n\r\n");
  replace_host(head, "a");
  CHECK(head.view() == "GET /Host: HTTP/1.1\r\nHost: a\r\nX: \r\nHost: \r\n\r\n");
  replace_host(head, "longer.example:8080");
  CHECK(head.view() == "GET /Host: HTTP/1.1\r\nHost: longer.example:8080\r\nX: \r\nHost: \r\n\r\n");
  replace_host(head, "");
  CHECK(head.view() == "GET /Host: HTTP/1.1\r\nHost: \r\nX: \r\nHost: \r\n\r\n");
}

// --- responses ---------------------------------------------------------------------------------

TEST_CASE("a response head has the service's reason and fields", "[proxy]") {
  const std::string fields = "Server: s\r\nset-cookie: a\r\nSet-Cookie: b\r\nX:\t \xff \r\n";
  CHECK(response_fields(fields) == fields);
  CHECK(response_head("HTTP/1.0 418 I'm a teapot\r\nDate: d\r\n\r\n") ==
        "HTTP/1.1 418 I'm a teapot\r\nDate: d\r\nX-Request-ID: id-1\r\n");
  CHECK(response_head("HTTP/1.1 200\r\nDate: d\r\n\r\n") ==
        "HTTP/1.1 200 \r\nDate: d\r\nX-Request-ID: id-1\r\n");
}

TEST_CASE("fields of a response that end at this hop are dropped", "[proxy]") {
  for (const std::string gone :
       {"Connection: keep-alive\r\n", "Keep-Alive: max=1\r\n", "Proxy-Connection: x\r\n",
        "Transfer-Encoding: chunked\r\n", "Trailer: A\r\n", "Upgrade: h2\r\n", "TE: x\r\n",
        "Connection: x-own\r\nX-Own: 1\r\n", "X-Request-ID: theirs\r\n"}) {
    CAPTURE(gone);
    CHECK(response_fields("A: b\r\n" + gone + "C: d\r\n") == "A: b\r\nC: d\r\n");
  }
}

TEST_CASE("a length is passed on where a body may be (RFC 9110 §8.6)", "[proxy]") {
  CHECK(response_fields("Content-Length: 5\r\nConnection: content-length\r\n") ==
        "Content-Length: 5\r\n");
  const std::string length = "Content-Length: 5\r\n";
  CHECK(count(response_head("HTTP/1.1 304 x\r\n" + length + "\r\n"), length) == 1);
  CHECK(count(response_head("HTTP/1.1 204 x\r\n" + length + "\r\n"), length) == 0);
  CHECK(count(response_head("HTTP/1.1 103 x\r\n" + length + "\r\n"), length) == 0);
}

TEST_CASE("a response without Date gets one (RFC 9110 §6.6.1)", "[proxy]") {
  CHECK(count(response_head("HTTP/1.1 200 OK\r\n\r\n"), "\r\nDate: ") == 1);
  CHECK(count(response_head("HTTP/1.1 200 OK\r\ndate: d\r\n\r\n"), "Date: ") == 0);
}

TEST_CASE("a Date that ends at this hop is replaced", "[proxy]") {
  const std::string head = response_head("HTTP/1.1 200 OK\r\nDate: d\r\nConnection: date\r\n\r\n");
  CHECK(count(head, "\r\nDate: d\r\n") == 0);
  CHECK(count(head, "\r\nDate: ") == 1);
}

TEST_CASE("an interim response has neither request id nor Date of ours", "[proxy]") {
  CHECK(response_head("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\n") ==
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n");
}

TEST_CASE("a switch of protocols names the protocol", "[proxy]") {
  CHECK(response_head("HTTP/1.1 101 Switching\r\nConnection: Upgrade, x-own\r\nX-Own: 1\r\n"
                      "UPGRADE: websocket\r\nSec-WebSocket-Accept: a\r\n\r\n") ==
        "HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: a\r\nConnection: upgrade\r\n"
        "Upgrade: websocket\r\nX-Request-ID: id-1\r\n");
}

TEST_CASE("a switch of protocols has one request id, ours", "[proxy]") {
  const std::string head =
      response_head("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nX-Request-ID: theirs\r\n\r\n");
  CHECK(count(head, "X-Request-ID: ") == 1);
  CHECK(count(head, "X-Request-ID: id-1\r\n") == 1);
}

}  // namespace
}  // namespace gateway::proxy
