#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace latchkey::resp {

/// How large a request may be. Tighter before the client has authenticated.
struct RequestLimits {
  static constexpr std::size_t kArgumentsMax = std::size_t{1} << 20;
  static constexpr std::size_t kArgumentBytesMax = std::size_t{512} << 20;

  std::size_t arguments_max = kArgumentsMax;
  std::size_t argument_bytes_max = kArgumentBytesMax;
  bool authenticated = true;  ///< only the wording of errors depends on it
};

/// Finds whole requests at the front of a connection's input, however the network has cut them.
///
/// Two forms, as Redis takes them: `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`, and an inline line `GET k`
/// with quoting. Arguments are views into the input, valid until the input is touched; only
/// arguments of an inline line are copied, into the parser.
///
/// parse_whole is the fast way in and keeps no state: it takes a request that is there as a whole.
/// parse takes any, and remembers how far it has come in one that is not, so that a request that
/// arrives byte by byte costs no more than one that arrives at once.
///
/// Threads: one.
/// Source:  the Redis serialization protocol specification; limits and texts of errors as
/// Redis 7.2.
class RequestParser {
 public:
  enum class Outcome : std::uint8_t {
    Request,     ///< arguments appended, `consumed` bytes used; none appended: nothing to execute
    Incomplete,  ///< more bytes are needed
    Invalid,     ///< answer error() and close the connection
    OtherProtocol,  ///< HTTP, TLS or PostgreSQL: close the connection without an answer
  };

  /// Takes one whole multibulk request of usual form. Returns its length in bytes, with its
  /// arguments appended, or 0 having appended nothing: then ask parse.
  static std::size_t parse_whole(Bytes input, const RequestLimits& limits,
                                 std::vector<Bytes>& arguments);

  /// Looks at `input`, which begins with the first byte of a request and, after Incomplete, begins
  /// with the same bytes as before.
  Outcome parse(Bytes input, const RequestLimits& limits, std::vector<Bytes>& arguments);

  /// After Request: the request's length.
  std::size_t consumed() const { return position_; }
  /// After Incomplete: how long the request is at least, if that is known; else 0.
  std::size_t wanted_bytes() const { return wanted_; }
  /// After Invalid: what Redis would say, without a prefix. After OtherProtocol: what was met.
  const std::string& error() const { return error_; }

  /// Whether parse has begun with a request that is not there as a whole.
  bool in_progress() const { return line_searched_ > 0; }
  /// Forgets the request at the front: after Request, before the next one.
  void reset();

 private:
  struct Slice {
    std::uint32_t offset;
    std::uint32_t size;
  };

  static constexpr std::size_t kLineBytesMax = 64 * 1024;

  Outcome parse_multibulk(Bytes input, const RequestLimits& limits, std::vector<Bytes>& arguments);
  Outcome parse_count(Bytes input, const RequestLimits& limits);
  Outcome parse_bulk_header(Bytes input, const RequestLimits& limits);
  Outcome parse_inline(Bytes input, std::vector<Bytes>& arguments);
  Outcome need_line(Bytes input, const char* error_text);
  Outcome invalid(std::string text);
  Outcome other_protocol(const char* name);

  std::size_t position_ = 0;       // parsed up to here
  std::size_t line_searched_ = 0;  // no line end before here
  std::size_t wanted_ = 0;
  std::int64_t arguments_left_ = -1;  // -1: the count has not been read
  std::int64_t bulk_bytes_ = -1;      // -1: the next bulk's header has not been read
  std::vector<Slice> slices_;         // arguments found so far, from the first byte of the request
  std::string inline_text_;           // unquoted arguments of an inline line, one after the other
  std::string error_;
};

/// Splits a line as Redis does: words between blanks, "double" quotes with \n \r \t \b \a \xHH and
/// \c, 'single' quotes with \'. Appends the words' bytes to `text` and their sizes to `sizes`.
/// Returns false when a quote is not closed or a closing one is not followed by a blank.
bool split_inline(Bytes line, std::string& text, std::vector<std::size_t>& sizes);

}  // namespace latchkey::resp
