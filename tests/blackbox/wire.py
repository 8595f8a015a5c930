# SPDX-License-Identifier: MIT
"""What both ends of the wire share: deadlines, a buffered socket reader, HTTP/1 messages.

The parser is strict on purpose: whatever the gateway emits has to be exact, so anything unusual
(a bare LF, two lengths, junk after a chunk) raises WireError instead of being understood.
"""

import os
import socket
import struct
import time

# Seconds a condition may take to come true. Never a measure: only the limit before giving up.
DEADLINE = 20.0 * float(os.environ.get("GATEWAY_TEST_PATIENCE", "1"))

CRLF = b"\r\n"


class WireError(AssertionError):
    """The peer sent something that HTTP/1.1 does not allow."""


class Truncated(WireError):
    """The connection ended inside a message; `partial` holds what had come of its body."""

    def __init__(self, message, partial=b""):
        super().__init__(message)
        self.partial = partial


def wait_until(condition, what, deadline=None):
    """Polls until `condition()` is true and returns its value; fails naming `what`."""
    end = time.monotonic() + (deadline or DEADLINE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for: {what}")
        time.sleep(0.01)


def pattern(size, block_size=65536):
    """Yields `size` bytes in blocks that all differ, so that loss or reordering shows."""
    base = bytes(range(256)) * (block_size // 256)
    count = 0
    while size > 0:
        block = struct.pack(">Q", count) + base[8:]
        yield block[:size]
        size -= len(block)
        count += 1


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def make_head(first_line, headers):
    lines = [first_line.encode("latin-1")]
    for name, value in headers:
        lines.append(f"{name}: {value}".encode("latin-1"))
    return CRLF.join(lines) + CRLF + CRLF


class Message:
    """A start line, fields in order and letter case, and a body."""

    def __init__(self, start, headers):
        self.start = start
        self.headers = headers
        self.body = b""
        self.framing = "none"
        self.trailers = []
        self.raw_head = b""

    def all(self, name):
        """Values of every field of that name, in order."""
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name):
        """The value of a field that must not be repeated, None when absent."""
        values = self.all(name)
        if len(values) > 1:
            raise WireError(f"{name} is repeated: {values}")
        return values[0] if values else None

    def has(self, name):
        return bool(self.all(name))

    def tokens(self, name):
        return [t.strip().lower() for v in self.all(name) for t in v.split(",") if t.strip()]


class Stream:
    """A socket with a read buffer, blocking, with a deadline on every wait."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(DEADLINE)
        self.buffer = bytearray()

    def _more(self):
        """Reads once; False at the end of the stream. A reset raises ConnectionResetError."""
        data = self.sock.recv(262144)
        self.note_received(data)
        self.buffer += data
        return bool(data)

    def note_received(self, data):
        """Hook: every byte that came in passes here."""

    def take(self, count):
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_until(self, mark):
        start = 0
        while True:
            at = self.buffer.find(mark, start)
            if at >= 0:
                return self.take(at + len(mark))
            start = max(0, len(self.buffer) - len(mark) + 1)
            if not self._more():
                raise Truncated(f"end of stream before {mark!r}: {bytes(self.buffer)!r}",
                                bytes(self.buffer))

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self._more():
                raise Truncated(f"end of stream after {len(self.buffer)} of {count} bytes",
                                bytes(self.buffer))
        return self.take(count)

    def read_some(self):
        """Whatever comes next, at least a byte; b"" at the end of the stream."""
        if not self.buffer:
            self._more()
        return self.take(len(self.buffer))

    def read_to_end(self):
        """Everything until the peer's FIN."""
        while self._more():
            pass
        return self.take(len(self.buffer))

    def send(self, *pieces):
        for piece in pieces:
            self.sock.sendall(piece.encode("latin-1") if isinstance(piece, str) else piece)

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()

    def reset(self):
        """Ends with a RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # --- messages -------------------------------------------------------------------------

    def read_raw_head(self):
        return self.read_until(CRLF + CRLF)

    def read_chunks(self):
        """Yields the data of each chunk and returns the trailer fields."""
        while True:
            line = self.read_until(CRLF)[:-2]
            size_text = line.split(b";", 1)[0]
            if not size_text or size_text.strip(b"0123456789abcdefABCDEF"):
                raise WireError(f"bad chunk size {line!r}")
            size = int(size_text, 16)
            if size == 0:
                break
            while size:
                data = self.read_exactly(min(size, 65536))
                size -= len(data)
                yield data
            if self.read_exactly(2) != CRLF:
                raise WireError("a chunk does not end with CRLF")
        trailers = []
        while True:
            line = self.read_until(CRLF)[:-2]
            if not line:
                return trailers
            trailers.append(parse_field(line))

    def read_length(self, size):
        while size:
            if not self.buffer and not self._more():
                raise Truncated(f"end of stream, {size} bytes of the body missing")
            data = self.take(min(size, len(self.buffer)))
            size -= len(data)
            yield data

    def read_close(self):
        while True:
            data = self.read_some()
            if not data:
                return
            yield data

    def _pieces(self, message):
        if message.framing == "length":
            return self.read_length(int(message.get("Content-Length")))
        if message.framing == "chunked":
            return self.read_chunks()
        return self.read_close() if message.framing == "close" else iter(())

    def read_body(self, message, sink=None):
        """Reads the body as `message.framing` says, into message.body or sink(data)."""
        pieces = []
        sink = sink or pieces.append
        source = self._pieces(message)
        try:
            while True:
                sink(next(source))
        except StopIteration as stop:
            message.trailers = stop.value or []
        except (Truncated, ConnectionResetError) as error:
            raise Truncated(f"truncated body ({error})", b"".join(pieces)) from None
        message.body = b"".join(pieces)
        return message


def parse_field(line):
    name, colon, value = line.partition(b":")
    if not colon or not name or name.strip() != name or b"\r" in line or b"\n" in line:
        raise WireError(f"bad field line {line!r}")
    return name.decode("latin-1"), value.strip(b" \t").decode("latin-1")


def parse_head(raw):
    """(start line, fields) of a head that ends with its blank line."""
    lines = raw[:-4].split(CRLF)
    for line in lines:
        if b"\n" in line or b"\r" in line or b"\0" in line:
            raise WireError(f"bare CR, LF or NUL in {line!r}")
    return lines[0].decode("latin-1"), [parse_field(line) for line in lines[1:]]


def declared_framing(message):
    """"chunked", "length" or None; fails on anything ambiguous."""
    coding, length = message.all("Transfer-Encoding"), message.all("Content-Length")
    if coding and length:
        raise WireError("Transfer-Encoding together with Content-Length")
    if coding:
        if coding != ["chunked"]:
            raise WireError(f"Transfer-Encoding: {coding}")
        return "chunked"
    if length:
        if len(length) > 1 or not length[0].isdigit():
            raise WireError(f"Content-Length: {length}")
        return "length"
    return None
