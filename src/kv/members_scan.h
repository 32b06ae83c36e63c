#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kv/call.h"
#include "latchkey/result.h"

namespace latchkey::kv {

/// What HSCAN and ZSCAN have in common: a walk in order of names whose cursor is a number.
///
/// A walk passes every member that stays throughout, once unless the server forgot the cursor. A
/// MATCH with a literal beginning walks only the members that begin so.
class MembersScan {
 public:
  /// Reads the cursor: the second argument after the command's name.
  /// Errors: InvalidArgument with Redis' own text.
  static Result<MembersScan> begin(Call& call);
  /// Reads MATCH and COUNT. Redis does so only when the key exists.
  Result<void> read_options();

  /// The first name that the walk still has to look at.
  std::string first() const;
  bool matches(Bytes member) const;

  /// Whether the walk still has to look at `member`, the next in order. Called once for each.
  enum class Step : std::uint8_t { Take, Skip, Pause, End };
  Step step(Bytes member);

  /// Writes the reply: `cells` are names and values in turn; a cell without text is null.
  using Cells = std::vector<std::optional<std::string>>;
  void reply(const Cells& cells);

 private:
  explicit MembersScan(Call& call) : call_(&call) {}
  std::string scope() const;

  Call* call_;
  std::uint64_t cursor_ = 0;
  std::uint64_t count_ = 10;
  std::optional<Bytes> pattern_;
  std::string prefix_;  // what every match begins with
  std::uint64_t visited_ = 0;
  std::string visited_last_;
  bool paused_ = false;
};

}  // namespace latchkey::kv
