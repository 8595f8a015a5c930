// SPDX-License-Identifier: MIT
//
// What is accepted as the first line of a head, row by row. Every row is also parsed cut at each of
// its bytes.
#include <string>

#include "catch.h"
#include "http/head_parser.h"
#include "parsing.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::AcceptedRequest;
using test::kAccepted;
using test::request_verdict;
using test::response_verdict;
using test::Row;
using test::word;

template <std::size_t n>
void check_request_lines(const Row (&rows)[n]) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(word(request_verdict(std::string(row.text) + "\r\nHost: h\r\n\r\n")) ==
          word(row.verdict));
  }
}

template <std::size_t n>
void check_targets(const Row (&rows)[n]) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(word(request_verdict("GET " + std::string(row.text) + " HTTP/1.1\r\nHost: h\r\n\r\n")) ==
          word(row.verdict));
  }
}

TEST_CASE("a request line is method, target and version with one space between (RFC 9112 §3)",
          "[http]") {
  check_request_lines({
      {"GET / HTTP/1.1"},
      {"GET /index.html?q=1 HTTP/1.0"},
      {"\r\nGET / HTTP/1.1"},  // §2.2: one empty line before it is ignored
      {"\r\n\r\nGET / HTTP/1.1", Cause::BadRequestLine},
      {"\nGET / HTTP/1.1", Cause::BadRequestLine},
      {"\rGET / HTTP/1.1", Cause::BadRequestLine},
      {"", Cause::BadRequestLine},  // the line is then "Host: h"
      {"GET", Cause::BadRequestLine},
      {"GET ", Cause::BadRequestLine},
      {"GET /", Cause::BadRequestLine},  // HTTP/0.9
      {"GET / ", Cause::BadRequestLine},
      {"GET  HTTP/1.1", Cause::BadRequestLine},
      {"GET  / HTTP/1.1", Cause::BadRequestLine},
      {"GET /  HTTP/1.1", Cause::BadRequestLine},
      {"GET / HTTP/1.1 ", Cause::BadRequestLine},
      {"GET / HTTP/1.1\t", Cause::BadRequestLine},
      {" GET / HTTP/1.1", Cause::BadRequestLine},
      {"GET\t/ HTTP/1.1", Cause::BadRequestLine},
      {"GET /\tHTTP/1.1", Cause::BadRequestLine},
      {"GET /\vHTTP/1.1", Cause::BadRequestLine},
      {"GET / x HTTP/1.1", Cause::BadRequestLine},
      {"/ GET HTTP/1.1", Cause::BadRequestLine},
      {"GET / HTTP/1.1\r", Cause::BadRequestLine},      // CR CR LF
      {"GET / HTTP/1.1\nX: y", Cause::BadRequestLine},  // §2.2 allows a bare LF; we do not
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, Cause::BadRequestLine},  // TLS
  });
}

TEST_CASE("a method is a token of at most 64 bytes (RFC 9110 §9.1)", "[http]") {
  check_request_lines({
      {"HEAD / HTTP/1.1"},
      {"PATCH / HTTP/1.1"},
      {"M-SEARCH / HTTP/1.1"},
      {"get / HTTP/1.1"},  // another method than GET
      {"x / HTTP/1.1"},
      {"!#$%&'*+-.^_`|~09azAZ / HTTP/1.1"},
      {"abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345 / HTTP/1.1"},
      {"abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz0123456 / HTTP/1.1",
       Cause::BadRequestLine},
      {"G(T / HTTP/1.1", Cause::BadRequestLine},
      {"GET: / HTTP/1.1", Cause::BadRequestLine},
      {"\"GET\" / HTTP/1.1", Cause::BadRequestLine},
      {"G\xc3\x89T / HTTP/1.1", Cause::BadRequestLine},
      {"G\x00T / HTTP/1.1"sv, Cause::BadRequestLine},
      {"CONNECT h:443 HTTP/1.1", Cause::ConnectMethod},
      {"CONNECT / HTTP/1.1", Cause::ConnectMethod},
      {"connect / HTTP/1.1"},
  });
}

