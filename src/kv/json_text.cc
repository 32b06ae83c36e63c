#include "kv/json_text.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"

namespace latchkey::kv {

namespace {

/// The length of the UTF-8 sequence at the front of `bytes`, or 0 if there is none.
std::size_t utf8_sequence(Bytes bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto follows = [&](std::size_t i) { return i < bytes.size() && (at(i) & 0xc0) == 0x80; };
  if (bytes.empty()) return 0;
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;  // a continuation, or an overlong form
  if (first < 0xe0) return follows(1) ? 2 : 0;
  if (first < 0xf0) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xe0 && at(1) < 0xa0) return 0;   // overlong
    if (first == 0xed && at(1) >= 0xa0) return 0;  // a surrogate
    return 3;
  }
  if (first < 0xf5) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xf0 && at(1) < 0x90) return 0;   // overlong
    if (first == 0xf4 && at(1) >= 0x90) return 0;  // past U+10FFFF
    return 4;
  }
  return 0;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto push = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    push(point);
  } else if (point < 0x800) {
    push(0xc0 | (point >> 6));
    push(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    push(0xe0 | (point >> 12));
    push(0x80 | ((point >> 6) & 0x3f));
    push(0x80 | (point & 0x3f));
  } else {
    push(0xf0 | (point >> 18));
    push(0x80 | ((point >> 12) & 0x3f));
    push(0x80 | ((point >> 6) & 0x3f));
    push(0x80 | (point & 0x3f));
  }
}

/// A place in a text that may be JSON. Every method returns false, and is then of no further use,
/// where the text stops to be JSON.
class Walker {
 public:
  explicit Walker(Bytes text) : text_(text) {}

  bool at_end() const { return position_ == text_.size(); }
  std::size_t position() const { return position_; }
  Bytes since(std::size_t begin) const { return text_.substr(begin, position_ - begin); }

