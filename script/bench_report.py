"""Turns measured rows into lines for people and a table for docs/benchmarks.md."""

import pathlib
import platform
import re
import subprocess

from bench_rows import TARGETS


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def describe_machine():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    numbers = re.search(r"cpu family\s*:\s*(\d+).*?model\s*:\s*(\d+)", pathlib.Path("/proc/cpuinfo").read_text(), re.S)
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    count = pathlib.Path("/proc/cpuinfo").read_text().count("processor\t:")
    return {"cpu": f"{cpu.group(1) if cpu else platform.machine()}"
                   + (f" (family {numbers.group(1)}, model {numbers.group(2)})" if numbers else ""),
            "cores": count, "memory_gib": round(int(memory.group(1)) / 1048576, 1), "kernel": platform.release(),
            "redis": first_line(["redis-server", "--version"]),
            "commit": first_line(["git", "rev-parse", "--short", "HEAD"])}


def verdict(name, row):
    """Whether the row reaches what it is asked, as a word; empty where nothing is asked."""
    if name in TARGETS:
        figure, least = TARGETS[name]
        return f"{'met' if row[figure] >= least else 'MISSED'} ({least}x)"
    if name == "memory":
        return f"{'met' if row['ours_bytes_per_key'] <= 64 else 'MISSED'} (64)"
    if name == "expiry":
        return f"{'met' if row['ours_p99_ms'] <= 50 else 'MISSED'} (50 ms)"
    if name == "stall":
        return f"{'met' if row['ours_saving_max_ms'] <= 50 else 'MISSED'} (50 ms)"
    if name.startswith("start"):
        return f"{'met' if row['ratio'] > 1 else 'MISSED'} (1x)"
    return ""


def rate_text(rate):
    return f"{rate / 1000:,.0f}k/s" if rate >= 10_000 else f"{rate / 1000:,.1f}k/s"


def cells(name, row):
    """What, ours, Redis, ratio of processor time, ratio of rate, verdict."""
    if "cpu_ratio" in row:
        side = [f"{row[s + '_server_cpu_ns'] / 1000:.2f} us, {rate_text(row[s + '_rate'])}, "
                f"p99 {row[s + '_p99_us'] / 1000:.2f} ms" for s in ("ours", "redis")]
        return [name, *side, f"{row['cpu_ratio']:.2f}", f"{row['rate_ratio']:.2f}", verdict(name, row)]
    if "empty_rate" in row:
        return [name, f"empty server {row['empty_server_cpu_ns'] / 1000:.2f} us, {rate_text(row['empty_rate'])}, "
                      f"generator {row['generator_cpu_ns'] / 1000:.2f} us", "", "", "", ""]
    if name == "memory":
        side = [f"{row[s + '_bytes_per_key']:.1f} bytes a key ({row[s + '_bytes_per_key_all']:.1f} with the empty server)"
                for s in ("ours", "redis")]
        return [name, *side, f"{row['ratio']:.2f}", "", verdict(name, row)]
    if name == "expiry":
        side = [f"p50 {row[s + '_p50_ms']:,.0f} ms, p99 {row[s + '_p99_ms']:,.0f} ms"
                + (f", {row[s + '_missing']} not within a minute" if row[s + "_missing"] else "")
                for s in ("ours", "redis")]
        return [name, *side, "", "", verdict(name, row)]
    if name == "stall":
        side = ["; ".join(f"longest {kind.upper()} {row[f'{s}_saving_{kind}_max_ms']:.1f} ms while saving, "
                          f"{row[f'{s}_quiet_{kind}_max_ms']:.1f} ms before" for kind in ("get", "set"))
                for s in ("ours", "redis")]
        return [name, *side, "", "", verdict(name, row)]
    side = [f"{row[s + '_start_seconds']:.2f} s ({row[s + '_file_bytes'] / 1e6:,.0f} MB on disk)" for s in ("ours", "redis")]
    side[0] += f", {row['ours_start_after_kill_seconds']:.2f} s after a kill"
    return [name, *side, f"{row['ratio']:.2f}", "", verdict(name, row)]


HEAD = ["row", "Latchkey", "Redis", "CPU ratio", "rate ratio", "asked"]


def print_row(name, row):
    what, ours, redis, cpu, rate, judged = cells(name, row)
    ratios = "  ".join(f"{label} {value}x" for label, value in (("cpu", cpu), ("rate", rate)) if value)
    noise = max((r["others"] for rounds in row.get("rounds", {}).values() for r in rounds), default=0)
    warning = f"  [other processes used {noise:.1f} cores]" if noise > 0.1 else ""
    print(f"{what:14} {ours:52} {redis:52} {ratios}  {judged}{warning}", flush=True)


def markdown(rows):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += ["| " + " | ".join(cells(name, row)) + " |" for name, row in rows.items()]
    return "\n".join(lines)
