"""The checks behind script/tidy.

Fails on: an include against the layers, a header that does not compile alone, a call that belongs
to src/env, a dead relative link in a page, a file that is not formatted, versions that differ.
Prints without failing: the longest files and functions, asserts per function, folders without a
README, sources without a test.

Not verified: what the preprocessor hides (macros that include or call), links to other sites, and
function lengths where braces stand in macros; functions are found by a reader of braces, not by a
compiler.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE_FILE = ROOT / "build" / "tidy_cache.json"
CLANG_FORMAT = "clang-format-14"

# Each layer may include itself and the layers named here; a door sees no other door.
BASE = ["base"]
ENV = BASE + ["env"]
STORAGE = ENV + ["storage"]
KV = STORAGE + ["kv"]
SQL = KV + ["sql"]
DATABASE = SQL + ["database"]
NET = DATABASE + ["doors/net"]
DOORS = NET + ["doors/resp", "doors/pgwire", "doors/http"]
LAYERS = {
    "base": BASE, "env": ENV, "storage": STORAGE, "kv": KV, "sql": SQL, "database": DATABASE,
    "doors/net": NET, "doors/resp": NET + ["doors/resp"], "doors/pgwire": NET + ["doors/pgwire"],
    "doors/http": NET + ["doors/http"], "tools": DOORS + ["tools"],
}

CALL = r"(?<![\w.>])(?:::|std::)?"
BANNED_CALLS = [
    (CALL + r"(?:gettimeofday|clock_gettime|timespec_get)\s*\(", "env::Clock"),
    (r"(?<![\w.>])(?:::|std::)time\s*\(|(?<![\w.>:])time\s*\(\s*(?:NULL|nullptr|0)\s*\)", "env::Clock"),
    (r"\b(?:system|steady|high_resolution)_clock::now\b", "env::Clock"),
    (CALL + r"(?:rand|srand|getrandom|arc4random|getentropy)\s*\(|(?<![\w>.])::random\s*\(", "env::Random"),
    (r"\bstd::random_device\b", "env::Random"),
    (CALL + r"(?:usleep|nanosleep|sleep)\s*\(|\bsleep_(?:for|until)\b",
     "a timer or a condition with a deadline"),
    (r"(?<![\w>.])::(?:open|creat|read|write|unlink|rename|mkdir|rmdir|truncate)\s*\(", "env::FileSystem and env::File"),
    (CALL + r"(?:openat|pread|pwrite|readv|writev|fsync|fdatasync|ftruncate|fallocate|posix_fallocate|fopen|mkstemp|"
     r"flock|sync_file_range)\s*\(", "env::FileSystem and env::File"),
    (r"\bstd::(?:basic_)?[io]?fstream\b|\bstd::filesystem\b", "env::FileSystem and env::File"),
    (CALL + r"(?:mmap|munmap|madvise|mprotect)\s*\(", "env's address space"),
]
BANNED_HEADERS = {
    "fcntl.h": "env::FileSystem", "fstream": "env::FileSystem", "filesystem": "env::FileSystem",
    "sys/stat.h": "env::FileSystem", "sys/mman.h": "env's address space", "ctime": "env::Clock", "time.h": "env::Clock",
    "sys/time.h": "env::Clock", "sys/random.h": "env::Random",
}
# Sockets live in doors/net: descriptors there are no files.
SOCKET_LAYERS = ("doors/net",)
SOCKET_CALLS = re.compile(r"::(?:read|write|readv|writev)\s*\(|\bunlink\b")

HEADER_FLAGS = [
    "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wno-unused-parameter", "-Werror",
    "-DFMT_HEADER_ONLY", "-DSPDLOG_FMT_EXTERNAL_HO", "-DBOOST_ASIO_SEPARATE_COMPILATION",
    "-DBOOST_ASIO_NO_DEPRECATED", "-DXXH_INLINE_ALL", "-Isrc", "-Iinclude", "-I.",
]


def relative(path):
    return str(path.relative_to(ROOT))


def files_below(*folders, suffixes):
    found = []
    for folder in folders:
        for directory, names, files in os.walk(ROOT / folder):
            names[:] = sorted(n for n in names if n not in ("node_modules", "build", ".git", "data"))
            found += [pathlib.Path(directory) / f for f in sorted(files) if f.endswith(suffixes)]
    return found


def without_comments_and_text(source):
    """The source with comments, strings and characters blanked, every line in its place."""
    pattern = re.compile(
        r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
        re.S)
    def blank(match):
        text = match.group(0)
        kept = "\n" * text.count("\n")
        return '""' + kept if text[0] in "\"R" else kept or " "
    return pattern.sub(blank, source)


class Sources:
    """All C++ files, read once."""

    def __init__(self):
        self.paths = files_below("src", "include", "tests", "bench", suffixes=(".h", ".cc"))
        self.text = {p: p.read_text(errors="replace") for p in self.paths}
        self.code = {p: without_comments_and_text(t) for p, t in self.text.items()}

    def product(self):
        """What is part of the product: no tests and nothing that only tests use."""
        return [p for p in self.paths
                if relative(p).startswith(("src/", "include/"))
                and not p.stem.endswith(("_test", "_fuzz")) and "test_support" not in p.parts]


def layer_of(name):
    """The layer of a path below src/, or None."""
    parts = name.split("/")
    for length in (2, 1):
        if "/".join(parts[:length]) in LAYERS:
            return "/".join(parts[:length])
    return None


def quoted_includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if match:
            yield number, match.group(1)


def check_layers(sources):
    problems = []
    for path in sources.paths:
        name = relative(path)
        if not name.startswith(("src/", "include/")):
            continue
        public = name.startswith("include/")
        layer = None if public else layer_of(name[len("src/"):])
        if not public and layer is None:
            problems.append(f"{name}: this folder is no layer; add it to LAYERS in script/tidy_checks.py")
            continue
        for number, include in quoted_includes(sources.text[path]):
            if include.startswith("latchkey/"):
                if not (ROOT / "include" / include).exists():
                    problems.append(f"{name}:{number}: there is no include/{include}")
                continue
            if not (ROOT / "src" / include).exists():
                problems.append(f"{name}:{number}: \"{include}\" is not a path below src/")
                continue
            if public:
                problems.append(f"{name}:{number}: the public headers include nothing from src/ ({include})")
            elif layer_of(include) not in LAYERS[layer]:
                problems.append(f"{name}:{number}: {layer} may not include {layer_of(include)} ({include}); "
                                f"it sees {', '.join(LAYERS[layer])}")
    return problems


def read_exceptions():
    exceptions = {"untested": {}, "banned": {}}
    problems = []
    for line in (ROOT / "script" / "tidy_exceptions.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, path, reason = (line.split(None, 2) + ["", ""])[:3]
        if kind not in exceptions or not reason:
            problems.append(f"script/tidy_exceptions.txt: `{line}` is not `kind path reason`")
        elif not (ROOT / path).exists():
            problems.append(f"script/tidy_exceptions.txt: there is no {path}")
        else:
            exceptions[kind][path] = reason
    return exceptions, problems


def check_banned_calls(sources, exceptions):
    problems = []
    for path in sources.product():
        name = relative(path)
        if name.startswith("src/env/") or name in exceptions["banned"]:
            continue
        sockets = name.startswith(tuple(f"src/{layer}/" for layer in SOCKET_LAYERS))
        for number, line in enumerate(sources.code[path].splitlines(), 1):
            include = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
            if include and include.group(1) in BANNED_HEADERS and not sockets:
                problems.append(f"{name}:{number}: <{include.group(1)}> belongs to src/env: use "
                                f"{BANNED_HEADERS[include.group(1)]}")
                continue
            for pattern, replacement in BANNED_CALLS:
                match = re.search(pattern, line)
                if match and not (sockets and SOCKET_CALLS.search(match.group(0))):
                    problems.append(f"{name}:{number}: {match.group(0).strip(' (')} belongs to src/env: "
                                    f"use {replacement}")
    return problems


class Cache:
    """Remembers which checks a state of files has passed."""

    def __init__(self):
        try:
            self.known = set(json.loads(CACHE_FILE.read_text()))
        except (OSError, ValueError):
            self.known = set()
        self.used = set()

    def has(self, key):
        if key in self.known:
            self.used.add(key)
        return key in self.known

    def add(self, key):
        self.used.add(key)

    def save(self):
        CACHE_FILE.parent.mkdir(exist_ok=True)
        CACHE_FILE.write_text(json.dumps(sorted(self.used)))


def hash_of(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def header_state(path, sources, seen):
    """The texts of a header and of all project headers it reaches."""
    if path in seen:
        return
    seen.add(path)
    for _, include in quoted_includes(sources.text[path]):
        for folder in ("src", "include", "."):
            target = ROOT / folder / include
            if target in sources.text:
                header_state(target, sources, seen)


def compile_alone(name):
    run = subprocess.run(["g++", *HEADER_FLAGS, "-x", "c++", "-"], input=f'#include "{name}"\n', cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return run.returncode == 0, run.stdout


def check_headers(sources, cache):
    problems = []
    waiting = {}
    for path in sources.paths:
        if path.suffix != ".h":
            continue
        reached = set()
        header_state(path, sources, reached)
        key = hash_of("header", relative(path), *HEADER_FLAGS, *sorted(sources.text[p] for p in reached))
        if not cache.has(key):
            waiting[path] = key
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (fine, output) in zip(waiting, pool.map(lambda p: compile_alone(relative(p)), waiting)):
            if fine:
                cache.add(waiting[path])
            else:
                first = next((l for l in output.splitlines() if "error" in l), output.strip())
                problems.append(f"{relative(path)} does not compile alone: {first}")
    return problems


def check_format(sources, cache, fix):
    style = (ROOT / ".clang-format").read_text()
    keys = {p: hash_of("format", style, sources.text[p]) for p in sources.paths}
    waiting = [p for p in sources.paths if not cache.has(keys[p])]
    problems = []
    def run(path):
        mode = ["-i"] if fix else ["--dry-run", "-Werror"]
        return subprocess.run([CLANG_FORMAT, *mode, str(path)], capture_output=True, text=True).returncode == 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, fine in zip(waiting, pool.map(run, waiting)):
            if not fine:
                problems.append(f"{relative(path)} is not formatted: script/tidy --fix, or {CLANG_FORMAT} -i")
            elif not fix:
                cache.add(keys[path])
    return problems


def check_links():
    problems = []
    for page in files_below(".", suffixes=(".md",)):
        text = re.sub(r"```.*?```", lambda m: "\n" * m.group(0).count("\n"), page.read_text(), flags=re.S)
        text = re.sub(r"`[^`\n]*`", "", text)
        for number, line in enumerate(text.splitlines(), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                where = (page.parent / path) if path else page
                if not where.exists():
                    problems.append(f"{relative(page)}:{number}: dead link {target}")
                elif anchor and where.suffix == ".md" and anchor not in anchors_of(where):
                    problems.append(f"{relative(page)}:{number}: {target} names no heading there")
    return problems


def anchors_of(page):
    titles = re.findall(r"^#+\s+(.*)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def check_versions():
    build = re.search(r"project\(latchkey VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())
    code = re.search(r'kVersion = "([\d.]+)"', (ROOT / "src/base/version.h").read_text())
    if build and code and build.group(1) == code.group(1):
        return []
    return ["CMakeLists.txt and src/base/version.h name different versions"]


def functions_of(code):
    """(first line, line count, name) of each function body, found by its braces."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: "\n" * m.group(0).count("\n"), code, flags=re.M)
    found, stack = [], []
    statement, start, line = "", 1, 1
    for character in code:
        if character == "\n":
            line += 1
        if character == "{":
            head = statement.strip()
            outside = all(kind in ("namespace", "type") for kind, _, _ in stack)
            if not outside:
                kind = "inner"
            elif re.match(r"(?:inline\s+)?namespace\b|extern \"\"", head):
                kind = "namespace"
            elif re.search(r"\)\s*(?:noexcept\s*)?:[^:]", head) and re.search(r"[\w>]$", head):
                kind = "initializer"
            elif re.search(r"^(?:template\s*<.*>\s*)?(?:class|struct|union|enum)\b", head, re.S) and not head.endswith(")"):
                kind = "type"
            elif "(" in head and not re.search(r"(?<!operator)(?<![=!<>])=\s*[\w:({\[]", head.split("(")[0]):
                kind = "function"
            else:
                kind = "inner"
            name = re.search(r"([\w:~]+|operator\W+)\s*\(", head)
            stack.append((kind, start, name.group(1) if name else "?"))
            if kind == "initializer":
                continue
            statement = ""
        elif character == "}":
            if stack:
                kind, begin, name = stack.pop()
                if kind == "function":
                    found.append((begin, line - begin + 1, name))
                if kind == "initializer":
                    continue
            statement = ""
        elif character == ";" and not (stack and stack[-1][0] == "initializer"):
            statement = ""
        elif not (stack and stack[-1][0] == "initializer"):
            if not statement.strip() and not character.isspace():
                start = line
            statement += character
    return found


