#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/keys.h"

namespace latchkey::bench {

enum class KeyOrder : std::uint8_t { Random, Each };

/// What the requests of a run look like.
struct RequestPlan {
  /// Words with blanks between; these stand for something else in each request:
  ///   {key}     one of `key_count` keys of 16 characters     {value}  random characters
  ///   {score}   a random integer below 1e9                   {ttl}    1 to 24 hours in
  ///   milliseconds
  std::string command;
  std::uint64_t key_count = 1'000'000;
  std::uint64_t key_first = 0;
  std::uint64_t key_space = 0;  ///< other numbers give other keys
  std::size_t value_bytes = 16;
  KeyOrder order = KeyOrder::Random;
  std::uint64_t request_count = 1'000'000;  ///< how many to prepare; with Each: one for each key
  std::uint64_t seed = 1;
};

/// Requests in RESP, one behind the other, prepared before the clock starts. A pipeline is a
/// stretch of them, sent as it lies. The ring is read in order, so that the generator's own cache
/// misses are those the processor foresees.
///
/// Threads: one at a time.
class RequestRing {
 public:
  explicit RequestRing(const RequestPlan& plan) : words_(words_of(plan.command)) {
    const bool each = plan.order == KeyOrder::Each;
    const std::uint64_t count = each ? plan.key_count : plan.request_count;
    Numbers numbers(plan.seed * 0x9E6C63D0876A9A47u + plan.key_space);
    ends_.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      append_request(plan, each ? i : numbers.below(plan.key_count), numbers);
      ends_.push_back(bytes_.size());
    }
  }

  std::uint64_t size() const { return ends_.size(); }

  struct Stretch {
    std::string_view bytes;
    std::uint32_t count;
  };
  /// The next up to `count` requests; fewer where the ring begins anew.
  Stretch next(std::uint32_t count) {
    if (next_ == ends_.size()) next_ = 0;
    const std::uint64_t last = std::min<std::uint64_t>(next_ + count, ends_.size());
    const std::uint64_t from = next_ == 0 ? 0 : ends_[next_ - 1];
    const Stretch stretch{std::string_view(bytes_).substr(from, ends_[last - 1] - from),
                          static_cast<std::uint32_t>(last - next_)};
    next_ = last;
    return stretch;
  }

 private:
  static std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      if (end > at) words.emplace_back(text.substr(at, end - at));
      at = end + 1;
    }
    return words;
  }

  void append_bulk(std::string_view word) {
    bytes_ += '$';
    bytes_ += std::to_string(word.size());
    bytes_ += "\r\n";
    bytes_ += word;
    bytes_ += "\r\n";
  }

  void append_request(const RequestPlan& plan, std::uint64_t key, Numbers& numbers) {
    bytes_ += '*';
    bytes_ += std::to_string(words_.size());
    bytes_ += "\r\n";
    char key_bytes[kKeyBytes];
    for (const std::string& word : words_) {
      if (word == "{key}") {
        write_key(plan.key_space, plan.key_first + key, key_bytes);
        append_bulk({key_bytes, kKeyBytes});
        // A second {key} in one request is another key.
        key = numbers.below(plan.key_count);
      } else if (word == "{value}") {
        value_.resize(plan.value_bytes);
        write_letters(numbers, value_.data(), value_.size());
        append_bulk(value_);
      } else if (word == "{score}") {
        append_bulk(std::to_string(numbers.below(1'000'000'000)));
      } else if (word == "{ttl}") {
        append_bulk(std::to_string(3'600'000 + numbers.below(82'800'000)));
      } else {
        append_bulk(word);
      }
    }
  }

  std::vector<std::string> words_;
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
  std::string value_;
  std::uint64_t next_ = 0;
};

}  // namespace latchkey::bench