  void skip_space() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) {
      ++position_;
    }
  }

  bool take(char expected) {
    if (at_end() || peek() != expected) return false;
    ++position_;
    return true;
  }

  /// `depth` counts the arrays and objects around the value.
  bool value(int depth, JsonKind& kind) {
    if (at_end()) return false;
    switch (peek()) {
      case '{':
        kind = JsonKind::Object;
        return container(depth, '}');
      case '[':
        kind = JsonKind::Array;
        return container(depth, ']');
      case '"':
        kind = JsonKind::String;
        return string(nullptr);
      case 't':
        kind = JsonKind::Boolean;
        return word("true");
      case 'f':
        kind = JsonKind::Boolean;
        return word("false");
      case 'n':
        kind = JsonKind::Null;
        return word("null");
      default:
        kind = JsonKind::Number;
        return number();
    }
  }

  /// A string; appends its content to `content` if there is one. `escaped` tells whether the
  /// content differs from the text between the quotes.
  bool string(std::string* content, bool* escaped = nullptr) {
    if (!take('"')) return false;
    while (!at_end()) {
      const char c = peek();
      if (c == '"') {
        ++position_;
        return true;
      }
      if (c == '\\') {
        if (escaped != nullptr) *escaped = true;
        if (!escape(content)) return false;
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      const std::size_t length = utf8_sequence(text_.substr(position_));
      if (length == 0) return false;
      if (content != nullptr) content->append(text_, position_, length);
      position_ += length;
    }
    return false;
  }

  bool number() {
    take('-');
    if (take('0')) {
      // No digit may follow a leading zero.
    } else if (!digits()) {
      return false;
    }
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    return true;
  }

 private:
  char peek() const { return text_[position_]; }

  bool word(Bytes expected) {
    if (text_.substr(position_, expected.size()) != expected) return false;
    position_ += expected.size();
    return true;
  }

  bool digits() {
    const std::size_t begin = position_;
    while (!at_end() && peek() >= '0' && peek() <= '9') ++position_;
    return position_ != begin;
  }

  bool container(int depth, char close) {
    if (depth >= kJsonDepthMax) return false;
    ++position_;
    skip_space();
    if (take(close)) return true;
    while (true) {
      if (close == '}') {
        if (!string(nullptr)) return false;
        skip_space();
        if (!take(':')) return false;
        skip_space();
      }
      JsonKind ignored;
      if (!value(depth + 1, ignored)) return false;
      skip_space();
      if (take(close)) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

  bool escape(std::string* content) {
    ++position_;
    if (at_end()) return false;
    const char c = text_[position_++];
    if (c == 'u') return unicode_escape(content);
    static constexpr Bytes kLetters = "\"\\/bfnrt";
    static constexpr Bytes kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t index = kLetters.find(c);
    if (index == Bytes::npos) return false;
    if (content != nullptr) content->push_back(kMeanings[index]);
    return true;
  }

  bool unicode_escape(std::string* content) {
    std::uint32_t point = 0;
    if (!four_hex(point)) return false;
    if (point >= 0xdc00 && point < 0xe000) return false;
    if (point >= 0xd800 && point < 0xdc00) {
      std::uint32_t low = 0;
      if (!take('\\') || !take('u') || !four_hex(low)) return false;
      if (low < 0xdc00 || low >= 0xe000) return false;
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    if (content != nullptr) append_utf8(*content, point);
    return true;
  }

  bool four_hex(std::uint32_t& number) {
    if (text_.size() - position_ < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const char c = text_[position_++];
      std::uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        digit = static_cast<std::uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        digit = static_cast<std::uint32_t>(c - 'A' + 10);
      } else {
        return false;
      }
      number = number * 16 + digit;
    }
    return true;
  }

  Bytes text_;
  std::size_t position_ = 0;
};

/// A string as a view: of the text itself, or of a copy in `held` when escapes had to be undone.
bool read_string(Walker& walker, std::deque<std::string>& held, Bytes& content) {
  const std::size_t begin = walker.position();
  bool escaped = false;
  Walker again = walker;
  if (!walker.string(nullptr, &escaped)) return false;
  if (!escaped) {
    content = walker.since(begin + 1);
    content.remove_suffix(1);
    return true;
  }
  std::string& copy = held.emplace_back();
  const bool same = again.string(&copy);
  LK_ASSERT(same);
  content = copy;
  return true;
}

}  // namespace

std::optional<JsonObject> JsonObject::parse(Bytes text) {
  Walker walker(text);
  walker.skip_space();
  if (!walker.take('{')) return std::nullopt;
  std::optional<JsonObject> object(std::in_place);
  walker.skip_space();
  bool more = !walker.take('}');
  while (more) {
    JsonMember& member = object->members_.emplace_back();
    if (!read_string(walker, object->unescaped_, member.name)) return std::nullopt;
    walker.skip_space();
    if (!walker.take(':')) return std::nullopt;
    walker.skip_space();
    Walker at_value = walker;
    if (!walker.value(1, member.kind)) return std::nullopt;
    member.text = walker.since(at_value.position());
    if (member.kind == JsonKind::String) {
      if (!read_string(at_value, object->unescaped_, member.text)) return std::nullopt;
    }
    walker.skip_space();
    more = !walker.take('}');
    if (more && !walker.take(',')) return std::nullopt;
    walker.skip_space();
  }
  walker.skip_space();
  if (!walker.at_end()) return std::nullopt;
  object->drop_duplicates();
  return object;
}

void JsonObject::drop_duplicates() {
  if (members_.size() < 2) return;
  std::vector<std::size_t> order(members_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    const int compared = members_[left].name.compare(members_[right].name);
    return compared != 0 ? compared < 0 : left < right;
  });
  std::vector<bool> dropped(members_.size());
  bool any = false;
  std::size_t first = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (members_[order[i]].name != members_[order[first]].name) {
      first = i;
      continue;
    }
    members_[order[first]].kind = members_[order[i]].kind;
    members_[order[first]].text = members_[order[i]].text;
    dropped[order[i]] = true;
    any = true;
  }
  if (!any) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (!dropped[i]) members_[kept++] = members_[i];
  }
  members_.resize(kept);
}

bool is_json(Bytes text) {
  Walker walker(text);
  walker.skip_space();
  JsonKind ignored;
  if (!walker.value(0, ignored)) return false;
  walker.skip_space();
  return walker.at_end();
}

bool is_json_number(Bytes text) {
  Walker walker(text);
  return walker.number() && walker.at_end();
}

void append_json_string(std::string& out, Bytes bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain_begin = 0;  // what needs no escape is copied in runs
  std::size_t i = 0;
  while (i < bytes.size()) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const std::size_t length = utf8_sequence(bytes.substr(i));
    if (length != 0 && c >= 0x20 && c != '"' && c != '\\') {
      i += length;
      continue;
    }
    out.append(bytes, plain_begin, i - plain_begin);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (c < 0x20) {
          out += "\\u00";
          out.push_back(kHex[c >> 4]);
          out.push_back(kHex[c & 15]);
        } else {
          out += "\xef\xbf\xbd";
        }
    }
    plain_begin = ++i;
  }
  out.append(bytes, plain_begin, bytes.size() - plain_begin);
  out.push_back('"');
}

}  // namespace latchkey::kv
