# SPDX-License-Identifier: MIT
"""RFC 9112 §4-5: what a service may answer, up to the empty line."""

from table import answer, bad_gateway, delivered, delivered_as, lines, ok, rule

NO_STATUS_LINE = bad_gateway("malformed_request_line")
BAD_FIELD = bad_gateway("malformed_header")
HEAD_LIMIT = bad_gateway("limit")
CLOSED = bad_gateway("", cause="upstream_closed")


def start(text, outcome=NO_STATUS_LINE, note=""):
    return answer(repr(text), lines(text, "Content-Length: 2", "") + "ok", outcome, note=note)


def field(name, text, outcome=BAD_FIELD):
    return answer(name, ok(text, "Content-Length: 2", body="ok"), outcome)


TABLE = [
    rule("RFC 9112 §4", "an answer begins with a status line of HTTP/1.0 or HTTP/1.1",
         start("HTTP/1.1 200 OK", delivered()),
         start("HTTP/1.1 200 ", delivered()),
         start("HTTP/1.1 200 \tall is well, \xe9", delivered()),
         start("HTTP/1.1 200", delivered_as("HTTP/1.1 200 ", "Content-Length: 2", body="ok"),
               note="many services leave out the space before an empty reason"),
         start("HTTP/1.0 200 OK", delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", body="ok",
                                               then="dropped")),
         *(start(f"HTTP/1.1 {status} Other", delivered())
           for status in (201, 206, 226, 299, 300, 399, 400, 418, 421, 451, 499, 500, 503, 599)),
         *(start(text) for text in (
             "HTTP/1.1 099 Low", "HTTP/1.1 600 High", "HTTP/1.1 999 High", "HTTP/1.1 000 None",
             "HTTP/1.1 20 Short", "HTTP/1.1 2000 Long", "HTTP/1.1 2 Short", "HTTP/1.1 0200 Long",
             "HTTP/1.1 -200 Sign", "HTTP/1.1 +200 Sign", "HTTP/1.1 2x0 Letter", "HTTP/1.1 200abc",
             "HTTP/1.1 200.1 Sub", "HTTP/1.1 OK", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1  200 OK",
             "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", " HTTP/1.1 200 OK", "HTTP/1.1 200 O\0K",
             "HTTP/1.1 200 O\x01K", "HTTP/1.1 200 O\rK", "HTTP/1.1 200 OK\r", "HTTP/1.1 200 O\x7fK",
             "http/1.1 200 OK", "HTTP/1.2 200 OK", "HTTP/1.9 200 OK", "HTTP/2.0 200 OK",
             "HTTP/0.9 200 OK", "HTTP/2 200 OK", "HTTP/1.10 200 OK", "HTTP/01.1 200 OK",
             "HTTP/1.1: 200 OK", "HTTP/1 200 OK", "HTTPS/1.1 200 OK", "ICY 200 OK",
             "RTSP/1.0 200 OK",
             "200 OK", "OK", "\xef\xbb\xbfHTTP/1.1 200 OK", "\0HTTP/1.1 200 OK"))),

    rule("RFC 9112 §2.2", "an answer's lines end in CRLF, and nothing comes before the first",
         answer("an empty line first", "\r\n" + ok("Content-Length: 0"), NO_STATUS_LINE),
         answer("a LF first", "\n" + ok("Content-Length: 0"), NO_STATUS_LINE),
         answer("LF alone, everywhere", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", NO_STATUS_LINE),
         answer("LF alone behind the status line", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok",
                NO_STATUS_LINE),
         answer("LF alone behind a field", "HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nok",
                BAD_FIELD),
         answer("LF for the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok", BAD_FIELD),
         answer("CR CR LF", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\r\n\r\nok", BAD_FIELD),
         answer("HTML without a head (HTTP/0.9)", "<html>ok</html>\r\n", NO_STATUS_LINE),
         answer("JSON without a head", '{"ok":true}', NO_STATUS_LINE, ends=True),
         answer("another protocol's greeting", "220 a ESMTP\r\n", NO_STATUS_LINE),
         answer("noise", "\x16\x03\x03\x00\x02\x02\x46", NO_STATUS_LINE),
         answer("nothing, then the end", "", CLOSED, ends=True),
         answer("half a status line, then the end", "HTTP/1.1 20", CLOSED, ends=True),
         answer("half a head, then the end", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", CLOSED,
                ends=True)),

    rule("RFC 9112 §5", "its fields are as strict as a client's",
         field("every token character", "Az09!#$%&'*+-.^_`|~: y", delivered()),
         field("bytes above ASCII", "X: \xe9\tx", delivered()),
         field("empty", "X:", delivered()),
         field("repeated", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nset-cookie: c=3", delivered()),
         *(field(name, text) for name, text in (
             ("no colon", "X y"), ("an empty name", ": y"), ("a space before the colon", "X : y"),
             ("a tab before the colon", "X\t: y"), ("a space in the name", "X Y: z"),
             ("a fold", "X: y\r\n z"), ("a fold by a tab", "X: y\r\n\tz"),
             ("a blank first", " X: y"),
             ("a NUL in the name", "X\0: y"), ("a NUL in the value", "X: y\0z"),
             ("a control character", "X: \x01"), ("a carriage return", "X: y\rZ: 1"),
             ("a line feed", "X: y\nZ: 1"), ("DEL", "X: \x7f"), ("a byte above ASCII", "X\xe9: y"),
             ("a parenthesis", "X(: y"), ("a length with a space", "Content-Length : 5"),
             ("a coding with a space", "Transfer-Encoding : chunked"),
             ("two words in Connection", "Connection: a b"))),
         answer("100 fields", ok(*["X: y"] * 99, "Content-Length: 0"), delivered()),
         answer("101 fields", ok(*["X: y"] * 100, "Content-Length: 0"), HEAD_LIMIT),
         answer("32 KiB", ok("X: " + "y" * 32768, "Content-Length: 0"), HEAD_LIMIT),
         answer("an endless reason", "HTTP/1.1 200 " + "x" * 40000, HEAD_LIMIT),
         answer("an endless field", lines("HTTP/1.1 200 OK") + "X: " + "x" * 40000, HEAD_LIMIT),
         answer("endless fields", lines("HTTP/1.1 200 OK") + "X: y\r\n" * 7000, HEAD_LIMIT)),

    rule("RFC 9110 §7.6.1", "fields of the connection end here, with those Connection lists",
         *(answer(text, ok(text, "Content-Length: 2", body="ok"),
                  delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", body="ok", then=then))
           for text, then in (
               ("Connection: keep-alive", "reused"), ("Connection: close", "dropped"),
               ("Connection: x, Close", "dropped"), ("Connection: closed", "reused"),
               ("Connection: x\r\nX: 1", "reused"), ("X: 1\r\nConnection: x", "reused"),
               ("Keep-Alive: timeout=50", "reused"), ("Proxy-Connection: close", "reused"),
               ("Upgrade: h2c", "reused"), ("Connection: upgrade\r\nUpgrade: x", "reused"),
               ("Connection: Content-Length", "reused"), ("X-Request-ID: theirs", "reused"))),
         answer("426 says what to upgrade to",
                ok("Upgrade: x", "Connection: upgrade", "Content-Length: 0", status="426 Upgrade"),
                delivered_as("HTTP/1.1 426 Upgrade", "Upgrade: x", "Content-Length: 0",
                             "Connection: upgrade")),
         answer("HTTP/1.0 keep-alive",
                ok("Connection: keep-alive", "Content-Length: 2", body="ok", version="HTTP/1.0"),
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", body="ok")),
         answer("a Date of its own", ok("Date: Sun, 06 Nov 1994 08:49:37 GMT", "Content-Length: 0"),
                delivered())),
]