TEST_CASE("a version is HTTP/1.0 or HTTP/1.1 (RFC 9112 §2.3)", "[http]") {
  check_request_lines({
      {"GET / HTTP/1.0"},
      {"GET / HTTP/1.2", Cause::Version},  // there is none: whoever sends it means something else
      {"GET / HTTP/1.9", Cause::Version},
      {"GET / HTTP/0.9", Cause::Version},
      {"GET / HTTP/2.0", Cause::Version},
      {"GET / HTTP/9.1", Cause::Version},
      {"PRI * HTTP/2.0", Cause::Version},
      {"GET / http/1.1", Cause::BadRequestLine},
      {"GET / Http/1.1", Cause::BadRequestLine},
      {"GET / HTTPS/1.1", Cause::BadRequestLine},
      {"GET / HTTP/1", Cause::BadRequestLine},
      {"GET / HTTP/2", Cause::BadRequestLine},
      {"GET / HTTP/1.", Cause::BadRequestLine},
      {"GET / HTTP/.1", Cause::BadRequestLine},
      {"GET / HTTP/1.10", Cause::BadRequestLine},
      {"GET / HTTP/01.1", Cause::BadRequestLine},
      {"GET / HTTP/1,1", Cause::BadRequestLine},
      {"GET / HTTP/1.x", Cause::BadRequestLine},
      {"GET / HTTP/x.1", Cause::BadRequestLine},
      {"GET / HTTP/1.\x80", Cause::BadRequestLine},
      {"GET / HTTP-1.1", Cause::BadRequestLine},
  });
}

TEST_CASE("a target in origin form is a path of visible bytes (RFC 9112 §3.2.1)", "[http]") {
  check_targets({
      {"/"},
      {"//"},
      {"/a//b/../c;p=1/%2F%2f/.%2E"},  // what it means is not for the parser to say
      {"/?"},
      {"/a?b?c/d"},
      {"/!\"$&'()*+,-.:;<=>@[\\]^_`{|}~"},
      {"/a%20b%C3%A9"},
      {"/?%zz%"},  // a query is passed on, whatever it is
      {"a", Cause::BadTarget},
      {"?a", Cause::BadTarget},
      {"\\a", Cause::BadTarget},
      {"/a#b", Cause::BadTarget},
      {"/a?b#c", Cause::BadTarget},
      {"/a\x01", Cause::BadTarget},
      {"/a\x00"sv, Cause::BadTarget},
      {"/a\x7f", Cause::BadTarget},
      {"/a\tb", Cause::BadTarget},
      {"/caf\xc3\xa9", Cause::BadTarget},
      {"/?\xff", Cause::BadTarget},
      {"/a\rb", Cause::BadTarget},
      {"/%", Cause::BadTarget},
      {"/%4", Cause::BadTarget},
      {"/%4?a", Cause::BadTarget},
      {"/%g0", Cause::BadTarget},
      {"/%0g", Cause::BadTarget},
      {"/%00", Cause::BadTarget},
      {"/a%00b", Cause::BadTarget},
  });
}

TEST_CASE("a target in absolute form is an http URL (RFC 9112 §3.2.2)", "[http]") {
  check_targets({
      {"http://h/"},
      {"http://h"},
      {"HTTP://h:80/a?b"},
      {"http://[::1]:8000/a"},
      {"http://127.0.0.1/"},
      {"http://", Cause::BadTarget},
      {"http:///a", Cause::BadTarget},    // RFC 9110 §4.2.1: no host, no URL
      {"http://:80/", Cause::BadTarget},  // the same
      {"http://h?a"},
      {"http://h#a", Cause::BadTarget},
      {"http://u@h/", Cause::BadTarget},  // RFC 9110 §4.2.4
      {"http://u:p@h/", Cause::BadTarget},
      {"http://h:port/", Cause::BadTarget},
      {"http://h:123456/", Cause::BadTarget},
      {"http://h\\@evil/", Cause::BadTarget},
      {"http://[::1/", Cause::BadTarget},
      {"http:/h/", Cause::BadTarget},
      {"http:h", Cause::BadTarget},
      {"https://h/", Cause::BadTarget},
      {"ftp://h/", Cause::BadTarget},
      {"h:80", Cause::BadTarget},
  });
}

TEST_CASE("a target of * is for OPTIONS only (RFC 9112 §3.2.4)", "[http]") {
  check_request_lines({
      {"OPTIONS * HTTP/1.1"},
      {"OPTIONS / HTTP/1.1"},
      {"GET * HTTP/1.1", Cause::BadTarget},
      {"options * HTTP/1.1", Cause::BadTarget},
      {"OPTIONS *x HTTP/1.1", Cause::BadTarget},
  });
}

TEST_CASE("what is no request is refused before its line ends", "[http]") {
  HeadParser parser{Limits{}};
  for (const auto start : {"\x16\x03\x01"sv, "\x80"sv, "GET\t"sv, "\r\r"sv, "\0"sv, "{\"a\""sv}) {
    CHECK(parser.parse_request(start) == ParseResult::Refused);
    CHECK(parser.cause() == Cause::BadRequestLine);
  }
  CHECK(parser.parse_request(std::string(65, 'G')) == ParseResult::Refused);
  CHECK(parser.parse_request(std::string(64, 'G')) == ParseResult::Incomplete);
  CHECK(parser.parse_request("\r") == ParseResult::Incomplete);
  CHECK(parser.parse_request("\r\n") == ParseResult::Incomplete);
  CHECK(parser.parse_request("GET \x01") == ParseResult::Incomplete);
}

