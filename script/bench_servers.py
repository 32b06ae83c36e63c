"""Starts, watches and stops the servers that script/bench compares, each pinned to one core.

Every server is a child of this process with a data directory of its own below one temporary
directory; stop() ends it by its process number and removes that directory.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_SECONDS_MAX = 600
STOP_SECONDS_MAX = 300


class BenchError(Exception):
    """Something without which a row cannot be measured."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Client:
    """One connection that sends a command and waits for its reply. Not for measuring rates."""

    def __init__(self, port, timeout=600):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @staticmethod
    def encode(words):
        parts = [str(w).encode() for w in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)

    def send(self, *words):
        self.socket.sendall(self.encode(words))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise BenchError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            return BenchError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        return rest.decode()

    def call(self, *words):
        self.send(*words)
        reply = self.read()
        if isinstance(reply, BenchError):
            raise BenchError(f"{' '.join(map(str, words))}: {reply}")
        return reply


class Server:
    """A running server. Errors: BenchError, with the end of what it printed."""

    def __init__(self, name, command, port, directory, core):
        self.name, self.command, self.port, self.directory, self.core = name, command, port, directory, core
        self.process = None
        self.start_seconds = None

    def start(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.output = open(self.directory.parent / (self.directory.name + ".out"), "ab")
        began = time.monotonic()
        self.process = subprocess.Popen(["taskset", "-c", str(self.core), *self.command], cwd=self.directory,
                                        stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)
        while True:
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} did not start: {self.last_output()}")
            try:
                with Client(self.port, timeout=START_SECONDS_MAX) as client:
                    client.call("GET", "no such key") if self.name != "empty" else client.call("PING")
                break
            except (OSError, BenchError):  # not listening yet, or loading
                if time.monotonic() - began > START_SECONDS_MAX:
                    raise BenchError(f"{self.name} does not answer: {self.last_output()}") from None
                time.sleep(0.002)
        self.start_seconds = time.monotonic() - began
        return self

    def stop(self, clean=False):
        """Ends the process; `clean` lets it save what it has first. The files stay."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM if clean else signal.SIGKILL)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        self.output.close()

    def restart(self, clean):
        self.stop(clean)
        return self.start()

    @property
    def pid(self):
        return self.process.pid  # taskset becomes the server itself

    def client(self):
        return Client(self.port)

    def call(self, *words):
        with self.client() as client:
            return client.call(*words)

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise BenchError(f"{self.name} is gone: {self.last_output()}")

    def last_output(self):
        self.output.flush()
        return pathlib.Path(self.output.name).read_text(errors="replace")[-600:]


class Machine:
    """The two cores, the programs and the temporary directory of one run of the benchmark."""

    def __init__(self, latchkey, programs, parent=None):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise BenchError("two cores are needed: one for the server, one for the generator")
        # Core 0 gets most of the machine's interrupts; the server has the other one.
        self.generator_core, self.server_core = cores[0], cores[1]
        os.sched_setaffinity(0, {self.generator_core})
        self.latchkey = latchkey
        self.generator = self.find(programs, "load_generator")
        self.responder = self.find(programs, "null_responder")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="lk-bench-", dir=parent))
        self.servers = []

    @staticmethod
    def find(folder, name):
        path = pathlib.Path(folder).resolve() / name
        if not path.exists():
            raise BenchError(f"there is no {path}: script/build release {name} makes it")
        return str(path)

    def close(self):
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def forget(self, *servers):
        """Ends servers that are not needed any more and gives their disk space back."""
        for server in servers:
            server.stop()
            self.servers.remove(server)
            shutil.rmtree(server.directory, ignore_errors=True)

    def add(self, name, port, command):
        directory = self.directory / f"{name}-{len(self.servers)}-{port}"
        server = Server(name, [w.replace("{data}", str(directory / "data")) for w in command], port, directory,
                        self.server_core)
        self.servers.append(server)
        return server.start()

    def start_ours(self, durability):
        port = free_port()
        return self.add("latchkey", port, [
            self.latchkey, "serve", "--data", "{data}", "--resp-port", str(port), "--durability", durability,
            "--workers", "1", "--log-level", "warning"])

    def start_redis(self, *flags):
        port = free_port()
        return self.add("redis", port, [
            "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--daemonize", "no", *flags])

    def start_empty(self):
        port = free_port()
        return self.add("empty", port, [self.responder, "--port", str(port)])
