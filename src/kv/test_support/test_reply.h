#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/numbers.h"
#include "kv/reply.h"

namespace latchkey::kv::test {

/// A reply that renders itself as one line of text, for tests:
///
///   nil  nil-array  OK  :1  "bulk"  ,1.5  #t  -ERR text  [a, b]  {k: v}  ~[a]  >[a]
///
/// Untyped (RESP2) numbers are bulks, booleans integers, maps flat arrays, sets and pushes arrays.
class TestReply final : public Reply {
 public:
  enum class Typed : bool { No, Yes };
  explicit TestReply(Typed typed = Typed::No) : typed_(typed == Typed::Yes) {}

  void null() override { add("nil"); }
  void null_array() override { add("nil-array"); }
  void status(Bytes word) override { add(std::string(word)); }
  void integer(std::int64_t value) override { add(fmt::format(":{}", value)); }
  void bulk(Bytes bytes) override { add(fmt::format("\"{}\"", bytes)); }
  void number(double value) override {
    std::string text;
    append_double(text, value);
    add(typed_ ? "," + text : "\"" + text + "\"");
  }
  void boolean(bool value) override { add(typed_ ? (value ? "#t" : "#f") : (value ? ":1" : ":0")); }
  void verbatim(Bytes, Bytes text) override { bulk(text); }
  void error(const Error& error) override {
    add(fmt::format("-{} {}", error_class(error.code()).resp_prefix, error.message()));
  }
  void array(std::size_t element_count) override { add("[", element_count); }
  void map(std::size_t pair_count) override { add(typed_ ? "{" : "[", 2 * pair_count); }
  void set(std::size_t element_count) override { add(typed_ ? "~[" : "[", element_count); }
  void push(std::size_t element_count) override { add(typed_ ? ">[" : "[", element_count); }
  std::size_t open_array() override {
    add("[", 0);
    return tokens_.size() - 1;
  }
  void close_array(std::size_t mark, std::size_t element_count) override {
    LK_ASSERT(mark < tokens_.size());
    tokens_[mark].element_count = element_count;
  }
  bool typed() const override { return typed_; }
  std::size_t mark() const override { return tokens_.size(); }
  void rewind(std::size_t mark) override { tokens_.resize(mark); }

  /// All elements written so far; exactly one after a command.
  std::string text() const {
    std::string out;
    for (std::size_t position = 0; position < tokens_.size();) {
      if (!out.empty()) out += " | ";
      position = render(position, out);
    }
    return out;
  }

 private:
  struct Token {
    std::string text;
    bool aggregate = false;
    std::size_t element_count = 0;
  };

  void add(std::string text) { tokens_.push_back({std::move(text)}); }
  void add(std::string open, std::size_t element_count) {
    tokens_.push_back({std::move(open), true, element_count});
  }

  std::size_t render(std::size_t position, std::string& out) const {
    if (position >= tokens_.size()) {
      out += "(missing)";
      return position + 1;
    }
    const Token& token = tokens_[position++];
    out += token.text;
    if (!token.aggregate) return position;
    const bool is_map = token.text == "{";
    for (std::size_t index = 0; index < token.element_count; ++index) {
      if (index > 0) out += is_map && index % 2 == 1 ? ": " : ", ";
      position = render(position, out);
    }
    out += is_map ? "}" : "]";
    return position;
  }

  bool typed_;
  std::vector<Token> tokens_;
};

}  // namespace latchkey::kv::test
