"""RESP2 and RESP3 as they are on the wire: nothing converted, every shape kept.

A reply is a tuple of the byte that announces it and its content:

    ("+", bytes) ("-", bytes) (":", int) (",", bytes) ("#", bytes) ("(", bytes)
    ("$", bytes or None) ("=", bytes) ("_", None)
    ("*", list or None) ("~", list) (">", list) ("%", list of pairs)
"""

import socket

READ_SECONDS_MAX = 60


class ServerGone(ConnectionError):
    """The connection ended in the middle of a reply, or before it."""


def encoded(command):
    parts = [b"*%d\r\n" % len(command)]
    for word in command:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


class Wire:
    def __init__(self, port, protocol=2):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=READ_SECONDS_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", buffering=1 << 16)
        if protocol != 2:
            self.call("HELLO", protocol)

    def send(self, commands):
        self.socket.sendall(b"".join(encoded(command) for command in commands))

    def send_bytes(self, data):
        self.socket.sendall(data)

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ServerGone("the connection ended")
        return line

    def read(self):
        line = self.line()
        kind, rest = chr(line[0]), line[1:-2]
        if kind in "+-,#(":
            return (kind, rest)
        if kind == ":":
            return (kind, int(rest))
        if kind == "_":
            return (kind, None)
        if kind in "$=":
            size = int(rest)
            if size < 0:
                return (kind, None)
            data = self.file.read(size + 2)
            if len(data) != size + 2 or data[-2:] != b"\r\n":
                raise ServerGone("the connection ended in a reply, or its length was wrong")
            return (kind, data[:-2])
        if kind in "*~>":
            count = int(rest)
            return (kind, None if count < 0 else [self.read() for _ in range(count)])
        if kind == "%":
            return (kind, [(self.read(), self.read()) for _ in range(int(rest))])
        raise AssertionError(f"no reply begins like {line!r}")

    def call(self, *command):
        self.send([command])
        return self.read()

    def exchange(self, commands):
        """Sends all commands at once and returns all replies."""
        self.send(commands)
        return [self.read() for _ in commands]

    def is_at_end(self):
        """Whether the server closes the connection, and sends nothing before."""
        return self.file.read(1) == b""

    def close(self):
        self.file.close()
        self.socket.close()
