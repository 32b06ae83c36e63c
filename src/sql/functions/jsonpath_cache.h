#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "latchkey/result.h"
#include "sql/types/jsonpath.h"

namespace latchkey::sql {

/// The paths that a statement uses, each compiled once.
///
/// Threads: one at a time.
class JsonPathCache {
 public:
  /// Errors: those of JsonPath::parse.
  Result<const JsonPath*> get(Bytes text) {
    // One path over many rows is the usual case.
    if (last_ != nullptr && last_text_ == text) return last_;
    const auto found = paths_.find(std::string(text));
    if (found != paths_.end()) return remember(text, found->second.get());
    LK_TRY(JsonPath path, JsonPath::parse(text));
    // Paths that come from rows would fill the memory; those written in statements are few.
    constexpr std::size_t kPathsMax = 64;
    if (paths_.size() == kPathsMax) paths_.clear();
    auto kept = std::make_unique<const JsonPath>(std::move(path));
    return remember(text, paths_.emplace(text, std::move(kept)).first->second.get());
  }

 private:
  const JsonPath* remember(Bytes text, const JsonPath* path) {
    last_text_ = text;
    last_ = path;
    return path;
  }

  std::string last_text_;
  const JsonPath* last_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<const JsonPath>> paths_;
};

}  // namespace latchkey::sql
