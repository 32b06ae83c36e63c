"""The shape of every command's replies, in RESP2 and RESP3, is what the transcripts say.

A transcript is a file of requests (`> ZSCORE z a`), each followed by its reply in RESP2 (`2 $"1"`) and
in RESP3 (`3 ,1`), or by one line (`= :1`) when they are the same. Replies keep the byte that announces
them on the wire; aggregates are in brackets. Each file begins on an empty server.

    python3 tests/clients/transcript_test.py --write      brings the transcripts up to date

Also verified: redis-server 7.0 answers the same, but for the table of differences in reply_rules.py.
Not verified: that every command occurs (differential_test.py and the unit tests see to families).
"""

import pathlib
import shlex
import shutil
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "docs"))
from latchkey_server import Server  # noqa: E402

import reply_rules  # noqa: E402
from resp_wire import Wire  # noqa: E402

TRANSCRIPTS = sorted((HERE / "transcripts").glob("*.txt"))
PROTOCOLS = (2, 3)


def rendered(reply):
    kind, content = reply
    if kind == "_":
        return "_"
    if content is None:
        return kind + "nil"
    if kind in "*~>":
        return kind + "[" + " ".join(rendered(element) for element in content) + "]"
    if kind == "%":
        return kind + "{" + ", ".join(f"{rendered(k)}: {rendered(v)}" for k, v in content) + "}"
    if kind in "$=":
        return kind + '"' + repr(content)[2:-1] + '"'
    return kind + (content.decode(errors="backslashreplace") if isinstance(content, bytes) else str(content))


def requests_of(path):
    return [line[2:] for line in path.read_text().splitlines() if line.startswith("> ")]


def words_of(request):
    """The words, quoted as in a shell; $'..' holds bytes."""
    return [word.encode().decode("unicode_escape").encode("latin-1") for word in shlex.split(request)]


def replies_to(requests, port):
    """For each request the replies in both protocols."""
    both = []
    for protocol in PROTOCOLS:
        wire = Wire(port, protocol)
        wire.call("FLUSHALL")
        both.append([wire.call(*words_of(request)) for request in requests])
        wire.close()
    return list(zip(*both))


def transcript(path, requests, replies):
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    lines = head[:]
    for request, (two, three) in zip(requests, replies):
        lines.append(f"> {request}")
        if rendered(two) == rendered(three):
            lines.append(f"= {rendered(two)}")
        else:
            lines += [f"2 {rendered(two)}", f"3 {rendered(three)}"]
    return "\n".join(lines) + "\n"


class Transcripts(unittest.TestCase):
    maxDiff = None

    def test_there_are_some(self):
        self.assertGreaterEqual(len(TRANSCRIPTS), 6)

    def test_latchkey_says_what_they_say(self):
        with Server() as server:
            for path in TRANSCRIPTS:
                requests = requests_of(path)
                self.assertEqual(transcript(path, requests, replies_to(requests, server.port)), path.read_text(), path.name)

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    def test_redis_says_the_same(self):
        with Server(redis=True) as redis, Server() as server:
            for path in TRANSCRIPTS:
                requests = requests_of(path)
                for request, theirs, ours in zip(requests, replies_to(requests, redis.port), replies_to(requests, server.port)):
                    for their_reply, our_reply in zip(theirs, ours):
                        self.compare(path.name, request, their_reply, our_reply)

    def compare(self, name, request, theirs, ours):
        command = words_of(request)
        if reply_rules.rule_of(command)(theirs, ours, command) or reply_rules.known_difference(command, theirs, ours):
            return
        with self.subTest(f"{name}: {request}"):
            self.assertEqual(rendered(ours), rendered(theirs))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        with Server() as running:
            for changed in TRANSCRIPTS:
                asked = requests_of(changed)
                changed.write_text(transcript(changed, asked, replies_to(asked, running.port)))
    else:
        unittest.main()
