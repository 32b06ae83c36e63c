// Verified: no crash, no read outside the input, the fast way agrees with the careful one, and the
// same requests are found when the input comes in two pieces. Not verified: what is done with them.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/assert.h"
#include "doors/resp/request_parser.h"

using latchkey::Bytes;
using latchkey::resp::RequestLimits;
using latchkey::resp::RequestParser;

namespace {

/// All that a parser finds in `input`, of which it sees first `first` bytes and then all.
std::string parse_all(Bytes input, std::size_t first) {
  std::string found;
  RequestParser parser;
  const RequestLimits limits;
  for (std::size_t begin = 0, seen = first;;) {
    std::vector<Bytes> arguments;
    // A copy of exactly the visible bytes, so that a look past them is found.
    const std::string visible(input.substr(begin, seen > begin ? seen - begin : 0));
    const RequestParser::Outcome outcome = parser.parse(visible, limits, arguments);
    if (outcome == RequestParser::Outcome::Incomplete) {
      if (seen == input.size()) return found;
      seen = input.size();
      continue;
    }
    if (outcome != RequestParser::Outcome::Request) return found + "!" + parser.error();
    LK_ASSERT(parser.consumed() > 0 && parser.consumed() <= visible.size());
    std::vector<Bytes> fast;
    const std::size_t fast_size = RequestParser::parse_whole(visible, limits, fast);
    if (fast_size != 0) {
      LK_ASSERT(fast_size == parser.consumed());
      LK_ASSERT(fast == arguments);
    }
    for (const Bytes argument : arguments)
      found += std::to_string(argument.size()) + ":" + std::string(argument);
    found += '\n';
    begin += parser.consumed();
    parser.reset();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = data[0] % input.size();
  LK_ASSERT(parse_all(input, input.size()) == parse_all(input, cut));
  return 0;
}
