#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kv/reply.h"

namespace latchkey::kv {

/// Keeps an answer until its reader can take it: what was said is said again by replay.
///
/// Threads: one at a time.
class RecordedReply final : public Reply {
 public:
  enum class Typed : bool { No, Yes };
  /// `typed` is what the reply will say that this is replayed to.
  explicit RecordedReply(Typed typed) : typed_(typed == Typed::Yes) {}

  void replay(Reply& to) const;
  bool empty() const { return said_.empty(); }

  void null() override { say(Kind::Null); }
  void null_array() override { say(Kind::NullArray); }
  void status(Bytes word) override { say(Kind::Status, 0, word); }
  void integer(std::int64_t value) override {
    say(Kind::Integer, static_cast<std::uint64_t>(value));
  }
  void bulk(Bytes bytes) override { say(Kind::Bulk, 0, bytes); }
  void number(double value) override;
  void boolean(bool value) override { say(Kind::Boolean, value ? 1 : 0); }
  void verbatim(Bytes format, Bytes text) override;
  void error(const Error& error) override;
  void array(std::size_t element_count) override { say(Kind::Array, element_count); }
  void map(std::size_t pair_count) override { say(Kind::Map, pair_count); }
  void set(std::size_t element_count) override { say(Kind::Set, element_count); }
  void push(std::size_t element_count) override { say(Kind::Push, element_count); }
  std::size_t open_array() override;
  void close_array(std::size_t mark, std::size_t element_count) override;
  bool typed() const override { return typed_; }
  std::size_t mark() const override { return said_.size(); }
  void rewind(std::size_t mark) override { said_.resize(mark); }

 private:
  enum class Kind : std::uint8_t {
    Null,
    NullArray,
    Status,
    Integer,
    Bulk,
    Number,
    Boolean,
    Verbatim,
    Error,
    Array,
    Map,
    Set,
    Push,
  };
  struct Said {
    Kind kind;
    std::uint64_t value;  // a length, an integer, the bits of a number, or an error's code
    std::string text;
  };
  void say(Kind kind, std::uint64_t value = 0, Bytes text = {}) {
    said_.push_back({kind, value, std::string(text)});
  }

  bool typed_;
  std::vector<Said> said_;
};

}  // namespace latchkey::kv
