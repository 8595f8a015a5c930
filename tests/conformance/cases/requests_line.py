# SPDX-License-Identifier: MIT
"""RFC 9112 §2-3: line ends, the request line, method and version."""

from table import case, get, lines, passes, passes_as, post, refused, request_line
from table import rule, several, silence

BAD_LINE = refused(400, "malformed_request_line")
BAD_FIELD = refused(400, "malformed_header")
BAD_TARGET = refused(400, "invalid_target")
NO_SUCH_VERSION = refused(505, "version")

TABLE = [
    rule("RFC 9112 §2.2", "a line ends in CRLF, and in nothing else",
         case("CRLF", get("X: y"), passes()),
         case("LF alone, everywhere", "GET /x HTTP/1.1\nHost: a\n\n", BAD_LINE),
         case("LF alone behind the request line", "GET /x HTTP/1.1\nHost: a\r\n\r\n", BAD_LINE),
         case("LF alone behind a field", "GET /x HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", BAD_FIELD),
         case("LF alone for the empty line", "GET /x HTTP/1.1\r\nHost: a\r\n\n", BAD_FIELD),
         case("CR alone, everywhere", "GET /x HTTP/1.1\rHost: a\r\r", BAD_LINE),
         case("CR alone behind the request line", "GET /x HTTP/1.1\rHost: a\r\n\r\n", BAD_LINE),
         case("CR alone behind a field", "GET /x HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", BAD_FIELD),
         case("LF CR", "GET /x HTTP/1.1\n\rHost: a\n\r\n\r", BAD_LINE),
         case("CR CR LF behind the request line", "GET /x HTTP/1.1\r\r\nHost: a\r\n\r\n", BAD_LINE),
         case("CR CR LF behind a field", get("X: y\r"), BAD_FIELD),
         case("CR CR LF for the empty line", "GET /x HTTP/1.1\r\nHost: a\r\n\r\r\n", BAD_FIELD)),

    rule("RFC 9112 §2.2", "one empty line before a request is ignored, nothing else is",
         case("an empty line", "\r\n" + get(), passes()),
         case("an empty line behind a body", post("Content-Length: 1", body="b") + "\r\n" + get(),
              several(passes_as("POST /x HTTP/1.1", "Content-Length: 1", body="b"),
                      passes_as("GET /x HTTP/1.1"))),
         case("two empty lines", "\r\n\r\n" + get(), BAD_LINE),
         case("a LF", "\n" + get(), BAD_LINE),
         case("a CR", "\r" + get(), BAD_LINE),
         case("a space", " " + get(), BAD_LINE),
         case("a tab", "\t" + get(), BAD_LINE),
         case("a NUL", "\0" + get(), BAD_LINE),
         case("a byte order mark", "\xef\xbb\xbf" + get(), BAD_LINE),
         case("a stray body byte", "x" + get(),
              passes(), note="xGET is a method like any other")),

    rule("RFC 9112 §2.2", "an incomplete head is no request",
         case("nothing at all", "", silence()),
         case("an empty line alone", "\r\n", silence()),
         case("half a request line", "GET /x HT", silence()),
         case("no empty line", "GET /x HTTP/1.1\r\nHost: a\r\n", silence())),

    rule("RFC 9112 §3", "method SP target SP version, with exactly these two spaces",
         case("two spaces first", request_line("GET  /x HTTP/1.1"), BAD_LINE),
         case("two spaces second", request_line("GET /x  HTTP/1.1"), BAD_LINE),
         case("tabs", request_line("GET\t/x\tHTTP/1.1"), BAD_LINE),
         case("a tab first", request_line("GET\t/x HTTP/1.1"), BAD_LINE),
         case("a tab second", request_line("GET /x\tHTTP/1.1"), BAD_LINE),
         case("vertical tabs", request_line("GET\x0b/x\x0bHTTP/1.1"), BAD_LINE),
         case("form feeds", request_line("GET\x0c/x\x0cHTTP/1.1"), BAD_LINE),
         case("carriage returns", request_line("GET\r/x\rHTTP/1.1"), BAD_LINE),
         case("a space at the end", request_line("GET /x HTTP/1.1 "), BAD_LINE),
         case("a tab at the end", request_line("GET /x HTTP/1.1\t"), BAD_LINE),
         case("a space in the target", request_line("GET /x y HTTP/1.1"), BAD_LINE),
         case("a fourth word", request_line("GET /x HTTP/1.1 HTTP/1.1"), BAD_LINE),
         case("a method alone", request_line("GET"), BAD_LINE),
         case("no target", request_line("GET HTTP/1.1"), BAD_LINE),
         case("an empty target", request_line("GET  HTTP/1.1"), BAD_LINE),
         case("no method", request_line("/x HTTP/1.1"), BAD_LINE),
         case("an empty method", request_line(" /x HTTP/1.1"), BAD_LINE),
         case("HTTP/0.9 (no version)", "GET /x\r\n", BAD_LINE),
         case("HTTP/0.9 with fields", request_line("GET /x"), BAD_LINE),
         case("a field line in its place", lines("Host: a", ""), BAD_LINE),
         case("a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", BAD_LINE),
         case("a PROXY header nobody asked for", "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n" + get(),
              BAD_LINE),
         case("another protocol", request_line("OPTIONS sip:a SIP/2.0"), BAD_LINE)),

    rule("RFC 9110 §9.1", "a method is a token, case-sensitive; unknown ones pass",
         *(case(name, get(method=name), passes())
           for name in ("DELETE", "OPTIONS", "PATCH", "PROPFIND", "M-SEARCH", "QUERY")),
         case("every token character", get(method="Az09!#$%&'*+-.^_`|~"), passes(),
              note="RFC 9110 §5.6.2 allows them"),
         case("lower case", get(method="get"), passes(),
              note="get is a method, only not the one named GET"),
         case("64 characters", get(method="M" * 64), passes()),
         case("65 characters", get(method="M" * 65), BAD_LINE),
         case("endless", "M" * 4096, BAD_LINE),
         *(case(f"{name} in it", get(method=f"G{byte}T"), BAD_LINE)
           for name, byte in (("a NUL", "\0"), ("DEL", "\x7f"), ("a byte above ASCII", "\xe9"),
                              ("an at", "@"), ("a parenthesis", "("), ("a comma", ","),
                              ("a slash", "/"), ("a colon", ":"), ("a quote", '"'),
                              ("a brace", "{"), ("a bracket", "["), ("equals", "="),
                              ("a backslash", "\\"), ("a question mark", "?"))),
         case("CONNECT to an authority", request_line("CONNECT b:443 HTTP/1.1"),
              refused(501, "connect_method")),
         case("CONNECT to a path", request_line("CONNECT /x HTTP/1.1"),
              refused(501, "connect_method")),
         case("connect in lower case", request_line("connect b:443 HTTP/1.1"), BAD_TARGET)),

    rule("RFC 9110 §9.3.8", "TRACE passes like any other method",
         case("TRACE", get(method="TRACE"), passes(),
              note="what it echoes is the service's to decide; a route's `methods` can refuse it"),
         case("TRACE with a body", get("Content-Length: 1", method="TRACE", body="b"), passes(),
              note="framed like any other, so that the body is never a request")),

    rule("RFC 9112 §2.3", "the version is HTTP/1.0 or HTTP/1.1, letter for letter",
         case("HTTP/1.0", get("X: y", version="HTTP/1.0"),
              passes_as("GET /x HTTP/1.1", "X: y", then="closed")),
         *(case(version, get(version=version), NO_SUCH_VERSION)
           for version in ("HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/3.0",
                           "HTTP/9.9")),
         case("the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NO_SUCH_VERSION),
         *(case(repr(version), get(version=version), BAD_LINE)
           for version in ("http/1.1", "Http/1.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/11",
                           "HTTP/1.10", "HTTP/1.01", "HTTP/01.1", "HTTP/1.1.1", "HTTP/+1.1",
                           "HTTP/1.+1", "HTTP/-1.1", "HTTP/1,1", "HTTP/1.1;x", "HTTP/x.y",
                           "HTTP/1.x", "HTTPS/1.1", "HTTP\\1.1", "HTP/1.1", "HTTP//1.1",
                           "\0TTP/1.1", "HTTP/1.\0", "HTTP/1.\xb9", "ICY/1.1"))),
]
