"""node-redis and ioredis, each with the jobs of the seeds, before and after they changed to RESP3.

The jobs are in node_redis_jobs.mjs and ioredis_jobs.mjs. Verified beside them here: an
AUTH failure, and that clients come back to a server that was killed with every acknowledged
increment there. Packages that need a newer Node than the one installed are skipped.
"""

import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "docs"))
from latchkey_server import Server  # noqa: E402

from resp_wire import Wire  # noqa: E402

NODE = shutil.which("node") or shutil.which("nodejs")
RUN_SECONDS_MAX = 240


def node_version():
    said = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said))


def is_too_old_for(package):
    wanted = json.loads((HERE / "node_modules" / package / "package.json").read_text())["engines"]["node"]
    return node_version() < tuple(int(part) for part in re.findall(r"\d+", wanted))


@unittest.skipUnless(NODE, "node is not installed")
class NodeClients(unittest.TestCase):
    def setUp(self):
        self.assertTrue((HERE / "node_modules" / "redis").exists(), "the packages are missing: run script/setup test")

    def run_jobs(self, program, package, *arguments):
        if is_too_old_for(package):
            self.skipTest(f"{package} needs a newer node than {node_version()}")
        with Server() as server:
            run = subprocess.run([NODE, program, str(server.port), package, *arguments], cwd=HERE, capture_output=True,
                                 text=True, timeout=RUN_SECONDS_MAX)
            self.assertEqual(run.returncode, 0, f"{run.stdout}\n{run.stderr}\n{server.output()}")
            self.assertTrue(run.stdout.endswith("all passed\n"), run.stdout)
            self.assertEqual(run.stderr, "")

    def test_node_redis_in_resp2(self):
        self.run_jobs("node_redis_jobs.mjs", "redis", "2")

    def test_node_redis_in_resp3(self):
        self.run_jobs("node_redis_jobs.mjs", "redis", "3")

    def test_node_redis_6_in_resp3(self):
        self.run_jobs("node_redis_jobs.mjs", "redis-6", "3")

    def test_node_redis_6_in_resp2(self):
        self.run_jobs("node_redis_jobs.mjs", "redis-6", "2")

    def test_ioredis_in_resp2(self):
        self.run_jobs("ioredis_jobs.mjs", "ioredis")

    def test_ioredis_6_in_resp3(self):
        self.run_jobs("ioredis_jobs.mjs", "ioredis-6")

    def test_a_killed_server_is_found_again_with_all_that_was_acknowledged(self):
        for package in ("redis", "ioredis"):
            with Server() as server:
                process = subprocess.Popen([NODE, "counting.mjs", str(server.port), package], cwd=HERE, text=True,
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                try:
                    self.wait_for(process, "acknowledged 100")
                    for _ in range(2):
                        port = server.port
                        server.stop(signal.SIGKILL)
                        server.start(port)
                        self.wait_for(process, "reconnected")
                    process.stdin.close()
                    acknowledged = int(self.wait_for(process, "total").split()[1])
                    self.assertEqual(process.wait(RUN_SECONDS_MAX), 0)
                finally:
                    process.kill()
                    process.wait()
                    process.stdout.close()
                wire = Wire(server.port)
                stored = int(wire.call("GET", "count")[1])
                wire.close()
                self.assertGreaterEqual(stored, acknowledged, package)

    def wait_for(self, process, beginning):
        for line in process.stdout:
            if line.startswith(beginning):
                return line
        self.fail(f"the client ended before it said {beginning!r}")

    def test_a_wrong_password_is_refused_and_a_right_one_is_not(self):
        with Server() as server:
            wire = Wire(server.port)
            wire.call("CONFIG", "SET", "requirepass", "secret")
            for package in ("redis", "ioredis"):
                run = subprocess.run([NODE, "passwords.mjs", str(server.port), package], cwd=HERE, capture_output=True, text=True,
                                     timeout=RUN_SECONDS_MAX)
                self.assertEqual((run.returncode, run.stdout), (0, "refused, then served\n"), run.stderr)
            wire.close()


if __name__ == "__main__":
    unittest.main()
