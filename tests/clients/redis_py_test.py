"""redis-py (Debian's python3-redis): the jobs of the seeds, and what its users lean on.

Not verified: its asyncio half, and clusters. Its Lock releases by a script, and there are no
scripts: that must be a clean error.
"""

import multiprocessing
import pathlib
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from latchkey_server import Server  # noqa: E402

import redis  # noqa: E402
from redis.backoff import ConstantBackoff  # noqa: E402
from redis.retry import Retry  # noqa: E402

WAIT_SECONDS_MAX = 60
WORKERS = 4
TURNS = 25


def until(what, condition):
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"this did not come: {what}")


def release(db, key, token):
    """Deletes the lock if it still holds the token, as one step."""
    with db.pipeline() as pipe:
        while True:
            try:
                pipe.watch(key)
                if pipe.get(key) != token:
                    return False
                pipe.multi()
                pipe.delete(key)
                return pipe.execute() == [1]
            except redis.WatchError:
                continue


def take_turns(port, name):
    """Adds to a counter without an atomic command, under a lock that makes it safe."""
    db = redis.Redis(port=port)
    for turn in range(TURNS):
        token = f"{name}:{turn}".encode()
        until("the lock", lambda: db.set("lock", token, nx=True, px=60_000))
        db.set("guarded", int(db.get("guarded") or 0) + 1)
        if not release(db, "lock", token):
            sys.exit(1)
        try:
            db.transaction(lambda pipe: optimistic_add(pipe), "optimistic")
        except redis.RedisError:
            sys.exit(2)


def optimistic_add(pipe):
    value = int(pipe.get("optimistic") or 0)
    pipe.multi()
    pipe.set("optimistic", value + 1)


