#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace latchkey::kv {

/// The letters of notify-keyspace-events as bits of Store::notify_flags.
///
///   K  __keyspace@<collection>__:<key>, payload the event     $  strings     x  expired
///   E  __keyevent@<collection>__:<event>, payload the key     h  hashes      e  evicted (never)
///   g  DEL, EXPIRE, RENAME and the like                       z  sorted sets m  reads that miss
///   A  all of g$lshzxetd                                      l s t d  later n  keys that are new
constexpr std::uint32_t notify_flag(char letter) {
  constexpr Bytes kLetters = "KEg$lshzxetdmn";
  const std::size_t position = kLetters.find(letter);
  return position == Bytes::npos ? 0 : 1u << position;
}

/// The bits of CONFIG SET notify-keyspace-events, or nothing when a letter is none of them.
std::optional<std::uint32_t> parse_notify_flags(Bytes letters);

/// The text CONFIG GET shows, in Redis' order: A when all of its classes are on.
std::string format_notify_flags(std::uint32_t flags);

}  // namespace latchkey::kv
