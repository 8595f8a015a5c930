# SPDX-License-Identifier: MIT
"""RFC 9110 §15.2, §7.8: interim answers, and upgrades nobody asked for."""

from table import answer, bad_gateway, delivered_as, get, lines, ok, rule

FINAL = ok("Content-Length: 2", body="ok")
UNASKED = bad_gateway("101 without an upgrade request")


def interim(status, *fields):
    return lines(f"HTTP/1.1 {status} Soon", *fields, "")


def then_final(*relayed, then="reused"):
    return delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", body="ok", interim=relayed,
                        then=then)


TABLE = [
    rule("RFC 9110 §15.2", "interim answers pass as they come",
         answer("103", interim(103, "Link: </a>") + FINAL, then_final(103)),
         answer("102, twice", interim(102) * 2 + FINAL, then_final(102, 102)),
         answer("an unknown one", interim(199) + FINAL, then_final(199)),
         answer("100 unasked", interim(100) + FINAL, then_final(100)),
         answer("100 and 103", interim(100) + interim(103) + FINAL, then_final(100, 103)),
         answer("103 to HTTP/1.0", interim(103) + FINAL,
                delivered_as("HTTP/1.1 200 OK", "Content-Length: 2", "Connection: close",
                             body="ok"),
                asks=get(version="HTTP/1.0")),
         answer("with a length, which it cannot have", interim(103, "Content-Length: 5") + FINAL,
                then_final(103)),
         answer("with a coding, which it cannot have",
                interim(103, "Transfer-Encoding: chunked") + FINAL, then_final(103)),
         answer("64 of them", interim(103) * 64 + FINAL, then_final(*[103] * 64)),
         answer("65 of them", interim(103) * 65 + FINAL,
                bad_gateway("too many interim responses")),
         answer("a malformed one", interim(103, "X y") + FINAL, bad_gateway("malformed_header")),
         answer("with two lengths", interim(103, "Content-Length: 0", "Content-Length: 0") + FINAL,
                bad_gateway("conflicting_length")),
         answer("none behind it", interim(103), bad_gateway("", cause="upstream_closed"),
                ends=True),
         note="RFC 9110 wants a proxy to pass them on"),

    rule("RFC 9110 §7.8", "101 answers a request to upgrade, and no other",
         answer("unasked", interim(101, "Connection: upgrade", "Upgrade: x"), UNASKED),
         answer("without Upgrade", interim(101), UNASKED),
         answer("behind another interim answer",
                interim(100) + interim(101, "Connection: upgrade", "Upgrade: x"), UNASKED),
         answer("to HEAD", interim(101, "Connection: upgrade", "Upgrade: x"), UNASKED,
                method="HEAD"),
         answer("to h2c, which was not passed on",
                interim(101, "Connection: upgrade", "Upgrade: h2c"), UNASKED,
                asks=get("Connection: upgrade", "Upgrade: h2c"))),
]
