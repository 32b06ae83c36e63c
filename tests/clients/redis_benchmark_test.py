"""redis-benchmark: each of its tests whose commands exist here runs to its end, without an error.

Verified:     exit code, no error line, a rate for every test asked for, the keys it leaves behind.
Not verified: how fast it is (see docs/benchmarks.md).
"""

import csv
import io
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from latchkey_server import Server  # noqa: E402

from resp_wire import Wire  # noqa: E402

TESTS = {
    "ping_inline": "PING_INLINE", "ping_mbulk": "PING_MBULK", "set": "SET", "get": "GET", "incr": "INCR", "hset": "HSET",
    "zadd": "ZADD", "zpopmin": "ZPOPMIN", "mset": "MSET (10 keys)",
}
REQUESTS = "3000"


class RedisBenchmark(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(flags=["--durability", "interval"])
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.wire = Wire(self.server.port)
        self.addCleanup(self.wire.close)
        self.wire.call("FLUSHALL")

    def benchmark(self, *arguments):
        run = subprocess.run(["redis-benchmark", "-p", str(self.server.port), "-n", REQUESTS, *arguments],
                             capture_output=True, text=True, timeout=120)
        said = run.stdout + run.stderr
        self.assertEqual(run.returncode, 0, said)
        for word in ("ERR", "rror", "WRONGTYPE", "Could not"):
            self.assertNotIn(word, said)
        return run.stdout

    def rates(self, *arguments):
        """Requests per second by test."""
        rows = list(csv.DictReader(io.StringIO(self.benchmark("--csv", *arguments))))
        return {row["test"]: float(row["rps"]) for row in rows}

    def check_all(self, *arguments):
        rates = self.rates("-t", ",".join(TESTS), *arguments)
        self.assertEqual(sorted(rates), sorted(TESTS.values()))
        for test, rate in rates.items():
            self.assertGreater(rate, 0, test)

    def test_every_test_one_request_at_a_time(self):
        self.check_all("-P", "1")

    def test_every_test_in_pipelines(self):
        self.check_all("-P", "16")

    def test_random_keys(self):
        self.check_all("-P", "16", "-r", "1000")

        self.assertEqual(self.wire.call("GET", "key:__rand_int__"), ("$", None))
        found = self.wire.call("KEYS", "key:0000000*")[1]
        self.assertGreater(len(found), 500)

    def test_in_resp3(self):
        self.check_all("-P", "16", "-3")

    def test_many_clients_threads_and_large_values(self):
        rates = self.rates("-t", "set,get", "-c", "100", "--threads", "2", "-d", "10000")

        self.assertEqual(sorted(rates), ["GET", "SET"])
        self.assertEqual(len(self.wire.call("GET", "key:__rand_int__")[1]), 10000)

    def test_without_keeping_connections(self):
        self.assertEqual(sorted(self.rates("-t", "ping_mbulk", "-k", "0", "-c", "10")), ["PING_MBULK"])

    def test_quiet_form(self):
        self.assertRegex(self.benchmark("-t", "set", "-q"), r"SET: [0-9.]+ requests per second")

    def test_a_command_of_ones_own(self):
        self.benchmark("-r", "50", "ZINCRBY", "board", "1", "player:__rand_int__")

        self.assertEqual(self.wire.call("ZCARD", "board"), (":", 50))

    def test_a_command_that_is_refused_is_seen(self):
        run = subprocess.run(["redis-benchmark", "-p", str(self.server.port), "-n", "10", "LPUSH", "a", "b"],
                             capture_output=True, text=True, timeout=60)

        self.assertIn("ERR unknown command", run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