TEST_CASE("an absolute target's authority wins over Host (RFC 9112 §3.2.2)", "[http]") {
  const AcceptedRequest request("GET http://a:81/p?q HTTP/1.1\r\nHost: b\r\n\r\n");
  CHECK(request->target == "/p?q");
  CHECK(request->authority == "a:81");
  const AcceptedRequest bare("GET http://a HTTP/1.1\r\nHost: b\r\n\r\n");
  CHECK(bare->target == "/");
  CHECK(bare->authority == "a");
}

TEST_CASE("an absolute target may have no path (RFC 9112 §3.2.1, §3.2.4)", "[http]") {
  const AcceptedRequest query("GET http://a?b=/c HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(query->target == "/?b=/c");
  CHECK(query->path() == "/");
  CHECK(AcceptedRequest("OPTIONS http://a HTTP/1.1\r\nHost: h\r\n\r\n")->target == "*");
  CHECK(AcceptedRequest("OPTIONS http://a/ HTTP/1.1\r\nHost: h\r\n\r\n")->target == "/");
  CHECK(AcceptedRequest("OPTIONS http://a?b HTTP/1.1\r\nHost: h\r\n\r\n")->target == "/?b");
}

TEST_CASE("a refused head still tells method and target", "[http]") {
  HeadParser parser{Limits{}};
  const std::string bytes = "PUT /a?b HTTP/1.1\r\nbad line\r\n\r\n";
  REQUIRE(parser.parse_request(bytes) == ParseResult::Refused);
  CHECK(parser.request().method == "PUT");
  CHECK(parser.request().target == "/a?b");
  REQUIRE(parser.parse_request("\x16\x03") == ParseResult::Refused);
  CHECK(parser.request().method.empty());
  CHECK(parser.request().target.empty());
}

TEST_CASE("a status line is version, three digits and a reason (RFC 9112 §4)", "[http]") {
  constexpr Row kRows[] = {
      {"HTTP/1.1 200 OK"},
      {"HTTP/1.0 200 OK"},
      {"HTTP/1.2 200 OK", Cause::BadRequestLine},
      {"HTTP/1.1 200 "},
      {"HTTP/1.1 200"},  // without the space that should be there: widespread, and clear
      {"HTTP/1.1 404 Not\tFound \xc3\xa9"},
      {"HTTP/1.1 200  two spaces "},
      {"HTTP/1.1 100 Continue"},
      {"HTTP/1.1 299 x"},
      {"HTTP/1.1 599 x"},
      {"HTTP/1.1 099 x", Cause::BadRequestLine},
      {"HTTP/1.1 600 x", Cause::BadRequestLine},
      {"HTTP/1.1 999 x", Cause::BadRequestLine},
      {"HTTP/1.1 20 OK", Cause::BadRequestLine},
      {"HTTP/1.1 2000 OK", Cause::BadRequestLine},
      {"HTTP/1.1 200OK", Cause::BadRequestLine},
      {"HTTP/1.1 200\tOK", Cause::BadRequestLine},
      {"HTTP/1.1 +20 OK", Cause::BadRequestLine},
      {"HTTP/1.1 2x0 OK", Cause::BadRequestLine},
      {"HTTP/1.1  200 OK", Cause::BadRequestLine},
      {"HTTP/1.1\t200 OK", Cause::BadRequestLine},
      {"HTTP/1.1", Cause::BadRequestLine},
      {"HTTP/1.1 ", Cause::BadRequestLine},
      {" HTTP/1.1 200 OK", Cause::BadRequestLine},
      {"\r\nHTTP/1.1 200 OK", Cause::BadRequestLine},
      {"http/1.1 200 OK", Cause::BadRequestLine},
      {"HTTP/2.0 200 OK", Cause::BadRequestLine},
      {"HTTP/0.9 200 OK", Cause::BadRequestLine},
      {"HTTP/1.x 200 OK", Cause::BadRequestLine},
      {"HTTP/1 200 OK", Cause::BadRequestLine},
      {"HTTP/1.10 200 OK", Cause::BadRequestLine},
      {"ICY 200 OK", Cause::BadRequestLine},
      {"<html>", Cause::BadRequestLine},
      {"", Cause::BadRequestLine},
      {"HTTP/1.1 200 O\x00K"sv, Cause::BadRequestLine},
      {"HTTP/1.1 200 O\x7fK", Cause::BadRequestLine},
      {"HTTP/1.1 200 O\rK", Cause::BadRequestLine},
      {"HTTP/1.1 200 OK\r", Cause::BadRequestLine},
      {"HTTP/1.1 200 OK\nA: b", Cause::BadRequestLine},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.text);
    CHECK(word(response_verdict(std::string(row.text) + "\r\nA: b\r\n\r\n")) == word(row.verdict));
  }
}

}  // namespace
}  // namespace gateway::http