class RedisPy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        self.db = redis.Redis(port=self.server.port, decode_responses=True)
        self.addCleanup(self.db.close)
        self.db.flushall()

    # The jobs of the seeds.

    def test_session(self):
        value = '{"user_id": 123, "role": "admin"}'
        self.assertTrue(self.db.set("session:abc", value, ex=3600))
        self.assertEqual(self.db.get("session:abc"), value)
        self.assertTrue(3590 < self.db.ttl("session:abc") <= 3600)
        self.assertEqual(self.db.getex("session:abc", ex=7200), value)
        self.assertGreater(self.db.ttl("session:abc"), 3600)
        self.assertEqual(self.db.hset("user:1", mapping={"name": "Ada", "plan": "pro"}), 2)
        self.assertEqual(self.db.hgetall("user:1"), {"name": "Ada", "plan": "pro"})
        self.assertEqual(self.db.hmget("user:1", "name", "none"), ["Ada", None])
        self.assertTrue(self.db.expire("user:1", 60))
        self.assertEqual(self.db.delete("session:abc", "user:1", "none"), 2)
        self.assertIsNone(self.db.get("session:abc"))

    def test_cache(self):
        self.assertTrue(self.db.setex("page", 60, "<html>"))
        self.assertTrue(self.db.psetex("short", 30, "x"))
        self.assertIsNone(self.db.set("page", "y", nx=True))
        self.assertEqual(self.db.set("page", "new", get=True), "<html>")
        self.assertEqual(self.db.ttl("page"), -1)
        until("it expires", lambda: self.db.exists("short") == 0)
        self.assertEqual(self.db.pttl("short"), -2)
        self.assertTrue(self.db.mset({"a": 1, "b": 2}))
        self.assertEqual(self.db.mget(["a", "b", "c"]), ["1", "2", None])
        self.assertFalse(self.db.msetnx({"c": 1, "a": 3}))

    def test_counter(self):
        self.assertEqual([self.db.incr("n"), self.db.incr("n", 41), self.db.decr("n", 2)], [1, 42, 40])
        self.assertEqual(self.db.incrbyfloat("f", 95.5), 95.5)
        self.assertEqual(self.db.incrbyfloat("f", 95.5), 191.0)
        with self.db.pipeline() as pipe:
            replies = pipe.incr("rate").expire("rate", 60, nx=True).ttl("rate").execute()
        self.assertEqual(replies, [1, True, 60])
        self.db.set("word", "x")
        with self.assertRaisesRegex(redis.ResponseError, "value is not an integer or out of range"):
            self.db.incr("word")
        self.db.set("n", 2**63 - 1)
        with self.assertRaisesRegex(redis.ResponseError, "overflow"):
            self.db.incr("n")

    def test_lock_between_processes(self):
        processes = [multiprocessing.get_context("spawn").Process(target=take_turns, args=(self.server.port, i)) for i in range(WORKERS)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(WAIT_SECONDS_MAX * 2)

        self.assertEqual([process.exitcode for process in processes], [0] * WORKERS)
        self.assertEqual(self.db.get("guarded"), str(WORKERS * TURNS))
        self.assertEqual(self.db.get("optimistic"), str(WORKERS * TURNS))
        self.assertEqual(self.db.exists("lock"), 0)

    def test_a_lock_of_somebody_else_is_not_released(self):
        self.db.set("lock", "one", nx=True, px=60_000)
        self.assertFalse(release(self.db, "lock", "two"))
        self.assertTrue(release(self.db, "lock", "one"))

    def test_leaderboard(self):
        self.assertEqual(self.db.zadd("board", {"ada": 100, "bob": 80, "cyd": 120}), 3)
        self.assertEqual(self.db.zincrby("board", 95.5, "bob"), 175.5)
        self.assertEqual(self.db.zrevrange("board", 0, 1, withscores=True), [("bob", 175.5), ("cyd", 120.0)])
        self.assertEqual(self.db.zrank("board", "ada"), 0)
        self.assertEqual(self.db.zrevrank("board", "ada"), 2)
        self.assertIsNone(self.db.zrank("board", "nobody"))
        self.assertEqual(self.db.zscore("board", "bob"), 175.5)
        self.assertEqual(self.db.zcount("board", 100, "(175.5"), 2)

    # Sorted sets, in all forms that have scores.

    def test_ranges_with_scores(self):
        self.db.zadd("z", {"a": 1, "b": 2.5, "c": float("inf"), "d": float("-inf")})
        self.assertEqual(self.db.zrange("z", 0, -1, withscores=True),
                         [("d", float("-inf")), ("a", 1.0), ("b", 2.5), ("c", float("inf"))])
        self.assertEqual(self.db.zrange("z", 0, 0, desc=True, withscores=True, score_cast_func=str), [("c", "inf")])
        self.assertEqual(self.db.zrange("z", 1, 3, byscore=True, withscores=True), [("a", 1.0), ("b", 2.5)])
        self.assertEqual(self.db.zrange("z", "+inf", 1, byscore=True, desc=True, offset=1, num=2), ["b", "a"])
        self.assertEqual(self.db.zrangebyscore("z", "-inf", "(2.5", start=1, num=5, withscores=True), [("a", 1.0)])
        self.assertEqual(self.db.zrevrangebyscore("z", "+inf", 1, withscores=True), [("c", float("inf")), ("b", 2.5), ("a", 1.0)])
        self.assertEqual(self.db.zpopmin("z"), [("d", float("-inf"))])
        self.assertEqual(self.db.zpopmax("z", 2), [("c", float("inf")), ("b", 2.5)])
        self.assertEqual(self.db.zmscore("z", ["a", "none"]), [1.0, None])
        self.assertEqual(self.db.zadd("z", {"a": 5}, incr=True), 6.0)
        self.assertIsNone(self.db.zadd("z", {"a": 5}, incr=True, nx=True))
        self.assertEqual(self.db.zadd("z", {"a": 7, "n": 1}, gt=True, ch=True), 2)
        self.assertIn(self.db.zrandmember("z", 1)[0], ("a", "n"))
        self.assertEqual(len(self.db.zrandmember("z", -4, withscores=True)), 8)

    def test_lexicographic_ranges(self):
        self.db.zadd("l", dict.fromkeys("abcdef", 0))
        self.assertEqual(self.db.zrangebylex("l", "[b", "(d"), ["b", "c"])
        self.assertEqual(self.db.zrange("l", "+", "[d", bylex=True, desc=True), ["f", "e", "d"])
        self.assertEqual(self.db.zlexcount("l", "-", "+"), 6)
        self.assertEqual(self.db.zremrangebylex("l", "-", "(c"), 2)

    def test_algebra(self):
        self.db.zadd("a", {"x": 1, "y": 2})
        self.db.zadd("b", {"y": 10, "z": 20})
        self.assertEqual(self.db.zunion(["a", "b"], withscores=True), [("x", 1.0), ("y", 12.0), ("z", 20.0)])
        self.assertEqual(self.db.zunion({"a": 2, "b": 1}, aggregate="MAX", withscores=True), [("x", 2.0), ("y", 10.0), ("z", 20.0)])
        self.assertEqual(self.db.zinter(["a", "b"]), ["y"])
        self.assertEqual(self.db.zdiff(["a", "b"], withscores=True), ["x", "1"])
        self.assertEqual(self.db.zinterstore("to", ["a", "b"]), 1)
        self.assertEqual(self.db.zrangestore("top", "b", 0, 0), 1)
        self.assertEqual(self.db.zintercard(2, ["a", "b"]), 1)
        self.assertEqual(self.db.zmpop(2, ["none", "a"], min=True), ["a", [["x", "1"]]])

    def test_a_queue_of_jobs_whose_workers_wait(self):
        done = []

        def work():
            own = redis.Redis(port=self.server.port, decode_responses=True)
            while True:
                _, job, score = own.bzpopmin(["urgent", "jobs"], timeout=WAIT_SECONDS_MAX)
                if job.startswith("stop"):
                    return
                done.append((job, score))

        workers = [threading.Thread(target=work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        jobs = [(f"job{i}", float(i)) for i in range(200)]
        for job, score in jobs:
            self.db.zadd("urgent" if score % 10 == 0 else "jobs", {job: score})
        self.db.zadd("jobs", {f"stop{i}": 1000 for i in range(WORKERS)})
        for worker in workers:
            worker.join(WAIT_SECONDS_MAX)
        self.assertEqual(sorted(done), sorted(jobs))
        self.assertEqual(self.db.exists("urgent", "jobs"), 0)
        self.assertIsNone(self.db.bzpopmax("urgent", timeout=0.01))

    # Walks.

    def test_scan_iterators(self):
        self.db.mset({f"key:{i}": i for i in range(1000)})
        self.db.hset("h", mapping={f"f{i}": i for i in range(700)})
        self.db.zadd("z", {f"m{i}": i / 2 for i in range(700)})
        self.assertEqual(sorted(set(self.db.scan_iter("key:*", count=50))), sorted(f"key:{i}" for i in range(1000)))
        self.assertEqual(sorted(self.db.scan_iter(_type="hash")), ["h"])
        self.assertEqual(dict(self.db.hscan_iter("h", count=30)), {f"f{i}": str(i) for i in range(700)})
        self.assertEqual(dict(self.db.zscan_iter("z", match="m1*", count=30)), {f"m{i}": i / 2 for i in range(700) if str(i)[0] == "1"})
        cursor, _ = self.db.scan(0, count=10)
        self.assertIsInstance(cursor, int)

    # Pipelines and transactions.

    def test_pipelines(self):
        with self.db.pipeline(transaction=False) as pipe:
            for i in range(3000):
                pipe.set(f"p:{i}", i)
            self.assertEqual(pipe.execute(), [True] * 3000)
        with self.db.pipeline() as pipe:
            pipe.set("a", "x").incr("a").set("b", 1)
            with self.assertRaisesRegex(redis.ResponseError, "Command # 2 .* not an integer"):
                pipe.execute()
        self.assertEqual(self.db.get("b"), "1")
        with self.db.pipeline() as pipe:
            pipe.set("b", 2).execute_command("NOSUCHCOMMAND")
            with self.assertRaisesRegex(redis.ResponseError, "unknown command"):
                pipe.execute()
        self.assertEqual(self.db.get("b"), "1")

    def test_a_watched_key_that_changed(self):
        self.db.set("w", 1)
        with self.db.pipeline() as pipe:
            pipe.watch("w")
            self.db.set("w", 2)
            pipe.multi()
            pipe.set("w", 3)
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertEqual(self.db.get("w"), "2")

    # Channels.

    def test_channels(self):
        listener = self.db.pubsub()
        listener.subscribe("news")
        listener.psubscribe("n*")
        until("both confirmations", lambda: listener.get_message(timeout=1) and listener.patterns and
              self.db.pubsub_numpat() == 1)
        self.assertEqual(self.db.pubsub_channels(), ["news"])
        self.assertEqual(self.db.pubsub_numsub("news", "none"), [("news", 1), ("none", 0)])
        self.assertEqual(self.db.publish("news", "hello"), 2)
        heard = []
        until("two messages", lambda: [heard.append(m) for m in [listener.get_message(ignore_subscribe_messages=True, timeout=0.1)] if m]
              and len(heard) == 2)
        self.assertEqual([(m["type"], m["channel"], m["data"]) for m in heard], [("message", "news", "hello"), ("pmessage", "news", "hello")])
        listener.close()
        until("nobody listens", lambda: self.db.publish("news", "x") == 0)

    def test_a_blocked_listener_hears_all_in_order(self):
        heard = []
        listener = self.db.pubsub(ignore_subscribe_messages=True)
        listener.subscribe("stream")
        thread = threading.Thread(target=listen, args=(listener, heard))
        thread.start()
        until("it listens", lambda: self.db.publish("stream", "0") == 1)
        with self.db.pipeline(transaction=False) as pipe:
            for i in range(1, 1000):
                pipe.publish("stream", i)
            pipe.publish("stream", "end")
            pipe.execute()
        thread.join(WAIT_SECONDS_MAX)
        self.assertFalse(thread.is_alive())
        self.assertEqual(heard, [str(i) for i in range(1000)] + ["end"])
        listener.close()

    def test_keyspace_events(self):
        self.db.config_set("notify-keyspace-events", "KEA")
        self.assertEqual(set(self.db.config_get("notify-keyspace-events")["notify-keyspace-events"]), set("KEA"))
        listener = self.db.pubsub(ignore_subscribe_messages=True)
        listener.psubscribe("__keyspace@0__:k*")
        until("it listens", lambda: self.db.pubsub_numpat() == 1)
        self.db.set("k1", "v", px=20)
        self.db.hset("k2", "f", "v")
        self.db.rename("k2", "k3")
        heard = []
        until("all events", lambda: [heard.append((m["channel"].split(":")[1], m["data"]))
                                     for m in [listener.get_message(timeout=0.1)] if m] and ("k1", "expired") in heard and
              ("k3", "rename_to") in heard)
        self.assertEqual([event for key, event in heard if key == "k1"], ["set", "expire", "expired"])
        self.assertEqual([pair for pair in heard if pair[0] != "k1"], [("k2", "hset"), ("k2", "rename_from"), ("k3", "rename_to")])
        self.db.config_set("notify-keyspace-events", "")
        listener.close()

    # Connections.

    def test_comes_back_after_the_server_was_killed(self):
        with Server() as server:
            db = redis.Redis(port=server.port, decode_responses=True, retry=Retry(ConstantBackoff(0.02), 500),
                             retry_on_error=[redis.ConnectionError, redis.TimeoutError])
            self.assertTrue(db.set("kept", "yes"))
            listener = db.pubsub(ignore_subscribe_messages=True)
            listener.subscribe("again")
            until("it listens", lambda: db.publish("again", "0") == 1)
            port = server.port
            server.stop(signal.SIGKILL)
            server.start(port)

            self.assertEqual(db.get("kept"), "yes")
            # This version tells its user that the connection is lost, and subscribes again when asked again.
            with self.assertRaises(redis.ConnectionError):
                until("it notices", lambda: listener.get_message(timeout=0.1) and False)
            until("the subscription is back", lambda: (listener.get_message(timeout=0.02), db.publish("again", "1"))[1] == 1)
            listener.close()
            db.close()

    def test_comes_back_after_client_kill(self):
        client_id = self.db.client_id()
        with redis.Redis(port=self.server.port) as other:
            self.assertEqual(other.client_kill_filter(_id=client_id), 1)
        # The kill may reach the connection while it is in use; then this version tells its user once.
        def is_back():
            try:
                return self.db.ping()
            except redis.ConnectionError:
                return False

        until("it is back", is_back)
        self.assertNotEqual(self.db.client_id(), client_id)

    def test_passwords(self):
        with Server() as server:
            with redis.Redis(port=server.port) as open_db:
                open_db.config_set("requirepass", "secret")
            with self.assertRaisesRegex(redis.AuthenticationError, "Authentication required"):
                redis.Redis(port=server.port).get("k")
            with self.assertRaisesRegex(redis.ResponseError, "WRONGPASS invalid username-password pair"):
                redis.Redis(port=server.port, password="wrong").get("k")
            self.assertTrue(redis.Redis(port=server.port, password="secret").set("k", "v"))
            self.assertEqual(redis.from_url(f"redis://default:secret@127.0.0.1:{server.port}/0").get("k"), b"v")

    def test_collections_by_number(self):
        with redis.Redis(port=self.server.port, db=5) as five:
            five.set("k", "v")
            self.assertEqual(five.dbsize(), 1)
        self.assertEqual(self.db.exists("k"), 0)

    def test_many_connections_and_threads(self):
        pool = redis.BlockingConnectionPool(port=self.server.port, max_connections=8, timeout=WAIT_SECONDS_MAX)
        db = redis.Redis(connection_pool=pool)
        threads = [threading.Thread(target=lambda: [db.incr("shared") for _ in range(100)]) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(db.get("shared"), b"1600")
        pool.disconnect()

    def test_over_a_unix_socket(self):
        with Server(flags=["--unixsocket", "door.socket"]) as server:
            with redis.Redis(unix_socket_path=server.directory + "/door.socket") as db:
                self.assertTrue(db.set("k", "v"))
                self.assertEqual(db.get("k"), b"v")

    # What tells about the server.

    def test_info(self):
        self.db.set("k", "v")
        info = self.db.info()
        self.assertTrue(info["redis_version"].startswith("7.2"))
        self.assertEqual(info["redis_mode"], "standalone")
        self.assertEqual(info["role"], "master")
        self.assertEqual(info["loading"], 0)
        self.assertGreater(info["used_memory"], 0)
        self.assertGreaterEqual(info["connected_clients"], 1)
        self.assertEqual(info["db0"]["keys"], 1)
        self.assertIn("used_memory_human", self.db.info("memory"))
        self.db.get("k")
        self.assertGreaterEqual(self.db.info("commandstats")["cmdstat_get"]["calls"], 1)

    def test_clients(self):
        self.db.client_setname("me")
        self.assertEqual(self.db.client_getname(), "me")
        mine = [client for client in self.db.client_list() if client["id"] == str(self.db.client_id())]
        self.assertEqual(mine[0]["name"], "me")
        self.assertIn("client", mine[0]["cmd"])
        self.assertEqual(self.db.client_info()["name"], "me")
        self.assertEqual(self.db.client_list(_type="pubsub"), [])
        self.assertTrue(self.db.client_pause(1))
        self.assertTrue(self.db.client_unpause())

    def test_objects_and_memory(self):
        self.db.set("s", "text")
        self.db.set("n", 5)
        self.db.hset("h", "f", "v")
        self.db.zadd("z", {"m": 1})
        self.assertEqual([self.db.object("encoding", key) for key in "snhz"], ["embstr", "int", "listpack", "listpack"])
        self.assertEqual(self.db.object("idletime", "s"), 0)
        self.assertEqual(self.db.object("refcount", "s"), 1)
        self.assertIsNone(self.db.object("encoding", "none"))
        self.assertGreater(self.db.memory_usage("s"), 0)
        self.assertIsNone(self.db.memory_usage("none"))
        self.assertIsInstance(self.db.memory_stats(), dict)
        self.assertEqual([self.db.type(key) for key in ("s", "h", "z", "none")], ["string", "hash", "zset", "none"])

    def test_settings_and_administration(self):
        self.assertEqual(self.db.config_get("maxmemory-policy"), {"maxmemory-policy": "noeviction"})
        self.assertIn("save", self.db.config_get("*"))
        self.assertTrue(self.db.config_resetstat())
        self.assertEqual(len(self.db.time()), 2)
        self.assertEqual(self.db.role()[0], "master")
        self.assertIsInstance(self.db.slowlog_get(), list)
        self.assertEqual(self.db.echo("x"), "x")
        self.assertGreater(self.db.command_count(), 100)
        self.assertEqual(self.db.command()["get"]["arity"], 2)
        self.assertEqual(self.db.command_getkeys("MSET", "a", 1, "b", 2), ["a", "b"])
        self.assertTrue(self.db.save())
        self.assertTrue(self.db.bgsave())
        self.assertIsNotNone(self.db.lastsave())
        self.assertTrue(self.db.execute_command("DEBUG", "SLEEP", "0.01") in ("OK", True))
        self.assertEqual(self.db.wait(0, 0), 0)

    def test_scripts_are_refused_in_words(self):
        for call in (lambda: self.db.eval("return 1", 0), lambda: self.db.evalsha("0" * 40, 0), lambda: self.db.script_load("return 1"),
                     lambda: self.db.register_script("return 1")()):
            with self.assertRaisesRegex(redis.ResponseError, "unknown command|not supported"):
                call()

    def test_the_lock_class_cannot_release_and_says_so(self):
        lock = self.db.lock("guard", timeout=60)
        self.assertTrue(lock.acquire(blocking=False))
        self.assertFalse(self.db.lock("guard", timeout=60).acquire(blocking=False))
        self.assertGreater(self.db.pttl("guard"), 0)
        with self.assertRaisesRegex(redis.ResponseError, "unknown command 'EVALSHA'"):
            lock.release()
        self.assertTrue(self.db.ping())

    # Data.

    def test_large_and_binary_values(self):
        with redis.Redis(port=self.server.port) as db:
            value = bytes(range(256)) * 40_000
            self.assertTrue(db.set(b"\x00\xff", value))
            self.assertEqual(db.get(b"\x00\xff"), value)
            self.assertEqual(db.getrange(b"\x00\xff", 255, 257), b"\xff\x00\x01")
            self.assertEqual(db.append(b"\x00\xff", b"end"), len(value) + 3)
            self.assertEqual(db.hset("h", b"\r\n", value), 1)
            self.assertEqual(db.hget("h", b"\r\n"), value)
            self.assertEqual(db.set("empty", b""), True)
            self.assertEqual(db.get("empty"), b"")

    def test_hashes(self):
        self.assertEqual(self.db.hset("h", mapping={"a": 1, "b": "x"}), 2)
        self.assertEqual(self.db.hsetnx("h", "a", 2), 0)
        self.assertEqual(self.db.hincrby("h", "a", 4), 5)
        self.assertEqual(self.db.hincrbyfloat("h", "a", 0.5), 5.5)
        self.assertEqual((self.db.hlen("h"), self.db.hstrlen("h", "a"), self.db.hexists("h", "c")), (2, 3, False))
        self.assertEqual(sorted(self.db.hkeys("h")), ["a", "b"])
        self.assertEqual(len(self.db.hrandfield("h", -5, withvalues=True)), 10)
        with self.assertRaisesRegex(redis.ResponseError, "hash value is not an integer"):
            self.db.hincrby("h", "b")
        self.assertEqual(self.db.hdel("h", "a", "b", "c"), 2)
        self.assertEqual(self.db.exists("h"), 0)

    def test_keys_and_deadlines(self):
        self.db.set("k", "v")
        self.assertTrue(self.db.expire("k", 100, nx=True))
        self.assertFalse(self.db.expire("k", 50, gt=True))
        self.assertTrue(self.db.expireat("k", 4_000_000_000))
        self.assertEqual(self.db.expiretime("k"), 4_000_000_000)
        self.assertEqual(self.db.pexpiretime("k"), 4_000_000_000_000)
        self.assertTrue(self.db.copy("k", "l"))
        self.assertTrue(self.db.rename("k", "m"))
        self.assertEqual(self.db.pexpiretime("m"), 4_000_000_000_000)
        self.assertTrue(self.db.persist("m"))
        self.assertEqual(self.db.touch("l", "m", "none"), 2)
        self.assertIn(self.db.randomkey(), ("l", "m"))
        self.assertEqual(sorted(self.db.keys("?")), ["l", "m"])
        self.assertEqual(self.db.unlink("l", "m"), 2)


def listen(listener, heard):
    for message in listener.listen():
        if message["data"] != "0" or not heard:
            heard.append(message["data"])
        if message["data"] == "end":
            return


if __name__ == "__main__":
    unittest.main()
