# SPDX-License-Identifier: MIT
"""RFC 9112 §5, RFC 9110 §5: field lines, and the limits of a head."""

from table import case, get, lines, passes, passes_as, post, refused, rule

BAD_FIELD = refused(400, "malformed_header")
HEAD_LIMIT = refused(431, "limit")
TARGET_LIMIT = refused(414, "limit")


def field(name, text, outcome=BAD_FIELD, note=""):
    return case(name, get(text), outcome, note)


TABLE = [
    rule("RFC 9110 §5.1", "a field name is a token, right before its colon",
         field("every token character", "Az09!#$%&'*+-.^`|~: y", passes()),
         field("a digit first", "1x: y", passes()),
         field("no colon", "X y"),
         field("a name alone", "X"),
         field("an empty name", ": y"),
         field("a colon alone", ":"),
         field("a space before the colon", "X : y"),
         field("a tab before the colon", "X\t: y"),
         field("a space inside", "X Y: z"),
         *(field(f"{name} inside", f"X{byte}Y: z")
           for name, byte in (("a NUL", "\0"), ("a control character", "\x01"),
                              ("a vertical tab", "\x0b"), ("a form feed", "\x0c"),
                              ("DEL", "\x7f"), ("a byte above ASCII", "\xe9"),
                              ("a no-break space", "\xa0"), ("a parenthesis", "("),
                              ("a quote", '"'), ("a slash", "/"), ("a comma", ","),
                              ("a semicolon", ";"), ("an at", "@"), ("a bracket", "["),
                              ("a brace", "{"), ("equals", "="), ("a question mark", "?"),
                              ("a backslash", "\\"), ("less-than", "<"))),
         field("a NUL first", "\0X: y"),
         field("a byte order mark first", "\xef\xbb\xbfX: y"),
         case("a bad name in the first line", lines("GET /x HTTP/1.1", "X(: y", "Host: a", ""),
              BAD_FIELD)),

    rule("RFC 9112 §5.2", "a line that begins with a blank continues nothing",
         field("a space first", " X: y"),
         field("a tab first", "\tX: y"),
         field("a folded value", "X: y\r\n z"),
         field("a value folded by a tab", "X: y\r\n\tz"),
         field("a value on the next line", "X:\r\n y"),
         field("a fold of blanks", "X: y\r\n \r\nZ: a"),
         field("a folded coding", "Transfer-Encoding:\r\n chunked"),
         field("a folded length", "Content-Length:\r\n 5"),
         case("before the first field", lines("GET /x HTTP/1.1", " Host: b", "Host: a", ""),
              BAD_FIELD),
         case("behind Host", lines("GET /x HTTP/1.1", "Host: a", " b", ""), BAD_FIELD)),

    rule("RFC 9110 §5.5", "a value is text, blanks around it do not count",
         field("empty", "X:", passes()),
         field("blanks alone", "X: \t ", passes()),
         field("no blank before it", "X:y", passes()),
         field("blanks around it", "X: \t y z \t ", passes()),
         field("tabs inside", "X: y\tz", passes()),
         field("colons", "X::y: z:", passes()),
         field("bytes above ASCII", "X: \x80\xe9\xff", passes()),
         field("quotes, open and escaped", 'X: "y\\', passes()),
         field("repeated names, any case", "X: 1\r\nY: 2\r\nx: 3\r\nX: 1", passes()),
         *(field(name, f"X: y{byte}z")
           for name, byte in (("NUL", "\0"), ("a control character", "\x01"), ("backspace", "\x08"),
                              ("a vertical tab", "\x0b"), ("a form feed", "\x0c"),
                              ("a carriage return", "\r"), ("an escape", "\x1b"),
                              ("DEL", "\x7f"))),
         field("NUL first", "X:\0"),
         field("a carriage return first", "X:\ry"),
         field("NUL in a long value", "X: " + "y" * 100 + "\0" + "y" * 100)),

    rule("RFC 9110 §5.1", "names with _ pass, but not those that look like the gateway's own",
         field("an unknown one", "x_y: z", passes()),
         *(case(f"{name}", post(f"{name}: 7", "Content-Length: 1", body="b"),
                passes_as("POST /x HTTP/1.1", "Content-Length: 1", body="b"))
           for name in ("Content_Length", "X_Forwarded_For", "x_forwarded_host",
                        "X-Forwarded_Proto",
                        "X_Request_ID", "Transfer_Encoding", "Proxy_Connection")),
         *(field(f"{name} is the gateway's to say", f"{name}: 7", passes_as("GET /x HTTP/1.1"))
           for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port",
                        "X-Forwarded-Anything", "Forwarded"))),

    rule("RFC 9110 §7.6.1", "fields of the connection end here, with those Connection lists",
         *(field(f"{text}", text, passes_as("GET /x HTTP/1.1"))
           for text in ("Connection: keep-alive", "Connection:", "Connection: , ,",
                        "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: gzip",
                        "Trailer: X", "Upgrade: websocket")),
         field("TE: trailers, which the gateway asks for in its turn", "TE: trailers",
               passes_as("GET /x HTTP/1.1", "Connection: TE", "TE: trailers")),
         field("a listed field", "Connection: x, Y\r\nX: 1\r\ny: 2\r\nZ: 3",
               passes_as("GET /x HTTP/1.1", "Z: 3")),
         field("listed below itself", "X: 1\r\nZ: 3\r\nConnection: X",
               passes_as("GET /x HTTP/1.1", "Z: 3")),
         field("listed in a second Connection", "Connection: keep-alive\r\nConnection: x\r\nX: 1",
               passes_as("GET /x HTTP/1.1")),
         case("Connection: Content-Length",
              post("Connection: Content-Length", "Content-Length: 5", body="abcde"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 5", body="abcde"),
              note="framing cannot be nominated away"),
         case("Connection: Transfer-Encoding",
              post("Connection: Transfer-Encoding", "Transfer-Encoding: chunked",
                   body="5\r\nabcde\r\n0\r\n\r\n"),
              passes_as("POST /x HTTP/1.1", "Transfer-Encoding: chunked", body="abcde")),
         field("Connection: Host", "Connection: Host", passes_as("GET /x HTTP/1.1")),
         *(field(f"Connection: {name}", f"Connection: {name}", passes_as("GET /x HTTP/1.1"),
                 note="the gateway's own fields stand behind everything that can be nominated")
           for name in ("X-Forwarded-For", "X-Request-ID", "X-Forwarded-Host")),
         field("two words in an option", "Connection: x y"),
         field("a quoted option", 'Connection: "x"'),
         field("a colon in an option", "Connection: x:y"),
         field("32 options", "Connection: " + ", ".join("x" * 32), passes_as("GET /x HTTP/1.1")),
         field("33 options", "Connection: " + ", ".join("x" * 33), HEAD_LIMIT)),

    rule("RFC 9110 §5.4", "a head has at most 100 fields and 32 KiB",
         case("100 fields", get(*["X: y"] * 99), passes()),
         case("101 fields", get(*["X: y"] * 100), HEAD_LIMIT),
         case("101 fields of 100 bytes", get(*["X: " + "y" * 95] * 101), HEAD_LIMIT),
         case("exactly 32 KiB", get("X: " + "y" * (32768 - len(get("X: ")))), passes()),
         case("one byte more", get("X: " + "y" * (32769 - len(get("X: ")))), HEAD_LIMIT),
         case("one endless line", lines("GET /x HTTP/1.1") + "X: " + "y" * 40000, HEAD_LIMIT),
         case("an endless name", lines("GET /x HTTP/1.1") + "X" * 40000, HEAD_LIMIT),
         case("endless lines", lines("GET /x HTTP/1.1") + "X: y\r\n" * 7000, HEAD_LIMIT),
         note="the limits are configurable; these are the defaults"),

    rule("RFC 9112 §3", "a target has at most 8 KiB",
         case("exactly 8 KiB", get(target="/" + "x" * 8191), passes()),
         case("one byte more", get(target="/" + "x" * 8192), TARGET_LIMIT),
         case("an endless target", "GET /" + "x" * 12000, TARGET_LIMIT),
         case("an endless query", "GET /?" + "x" * 12000, TARGET_LIMIT),
         case("an endless authority", "GET http://" + "b" * 12000, TARGET_LIMIT),
         note="the limit is configurable; this is the default"),
]
