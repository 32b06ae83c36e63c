"""A server for the length of a test: in a directory of its own, on a free port."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LK_BINARY", str(ROOT / "build" / "latchkey"))
START_SECONDS_MAX = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(port, process):
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it listened")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port} after {START_SECONDS_MAX} s")


def without_settings(environment):
    """The variables of whoever runs the test must not configure the server."""
    return {name: value for name, value in environment.items() if not name.startswith("LATCHKEY_")}


class Server:
    """`with Server() as server:` - server.port is where it listens."""

    def __init__(self, redis=False, flags=()):
        self.redis = redis
        self.flags = list(flags)
        self.directory = tempfile.mkdtemp(prefix="latchkey-test-")
        self.process = None
        self.port = 0

    def start(self, port=None):
        """At `port`, for clients that come back to where they were, or at a free one."""
        self.port = port or free_port()
        if self.redis:
            command = ["redis-server", "--port", str(self.port), "--save", "", "--dir", self.directory, *self.flags]
        else:
            command = [BINARY, "serve", "--data", self.directory + "/data", "--resp-port", str(self.port), *self.flags]
        output = open(self.directory + "/output", "ab")
        self.process = subprocess.Popen(command, cwd=self.directory, stdout=output, stderr=output,
                                        env=without_settings(os.environ))
        output.close()
        try:
            wait_until_listening(self.port, self.process)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.output()}") from None

    def output(self):
        return pathlib.Path(self.directory, "output").read_text(errors="replace")

    def stop(self, how=signal.SIGTERM):
        """Returns the exit code; negative is the signal that ended the process."""
        self.process.send_signal(how)
        try:
            return self.process.wait(timeout=START_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
