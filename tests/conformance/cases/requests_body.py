# SPDX-License-Identifier: MIT
"""RFC 9112 §6-7: where a request ends."""

from table import answered, case, chunked, cut, get, passes, passes_as, post, refused, rule
from table import request_line

BAD_LENGTH = refused(400, "invalid_length")
CONFLICT = refused(400, "conflicting_length")
BAD_CODING = refused(400, "invalid_transfer_encoding")
NO_SUCH_CODING = refused(501, "transfer_coding")
BAD_FIELD = refused(400, "malformed_header")
BAD_CHUNK = cut(400, "bad_chunk")
HIDDEN = get(target="/hidden")
CHUNKS = "5\r\nabcde\r\n0\r\n\r\n"
FRAMING_AND_ROUTING = ("Content-Length", "Transfer-Encoding", "Host", "Connection", "Authorization",
                       "X-Forwarded-For", "Content-Type", "Cookie", "Content_Length")


def length(value, outcome=BAD_LENGTH, note=""):
    return case(repr(value), post("Content-Length: " + value, body="abcde"), outcome, note)


def coding(value, outcome, note="", body=CHUNKS):
    return case(repr(value), post("Transfer-Encoding: " + value, body=body), outcome, note)


def both(name, *fields, body=CHUNKS, outcome=CONFLICT):
    return case(name, post(*fields, body=body), outcome)


def content(body, *fields, **more):
    """The service receives this content, in the gateway's own chunks."""
    return passes_as("POST /x HTTP/1.1", *fields, "Transfer-Encoding: chunked", body=body, **more)


def chunk(name, body, seen, note=""):
    return case(name, chunked(body), content(seen), note)


def bad_chunk(name, body):
    return case(name, chunked(body), BAD_CHUNK)


