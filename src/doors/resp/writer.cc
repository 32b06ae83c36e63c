#include "doors/resp/writer.h"

#include <cmath>
#include <cstring>

#include "base/numbers.h"

namespace latchkey::resp {

namespace {

constexpr std::size_t kHeaderBytesMax = 1 + kInt64TextMax + 2;

/// "<kind><number>\r\n" at `at`; returns its end.
char* put_line(char* at, char kind, std::int64_t number) {
  *at++ = kind;
  if (number >= 0 && number < 10) {
    *at++ = static_cast<char>('0' + number);
  } else {
    at = format_int64(at, number);
  }
  *at++ = '\r';
  *at++ = '\n';
  return at;
}

}  // namespace

void Writer::header(char kind, std::size_t count) {
  char* const begin = output_->room(kHeaderBytesMax);
  output_->commit(
      static_cast<std::size_t>(put_line(begin, kind, static_cast<std::int64_t>(count)) - begin));
}

void Writer::null() { output_->append(typed() ? Bytes("_\r\n") : Bytes("$-1\r\n")); }
void Writer::null_array() { output_->append(typed() ? Bytes("_\r\n") : Bytes("*-1\r\n")); }

void Writer::status(Bytes word) {
  if (word == "OK") {
    output_->append("+OK\r\n");
    return;
  }
  output_->append("+");
  output_->append(word);
  output_->append("\r\n");
}

void Writer::integer(std::int64_t value) {
  char* const begin = output_->room(kHeaderBytesMax);
  output_->commit(static_cast<std::size_t>(put_line(begin, ':', value) - begin));
}

void Writer::bulk(Bytes bytes) {
  constexpr std::size_t kSmall = net::BufferPool::kSinkBytes - kHeaderBytesMax - 2;
  if (bytes.size() <= kSmall) {
    char* const begin = output_->room(kHeaderBytesMax + bytes.size() + 2);
    char* at = put_line(begin, '$', static_cast<std::int64_t>(bytes.size()));
    // An empty value may have no address at all.
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
    *at++ = '\r';
    *at++ = '\n';
    output_->commit(static_cast<std::size_t>(at - begin));
    return;
  }
  header('$', bytes.size());
  output_->append(bytes);
  output_->append("\r\n");
}

void Writer::number(double value) {
  char text[kDoubleTextMax];
  const char* const end =
      std::isnan(value) ? std::strcpy(text, "nan") + 3 : format_double(text, value);
  const Bytes digits(text, static_cast<std::size_t>(end - text));
  if (!typed()) {
    bulk(digits);
    return;
  }
  output_->append(",");
  output_->append(digits);
  output_->append("\r\n");
}

void Writer::boolean(bool value) {
  if (typed()) {
    output_->append(value ? "#t\r\n" : "#f\r\n");
  } else {
    output_->append(value ? ":1\r\n" : ":0\r\n");
  }
}

void Writer::verbatim(Bytes format, Bytes text) {
  if (!typed()) {
    bulk(text);
    return;
  }
  header('=', format.size() + 1 + text.size());
  output_->append(format);
  output_->append(":");
  output_->append(text);
  output_->append("\r\n");
}

void Writer::error(const Error& error) {
  error_counts_[static_cast<std::size_t>(error.code())].fetch_add(1, std::memory_order_relaxed);
  error_seen_ = true;
  output_->append("-");
  output_->append(error_class(error.code()).resp_prefix);
  output_->append(" ");
  // The line ends where the error ends: what looks like a line end inside it must not.
  std::string text = error.message();
  for (char& c : text) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  output_->append(text);
  output_->append("\r\n");
}

void Writer::map(std::size_t pair_count) {
  if (typed()) {
    header('%', pair_count);
  } else {
    header('*', 2 * pair_count);
  }
}

void Writer::close_array(std::size_t mark, std::size_t element_count) {
  char text[kHeaderBytesMax];
  const char* const end = put_line(text, '*', static_cast<std::int64_t>(element_count));
  output_->insert(mark, Bytes(text, static_cast<std::size_t>(end - text)));
}

std::size_t Writer::mark_after_overflow() const {
  return (std::size_t{1} << 62) + ++marks_after_overflow_;
}

void Writer::rewind(std::size_t mark) {
  if (!output_->overflowed()) output_->rewind(mark);
}

}  // namespace latchkey::resp
