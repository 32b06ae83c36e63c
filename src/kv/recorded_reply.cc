#include "kv/recorded_reply.h"

#include <bit>

#include "base/assert.h"

namespace latchkey::kv {

namespace {

constexpr std::size_t kFormatBytes = 3;  // of a verbatim text: txt or mkd

}  // namespace

void RecordedReply::number(double value) { say(Kind::Number, std::bit_cast<std::uint64_t>(value)); }

void RecordedReply::verbatim(Bytes format, Bytes text) {
  LK_ASSERT(format.size() == kFormatBytes);
  say(Kind::Verbatim, 0, std::string(format) + std::string(text));
}

void RecordedReply::error(const Error& error) {
  say(Kind::Error, static_cast<std::uint64_t>(error.code()), error.message());
}

std::size_t RecordedReply::open_array() {
  array(0);
  return said_.size() - 1;
}

void RecordedReply::close_array(std::size_t mark, std::size_t element_count) {
  LK_ASSERT(mark < said_.size() && said_[mark].kind == Kind::Array);
  said_[mark].value = element_count;
}

void RecordedReply::replay(Reply& to) const {
  LK_ASSERT(to.typed() == typed_);
  for (const Said& said : said_) {
    const Bytes text = said.text;
    switch (said.kind) {
      case Kind::Null:
        to.null();
        break;
      case Kind::NullArray:
        to.null_array();
        break;
      case Kind::Status:
        to.status(text);
        break;
      case Kind::Integer:
        to.integer(static_cast<std::int64_t>(said.value));
        break;
      case Kind::Bulk:
        to.bulk(text);
        break;
      case Kind::Number:
        to.number(std::bit_cast<double>(said.value));
        break;
      case Kind::Boolean:
        to.boolean(said.value != 0);
        break;
      case Kind::Verbatim:
        to.verbatim(text.substr(0, kFormatBytes), text.substr(kFormatBytes));
        break;
      case Kind::Error:
        to.error(Error(static_cast<ErrorCode>(said.value), said.text));
        break;
      case Kind::Array:
        to.array(said.value);
        break;
      case Kind::Map:
        to.map(said.value);
        break;
      case Kind::Set:
        to.set(said.value);
        break;
      case Kind::Push:
        to.push(said.value);
        break;
    }
  }
}

}  // namespace latchkey::kv
