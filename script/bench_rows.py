"""The rows of script/bench: what each measures, on which servers, and how it becomes a line.

A group starts its servers once and measures several rows on them. Ours and Redis take turns in every
row, so that a slow moment of the machine falls on both.
"""

import threading
import time

from bench_load import fill, generate, median
from bench_servers import BenchError

KEYS = 1_000_000


def compare(machine, settings, ours, redis, **request):
    """Rounds of A, B, A, B. Returns the raw rounds of each."""
    rounds = {"ours": [], "redis": []}
    for _ in range(settings.rounds):
        for name, server in (("ours", ours), ("redis", redis)):
            rounds[name].append(generate(machine, server, seconds=settings.seconds, **request))
    return rounds


def against(rounds):
    """The figures of a row that compares: medians, and ratios in which more is better for us."""
    row = {"rounds": rounds}
    for name in ("ours", "redis"):
        for figure in ("server_cpu_ns", "rate", "generator_cpu_ns", "p50_us", "p99_us", "p999_us", "others"):
            row[f"{name}_{figure}"] = median(rounds[name], figure)
    row["cpu_ratio"] = row["redis_server_cpu_ns"] / max(row["ours_server_cpu_ns"], 1)
    row["rate_ratio"] = row["ours_rate"] / max(row["redis_rate"], 1)
    return row


# name -> (what is sent, first byte of the reply, key space)
PLAIN = {
    "set": ("SET {key} {value}", "+", 0),
    "get": ("GET {key}", "$", 0),
    "incr": ("INCR {key}", ":", 1),
    "mget": ("MGET" + " {key}" * 10, "*", 0),
    "hset": ("HSET {key} name {value}", ":", 2),
    "hget": ("HGET {key} name", "$", 2),
}
PLAIN_ROWS = [f"{name}-{pipeline}" for pipeline in (1, 16, 64) for name in ("set", "get", "incr")]
PLAIN_ROWS += ["mget-16", "hset-16", "hget-16"]


def measure_plain(machine, settings, rows):
    ours, redis = machine.start_ours("interval"), machine.start_redis()
    needed = {PLAIN[row.rsplit("-", 1)[0]][2] for row in rows}
    for server in (ours, redis):
        for space, (command, expect) in {0: ("SET {key} {value}", "+"), 1: ("SET {key} 1000", "+"),
                                         2: ("HSET {key} name {value}", ":")}.items():
            if space in needed:
                fill(machine, server, command, settings.keys, expect=expect, key_space=space)
        wanted, found = settings.keys * len(needed), server.call("DBSIZE")
        if found != wanted:
            raise BenchError(f"{server.name} has {found} keys where {wanted} were written")
    for row in rows:
        name, pipeline = row.rsplit("-", 1)
        command, expect, space = PLAIN[name]
        yield row, against(compare(machine, settings, ours, redis, command=command, expect=expect, key_space=space,
                                   pipeline=int(pipeline), keys=settings.keys))
    machine.forget(ours, redis)


FILL_ROWS = ["fill-16", "fill-64"]


def measure_fill(machine, settings, rows):
    """SETs of keys that are not there yet, from an empty server to the last key."""
    starts = {"ours": lambda: machine.start_ours("interval"), "redis": machine.start_redis}
    for row in rows:
        rounds = {"ours": [], "redis": []}
        for _ in range(settings.rounds):
            for name, start in starts.items():
                server = start()
                rounds[name].append(generate(machine, server, "SET {key} {value}", expect="+", each=True, warmup=0,
                                             keys=settings.keys, pipeline=int(row.split("-")[1])))
                machine.forget(server)
        yield row, against(rounds)


SORTED = {
    "zadd-16": ("ZADD board {score} {key}", ":"),
    "zrank-16": ("ZRANK board {key}", ":"),
    "zscore-16": ("ZSCORE board {key}", "$"),
    "zrevrange-16": ("ZREVRANGE board 0 9", "*"),
}


