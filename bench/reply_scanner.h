#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace latchkey::bench {

/// What a stream of replies consisted of.
struct ReplyCounts {
  std::uint64_t replies = 0;
  std::uint64_t errors = 0;      ///< began with '-'
  std::uint64_t nulls = 0;       ///< null bulk, null array or RESP3 null
  std::uint64_t unexpected = 0;  ///< no error, and not of the expected first byte
};

/// Counts whole RESP2 and RESP3 replies at the front of a run of bytes, without building them: the
/// generator must cost far less than the server that it measures.
///
/// Not verified: what the replies say beyond their first byte.
class ReplyScanner {
 public:
  /// `expected` is the first byte of a good reply; 0 accepts any.
  explicit ReplyScanner(char expected) : expected_(expected) {}

  /// Returns how many bytes the whole replies in front took; what is left is the start of another.
  /// After that broken() tells whether what is left can never become a reply.
  std::size_t scan(const char* data, std::size_t size, ReplyCounts& counts) {
    const char* at = data;
    const char* const end = data + size;
    while (at != end) {
      const char first = *at;
      bool null = false;
      const char* const next = skip_reply(at, end, null);
      if (next == nullptr) break;
      ++counts.replies;
      if (null) {
        ++counts.nulls;
      } else if (first == '-' || first == '!') {
        ++counts.errors;
      } else if (expected_ != 0 && first != expected_) {
        ++counts.unexpected;
      }
      at = next;
    }
    return static_cast<std::size_t>(at - data);
  }

  bool broken() const { return broken_; }

 private:
  /// One past the line feed of the line at `at`, or null.
  static const char* skip_line(const char* at, const char* end) {
    const char* const feed =
        static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    return feed == nullptr ? nullptr : feed + 1;
  }

  /// The number of a whole line that begins behind its first byte.
  std::int64_t number_at(const char* at) {
    const bool negative = *at == '-';
    if (negative) ++at;
    std::int64_t value = 0;
    for (; *at >= '0' && *at <= '9'; ++at) {
      value = value * 10 + (*at - '0');
      if (value > (std::int64_t{1} << 40)) broken_ = true;
    }
    if (*at != '\r') broken_ = true;
    return negative ? -value : value;
  }

  /// One past the end of the reply at `at`, or null when it is not whole or broken.
  const char* skip_reply(const char* at, const char* end, bool& null) {
    std::int64_t pending = 1;
    for (bool outermost = true; pending > 0; outermost = false, --pending) {
      if (at == end) return nullptr;
      const char type = *at;
      const char* const line = skip_line(at, end);
      if (line == nullptr) return nullptr;
      switch (type) {
        case '+':
        case '-':
        case ':':
        case ',':
        case '#':
        case '(':
          break;
        case '_':
          null |= outermost;
          break;
        case '$':
        case '=':
        case '!': {
          const std::int64_t bytes = number_at(at + 1);
          if (broken_) return nullptr;
          null |= outermost && bytes < 0;
          if (bytes < 0) break;
          if (end - line < bytes + 2) return nullptr;
          at = line + bytes + 2;
          continue;
        }
        case '*':
        case '~':
        case '>':
        case '%': {
          const std::int64_t items = number_at(at + 1);
          if (broken_) return nullptr;
          null |= outermost && items < 0;
          if (items > 0) pending += type == '%' ? 2 * items : items;
          break;
        }
        default:
          broken_ = true;
          return nullptr;
      }
      at = line;
    }
    return at;
  }

  char expected_;
  bool broken_ = false;
};

}  // namespace latchkey::bench
