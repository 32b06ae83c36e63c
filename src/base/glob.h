#pragma once

#include <string>

#include "base/bytes.h"

namespace latchkey {

enum class LetterCase : bool { Exact, Ignore };

/// Whether the whole of `text` matches `pattern` by Redis' rules:
///
///   *        any run of bytes, empty too
///   ?        any one byte
///   [a-c_]   one byte of the set; [^..] one byte outside it; a set without its ] ends with the
///   pattern \x       x itself, inside a set too; a lone \ at the end is itself
///
/// Threads: any.
/// Cost:    at most text.size() * pattern.size() steps and never more than kGlobStepsMax, however
///          the stars are arranged; a match that would need more is reported as none.
bool glob_match(Bytes pattern, Bytes text, LetterCase letter_case = LetterCase::Exact);

inline constexpr std::size_t kGlobStepsMax = 8'000'000;

/// The bytes that every match begins with: user: for user:*, the whole for a pattern without
/// wildcards. An ordered walk needs to visit only keys that begin with it.
std::string literal_prefix(Bytes pattern);

}  // namespace latchkey