def measure_sorted(machine, settings, rows):
    ours, redis = machine.start_ours("interval"), machine.start_redis()
    for server in (ours, redis):
        fill(machine, server, "ZADD board {score} {key}", settings.keys, expect=":", pipeline=16)
        if server.call("ZCARD", "board") != settings.keys:
            raise BenchError(f"{server.name} lost members of the sorted set")
    for row in rows:
        command, expect = SORTED[row]
        yield row, against(compare(machine, settings, ours, redis, command=command, expect=expect, pipeline=16,
                                   keys=settings.keys))
    machine.forget(ours, redis)


SYNC_ROWS = ["sync-1", "sync-16", "sync-64", "sync-256"]


def measure_sync(machine, settings, rows):
    ours = machine.start_ours("sync")
    redis = machine.start_redis("--appendonly", "yes", "--appendfsync", "always")
    for row in rows:
        yield row, against(compare(machine, settings, ours, redis, command="SET {key} {value}", expect="+",
                                   connections=int(row.split("-")[1]), keys=settings.keys))
    machine.forget(ours, redis)


def measure_ceiling(machine, settings, rows):
    """What the generator reaches, and what the kernel costs, when the server does nothing."""
    empty = machine.start_empty()
    for row in rows:
        rounds = [generate(machine, empty, "SET {key} {value}", expect="+", seconds=settings.seconds,
                           pipeline=int(row.split("-")[1])) for _ in range(settings.rounds)]
        yield row, {"rounds": {"empty": rounds}, "empty_rate": median(rounds, "rate"),
                    "empty_server_cpu_ns": median(rounds, "server_cpu_ns"),
                    "generator_cpu_ns": median(rounds, "generator_cpu_ns"), "others": median(rounds, "others")}
    machine.forget(empty)


def measure_memory(machine, settings, rows):
    row = {}
    for name, start in (("ours", lambda: machine.start_ours("interval")), ("redis", machine.start_redis)):
        server = start()
        before = server.resident_bytes()
        fill(machine, server, "SET {key} {value}", settings.keys, expect="+")
        time.sleep(2)  # what works behind the load may give memory back
        after = server.resident_bytes()
        row[f"{name}_bytes_per_key"] = (after - before) / settings.keys
        row[f"{name}_bytes_per_key_all"] = after / settings.keys
        machine.forget(server)
    row["ratio"] = row["redis_bytes_per_key"] / row["ours_bytes_per_key"]
    yield "memory", row


PROBES = 1000
EXPIRY_SECONDS_MAX = 60


def lateness(machine, server, settings):
    """How late the `expired` events of 1,000 keys that are due together come, in milliseconds."""
    server.call("CONFIG", "SET", "notify-keyspace-events", "Ex")
    fill(machine, server, "SET {key} {value} PX {ttl}", settings.keys, expect="+")
    with server.client() as listener, server.client() as writer:
        listener.call("SUBSCRIBE", "__keyevent@0__:expired")
        due_ms = int(time.time() * 1000) + 3000
        for i in range(PROBES):
            writer.call("SET", f"probe:{i}", "x", "PXAT", due_ms)
        late, deadline = [], due_ms / 1000 + EXPIRY_SECONDS_MAX
        while len(late) < PROBES and time.time() < deadline:
            listener.socket.settimeout(max(0.05, deadline - time.time()))
            try:
                message = listener.read()
            except (TimeoutError, OSError):
                break
            if isinstance(message, list) and message[0] == "message" and message[2].startswith("probe:"):
                late.append(time.time() * 1000 - due_ms)
    # Those that did not come in time count as late as the wait was: a lower bound.
    late += [EXPIRY_SECONDS_MAX * 1000.0] * (PROBES - len(late))
    return sorted(late)


