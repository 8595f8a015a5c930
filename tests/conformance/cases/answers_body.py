# SPDX-License-Identifier: MIT
"""RFC 9112 §6-7: where an answer ends."""

from table import answer, bad_gateway, broken, chunked_ok, delivered, delivered_as, get, ok, rule
from table import truncated

CONFLICT = bad_gateway("conflicting_length")
BAD_LENGTH = bad_gateway("invalid_length")
BAD_FIELD = bad_gateway("malformed_header")
NO_SUCH_CODING = bad_gateway("transfer_coding")
BAD_CODING = bad_gateway("invalid_transfer_encoding")
BAD_CHUNK = bad_gateway("bad_chunk")
BROKEN = broken("bad_chunk")
CHUNKED = "Transfer-Encoding: chunked"
TAKES_TRAILERS = get("Connection: TE", "TE: trailers")
OK_CHUNKS = "2\r\nok\r\n0\r\n\r\n"
POISON = ok("Content-Length: 6", body="POISON")


def length(value, outcome=BAD_LENGTH):
    return answer(repr(value), ok("Content-Length: " + value, body="ok"), outcome)


def coding(value, outcome=NO_SUCH_CODING):
    return answer(repr(value), ok("Transfer-Encoding: " + value, body=OK_CHUNKS), outcome)


def content(body, then="reused"):
    """The client receives this content in the gateway's own chunks."""
    return delivered_as("HTTP/1.1 200 OK", CHUNKED, body=body, then=then)


def chunks(name, body, seen, then="reused"):
    return answer(name, chunked_ok(body), content(seen, then))


def bad_chunk(name, body):
    return answer(name, chunked_ok(body), BAD_CHUNK)


