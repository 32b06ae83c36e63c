"""When two replies to one command count as equal, and the table of known differences from Redis 7.0."""

import math
import re

NEAR_SECONDS = 30
# Deadlines in this time were given as moments, not as spans from now (see command_stream.Shared).
MOMENTS_SECONDS = range(4_000_000_000, 5_000_000_000)


def is_error(reply):
    return reply[0] == "-"


def shape(reply):
    """The form without content: kinds, and lengths of aggregates."""
    kind, content = reply
    if content is None:
        return (kind, None)
    if kind in "*~>":
        return (kind, [shape(element) for element in content])
    if kind == "%":
        return (kind, len(content))
    return kind


def unordered(reply):
    """The same reply with its elements sorted; a map by its keys."""
    kind, content = reply
    if content is None or kind not in "*~%":
        return reply
    return (kind, sorted(content, key=repr))


def pairs(reply):
    """A flat array of names and values, or a map, as a sorted list of pairs."""
    kind, content = reply
    if kind == "*" and content is not None:
        return (kind, sorted(zip(content[::2], content[1::2]), key=repr))
    return unordered(reply)


# How a command's replies are compared. Each rule takes both replies and returns whether they agree.

def exactly(theirs, ours, _):
    return theirs == ours


def in_any_order(theirs, ours, _):
    return unordered(theirs) == unordered(ours)


def as_pairs(theirs, ours, _):
    return pairs(theirs) == pairs(ours)


def in_shape(theirs, ours, _):
    return theirs == ours if is_error(theirs) or is_error(ours) else shape(theirs) == shape(ours)


def of_one_kind(theirs, ours, _):
    """Content and length are the server's own affair."""
    return theirs == ours if is_error(theirs) or is_error(ours) else theirs[0] == ours[0]


def a_size(theirs, ours, _):
    """How much memory something takes is anybody's, but it is more than nothing."""
    if theirs[0] == ours[0] == ":":
        return ours[1] > 0
    return theirs == ours


def near(milliseconds_each):
    """Times left, or moments reckoned from now: servers are asked one after the other."""
    def rule(theirs, ours, _):
        if theirs[0] != ":" or ours[0] != ":" or theirs[1] < 0:
            return theirs == ours
        if theirs[1] * milliseconds_each // 1000 in MOMENTS_SECONDS:
            return theirs == ours
        return ours[1] >= 0 and abs(theirs[1] - ours[1]) * milliseconds_each <= NEAR_SECONDS * 1000
    return rule


def time_left(milliseconds_each):
    def rule(theirs, ours, _):
        if theirs[0] != ":" or ours[0] != ":" or theirs[1] < 0:
            return theirs == ours
        return ours[1] >= 0 and abs(theirs[1] - ours[1]) * milliseconds_each <= NEAR_SECONDS * 1000
    return rule


def a_scan_step(theirs, ours, _):
    """One step gives any part of the whole; whole walks are compared elsewhere."""
    if is_error(theirs) or is_error(ours):
        return theirs == ours
    return [element[0] for element in ours[1]] == ["$", "*"] and all(e[0] in "$" for e in ours[1][1][1])


def a_random_key(theirs, ours, _):
    return theirs == ours if theirs[1] is None or ours[1] is None else theirs[0] == ours[0]


RULES = {
    b"KEYS": in_any_order, b"HGETALL": as_pairs, b"HKEYS": in_any_order, b"HVALS": in_any_order,
    b"HRANDFIELD": in_shape, b"ZRANDMEMBER": in_shape, b"RANDOMKEY": a_random_key,
    b"SCAN": a_scan_step, b"HSCAN": a_scan_step, b"ZSCAN": a_scan_step,
    b"TTL": time_left(1000), b"PTTL": time_left(1), b"EXPIRETIME": near(1000), b"PEXPIRETIME": near(1),
    b"TIME": in_shape, b"LASTSAVE": in_shape, b"ROLE": of_one_kind, b"HELLO": of_one_kind, b"PUBSUB": in_any_order,
}
SUBCOMMAND_RULES = {
    (b"MEMORY", b"USAGE"): a_size, (b"OBJECT", b"IDLETIME"): in_shape, (b"CONFIG", b"GET"): of_one_kind,
    (b"CLUSTER", b"INFO"): of_one_kind,
}


def rule_of(command):
    name = command[0].upper()
    if len(command) > 1:
        rule = SUBCOMMAND_RULES.get((name, command[1].upper()))
        if rule:
            return rule
    return RULES.get(name, exactly)


# What is different on purpose. All of it stands in docs/resp.md too.

def shown_by_redis_7_2(number):
    """The text that Redis 7.2 has for a double: the shortest one that is exact."""
    if math.isinf(number):
        return b"inf" if number > 0 else b"-inf"
    if math.isnan(number):
        return b"nan"
    if number == 0:
        return b"-0" if math.copysign(1, number) < 0 else b"0"
    if number == int(number) and abs(number) < 2 ** 62:
        return b"%d" % int(number)
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = int(exponent or 0) - len(fraction)
    stripped = digits.rstrip("0")
    point += len(digits) - len(stripped)
    digits = stripped
    sign = "-" if number < 0 else ""
    power = point + len(digits) - 1
    if 0 <= point and abs(power) < len(digits) + 7:
        return (sign + digits + "0" * point).encode()
    if point < 0 and (point > -7 or abs(power) < 4):
        before = len(digits) + point
        text = digits[:before] + "." + digits[before:] if before > 0 else "0." + "0" * -before + digits
        return (sign + text).encode()
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power)}".encode()


