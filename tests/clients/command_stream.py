"""Random commands: every family, legal and illegal, on few keys so that they meet each other.

The stream is a function of the seed alone. Deadlines are at least a day away and no two of them are
near each other, so the moment at which a command runs decides nothing.
"""

import random

STRING_KEYS = [b"s%d" % i for i in range(9)] + [b"", b"s\x00\xff\r\n"]
HASH_KEYS = [b"h%d" % i for i in range(6)] + [b"h{\xc3\xa9}"]
SORTED_KEYS = [b"z%d" % i for i in range(7)] + [b"z\x00"]
# Members of these all have the score 0: ranges of members are defined for such sets only.
LEX_KEYS = [b"l%d" % i for i in range(3)]
KEYS = STRING_KEYS + HASH_KEYS + SORTED_KEYS
MISSING_KEYS = [b"none", b"nowhere"]
# What else ranges of members are asked of: a string, and nothing. No sorted set ever gets these names.
NEVER_SORTED_KEYS = [b"text", b"never"]

FIELDS = [b"f%d" % i for i in range(10)] + [b"", b"\r\n", b"\x00\x01", b"n", b"count"]
MEMBERS = [b"m%d" % i for i in range(14)] + [b"", b"a", b"A", b"b\x00", b"\xff\xfe", b"1", b"10", b"2"]

INTEGERS = [b"0", b"1", b"-1", b"2", b"5", b"-3", b"17", b"100", b"-100", b"2147483648"]
EDGE_INTEGERS = [b"9223372036854775807", b"-9223372036854775808", b"9223372036854775806", b"4611686018427387904"]
BAD_INTEGERS = [b"", b" 1", b"1 ", b"+1", b"01", b"0x10", b"1.5", b"abc", b"9223372036854775808",
                b"-9223372036854775809", b"-0", b"1\x00", b"1e3", b"--1", b"99999999999999999999999"]
FLOATS = [b"0", b"1", b"-1", b"0.1", b"1.5", b"-2.25", b"3e5", b"1e-7", b"3.0", b"123456789.123", b"5", b"7",
          b"0.30000000000000004", b"1e15", b"1e17", b"-17.000001", b"100", b"2.5e-3", b"+4", b"1.10"]
EDGE_FLOATS = [b"inf", b"-inf", b"+inf", b"Infinity", b"1e308", b"-1.7976931348623157e308", b"5e-324", b"1e21", b".5",
               b"5.", b"0x1p3", b"0x10", b"123456789012345678", b"9007199254740993", b"4e18", b"1e100"]
BAD_FLOATS = [b"", b"abc", b"nan", b"-nan", b" 1", b"1 ", b"1e", b"--1", b"1,5", b"1\x00", b"1.5.5", b"1e400", b"(1"]
JUNK = [b"", b"abc", b"0", b"-1", b"1", b"2", b"nan", b"inf", b"(1", b"(", b"[a", b"[", b"+", b"-", b"LIMIT",
        b"WITHSCORES", b"NX", b"XX", b"GT", b"LT", b"EX", b"PX", b"KEEPTTL", b"GET", b"REV", b"BYSCORE", b"BYLEX", b"COUNT",
        b"MATCH", b"REPLACE", b"WEIGHTS", b"AGGREGATE", b"1.5", b"\xff\x00\r\n", b"9223372036854775807",
        b"-9223372036854775808", b"9223372036854775808", b"s0", b"h0", b"z0", b"f1", b"m1"]
# A random pick gives as many elements as it is told to, so it must not be told to give billions.
SMALL_JUNK = [b"", b"abc", b"0", b"-1", b"1", b"nan", b"WITHVALUES", b"WITHSCORES", b"1.5", b"s0", b"h0",
              b"9223372036854775808", b"-9223372036854775808", b"\xff\x00\r\n"]
RANDOM_PICKS = (b"HRANDFIELD", b"ZRANDMEMBER")
# A deadline must not come while the test runs.
SETTING_DEADLINES = (b"SET", b"SETEX", b"PSETEX", b"GETEX", b"EXPIRE", b"PEXPIRE")
# Nobody feeds who waits, so nobody may be told to wait for long.
WAITING = (b"BZPOPMIN", b"BZPOPMAX", b"BZMPOP")
IMPATIENT_JUNK = [word for word in JUNK if word not in (b"0", b"1", b"2", b"1.5")]
LONG_LASTING_JUNK = [word for word in JUNK if word not in (b"1", b"2")]

