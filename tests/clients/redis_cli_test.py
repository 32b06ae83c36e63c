"""redis-cli: its modes, and the jobs of the seeds as a shell would do them.

Not verified: the interactive prompt with its hints (the README's tour covers plain lines).
"""

import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from latchkey_server import Server  # noqa: E402

from resp_wire import Wire, encoded  # noqa: E402

WAIT_SECONDS_MAX = 60


class RedisCli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.wire = Wire(self.server.port)
        self.addCleanup(self.wire.close)
        self.wire.call("FLUSHALL")

    def command(self, *arguments):
        return ["redis-cli", "-p", str(self.server.port), *arguments]

    def cli(self, *arguments, text=None, code=0):
        run = subprocess.run(self.command(*arguments), input=text, capture_output=True, text=True, timeout=WAIT_SECONDS_MAX)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return run.stdout + run.stderr

    def fill(self):
        self.wire.exchange([["SET", f"user:{i}", "x" * (i + 1)] for i in range(100)])
        self.wire.call("HSET", "profile", *[word for i in range(200) for word in (f"f{i}", i)])
        self.wire.call("ZADD", "board", *[word for i in range(300) for word in (i, f"p{i}")])

    def read_until(self, process, pattern):
        """What the process says until a line matches."""
        said = ""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while time.monotonic() < deadline:
            line = process.stdout.readline()
            if not line:
                break
            said += line
            if re.search(pattern, line):
                return said
        self.fail(f"no line like {pattern!r} in:\n{said}")

    def test_scan(self):
        self.fill()

        self.assertEqual(len(self.cli("--scan").split()), 102)
        self.assertEqual(sorted(self.cli("--scan", "--pattern", "user:1?").split()), [f"user:{i}" for i in range(10, 20)])
        self.assertEqual(len(self.cli("-3", "--scan").split()), 102)

    def test_bigkeys(self):
        self.fill()

        said = self.cli("--bigkeys")

        self.assertRegex(said, r'Biggest +hash found \'"profile"\' has 200 fields')
        self.assertRegex(said, r'Biggest +zset found \'"board"\' has 300 members')
        self.assertRegex(said, r'Biggest string found \'"user:99"\' has 100 bytes')
        self.assertIn("Sampled 102 keys in the keyspace!", said)

    def test_memkeys(self):
        self.fill()

        said = self.cli("--memkeys")

        self.assertRegex(said, r'Biggest +zset found \'"board"\' has \d+ bytes')
        self.assertIn("Sampled 102 keys in the keyspace!", said)

    def test_hotkeys_is_refused_in_words(self):
        self.fill()

        run = subprocess.run(self.command("--hotkeys"), capture_output=True, text=True, timeout=WAIT_SECONDS_MAX)

        self.assertNotEqual(run.returncode, 0)
        self.assertIn("LFU", run.stdout + run.stderr)

    def test_stat(self):
        process = subprocess.Popen(self.command("--stat", "-i", "0.1"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        try:
            self.assertIn("clients", self.read_until(process, r"^0 +[\d.]+[KMG]? +\d+ +\d+ +\d+"))
        finally:
            process.kill()
            process.wait()

    def test_latency(self):
        process = subprocess.Popen(self.command("--latency", "--raw", "-i", "1"), stdout=subprocess.PIPE, text=True)
        said = process.communicate(timeout=WAIT_SECONDS_MAX)[0]

        lowest, highest, _, samples = said.split()
        self.assertGreater(int(samples), 0)
        self.assertLessEqual(int(lowest), int(highest))

    def test_mass_insertion(self):
        data = b"".join(encoded(["SET", f"key:{i}", f"value {i}"]) for i in range(20_000))
        run = subprocess.run(self.command("--pipe"), input=data, capture_output=True, timeout=WAIT_SECONDS_MAX)

        self.assertEqual(run.returncode, 0, run)
        self.assertIn(b"errors: 0, replies: 20000", run.stdout)
        self.assertEqual(self.wire.call("DBSIZE"), (":", 20_000))
        self.assertEqual(self.wire.call("GET", "key:19999"), ("$", b"value 19999"))

    def test_mass_insertion_counts_errors(self):
        run = subprocess.run(self.command("--pipe"), input=b"SET a 1\r\nINCR\r\nHGET a f\r\nSET b 2\r\n", capture_output=True,
                             timeout=WAIT_SECONDS_MAX)

        self.assertIn(b"errors: 2, replies: 4", run.stdout)
        self.assertEqual(self.wire.call("MGET", "a", "b"), ("*", [("$", b"1"), ("$", b"2")]))

    def test_info(self):
        self.fill()

        info = self.cli("INFO")

        for section in ("Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Keyspace"):
            self.assertIn(f"# {section}", info)
        self.assertRegex(info, r"redis_version:7\.2\.\d+")
        self.assertRegex(info, r"keys=102,expires=\d+")

    def test_monitor_shows_commands(self):
        process = subprocess.Popen(self.command("MONITOR"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        try:
            self.read_until(process, "OK")
            self.wire.call("SET", "seen", "a b\n")
            said = self.read_until(process, "seen")
        finally:
            process.kill()
            process.wait()
        self.assertRegex(said, r'\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "seen" "a b\\n"')

    def test_resp3_and_json(self):
        self.wire.call("HSET", "h", "name", "Ada", "plan", "pro")

        self.assertEqual(self.cli("-3", "--no-raw", "HGETALL", "h"), '1# "name" => "Ada"\n2# "plan" => "pro"\n')
        self.assertEqual(self.cli("--json", "-3", "HGETALL", "h"), '{"name":"Ada","plan":"pro"}\n')
        self.assertEqual(self.cli("-3", "--no-raw", "ZADD", "z", "INCR", "1.5", "m"), "(double) 1.5\n")
        self.assertEqual(self.cli("--csv", "HVALS", "h"), '"Ada","pro"\n')

    def test_eight_bit_clean_through_standard_input(self):
        value = bytes(range(256)) * 4
        subprocess.run(self.command("-x", "SET", "binary"), input=value, capture_output=True, check=True, timeout=WAIT_SECONDS_MAX)

        self.assertEqual(self.wire.call("GET", "binary"), ("$", value))

    def test_errors_and_exit_codes(self):
        self.cli("SET", "word", "x")

        self.assertIn("ERR value is not an integer", self.cli("INCR", "word"))
        self.assertIn("ERR value is not an integer", self.cli("-e", "INCR", "word", code=1))
        self.assertIn("ERR unknown command 'LPUSH'", self.cli("LPUSH", "list", "x"))
        self.assertIn("ERR unknown command 'EVAL'", self.cli("EVAL", "return 1", "0"))

    def test_repeats_and_chooses_a_collection(self):
        self.cli("-r", "5", "INCR", "n")
        self.cli("-n", "7", "SET", "there", "1")

        self.assertEqual(self.cli("GET", "n"), "5\n")
        self.assertEqual(self.cli("EXISTS", "there"), "0\n")
        self.assertEqual(self.cli("-n", "7", "EXISTS", "there"), "1\n")

    def test_subscribes_and_hears(self):
        process = subprocess.Popen(self.command("SUBSCRIBE", "news"), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        try:
            self.read_until(process, "^1$")
            self.assertEqual(self.wire.call("PUBLISH", "news", "hello"), (":", 1))
            self.read_until(process, "^hello$")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()

    # The jobs of the seeds.

    def test_session(self):
        self.assertEqual(self.cli("SET", "session:abc", '{"user_id": 123, "role": "admin"}', "EX", "3600"), "OK\n")
        self.assertEqual(self.cli("GET", "session:abc"), '{"user_id": 123, "role": "admin"}\n')
        self.assertEqual(self.cli("GETEX", "session:abc", "EX", "7200"), '{"user_id": 123, "role": "admin"}\n')
        self.assertGreater(int(self.cli("TTL", "session:abc")), 3600)
        self.assertEqual(self.cli("HSET", "session:abc", "role", "superadmin"), "0\n")
        self.assertEqual(self.cli("HGET", "session:abc", "role"), "superadmin\n")
        self.assertEqual(self.cli("DEL", "session:abc"), "1\n")
        self.assertEqual(self.cli("--no-raw", "GET", "session:abc"), "(nil)\n")

    def test_cache(self):
        self.cli("MSET", "key1", "val1", "key2", "val2")
        self.assertEqual(self.cli("--no-raw", "MGET", "key1", "key2", "key3"), '1) "val1"\n2) "val2"\n3) (nil)\n')
        self.assertEqual(self.cli("PEXPIRE", "key1", "30"), "1\n")
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while self.cli("EXISTS", "key1") != "0\n":
            self.assertLess(time.monotonic(), deadline)

    def test_counter_with_a_deadline(self):
        said = self.cli(text="MULTI\nINCR rate:17\nEXPIRE rate:17 60 NX\nEXEC\nMULTI\nINCR rate:17\nEXPIRE rate:17 90 NX\nEXEC\n")

        self.assertEqual(said.split(), ["OK", "QUEUED", "QUEUED", "1", "1", "OK", "QUEUED", "QUEUED", "2", "0"])
        self.assertLessEqual(int(self.cli("TTL", "rate:17")), 60)

    def test_lock(self):
        self.assertEqual(self.cli("SET", "lock", "worker-1", "NX", "PX", "60000"), "OK\n")
        self.assertEqual(self.cli("--no-raw", "SET", "lock", "worker-2", "NX", "PX", "60000"), "(nil)\n")
        said = self.cli(text="WATCH lock\nGET lock\nMULTI\nDEL lock\nEXEC\n")
        self.assertEqual(said.split(), ["OK", "worker-1", "OK", "QUEUED", "1"])
        self.assertEqual(self.cli("SET", "lock", "worker-2", "NX", "PX", "60000"), "OK\n")

    def test_leaderboard(self):
        self.cli("ZADD", "board", "100", "ada", "80", "bob", "120", "cyd")
        self.assertEqual(self.cli("ZINCRBY", "board", "95.5", "bob"), "175.5\n")
        self.assertEqual(self.cli("ZREVRANGE", "board", "0", "1", "WITHSCORES").split(), ["bob", "175.5", "cyd", "120"])
        self.assertEqual(self.cli("ZREVRANK", "board", "ada"), "2\n")
        self.assertEqual(self.cli("ZRANGEBYSCORE", "board", "100", "(175.5").split(), ["ada", "cyd"])


if __name__ == "__main__":
    unittest.main()