def print_notes(sources, exceptions):
    product = sources.product()
    lengths = sorted(((sources.text[p].count("\n"), relative(p)) for p in product), reverse=True)
    functions = [(count, name, f"{relative(p)}:{first}")
                 for p in product for first, count, name in functions_of(sources.code[p])]
    functions.sort(reverse=True)
    print(f"{len(product)} files, {sum(n for n, _ in lengths)} lines, {len(functions)} functions")
    print("longest files:     " + ", ".join(f"{name} {count}" for count, name in lengths[:5]))
    print("longest functions: " + ", ".join(f"{name} {count} ({place})" for count, name, place in functions[:5]))
    for layer in ("storage", "kv"):
        inside = [p for p in product if relative(p).startswith(f"src/{layer}/")]
        asserts = sum(len(re.findall(r"\bLK_ASSERT(?:_SLOW)?\b", sources.code[p])) for p in inside)
        count = sum(len(functions_of(sources.code[p])) for p in inside)
        if count:
            print(f"asserts in {layer}: {asserts} in {count} functions")
    folders = sorted({p.parent for p in product if relative(p).startswith("src/")})
    bare = [relative(f) for f in folders if not (f / "README.md").exists() and f.name != "test_support"]
    if bare:
        print("folders without README: " + ", ".join(bare))
    untested = [relative(p) for p in product
                if p.suffix == ".cc" and not p.with_name(p.stem + "_test.cc").exists()
                and relative(p) not in exceptions["untested"]]
    if untested:
        print(f"{len(untested)} sources without a test beside them: " + ", ".join(untested[:20])
              + (" .." if len(untested) > 20 else ""))


def main():
    if set(sys.argv[1:]) - {"--fix"}:
        sys.exit("tidy: the only flag is --fix")
    fix = "--fix" in sys.argv
    sources = Sources()
    cache = Cache()
    exceptions, problems = read_exceptions()
    problems += check_layers(sources)
    problems += check_banned_calls(sources, exceptions)
    problems += check_headers(sources, cache)
    problems += check_format(sources, cache, fix)
    problems += check_links()
    problems += check_versions()
    cache.save()
    print_notes(sources, exceptions)
    for problem in problems:
        print("tidy:", problem)
    print("tidy: nothing to complain about" if not problems else f"tidy: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
