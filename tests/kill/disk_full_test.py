"""Fills a real file system under the real server, and makes space again.

Verified:     a write that finds no space is refused with -MISCONF and never seen, not even after a
              kill; reads go on; once there is space writes go on by themselves; nothing that was
              acknowledged is lost.
Not verified: how soon (the server tries every second; a test that counts seconds fails on a busy
              machine), and every single write that may find no space (tests/crash does that).

The file system is a tmpfs in a mount namespace of its own, which goes with this process. Where that
is not allowed the test is skipped.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from kill_loop_test import Connection  # noqa: E402
from latchkey_server import Server  # noqa: E402

INSIDE = "LK_TEST_IN_NAMESPACE"
DISK_BYTES = 48 << 20
BALLAST_BYTES = 24 << 20
RESUME_SECONDS_MAX = 60
SETTINGS = '[storage]\nlog_segment = "1mb"\n'


def enter_namespace():
    """Runs this file again where it may mount. Returns the exit code, or None if that is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    command = [unshare, "--mount"] if os.geteuid() == 0 else [unshare, "--user", "--map-root-user", "--mount"]
    if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        return None
    return subprocess.run([*command, sys.executable, *sys.argv], env={**os.environ, INSIDE: "1"}).returncode


def mount(directory):
    os.makedirs(directory)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "latchkey-test", directory]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


class Writes:
    """Every key is written once, so that what was refused can be told from what was not."""

    def __init__(self):
        self.count = 0
        self.taken = []
        self.refused = []

    def value(self, number):
        return f"{number}:" + "v" * 4000

    def write(self, connection):
        """Returns whether the next write was taken."""
        number, self.count = self.count, self.count + 1
        try:
            assert connection.call("SET", f"key:{number}", self.value(number)) == "OK"
        except AssertionError as error:
            assert "MISCONF" in str(error), error
            assert "/data/" in str(error), f"the error names no file: {error}"
            self.refused.append(number)
            return False
        self.taken.append(number)
        return True

    def check(self, connection):
        for number in self.taken:
            assert connection.call("GET", f"key:{number}") == self.value(number), f"key:{number} is lost"
        for number in self.refused:
            assert connection.call("GET", f"key:{number}") is None, f"key:{number} was refused and is there"


def run(server):
    writes = Writes()
    connection = Connection(server.port)
    while writes.write(connection):
        assert writes.count * 4000 < 2 * DISK_BYTES, "the disk does not fill"
    writes.check(connection)

    os.remove(server.directory + "/data/ballast")
    began = time.monotonic()
    while not writes.write(connection):
        assert time.monotonic() - began < RESUME_SECONDS_MAX, "writes do not resume"
        time.sleep(0.05)
    resumed = time.monotonic() - began
    for _ in range(20):
        writes.write(connection)
    writes.check(connection)

    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    writes.check(Connection(server.port))
    print(f"{len(writes.taken)} writes taken, {len(writes.refused)} refused; resumed after {resumed:.1f} s")


def main():
    if INSIDE not in os.environ:
        code = enter_namespace()
        if code is None:
            print("skipped: a file system of its own needs the right to mount")
            code = 0
        sys.exit(code)
    server = Server()
    data = server.directory + "/data"
    try:
        if not mount(data):
            print("skipped: mount is not allowed here")
            return
        pathlib.Path(data, "ballast").write_bytes(bytes(BALLAST_BYTES))
        settings = pathlib.Path(server.directory, "latchkey.toml")
        settings.write_text(SETTINGS)
        server.flags = ["--config", str(settings)]
        server.start()
        run(server)
    finally:
        if server.process and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
        subprocess.run(["umount", data], stderr=subprocess.DEVNULL)
        server.__exit__()


if __name__ == "__main__":
    main()
