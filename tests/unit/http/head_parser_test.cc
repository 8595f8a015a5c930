// SPDX-License-Identifier: MIT
//
// What is accepted as the fields of a request or response head, and in all, row by row. Every row
// is also parsed cut at each of its bytes.
#include "http/head_parser.h"

#include <string>

#include "catch.h"
#include "parsing.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::AcceptedRequest;
using test::AcceptedResponse;
using test::kAccepted;
using test::request_verdict;
using test::response_verdict;
using test::Row;
using test::word;

// Rows of whole field lines, each ended by CRLF.
template <std::size_t n>
void check_request_fields(const Row (&rows)[n], const std::string& before = "Host: h\r\n") {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(word(request_verdict("POST / HTTP/1.1\r\n" + before + std::string(row.text) + "\r\n")) ==
          word(row.verdict));
  }
}

template <std::size_t n>
void check_response_fields(const Row (&rows)[n]) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(word(response_verdict("HTTP/1.1 200 OK\r\n" + std::string(row.text) + "\r\n")) ==
          word(row.verdict));
  }
}

// --- fields ------------------------------------------------------------------------------------

TEST_CASE("a field line is name, colon and value (RFC 9112 §5)", "[http]") {
  constexpr Row kRows[] = {
      {""},
      {"A: b\r\n"},
      {"A:b\r\n"},
      {"A: \t b \t \r\n"},
      {"A:\r\n"},
      {"A: \r\n"},
      {"A: b\r\nA: c\r\na: d\r\n"},
      {"A: b:c\r\n"},
      {"A: \"(),/;<=>?@[\\]{}\r\n"},
      {"A: b\tc\r\n"},
      {"A: caf\xc3\xa9 \x80\xff\r\n"},  // RFC 9110 §5.5: obs-text
      {"!#$%&'*+-.^_`|~09azAZ: b\r\n"},
      {"A : b\r\n", Cause::BadHeader},  // §5.1: a server MUST refuse it
      {"A\t: b\r\n", Cause::BadHeader},
      {" A: b\r\n", Cause::BadHeader},
      {"A: b\r\n c\r\n", Cause::BadHeader},  // §5.2: obs-fold
      {"A: b\r\n\tc\r\n", Cause::BadHeader},
      {"A: b\r\n \r\n", Cause::BadHeader},
      {"A\r\n", Cause::BadHeader},
      {":b\r\n", Cause::BadHeader},
      {": b\r\n", Cause::BadHeader},
      {"A B: c\r\n", Cause::BadHeader},
      {"A(: b\r\n", Cause::BadHeader},
      {"A\xc3\xa9: b\r\n", Cause::BadHeader},
      {"A\x00: b\r\n"sv, Cause::BadHeader},
      {"A: b\x00\r\n"sv, Cause::BadHeader},
      {"A: b\x01\r\n", Cause::BadHeader},
      {"A: b\x7f\r\n", Cause::BadHeader},
      {"A: b\x1b[0m\r\n", Cause::BadHeader},
      {"A: b\rc\r\n", Cause::BadHeader},  // §2.2: a bare CR
      {"A: b\r\r\n", Cause::BadHeader},
      {"A: b\n", Cause::BadHeader},  // a bare LF
      {"A: b\nC: d\r\n", Cause::BadHeader},
      {"A: b\n\r\n", Cause::BadHeader},
      {"\n", Cause::BadHeader},
      {"\r\r\n", Cause::BadHeader},
  };
  check_request_fields(kRows);
  check_response_fields(kRows);
}

TEST_CASE("a control byte is found wherever in a value it is", "[http]") {
  for (int byte = 0; byte < 256; byte++) {
    const auto c = static_cast<char>(byte);
    const bool is_text = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
    for (std::size_t position = 0; position < 20; position++) {
      CAPTURE(byte, position);
      std::string value(20, 'v');
      value[position] = c;
      HeadParser parser{Limits{}};
      const auto result =
          parser.parse_request("GET / HTTP/1.1\r\nHost: h\r\nA: " + value + "\r\n\r\n");
      CHECK(result == (is_text ? ParseResult::Complete : ParseResult::Refused));
    }
  }
}

