"""psql and the door for PostgreSQL clients: what a person types, and what survives kill -9."""

import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from latchkey_server import Server, free_port, wait_until_listening  # noqa: E402

SECONDS_MAX = 60


class Psql(unittest.TestCase):
    def setUp(self):
        self.door = free_port()
        self.server = Server(flags=["--postgres-port", str(self.door)])
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        wait_until_listening(self.door, self.server.process)

    def command(self, *arguments):
        return ["psql", "-X", "-q", "-At", "-h", "127.0.0.1", "-p", str(self.door), "-U", "ada", "-d", "any",
                "-v", "VERBOSITY=sqlstate", *arguments]

    def run_sql(self, text):
        done = subprocess.run(self.command(), input=text, capture_output=True, text=True, timeout=SECONDS_MAX)
        return done.stdout.strip() + done.stderr.strip()

    def test_a_table_from_birth_to_death(self):
        self.assertEqual(self.run_sql("CREATE TABLE t (id int PRIMARY KEY, name text DEFAULT 'x');"
                                      "INSERT INTO t VALUES (1, 'ada'), (2, DEFAULT);"), "")
        self.assertEqual(self.run_sql("SELECT * FROM t ORDER BY id"), "1|ada\n2|x")
        self.assertEqual(self.run_sql("UPDATE t SET name = upper(name) WHERE id = 1 RETURNING name"), "ADA")
        self.assertEqual(self.run_sql("DELETE FROM t WHERE id = 2; SELECT count(*) FROM t"), "1")
        self.assertEqual(self.run_sql("SELECT current_user, current_database()"), "ada|any")
        self.assertIn("42P01", self.run_sql("DROP TABLE t; SELECT * FROM t"))

    def test_acknowledged_rows_survive_a_kill(self):
        self.run_sql("CREATE TABLE t (id int PRIMARY KEY)")
        stop = threading.Event()
        acknowledged = []

        def write():
            process = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                       stderr=subprocess.DEVNULL, bufsize=1)
            number = 0
            try:
                while not stop.is_set():
                    number += 1
                    process.stdin.write(f"INSERT INTO t VALUES ({number}) RETURNING id;\n")
                    process.stdin.flush()
                    answer = process.stdout.readline().strip()
                    if not answer:
                        return
                    acknowledged.append(int(answer))
            except OSError:
                return
            finally:
                process.kill()
                process.communicate()

        writer = threading.Thread(target=write)
        writer.start()
        while len(acknowledged) < 50:
            time.sleep(0.01)
        self.server.stop(signal.SIGKILL)
        stop.set()
        writer.join(SECONDS_MAX)
        self.server.start()
        wait_until_listening(self.door, self.server.process)
        stored = {int(line) for line in self.run_sql("SELECT id FROM t").split()}
        self.assertEqual(set(acknowledged) - stored, set())
        self.assertLessEqual(len(stored - set(acknowledged)), 1)

    def test_a_statement_that_waits_is_cancelled(self):
        self.run_sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)")
        holder = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("BEGIN; UPDATE t SET n = 2; SELECT 'held';\n")
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline().strip(), "held")
        waiting = subprocess.Popen(self.command("-c", "UPDATE t SET n = 3"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        time.sleep(0.3)
        waiting.send_signal(signal.SIGINT)
        self.assertIn("57014", waiting.communicate(timeout=SECONDS_MAX)[1])
        holder.communicate("COMMIT;\n", timeout=SECONDS_MAX)
        self.assertEqual(self.run_sql("SELECT n FROM t"), "2")

    def test_a_large_result_arrives_whole(self):
        self.run_sql("CREATE TABLE t (id int PRIMARY KEY, v text);"
                     "INSERT INTO t SELECT a.n * 100 + b.n, repeat('x', 100) FROM "
                     "(VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) d(n), "
                     "LATERAL (SELECT d.n * 10 + e.n AS n FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) e(n)) a,"
                     "LATERAL (SELECT f.n * 10 + g.n AS n FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) f(n),"
                     "(VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) g(n)) b")
        lines = self.run_sql("SELECT id, v FROM t ORDER BY id").split("\n")
        self.assertEqual(len(lines), 10_000)
        self.assertEqual(lines[-1], "9999|" + "x" * 100)


if __name__ == "__main__":
    unittest.main()