def as_score(text):
    try:
        return float(text)
    except (ValueError, TypeError):
        return None


def with_scores_of_7_2(reply):
    """What 7.0 says, in the words of 7.2, wherever it is a number with seventeen digits."""
    kind, content = reply
    if content is None:
        return reply
    if kind in "*~>":
        return (kind, [with_scores_of_7_2(element) for element in content])
    if kind == "%":
        return (kind, [(with_scores_of_7_2(k), with_scores_of_7_2(v)) for k, v in content])
    if kind in "$,":
        number = as_score(content)
        if number is not None and b"%.17g" % number == content:
            return (kind, shown_by_redis_7_2(number))
    return reply


def without_minus_zero(reply):
    kind, content = reply
    if content is None:
        return reply
    if kind in "*~>":
        return (kind, [without_minus_zero(element) for element in content])
    return (kind, b"0") if kind in "$," and content == b"-0" else reply


def name_of(command):
    return command[0].upper()


def shows_scores(command):
    return name_of(command).startswith((b"Z", b"BZ"))


def scores_are_short(command, theirs, ours):
    return shows_scores(command) and with_scores_of_7_2(ours) == ours \
        and rule_of(command)(with_scores_of_7_2(theirs), ours, command)


def minus_zero_is_zero(command, theirs, ours):
    return shows_scores(command) and without_minus_zero(with_scores_of_7_2(theirs)) == without_minus_zero(ours)


def fields_as_json(command, theirs, ours):
    return name_of(command) == b"GET" and theirs[1][:9] == b"WRONGTYPE" and ours[0] == "$" and ours[1][:1] == b"{"


def came_with_7_2(command, theirs, ours):
    return [word.upper() for word in command[:2]] in ([b"CLIENT", b"SETINFO"], [b"CLIENT", b"NO-TOUCH"]) \
        and theirs[1].startswith(b"ERR unknown subcommand")


def endless_timeout(command, theirs, ours):
    return name_of(command).startswith(b"BZ") and theirs[1] == b"ERR timeout is negative" \
        and ours[1] == b"ERR timeout is out of range"


def rank_with_score(command, theirs, ours):
    return name_of(command) in (b"ZRANK", b"ZREVRANK") and is_error(theirs) \
        and theirs[1].startswith(b"ERR wrong number of arguments")


def object_is_not_shared(command, theirs, ours):
    return [word.upper() for word in command[:2]] == [b"OBJECT", b"REFCOUNT"] and theirs[0] == ":" and ours == (":", 1)


def empty_key_matches_stars(command, theirs, ours):
    return name_of(command) == b"KEYS" and set(command[1]) == set(b"*") \
        and unordered(("*", theirs[1] + [("$", b"")])) == unordered(ours)


def shown_beyond_zero_byte(command, theirs, ours):
    return is_error(theirs) and is_error(ours) and re.sub(rb"\x00[^']*", b"", ours[1]) == theirs[1]


ENCODINGS = [(b"int", b"embstr", b"raw"), (b"listpack", b"hashtable"), (b"listpack", b"skiplist")]


def encoding_of_a_fresh_value(command, theirs, ours):
    return [word.upper() for word in command[:2]] == [b"OBJECT", b"ENCODING"] \
        and any(theirs[1] in family and ours[1] in family for family in ENCODINGS)


KNOWN_DIFFERENCES = [
    ("a timeout too large is told as such", "7.2 does so; 7.0 takes it for a negative one", endless_timeout),
    ("scores have the shortest text", "7.2 does so; 7.0 shows seventeen digits", scores_are_short),
    ("minus zero as a score is zero", "one number has one place in the order", minus_zero_is_zero),
    ("GET of fields gives JSON", "a hash, a row and a JSON object are one thing here", fields_as_json),
    ("ZRANK WITHSCORE", "came with 7.2", rank_with_score),
    ("CLIENT SETINFO and NO-TOUCH", "came with 7.2", came_with_7_2),
    ("** matches the empty key", "as * does; at Redis only * does", empty_key_matches_stars),
    ("error texts show zero bytes", "at Redis they end there", shown_beyond_zero_byte),
    ("OBJECT ENCODING is that of a value just set", "at Redis it remembers what was done", encoding_of_a_fresh_value),
    ("OBJECT REFCOUNT is 1", "values are not shared", object_is_not_shared),
]


def known_difference(command, theirs, ours):
    """The name of the row that covers this difference, or nothing."""
    for name, _, covers in KNOWN_DIFFERENCES:
        try:
            if covers(command, theirs, ours):
                return name
        except (TypeError, IndexError):
            continue
    return None