TEST_CASE("HTTP/1.1 has exactly one valid Host (RFC 9112 §3.2)", "[http]") {
  check_request_fields(
      {
          {"Host: h\r\n"},
          {"HOST:h\r\n"},
          {"Host: example.com:8080\r\n"},
          {"Host: 127.0.0.1:80\r\n"},
          {"Host: [2001:db8::1]:80\r\n"},
          {"Host: [::ffff:192.0.2.1]\r\n"},
          {"Host: h:\r\n"},
          {"Host: a_b~c!$&'()*+,;=\r\n"},  // RFC 3986 §3.2.2: reg-name
          {"Host: a%20b\r\n"},
          {"", Cause::BadHost},
          {"Host:\r\n", Cause::BadHost},  // RFC 9110 §4.2.1: no http resource has an empty host
          {"Host: :80\r\n", Cause::BadHost},
          {"Host: h:65536\r\n", Cause::BadHost},
          {"Host: [1.2.3.4]\r\n", Cause::BadHost},
          {"Host: h\r\nHost: h\r\n", Cause::BadHost},
          {"Host: h\r\nA: b\r\nhost: other\r\n", Cause::BadHost},
          {"Host: h i\r\n", Cause::BadHost},
          {"Host: h\ti\r\n", Cause::BadHost},
          {"Host: h/\r\n", Cause::BadHost},
          {"Host: http://h\r\n", Cause::BadHost},
          {"Host: u@h\r\n", Cause::BadHost},
          {"Host: h:80:80\r\n", Cause::BadHost},
          {"Host: h:8o\r\n", Cause::BadHost},
          {"Host: h:-1\r\n", Cause::BadHost},
          {"Host: h:123456\r\n", Cause::BadHost},
          {"Host: ::1\r\n", Cause::BadHost},
          {"Host: [::1\r\n", Cause::BadHost},
          {"Host: []\r\n", Cause::BadHost},
          {"Host: [::1]x\r\n", Cause::BadHost},
          {"Host: [::g]\r\n", Cause::BadHost},
          {"Host: caf\xc3\xa9\r\n", Cause::BadHost},
          {"Host: h#\r\n", Cause::BadHost},
          {"Host: h\\\r\n", Cause::BadHost},
          {"Host: \"h\"\r\n", Cause::BadHost},
          {"Host: a%zz\r\n", Cause::BadHost},  // RFC 3986 §2.1: no percent-encoding
          {"Host: a%2\r\n", Cause::BadHost},
      },
      /*before=*/"");
}

TEST_CASE("HTTP/1.0 may go without Host, but not with two", "[http]") {
  CHECK(request_verdict("GET / HTTP/1.0\r\n\r\n") == kAccepted);
  CHECK(request_verdict("GET / HTTP/1.0\r\nHost: h\r\n\r\n") == kAccepted);
  CHECK(request_verdict("GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n") == Cause::BadHost);
  CHECK(request_verdict("GET / HTTP/1.0\r\nHost: h/\r\n\r\n") == Cause::BadHost);
}

TEST_CASE("an absolute target does not replace a Host that has to be there", "[http]") {
  CHECK(request_verdict("GET http://h/ HTTP/1.1\r\n\r\n") == Cause::BadHost);
  CHECK(request_verdict("GET http://h/ HTTP/1.1\r\nHost: h/\r\n\r\n") == Cause::BadHost);
}

