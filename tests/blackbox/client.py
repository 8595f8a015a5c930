# SPDX-License-Identifier: MIT
"""Client: a raw-socket HTTP/1 client that sends what it is told and parses strictly."""

import re
import socket

from wire import DEADLINE, Message, Stream, WireError, declared_framing, make_head, parse_head


class Response(Message):
    """A final answer; `interim` holds the 1xx answers before it."""

    def __init__(self, raw):
        start, headers = parse_head(raw)
        super().__init__(start, headers)
        match = re.fullmatch(r"HTTP/1\.([01]) ([1-5][0-9][0-9]) ([^\r\n]*)", start)
        if not match:
            raise WireError(f"bad status line {start!r}")
        self.raw_head = raw
        self.minor_version = int(match[1])
        self.status = int(match[2])
        self.reason = match[3]
        self.interim = []

    def closes(self):
        """Whether the connection ends after this answer."""
        return "close" in self.tokens("Connection") or self.framing == "close"


class Client(Stream):
    """One connection to the gateway, at a host and port or at a unix socket."""

    def __init__(self, address, receive_buffer=None, source=None):
        is_unix = isinstance(address, str)
        tcp = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        family = socket.AF_UNIX if is_unix else tcp
        sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            sock.bind((source, 0))
        sock.settimeout(DEADLINE)
        sock.connect(address)
        if not is_unix:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send_request(self, method, target, headers=(), body=b"", version="HTTP/1.1"):
        """Sends a request; Host and Content-Length are added unless given."""
        names = {name.lower() for name, _ in headers}
        fields = [] if "host" in names or version == "HTTP/1.0" else [("Host", "gateway.test")]
        fields += list(headers)
        if body and not names & {"content-length", "transfer-encoding"}:
            fields.append(("Content-Length", len(body)))
        self.send(make_head(f"{method} {target} {version}", fields) + body)

    def read_head(self, method="GET"):
        """The head of the next answer, 1xx heads before it included."""
        interim = []
        while True:
            response = Response(self.read_raw_head())
            if response.status >= 200 or response.status == 101:
                break
            if declared_framing(response):
                raise WireError(f"an interim answer declares a body: {response.headers}")
            interim.append(response)
        response.interim = interim
        declared = declared_framing(response)
        if response.status in (101, 204) and declared:
            raise WireError(f"{response.status} with {declared}")
        if method == "HEAD" or response.status in (101, 204, 304):
            response.framing = "none"
        else:
            response.framing = declared or "close"
        return response

    def read_response(self, method="GET", sink=None):
        return self.read_body(self.read_head(method), sink)

    def request(self, method, target, headers=(), body=b"", version="HTTP/1.1"):
        """Sends one request and reads its answer."""
        self.send_request(method, target, headers, body, version)
        return self.read_response(method)

    def get(self, target, headers=()):
        return self.request("GET", target, headers)

    def at_end(self):
        """Waits for the gateway's FIN; True when nothing came before it."""
        return self.read_to_end() == b""
