"""Runs bench/load_generator against a server."""

import json
import statistics
import subprocess

from bench_servers import BenchError


def generate(machine, server, command, *, connections=50, pipeline=1, expect="", keys=1_000_000, seconds=None,
             requests=None, each=False, key_space=0, rate=None, warmup=0.3, first_key=0):
    """One run of the generator. Returns its figures; `others` is how many cores were used by
    processes that are no part of the benchmark."""
    words = ["taskset", "-c", str(machine.generator_core), machine.generator, "--json", "--port", str(server.port),
             "--server-pid", str(server.pid), "--command", command, "--connections", str(connections),
             "--pipeline", str(pipeline), "--keys", str(keys), "--key-space", str(key_space),
             "--first-key", str(first_key), "--warmup", str(warmup)]
    if expect:
        words += ["--expect", expect]
    if each:
        words += ["--each"]
    if seconds:
        words += ["--seconds", str(seconds)]
    if requests:
        words += ["--requests", str(requests)]
    if rate:
        words += ["--rate", str(rate)]
    run = subprocess.run(words, capture_output=True, text=True, timeout=3600)
    if run.returncode != 0:
        raise BenchError(f"{command} against {server.name}: {run.stderr.strip() or run.returncode}; {server.last_output()}")
    result = json.loads(run.stdout)
    if result["errors"] or result["unexpected"]:
        raise BenchError(f"{command} against {server.name}: {result['errors']} errors ({result['first_error']}), "
                         f"{result['unexpected']} replies of another kind")
    return result


def fill(machine, server, command, keys, *, expect="", key_space=0, pipeline=64):
    """Every key once, a million at a time so that the generator stays small."""
    for first in range(0, keys, 1_000_000):
        generate(machine, server, command, each=True, keys=min(1_000_000, keys - first), first_key=first,
                 pipeline=pipeline, expect=expect, key_space=key_space)


def median(rounds, figure):
    return statistics.median(r[figure] for r in rounds)
