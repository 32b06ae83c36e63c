#include <array>
#include <cstring>

#include "sql/types/io.h"

namespace latchkey::sql::io {

namespace {

constexpr std::int32_t kTypmodHeader = 4;
constexpr std::size_t kNameBytesMax = 63;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr char kHexDigits[] = "0123456789abcdef";

/// The bytes of the first `count` characters.
std::size_t bytes_of_characters(Bytes text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size()) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
    if (begins && count-- == 0) return at;
    ++at;
  }
  return at;
}

Result<Value> fit_characters(Oid type, std::size_t count, Bytes text, Arena& arena) {
  const std::size_t length = length_utf8(text);
  if (length > count) {
    const std::size_t kept = bytes_of_characters(text, count);
    // Only blanks may be cut off without a word.
    if (text.find_first_not_of(' ', kept) != Bytes::npos) {
      return Error(ErrorCode::StringTooLong,
                   "value too long for type " +
                       type_text(type, static_cast<std::int32_t>(count) + kTypmodHeader));
    }
    return Value::of_bytes(arena.copy(text.substr(0, kept)));
  }
  if (type != oid::kBpchar) return Value::of_bytes(arena.copy(text));
  char* const padded = arena.allocate(text.size() + count - length);
  std::memcpy(padded, text.data(), text.size());
  std::memset(padded + text.size(), ' ', count - length);
  return Value::of_bytes({padded, text.size() + count - length});
}

Result<Value> parse_bytea_hex(Bytes text, Arena& arena) {
  char* const out = arena.allocate(text.size() / 2 + 1);
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++i;
      continue;
    }
    const int high = hex_digit(c);
    if (high < 0) {
      return Error(ErrorCode::InvalidArgument,
                   "invalid hexadecimal digit: \"" + std::string(1, c) + "\"");
    }
    if (i + 1 == text.size()) {
      return Error(ErrorCode::InvalidArgument, "invalid hexadecimal data: odd number of digits");
    }
    const int low = hex_digit(text[i + 1]);
    if (low < 0) {
      return Error(ErrorCode::InvalidArgument,
                   "invalid hexadecimal digit: \"" + std::string(1, text[i + 1]) + "\"");
    }
    out[size++] = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return Value::of_bytes({out, size});
}

}  // namespace

std::size_t length_utf8(Bytes text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

Result<void> check_utf8(Bytes text) {
  const auto bad = [&](std::size_t at, std::size_t size) {
    std::string message = "invalid byte sequence for encoding \"UTF8\":";
    for (std::size_t i = at; i < at + size && i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      message += std::string(" 0x") + kHexDigits[byte >> 4] + kHexDigits[byte & 15];
    }
    return Error(ErrorCode::BadEncoding, message);
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return bad(i, 1);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4) return bad(i, 1);
    if (text.size() - i < size) return bad(i, text.size() - i);
    for (std::size_t j = 1; j < size; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return bad(i, size);
    }
    const auto second = static_cast<unsigned char>(text[i + 1]);
    const bool is_wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                          (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
    if (is_wrong) return bad(i, size);
    i += size;
  }
  return {};
}

Result<Value> fit_text(Oid type, std::int32_t typmod, Bytes text, Arena& arena) {
  if (type == oid::kName) return Value::of_bytes(arena.copy(text.substr(0, kNameBytesMax)));
  if (type == oid::kChar) return Value::of_bytes(arena.copy(text.substr(0, 1)));
  const bool is_limited =
      (type == oid::kVarchar || type == oid::kBpchar) && typmod >= kTypmodHeader;
  if (!is_limited) return Value::of_bytes(arena.copy(text));
  return fit_characters(type, static_cast<std::size_t>(typmod - kTypmodHeader), text, arena);
}

Result<Value> parse_bytea(Bytes text, Arena& arena) {
  if (text.starts_with("\\x")) return parse_bytea_hex(text.substr(2), arena);
  char* const out = arena.allocate(text.size() + 1);
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out[size++] = text[i++];
      continue;
    }
    if (text.substr(i, 2) == "\\\\") {
      out[size++] = '\\';
      i += 2;
      continue;
    }
    const auto octal = [&](std::size_t at, char most) {
      return at < text.size() && text[at] >= '0' && text[at] <= most;
    };
    if (!octal(i + 1, '3') || !octal(i + 2, '7') || !octal(i + 3, '7')) {
      return Error(ErrorCode::InvalidText, "invalid input syntax for type bytea");
    }
    out[size++] =
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 4;
  }
  return Value::of_bytes({out, size});
}

void append_bytea(Bytes bytes, bool escape, std::string& out) {
  if (!escape) {
    out += "\\x";
    for (const char c : bytes) {
      out.push_back(kHexDigits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHexDigits[static_cast<unsigned char>(c) & 15]);
    }
    return;
  }
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte < 0x20 || byte > 0x7e) {
      out.push_back('\\');
      out.push_back(static_cast<char>('0' + (byte >> 6)));
      out.push_back(static_cast<char>('0' + ((byte >> 3) & 7)));
      out.push_back(static_cast<char>('0' + (byte & 7)));
    } else {
      out.push_back(c);
    }
  }
}

Result<Value> parse_uuid(Bytes text, Arena& arena) {
  Bytes digits = text;
  if (digits.size() > 1 && digits.front() == '{' && digits.back() == '}') {
    digits = digits.substr(1, digits.size() - 2);
  } else if (digits.starts_with('{')) {
    return invalid_text("uuid", text);
  }
  char* const out = arena.allocate(16);
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const int high = at < digits.size() ? hex_digit(digits[at]) : -1;
    const int low = at + 1 < digits.size() ? hex_digit(digits[at + 1]) : -1;
    if (high < 0 || low < 0) return invalid_text("uuid", text);
    out[i] = static_cast<char>(high * 16 + low);
    at += 2;
    // A hyphen may follow every four digits.
    if (i % 2 == 1 && i < 15 && at < digits.size() && digits[at] == '-') ++at;
  }
  if (at != digits.size()) return invalid_text("uuid", text);
  return Value::of_bytes({out, 16});
}

void append_uuid(Bytes bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    out.push_back(kHexDigits[static_cast<unsigned char>(bytes[i]) >> 4]);
    out.push_back(kHexDigits[static_cast<unsigned char>(bytes[i]) & 15]);
  }
}

}  // namespace latchkey::sql::io
