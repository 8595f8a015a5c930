# SPDX-License-Identifier: MIT
"""RFC 9112 §3.2: the request target and Host."""

from table import answered, case, get, lines, passes, passes_as, refused, request_line, rule

BAD_TARGET = refused(400, "invalid_target")
BAD_HOST = refused(400, "invalid_host")
LEAVES = answered(400, "dot_segments")


def target(name, text, outcome, note=""):
    return case(name, get(target=text), outcome, note)


def absolute(text, seen, host, method="GET"):
    """This absolute-form target reaches the service as `seen`, and names `host`."""
    return case(text, get(target=text, method=method),
                passes_as(f"{method} {seen} HTTP/1.1", host=host))


def host(value, outcome=BAD_HOST, note=""):
    return case(repr(value), lines("GET /x HTTP/1.1", "Host: " + value, ""), outcome, note)


def named(value):
    """This Host is taken."""
    return host(value, passes(host=value))


TABLE = [
    rule("RFC 9112 §3.2.1", "origin-form reaches the service byte for byte",
         *(target(text, text, passes())
           for text in ("/", "//", "//x//y", "/x/", "/x?", "/x?y=z&y=z", "/x??", "/x?/../..",
                        "/a-._~!$&'()*+,;=:@/b", "/%41%2f%2F%25%ff", "/a/../b", "/a/./b/..",
                        "/...", "/x?y=a/b?c:d@e", "/http://b/x", "/x;p=1,2;q")),
         *(target(f"{char} in the path", f"/{char}", passes(), note="browsers send it raw")
           for char in '"<>[\\]^`{|}'),
         target("% without digits in the query", "/x?100%&%zz", passes(),
                note="a query is the service's to decode, and people write them by hand"),
         target("%00 in the query", "/x?%00", passes()),
         target("2 kB", "/" + "x" * 2000, passes())),

    rule("RFC 9112 §3.2.1", "a path begins with a slash, in visible ASCII, without a fragment",
         *(target(name, text, BAD_TARGET)
           for name, text in (
               ("no slash", "x"), ("a query alone", "?x"), ("a percent alone", "%2fx"),
               ("a backslash first", "\\x"), ("a dot first", "./x"),
               ("a fragment", "/x#y"), ("a fragment behind the query", "/x?y#z"),
               ("a NUL", "/x\0"), ("a control character", "/x\x01"), ("a tab", "/x\ty"),
               ("a carriage return", "/x\ry"), ("an escape", "/x\x1b"), ("DEL", "/x\x7f"),
               ("a byte above ASCII", "/x\x80"), ("UTF-8", "/\xc3\xa9"),
               ("a no-break space", "/x\xa0"), ("a byte above ASCII in the query", "/x?\xff"),
               ("a control character in the query", "/x?\x01")))),

    rule("RFC 3986 §2.1", "a percent-encoding in a path is whole, and no NUL",
         *(target(text, text, BAD_TARGET)
           for text in ("/%", "/%4", "/%zz", "/%4g", "/%g4", "/x%?y", "/%%41", "/%u0041", "/%00",
                        "/x%00.png"))),

    rule("RFC 3986 §5.2.4", "no spelling of dot segments leaves the prefix of the route",
         *(target(text, text, LEAVES)
           for text in ("/..", "/../x", "/a/../../x", "/%2e%2e/x", "/.%2E/x", "/..%2fx", "/..%2Fx",
                        "/..\\x", "/..%5cx", "/..;/x", "/..;p=1/x", "/a/..%2f..%2fx",
                        "/%2e%2e%2fx"))),

    rule("RFC 9112 §3.2.2", "absolute-form: the authority wins over Host",
         absolute("http://b/x?y", "/x?y", "b"),
         absolute("http://b", "/", "b"),
         absolute("http://b/", "/", "b"),
         absolute("http://b?y", "/?y", "b"),
         absolute("HTTP://B/x", "/x", "B"),
         absolute("http://b:8080/x", "/x", "b:8080"),
         absolute("http://b:/x", "/x", "b:"),
         absolute("http://[::1]:80/x", "/x", "[::1]:80"),
         absolute("http://127.0.0.1/x", "/x", "127.0.0.1"),
         absolute("http://b%2ec/x", "/x", "b%2ec"),
         case("without Host in HTTP/1.0", lines("GET http://b/x HTTP/1.0", ""),
              passes_as("GET /x HTTP/1.1", host="b", then="closed")),
         case("without Host in HTTP/1.1", lines("GET http://b/x HTTP/1.1", ""), BAD_HOST),
         case("with a bad Host", lines("GET http://b/x HTTP/1.1", "Host: a/b", ""), BAD_HOST),
         case("with two Hosts", request_line("GET http://b/x HTTP/1.1", "Host: b"), BAD_HOST),
         note="RFC 9112 §3.2.2 wants it so also when the two differ"),

    rule("RFC 9110 §4.2", "absolute-form is http, with a host and without user or fragment",
         *(target(text, text, BAD_TARGET)
           for text in ("http://", "http:///x", "http://:80/x", "http://?x", "http:/x", "http:x",
                        "http//b/x", "https://b/x", "ftp://b/x", "file:///x", "javascript:x",
                        "http://u@b/x", "http://u:p@b/x", "http://@b/x", "http://b#y",
                        "http://b/x#y", "http://b:port/x", "http://b:-1/x", "http://b:65536/x",
                        "http://b:1:2/x", "http://[::1/x", "http://::1/x", "http://[b]/x",
                        "http://[]/x", "http://[::1]x/y", "http://b\\c/x", "http://b\\@c/x",
                        "http://b,c@d/x", "http://b%/x", "http://b%zz/x", "http://b\x80/x",
                        "http://b|c/x"))),

    rule("RFC 9112 §3.2.3", "authority-form is for CONNECT, which nobody may use here",
         target("host and port", "b:80", BAD_TARGET),
         target("a host", "b", BAD_TARGET)),

    rule("RFC 9112 §3.2.4", "OPTIONS * is answered by the gateway; * is no other target",
         case("OPTIONS *", get(target="*", method="OPTIONS"), answered(200)),
         case("OPTIONS of a host without a path", get(target="http://b", method="OPTIONS"),
              answered(200)),
         absolute("http://b/", "/", "b", method="OPTIONS"),
         absolute("http://b?y", "/?y", "b", method="OPTIONS"),
         case("GET *", get(target="*"), BAD_TARGET),
         case("options * in lower case", get(target="*", method="options"), BAD_TARGET),
         case("**", get(target="**", method="OPTIONS"), BAD_TARGET),
         case("*?x", get(target="*?x", method="OPTIONS"), BAD_TARGET),
         note="RFC 9110 §9.3.7 calls it a ping"),

    rule("RFC 9112 §3.2", "HTTP/1.1 has exactly one Host, HTTP/1.0 at most one",
         case("no Host in HTTP/1.1", lines("GET /x HTTP/1.1", ""), BAD_HOST),
         case("no Host in HTTP/1.0", lines("GET /x HTTP/1.0", ""),
              passes_as("GET /x HTTP/1.1", host=None, then="closed")),
         case("the same Host twice", get("Host: a"), BAD_HOST),
         case("two Hosts", get("Host: b"), BAD_HOST),
         case("two Hosts, one in lower case", get("X: y", "host: b"), BAD_HOST),
         case("two Hosts in HTTP/1.0", get("Host: b", version="HTTP/1.0"), BAD_HOST),
         case("a second, empty Host", get("Host:"), BAD_HOST)),

    rule("RFC 9110 §7.2", "Host is a host and perhaps a port",
         *(named(value) for value in ("a", "a.example", "a.example.", "A-b_c~d", "a:80", "a:65535",
                                      "a:", "1.2.3.4", "1.2.3.4:80", "[::1]", "[::1]:80",
                                      "[2001:DB8::1.2.3.4]", "a!$&'()*+,;=b", "a%20b")),
         *(host(value) for value in ("", ":", ":80", "a b", "a\tb", "a/b", "a/", "/a", "a\\b",
                                     "a?b",
                                     "a#b", "a@b", "u:p@b", "@b", "http://a", "a:b", "a:-1",
                                     "a:+1", "a:0x50", "a:123456", "a:65536", "a:80:80", "a:80 b",
                                     "::1", "[::1", "[", "[]", "::1]", "[b]", "[1.2.3.4]",
                                     "[::1]a", "[::1]:b", "[:::1]", "[1::2::3]", "[12345::]",
                                     "[::1%25lo]", "[v1.x]", "[::1]]", "a%", "a%2", "a%zz",
                                     "a\xe9", "a\x80", "a\"b", "a<b", "a|b", "a^b", "a`b", "a{b")),
         host("a, b"),
         host("a\x01b", refused(400, "malformed_header")),
         host("a\0b", refused(400, "malformed_header"))),
]
