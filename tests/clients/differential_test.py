"""Random commands at redis-server and at Latchkey at once: every reply, every message, all data at the end.

Two connections to each server send the same commands in the same order, one a step at a time, and a
third listens to channels and keyspace events. Half of the run speaks RESP2, half RESP3. Replies are
compared as they are on the wire. What redis 7.0 answers is right, but for the rows of
KNOWN_DIFFERENCES in reply_rules.py.

Verified:     replies, error texts, events and their order, the data of all databases, whole walks by
              SCAN, HSCAN and ZSCAN, EXEC under WATCH with two clients.
Not verified: deadlines that come (see tests of expiry), concurrency, blocked clients, the content of
              INFO, and what only 7.2 has.

    python3 tests/clients/differential_test.py [--commands N] [--seed S] [--keep-going]
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "docs"))
from latchkey_server import Server  # noqa: E402

import command_stream  # noqa: E402
import reply_rules  # noqa: E402
from resp_wire import Wire  # noqa: E402

COMMANDS = 64_000
BATCH = 60  # commands sent at once, at most
ROUND = 4000  # commands until both begin empty again
DATABASES = [b"0", b"3", b"9"]
MISMATCHES_SHOWN = 12
RELATED_SHOWN = 12


# What tells whether the elements of a random pick exist; it is asked right behind the pick.
WHOLE = {
    b"HRANDFIELD": lambda key: [b"HGETALL", key],
    b"ZRANDMEMBER": lambda key: [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
}


class Side:
    """One of the two servers, with its connections."""

    def __init__(self, server):
        self.server = server
        self.wires = []
        self.listener = None

    def connect(self, protocol):
        self.disconnect()
        self.wires = [Wire(self.server.port, protocol) for _ in range(2)]
        self.listener = Wire(self.server.port, protocol)
        assert self.wires[0].call("FLUSHALL") == ("+", b"OK")
        assert self.wires[0].call("CONFIG", "SET", "notify-keyspace-events", "KEA") == ("+", b"OK")
        self.listener.send([["SUBSCRIBE", "news", "end"], ["PSUBSCRIBE", "__key*__:*"]])
        for _ in range(3):
            self.listener.read()

    def disconnect(self):
        for wire in self.wires + ([self.listener] if self.listener else []):
            wire.close()

    def heard(self):
        """All messages until now."""
        control = Wire(self.server.port)
        control.call("PUBLISH", "end", "end")
        control.close()
        messages = []
        while True:
            message = self.listener.read()
            if message[1][1] == ("$", b"end"):
                return messages
            messages.append(message)


class Comparison:
    """Finds the differences that are not known, and remembers what led to them."""

    def __init__(self):
        self.mismatches = []
        self.known = dict.fromkeys([name for name, _, _ in reply_rules.KNOWN_DIFFERENCES], 0)
        self.compared = 0
        self.errors = 0
        self.reset()

    def reset(self):
        self.queued = [[], []]
        self.history = []
        self.step_has_mismatch = False

    def replies(self, connection, command, theirs, ours):
        self.compared += 1
        self.errors += reply_rules.is_error(theirs)
        self.history.append((connection, command, theirs, ours))
        name = command[0].upper()
        queue = self.queued[connection]
        if theirs == ("+", b"QUEUED") == ours:
            queue.append(command)
            return
        if name == b"EXEC" and theirs[0] == ours[0] == "*" and theirs[1] is not None and ours[1] is not None \
                and len(theirs[1]) == len(ours[1]) == len(queue):
            for inner, their_part, our_part in zip(queue, theirs[1], ours[1]):
                self.one(inner, their_part, our_part)
        else:
            self.one(command, theirs, ours)
        if name in (b"EXEC", b"DISCARD", b"RESET") and len(command) == 1:
            queue.clear()
        before = self.history[-2] if len(self.history) > 1 else None
        if before and before[0] == connection and before[1] != command == with_whole(before[1])[-1]:
            self.random_pick(before[1], before[3], ours)

    def random_pick(self, command, picked, whole):
        """All that was picked is there."""
        if reply_rules.is_error(picked):
            return
        there = set(flat(whole))
        if not set(flat(picked)) <= there:
            self.mismatch(command, ("picks among", sorted(there, key=repr)), picked)

    def one(self, command, theirs, ours):
        if reply_rules.rule_of(command)(theirs, ours, command):
            return
        known = reply_rules.known_difference(command, theirs, ours)
        if known:
            self.known[known] += 1
        else:
            self.mismatch(command, theirs, ours)

    def mismatch(self, what, theirs, ours):
        """Only the first of a step is worth a look: the others may be its consequences."""
        if self.step_has_mismatch:
            return
        self.step_has_mismatch = True
        words = what[1:3]
        if what[0].upper() == b"EXEC":
            watches = [command for _, command, _, _ in self.history[-200:] if command[0].upper() == b"WATCH"]
            words = [key for command in watches for key in command[1:]]
        related = [entry for entry in self.history[:-1] if any(word in entry[1] for word in words)][-RELATED_SHOWN:]
        self.mismatches.append((what, theirs, ours, related))


def with_whole(command):
    whole = WHOLE.get(command[0].upper())
    return [command] if whole is None or len(command) < 2 else [command, whole(command[1])]


def flat(reply):
    """All strings and numbers within a reply."""
    kind, content = reply
    if content is None:
        return []
    if kind in "*~":
        return [text for element in content for text in flat(element)]
    if kind == "%":
        return [text for pair in content for element in pair for text in flat(element)]
    return [content]


def cut(thing):
    text = repr(thing)
    return text if len(text) < 600 else text[:600] + " .."


class Run:
    def __init__(self, redis, latchkey, options):
        self.sides = [Side(redis), Side(latchkey)]
        self.options = options
        self.comparison = Comparison()
        self.random = random.Random(options.seed)

    def all_rounds(self):
        done = 0
        number = 0
        while done < self.options.commands:
            done += self.round(number, protocol=2 + number % 2)
            number += 1
            if self.comparison.mismatches and not self.options.keep_going:
                return
        for side in self.sides:
            side.disconnect()

    def round(self, number, protocol):
        """From an empty server, so that one difference does not hide what comes after it for long."""
        shared = command_stream.Shared(self.random)
        streams = [command_stream.stream(f"{self.options.seed} {number}", i, shared) for i in range(2)]
        for side in self.sides:
            side.connect(protocol)
        self.comparison.reset()
        done = 0
        while done < min(ROUND, self.options.commands):
            connection = 0 if self.random.random() < 0.75 else 1
            commands = [streams[connection].command() for _ in range(self.random.randint(1, BATCH))]
            self.step(connection, commands)
            done += len(commands)
            if self.random.random() < 0.1 and not any(stream.in_multi for stream in streams):
                self.walk()
            if self.comparison.step_has_mismatch:
                return done
        for connection, stream in enumerate(streams):
            if stream.in_multi:
                self.step(connection, [[b"EXEC"]])
        self.messages()
        self.all_data()
        return done

    def step(self, connection, commands):
        commands = [asked for command in commands for asked in with_whole(command)]
        for side in self.sides:
            side.wires[connection].send(commands)
        replies = [[side.wires[connection].read() for _ in commands] for side in self.sides]
        for command, theirs, ours in zip(commands, *replies):
            self.comparison.replies(connection, command, theirs, ours)
        self.messages()

    def messages(self):
        theirs, ours = [side.heard() for side in self.sides]
        if theirs != ours:
            shorter = min(len(theirs), len(ours))
            at = next((i for i in range(shorter) if theirs[i] != ours[i]), shorter)
            self.comparison.mismatch([b"messages heard", *keys_of(theirs[at:at + 1] + ours[at:at + 1])],
                                     theirs[max(at - 2, 0):at + 3], ours[max(at - 2, 0):at + 3])

    def ask_both(self, command):
        replies = [side.wires[0].call(*command) for side in self.sides]
        self.comparison.replies(0, command, *replies)
        return replies

    def walk(self):
        """A whole walk with the same options at both."""
        options = []
        if self.random.random() < 0.5:
            options += [b"COUNT", self.random.choice([b"1", b"7", b"100"])]
        if self.random.random() < 0.4:
            options += [b"MATCH", self.random.choice(command_stream.PATTERNS)]
        command = self.random.choice([[b"SCAN"], [b"HSCAN", self.random.choice(command_stream.HASH_KEYS)],
                                      [b"ZSCAN", self.random.choice(command_stream.SORTED_KEYS)]])
        if command == [b"SCAN"] and self.random.random() < 0.3:
            options += [b"TYPE", self.random.choice([b"string", b"hash", b"zset"])]
        found = [walked(side.wires[0], command, options) for side in self.sides]
        if command[0] == b"ZSCAN" and isinstance(found[0], set):
            # Short scores and no minus zero: see the known differences.
            found[0] = {(member, reply_rules.shown_by_redis_7_2(float(score) + 0.0)) for member, score in found[0]}
        if b"**" in options:
            found = [without_empty_names(elements) for elements in found]
        if found[0] != found[1]:
            self.comparison.mismatch(command + options, found[0], found[1])

    def all_data(self):
        for database in DATABASES:
            self.ask_both([b"SELECT", database])
            self.ask_both([b"DBSIZE"])
            for key in sorted(content for _, content in self.ask_both([b"KEYS", b"*"])[0][1]):
                kind = self.ask_both([b"TYPE", key])[0][1]
                self.ask_both([b"PEXPIRETIME", key])
                self.ask_both({b"string": [b"GET", key], b"hash": [b"HGETALL", key],
                               b"zset": [b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]}[kind])
        self.ask_both([b"SELECT", b"0"])


def keys_of(messages):
    """What the messages are about, to look for in the history."""
    words = [content for message in messages for kind, content in message[1] if kind == "$" and content]
    return [word.split(b":", 1)[-1] for word in words] + words


def walked(wire, command, options):
    """The set of all elements of a walk, or the first error."""
    elements = []
    cursor = b"0"
    for _ in range(100_000):
        reply = wire.call(*command, cursor, *options)
        if reply_rules.is_error(reply):
            return reply
        (_, cursor), (_, step) = reply[1]
        elements += [content for _, content in step]
        if cursor == b"0":
            break
    else:
        return "the walk does not end"
    return set(elements) if command[0] == b"SCAN" else set(zip(elements[::2], elements[1::2]))


def without_empty_names(elements):
    """See the known difference about stars."""
    if not isinstance(elements, set):
        return elements
    return {element for element in elements if element != b"" and element[0] != b""}


def report(run, seconds):
    comparison = run.comparison
    for what, theirs, ours, related in comparison.mismatches[:MISMATCHES_SHOWN]:
        print(f"\n{cut(what)}\n  redis:    {cut(theirs)}\n  latchkey: {cut(ours)}")
        for connection, command, their_reply, _ in related:
            print(f"    before, on {connection}: {cut(command)} -> {cut(their_reply)}")
    for name, reason, _ in reply_rules.KNOWN_DIFFERENCES:
        print(f"known difference, {comparison.known[name]} times: {name}: {reason}")
    print(f"{comparison.compared} commands compared, {comparison.errors} of them refused, "
          f"{len(comparison.mismatches)} differences, {seconds:.1f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    parser.add_argument("--keep-going", action="store_true", help="start over on an empty server after a difference")
    options = parser.parse_args()
    print(f"replay: python3 tests/clients/differential_test.py --commands {options.commands} --seed {options.seed}",
          flush=True)
    began = time.monotonic()
    flags = ["--enable-debug-command", "yes"]
    with Server(redis=True, flags=flags) as redis, Server(flags=["--durability", "none"]) as latchkey:
        for server in (redis, latchkey):
            # How long a command took is the machine's doing, and SLOWLOG GET would show it.
            words = ["CONFIG", "SET", "slowlog-log-slower-than", "-1"]
            subprocess.run(["redis-cli", "-p", str(server.port), *words], check=True, stdout=subprocess.DEVNULL)
        run = Run(redis, latchkey, options)
        run.all_rounds()
    report(run, time.monotonic() - began)
    sys.exit(1 if run.comparison.mismatches else 0)


if __name__ == "__main__":
    main()