TEST_CASE("a request's length has one reading (RFC 9112 §6)", "[http]") {
  check_request_fields({
      {"Content-Length: 0\r\n"},
      {"content-length:5\r\n"},
      {"Content-Length: 007\r\n"},
      {"Content-Length: 999999999999999999\r\n"},
      {"Transfer-Encoding: chunked\r\n"},
      {"TRANSFER-ENCODING:\tCHUNKED \r\n"},
      {"Content-Length:\r\n", Cause::BadLength},
      {"Content-Length: -1\r\n", Cause::BadLength},
      {"Content-Length: +1\r\n", Cause::BadLength},
      {"Content-Length: 0x10\r\n", Cause::BadLength},
      {"Content-Length: 1e3\r\n", Cause::BadLength},
      {"Content-Length: 1.0\r\n", Cause::BadLength},
      {"Content-Length: 1 2\r\n", Cause::BadLength},
      {"Content-Length: 5, 5\r\n", Cause::BadLength},
      {"Content-Length: 5,\r\n", Cause::BadLength},
      {"Content-Length: \"5\"\r\n", Cause::BadLength},
      {"Content-Length: 1000000000000000000\r\n", Cause::BadLength},  // 19 digits
      {"Content-Length: 18446744073709551617\r\n", Cause::BadLength},
      {"Content-Length: \xef\xbc\x95\r\n", Cause::BadLength},  // a full-width 5
      {"Content-Length: 5\r\nContent-Length: 5\r\n", Cause::ConflictingLength},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", Cause::ConflictingLength},
      {"Content-Length: x\r\nContent-Length: 6\r\n", Cause::ConflictingLength},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Cause::ConflictingLength},
      {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", Cause::ConflictingLength},
      {"Transfer-Encoding: gzip\r\nContent-Length: 0\r\n", Cause::ConflictingLength},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Cause::ConflictingLength},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", Cause::ConflictingLength},
      {"Transfer-Encoding: chunked, chunked\r\n", Cause::BadTransferEncoding},
      {"Transfer-Encoding: gzip, chunked\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: chunked, gzip\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: gzip\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: identity\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: xchunked\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: chunked;q=1\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: \"chunked\"\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: chunked,\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: \xc2\xa0"
       "chunked\r\n",
       Cause::TransferCoding},
      {"Transfer-Encoding:\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       Cause::BadHeader},
      {"Transfer-Encoding : chunked\r\n", Cause::BadHeader},
      {"Transfer-Encoding\r\n : chunked\r\n", Cause::BadHeader},
  });
  // §6.1: HTTP/1.0 does not know it, so somebody on the way may have read another length.
  CHECK(request_verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        Cause::BadTransferEncoding);
}

TEST_CASE("look-alikes of the framing fields do not frame", "[http]") {
  const AcceptedRequest request(
      "POST / HTTP/1.1\r\nHost: h\r\nContent_Length: 7\r\nContent-Length2: 8\r\n"
      "Transfer_Encoding: chunked\r\nXTransfer-Encoding: chunked\r\n\r\n");
  CHECK(request->framing == Framing::None);
  CHECK_FALSE(request->has_content_length);
}

TEST_CASE("100-continue is the only expectation (RFC 9110 §10.1.1)", "[http]") {
  check_request_fields({
      {"Expect: 100-continue\r\n"},
      {"EXPECT:100-Continue\r\n"},
      {"Expect: 100-continue\r\nExpect: 100-continue\r\n"},
      {"Expect:\r\n", Cause::Expectation},
      {"Expect: 200-ok\r\n", Cause::Expectation},
      {"Expect: 100-continue, x\r\n", Cause::Expectation},
      {"Expect: 100-continue;q=1\r\n", Cause::Expectation},
  });
}

TEST_CASE("Connection is a list of tokens (RFC 9110 §7.6.1)", "[http]") {
  constexpr Row kRows[] = {
      {"Connection:\r\n"},
      {"Connection: close\r\n"},
      {"Connection: , ,close,,\tx ,\r\n"},
      {"Connection: a\r\nConnection: b, Content-Length\r\n"},
      {"Connection: a b\r\n", Cause::BadHeader},
      {"Connection: \"close\"\r\n", Cause::BadHeader},
      {"Connection: close;x=1\r\n", Cause::BadHeader},
      {"Connection: caf\xc3\xa9\r\n", Cause::BadHeader},
  };
  check_request_fields(kRows);
  check_response_fields(kRows);
}

// --- requests: limits --------------------------------------------------------------------------

