# SPDX-License-Identifier: MIT
"""The notation of the tables in cases/: what is sent, and what has to come of it.

Bytes are written as str, one character a byte ("\\xff" is the byte 255).

A request case says what a client sends. The service answers each request that reaches it with
200 and "ok", and remembers its bytes. Behind the bytes of a case follows one more request,
/smuggled: when the case is refused nobody may ever read it, otherwise it is the next one.
The outcomes of a request:

    passes()            the service receives what was sent, byte for byte, but with the gateway's
                        Host and forwarding fields; the client receives its answer
    passes_as(...)      the same, with this request line, these field lines and this content
    refused(400, why)   the gateway answers with this error and closes; the service sees nothing
    cut(400, why)       the same, within a body: the service sees no whole request
    answered(404, why)  the gateway answers by itself and goes on with the next request
    silence()           nothing comes of it, the connection ends with the client's
    several(...)        pipelined requests, answered in order

`then` says what becomes of the connection: "kept" or "closed" (Connection: close, then FIN), or
"either", where it depends on how the bytes arrive.

An answer case says what a service sends when it was asked for something. Outcomes:

    delivered()         the client receives what the service sent, byte for byte, but with the
                        gateway's own framing, Date and X-Request-ID
    delivered_as(...)   the same, with this status line, these field lines and this content
    bad_gateway(why)    the client receives 502
    truncated(...)      the head was delivered, and the client can see that the rest is missing
    broken(why)         one of both: it depends on how the bytes arrive

`then` is "reused" or "dropped": the service's connection serves the next request, or never any.

A `note` explains where the gateway takes what nginx or HAProxy refuse.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Outcome:
    kind: str
    status: int = 0
    cause: str = ""
    start: str = None       # the start line on the other side, None: as sent
    fields: tuple = None    # the field lines on the other side, None: as sent
    body: str = None        # the content on the other side, None: as sent
    host: str = "a"         # what the service is told in X-Forwarded-Host, None: nothing
    interim: tuple = ()     # status codes of the 1xx answers before the final one; None: may be any
    trailers: tuple = ()    # field lines behind the content
    then: str = ""
    parts: tuple = ()


def passes(**more):
    return Outcome("passes", **{"then": "kept", **more})


def passes_as(start, *fields, body="", **more):
    return passes(start=start, fields=fields, body=body, **more)


def refused(status, cause):
    return Outcome("refused", status, cause, then="closed")


def cut(status, cause):
    return Outcome("cut", status, cause, then="closed")


def answered(status, cause="", then="kept"):
    return Outcome("answered", status, cause, then=then)


def silence():
    return Outcome("silence", then="closed")


def several(*parts):
    return Outcome("several", parts=parts, then=parts[-1].then)


def delivered(then="reused", **more):
    return Outcome("delivered", then=then, **more)


def delivered_as(start, *fields, body="", then="reused", **more):
    return delivered(then, start=start, fields=fields, body=body, **more)


def bad_gateway(why, cause="bad_response"):
    """502; `why` is the log's `detail`."""
    return Outcome("bad_gateway", 502, cause, start=why, then="dropped")


def broken(why):
    return replace(bad_gateway(why), kind="broken")


def truncated(start=None, *fields, body="", **more):
    return Outcome("truncated", start=start, fields=fields, body=body, then="dropped", **more)


@dataclass(frozen=True)
class Case:
    name: str
    sends: str = ""             # what the client sends
    answer: str = None          # what the service sends; None: this is a request case
    outcome: Outcome = None
    note: str = ""
    method: str = "GET"         # of the request an answer case asks with
    asks: str = ""              # that request, when it is not a plain one
    ends: bool = False          # the service closes behind its answer
    later: str = ""             # sent when what came before it has had its effect
    number: int = 0


def case(name, sends, outcome, note="", later=""):
    """A request case; `later` is sent after an interim answer has come."""
    return Case(name, sends=sends, outcome=outcome, note=note, later=later)


def answer(name, sends, outcome, **more):
    """An answer case."""
    return Case(name, answer=sends, outcome=outcome, **more)


@dataclass(frozen=True)
class Rule:
    source: str     # "RFC 9112 §6.3"
    text: str
    cases: tuple


def rule(source, text, *cases, note=""):
    """`note` is that of all cases that have none of their own."""
    return Rule(source, text, tuple(replace(each, note=each.note or note) for each in cases))


# --- requests and answers to begin with ---------------------------------------------------------

def lines(*texts):
    return "".join(text + "\r\n" for text in texts)


def request_line(text, *fields):
    """A request with this request line, and Host."""
    return lines(text, "Host: a", *fields, "")


def get(*fields, target="/x", method="GET", version="HTTP/1.1", body=""):
    return request_line(f"{method} {target} {version}", *fields) + body


def post(*fields, body="", **more):
    return get(*fields, method="POST", body=body, **more)


def chunked(body, *fields, **more):
    """A POST whose body is sent in the chunked coding: `body` is what is on the wire."""
    return post("Transfer-Encoding: chunked", *fields, body=body, **more)


def ok(*fields, body="", status="200 OK", version="HTTP/1.1"):
    """An answer with these field lines."""
    return lines(f"{version} {status}", *fields, "") + body


def chunked_ok(body, *fields):
    return ok("Transfer-Encoding: chunked", *fields, body=body)
