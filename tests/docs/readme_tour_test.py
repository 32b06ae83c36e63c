"""The README's tour, word for word: every command gives the output that the README shows.

Also verified: what the tour shows before its first collection is what redis-server answers, so the
README teaches Redis and not a dialect of it. Not verified: script/server, which the tour begins with.
"""

import re
import shutil
import signal
import subprocess
import unittest

from latchkey_server import ROOT, Server

PROMPT = "127.0.0.1:7379> "


def tour():
    """The blocks of the tour, each as ([command], output)."""
    section = (ROOT / "README.md").read_text().split("## A tour of one minute")[1].split("\n## ")[0]
    blocks = []
    for text in re.findall(r"```text\n(.*?)```", section, re.S):
        lines = text.splitlines(keepends=True)
        commands = [line[len(PROMPT):] for line in lines if line.startswith(PROMPT)]
        blocks.append((commands, "".join(line for line in lines if not line.startswith(PROMPT))))
    return blocks


def type_in(commands, port):
    """What redis-cli shows for these lines, without prompts."""
    run = subprocess.run(["redis-cli", "--no-raw", "-p", str(port)], input="".join(commands), capture_output=True,
                         text=True, timeout=30)
    return run.stdout + run.stderr


class ReadmeTour(unittest.TestCase):
    maxDiff = None

    def test_has_blocks_and_commands(self):
        self.assertEqual([bool(commands) for commands, _ in tour()], [True] * 4)

    def test_latchkey_shows_what_the_readme_shows(self):
        *before, after = tour()
        with Server() as server:
            for commands, output in before:
                self.assertEqual(type_in(commands, server.port), output)

            self.assertEqual(server.stop(signal.SIGKILL), -signal.SIGKILL)
            server.start()

            commands, output = after
            self.assertEqual(type_in(commands, server.port), output)

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    def test_redis_shows_the_same(self):
        before_collections = [block for block in tour() if not any("SELECT" in command for command in block[0])]
        self.assertEqual(len(before_collections), 2)
        with Server(redis=True) as server:
            for commands, output in before_collections:
                self.assertEqual(type_in(commands, server.port), output)


if __name__ == "__main__":
    unittest.main()