TEST_CASE("a request is held to the limits, exactly", "[http]") {
  Limits limits;
  limits.target = 20;
  limits.head = 200;
  limits.header_fields = 3;
  const auto verdict = [&](const std::string& bytes) {
    return word(request_verdict(bytes, limits));
  };
  const auto with_target = [](std::size_t size, const std::string& method = "GET") {
    return method + " /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  const auto with_head = [](std::size_t size) {
    const std::string rest = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n";
    return "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(size - rest.size(), 'a') + "\r\n\r\n";
  };
  const auto with_fields = [](std::size_t more) {
    std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
    while (more-- > 0) head += "A: b\r\n";
    return head + "\r\n";
  };
  CHECK(verdict(with_target(20)) == word(kAccepted));
  CHECK(verdict(with_target(21)) == word(Cause::TargetLimit));
  CHECK(verdict(with_target(150)) == word(Cause::TargetLimit));
  CHECK(verdict(with_target(20, std::string(64, 'M'))) == word(kAccepted));
  CHECK(verdict(with_target(21, std::string(64, 'M'))) == word(Cause::TargetLimit));
  CHECK(verdict(with_head(200)) == word(kAccepted));
  CHECK(verdict(with_head(201)) == word(Cause::HeadLimit));
  CHECK(verdict(with_head(400)) == word(Cause::HeadLimit));
  CHECK(verdict(with_fields(2)) == word(kAccepted));
  CHECK(verdict(with_fields(3)) == word(Cause::HeadLimit));
}

TEST_CASE("Connection names at most 32 fields, as each is compared with each", "[http]") {
  const auto verdict = [](std::size_t names) {
    std::string list = "close";
    for (std::size_t i = 0; i < names; i++) list += ",a";
    return word(request_verdict("GET / HTTP/1.1\r\nHost: h\r\nConnection: " + list + "\r\n\r\n"));
  };
  CHECK(verdict(32) == word(kAccepted));
  CHECK(verdict(33) == word(Cause::HeadLimit));
}

TEST_CASE("a head that never ends is refused as soon as it passes a limit", "[http]") {
  Limits limits;
  limits.target = 20;
  limits.head = 200;
  HeadParser parser(limits);
  CHECK(parser.parse_request("GET /" + std::string(150, 'a')) == ParseResult::Refused);
  CHECK(parser.cause() == Cause::TargetLimit);
  CHECK(parser.parse_request("GET / HTTP/1.1\r\nA: " + std::string(200, 'a')) ==
        ParseResult::Refused);
  CHECK(parser.cause() == Cause::HeadLimit);
  CHECK(parser.parse_response("HTTP/1.1 200 " + std::string(200, 'a'), false) ==
        ParseResult::Refused);
  CHECK(parser.cause() == Cause::HeadLimit);
}

// --- requests: what was read -------------------------------------------------------------------

TEST_CASE("a request is read byte for byte", "[http]") {
  const AcceptedRequest request(
      "\r\npAtch /a%2Fb/../c?d=%zz&e HTTP/1.0\r\nHost: H:80\r\nx-A:  b c\t\r\nX-a:\r\n\r\nbody");
  CHECK(request->method == "pAtch");
  CHECK(request->target == "/a%2Fb/../c?d=%zz&e");
  CHECK(request->path() == "/a%2Fb/../c");
  CHECK(request->query() == "?d=%zz&e");
  CHECK(request->authority == "H:80");
  CHECK(request->minor_version == 0);
  CHECK(request->size == request.bytes.size() - 4);
  REQUIRE(request->fields.size() == 3);
  CHECK(request->fields[0].id == FieldId::Host);
  CHECK(request->fields[1].name == "x-A");
  CHECK(request->fields[1].value == "b c");
  CHECK(request->fields[1].id == FieldId::Other);
  CHECK(request->fields[2].value.empty());
  CHECK(std::string_view(request->fields[1].line, 5) == "x-A: ");
  CHECK(std::string_view(request->fields_end, 2) == "\r\n");
}

