#include "sql/types/json_access.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sql/types/json_parser.h"

namespace latchkey::sql {

namespace {

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

bool is_end(JsonEvent event) {
  return event == JsonEvent::ArrayEnd || event == JsonEvent::ObjectEnd;
}

/// The value whose first part the parser has just read, in the form that was asked for.
Result<Value> take_value(JsonParser& parser, JsonEvent event, Bytes json, JsonForm form,
                         Arena& arena) {
  const std::size_t begin = parser.begin();
  if (event == JsonEvent::Scalar && form == JsonForm::Text) {
    if (parser.kind() == JsonKind::Null) return Value::null();
    if (parser.kind() == JsonKind::String) {
      const Bytes content = parser.string();
      return Value::of_bytes(parser.is_held() ? arena.copy(content) : content);
    }
  }
  LK_TRY(const std::size_t end, parser.skip_value(event));
  return Value::of_bytes(json.substr(begin, end - begin));
}

/// How many elements the array has whose begin has just been read. The parser is a copy.
Result<std::int64_t> count_elements(JsonParser parser) {
  for (std::int64_t count = 0;; ++count) {
    LK_TRY(const JsonEvent event, parser.next());
    if (event == JsonEvent::ArrayEnd) return count;
    LK_CHECK(parser.skip_value(event));
  }
}

/// One step of a path: a key where it meets an object, an index where it meets an array.
struct Step {
  std::optional<Bytes> key;
  std::optional<std::int64_t> index;
};

/// Finds what a path leads to. Equal keys may lead it to several places; then the last one counts.
class PathFinder {
 public:
  PathFinder(Bytes json, std::vector<Step> steps, JsonForm form, Arena& arena)
      : json_(json),
        steps_(std::move(steps)),
        form_(form),
        arena_(arena),
        parser_(json, JsonStrings::Decoded) {}

  Result<Value> find() {
    for (;;) {
      LK_TRY(JsonEvent event, parser_.next());
      if (event == JsonEvent::End) return found_;
      // What is not on the path is passed over whole, so this is the end of what is.
      if (is_end(event)) {
        next_elements_.pop_back();
        continue;
      }
      const bool is_match = matches(event);
      if (event == JsonEvent::Key) {
        LK_TRY(event, parser_.next());
      }
      LK_CHECK(is_match ? enter_or_take(event) : skip(event));
    }
  }

 private:
  /// Whether the next step of the path leads to what comes: a key's value, or an element.
  bool matches(JsonEvent event) {
    if (next_elements_.empty()) return true;
    const Step& step = steps_[next_elements_.size() - 1];
    if (event == JsonEvent::Key) return step.key == parser_.string();
    return step.index == next_elements_.back()++;
  }

  Result<void> enter_or_take(JsonEvent event) {
    const std::size_t level = next_elements_.size();
    if (level == steps_.size()) return take(event);
    if (event == JsonEvent::ArrayBegin) LK_CHECK(resolve_index(level));
    if (event != JsonEvent::Scalar) next_elements_.push_back(0);
    return {};
  }

  Result<void> take(JsonEvent event) {
    LK_TRY(found_, take_value(parser_, event, json_, form_, arena_));
    // The whole of a scalar comes back with the blanks before it, as in PostgreSQL.
    const bool keeps_blanks = steps_.empty() && event == JsonEvent::Scalar && !found_.is_null &&
                              (form_ == JsonForm::Json || parser_.kind() != JsonKind::String);
    if (keeps_blanks) found_ = Value::of_bytes(json_.substr(0, parser_.end()));
    return {};
  }

  /// An index from the end becomes one from the start at the first array of its level that is long
  /// enough, and keeps that number. So in PostgreSQL, where the array may lie beside the path;
  /// equal texts shall give equal answers.
  Result<void> resolve_index(std::size_t level) {
    if (level >= steps_.size()) return {};
    std::optional<std::int64_t>& index = steps_[level].index;
    if (!index.has_value() || *index >= 0) return {};
    LK_TRY(const std::int64_t count, count_elements(parser_));
    if (-*index <= count) *index += count;
    return {};
  }

  /// Passes over a value, but looks at its arrays.
  Result<void> skip(JsonEvent event) {
    if (event == JsonEvent::Scalar) return {};
    const std::size_t depth = parser_.depth();
    while (!is_end(event) || parser_.depth() != depth) {
      if (event == JsonEvent::ArrayBegin) LK_CHECK(resolve_index(parser_.depth() - 1));
      LK_TRY(event, parser_.next());
    }
    return {};
  }

  const Bytes json_;
  std::vector<Step> steps_;
  const JsonForm form_;
  Arena& arena_;
  JsonParser parser_;
  std::vector<std::int64_t> next_elements_;  // of the arrays and objects on the path to here
  Value found_;
};

/// Writes the parts of a value again, without blanks and without members that are null.
class NullStripper {
 public:
  void see(const JsonParser& parser, JsonEvent event) {
    switch (event) {
      case JsonEvent::Key:
        key_.clear();
        append_json_string(parser.string(), key_);
        key_.push_back(':');
        return;
      case JsonEvent::ArrayBegin:
      case JsonEvent::ObjectBegin:
        begin_item();
        out_.push_back(event == JsonEvent::ArrayBegin ? '[' : '{');
        return;
      case JsonEvent::ArrayEnd:
      case JsonEvent::ObjectEnd:
        out_.push_back(event == JsonEvent::ArrayEnd ? ']' : '}');
        return;
      case JsonEvent::Scalar:
        return see_scalar(parser);
      case JsonEvent::End:
        return;
    }
  }
  Bytes text() const { return out_; }

