"""Kills the real server again and again and checks that every acknowledged write is there.

Each client keeps its own record, outside the server, of what it sent and what was acknowledged. A
connection is served in order, so after a kill the client's keys must be as they were after all
acknowledged commands and some prefix of those that were still on their way.

Verified:     strings, counters, hashes, sorted sets, deletions and MULTI, at durability sync and
              interval, over kill -9 at any moment, start-up and recovery included.
Not verified: power cuts (see tests/crash), expiry, clients that share keys.

    python3 tests/kill/kill_loop_test.py [--kills N] [--seed S]
"""

import argparse
import copy
import os
import pathlib
import random
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from latchkey_server import Server  # noqa: E402

CLIENTS = 4
PIPELINE = 8


class Connection:
    """Just enough RESP2 to send commands ahead and read their replies."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")

    def send(self, commands):
        parts = []
        for command in commands:
            parts.append(b"*%d\r\n" % len(command))
            for word in command:
                data = word if isinstance(word, bytes) else str(word).encode()
                parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self.socket.sendall(b"".join(parts))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server went away")
        kind, rest = line[:1], line[1:-2]
        if kind in b"+:":
            return rest.decode() if kind == b"+" else int(rest)
        if kind == b"-":
            raise AssertionError("error reply: " + rest.decode())
        if kind == b"$":
            if rest == b"-1":
                return None
            data = self.file.read(int(rest) + 2)
            if len(data) != int(rest) + 2:
                raise ConnectionError("the server went away")
            return data[:-2].decode()
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        raise AssertionError(f"what is {line!r}?")

    def call(self, *command):
        self.send([command])
        return self.read()


class Model:
    """The keys of one client as they should be."""

    def __init__(self):
        self.strings = {}
        self.fields = {}
        self.scores = {}


class Client:
    def __init__(self, name, seed):
        self.name = name
        self.random = random.Random(seed)
        self.acknowledged = Model()
        self.sent = []  # groups of commands not yet acknowledged, in order
        self.acknowledged_count = 0

    def key(self, kind, number):
        return f"{self.name}:{kind}:{number}"

    def next_group(self):
        """A list of commands that take effect together, and what they do to a model."""
        pick = self.random.random()
        number = self.random.randrange(10)
        token = f"{self.random.getrandbits(48):x}"
        if pick < 0.35:
            key, value = self.key("s", number), token * self.random.choice([1, 1, 1, 60])
            return [["SET", key, value]], lambda m: m.strings.update({key: value})
        if pick < 0.5:
            key = self.key("c", number)
            return [["INCR", key]], lambda m: m.strings.update({key: str(int(m.strings.get(key, "0")) + 1)})
        if pick < 0.6:
            key = self.key("s", number)
            return [["DEL", key]], lambda m: m.strings.pop(key, None)
        if pick < 0.75:
            key, field = self.key("h", 0), f"f{self.random.randrange(300)}"
            return [["HSET", key, field, token]], lambda m: m.fields.update({field: token})
        if pick < 0.9:
            key, member, score = self.key("z", 0), f"m{self.random.randrange(50)}", self.random.randrange(1000)
            return [["ZADD", key, score, member]], lambda m: m.scores.update({member: float(score)})
        one, other = self.key("c", 0), self.key("c", 1)

        def transfer(model):
            model.strings[one] = str(int(model.strings.get(one, "0")) - 5)
            model.strings[other] = str(int(model.strings.get(other, "0")) + 5)

        return [["MULTI"], ["DECRBY", one, 5], ["INCRBY", other, 5], ["EXEC"]], transfer

    def work(self, port):
        """Writes until the server goes away."""
        try:
            connection = Connection(port)
            while True:
                groups = [self.next_group() for _ in range(self.random.randrange(1, PIPELINE + 1))]
                self.sent = groups
                connection.send([command for group, _ in groups for command in group])
                for group, apply in groups:
                    for _ in group:
                        connection.read()
                    apply(self.acknowledged)
                    self.sent = self.sent[1:]
                    self.acknowledged_count += 1
        except (ConnectionError, TimeoutError, OSError):
            pass

    def observe(self, connection):
        model = Model()
        for kind in "sc":
            for number in range(10):
                value = connection.call("GET", self.key(kind, number))
                if value is not None:
                    model.strings[self.key(kind, number)] = value
        flat = connection.call("HGETALL", self.key("h", 0))
        model.fields = dict(zip(flat[::2], flat[1::2]))
        flat = connection.call("ZRANGE", self.key("z", 0), 0, -1, "WITHSCORES")
        model.scores = {member: float(score) for member, score in zip(flat[::2], flat[1::2])}
        for rank, member in enumerate(flat[::2]):
            assert connection.call("ZRANK", self.key("z", 0), member) == rank, "ranks disagree with the order"
        assert connection.call("ZCARD", self.key("z", 0)) == len(model.scores)
        return model

    def check(self, connection):
        found = self.observe(connection)
        candidate = copy.deepcopy(self.acknowledged)
        for applied in range(len(self.sent) + 1):
            if vars(found) == vars(candidate):
                self.acknowledged, self.sent = candidate, []
                return
            if applied < len(self.sent):
                self.sent[applied][1](candidate)
        differences = [
            (name, key, getattr(self.acknowledged, name).get(key), getattr(found, name).get(key))
            for name in vars(found)
            for key in set(getattr(found, name)) | set(getattr(self.acknowledged, name))
            if getattr(self.acknowledged, name).get(key) != getattr(found, name).get(key)
        ]
        raise AssertionError(f"{self.name}: acknowledged writes are lost or changed: {differences[:5]}; "
                             f"{len(self.sent)} groups were on their way")


def kill_while_starting(server, chooser):
    """Kills the server at a random moment of its start, a few times."""
    for _ in range(chooser.randrange(3)):
        starter = threading.Thread(target=try_start, args=(server,))
        starter.start()
        time.sleep(chooser.random() * 0.05)
        if server.process.poll() is None:
            server.process.kill()
        starter.join()
        # The kill above may have come before there was anything to kill.
        server.process.kill()
        server.process.wait()


def try_start(server):
    try:
        server.start()
    except RuntimeError:
        pass


def run(kills, seed):
    chooser = random.Random(seed)
    clients = [Client(f"client{i}", seed * 100 + i) for i in range(CLIENTS)]
    for durability in ("sync", "interval"):
        with Server(flags=["--durability", durability, "--workers", "2"]) as server:
            for client in clients:
                client.acknowledged, client.sent = Model(), []
            for _ in range(kills // 2):
                threads = [threading.Thread(target=client.work, args=(server.port,)) for client in clients]
                for thread in threads:
                    thread.start()
                if chooser.random() < 0.3:
                    saver = threading.Thread(target=ask_for_checkpoint, args=(server.port,))
                    saver.start()
                    threads.append(saver)
                time.sleep(0.02 + chooser.random() * 0.4)
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
                for thread in threads:
                    thread.join()
                kill_while_starting(server, chooser)
                if server.process.poll() is not None:
                    server.start()
                connection = Connection(server.port)
                for client in clients:
                    client.check(connection)
    total = sum(client.acknowledged_count for client in clients)
    print(f"{kills} kills, {total} acknowledged groups, none lost (seed {seed})")


def ask_for_checkpoint(port):
    try:
        Connection(port).call("BGSAVE")
    except (ConnectionError, OSError, AssertionError):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=int(os.environ.get("LATCHKEY_KILLS", "50")))
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    options = parser.parse_args()
    print(f"replay: python3 tests/kill/kill_loop_test.py --kills {options.kills} --seed {options.seed}", flush=True)
    run(options.kills, options.seed)


if __name__ == "__main__":
    main()