TEST_CASE("a control byte is found wherever it is in a value of any length", "[http]") {
  const auto verdict_of = [](std::size_t length, std::size_t at, char byte) {
    std::string value(length, '\xe9');
    value[at] = byte;
    return request_verdict("GET / HTTP/1.1\r\nA:" + value + "\r\nHost: h\r\n\r\n");
  };
  for (std::size_t length = 1; length <= 20; length++) {
    for (std::size_t at = 0; at < length; at++) {
      CAPTURE(length, at);
      for (const char byte : {'\0', '\x01', '\x08', '\x0b', '\x1f', '\x7f', '\r'}) {
        CHECK(verdict_of(length, at, byte) == Cause::BadHeader);
      }
      for (const char byte : {'\t', ' ', '!', '~', '\x80', '\xff'}) {
        CHECK(verdict_of(length, at, byte) == Cause::None);
      }
    }
  }
}

TEST_CASE("a request without framing fields has no body (RFC 9112 §6.3)", "[http]") {
  const auto framing = [](const std::string& fields) {
    return AcceptedRequest("POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n")->framing;
  };
  CHECK(framing("") == Framing::None);
  CHECK(framing("Content-Length: 0\r\n") == Framing::None);
  CHECK(framing("Content-Length: 1\r\n") == Framing::Length);
  CHECK(framing("Transfer-Encoding: chunked\r\n") == Framing::Chunked);
  CHECK(framing("Connection: close\r\n") == Framing::None);
}

TEST_CASE("a length is read as a number", "[http]") {
  const AcceptedRequest request(
      "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 009999999999999999\r\n\r\n");
  CHECK(request->content_length == 9'999'999'999'999'999U);
  CHECK(request->has_content_length);
}

TEST_CASE("Connection options are noted", "[http]") {
  const AcceptedRequest request(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\nConnection: UPGRADE, Keep-Alive, "
      "x\r\n\r\n");
  CHECK(request->connection_close);
  CHECK(request->connection_upgrade);
  CHECK(request->connection_keep_alive);
  CHECK(request->connection_names_fields);
  const AcceptedRequest plain("GET / HTTP/1.1\r\nHost: h\r\nConnection: closed,\r\n\r\n");
  CHECK_FALSE(plain->connection_close);
  CHECK(plain->connection_names_fields);
}

TEST_CASE("nothing of one head is left in the next", "[http]") {
  HeadParser parser{Limits{}};
  const std::string first =
      "POST http://a/ HTTP/1.0\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
      "Connection: close, keep-alive, upgrade, x\r\n\r\n";
  REQUIRE(parser.parse_request(first) == ParseResult::Complete);
  REQUIRE(parser.parse_request("CONNECT h:1 HTTP/1.1\r\n") == ParseResult::Refused);
  const std::string second = "GET / HTTP/1.1\r\nHost: g\r\n\r\n";
  REQUIRE(parser.parse_request(second) == ParseResult::Complete);
  const RequestHead& request = parser.request();
  CHECK(request.authority == "g");
  CHECK(request.minor_version == 1);
  CHECK(request.fields.size() == 1);
  CHECK(request.framing == Framing::None);
  CHECK(request.content_length == 0);
  CHECK_FALSE(request.has_content_length);
  CHECK_FALSE(request.expects_continue);
  CHECK_FALSE(request.connection_close);
  CHECK_FALSE(request.connection_keep_alive);
  CHECK_FALSE(request.connection_upgrade);
  CHECK_FALSE(request.connection_names_fields);
}

// --- responses ---------------------------------------------------------------------------------

TEST_CASE("a response's length has one reading (RFC 9112 §6.3)", "[http]") {
  check_response_fields({
      {"Content-Length: 0\r\n"},
      {"Content-Length: 5\r\n"},
      {"Transfer-Encoding: chunked\r\n"},
      {"Host: a\r\nHost: b/\r\nExpect: x\r\n"},  // mean nothing in a response
      {"Content-Length: 5\r\nContent-Length: 5\r\n", Cause::ConflictingLength},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Cause::ConflictingLength},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Cause::ConflictingLength},
      {"Content-Length: 5, 5\r\n", Cause::BadLength},
      {"Content-Length: -5\r\n", Cause::BadLength},
      {"Content-Length:\r\n", Cause::BadLength},
      {"Content-Length: 1000000000000000000\r\n", Cause::BadLength},
      {"Transfer-Encoding: gzip, chunked\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: gzip\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: identity\r\n", Cause::TransferCoding},
      {"Transfer-Encoding:\r\n", Cause::TransferCoding},
      {"Transfer-Encoding: chunked, chunked\r\n", Cause::BadTransferEncoding},
  });
  CHECK(response_verdict("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        Cause::BadTransferEncoding);
}

TEST_CASE("a response is framed by its status, then by its fields (RFC 9112 §6.3)", "[http]") {
  const std::string length = "Content-Length: 5\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const auto framing = [](const std::string& status, const std::string& fields,
                          bool to_head = false) {
    return AcceptedResponse("HTTP/1.1 " + status + " x\r\n" + fields + "\r\n", to_head)->framing;
  };
  CHECK(framing("200", length) == Framing::Length);
  CHECK(framing("200", chunked) == Framing::Chunked);
  CHECK(framing("200", "Content-Length: 0\r\n") == Framing::None);
  CHECK(framing("200", "") == Framing::Close);
  CHECK(framing("500", "") == Framing::Close);
  CHECK(framing("205", "") == Framing::Close);
  for (const std::string status : {"100", "101", "103", "199", "204", "304"}) {
    CAPTURE(status);
    CHECK(framing(status, "") == Framing::None);
    CHECK(framing(status, length) == Framing::None);
    CHECK(framing(status, chunked) == Framing::None);
  }
  CHECK(framing("200", "", /*to_head=*/true) == Framing::None);
  CHECK(framing("200", length, /*to_head=*/true) == Framing::None);
  CHECK(framing("404", chunked, /*to_head=*/true) == Framing::None);
}

