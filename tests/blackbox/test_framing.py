# SPDX-License-Identifier: MIT
"""Ambiguous or malformed requests: refused with the exact cause, and nothing behind them counts."""

from case import Case
from wire import wait_until

SMUGGLED = b"GET /api/service1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def line(text):
    """A request with this request line."""
    return text + b"\r\nHost: a\r\n\r\n"


def field(text, version=b"HTTP/1.1", method=b"POST"):
    """A request with these additional field lines."""
    return method + b" /api/service1/x " + version + b"\r\nHost: a\r\n" + text + b"\r\n\r\n"


def host(text):
    return b"GET /api/service1/x HTTP/1.1\r\n" + text + b"\r\n"


def target(text):
    return line(b"GET " + text + b" HTTP/1.1")


REQUEST_LINES = [line(text) for text in (
    b"GET", b"GET /api/service1/x", b"GET  /api/service1/x HTTP/1.1",
    b"GET /api/service1/x  HTTP/1.1",
    b"GET\t/api/service1/x\tHTTP/1.1", b" GET /api/service1/x HTTP/1.1",
    b"GET /api/service1/x HTTP/1.1 ", b"GET /api/service1/x y HTTP/1.1",
    b"G@T /api/service1/x HTTP/1.1",
    b"G(T /api/service1/x HTTP/1.1", b"G\0T /api/service1/x HTTP/1.1",
    b"\xff /api/service1/x HTTP/1.1",
    b"GET /api/service1/x http/1.1", b"GET /api/service1/x HTTP/1",
    b"GET /api/service1/x HTTP/1.10",
    b"GET /api/service1/x HTTP/01.1", b"GET /api/service1/x HTTP/+1.1",
    b"GET /api/service1/x HTTP/1,1",
    b"GET /api/service1/x HTTPS/1.1", b"GET /api/service1/x HTTP/x.y",
    b"GET /api/service1/x \0TTP/1.1",
    b"M" * 65 + b" /api/service1/x HTTP/1.1", b"\r\n\r\nGET /api/service1/x HTTP/1.1",
)] + [b"GET /api/service1/x HTTP/1.1\nHost: a\n\n",
      b"\nGET /api/service1/x HTTP/1.1\r\nHost: a\r\n\r\n",
      b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"]

TARGETS = [target(text) for text in (
    b"*", b"api/service1/x", b"?", b"x:80", b"/api/service1/x#y", b"/api/service1/\x01",
    b"/api/service1/\x7f", b"/api/service1/\x80", b"/api/service1/\xc3\xa9",
    b"/api/service1/x?\xff",
    b"/api/service1/\0", b"/api/service1/\tx", b"/api/service1/%", b"/api/service1/%4",
    b"/api/service1/%zz", b"/api/service1/%4g", b"/api/service1/%00", b"https://a/api/service1/x",
    b"ftp://a/api/service1/x", b"http:///api/service1/x", b"http:/api/service1/x",
    b"http://user@a/api/service1/x", b"http://a:port/api/service1/x",
)]

HOSTS = [host(text) for text in (
    b"", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nhost: b\r\n", b"Host: a b\r\n", b"Host: a, b\r\n",
    b"Host: a/b\r\n", b"Host: user@a\r\n", b"Host: a:port\r\n", b"Host: a:123456\r\n",
    b"Host: a:1:2\r\n", b"Host: [::1\r\n", b"Host: [x]\r\n", b"Host: a\xe9\r\n", b"Host: a\\b\r\n",
    b"Host: http://a\r\n", b"Host: a?b\r\n", b"Host: a#b\r\n",
)]

FIELDS = [field(text) for text in (
    b"no colon", b": no name", b"Space Before : x", b"Content-Length : 5",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding\t: chunked", b"X: a\r\n folded", b"X: a\r\n\tfolded",
    b"Transfer-Encoding:\r\n chunked", b" X: leading space", b"X\0Y: nul in the name",
    b"X: nul\0in the value", b"X: bare\rreturn", b"X: bare\nX: line feed", b"X: \x01", b"X: \x7f",
    b"X(Y): parenthesis", b"X\xe9: not ascii", b"X: a\r\r", b"Connection: a b", b"Connection: \xe9",
    b"\"X\": quoted", b"X@Y: at",
)]

LENGTHS = [field(b"Content-Length: " + text) for text in (
    b"", b"+5", b"-1", b"-0", b"0x5", b"5 5", b"5,5", b"5, 5", b"5;", b"1e3", b"5.0", b"five",
    b"\"5\"",
    b"9223372036854775808", b"18446744073709551616", b"99999999999999999999", b"5\xa0",
)]

CONFLICTS = [field(text) for text in (
    b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 5\r\nX: y\r\ncontent-LENGTH: 0", b"Content-Length: 0\r\nContent-Length: 0",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Transfer-Encoding: gzip\r\nContent-Length: 5",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
)] + [field(b"Content-Length: 5\r\nContent-Length: 5", method=method)
      for method in (b"GET", b"DELETE", b"FOO")]

CODINGS_400 = [field(b"Transfer-Encoding: chunked, chunked"),
               field(b"Transfer-Encoding: chunked", version=b"HTTP/1.0")]

CODINGS_501 = [field(b"Transfer-Encoding: " + text) for text in (
    b"gzip", b"identity", b"gzip, chunked", b"chunked, gzip", b"xchunked", b"chunkedx",
    b"chunked;x=1",
    b"\"chunked\"", b"chun ked", b"x", b"chunked\xa0", b"cow, chunked",
)]

CHUNKS = (
    b"\r\n", b"x\r\n", b"0x3\r\nabc\r\n", b"+3\r\nabc\r\n", b" 3\r\nabc\r\n", b"-0\r\n\r\n",
    b"3 \r\nabc\r\n",
    b"3 junk\r\nabc\r\n", b"3\nabc\r\n", b"3\r\nabc\n", b"3\r\nabcd\r\n", b"3\r\nabc0\r\n\r\n",
    b"3\r\nabc\r\n\r\n3\r\nabc\r\n", b"3\rabc\r\n", b"3;a\0b\r\nabc\r\n", b"3;a\rb\r\nabc\r\n",
    b"fffffffffffffffff\r\nabc", b"10000000000000000\r\nabc", b";x\r\nabc\r\n", b"3\r\nab\r\n\r\n",
    b"0\r\nno colon\r\n\r\n", b"0\r\nX: y\n\r\n", b"0\r\n folded: x\r\n\r\n", b"0\n\r\n",
    b"0\r\n\n",
    b"0\r\nX : y\r\n\r\n", b"0\r\nX: \0\r\n\r\n", b"0\r\n\rX",
    b"0\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
)


class Framing(Case):
    def setUp(self):
        super().setUp()
        self.service = self.origin()
        self.gw = self.gateway(self.service)

    def refused(self, requests, status, error, cause, service=None):
        """Each is answered once, with that cause; what follows on the connection is not read."""
        for raw in requests:
            with self.subTest(raw=raw[:120]), self.gw.client() as client:
                client.send(raw + SMUGGLED)
                response = client.read_response()
                self.assert_error(response, status, error, cause, service)
                self.assertTrue(response.closes(), response.headers)
                self.assertTrue(client.at_end())
                self.assert_log(self.gw, response, status_code=status, cause=cause, attempts=0)
        self.assert_only_probe_arrives(self.gw, self.service)
        wait_until(lambda: len(self.gw.records()) == len(requests) + 1, "one line for each")

    def test_malformed_request_lines(self):
        self.refused(REQUEST_LINES, 400, "bad_request", "malformed_request_line")

    def test_invalid_targets(self):
        self.refused(TARGETS, 400, "bad_request", "invalid_target")

    def test_missing_repeated_and_invalid_hosts(self):
        self.refused(HOSTS, 400, "bad_request", "invalid_host")

    def test_malformed_header_fields(self):
        self.refused(FIELDS, 400, "bad_request", "malformed_header")

    def test_invalid_lengths(self):
        self.refused(LENGTHS, 400, "bad_request", "invalid_length")

    def test_conflicting_lengths(self):
        self.refused(CONFLICTS, 400, "bad_request", "conflicting_length")

    def test_invalid_transfer_encodings(self):
        self.refused(CODINGS_400, 400, "bad_request", "invalid_transfer_encoding")

    def test_unknown_transfer_codings(self):
        self.refused(CODINGS_501, 501, "not_implemented", "transfer_coding")

    def test_connect(self):
        self.refused([line(b"CONNECT a:443 HTTP/1.1"), line(b"CONNECT /api/service1/x HTTP/1.1")],
                     501, "not_implemented", "connect_method")

    def test_other_versions(self):
        self.refused([line(b"GET /api/service1/x " + version)
                      for version in (b"HTTP/2.0", b"HTTP/0.9", b"HTTP/3.0", b"HTTP/9.9")]
                     + [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
                     505, "version_not_supported", "version")

    def test_other_expectations(self):
        self.refused([field(b"Content-Length: 5\r\nExpect: " + text)
                      for text in (b"200-ok", b"100-continue, x", b"", b"100-continued")],
                     417, "expectation_failed", "expectation")

    def test_bad_chunks_end_the_request_here_and_at_the_service(self):
        for raw in CHUNKS:
            for before in (b"", b"2\r\nok\r\n"):
                with self.subTest(raw=raw[:100], before=before), self.gw.client() as client:
                    client.send(field(b"Transfer-Encoding: chunked") + before + raw + SMUGGLED)
                    response = client.read_response()
                    self.assert_error(response, 400, "bad_request", "bad_chunk", "service1")
                    self.assertTrue(response.closes())
                    self.assertTrue(client.at_end())
                    self.assert_log(self.gw, response, status_code=400, cause="bad_chunk")
        for index in range(len(self.service.connections)):
            self.service.wait_ended(index)
        self.assertEqual(self.service.complete, [])  # no service took one for a whole request
        self.assertNotIn("/api/smuggled", [request.target for request in self.service.requests])

    def test_legal_oddities_pass(self):
        for raw in (
                b"\r\n" + field(b"Content-Length: 5") + b"abcde",
                field(b"Content-Length: \t 00005 \t") + b"abcde",
                field(b"content-length:5") + b"abcde",
                field(b"Transfer-Encoding:CHUNKED")
                + b"5;a=\"b;c\";d\r\nabcde\r\n0;x\r\nT: u\r\n\r\n",
                field(b"Transfer-Encoding: chunked") + b"0005\r\nabcde\r\n000\r\n\r\n",
                field(b"Transfer-Encoding: chunked") + b"5 \t;x\r\nabcde\r\n0\r\n\r\n",
                field(b"X:\r\nContent-Length: 5") + b"abcde",
                field(b"Content-Length: 5", version=b"HTTP/1.0") + b"abcde",
                field(b"Content-Length: 5", version=b"HTTP/1.1") + b"abcde",
        ):
            with self.subTest(raw=raw), self.gw.client() as client:
                client.send(raw)
                self.assertEqual(client.read_response().status, 200)
                self.assertEqual(self.service.complete[-1].body, b"abcde")

    def test_a_body_is_never_the_next_request(self):
        for method in ("GET", "HEAD", "TRACE", "DELETE", "OPTIONS", "FOO"):
            for headers, body in (([], SMUGGLED),
                                  ([("Transfer-Encoding", "chunked")],
                                   b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED))):
                with self.subTest(method=method, headers=headers), self.gw.client() as client:
                    client.send_request(method, "/api/service1/outer", headers, body)
                    client.half_close()
                    self.assertEqual(client.read_response(method).status, 200)
                    self.assertTrue(client.at_end())
                    self.assertEqual(self.service.complete[-1].body, SMUGGLED)
        self.assertEqual({request.target for request in self.service.requests}, {"/api/outer"})