TABLE = [
    rule("RFC 9110 §8.6", "Content-Length is digits, once",
         length("2", delivered()),
         length("002", delivered()),
         answer("0", ok("Content-Length: 0"), delivered()),
         *(length(value) for value in ("", "+2", "-2", "0x2", "2 2", "2,2", "2, 2", "2;", "1e0",
                                       "2.0",
                                       "two", "\xb2", "9223372036854775808",
                                       "18446744073709551618")),
         *(answer(repr(value), ok("Content-Length: " + value, body="ok"), BAD_FIELD)
           for value in ("2\0", "\x0b2", "2\r")),
         answer("two equal", ok("Content-Length: 2", "Content-Length: 2", body="ok"), CONFLICT),
         answer("two different", ok("Content-Length: 2", "Content-Length: 3", body="oko"),
                CONFLICT),
         answer("the second is 0", ok("Content-Length: 2", "content-length: 0", body="ok"),
                CONFLICT)),

    rule("RFC 9112 §6.3", "the only transfer coding is chunked, once, alone, and in HTTP/1.1",
         coding("chunked", content("ok")),
         coding("Chunked", content("ok")),
         coding("chunked, chunked", BAD_CODING),
         *(coding(value) for value in ("", "gzip", "identity", "gzip, chunked", "chunked, gzip",
                                       "xchunked", "chunked;x=1", "chunked,", '"chunked"',
                                       "chun ked",
                                       "chunked\xa0")),
         *(answer(repr(value), ok("Transfer-Encoding: " + value, body=OK_CHUNKS), BAD_FIELD)
           for value in ("chunked\x0b", "chunked\0", "\rchunked")),
         answer("with a length", ok(CHUNKED, "Content-Length: 2", body=OK_CHUNKS), CONFLICT),
         answer("behind a length", ok("Content-Length: 12", CHUNKED, body=OK_CHUNKS), CONFLICT),
         answer("two lines", ok(CHUNKED, CHUNKED, body=OK_CHUNKS), CONFLICT),
         answer("in HTTP/1.0", ok(CHUNKED, body=OK_CHUNKS, version="HTTP/1.0"), BAD_CODING)),

    rule("RFC 9112 §6.3", "without either the content ends with the connection",
         answer("HTTP/1.1", ok(body="ok"), content("ok", "dropped"), ends=True),
         answer("HTTP/1.0", ok(body="ok", version="HTTP/1.0"), content("ok", "dropped"), ends=True),
         answer("keep-alive changes nothing", ok("Connection: keep-alive", body="ok"),
                content("ok", "dropped"), ends=True),
         answer("no content", ok(), content("", "dropped"), ends=True),
         answer("what looks like an answer is content", ok(body="ok" + POISON),
                content("ok" + POISON, "dropped"), ends=True)),

    rule("RFC 9112 §6.3", "HEAD, 204 and 304 have no content, whatever their fields say",
         answer("HEAD with a length", ok("Content-Length: 5"), delivered(), method="HEAD"),
         answer("HEAD in chunks", ok(CHUNKED), delivered_as("HTTP/1.1 200 OK"), method="HEAD"),
         answer("HEAD with neither", ok(), delivered(), method="HEAD"),
         answer("HEAD with content", ok("Content-Length: 2", body="ok"),
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", then="dropped"),
                method="HEAD"),
         answer("HEAD with a poisonous one", ok("Content-Length: 9", body=POISON),
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 9", then="dropped"),
                method="HEAD"),
         answer("HEAD with two lengths", ok("Content-Length: 5", "Content-Length: 6"), CONFLICT,
                method="HEAD"),
         answer("204", ok(status="204 None"), delivered()),
         answer("204 with a length of 0", ok("Content-Length: 0", status="204 None"),
                delivered_as("HTTP/1.1 204 None")),
         answer("204 with a length", ok("Content-Length: 2", status="204 None"),
                delivered_as("HTTP/1.1 204 None", then="dropped")),
         answer("204 with content", ok("Content-Length: 2", status="204 None", body="ok"),
                delivered_as("HTTP/1.1 204 None", then="dropped")),
         answer("204 in chunks", ok(CHUNKED, status="204 None", body=OK_CHUNKS),
                delivered_as("HTTP/1.1 204 None", then="dropped")),
         answer("304 with the length of what is not sent",
                ok("Content-Length: 5", status="304 Same"), delivered()),
         answer("304 in chunks", ok(CHUNKED, status="304 Same"), delivered_as("HTTP/1.1 304 Same")),
         answer("304 with content", ok("Content-Length: 2", status="304 Same", body="ok"),
                delivered_as("HTTP/1.1 304 Same", "Content-Length: 2", then="dropped")),
         answer("205 is framed like any other", ok("Content-Length: 0", status="205 Reset"),
                delivered())),

    rule("RFC 9112 §7.1", "chunks are as strict as a client's",
         chunks("one", OK_CHUNKS, "ok"),
         chunks("several, with zeros and letters", "001\r\no\r\nA\r\n0123456789\r\n000\r\n\r\n",
                "o0123456789"),
         chunks("none", "0\r\n\r\n", ""),
         chunks("an extension", '2;x="y"\r\nok\r\n0;z\r\n\r\n', "ok"),
         chunks("trailers", "2\r\nok\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n", "ok"),
         *(bad_chunk(name, body) for name, body in (
             ("0x", "0x2\r\nok\r\n0\r\n\r\n"), ("a plus", "+2\r\nok\r\n0\r\n\r\n"),
             ("a space before", " 2\r\nok\r\n0\r\n\r\n"),
             ("a space behind", "2 \r\nok\r\n0\r\n\r\n"),
             ("words behind", "2 x\r\nok\r\n0\r\n\r\n"), ("no size", "\r\nok\r\n0\r\n\r\n"),
             ("no digit", "ok\r\n0\r\n\r\n"), ("LF", "2\nok\r\n0\r\n\r\n"),
             ("2^64", "10000000000000000\r\nok\r\n0\r\n\r\n"),
             ("2^64 + 2", "10000000000000002\r\nok\r\n0\r\n\r\n"),
             ("a bad extension", "2;=y\r\nok\r\n0\r\n\r\n"),
             ("a NUL in an extension", "2;x\0\r\nok\r\n0\r\n\r\n"),
             ("LF behind the data", "2\r\nok\n0\r\n\r\n"),
             ("too much data", "1\r\nok\r\n0\r\n\r\n"),
             ("a bad trailer", "2\r\nok\r\n0\r\nX y\r\n\r\n"),
             ("a folded trailer", "2\r\nok\r\n0\r\nX: y\r\n z\r\n\r\n"),
             ("a bad trailer name", "2\r\nok\r\n0\r\nX(: y\r\n\r\n"))),
         answer("endless trailers", chunked_ok("2\r\nok\r\n0\r\n" + "X: y\r\n" * 3500 + "\r\n"),
                BROKEN),
         answer("an endless extension", chunked_ok("2;" + "x" * 20480 + "\r\nok\r\n0\r\n\r\n"),
                BROKEN)),

    rule("RFC 9110 §6.5", "trailers reach a client that takes them, if they may stand there",
         answer("asked for", chunked_ok("2\r\nok\r\n0\r\nX: y\r\n\r\n", "Trailer: X"),
                delivered_as("HTTP/1.1 200 OK", "Trailer: X", CHUNKED, body="ok",
                             trailers=("X: y",)), asks=TAKES_TRAILERS),
         answer("not asked for", chunked_ok("2\r\nok\r\n0\r\nX: y\r\n\r\n", "Trailer: X"),
                content("ok")),
         answer("from HTTP/1.0", chunked_ok("2\r\nok\r\n0\r\nX: y\r\n\r\n", "Trailer: X"),
                delivered_as("HTTP/1.1 200 OK", "Connection: close", body="ok"),
                asks=get("TE: trailers", version="HTTP/1.0")),
         *(answer(f"{name} has no meaning there",
                  chunked_ok(f"2\r\nok\r\n0\r\n{name}: 3\r\n\r\n"), content("ok"),
                  asks=TAKES_TRAILERS)
           for name in ("Content-Length", "Transfer-Encoding", "Connection", "Set-Cookie",
                        "Content-Type", "X-Request-ID"))),

    rule("RFC 9112 §8", "an answer that breaks off does not look whole",
         answer("short of its length", ok("Content-Length: 5", body="ok"),
                truncated("HTTP/1.1 200 OK", "Content-Length: 5", body="ok"), ends=True),
         answer("no last chunk", chunked_ok("2\r\nok\r\n"),
                truncated("HTTP/1.1 200 OK", CHUNKED, body="ok"), ends=True),
         answer("within a chunk", chunked_ok("5\r\nok"),
                truncated("HTTP/1.1 200 OK", CHUNKED, body="ok"), ends=True),
         answer("within a chunk's size", chunked_ok("2\r\nok\r\n5"),
                truncated("HTTP/1.1 200 OK", CHUNKED, body="ok"), ends=True),
         answer("within the trailers", chunked_ok("2\r\nok\r\n0\r\nX: y\r\n"),
                truncated("HTTP/1.1 200 OK", CHUNKED, body="ok"), ends=True),
         answer("a chunk of 900 PB", chunked_ok("c80000000000000\r\nok"),
                truncated("HTTP/1.1 200 OK", CHUNKED, body="ok"), ends=True),
         answer("a length of 900 PB", ok("Content-Length: 900000000000000000", body="ok"),
                truncated("HTTP/1.1 200 OK", "Content-Length: 900000000000000000", body="ok"),
                ends=True),
         answer("a bad chunk behind good ones", chunked_ok("2\r\nok\r\n"),
                truncated("HTTP/1.1 200 OK", CHUNKED, body="ok"), later="x\r\n")),

    rule("RFC 9112 §9.2", "what comes behind an answer is no answer, and ends the connection",
         answer("behind a length", ok("Content-Length: 2", body="ok") + POISON,
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", body="ok", then="dropped")),
         answer("behind a length of 0", ok("Content-Length: 0") + POISON,
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 0", then="dropped")),
         answer("behind chunks", chunked_ok(OK_CHUNKS) + POISON, content("ok", "dropped")),
         answer("an empty line", ok("Content-Length: 2", body="ok") + "\r\n",
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", body="ok", then="dropped")),
         answer("a byte", ok("Content-Length: 2", body="ok!"),
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", body="ok", then="dropped")),
         answer("behind 304", ok(status="304 Same") + POISON,
                delivered_as("HTTP/1.1 304 Same", then="dropped")),
         answer("later", ok("Content-Length: 2", body="ok"), delivered(then="dropped"),
                later=POISON),
         answer("an empty line later", ok("Content-Length: 2", body="ok"),
                delivered(then="dropped"), later="\r\n")),
]
