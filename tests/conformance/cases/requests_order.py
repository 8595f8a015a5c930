# SPDX-License-Identifier: MIT
"""RFC 9112 §9 and §11, RFC 9110 §10.1.1: what comes behind what."""

from table import answered, case, chunked, get, passes, passes_as, post, refused, rule
from table import request_line, several

BAD_FIELD = refused(400, "malformed_header")
BAD_LINE = refused(400, "malformed_request_line")
CONFLICT = refused(400, "conflicting_length")
NO_SUCH_CODING = refused(501, "transfer_coding")
SEEN = passes_as("GET /x HTTP/1.1")
HIDDEN = get(target="/hidden")


def hop(name, *fields, then, version="HTTP/1.1"):
    return case(name, get(*fields, version=version), passes_as("GET /x HTTP/1.1", then=then))


TABLE = [
    rule("RFC 9112 §9.3", "a connection persists unless one side says otherwise",
         hop("HTTP/1.1", then="kept"),
         hop("close", "Connection: close", then="closed"),
         hop("Close in another case", "Connection: ClOsE", then="closed"),
         hop("close in a list", "Connection: x , close,y", then="closed"),
         hop("close in a second field", "Connection: x", "Connection: close", then="closed"),
         hop("close and keep-alive", "Connection: keep-alive, close", then="closed"),
         hop("closed is no close", "Connection: closed", then="kept"),
         hop("HTTP/1.0", version="HTTP/1.0", then="closed"),
         hop("HTTP/1.0 keep-alive", "Connection: keep-alive", version="HTTP/1.0", then="kept"),
         hop("HTTP/1.0 keep-alive in a list", "Connection: x, Keep-Alive", version="HTTP/1.0",
             then="kept"),
         hop("HTTP/1.0 keep-alive-foo", "Connection: keep-alive-foo", version="HTTP/1.0",
             then="closed"),
         hop("HTTP/1.0 keep-alive, close", "Connection: keep-alive, close", version="HTTP/1.0",
             then="closed"),
         hop("Proxy-Connection means nothing", "Proxy-Connection: close", then="kept")),

    rule("RFC 9112 §9.3.2", "pipelined requests are answered in order",
         case("three", get(target="/1") + get(target="/2") + get(target="/3"),
              several(*(passes_as(f"GET /{n} HTTP/1.1") for n in (1, 2, 3)))),
         case("behind a body", post("Content-Length: 3", body="abc") + get(),
              several(passes_as("POST /x HTTP/1.1", "Content-Length: 3", body="abc"), SEEN)),
         case("behind chunks", chunked("3\r\nabc\r\n0\r\n\r\n") + get(),
              several(passes_as("POST /x HTTP/1.1", "Transfer-Encoding: chunked", body="abc"),
                      SEEN)),
         case("behind trailers", chunked("0\r\nX: y\r\n\r\n") + get(),
              several(passes_as("POST /x HTTP/1.1", "Transfer-Encoding: chunked"), SEEN)),
         case("behind the gateway's own answer", request_line("GET /health HTTP/1.1") + get(),
              several(answered(200), SEEN)),
         case("a bad one behind a good one", get() + request_line("GET  /x HTTP/1.1"),
              several(SEEN, BAD_LINE)),
         case("nothing behind close", get("Connection: close") + get(target="/hidden"),
              passes_as("GET /x HTTP/1.1", then="closed")),
         case("nothing behind HTTP/1.0", get(version="HTTP/1.0") + get(target="/hidden"),
              passes_as("GET /x HTTP/1.1", then="closed"))),

    rule("RFC 9110 §10.1.1", "100-continue is answered by the gateway, nothing else is expected",
         case("with a body that comes unasked",
              post("Expect: 100-continue", "Content-Length: 5", body="abcde"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 5", body="abcde", interim=None)),
         case("with a body that waits", post("Expect: 100-continue", "Content-Length: 5"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 5", body="abcde", interim=(100,)),
              later="abcde"),
         case("in chunks that wait", chunked("", "Expect: 100-continue"),
              passes_as("POST /x HTTP/1.1", "Transfer-Encoding: chunked", body="b", interim=(100,)),
              later="1\r\nb\r\n0\r\n\r\n"),
         case("in another case", post("Expect: 100-Continue", "Content-Length: 5", body="abcde"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 5", body="abcde", interim=None)),
         case("twice", post("Expect: 100-continue", "Expect: 100-continue", "Content-Length: 1",
                            body="b"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 1", body="b", interim=None),
              note="both ask for the same"),
         case("without a body", get("Expect: 100-continue"), SEEN),
         case("from HTTP/1.0", post("Expect: 100-continue", "Content-Length: 1", version="HTTP/1.0",
                                    body="b"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 1", body="b", then="closed")),
         *(case(repr(value), post(f"Expect: {value}", "Content-Length: 5", body="abcde"),
                refused(417, "expectation"))
           for value in ("", "x", "200-ok", "100", "100-continue, x", "x, 100-continue",
                         "100-continue;x=y", "100-continued", "y 100-continue"))),

    rule("RFC 9112 §11.2", "a length hidden from one reader is hidden from nobody",
         *(case(name, post(text, body="abcde"), BAD_FIELD)
           for name, text in (
               ("a space before the colon", "Content-Length : 5"),
               ("a tab before the colon", "Content-Length\t: 5"),
               ("a NUL before the colon", "Content-Length\0: 5"),
               ("a CR before the colon", "Content-Length\r: 5"),
               ("a vertical tab before the colon", "Content-Length\x0b: 5"),
               ("a no-break space before the colon", "Content-Length\xa0: 5"),
               ("a space for the hyphen", "Content Length: 5"),
               ("a comma behind the name", "Content-Length,: 5"),
               ("a quoted name", '"Content-Length": 5'),
               ("a space before the name", " Content-Length: 5"),
               ("a CR before the name", "\rContent-Length: 5"),
               ("a NUL before the name", "\0Content-Length: 5"),
               ("a LF inside another field", "X: y\nContent-Length: 5"),
               ("a CR inside another field", "X: y\rContent-Length: 5"),
               ("a LF CR inside another field", "X: y\n\rContent-Length: 5"))),
         *(case(name, post("Content-Length: 5", text, body="abcde"), BAD_FIELD)
           for name, text in (
               ("a coding with a space before the colon", "Transfer-Encoding : chunked"),
               ("a coding with a tab before the colon", "Transfer-Encoding\t: chunked"),
               ("a coding with a NUL before the colon", "Transfer-Encoding\0: chunked"),
               ("a coding with a vertical tab", "Transfer-Encoding\x0b: chunked"),
               ("a coding inside another field", "X: y\nTransfer-Encoding: chunked"),
               ("a coding behind a CR", "X: y\rTransfer-Encoding: chunked"),
               ("a coding behind a blank", "X: y\r\n Transfer-Encoding: chunked"),
               ("a coding in parentheses", "(Transfer-Encoding): chunked"),
               ("a coding without a colon", "Transfer-Encoding chunked"))),
         *(case(name, post("Content-Length: 5", text, body="abcde"),
                passes_as("POST /x HTTP/1.1", "Content-Length: 5", text, body="abcde"))
           for name, text in (
               ("a field that only ends like it", "X-Content-Length: 9"),
               ("a field that only begins like it", "Content-Lengths: 9"),
               ("a field without the hyphen", "ContentLength: 9"),
               ("a coding that only ends like it", "X-Transfer-Encoding: chunked"),
               ("a coding in the value", "X: Transfer-Encoding: chunked")))),

    rule("RFC 9112 §11.2", "the classics of request smuggling",
         case("CL.TE", post("Content-Length: 6", "Transfer-Encoding: chunked",
                            body="0\r\n\r\nG"), CONFLICT),
         case("TE.CL", post("Transfer-Encoding: chunked", "Content-Length: 4",
                            body="5c\r\nGET /hidden HTTP/1.1\r\n\r\n0\r\n\r\n"), CONFLICT),
         case("TE.TE", post("Transfer-Encoding: chunked", "Transfer-encoding: cow",
                            body="0\r\n\r\n"), CONFLICT),
         case("TE.TE in one line", post("Transfer-Encoding: chunked, cow", body="0\r\n\r\n"),
              NO_SUCH_CODING),
         case("CL.CL", post("Content-Length: 0", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
              CONFLICT),
         case("CL.0 on a path the gateway answers",
              request_line("POST /api/gateway/status HTTP/1.1", f"Content-Length: {len(HIDDEN)}")
              + HIDDEN, answered(405, "method", then="either")),
         case("CL.0 on a path nobody has",
              request_line("POST /api/gateway/none HTTP/1.1", f"Content-Length: {len(HIDDEN)}")
              + HIDDEN, answered(404, "no_route", then="either")),
         case("0.CL", get(f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
              passes(), note="its framing is not in doubt, its use is the service's affair"),
         case("TE.0", get("Transfer-Encoding: chunked", method="OPTIONS",
                          body=f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
              passes_as("OPTIONS /x HTTP/1.1", "Transfer-Encoding: chunked", body=HIDDEN),
              note="its framing is not in doubt, its use is the service's affair"),
         case("a request behind 413", post("Content-Length: 99999999", body=HIDDEN),
              answered(413, "body_limit", then="closed")),
         case("a request line in a field", get("X: y\r\n\r\nGET /2 HTTP/1.1\r\nHost: a"),
              several(passes_as("GET /x HTTP/1.1", "X: y"), passes_as("GET /2 HTTP/1.1"))),
         case("h2c", get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
                         "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), SEEN),
         case("h2c behind websocket", get("Connection: Upgrade", "Upgrade: websocket, h2c"), SEEN,
              note="Upgrade may be ignored (RFC 9110 §7.8), and is not passed on"),
         case("an upgrade with a body", post("Connection: Upgrade", "Upgrade: websocket",
                                             "Content-Length: 1", body="b"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 1", body="b"))),
]