PATTERNS = [b"*", b"s*", b"h*", b"?0", b"[sh]*", b"[^s]*", b"z[0-3]", b"*\\*", b"s\\", b"[", b"", b"m1*", b"f?", b"nomatch",
            b"*0", b"s0", b"[a-", b"\x00*", b"**", b"?*", b"[\\]x]*", b"m[^1]"]

CASES = [bytes.upper, bytes.upper, bytes.lower, bytes.title]


class Stream:
    """Commands for one connection; several streams share what must be unique."""

    def __init__(self, chooser, shared):
        self.random = chooser
        self.shared = shared
        self.in_multi = False

    # The pieces.

    def pick(self, choices):
        return choices[int(self.random.random() * len(choices))]

    def chance(self, probability):
        return self.random.random() < probability

    def some(self, choices, least=1, most=4):
        return [self.pick(choices) for _ in range(self.random.randint(least, most))]

    def key(self, kind):
        roll = self.random.random()
        if roll < 0.9:
            return self.pick(kind)
        return self.pick(KEYS) if roll < 0.97 else self.pick(MISSING_KEYS)

    def keys(self, kind, most=4):
        return [self.key(kind) for _ in range(self.random.randint(1, most))]

    def value(self):
        roll = self.random.random()
        if roll < 0.3:
            return self.pick(INTEGERS)
        if roll < 0.4:
            return self.pick(FLOATS)
        if roll < 0.45:
            return self.pick(EDGE_INTEGERS + BAD_INTEGERS)
        if roll < 0.5:
            return self.random.randbytes(self.random.randint(0, 24))
        if roll < 0.53:
            return bytes([self.random.randrange(97, 123)]) * self.random.choice([44, 45, 64, 65, 500, 5000, 20000])
        return b"v%d" % self.random.randrange(1000)

    def integer(self):
        roll = self.random.random()
        if roll < 0.8:
            return self.pick(INTEGERS)
        return self.pick(EDGE_INTEGERS) if roll < 0.9 else self.pick(BAD_INTEGERS)

    def float(self):
        roll = self.random.random()
        if roll < 0.8:
            return self.pick(FLOATS)
        return self.pick(EDGE_FLOATS) if roll < 0.93 else self.pick(BAD_FLOATS)

    def index(self):
        return self.pick([b"0", b"1", b"-1", b"2", b"-2", b"3", b"-4", b"10", b"-100", b"1000", b"5",
                          b"9223372036854775807", b"-9223372036854775808"]) if self.chance(0.95) else self.pick(BAD_INTEGERS)

    def maybe(self, probability, *words):
        return list(words) if self.chance(probability) else []

    def score_bound(self):
        return self.maybe_prefix(b"(", 0.3) + self.float()

    def maybe_prefix(self, prefix, probability):
        return prefix if self.chance(probability) else b""

    def lex_bound(self):
        if self.chance(0.25):
            return self.pick([b"-", b"+"])
        if self.chance(0.06):
            return self.pick([b"", b"a", b"(", b"[", b"--", b"+x"])
        return self.pick([b"(", b"["]) + self.pick(MEMBERS)

    def limit(self, probability=0.3):
        return self.maybe(probability, b"LIMIT", self.pick([b"0", b"1", b"2", b"-1", b"5", b"x"]),
                          self.pick([b"0", b"1", b"3", b"-1", b"-5", b"100", b"1.5"]))

    # Deadlines.

    def relative(self, unit):
        roll = self.random.random()
        if roll < 0.75:
            return b"%d" % (self.shared.relative() * unit)
        if roll < 0.85:
            return self.pick([b"0", b"-1", b"-100", b"-9223372036854775808"])
        if roll < 0.92:
            return self.pick([b"9223372036854775807", b"9223372036854775", b"9223372036854774807", b"99999999999999999"])
        return self.pick(BAD_INTEGERS)

    def absolute(self, unit, of_the_past=(b"0", b"-1", b"1", b"1000000")):
        roll = self.random.random()
        if roll < 0.75:
            return b"%d" % (self.shared.absolute() * unit)
        if roll < 0.85:
            return self.pick(of_the_past)
        if roll < 0.92:
            return self.pick([b"9223372036854775807", b"9223372036854775", b"9223372036854775806"])
        return self.pick(BAD_INTEGERS)

    def deadline_option(self):
        # SET with a moment of the past: Redis removes the key whenever it comes by, Latchkey at once.
        refused = (b"0", b"-1")
        return self.pick([lambda: [b"EX", self.relative(1)], lambda: [b"PX", self.relative(1000)],
                          lambda: [b"EXAT", self.absolute(1, refused)], lambda: [b"PXAT", self.absolute(1000, refused)]])()

    # The commands.

    def set(self):
        words = [b"SET", self.key(STRING_KEYS), self.value()]
        for option in ([b"NX"], [b"XX"], [b"GET"], [b"KEEPTTL"]):
            if self.chance(0.12):
                words += option
        if self.chance(0.2):
            words += self.deadline_option()
        if self.chance(0.02):
            words += self.deadline_option()
        return words

    def strings(self):
        key = self.key(STRING_KEYS)
        return self.pick([
            self.set, self.set, self.set, self.set,
            lambda: [b"GET", key], lambda: [b"GET", key], lambda: [b"GETDEL", key], lambda: [b"STRLEN", key],
            lambda: [b"GETSET", key, self.value()], lambda: [b"SETNX", key, self.value()],
            lambda: [b"APPEND", key, self.value()], lambda: [b"SET", b"text", self.value()],
            lambda: [b"SETEX", key, self.relative(1), self.value()],
            lambda: [b"PSETEX", key, self.relative(1000), self.value()],
            lambda: [b"GETEX", key] + self.pick([lambda: [], self.deadline_option, self.deadline_option, lambda: [b"PERSIST"],
                                                 lambda: self.deadline_option() + [b"PERSIST"]])(),
            lambda: [self.pick([b"GETRANGE", b"SUBSTR"]), key, self.index(), self.index()],
            lambda: [b"SETRANGE", key, self.pick([b"0", b"1", b"3", b"20", b"300", b"-1", b"536870912", b"x", b"4294967296",
                                                  b"9223372036854775807"]), self.value()],
            lambda: [b"MGET"] + self.keys(STRING_KEYS, 6),
            lambda: [self.pick([b"MSET", b"MSET", b"MSETNX"])] + [word for k in self.keys(STRING_KEYS) for word in (k, self.value())],
        ])()

    def counters(self):
        key = self.key(STRING_KEYS)
        return self.pick([
            lambda: [self.pick([b"INCR", b"DECR"]), key],
            lambda: [self.pick([b"INCRBY", b"DECRBY"]), key, self.integer()],
            lambda: [b"INCRBYFLOAT", key, self.float()],
            lambda: [b"SET", key, self.pick(INTEGERS + EDGE_INTEGERS + FLOATS)],
        ])()

    def hashes(self):
        key = self.key(HASH_KEYS)
        return self.pick([
            lambda: [b"HSET", key] + self.pairs(), lambda: [b"HSET", key] + self.pairs(), lambda: [b"HMSET", key] + self.pairs(),
            lambda: [b"HSETNX", key, self.pick(FIELDS), self.value()],
            lambda: [b"HGET", key, self.pick(FIELDS)], lambda: [b"HMGET", key] + self.some(FIELDS, 1, 5),
            lambda: [b"HDEL", key] + self.some(FIELDS, 1, 3), lambda: [b"HEXISTS", key, self.pick(FIELDS)],
            lambda: [self.pick([b"HGETALL", b"HKEYS", b"HVALS", b"HLEN"]), key],
            lambda: [b"HSTRLEN", key, self.pick(FIELDS)],
            lambda: [b"HINCRBY", key, self.pick([b"n", b"count", self.pick(FIELDS)]), self.integer()],
            lambda: [b"HINCRBYFLOAT", key, self.pick([b"n", b"count", self.pick(FIELDS)]), self.float()],
            lambda: [b"HRANDFIELD", key] + self.pick([[], [self.random_count()], [self.random_count(), b"WITHVALUES"]]),
            lambda: [b"HSCAN", key] + self.scan_options(),
        ])()

    def pairs(self):
        if self.chance(0.01):
            count = self.random.choice([140, 600])
            return [word for i in range(count) for word in (b"many%d" % i, b"%d" % i)]
        return [word for field in self.some(FIELDS, 1, 4) for word in (field, self.value())]

    def random_count(self):
        return self.pick([b"0", b"1", b"2", b"5", b"-1", b"-5", b"-30", b"50", b"abc", b"1.5", b"-9223372036854775808",
                          b"9223372036854775807"])

    def scan_options(self):
        cursor = b"0" if self.chance(0.9) else self.pick([b"x", b"-1", b"", b"18446744073709551616", b" 0"])
        words = [cursor]
        words += self.maybe(0.3, b"MATCH", self.pick(PATTERNS))
        words += self.maybe(0.3, b"COUNT", self.pick([b"1", b"10", b"1000", b"0", b"-1", b"x"]))
        return words + self.maybe(0.03, self.pick([b"MATCH", b"COUNT", b"NONSENSE"]))

    def sorted_key(self):
        return self.key(SORTED_KEYS) if self.chance(0.8) else self.pick(LEX_KEYS)

    def zadd(self):
        if self.chance(0.25):
            return [b"ZADD", self.pick(LEX_KEYS)] + [word for member in self.some(MEMBERS, 1, 6) for word in (b"0", member)]
        words = [b"ZADD", self.key(SORTED_KEYS)]
        for option in (b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"):
            words += self.maybe(0.1, option)
        if self.chance(0.02):
            return words + [word for i in range(300) for word in (b"%d" % (i % 50), b"many%d" % i)]
        return words + [word for member in self.some(MEMBERS, 1, 3) for word in (self.float(), member)]

    def patience(self):
        """How long a command may wait: not long, for nobody will feed it."""
        return self.pick([b"0.001", b"1e-3", b"0.0005", b"0.001", b"-1", b"x"])

    def sorted_sets(self):
        key = self.sorted_key()
        own = self.key(SORTED_KEYS)
        return self.pick([
            self.zadd, self.zadd, self.zadd,
            lambda: [b"ZINCRBY", own, self.float(), self.pick(MEMBERS)],
            lambda: [b"ZREM", key] + self.some(MEMBERS, 1, 3), lambda: [b"ZCARD", key],
            lambda: [b"ZSCORE", key, self.pick(MEMBERS)], lambda: [b"ZMSCORE", key] + self.some(MEMBERS, 1, 4),
            lambda: [self.pick([b"ZRANK", b"ZREVRANK"]), key, self.pick(MEMBERS)]
            + self.maybe(0.0 if self.in_multi else 0.1, b"WITHSCORE"),
            lambda: [b"ZCOUNT", key, self.score_bound(), self.score_bound()],
            lambda: [self.pick([b"ZPOPMIN", b"ZPOPMAX"]), key] + self.maybe(0.4, self.pick([b"0", b"1", b"3", b"-1", b"x"])),
            lambda: [b"ZMPOP"] + self.counted(SORTED_KEYS) + [self.pick([b"MIN", b"MAX", b"MID"])]
            + self.maybe(0.4, b"COUNT", self.pick([b"1", b"3", b"0", b"x"])),
            lambda: [self.pick([b"BZPOPMIN", b"BZPOPMAX"])] + self.some(SORTED_KEYS, 1, 3) + [self.patience()],
            lambda: [b"BZMPOP", self.patience()] + self.counted(SORTED_KEYS) + [self.pick([b"MIN", b"MAX", b"MID"])]
            + self.maybe(0.4, b"COUNT", self.pick([b"1", b"3", b"0", b"x"])),
            lambda: [b"ZRANDMEMBER", key] + self.pick([[], [self.random_count()], [self.random_count(), b"WITHSCORES"]]),
            lambda: [b"ZSCAN", key] + self.scan_options(),
        ])()

    def ranges(self):
        key = self.key(SORTED_KEYS)
        lex = self.pick(LEX_KEYS) if self.chance(0.9) else self.pick(NEVER_SORTED_KEYS)
        scores = self.maybe(0.4, b"WITHSCORES")
        return self.pick([
            lambda: [b"ZRANGE", key, self.index(), self.index()] + self.maybe(0.3, b"REV") + scores + self.limit(0.05),
            lambda: [b"ZRANGE", key, self.score_bound(), self.score_bound(), b"BYSCORE"] + self.maybe(0.4, b"REV") + self.limit() + scores,
            lambda: [b"ZRANGE", lex, self.lex_bound(), self.lex_bound(), b"BYLEX"] + self.maybe(0.4, b"REV") + self.limit()
            + self.maybe(0.1, b"WITHSCORES"),
            lambda: [b"ZREVRANGE", key, self.index(), self.index()] + scores,
            lambda: [self.pick([b"ZRANGEBYSCORE", b"ZREVRANGEBYSCORE"]), key, self.score_bound(), self.score_bound()] + scores + self.limit(),
            lambda: [self.pick([b"ZRANGEBYLEX", b"ZREVRANGEBYLEX"]), lex, self.lex_bound(), self.lex_bound()] + self.limit(),
            lambda: [b"ZLEXCOUNT", lex, self.lex_bound(), self.lex_bound()],
            lambda: [b"ZRANGESTORE", self.key(SORTED_KEYS), key, self.index(), self.index()] + self.maybe(0.3, b"REV") + self.limit(0.05),
            lambda: [b"ZRANGESTORE", self.key(SORTED_KEYS), key, self.score_bound(), self.score_bound(), b"BYSCORE"]
            + self.maybe(0.3, b"REV") + self.limit() + self.maybe(0.05, b"WITHSCORES"),
            lambda: [b"ZRANGESTORE", self.pick(LEX_KEYS), lex, self.lex_bound(), self.lex_bound(), b"BYLEX"] + self.maybe(0.3, b"REV") + self.limit(),
            lambda: [b"ZREMRANGEBYRANK", key, self.index(), self.index()],
            lambda: [b"ZREMRANGEBYSCORE", key, self.score_bound(), self.score_bound()],
            lambda: [b"ZREMRANGEBYLEX", lex, self.lex_bound(), self.lex_bound()],
        ])()

    def counted(self, kind):
        keys = self.keys(kind, 3)
        count = b"%d" % len(keys) if self.chance(0.93) else self.pick([b"0", b"-1", b"1", b"5", b"x", b"9223372036854775807"])
        return [count] + keys

    def algebra(self):
        counted = self.counted(SORTED_KEYS)
        words = [self.pick([b"ZUNION", b"ZINTER", b"ZDIFF", b"ZUNIONSTORE", b"ZINTERSTORE", b"ZDIFFSTORE", b"ZINTERCARD"])]
        stores = words[0].endswith(b"STORE")
        if stores:
            words.append(self.key(SORTED_KEYS))
        words += counted
        if words[0] == b"ZINTERCARD":
            return words + self.maybe(0.4, b"LIMIT", self.pick([b"0", b"1", b"2", b"-1", b"x"]))
        if self.chance(0.3 if b"DIFF" not in words[0] else 0.03):
            words += [b"WEIGHTS"] + [self.float() for _ in counted[1:]] + self.maybe(0.03, b"1")
        if self.chance(0.3 if b"DIFF" not in words[0] else 0.03):
            words += [b"AGGREGATE", self.pick([b"SUM", b"MIN", b"MAX", b"min", b"AVG"])]
        return words + self.maybe(0.4 if not stores else 0.03, b"WITHSCORES")

    def generic(self):
        key, other = self.pick(KEYS), self.pick(KEYS)
        lex, other_lex = self.pick(LEX_KEYS), self.pick(LEX_KEYS)
        if self.chance(0.1):
            key, other = lex, other_lex
        return self.pick([
            lambda: [b"DEL"] + self.keys(KEYS + LEX_KEYS, 3), lambda: [b"UNLINK"] + self.keys(KEYS, 2),
            lambda: [self.pick([b"EXISTS", b"TOUCH"])] + self.keys(KEYS, 4), lambda: [b"TYPE", key],
            lambda: [self.pick([b"RENAME", b"RENAMENX"]), key, other],
            lambda: [b"COPY", key, other] + self.maybe(0.3, b"REPLACE") + self.maybe(0.2, b"DB", self.pick([b"0", b"3", b"9"])),
            lambda: [b"MOVE", key, self.pick([b"3", b"9", b"0"])],
            lambda: [b"RANDOMKEY"], lambda: [b"DBSIZE"], lambda: [b"KEYS", self.pick(PATTERNS)],
            lambda: [b"SCAN"] + self.scan_options() + self.maybe(0.2, b"TYPE", self.pick([b"string", b"hash", b"zset", b"list", b"STRING"])),
            lambda: [b"OBJECT", self.pick([b"ENCODING", b"REFCOUNT", b"IDLETIME", b"FREQ", b"NONSENSE"]), key],
            lambda: [b"MEMORY", b"USAGE", key] + self.maybe(0.2, b"SAMPLES", self.pick([b"0", b"5", b"-1", b"x"])),
            lambda: [b"OBJECT", b"ENCODING", key],
        ])()

    def expiry(self):
        key = self.pick(KEYS + LEX_KEYS)
        name, moment, unit = self.pick([(b"EXPIRE", self.relative, 1), (b"PEXPIRE", self.relative, 1000),
                                        (b"EXPIREAT", self.absolute, 1), (b"PEXPIREAT", self.absolute, 1000)])
        return self.pick([
            lambda: [name, key, moment(unit)] + self.maybe(0.4, self.pick([b"NX", b"XX", b"GT", b"LT"])) + self.maybe(0.05, self.pick([b"NX", b"GT", b"LT", b"ZZ"])),
            lambda: [name, key, moment(unit)],
            lambda: [self.pick([b"TTL", b"PTTL", b"EXPIRETIME", b"PEXPIRETIME"]), key],
            lambda: [b"PERSIST", key],
        ])()

    def connection(self):
        return self.pick([
            lambda: [b"PING"] + self.maybe(0.5, self.value()), lambda: [b"ECHO", self.value()],
            lambda: [b"SELECT", self.pick([b"0", b"0", b"0", b"0", b"3", b"9"])], lambda: [b"SELECT", b"0"],
            lambda: [b"PUBLISH", self.pick([b"news", b"other", b"\xff"]), self.value()],
            lambda: [b"PUBSUB", b"NUMSUB", b"news", b"nobody"], lambda: [b"PUBSUB", b"NUMPAT"], lambda: [b"PUBSUB", b"CHANNELS", b"n*"],
            lambda: [b"CLIENT", b"GETNAME"], lambda: [b"CLIENT", b"SETNAME", self.pick([b"", b"me", b"a b", b"x\n"])],
            lambda: [b"CLIENT", self.pick([b"NONSENSE", b"NO-EVICT", b"REPLY"]), self.pick([b"x", b"maybe"])],
            lambda: [b"WAIT", b"0", b"0"], lambda: [b"ROLE"], lambda: [b"NONSENSE"] + self.some(JUNK, 0, 3),
            lambda: [b"COMMAND", b"GETKEYS"] + self.pick([[b"SET", b"a", b"b"], [b"ZUNION", b"2", b"a", b"b"], [b"MSET", b"a", b"1", b"b", b"2"],
                                                          [b"PING", b"x"], [b"NONSENSE", b"x"], [b"ZUNIONSTORE", b"d", b"1", b"a"]]),
            lambda: [b"CONFIG", b"GET", self.pick([b"maxmemory-policy", b"appendonly", b"nothing", b"proto-max-*"])],
            lambda: [b"LASTSAVE"], lambda: [b"TIME"], lambda: [b"READONLY"], lambda: [b"CLUSTER", b"INFO"], lambda: [b"AUTH", b"x"],
            lambda: [b"HELLO", self.pick([b"1", b"4", b"x"])], lambda: [b"DEBUG", b"SLEEP", b"0"], lambda: [b"SLOWLOG", b"GET", b"0"],
            lambda: [b"SLOWLOG", b"RESET"], lambda: [b"LATENCY", b"RESET"], lambda: [b"LATENCY", b"LATEST"], lambda: [b"SWAPDB", b"3"],
        ])()

    def transaction(self):
        if self.in_multi:
            return self.pick([[b"EXEC"], [b"EXEC"], [b"EXEC"], [b"DISCARD"], [b"MULTI"], [b"WATCH", b"s0"]])
        return self.pick([[b"MULTI"], [b"MULTI"], [b"MULTI"], [b"WATCH"] + self.keys(KEYS, 3), [b"WATCH"] + self.keys(KEYS, 3),
                          [b"UNWATCH"], [b"EXEC"], [b"DISCARD"]])

    def flush(self):
        return self.pick([[b"FLUSHDB"], [b"FLUSHDB", b"SYNC"], [b"FLUSHALL", b"ASYNC"], [b"FLUSHDB", b"SOMETIMES"]])

    def may_be_spoiled(self, words):
        """Not where it could give a set of LEX_KEYS another score than 0, or ask for members of other sets by range."""
        if words[0] in (b"EXEC", b"DISCARD", b"DEBUG", b"HELLO", b"CLIENT", b"COMMAND", b"WAIT"):
            return False
        # A fourth word is an option since 7.2, and refused before it is queued in 7.0.
        if self.in_multi and words[0] in (b"ZRANK", b"ZREVRANK"):
            return False
        # Any word names a collection.
        if words[0] in (b"SELECT", b"MOVE", b"SWAPDB") or b"DB" in words:
            return False
        return not any(word in LEX_KEYS or word in NEVER_SORTED_KEYS for word in words)

    def spoil(self, words):
        """The same command with something wrong in it, perhaps."""
        junk = SMALL_JUNK if words[0] in RANDOM_PICKS else LONG_LASTING_JUNK if words[0] in SETTING_DEADLINES \
            else IMPATIENT_JUNK if words[0] in WAITING else JUNK
        at = self.random.randrange(len(words))
        how = self.random.randrange(4)
        if how == 0 and at > 0:
            return words[:at] + words[at + 1:]
        if how == 1 and at > 0:
            return words[:at] + [self.pick(junk)] + words[at + 1:]
        if how == 2:
            return words + [self.pick(junk)]
        return words[:at + 1] + [self.pick(junk)] + words[at + 1:]

    def follow(self, words):
        """Keeps what state the connection is in."""
        if words[0] == b"WATCH" and not self.in_multi:
            self.shared.watching.add(self)
        if words == [b"MULTI"]:
            self.in_multi = True
        elif words in ([b"EXEC"], [b"DISCARD"]) and self.in_multi:
            self.shared.watching.discard(self)
            self.in_multi = False
        elif words == [b"UNWATCH"] and not self.in_multi:
            self.shared.watching.discard(self)

    FAMILIES = [(strings, 18), (counters, 9), (hashes, 16), (sorted_sets, 16), (ranges, 15), (algebra, 7), (generic, 12),
                (expiry, 10), (connection, 4)]
    CHOICES = [family for family, weight in FAMILIES for _ in range(weight)]

    def command(self):
        if self.chance(0.25 if self.in_multi else 0.04):
            words = self.transaction()
        elif self.chance(0.002) and not self.shared.watching:
            words = self.flush()
        else:
            words = self.pick(self.CHOICES)(self)
        if self.chance(0.04) and self.may_be_spoiled(words):
            words = self.spoil(words)
        self.follow(words)
        return [self.pick(CASES)(words[0])] + words[1:]


class Shared:
    """What the streams of one run must agree on.

    Deadlines are moments a thousand seconds apart from each other, so that GT and LT never hang on
    milliseconds.
    """

    ABSOLUTE_FROM = 4_000_000_000  # the year 2096: after every relative one

    def __init__(self, chooser):
        self.random = chooser
        self.used = set()
        self.watching = set()

    def unique(self):
        if len(self.used) > 50_000:
            self.used.clear()
        while True:
            number = self.random.randrange(100, 100_000)
            if number not in self.used:
                self.used.add(number)
                return number * 1000

    def relative(self):
        return self.unique()

    def absolute(self):
        return self.ABSOLUTE_FROM + self.unique()


def stream(seed, name, shared):
    return Stream(random.Random(f"{seed} {name}"), shared)
