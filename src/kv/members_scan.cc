#include "kv/members_scan.h"

#include "base/assert.h"
#include "base/glob.h"
#include "base/numbers.h"
#include "base/text.h"
#include "kv/scan_cursors.h"

namespace latchkey::kv {

namespace {
constexpr std::size_t kCursorArgument = 2;
}

Result<MembersScan> MembersScan::begin(Call& call) {
  LK_ASSERT(call.argument_count() > kCursorArgument);
  const auto cursor = parse_cursor(call.argument(kCursorArgument));
  if (!cursor) return Error(ErrorCode::InvalidArgument, "invalid cursor");
  MembersScan scan(call);
  scan.cursor_ = *cursor;
  return scan;
}

Result<void> MembersScan::read_options() {
  for (std::size_t i = kCursorArgument + 1; i < call_->argument_count(); i += 2) {
    const Bytes option = call_->argument(i);
    if (i + 1 == call_->argument_count()) return Call::syntax_error();
    const Bytes value = call_->argument(i + 1);
    if (equals_ignore_case(option, "COUNT")) {
      const auto count = parse_int64(value);
      if (!count) return Call::not_an_integer();
      if (*count < 1) return Call::syntax_error();
      count_ = static_cast<std::uint64_t>(*count);
    } else if (equals_ignore_case(option, "MATCH")) {
      pattern_ = value;
      prefix_ = literal_prefix(value);
    } else {
      return Call::syntax_error();
    }
  }
  return {};
}

std::string MembersScan::scope() const {
  std::string scope = call_->session.collection_name;
  scope.push_back('\0');
  scope.append(call_->argument(1));
  return scope;
}

std::string MembersScan::first() const {
  if (cursor_ == 0) return prefix_;
  auto last = call_->store.scan_cursors().find(cursor_, scope());
  if (!last || *last < prefix_) return prefix_;
  last->push_back('\0');
  return *std::move(last);
}

bool MembersScan::matches(Bytes member) const { return !pattern_ || glob_match(*pattern_, member); }

MembersScan::Step MembersScan::step(Bytes member) {
  if (member.substr(0, prefix_.size()) != prefix_) return Step::End;
  if (visited_ == count_) {
    paused_ = true;
    return Step::Pause;
  }
  ++visited_;
  visited_last_.assign(member);
  return matches(member) ? Step::Take : Step::Skip;
}

void MembersScan::reply(const Cells& cells) {
  const std::uint64_t next = paused_ ? call_->store.scan_cursors().save(scope(), visited_last_) : 0;
  std::string text;
  append_uint64(text, next);
  call_->reply.array(2);
  call_->reply.bulk(text);
  call_->reply.array(cells.size());
  for (const auto& cell : cells) {
    if (cell) {
      call_->reply.bulk(*cell);
    } else {
      call_->reply.null();
    }
  }
}

}  // namespace latchkey::kv