TABLE = [
    rule("RFC 9110 §8.6", "Content-Length is digits, once",
         length("5", passes()),
         length("00005", passes(), note="RFC 9110 §8.6 is 1*DIGIT"),
         length("\t 5 \t", passes(), note="blanks around a value do not count (RFC 9110 §5.5)"),
         case("0", post("Content-Length: 0"), passes()),
         case("0 on GET", get("Content-Length: 0"), passes()),
         case("no body, no length", post(), passes()),
         *(length(value) for value in (
             "", "+5", "-5", "-0", "0x5", "5h", "5 5", "5,5", "5, 5", ",5", "5,", "5;", "5;x=y",
             "1e3",
             "5.0", "five", '"5"', "(5)", "5_0", "\xb2", "5\xa0", "\xa05", "5\x85", "\xd9\xa5",
             "9223372036854775808", "18446744073709551616",
             "18446744073709551621", "99999999999999999999", "0" * 30 + "5")),
         *(case(repr(value), post("Content-Length: " + value, body="abcde"), BAD_FIELD)
           for value in ("5\0", "\x0b5", "5\x0c", "5\r", "\x015"))),

    rule("RFC 9112 §6.3", "two lengths are one too many, equal or not",
         both("equal", "Content-Length: 5", "Content-Length: 5", body="abcde"),
         both("different", "Content-Length: 5", "Content-Length: 6", body="abcdef"),
         both("apart, in another case", "Content-Length: 5", "X: y", "content-LENGTH: 0"),
         both("two times 0", "Content-Length: 0", "Content-Length: 0", body=""),
         both("the second empty", "Content-Length: 5", "Content-Length:", body="abcde"),
         *(case(f"on {method}", get("Content-Length: 5", "Content-Length: 6", method=method),
                CONFLICT)
           for method in ("GET", "HEAD", "DELETE", "TRACE", "OPTIONS", "FOO"))),

    rule("RFC 9112 §6.1", "a length and a coding are one too many",
         both("length first", "Content-Length: 5", "Transfer-Encoding: chunked"),
         both("coding first", "Transfer-Encoding: chunked", "Content-Length: 5"),
         both("length 0", "Content-Length: 0", "Transfer-Encoding: chunked"),
         both("another coding", "Content-Length: 5", "Transfer-Encoding: gzip", body="abcde"),
         both("a bad length", "Content-Length: x", "Transfer-Encoding: chunked"),
         both("an empty coding", "Content-Length: 5", "Transfer-Encoding:", body="abcde"),
         case("on GET", get("Content-Length: 5", "Transfer-Encoding: chunked", body=CHUNKS),
              CONFLICT)),

    rule("RFC 9112 §6.1", "the only transfer coding is chunked, once, and in HTTP/1.1",
         coding("chunked", content("abcde")),
         coding("CHUNKED", content("abcde")),
         coding("cHuNkEd", content("abcde")),
         coding("\t chunked \t", content("abcde"),
                note="blanks around a value do not count (RFC 9110 §5.5)"),
         case("no blank before it", post("Transfer-Encoding:chunked", body=CHUNKS),
              content("abcde")),
         case("the name in another case", post("tRANSFER-eNCODING: chunked", body=CHUNKS),
              content("abcde")),
         coding("chunked, chunked", BAD_CODING),
         case("in HTTP/1.0", post("Transfer-Encoding: chunked", version="HTTP/1.0", body=CHUNKS),
              BAD_CODING),
         case("gzip in HTTP/1.0", post("Transfer-Encoding: gzip", version="HTTP/1.0"), BAD_CODING),
         *(coding(value, NO_SUCH_CODING) for value in (
             "", "gzip", "identity", "deflate", "gzip, chunked", "chunked, gzip",
             "identity, chunked", "chunked, identity", "x, chunked", "chunked, x", ",chunked",
             "chunked,", "x", "xchunked",
             "chunkedx", "chunked;x=1", "chunked;", "chun ked", "chunk", '"chunked"', "'chunked'",
             "chunked\xa0", "\xa0chunked", "chunked\x85", "chunked chunked", "chunked\tx",
             "chunked ,x", "chunked=1", "trailers")),
         *(case(repr(value), post("Transfer-Encoding: " + value, body=CHUNKS), BAD_FIELD)
           for value in ("chunked\x0b", "\x0bchunked", "chunked\x0c", "\x0cchunked", "chunked\0",
                         "\0chunked", "chun\0ked", "chunked\r", "\rchunked", "x\r, chunked",
                         "chunked\x1f")),
         *(both(name, *fields)
           for name, fields in (
               ("two lines", ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")),
               ("and identity", ("Transfer-Encoding: chunked", "Transfer-Encoding: identity")),
               ("and nothing", ("Transfer-Encoding: chunked", "Transfer-Encoding:")),
               ("behind another", ("Transfer-Encoding: gzip", "Transfer-Encoding: chunked")),
               ("in another case", ("Transfer-Encoding: x", "transfer-encoding: chunked"))))),

    rule("RFC 9110 §9", "a body is framed alike whatever the method",
         *(case(f"{method} with a length",
                get(f"Content-Length: {len(HIDDEN)}", method=method, body=HIDDEN), passes(),
                note="its framing is not in doubt, its use is the service's affair")
           for method in ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "FOO")),
         *(case(f"{method} in chunks",
                get("Transfer-Encoding: chunked", method=method,
                    body=f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
                passes_as(f"{method} /x HTTP/1.1", "Transfer-Encoding: chunked", body=HIDDEN),
                note="its framing is not in doubt, its use is the service's affair")
           for method in ("GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "FOO")),
         case("a body the gateway itself does not want",
              request_line("POST /health HTTP/1.1", f"Content-Length: {len(HIDDEN)}") + HIDDEN,
              answered(405, "method", then="either")),
         case("a body on a request the gateway answers",
              request_line("GET /health HTTP/1.1", f"Content-Length: {len(HIDDEN)}") + HIDDEN,
              answered(200, then="either")),
         case("a body in HTTP/1.0", post("Content-Length: 5", version="HTTP/1.0", body="abcde"),
              passes_as("POST /x HTTP/1.1", "Content-Length: 5", body="abcde", then="closed")),
         case("a length above the limit", post("Content-Length: 10485761"),
              answered(413, "body_limit", then="closed"))),

    rule("RFC 9112 §7.1", "chunks: a size in hexadecimal, CRLF, that many bytes, CRLF",
         chunk("one", "5\r\nabcde\r\n0\r\n\r\n", "abcde"),
         chunk("several", "1\r\na\r\n1\r\nb\r\n3\r\ncde\r\n0\r\n\r\n", "abcde"),
         chunk("none", "0\r\n\r\n", ""),
         chunk("letters of both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
               "01234567890123456789"),
         chunk("zeros before the size", "0005\r\nabcde\r\n000\r\n\r\n", "abcde"),
         chunk("CRLF in the data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
         chunk("a request in the data", f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN),
         *(bad_chunk(name, body) for name, body in (
             ("no size", "\r\nabcde\r\n0\r\n\r\n"), ("no digit", "x\r\nabcde\r\n0\r\n\r\n"),
             ("0x", "0x5\r\nabcde\r\n0\r\n\r\n"), ("a plus", "+5\r\nabcde\r\n0\r\n\r\n"),
             ("a minus", "-5\r\nabcde\r\n0\r\n\r\n"), ("minus zero", "-0\r\n\r\n"),
             ("a space before", " 5\r\nabcde\r\n0\r\n\r\n"),
             ("a tab before", "\t5\r\nabcde\r\n0\r\n\r\n"),
             ("a space behind", "5 \r\nabcde\r\n0\r\n\r\n"),
             ("a tab behind", "5\t\r\nabcde\r\n0\r\n\r\n"),
             ("a space in the size of the last", "0 \r\n\r\n"),
             ("a space inside", "0 5\r\nabcde\r\n0\r\n\r\n"),
             ("words behind", "5 junk\r\nabcde\r\n0\r\n\r\n"),
             ("an underscore", "0_5\r\nabcde\r\n0\r\n\r\n"),
             ("a comma", "5,5\r\nabcde\r\n0\r\n\r\n"), ("a dot", "5.0\r\nabcde\r\n0\r\n\r\n"),
             ("a NUL behind", "5\0\r\nabcde\r\n0\r\n\r\n"),
             ("a vertical tab behind", "5\x0b\r\nabcde\r\n0\r\n\r\n"),
             ("a byte above ASCII", "\xb5\r\nabcde\r\n0\r\n\r\n"),
             ("LF behind the size", "5\nabcde\r\n0\r\n\r\n"),
             ("CR behind the size", "5\rabcde\r\n0\r\n\r\n"),
             ("CR CR LF behind the size", "5\r\r\nabcde\r\n0\r\n\r\n"),
             ("LF behind the data", "5\r\nabcde\n0\r\n\r\n"),
             ("CR behind the data", "5\r\nabcde\r0\r\n\r\n"),
             ("nothing behind the data", "5\r\nabcde0\r\n\r\n"),
             ("data longer than said", "3\r\nabcde\r\n0\r\n\r\n"),
             ("data shorter than said", "7\r\nabcde\r\n0\r\n\r\n"),
             ("an empty line between", "5\r\nabcde\r\n\r\n0\r\n\r\n"),
             ("LF behind the last size", "0\n\r\n"), ("LF at the end", "0\r\n\n"),
             ("CR at the end", "0\r\n\r0"),
             ("2^64", "10000000000000000\r\nabcde\r\n0\r\n\r\n"),
             ("2^64 + 5", "10000000000000005\r\nabcde\r\n0\r\n\r\n"),
             ("2^64 - 1", "ffffffffffffffff\r\nabcde\r\n0\r\n\r\n"),
             ("2^60", "1000000000000000\r\nabcde\r\n0\r\n\r\n"),
             ("endless zeros", "0" * 100 + "5\r\nabcde\r\n0\r\n\r\n"),
             ("endless digits", "f" * 10000)))),

    rule("RFC 9112 §7.1.1", "chunk extensions are checked and dropped",
         *(chunk(ext, f"5{ext}\r\nabcde\r\n0\r\n\r\n", "abcde") for ext in (
             ";x", ";x=y", " ;x", "\t;\tx", "; x = y", ';x="y"', ';x="y;z"', ';x="a\\"b"',
             ';x="\xe9"', ";x;y=z;w", ';x=""', ";x=y ; z")),
         chunk("on the last chunk", "5\r\nabcde\r\n0;x=y\r\n\r\n", "abcde"),
         chunk("4 KiB", "5;" + "x" * 4000 + "\r\nabcde\r\n0\r\n\r\n", "abcde"),
         *(bad_chunk(repr(ext), f"5{ext}\r\nabcde\r\n0\r\n\r\n") for ext in (
             ";", ";;", ";x;", ";=y", ";x=", ";x==y", ";x y", ";x=y z", ";x=(y)", ";(x)", ';"x"',
             ';x="y', ';x="y"z', ';x="\\', ";x\0", ";x=\0", ';x="\0"', ";x\x01", ";x\x7f", ";x\xe9",
             ";x=y\x0b", ";x\r", ";x\ry", ' ; x = "y" z')),
         bad_chunk("LF in an extension", "5;x\nabcde\r\n0\r\n\r\n"),
         bad_chunk("LF in a quoted extension", '5;x="\n"\r\nabcde\r\n0\r\n\r\n'),
         bad_chunk("CRLF in a quoted extension", '5;x="\r\n"\r\nabcde\r\n0\r\n\r\n'),
         bad_chunk("an escaped LF", '5;x="\\\n"\r\nabcde\r\n0\r\n\r\n'),
         bad_chunk("20 KiB", "5;" + "x" * 20480 + "\r\nabcde\r\n0\r\n\r\n"),
         bad_chunk("many on small chunks", "1;xxxxxxxxxx\r\na\r\n" * 2000 + "0\r\n\r\n")),

    rule("RFC 9112 §7.1.2", "trailers are checked, and pass if Trailer announces them",
         case("announced", chunked("5\r\nabcde\r\n0\r\nX: y\r\nZ:\r\n\r\n", "Trailer: X"),
              content("abcde", "Trailer: X", trailers=("X: y", "Z: "))),
         *(case(f"{name} has no meaning there, announced or not",
                chunked(f"5\r\nabcde\r\n0\r\n{name}: 3\r\nX: y\r\n\r\n", f"Trailer: {name}"),
                content("abcde", f"Trailer: {name}", trailers=("X: y",)),
                note="RFC 9110 §6.5.1: it is left out, whatever it says")
           for name in FRAMING_AND_ROUTING),
         chunk("one", "5\r\nabcde\r\n0\r\nX: y\r\n\r\n", "abcde"),
         chunk("several", "5\r\nabcde\r\n0\r\nX: y\r\nX:\r\nZ: \xe9\t!\r\n\r\n", "abcde"),
         *(chunk(f"{name} has no meaning there", f"5\r\nabcde\r\n0\r\n{name}: 3\r\n\r\n", "abcde",
                 note="RFC 9110 §6.5.1: it is left out, whatever it says")
           for name in FRAMING_AND_ROUTING),
         *(bad_chunk(name, f"5\r\nabcde\r\n0\r\n{text}\r\n\r\n") for name, text in (
             ("no colon", "X y"), ("an empty name", ": y"), ("a space before the colon", "X : y"),
             ("a space first", " X: y"), ("a tab first", "\tX: y"), ("a fold", "X: y\r\n z"),
             ("a bad name", "X(: y"), ("a NUL in the name", "X\0: y"), ("a NUL", "X: \0"),
             ("a control character", "X: \x01"), ("DEL", "X: \x7f"), ("a CR", "X: \ry"),
             ("CR CR LF", "X: y\r"), ("a byte above ASCII in the name", "X\xe9: y"))),
         bad_chunk("LF behind a trailer", "0\r\nX: y\n\r\n"),
         bad_chunk("LF for the empty line", "0\r\nX: y\r\n\n"),
         bad_chunk("20 KiB in one", "0\r\nX: " + "y" * 20480 + "\r\n\r\n"),
         bad_chunk("20 KiB in many", "0\r\n" + "X: y\r\n" * 3500 + "\r\n")),
]