TEST_CASE("the length of a body that is not there is still known", "[http]") {
  const AcceptedResponse to_head("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", /*to_head=*/true);
  CHECK(to_head->has_content_length);
  CHECK(to_head->content_length == 7);
  CHECK(AcceptedResponse("HTTP/1.1 304 x\r\nContent-Length: 7\r\n\r\n")->has_content_length);
}

TEST_CASE("a response is read byte for byte", "[http]") {
  const AcceptedResponse response(
      "HTTP/1.0 418 I'm a\t\xc3\xa9\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\nHTTP/1.1");
  CHECK(response->status == 418);
  CHECK(response->reason == "I'm a\t\xc3\xa9");
  CHECK(response->minor_version == 0);
  CHECK(response->size == response.bytes.size() - 8);
  REQUIRE(response->fields.size() == 2);
  CHECK(response->fields[1].name == "set-cookie");
  CHECK(response->fields[1].value == "b");
  CHECK(AcceptedResponse("HTTP/1.1 200\r\n\r\n")->reason.empty());
}

TEST_CASE("a response is held to the limits, exactly", "[http]") {
  Limits limits;
  limits.target = 20;  // says nothing about responses
  limits.head = 200;
  limits.header_fields = 2;
  const auto verdict = [&](const std::string& bytes) {
    return word(response_verdict(bytes, limits));
  };
  const std::string start = "HTTP/1.1 200 ";
  CHECK(verdict(start + std::string(100, 'r') + "\r\n\r\n") == word(kAccepted));
  CHECK(verdict(start + "\r\nA: " + std::string(200 - 22, 'a') + "\r\n\r\n") == word(kAccepted));
  CHECK(verdict(start + "\r\nA: " + std::string(200 - 21, 'a') + "\r\n\r\n") ==
        word(Cause::HeadLimit));
  CHECK(verdict(start + "\r\nA: b\r\nA: b\r\n\r\n") == word(kAccepted));
  CHECK(verdict(start + "\r\nA: b\r\nA: b\r\nA: b\r\n\r\n") == word(Cause::HeadLimit));
}

}  // namespace
}  // namespace gateway::http
