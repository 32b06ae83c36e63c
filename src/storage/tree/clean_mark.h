#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "env/env.h"
#include "latchkey/result.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// What a clean stop leaves in the file `clean`: a line of text that names the checkpoint whose
/// unlogged trees are whole, where the log ends, and what time the engine had told.
///
///   checkpoint 00000000000000000384 log 00000000000000000408 clock 01700000000000000000 2c1d7a3f
///
/// The last word is the CRC-32C of what stands before it. A start puts the one word `void` in its
/// place before the file goes.
struct CleanMark {
  Lsn checkpoint{};  ///< the newest one's start
  Lsn log_end{};     ///< the log reaches this far
  std::int64_t clock_ms = 0;
};

inline constexpr std::string_view kCleanMarkName = "clean";

std::string encode(const CleanMark& mark);
/// Nothing for anything but what encode() gives.
std::optional<CleanMark> parse_clean_mark(Bytes text);

/// Writes the mark and makes it durable with its name.
Result<void> write_clean_mark(env::FileSystem& files, const std::string& directory,
                              const CleanMark& mark);
/// What stands in the file; nothing if it is missing. Errors: IoError.
Result<std::optional<std::string>> read_clean_mark(env::FileSystem& files,
                                                   const std::string& directory);
/// Whether a start has begun to take the mark away, half done or not.
bool is_void_clean_mark(Bytes text);
/// Takes it away for good; not an error if it is missing. It is written over first: after a removal
/// whose sync failed nothing tells the next start that the file may come back.
Result<void> remove_clean_mark(env::FileSystem& files, const std::string& directory);

}  // namespace latchkey::storage::tree
