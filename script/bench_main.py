"""The command line of script/bench: see there."""

import argparse
import fnmatch
import json
import pathlib
import signal
import sys
import time

from bench_report import describe_machine, markdown, print_row
from bench_rows import GROUPS, KEYS, LONG_ROWS
from bench_servers import ROOT, BenchError, Machine


def parse(arguments):
    parser = argparse.ArgumentParser(prog="script/bench", description="Latchkey beside redis-server on this machine.")
    parser.add_argument("rows", nargs="*", help="rows or groups to measure, with * and ?; all by default")
    parser.add_argument("--rows", dest="more_rows", default="", help="the same, with commas between")
    parser.add_argument("--list", action="store_true", help="name the rows and stop")
    parser.add_argument("--quick", action="store_true", help="one short round on a tenth of the keys: figures mean little")
    parser.add_argument("--full", action="store_true", help="also the rows that take minutes")
    parser.add_argument("--rounds", type=int, help="turns of each server in a row (3)")
    parser.add_argument("--seconds", type=float, help="of each turn (3)")
    parser.add_argument("--keys", type=int, help=f"keys and members ({KEYS})")
    parser.add_argument("--json", type=pathlib.Path, help="write the raw figures to this file")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the table to this file")
    parser.add_argument("--server", default=str(ROOT / "build/release/latchkey"), help="the program to measure as ours")
    parser.add_argument("--programs", default=str(ROOT / "build/release"), help="where the generator is")
    parser.add_argument("--data", help="where the temporary directory is made (the disk matters for sync rows)")
    parser.add_argument("--no-build", action="store_true", help="take the programs as they are")
    settings = parser.parse_args(arguments)
    settings.rounds = settings.rounds or (1 if settings.quick else 3)
    settings.seconds = settings.seconds or (1.0 if settings.quick else 3.0)
    settings.keys = settings.keys or (100_000 if settings.quick else KEYS)
    settings.patterns = settings.rows + [r for r in settings.more_rows.split(",") if r]
    return settings


def chosen_rows(settings):
    """group -> rows of it that are wanted."""
    chosen = {}
    unknown = set(settings.patterns)
    for group, (rows, _) in GROUPS.items():
        for row in rows:
            named = {p for p in settings.patterns if p == group or fnmatch.fnmatchcase(row, p)}
            unknown -= named
            long = row in LONG_ROWS and not settings.full and row not in settings.patterns
            if (named or not settings.patterns) and not long:
                chosen.setdefault(group, []).append(row)
    unknown -= {p for p in settings.patterns if p in LONG_ROWS}
    if unknown:
        raise BenchError(f"there is no row {', '.join(sorted(unknown))}; --list names them")
    return chosen


def run(settings):
    measured, failed = {}, 0
    machine = Machine(settings.server, settings.programs, settings.data)
    try:
        for group, rows in chosen_rows(settings).items():
            try:
                for name, row in GROUPS[group][1](machine, settings, rows):
                    measured[name] = row
                    print_row(name, row)
            except BenchError as error:
                failed += 1
                print(f"{group}: {error}", file=sys.stderr, flush=True)
                machine.forget(*list(machine.servers))
    finally:
        machine.close()
    return measured, failed


def main():
    settings = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` stops the servers
    if settings.list:
        for group, (rows, _) in GROUPS.items():
            print(f"{group:8} {' '.join(rows)}")
        return 0
    description = describe_machine()
    print(" | ".join(f"{k} {v}" for k, v in description.items()), flush=True)
    began = time.time()
    try:
        measured, failed = run(settings)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if settings.json:
        settings.json.write_text(json.dumps({
            "machine": description, "began": began, "arguments": sys.argv[1:], "rounds": settings.rounds,
            "seconds": settings.seconds, "keys": settings.keys, "rows": measured}, indent=1) + "\n")
    if settings.markdown:
        settings.markdown.write_text(markdown(measured) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
