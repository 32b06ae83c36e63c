#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::kv {

/// Where a command puts its answer. Each door implements it in its own form; commands say only the
/// shape.
///
/// A command writes exactly one element. An aggregate is announced with its length and then filled
/// with as many elements (a map with key, value, key, value ..).
///
/// Threads: one at a time.
class Reply {
 public:
  virtual ~Reply() = default;

  virtual void null() = 0;
  /// "No array": RESP2 tells it from null().
  virtual void null_array() = 0;
  /// A short word that is not data: OK, PONG, QUEUED.
  virtual void status(Bytes word) = 0;
  virtual void integer(std::int64_t value) = 0;
  virtual void bulk(Bytes bytes) = 0;
  /// A floating number; RESP2 sends its shortest exact text as a bulk.
  virtual void number(double value) = 0;
  /// RESP2 sends 1 or 0.
  virtual void boolean(bool value) = 0;
  /// Text for people; `format` is three letters, txt or mkd.
  virtual void verbatim(Bytes format, Bytes text) = 0;
  virtual void error(const Error& error) = 0;

  virtual void array(std::size_t element_count) = 0;
  /// RESP2 sends an array of 2 * pair_count.
  virtual void map(std::size_t pair_count) = 0;
  /// RESP2 sends an array.
  virtual void set(std::size_t element_count) = 0;
  /// Out-of-band data; RESP2 sends an array.
  virtual void push(std::size_t element_count) = 0;

  /// An array whose length is known only at its end: open, write elements, close with their count.
  /// Returns a mark for close_array. These nest.
  virtual std::size_t open_array() = 0;
  virtual void close_array(std::size_t mark, std::size_t element_count) = 0;

  /// Whether maps, sets, doubles and pairs keep their shape (RESP3, JSON) or are flattened (RESP2).
  virtual bool typed() const = 0;

  /// The place reached, and the way back to it: what a failing command has written is taken away.
  virtual std::size_t mark() const = 0;
  virtual void rewind(std::size_t mark) = 0;

  void ok() { status("OK"); }
};

}  // namespace latchkey::kv
