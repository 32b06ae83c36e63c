#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "doors/net/output.h"
#include "kv/reply.h"

namespace latchkey::resp {

enum class Version : std::uint8_t { Two = 2, Three = 3 };

/// Writes replies in RESP2 or RESP3 into a connection's output.
///
///   said       RESP2             RESP3
///   null       $-1               _
///   null_array *-1               _
///   number     $3 1.5            ,1.5
///   boolean    :1                #t
///   verbatim   $2 hi             =6 txt:hi
///   map n      *2n               %n
///   set n      *n                ~n
///   push n     *n                >n
///
/// Threads:   one at a time.
/// Ownership: borrows the output it is bound to.
/// Source:    the Redis serialization protocol specification.
class Writer final : public kv::Reply {
 public:
  /// Writes to `output` from now on.
  void bind(net::Output& output, Version version) {
    output_ = &output;
    version_ = version;
  }
  void set_version(Version version) { version_ = version; }
  Version version() const { return version_; }

  void null() override;
  void null_array() override;
  void status(Bytes word) override;
  void integer(std::int64_t value) override;
  void bulk(Bytes bytes) override;
  void number(double value) override;
  void boolean(bool value) override;
  void verbatim(Bytes format, Bytes text) override;
  void error(const Error& error) override;
  void array(std::size_t element_count) override { header('*', element_count); }
  void map(std::size_t pair_count) override;
  void set(std::size_t element_count) override { header(typed() ? '~' : '*', element_count); }
  void push(std::size_t element_count) override { header(typed() ? '>' : '*', element_count); }
  std::size_t open_array() override { return mark(); }
  void close_array(std::size_t mark, std::size_t element_count) override;
  bool typed() const override { return version_ == Version::Three; }

  std::size_t mark() const override {
    return output_->overflowed() ? mark_after_overflow() : output_->size();
  }
  void rewind(std::size_t mark) override;

  /// Bytes that are already in the form of the wire.
  void raw(Bytes bytes) { output_->append(bytes); }

  /// How many errors of each class were written since the start; see INFO's errorstats.
  static constexpr std::size_t kErrorCodes = 256;
  /// Any thread may ask.
  std::uint64_t error_count(ErrorCode code) const {
    return error_counts_[static_cast<std::size_t>(code)].load(std::memory_order_relaxed);
  }
  void reset_error_counts() {
    for (auto& count : error_counts_) count.store(0, std::memory_order_relaxed);
  }
  /// Whether an error was written since the last call.
  bool take_error_seen() { return std::exchange(error_seen_, false); }

 private:
  void header(char kind, std::size_t count);
  std::size_t mark_after_overflow() const;

  net::Output* output_ = nullptr;
  Version version_ = Version::Two;
  bool error_seen_ = false;
  // An output that has overflowed stands still; marks must go on, for callers compare them.
  mutable std::size_t marks_after_overflow_ = 0;
  std::array<std::atomic<std::uint64_t>, kErrorCodes> error_counts_{};
};

}  // namespace latchkey::resp
