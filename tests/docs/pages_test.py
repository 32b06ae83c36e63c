"""The parts of pages that come from tables of the program are what the program says.

`python3 tests/docs/pages_test.py --write` brings the pages up to date. Not verified: the sentences
around these parts.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from latchkey_server import BINARY, ROOT, Server

CONFIGURATION = ROOT / "docs" / "configuration.md"
RESP = ROOT / "docs" / "resp.md"
PART = re.compile(r"(<!-- begin: .*? -->\n).*?(<!-- end -->)", re.S)


def settings_table():
    return subprocess.run([BINARY, "config", "reference"], capture_output=True, text=True, check=True).stdout


def ask(port, *words):
    """A reply as RESP3 and redis-cli give it: maps are dictionaries."""
    run = subprocess.run(["redis-cli", "-p", str(port), "--json", "-3", *words], capture_output=True, text=True,
                         check=True, timeout=30)
    return json.loads(run.stdout)


def commands_table():
    """Every command by group, with its summary and cost, from COMMAND DOCS of a running server."""
    with Server() as server:
        docs = ask(server.port, "COMMAND", "DOCS")
    groups = {}
    for name, row in docs.items():
        groups.setdefault(row.get("group", "other"), []).append((name.upper(), row))
    page = ""
    for group in sorted(groups):
        page += f"### {group.replace('_', ' ').replace('-', ' ').capitalize()}\n\n| command | | cost |\n|---|---|---|\n"
        for name, row in sorted(groups[group]):
            page += f"| `{name}` | {cell(row.get('summary', ''))} | {cell(row.get('complexity', ''))} |\n"
        page += "\n"
    return page


def cell(text):
    return text.replace("|", "\\|")


PARTS = {CONFIGURATION: settings_table, RESP: commands_table}


def with_part(page, part):
    return PART.sub(lambda match: match.group(1) + part + match.group(2), page)


class Pages(unittest.TestCase):
    maxDiff = None

    def test_configuration_page_has_every_setting(self):
        self.check(CONFIGURATION)

    def test_resp_page_has_every_command(self):
        self.check(RESP)

    def check(self, path):
        page = path.read_text()
        self.assertEqual(len(PART.findall(page)), 1)
        self.assertEqual(page, with_part(page, PARTS[path]()), f"run: python3 {pathlib.Path(__file__).name} --write")

    def test_the_file_shown_in_the_configuration_page_is_valid(self):
        text = re.search(r"```toml\n(.*?)```", CONFIGURATION.read_text(), re.S).group(1)
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            run = subprocess.run([BINARY, "config", "check", "--config", file.name], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for changed, part in PARTS.items():
            changed.write_text(with_part(changed.read_text(), part()))
    else:
        unittest.main()