def measure_expiry(machine, settings, rows):
    row = {}
    for name, start in (("ours", lambda: machine.start_ours("interval")), ("redis", machine.start_redis)):
        server = start()
        late = lateness(machine, server, settings)
        row.update({f"{name}_p50_ms": late[PROBES // 2], f"{name}_p99_ms": late[PROBES * 99 // 100],
                    f"{name}_earliest_ms": late[0], f"{name}_latest_ms": late[-1],
                    f"{name}_missing": sum(1 for ms in late if ms >= EXPIRY_SECONDS_MAX * 1000)})
        machine.forget(server)
    yield "expiry", row


def measure_start(machine, settings, rows):
    """From the start of the process to the first answer from its data, after a clean stop."""
    for row_name in rows:
        keys = 10_000_000 if row_name == "start-1e7" else settings.keys
        row = {"keys": keys}
        for name, start in (("ours", lambda: machine.start_ours("interval")),
                            ("redis", lambda: machine.start_redis("--save", "3600 1", "--dbfilename", "dump.rdb"))):
            server = start()
            fill(machine, server, "SET {key} {value}", keys, expect="+")
            began = time.monotonic()
            server.stop(clean=True)
            row[f"{name}_stop_seconds"] = time.monotonic() - began
            row[f"{name}_file_bytes"] = sum(f.stat().st_size for f in server.directory.rglob("*") if f.is_file())
            server.start()
            row[f"{name}_start_seconds"] = server.start_seconds
            if server.call("DBSIZE") != keys:
                raise BenchError(f"{server.name} came back with {server.call('DBSIZE')} of {keys} keys")
            if name == "ours":
                server.restart(clean=False)
                row["ours_start_after_kill_seconds"] = server.start_seconds
            machine.forget(server)
        row["ratio"] = row["redis_start_seconds"] / row["ours_start_seconds"]
        yield row_name, row


def measure_stall(machine, settings, rows):
    """The highest latency of GETs and of SETs, sent at a fixed rate, without and with a BGSAVE in the middle."""
    row = {}
    request = dict(connections=10, rate=2000, seconds=max(4.0, settings.seconds), keys=settings.keys)
    for name, start in (("ours", lambda: machine.start_ours("interval")), ("redis", machine.start_redis)):
        server = start()
        fill(machine, server, "SET {key} {value}", settings.keys, expect="+")
        for kind in ("get", "set"):
            command, expect, _ = PLAIN[kind]
            for state in ("quiet", "saving"):
                save = threading.Timer(1.0, lambda s=server: s.call("BGSAVE"))
                if state == "saving":
                    save.start()
                result = generate(machine, server, command, expect=expect, **request)
                if state == "saving":
                    save.join()
                row[f"{name}_{state}_{kind}_max_ms"] = result["max_us"] / 1000
                row[f"{name}_{state}_{kind}_p999_ms"] = result["p999_us"] / 1000
            time.sleep(3 if settings.keys >= KEYS else 1)  # the save of this round ends before the next begins
        row[f"{name}_saving_max_ms"] = max(row[f"{name}_saving_{kind}_max_ms"] for kind in ("get", "set"))
        machine.forget(server)
    yield "stall", row


# group -> (its rows, how they are measured)
GROUPS = {
    "ceiling": (["ceiling-1", "ceiling-16", "ceiling-64"], measure_ceiling),
    "plain": (PLAIN_ROWS, measure_plain),
    "fill": (FILL_ROWS, measure_fill),
    "sorted": (list(SORTED), measure_sorted),
    "sync": (SYNC_ROWS, measure_sync),
    "memory": (["memory"], measure_memory),
    "expiry": (["expiry"], measure_expiry),
    "stall": (["stall"], measure_stall),
    "start": (["start", "start-1e7"], measure_start),
}
LONG_ROWS = {"start-1e7"}

# What design asks of a row: the figure it is judged by and the least ratio.
TARGETS = {
    "set-1": ("cpu_ratio", 1.1), "get-1": ("cpu_ratio", 1.1), "incr-1": ("cpu_ratio", 1.1),
    "set-16": ("cpu_ratio", 2), "get-16": ("cpu_ratio", 2), "set-64": ("cpu_ratio", 3), "get-64": ("cpu_ratio", 3),
    "sync-64": ("rate_ratio", 1.3), "zadd-16": ("cpu_ratio", 2), "zrank-16": ("cpu_ratio", 1.7),
}