 private:
  void see_scalar(const JsonParser& parser) {
    if (parser.kind() == JsonKind::Null && !key_.empty()) return key_.clear();
    begin_item();
    if (parser.kind() == JsonKind::String) {
      append_json_string(parser.string(), out_);
    } else {
      out_ += parser.written();
    }
  }
  void begin_item() {
    if (!out_.empty() && out_.back() != '[' && out_.back() != '{') out_.push_back(',');
    out_ += key_;
    key_.clear();
  }

  std::string out_;
  std::string key_;  // of the value that comes next, with a colon
};

}  // namespace

Result<Value> json_get(Bytes json, Bytes key, JsonForm form, Arena& arena) {
  return PathFinder(json, {{key, std::nullopt}}, form, arena).find();
}

Result<Value> json_get(Bytes json, std::int32_t index, JsonForm form, Arena& arena) {
  return PathFinder(json, {{std::nullopt, index}}, form, arena).find();
}

Result<Value> json_get_path(Bytes json, JsonTexts path, JsonForm form, Arena& arena) {
  std::vector<Step> steps;
  steps.reserve(path.size());
  for (const std::optional<Bytes>& text : path) {
    if (!text.has_value()) return Value::null();
    const auto index = parse_json_index(*text);
    steps.push_back({text, index.has_value() ? std::optional<std::int64_t>(*index) : std::nullopt});
  }
  return PathFinder(json, std::move(steps), form, arena).find();
}

Result<std::string_view> json_typeof(Bytes json) {
  JsonLexer lexer(json, JsonStrings::AsWritten);
  LK_CHECK(lexer.advance());
  switch (lexer.token()) {
    case JsonToken::ObjectBegin:
      return std::string_view("object");
    case JsonToken::ArrayBegin:
      return std::string_view("array");
    case JsonToken::String:
      return std::string_view("string");
    case JsonToken::Number:
      return std::string_view("number");
    case JsonToken::True:
    case JsonToken::False:
      return std::string_view("boolean");
    case JsonToken::Null:
      return std::string_view("null");
    default:
      return lexer.unexpected("Expected JSON value");
  }
}

Result<std::int32_t> json_array_length(Bytes json) {
  JsonParser parser(json, JsonStrings::AsWritten);
  LK_TRY(const JsonEvent event, parser.next());
  if (event == JsonEvent::Scalar) return invalid("cannot get array length of a scalar");
  if (event != JsonEvent::ArrayBegin) return invalid("cannot get array length of a non-array");
  LK_TRY(const std::int64_t count, count_elements(std::move(parser)));
  return static_cast<std::int32_t>(count);
}

Result<void> json_each_key(Bytes json, FunctionRef<void(Bytes key)> visit) {
  JsonParser parser(json, JsonStrings::Decoded);
  LK_TRY(const JsonEvent event, parser.next());
  if (event == JsonEvent::Scalar) return invalid("cannot call json_object_keys on a scalar");
  if (event != JsonEvent::ObjectBegin) return invalid("cannot call json_object_keys on an array");
  for (;;) {
    LK_TRY(const JsonEvent key, parser.next());
    if (is_end(key)) return {};
    visit(parser.string());
    LK_TRY(const JsonEvent value, parser.next());
    LK_CHECK(parser.skip_value(value));
  }
}

Result<void> json_each(Bytes json, JsonForm form, Arena& arena,
                       FunctionRef<void(Bytes key, const Value& value)> visit) {
  JsonParser parser(json, JsonStrings::Decoded);
  LK_TRY(const JsonEvent event, parser.next());
  if (event == JsonEvent::Scalar) return invalid("cannot deconstruct a scalar");
  if (event != JsonEvent::ObjectBegin) return invalid("cannot deconstruct an array as an object");
  for (;;) {
    LK_TRY(const JsonEvent part, parser.next());
    if (is_end(part)) return {};
    const Bytes key = parser.is_held() ? arena.copy(parser.string()) : parser.string();
    LK_TRY(const JsonEvent begin, parser.next());
    LK_TRY(const Value value, take_value(parser, begin, json, form, arena));
    visit(key, value);
  }
}

Result<void> json_array_elements(Bytes json, std::string_view function, JsonForm form, Arena& arena,
                                 FunctionRef<void(const Value&)> visit) {
  // Strings that come back as they are written are not looked into.
  JsonParser parser(json, form == JsonForm::Text ? JsonStrings::Decoded : JsonStrings::AsWritten);
  LK_TRY(const JsonEvent event, parser.next());
  if (event != JsonEvent::ArrayBegin) {
    return invalid("cannot call " + std::string(function) + " on a " +
                   (event == JsonEvent::Scalar ? "scalar" : "non-array"));
  }
  for (;;) {
    LK_TRY(const JsonEvent begin, parser.next());
    if (is_end(begin)) return {};
    LK_TRY(const Value value, take_value(parser, begin, json, form, arena));
    visit(value);
  }
}

Result<Value> json_strip_nulls(Bytes json, Arena& arena) {
  JsonParser parser(json, JsonStrings::Decoded);
  NullStripper stripper;
  for (;;) {
    LK_TRY(const JsonEvent event, parser.next());
    if (event == JsonEvent::End) return Value::of_bytes(arena.copy(stripper.text()));
    stripper.see(parser, event);
  }
}

}  // namespace latchkey::sql
